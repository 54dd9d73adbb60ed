"use strict";
// What the scripts say, in the reader's language: `_("{shown} of {all} shown", { shown: 3, all: 7 })`.
const words = JSON.parse(document.body.dataset.words);
const _ = (text, values = {}) => (words[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
