// Filters the findings. The choice lives in the fragment (#q=…&verdict=…), so that a view can be linked to.
"use strict";
(() => {
  const form = document.querySelector(".filter");
  const status = form.querySelector(".shown");
  const findings = [...document.querySelectorAll(".finding")].map((element) => ({
    element,
    text: element.textContent.toLowerCase(),
    articles: JSON.parse(element.dataset.articles),
  }));
  const sections = [...document.querySelectorAll("main > section")].filter((one) => one.querySelector(".finding"));

  const apply = () => {
    const chosen = Object.fromEntries(new FormData(form));
    const words = chosen.q.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { element, text, articles } of findings) {
      const fits =
        words.every((word) => text.includes(word)) &&
        (!chosen.verdict || element.dataset.verdict === chosen.verdict) &&
        (!chosen.article || articles.includes(chosen.article));
      element.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const section of sections) section.hidden = !section.querySelector(".finding:not([hidden])");
    status.textContent = `${shown} of ${findings.length} shown`;
    return chosen;
  };

  const remember = () => {
    const entries = Object.entries(apply()).filter(([, value]) => value);
    const fragment = new URLSearchParams(entries).toString();
    history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search);
  };

  const recall = () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    for (const field of form.querySelectorAll("[name]")) {
      if (wanted.has(field.name)) field.value = wanted.get(field.name);
    }
    apply();
  };

  form.hidden = findings.length < 2;
  form.addEventListener("input", remember);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(remember));
  addEventListener("hashchange", recall);
  // Paper shows everything that is in the filter's view.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("main details:not([open])")];
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
  });
  recall();
})();
