"""A page as one file: its styles, fonts, pictures and frames within it, nothing that acts, nothing that is loaded."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from lxml import html
from lxml.html import defs
from lxml_html_clean import Cleaner

from linkarchive.requisites import css, drawing
from linkarchive.requisites import html as pages
from linkarchive.requisites.requisite import Kind
from linkarchive.requisites.xml import XML_TYPES, fit
from linkarchive.text import HTML_TYPES, decode, encoding_of, essence_of, media_type

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline' data:; img-src data:; font-src data:; base-uri 'none'; "
    "form-action 'none'"
)
"""What a browser is told of such a page."""
MAX_SIZE = 128 * 1024 * 1024
"""Characters of all that is put into a page; what comes after is left out."""
MAX_READ = 32 * 1024 * 1024
"""Bytes or characters of frames and drawings that are read for a page; what comes after is left out."""
MAX_DEPTH = 8
"""Style sheets that import style sheets."""
MAX_FRAMES = 3
"""Frames within frames."""

_NOTHING = "about:invalid"
_MARK = "stored-part:"
_FRAME = f"{_MARK}frame-"
_FRAMES = {"iframe": "src", "embed": "src", "object": "data"}
"""Elements that show another file, and the attribute that names it."""
_CLEANER = Cleaner(
    scripts=True, javascript=True, comments=True, style=False, inline_style=False, links=True, meta=True,
    page_structure=False, processing_instructions=True, embedded=True, frames=True, forms=True, annoying_tags=True,
    remove_unknown_tags=False, allow_tags=defs.tags | drawing.ELEMENTS | {"main", "picture", "search", "slot"},
    safe_attrs_only=True, safe_attrs=defs.safe_attrs | drawing.ATTRIBUTES | {"style"},
    kill_tags={"math", "template", "noscript", "base", "dialog", *drawing.ACTING},
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
    source: str,
    url: str,
    charset: str,
    find: Find,
    note: str,
    facts: Iterable[tuple[str, str]] = (),
    *,
    is_xml: bool = False,
) -> str | None:
    """The page with all that `find` has of what it names, in one file; None where nothing is in it. `note` is shown
    above it, `facts` stand in its head as `meta` elements."""
    tree = _Maker(find, charset).page(source, url, is_xml=is_xml)
    if tree is None:
        return None
    _introduce(tree, note, facts)
    return _written(tree)


def _written(tree: Any) -> str:
    return str(html.tostring(tree, encoding="unicode", doctype="<!doctype html>"))


@dataclass(slots=True)
class _Allowance:
    """How much may still be written into a page, and read for it, its frames included."""

    output: int
    """Characters."""
    input: int
    """Bytes, and characters of the frames' source."""


