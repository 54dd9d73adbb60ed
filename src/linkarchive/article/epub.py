"""EPUB: the chapters in reading order, each read as HTML."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

from linkarchive.article.html import read_html
from linkarchive.article.package import Package, part_name
from linkarchive.article.passage import Claim, Link, ParsedDocument, Passage, fold
from linkarchive.errors import ArticleError
from linkarchive.text import decode

_DC = "{http://purl.org/dc/elements/1.1/}"
_OPF = "{http://www.idpf.org/2007/opf}"
_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"


def read_epub(data: bytes, *, everything: bool = False) -> ParsedDocument:
    """Raises ArticleError when the package or its index is damaged; a chapter that is, is left out with a remark."""
    package = Package(data)
    index_name = _index_name(package)
    index = package.xml(index_name)
    passages: list[Passage] = []
    gaps = []
    line = 0
    for name in _chapters(index, posixpath.dirname(index_name)):
        try:
            text = decode(package.read(name), markup=True)
        except ArticleError as error:
            gaps.append(f"chapter left out: {error}")
            continue
        for passage in read_html(text, everything=everything).passages:
            line += 1
            passages.append(_numbered(passage, line, package, posixpath.dirname(name)))
    return ParsedDocument(
        title=_text(index, "title"),
        passages=tuple(passages),
        origins=tuple(
            Claim(fold(element.text or ""), f"EPUB {key}", 3)
            for key in ("source", "identifier")
            for element in index.iter(_DC + key)
            if (element.text or "").strip().startswith(("http://", "https://"))
        ),
        dates=tuple(Claim(element.text, "EPUB date", 1) for element in _dates(index)),
        gaps=tuple(gaps),
    )


def _index_name(package: Package) -> str:
    for rootfile in package.xml("META-INF/container.xml").iter(_CONTAINER + "rootfile"):
        if name := rootfile.get("full-path"):
            return str(name)
    raise ArticleError("the EPUB names no package document")


def _chapters(index: Any, folder: str) -> list[str]:
    """The names of the parts in the spine, in order."""
    items = {item.get("id"): item.get("href") for item in index.iter(_OPF + "item")}
    spine = (items.get(reference.get("idref")) for reference in index.iter(_OPF + "itemref"))
    return [part_name(folder, unquote(target)) for target in spine if target]


def _dates(index: Any) -> list[Any]:
    """The publication date first; a date of modification is none."""
    found = [date for date in index.iter(_DC + "date") if date.text and date.get(_OPF + "event") != "modification"]
    return sorted(found, key=lambda date: date.get(_OPF + "event") != "publication")


def _text(index: Any, key: str) -> str:
    return next((fold(element.text) for element in index.iter(_DC + key) if element.text), "")


def _numbered(passage: Passage, line: int, package: Package, folder: str) -> Passage:
    """The passage with its line in the text of the book, without links from part to part."""
    links = tuple(replace(link, line=line) for link in passage.links if not _is_internal(link, package, folder))
    return replace(passage, line=line, links=links)


def _is_internal(link: Link, package: Package, folder: str) -> bool:
    try:
        parts = urlsplit(link.target.strip())
    except ValueError:
        return False
    if parts.scheme or parts.netloc or not parts.path:
        return False
    return part_name(folder, unquote(parts.path)) in package.names
