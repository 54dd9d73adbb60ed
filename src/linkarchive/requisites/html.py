"""The addresses of what an HTML page needs to be shown (HTML Living Standard), by lxml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from lxml import etree, html

from linkarchive.requisites import css, drawing, modules, srcset, xml
from linkarchive.requisites.requisite import Kind, Reference, Requisite
from linkarchive.urls import normalise, resolve

_SHEET_RELATIONS = frozenset({"stylesheet"})
_ICON_RELATIONS = frozenset({"icon", "apple-touch-icon", "apple-touch-icon-precomposed", "mask-icon", "fluid-icon"})
_PRELOADED = {
    "style": Kind.STYLE, "font": Kind.FONT, "image": Kind.IMAGE, "script": Kind.SCRIPT, "fetch": Kind.SCRIPT,
}  # fmt: skip
"""By `as`; what is fetched is what a script asks for."""
_SHOWN_TYPES = re.compile(r"(image/(avif|webp|jpe?g|png|apng|gif|svg\+xml|bmp|x-icon|vnd\.microsoft\.icon))?", re.I)
"""Of pictures, that browsers take."""
_SHOWN_BY_SOME = "image/jxl"
"""JPEG XL, which only some browsers show: the next source of the picture is taken as well."""

_PLAIN: dict[str, tuple[tuple[str, Kind], ...]] = {
    "img": (("src", Kind.IMAGE),),
    "input": (("src", Kind.IMAGE),),
    "video": (("poster", Kind.IMAGE),),
    "amp-img": (("src", Kind.IMAGE),),
    "image": (("href", Kind.IMAGE), ("xlink:href", Kind.IMAGE), ("src", Kind.IMAGE)),
    "feimage": (("href", Kind.IMAGE), ("xlink:href", Kind.IMAGE)),
    "use": (("href", Kind.IMAGE), ("xlink:href", Kind.IMAGE)),
    "script": (("src", Kind.SCRIPT), ("href", Kind.SCRIPT), ("xlink:href", Kind.SCRIPT)),
    "iframe": (("src", Kind.FRAME),),
    "frame": (("src", Kind.FRAME),),
    "embed": (("src", Kind.FRAME),),
    "object": (("data", Kind.FRAME),),
} | dict.fromkeys(
    ("body", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "col", "colgroup"), (("background", Kind.IMAGE),)
)
"""By element: attributes that hold one address."""
_PAINTING = (
    "fill", "stroke", "filter", "mask", "clip-path", "marker-start", "marker-mid", "marker-end", "cursor",
)  # fmt: skip
"""Attributes of a drawing's elements that hold CSS (SVG 2 §6.6) which may name a file."""

_LATE = re.compile(
    r"data-(?:[a-z0-9]+-)*(?:[a-z0-9]*src|original|lazy|lazyload|bg|background|background-image|poster|image|img|echo|style)"
    r"(?:-(?:small|medium|large|desktop|mobile|retina|[0-9]+x?))?"
)
_LATE_SET = re.compile(r"data-(?:[a-z0-9]+-)*(?:srcset|bgset)")
_LATE_BACKGROUND = re.compile(r"data-(?:[a-z0-9]+-)*(?:bg|bgset|background)(?:-image)?")
"""Attributes from which a script fills in what is loaded once a reader gets there."""
_LATE_KINDS = {"iframe": Kind.FRAME, "script": Kind.SCRIPT}
_SET_MEDIA = re.compile(r"\bmedia\s*=")
_ADDRESS = re.compile(r"(?:https?:)?//[^\s]+|[^\s:]*[./][^\s:]*", re.I)
"""What such an attribute holds when it is no number, colour or JSON."""
_MODULE = "module"
_VOID = ("embed", "source", "track", "wbr")
"""Elements without an end tag that libxml2 does not know as such, and puts what follows into them."""
_NOT_LOADED = frozenset({"audio", "video", "track"})
"""Recordings and their titles are no part of how a page looks."""


def parsed(source: str, *, is_xml: bool = False) -> Any:
    """The tree of a page, one of XML (XHTML, SVG) with the names that HTML gives its elements; None if the page is
    empty."""
    try:
        tree = html.document_fromstring(source.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError):
        return None
    if is_xml:
        xml.as_html(tree)
    for element in list(tree.iter(*_VOID)):
        _empty(element)
    return tree


def _empty(element: Any) -> None:
    """Move the content of an element out of it, to the place behind it."""
    text, element.text = element.text, None
    for child in reversed(element):
        element.addnext(child)
    element.tail = (text or "") + (element.tail or "")


