"""Pages written in XML (XHTML, SVG) that were read as HTML: what only XML can say, as HTML says it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from lxml import html

XML_TYPES = frozenset({"application/xhtml+xml", "image/svg+xml"})

_SHEET = re.compile(r"\?xml-stylesheet\s(.*)", re.S)
"""A processing instruction (Associating Style Sheets with XML §3); a comment to those who read HTML."""
_PSEUDO_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_NAMESPACES = frozenset({"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"})
_XLINK = "http://www.w3.org/1999/xlink"
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML may hold (XML 1.0 §2.2): libxml2's reader of HTML lets it through, lxml takes it into no tree."""


def fit(text: str) -> str:
    """The text as a tree takes it: U+FFFD for what no XML may hold."""
    return _UNFIT.sub("\ufffd", text)


def as_html(tree: Any) -> None:
    """Style sheets that stand before the root become links; names of elements and references lose their prefixes."""
    first = tree.find("head")
    for note in tree.itersiblings(preceding=True):  # the last one first
        sheet = _sheet(note.text or "")
        if sheet is not None:
            (tree if first is None else first).insert(0, sheet)
    prefixes = {
        name.removeprefix("xmlns:"): namespace
        for element in tree.iter()
        for name, namespace in element.items()
        if name.startswith("xmlns:")
    }
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        prefix, _, name = element.tag.partition(":")
        if prefixes.get(prefix) in _NAMESPACES and _NAME.fullmatch(name):
            element.tag = name
        for key, value in element.items():
            prefix, _, name = key.partition(":")
            if name == "href" and prefixes.get(prefix) == _XLINK:
                element.set("xlink:href", fit(value))
        if element.tag == "style":
            element.text = fit(_CDATA.sub("", element.text or ""))


def _sheet(text: str) -> Any:
    """The link that says what an instruction says; None for one that names no CSS."""
    match = _SHEET.fullmatch(text)
    pairs = _PSEUDO_ATTRIBUTE.findall(match[1]) if match else []
    attributes = {key: fit(unescape(double or single)) for key, double, single in pairs}
    if not attributes.get("href") or attributes.get("type", "text/css") != "text/css":
        return None
    named = {name: attributes[name] for name in ("href", "media") if name in attributes}
    return html.Element("link", rel="stylesheet", **named)
