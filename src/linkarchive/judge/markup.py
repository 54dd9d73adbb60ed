"""HTML made ready for the text extractors, so that they see every box that a reader sees.

Extractors drop the text of figures, captions, labels and `noscript`, and run footnote marks into
the words before them. Renaming those elements is cheaper than walking the parsed page.
"""

from __future__ import annotations

import re
from typing import Any

_BOXES = re.compile(r"<(/?)(figure|figcaption|label|noscript)(?=[\s>/])", re.I)
_BOX_NAMES = {"figure": "div", "figcaption": "div", "noscript": "div", "label": "span"}
_BODY = re.compile(r"<body[\s>]|</head\s*>", re.I)

_SUPERSCRIPT = re.compile(r"<sup\b[^<>]*>(.{0,300}?)</sup\s*>", re.I | re.S)
_TAG = re.compile(r"<[^<>]*>")
_FRAGMENT_LINK = re.compile(r"""<a\b[^<>]{0,300}\bhref\s*=\s*["']?[^"'\s>]{0,200}#""", re.I)
_NOT_SHOWN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_MOST_PARENTS = 20
_MARK = re.compile(r"\[[^\]]{1,20}\]|[*†‡§¶]+")
_NUMERAL = re.compile(r"\d{1,3}(?:[,–-]\s?\d{1,3})*")
_ENDS_WORD = re.compile(r"[^\W\d_]{3}$|[.,;:!?)\]”’»\"']$")
"""Before a footnote's numeral: a word or a punctuation mark. After a digit or a unit it is an exponent."""


def with_visible_boxes(source: str) -> str:
    """The HTML with figures, captions, labels and `noscript` as plain boxes, and without footnote marks. `noscript` in
    the head stays: it holds style sheets there."""
    body = _BODY.search(source)
    start = body.end() if body else 0
    # A copy in lower case, to see first whether there are any, takes twice as long as the search.
    return _SUPERSCRIPT.sub(_without_mark, source[:start] + _BOXES.sub(_as_plain_box, source[start:]))


def _as_plain_box(tag: re.Match[str]) -> str:
    return f"<{tag[1]}{_BOX_NAMES[tag[2].lower()]}"


def _without_mark(superscript: re.Match[str]) -> str:
    """Nothing for a footnote mark; else the superscript, apart from a digit before it: 350³ is not 3503."""
    content = superscript[1]
    text = _TAG.sub("", content).strip()
    before = superscript.string[max(0, superscript.start() - 8) : superscript.start()]
    is_numeral = _NUMERAL.fullmatch(text) is not None
    if _MARK.fullmatch(text) or (len(text) <= 6 and _FRAGMENT_LINK.search(content)):
        return ""
    if is_numeral and _ENDS_WORD.search(before):
        return ""
    return f" {superscript[0]}" if is_numeral and before[-1:].isdigit() else superscript[0]


def is_hidden(element: Any) -> bool:
    """The element, or one of those around it, is hidden by an attribute or by a style of its own."""
    for _ in range(_MOST_PARENTS):
        if element is None or element.tag in ("body", "html"):
            return False
        if element.hasattr("hidden") or _NOT_SHOWN.search(element.getattr("style") or ""):
            return True
        element = element.parent
    return False
