"""EPUB: the chapters in reading order, each read as HTML."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import unquote, urlsplit

from linkarchive.article.html import read_html
from linkarchive.article.html_notes import BookNotes
from linkarchive.article.package import Package, part_name, text_of
from linkarchive.article.passage import Claim, Link, ParsedDocument, Passage, fold
from linkarchive.errors import ArticleError
from linkarchive.model import Unit
from linkarchive.text import decode

_DC = "{http://purl.org/dc/elements/1.1/}"
_OPF = "{http://www.idpf.org/2007/opf}"
_CROSSING = re.compile(r"""<a\b[^>]*?\shref\s*=\s*["']([^"'#]+#[^"']+)["']""", re.IGNORECASE)
_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"


def read_epub(data: bytes, *, everything: bool = False) -> ParsedDocument:
    """The chapters of an EPUB file in reading order; one that is damaged is left out, with a remark. Raises
    ArticleError when the package or its index is damaged."""
    package = Package(data)
    index_name = _index_name(package)
    index = package.xml(index_name)
    passages: list[Passage] = []
    gaps = []
    line = 0
    chapters: dict[str, str] = {}
    for name in _chapters(index, posixpath.dirname(index_name)):
        try:
            chapters[name] = decode(package.read(name), markup=True)
        except ArticleError as error:
            gaps.append(f"chapter left out: {error}")
    notes = _notes_between(chapters)
    for name, text in chapters.items():
        for passage in read_html(text, everything=everything, notes=notes[name]).passages:
            line += 1
            passages.append(_numbered(passage, name, line, package, posixpath.dirname(name)))
    return ParsedDocument(
        title=text_of(index, _DC + "title"),
        passages=tuple(passages),
        origins=tuple(
            Claim(fold(element.text or ""), f"EPUB {key}", 3)
            for key in ("source", "identifier")
            for element in index.iter(_DC + key)
            if (element.text or "").strip().startswith(("http://", "https://"))
        ),
        dates=tuple(Claim(element.text, "EPUB date", 1) for element in _dates(index)),
        gaps=tuple(gaps),
        unit=Unit.PARAGRAPH,
    )


def _index_name(package: Package) -> str:
    for rootfile in package.xml("META-INF/container.xml").iter(_CONTAINER + "rootfile"):
        if name := rootfile.get("full-path"):
            return str(name)
    raise ArticleError("the EPUB names no package document")


def _notes_between(chapters: Mapping[str, str]) -> dict[str, BookNotes]:
    """The notes that stand in another file than their marks, as each file sees them."""
    marks: dict[str, dict[str, str]] = {name: {} for name in chapters}
    notes: dict[str, dict[str, str]] = {name: {} for name in chapters}
    for name, text in chapters.items():
        for href in dict.fromkeys(_CROSSING.findall(text)):
            path, _, identity = unescape(href).partition("#")
            other = part_name(posixpath.dirname(name), unquote(path))
            if other in chapters and other != name:
                label = f"{other}#{unquote(identity)}"
                marks[name][unescape(href).strip()] = label
                notes[other][unquote(identity)] = label
    return {name: BookNotes(marks[name], notes[name]) for name in chapters}


def _chapters(index: Any, folder: str) -> list[str]:
    """The names of the parts in the spine, in order."""
    items = {item.get("id"): item.get("href") for item in index.iter(_OPF + "item")}
    spine = (items.get(reference.get("idref")) for reference in index.iter(_OPF + "itemref"))
    return [part_name(folder, unquote(target)) for target in spine if target]


def _dates(index: Any) -> list[Any]:
    """The publication date first; a date of modification is none."""
    dates = [date for date in index.iter(_DC + "date") if date.text and date.get(_OPF + "event") != "modification"]
    return sorted(dates, key=lambda date: date.get(_OPF + "event") != "publication")


def _numbered(passage: Passage, name: str, line: int, package: Package, folder: str) -> Passage:
    """The passage with its number in the book and the names of its notes in it, without links from part to part."""

    def label(own: str) -> str:
        return own if "#" in own else f"{name}#{own}"

    links = tuple(replace(link, line=line) for link in passage.links if not _is_internal(link, package, folder))
    marks = tuple(replace(mark, label=label(mark.label)) for mark in passage.marks)
    note = None if passage.note is None else label(passage.note)
    return replace(passage, line=line, links=links, marks=marks, note=note)


def _is_internal(link: Link, package: Package, folder: str) -> bool:
    try:
        parts = urlsplit(link.target.strip())
    except ValueError:
        return False
    if parts.scheme or parts.netloc or not parts.path:
        return False
    return part_name(folder, unquote(parts.path)) in package.names
