"""A page as one file: its styles, fonts and pictures within it, nothing that acts, nothing that is loaded."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from lxml import html
from lxml.html import defs
from lxml_html_clean import Cleaner

from linkarchive.requisites import css, srcset
from linkarchive.requisites.html import base_of, late_addresses, parsed, whole_address
from linkarchive.requisites.requisite import Kind
from linkarchive.text import essence_of

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline' data:; img-src data:; font-src data:; base-uri 'none'; "
    "form-action 'none'"
)
"""What a browser is told of such a page."""
MAX_SIZE = 128 * 1024 * 1024
"""Characters of all that is put into a page; what comes after is left out."""
MAX_DEPTH = 8
"""Style sheets that import style sheets."""

_NOTHING = "about:invalid"
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What lxml takes into no tree (XML 1.0 §2.2)."""
_MARK = "stored-part:"
_CLEANER = Cleaner(
    scripts=True, javascript=True, comments=True, style=False, inline_style=False, links=True, meta=True,
    page_structure=False, processing_instructions=True, embedded=True, frames=True, forms=True, annoying_tags=True,
    safe_attrs_only=True, safe_attrs=defs.safe_attrs | {"style"},
    kill_tags={"svg", "math", "template", "noscript", "base", "dialog"},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """What is stored under a URL: its bytes without content-coding."""

    body: bytes
    content_type: str
    url: str
    """Where redirects led to."""


Find = Callable[[str], Part | None]
"""What is stored under a URL."""


def single_page(
    source: str, url: str, charset: str, find: Find, note: str, facts: Iterable[tuple[str, str]] = ()
) -> str | None:
    """The page with all that `find` has of what it names, in one file; None where nothing is in it.

    `note` is shown above it, `facts` stand in its head as `meta` elements.
    """
    tree = parsed(source)
    if tree is None:
        return None
    maker = _Maker(find, charset)
    base = base_of(tree, url)
    try:
        maker.set_aside(tree, base)
        tree.make_links_absolute(base, resolve_base_href=False, handle_failures="ignore")
        _CLEANER(tree)
    except (ValueError, AssertionError):
        return None
    maker.put_back(tree)
    for link in tree.iter("a"):
        link.set("rel", "noreferrer noopener")
        link.attrib.pop("target", None)
    _introduce(tree, note, facts)
    return str(html.tostring(tree, encoding="unicode", doctype="<!doctype html>"))


class _Maker:
    """Takes what is trusted (stored bytes as data: URLs) out of the cleaner's way and puts it back afterwards."""

    def __init__(self, find: Find, charset: str) -> None:
        self._find = find
        self._charset = charset
        self._kept: list[str] = []
        """Style sheets, style attributes and pictures, by number."""
        self._room = MAX_SIZE

    def set_aside(self, tree: Any, base: str) -> None:
        for element in list(tree.iter()):
            if not isinstance(element.tag, str):
                continue
            name, style = element.tag.lower(), element.get("style")
            if style:
                element.set("style", f"--part:{self._keep(self._styled(style, base, 0))}")
            if name == "style":
                element.text = f"p-{self._keep(self._styled(element.text or '', base, 0))}{{}}"
            elif name == "link" and "stylesheet" in (element.get("rel") or "").lower().split():
                self._replace_link(element, base)
            elif name == "img":
                self._choose(element, base)
            if element.get("background"):
                self._paint(element, base)

    def put_back(self, tree: Any) -> None:
        for element in tree.iter():
            if not isinstance(element.tag, str):
                continue
            style = element.get("style")
            if style is not None:
                element.set("style", self._taken(style.removeprefix("--part:")))
            if element.tag == "style":
                # Within the element the text ends at the next end tag, whatever CSS makes of it.
                text = (element.text or "").removeprefix("p-").removesuffix("{}")
                element.text = self._taken(text).replace("</", "<\\/")
            elif element.tag == "img" and (element.get("src") or "").startswith(_MARK):
                element.set("src", self._taken(element.get("src").removeprefix(_MARK)))

    def _keep(self, text: str) -> int:
        self._kept.append(_UNFIT.sub("\ufffd", text))
        return len(self._kept) - 1

    def _taken(self, number: str) -> str:
        return self._kept[int(number)] if number.isdigit() and int(number) < len(self._kept) else ""

    def _replace_link(self, link: Any, base: str) -> None:
        part = self._part(base, link.get("href") or "")
        if part is None:
            return
        text = css.decoded(part.body, part.content_type, self._charset)
        sheet = html.Element("style")
        sheet.text = f"p-{self._keep(self._styled(text, part.url, 1))}{{}}"
        sheet.tail = link.tail
        if link.get("media"):
            sheet.set("media", link.get("media"))
        link.getparent().replace(link, sheet)

    def _choose(self, picture: Any, base: str) -> None:
        """The first of its candidates that is stored: what a script would have filled in goes before a stand-in."""
        listed = [*late_addresses(picture)]
        parent = picture.getparent()
        while parent is not None and parent.tag == "source":  # libxml2 takes it for an element with content
            parent = parent.getparent()
        if parent is not None and parent.tag == "picture":
            for candidates in parent.iter("source"):
                listed += srcset.taken(candidates.get("srcset") or candidates.get("data-srcset") or "")
        listed += [*srcset.taken(picture.get("srcset") or "", picture.get("sizes") or ""), picture.get("src") or ""]
        for attribute in ("srcset", "sizes", "src"):
            picture.attrib.pop(attribute, None)
        for address in listed:
            data = self._data(Kind.IMAGE, base, address, 0)
            if data != _NOTHING:
                picture.set("src", f"{_MARK}{self._keep(data)}")
                return

    def _paint(self, element: Any, base: str) -> None:
        data = self._data(Kind.IMAGE, base, element.attrib.pop("background"), 0)
        old = self._taken((element.get("style") or "").removeprefix("--part:"))
        element.set("style", f'--part:{self._keep(f"""background-image:url("{data}");{old}""")}')

    def _styled(self, text: str, base: str, depth: int) -> str:
        return css.replaced(text, lambda kind, address: self._data(kind, base, address, depth))

    def _data(self, kind: Kind, base: str, address: str, depth: int) -> str:
        """What an address names, as a data: URL; one that loads nothing where it is not stored."""
        if address.lower().startswith("data:image/") or address.startswith("#"):
            return address
        part = self._part(base, address)
        if part is None or depth > MAX_DEPTH:
            return _NOTHING
        body, essence = part.body, essence_of(part.content_type)
        if kind is Kind.STYLE:
            text = self._styled(css.decoded(body, part.content_type, self._charset), part.url, depth + 1)
            body, essence = text.encode("utf-8", "replace"), "text/css;charset=utf-8"
        elif not essence.startswith(("image/", "font/")):
            essence = "application/octet-stream"
        self._room -= len(body) * 4 // 3
        if self._room < 0:
            return _NOTHING
        return f"data:{essence};base64,{base64.b64encode(body).decode('ascii')}"

    def _part(self, base: str, address: str) -> Part | None:
        url = whole_address(base, address, self._charset)
        return None if url is None else self._find(url)


def _introduce(tree: Any, note: str, facts: Iterable[tuple[str, str]]) -> None:
    """The head says what it is; the first thing in the body says it to a reader."""
    head, body = tree.find("head"), tree.find("body")
    if head is None:
        head = html.Element("head")
        tree.insert(0, head)
    policy = {"http-equiv": "Content-Security-Policy", "content": POLICY}
    metas = [html.Element("meta", charset="utf-8"), html.Element("meta", policy)]
    metas += [html.Element("meta", name=name, content=_UNFIT.sub("\ufffd", value)) for name, value in facts]
    for place, meta in enumerate(metas):
        head.insert(place, meta)
    if body is not None:
        told = html.Element("p")
        told.text = _UNFIT.sub("\ufffd", note)
        told.set("style", "font:14px/1.5 sans-serif;background:#fff;color:#222;padding:8px 12px;border:1px solid #999")
        body.insert(0, told)
