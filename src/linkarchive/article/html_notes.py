"""The notes of an HTML page: which links are marks, and which elements are the notes they lead to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_MARK = re.compile(r"\W*(?:\d{1,4}|[a-z]{1,2}|[ivxlc]{1,6}|note\s+\d{1,4}|[*†‡§¶#⁰¹²³⁴-⁹]{1,4})\W*", re.IGNORECASE)
_IS_NOTEREF = re.compile(r"noteref|footnote|endnote|reference|cite[-_]?ref", re.IGNORECASE)
_IS_NOTE = re.compile(r"footnote|endnote|rearnote|biblioentry", re.IGNORECASE)
_BLOCKS = frozenset({"li", "p", "div", "aside", "dd", "tr", "td", "blockquote"})
_NOT_NOTES = frozenset({"body", "main", "article", "section", "nav", "h1", "h2", "h3", "h4", "h5", "h6", "header"})
_LONGEST = 5000
"""Characters of a note. What is longer is a section."""


@dataclass(frozen=True, slots=True)
class BookNotes:
    """The notes between the files of a book, as one of its files sees them."""

    marks: Mapping[str, str]
    """Notes of other files, by the `href` that leads there."""
    notes: Mapping[str, str]
    """Notes of this file, by the id of their element."""


class HtmlNotes:
    """The marks and notes of one page. A mark is a short link to an element that comes later in the page, or to a
    note in another file of the book."""

    def __init__(self, soup: BeautifulSoup, book: BookNotes | None = None) -> None:
        self._marks: dict[int, str] = {}
        self._notes: dict[int, str] = {}
        self._backlinks: set[int] = set()
        links = [tag for tag in soup.find_all("a", href=True) if str(tag["href"]).strip()[:1] == "#"]
        if not links and book is None:
            return
        places = {id(tag): place for place, tag in enumerate(soup.find_all(True))}
        named = _named(soup)
        targets: dict[str, Tag] = {}
        for link in links:
            label = unquote(str(link["href"]).strip()[1:])
            target = named.get(label)
            if target is None:
                continue
            if places[id(target)] < places[id(link)]:
                self._backlinks.add(id(link))
            elif is_mark(link) and (note := _note(target)) is not None and not _is_within(link, note):
                self._marks[id(_whole_mark(link))] = label
                targets[label] = note
        if book is not None:
            for link in soup.find_all("a", href=True):
                if (label := book.marks.get(str(link["href"]).strip(), "")) and is_mark(link):
                    self._marks[id(_whole_mark(link))] = label
            for name, label in book.notes.items():
                if name in named and (note := _note(named[name])) is not None:
                    targets[label] = note
        # An element in which several notes stand is none: it is their list.
        counts = Counter(id(tag) for tag in targets.values())
        self._notes = {id(tag): label for label, tag in targets.items() if counts[id(tag)] == 1}

    def label_of_mark(self, tag: Tag) -> str | None:
        """The note to which a link is the mark, None for any other element."""
        return self._marks.get(id(tag))

    def label_of_note(self, tag: Tag) -> str | None:
        """The note that an element is, None for any other element."""
        return self._notes.get(id(tag))

    def is_backlink(self, tag: Tag) -> bool:
        """A link without words from a note to its mark."""
        return id(tag) in self._backlinks and not re.search(r"\w\w", tag.get_text())


def _named(soup: BeautifulSoup) -> dict[str, Tag]:
    named: dict[str, Tag] = {}
    for tag in soup.find_all(True):
        for name in ("id", "name") if tag.name == "a" else ("id",):
            if value := tag.get(name):
                named.setdefault(str(value), tag)
    return named


def is_mark(link: Tag) -> bool:
    """The link looks like the mark of a note: a number or a sign, raised, or called so."""
    attributes = " ".join(str(link.get(name) or "") for name in ("role", "epub:type", "class", "id", "rel"))
    text = link.get_text().strip()
    if len(text) > 40:
        return False
    return bool(_MARK.fullmatch(text) or _IS_NOTEREF.search(attributes) or (text and link.find_parent("sup")))


def _whole_mark(link: Tag) -> Tag:
    """The link, or the `sup` around it when that holds nothing else but brackets."""
    raised = link.find_parent("sup")
    return raised if raised is not None and len(raised.find_all("a")) == 1 else link


def _note(target: Tag) -> Tag | None:
    """The block that a mark leads to, None where that is no note. Called a note, any element is one that has words;
    often it is only the number in front of them, or an empty place."""
    attributes = f"{target.get('role')} {target.get('epub:type')} {target.get('class')}"
    if _IS_NOTE.search(attributes) and _has_words(target):
        return _if_short(target)
    tag: Tag | None = target
    while tag is not None and (tag.name not in _BLOCKS or not _has_words(tag)):
        tag = None if tag.name in _NOT_NOTES else tag.parent
    return None if tag is None else _if_short(tag)


def _if_short(tag: Tag) -> Tag | None:
    return tag if len(tag.get_text()) <= _LONGEST else None


def _has_words(tag: Tag) -> bool:
    return re.search(r"\w\w", tag.get_text()) is not None


def _is_within(tag: Tag, outer: Tag) -> bool:
    return any(parent is outer for parent in tag.parents)