class _Maker:
    """Takes what is trusted (stored bytes as data: URLs) out of the cleaner's way and puts it back afterwards."""

    def __init__(self, find: Find, charset: str, depth: int = 0, allowance: _Allowance | None = None) -> None:
        self._find = find
        self._charset = charset
        self._depth = depth
        """Frames that it is in."""
        self._kept: list[str] = []
        """Style sheets, style attributes, pictures, frames and references, by number."""
        self._allowance = allowance or _Allowance(MAX_SIZE, MAX_READ)

    def page(self, source: str, url: str, *, is_xml: bool) -> Any:
        """The tree of the page; None where nothing is in it."""
        tree = pages.parsed(source, is_xml=is_xml)
        if tree is None:
            return None
        base = pages.base_of(tree, url)
        try:
            drawing.bring_symbols(tree, lambda address: self._drawn(base, address))
            self._set_aside(tree, url)
            drawing.tidy(tree)
            tree.make_links_absolute(base, resolve_base_href=False, handle_failures="ignore")
            _CLEANER(tree)
        except (ValueError, AssertionError):
            return None
        self._put_back(tree)
        for link in tree.iter("a"):
            link.set("rel", "noreferrer noopener")
            link.attrib.pop("target", None)
        return tree

    def _set_aside(self, tree: Any, url: str) -> None:
        for element, base in list(pages.with_bases(tree, url)):
            name, style = element.tag.lower(), element.get("style")
            if style:
                element.set("style", f"--part:{self._keep(self._styled(style, base, 0))}")
            if name == "style":
                element.text = f"p-{self._keep(self._styled(element.text or '', base, 0))}{{}}"
            elif name == "link" and (applied := pages.applied_sheet(element)) is not None:
                self._replace_link(element, base, *applied)
            elif name in ("img", "amp-img") or (name == "image" and not drawing.is_within(element)):
                element.tag = "img"
                self._choose(element, base)
            elif name == "video" or (name == "input" and element.get("type", "").lower() == "image"):
                self._still(element, base, element.get("poster" if name == "video" else "src") or "")
            elif name in _FRAMES:
                self._frame(element, base, [*pages.late_addresses(element), element.get(_FRAMES[name]) or ""])
            elif name in drawing.PICTURES:
                data = self._data(Kind.IMAGE, base, drawing.reference(element), 0)
                element.set("href", f"{_MARK}{self._keep(data)}")
            elif name in drawing.REFERRING:
                address = drawing.reference(element)
                if address.startswith("#"):
                    element.set("href", f"{_MARK}{self._keep(address)}")
            background = element.attrib.pop("background", None) or next(pages.late_backgrounds(element), None)
            if background:
                self._paint(element, base, background)

    def _put_back(self, tree: Any) -> None:
        for element in tree.iter():
            if not isinstance(element.tag, str):
                continue
            style = element.get("style")
            if style is not None:
                element.set("style", self._kept_text(style.removeprefix("--part:")))
            if element.tag == "style":
                # Within the element the text ends at the next end tag, whatever CSS makes of it.
                text = (element.text or "").removeprefix("p-").removesuffix("{}")
                # In a drawing it is markup like all else there.
                sheet = self._kept_text(text).replace("</", "<\\/")
                element.text = "" if "<" in sheet and drawing.is_within(element) else sheet
            elif element.tag == "img" and (element.get("src") or "").startswith(_FRAME):
                element.tag = "iframe"
                element.attrib.pop("alt", None)
                element.set("sandbox", "")
                element.set("srcdoc", self._kept_text(element.attrib.pop("src").removeprefix(_FRAME)))
            elif element.tag == "img" and (element.get("src") or "").startswith(_MARK):
                element.set("src", self._kept_text(element.get("src").removeprefix(_MARK)))
            elif element.tag in {"img", *drawing.PICTURES, *drawing.REFERRING} and element.get("href"):
                if element.tag == "img":  # the cleaner takes the `image` of a drawing for the old name of `img`
                    element.tag = "image"
                element.set("href", self._kept_text((element.get("href") or "").removeprefix(_MARK)))

    def _keep(self, text: str) -> int:
        self._kept.append(fit(text))
        return len(self._kept) - 1

    def _kept_text(self, number: str) -> str:
        return self._kept[int(number)] if number.isdigit() and int(number) < len(self._kept) else ""

    def _replace_link(self, link: Any, base: str, address: str, media: str) -> None:
        part = self._part(base, address)
        if part is None:
            return
        text, _ = css.decoded(part.body, part.content_type, self._charset)
        sheet = html.Element("style")
        sheet.text = f"p-{self._keep(self._styled(text, part.url, 1))}{{}}"
        sheet.tail = link.tail
        if media:
            sheet.set("media", media)
        link.getparent().replace(link, sheet)

    def _choose(self, picture: Any, base: str) -> None:
        """Leave a picture only the first of its candidates that is stored."""
        listed = pages.shown_addresses(picture)
        for attribute in ("srcset", "sizes", "src"):
            picture.attrib.pop(attribute, None)
        for address in listed:
            data = self._data(Kind.IMAGE, base, address, 0)
            if data != _NOTHING:
                picture.set("src", f"{_MARK}{self._keep(data)}")
                return

    def _frame(self, frame: Any, base: str, addresses: Iterable[str]) -> None:
        """Put a picture in the place of a frame: the first of the addresses that is stored, or a mark that `_put_back`
        turns into the frame."""
        stored = ((address, part) for address in addresses if (part := self._part(base, address)) is not None)
        (address, part), inner = next(stored, ("", None)), frame.get("srcdoc")
        image = _image_for(frame)
        essence = "" if part is None else media_type(part.body, part.content_type)
        if inner is not None:
            text = self._framed(inner, base, self._charset, is_xml=False)
        elif part is not None and essence in HTML_TYPES:
            charset, _ = encoding_of(part.body, part.content_type, markup=True)
            inner = decode(part.body, part.content_type, markup=True)
            text = self._framed(inner, part.url, charset, is_xml=essence in XML_TYPES)
        else:
            text = None
            data = self._data(Kind.IMAGE, base, address, 0)
            if part is None or data == _NOTHING or not essence_of(part.content_type).startswith("image/"):
                return
            image.set("src", f"{_MARK}{self._keep(data)}")
        if text is not None:
            image.set("src", f"{_FRAME}{self._keep(text)}")
        frame.getparent().replace(frame, image)

    def _still(self, element: Any, base: str, address: str) -> None:
        """Put its picture in the place of a recording or a button, if that is stored."""
        data = self._data(Kind.IMAGE, base, address, 0)
        if data != _NOTHING:
            element.getparent().replace(element, image := _image_for(element))
            image.set("src", f"{_MARK}{self._keep(data)}")

    def _framed(self, source: str, url: str, charset: str, *, is_xml: bool) -> str | None:
        """A page in a frame, as text; None where nothing is in it, or the allowance is used up."""
        if self._depth >= MAX_FRAMES or not self._may_read(len(source)):
            return None
        tree = _Maker(self._find, charset, self._depth + 1, self._allowance).page(source, url, is_xml=is_xml)
        if tree is None:
            return None
        _introduce(tree, "", ())
        text = _written(tree)
        self._allowance.output -= len(text)
        return text if self._allowance.output >= 0 else None

    def _drawn(self, base: str, address: str) -> Any:
        """The tree of a stored drawing; None where there is none, or the allowance is used up."""
        part = self._part(base, address)
        if part is None or not self._may_read(len(part.body)):
            return None
        return pages.parsed(decode(part.body, part.content_type, markup=True), is_xml=True)

    def _may_read(self, size: int) -> bool:
        self._allowance.input -= size
        return self._allowance.input >= 0

    def _paint(self, element: Any, base: str, address: str) -> None:
        data = self._data(Kind.IMAGE, base, address, 0)
        if data == _NOTHING:
            return
        old = self._kept_text((element.get("style") or "").removeprefix("--part:"))
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
            text, _ = css.decoded(body, part.content_type, self._charset)
            body = self._styled(text, part.url, depth + 1).encode("utf-8", "replace")
            essence = "text/css;charset=utf-8"
        elif not essence.startswith(("image/", "font/")):
            essence = "application/octet-stream"
        self._allowance.output -= len(body) * 4 // 3
        if self._allowance.output < 0:
            return _NOTHING
        return f"data:{essence};base64,{base64.b64encode(body).decode('ascii')}"

    def _part(self, base: str, address: str) -> Part | None:
        url = pages.whole_address(base, address, self._charset)
        return None if url is None else self._find(url)


def _image_for(element: Any) -> Any:
    """A picture as large as an element, to stand in its place."""
    image = html.Element("img", alt=element.get("title") or element.get("alt") or "")
    for name in ("width", "height", "class", "style", "id", "title"):
        if element.get(name):
            image.set(name, element.get(name))
    image.tail = element.tail
    return image


def _introduce(tree: Any, note: str, facts: Iterable[tuple[str, str]]) -> None:
    """The head says what it is; the first thing in the body says it to a reader."""
    head, body = tree.find("head"), tree.find("body")
    if head is None:
        head = html.Element("head")
        tree.insert(0, head)
    policy = {"http-equiv": "Content-Security-Policy", "content": POLICY}
    metas = [html.Element("meta", charset="utf-8"), html.Element("meta", policy)]
    metas += [html.Element("meta", name=name, content=fit(value)) for name, value in facts]
    for place, meta in enumerate(metas):
        head.insert(place, meta)
    if body is not None and note:
        paragraph = html.Element("p")
        paragraph.text = fit(note)
        paragraph.set(
            "style", "font:14px/1.5 sans-serif;background:#fff;color:#222;padding:8px 12px;border:1px solid #999"
        )
        body.insert(0, paragraph)