def base_of(tree: Any, url: str) -> str:
    """The URL that addresses on a page are relative to: that of its first `base`, if it is one of the web, else its
    own."""
    address = next((element.get("href") for element in tree.iter("base") if element.get("href") is not None), "")
    base = resolve(url, address.strip()) or url
    return base if base[:8].lower().startswith(("http://", "https://")) else url


def with_bases(tree: Any, url: str) -> Iterator[tuple[Any, str]]:
    """The elements of a page in order, each with the URL that its addresses are relative to: the page's own before the
    first `base`."""
    base, later = url, base_of(tree, url)
    for element in tree.iter():
        if not isinstance(element.tag, str):  # a comment
            continue
        if element.tag == "base" and element.get("href") is not None:
            base = later
        yield element, base


def requisites_of_page(source: str, url: str, charset: str = "utf-8", *, is_xml: bool = False) -> list[Requisite]:
    """What a page names, each once, in the order in which it is fetched. `charset` is the page's encoding."""
    tree = parsed(source, is_xml=is_xml)
    return [] if tree is None else _each_once(_of_tree(tree, url, charset))


def requisites_of_sheet(text: str, url: str, charset: str = "utf-8") -> list[Requisite]:
    """What a style sheet names, each once, in the order in which it is fetched. `charset` is the sheet's encoding."""
    return _each_once(_whole(css.references_in(text), url, charset))


def requisites_of_module(text: str, url: str, names: modules.ImportMap) -> list[Requisite]:
    """What a JavaScript module imports, each once. `names` is the import map of its page."""
    references = (Reference(Kind.MODULE, address) for address in modules.imports_in(text, names))
    return _each_once(_whole(references, url, "utf-8", names))


def _of_tree(tree: Any, url: str, charset: str) -> Iterator[Requisite]:
    """What a page names, and what is named by the pages that stand in its frames (`srcdoc`)."""
    base = base_of(tree, url)
    names = next((modules.import_map(text, base) for text in _scripts(tree, "importmap")), ())
    for element, at in with_bases(tree, url):
        yield from _whole(_references_of(element), at, charset, names)
    for text in _scripts(tree, _MODULE):
        yield from requisites_of_module(text, base, names)
    for frame in tree.iter("iframe"):
        inner = parsed(frame.get("srcdoc") or "")
        if inner is not None:
            yield from _of_tree(inner, base, charset)


def _scripts(tree: Any, type: str) -> Iterator[str]:
    """The texts of the scripts of a type that stand in the page itself, without those of other files."""
    for script in tree.iter("script"):
        if script.text and _type(script) == type and not script.get("src"):
            yield script.text


def _type(script: Any) -> str:
    return (script.get("type") or "").strip().lower()


def _whole(
    references: Iterable[Reference], base: str, charset: str, names: modules.ImportMap = ()
) -> Iterator[Requisite]:
    for reference in references:
        url = whole_address(base, reference.address, charset)
        if url is not None:
            yield Requisite(reference.kind, url, charset, names if reference.kind is Kind.MODULE else ())


def _each_once(requisites: Iterable[Requisite]) -> list[Requisite]:
    """One for each URL, of the kind that is fetched first, and in that order."""
    first: dict[str, Requisite] = {}
    for requisite in requisites:
        known = first.setdefault(requisite.url, requisite)
        if requisite.kind < known.kind:
            first[requisite.url] = requisite
    return sorted(first.values(), key=lambda requisite: requisite.kind)


def whole_address(base: str, address: str, charset: str = "utf-8") -> str | None:
    """The URL that an address means, without fragment; None for one that is not of the web, or only a fragment."""
    address = address.strip()
    if not address or address.startswith("#"):
        return None
    meant = resolve(base, address, charset)
    url = None if meant is None else normalise(meant)
    if url is None or not url[:8].lower().startswith(("http://", "https://")):
        return None
    return url.partition("#")[0]


def _references_of(element: Any) -> Iterator[Reference]:
    """What an element of a page names."""
    name = element.tag.lower()
    style = element.get("style")
    if style and "(" in style:
        yield from css.references_in(style)
    if name == "style":
        yield from css.references_in(element.text or "")
    elif name == "link":
        yield from _of_link(element)
    elif name == "picture":
        yield from _of_picture(element)
    elif name in drawing.ELEMENTS:
        yield from css.references_in(";".join(filter(None, map(element.get, _PAINTING))))
    yield from _of_attributes(element, name)


def _of_attributes(element: Any, name: str) -> Iterator[Reference]:
    for attribute, kind in _PLAIN.get(name, ()):
        address = element.get(attribute)
        if kind is Kind.SCRIPT and _type(element) == _MODULE:
            kind = Kind.MODULE
        if address and not (name == "input" and element.get("type", "").lower() != "image"):
            yield Reference(kind, address)
    sizes = element.get("sizes") or element.get("data-sizes") or ""
    if name == "img" and element.get("srcset"):
        yield from (Reference(Kind.IMAGE, address) for address in srcset.chosen(element.get("srcset"), sizes))
    yield from (Reference(_LATE_KINDS.get(name, Kind.IMAGE), address) for address in late_addresses(element))


def late_backgrounds(element: Any) -> Iterator[str]:
    """Those of `late_addresses` that are for the background of the element."""
    named = {name: xml.fit(value) for name, value in element.items() if _LATE_BACKGROUND.fullmatch(name)}
    if named:
        yield from late_addresses(html.Element("div", named))


def late_addresses(element: Any) -> Iterator[str]:
    """The addresses, as written, that a script is to load once a reader has scrolled to the element: lazy loading, by
    `data-…` attributes."""
    sizes = element.get("sizes") or element.get("data-sizes") or ""
    for attribute, value in element.items():
        if not attribute.startswith("data-") or not value:
            continue
        if _LATE_SET.fullmatch(attribute):
            yield from srcset.chosen(value, sizes)
        elif element.tag in _NOT_LOADED and not attribute.endswith("poster"):
            continue
        elif _LATE.fullmatch(attribute):
            if "url(" in value:
                yield from (named.address for named in css.references_in(value))
            elif _ADDRESS.fullmatch(value.strip()):
                yield value


def shown_addresses(picture: Any) -> list[str]:
    """The addresses, as written, of what an `img` may show on a wide screen, the best first: what a script would load
    comes before its placeholder. An address may be empty, or come twice."""
    listed = [*late_addresses(picture)]
    parent = picture.getparent()
    for source in parent.iter("source") if parent is not None and parent.tag == "picture" else ():
        if srcset.is_shown(source.get("media") or ""):
            listed += srcset.chosen(source.get("srcset") or source.get("data-srcset") or "")
    return [*listed, *srcset.chosen(picture.get("srcset") or "", picture.get("sizes") or ""), picture.get("src") or ""]


def _of_link(element: Any) -> Iterator[Reference]:
    relations = frozenset((element.get("rel") or "").lower().split())
    address = element.get("href") or ""
    if relations & _SHEET_RELATIONS:
        yield Reference(Kind.STYLE, address)
    elif relations & _ICON_RELATIONS:
        yield Reference(Kind.IMAGE, address)
    elif "modulepreload" in relations:
        yield Reference(Kind.MODULE, address)
    elif "preload" in relations:
        kind = _PRELOADED.get((element.get("as") or "").lower())
        if kind is not None and address:
            yield Reference(kind, address)
        for candidate in srcset.chosen(element.get("imagesrcset") or "", element.get("imagesizes") or ""):
            yield Reference(Kind.IMAGE, candidate)


def applied_sheet(link: Any) -> tuple[str, str] | None:
    """The address, as written, and the `media` of the style sheet that a browser applies for a `link`; None if there is
    none. A sheet that is preloaded, or said to be for another medium, is often applied once it is loaded (`onload`)."""
    relations = (link.get("rel") or "").lower().split()
    once_loaded, media = link.get("onload") or "", link.get("media") or ""
    is_preloaded = "preload" in relations and "stylesheet" in once_loaded
    if not (
        ("stylesheet" in relations and "alternate" not in relations and link.get("disabled") is None) or is_preloaded
    ):
        return None
    return link.get("href") or "", "" if _SET_MEDIA.search(once_loaded) else media


def _of_picture(element: Any) -> Iterator[Reference]:
    """What the sources of a `picture` name: of those for the same `media`, the first in a format browsers show. The
    `img` in it is an element of its own."""
    seen: set[str] = set()
    for source in element.iter("source"):
        media = " ".join((source.get("media") or "").lower().split())
        mime = (source.get("type") or "").strip()
        by_some = mime.lower() == _SHOWN_BY_SOME
        if media in seen or not (by_some or _SHOWN_TYPES.fullmatch(mime)):
            continue
        listed = source.get("srcset") or source.get("data-srcset") or ""
        if listed:
            seen |= set() if by_some else {media}
            sizes = source.get("sizes") or ""
            yield from (Reference(Kind.IMAGE, address) for address in srcset.chosen(listed, sizes))
