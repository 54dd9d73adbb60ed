"""`links.txt` (docs/design.md §5): what it says, whatever it holds.

A line is a comment, an `include`, a section, a key of the section, a link, or a key of the
link above it. What is none of these is malformed: it is named, and it stays.
"""

from __future__ import annotations

import contextlib
import posixpath
import re
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from linkarchive.article.links_url import why_no_url
from linkarchive.model import Article
from linkarchive.urls import source_key

NAME = "links.txt"

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_KEY = re.compile(r"([A-Za-z][\w-]*)\s*=\s*(.*)")
_INCLUDE = re.compile(r"include\s+(.+)")
_SURROGATES = re.compile("[\ud800-\udfff]")
_SECTION_KEYS = ("original", "published", "private")
_LINK_KEYS = ("accessed", "quote", "snapshot", "note")
# Characters that turn the reading direction of what follows them (Unicode UAX #9).
_TURNS = frozenset(["LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"])
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True, slots=True)
class Entry:
    """A link: its line and, in `keys_at`, the lines of its keys (1-based, malformed ones too)."""

    url: str | None
    """None for `?`, a target not known yet."""
    text: str
    line: int
    excluded: bool = False
    accessed: date | None = None
    quote: str | None = None
    snapshot: str | None = None
    note: str | None = None
    file: str = NAME
    keys_at: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """An article's links; the name "" is that of the links before any section."""

    name: str
    original: str | None = None
    published: date | None = None
    private: bool = False
    entries: tuple[Entry, ...] = ()
    line: int = 0
    file: str = NAME
    keys: frozenset[str] = frozenset()
    """The keys that are given, readable or not."""
    keys_end: int = 0
    """The last line of the header: of the name and the keys above the first link."""
    end: int = 0
    """The last line that belongs to the header or to a link (with a header's comment, when there is no link)."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """A line that could not be read, why, and what to write."""

    file: str
    line: int
    text: str
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.why}: {self.text}"


@dataclass(frozen=True, slots=True)
class Include:
    pattern: str
    line: int
    file: str = NAME


@dataclass(frozen=True)
class LinksFile:
    """What `links.txt` and the files it includes say, in the order of the lines."""

    sections: tuple[Section, ...]
    malformed: tuple[Malformed, ...] = ()
    includes: tuple[Include, ...] = ()

    @cached_property
    def loose(self) -> tuple[Entry, ...]:
        """The links without an article."""
        return tuple(entry for section in self.sections if not section.name for entry in section.entries)

    @cached_property
    def excluded(self) -> frozenset[str]:
        """The keys of the sources that are never fetched."""
        keys = set()
        for section in self.sections:
            for entry in section.entries:
                if entry.excluded and entry.url is not None:
                    with contextlib.suppress(ValueError):
                        keys.add(source_key(entry.url))
        return frozenset(keys)

    @cached_property
    def named(self) -> dict[str, Section]:
        """The articles' sections by `section_key`, those of one name joined."""
        joined: dict[str, Section] = {}
        for section in self.sections:
            if section.name:
                key = section_key(section.name)
                joined[key] = _joined(joined[key], section) if key in joined else section
        return joined

    def section(self, article: Article) -> Section | None:
        """The section of an article: by its path, else by its original URL."""
        found = self.named.get(section_key(article.path))
        if found is None and article.original_url:
            found = self.named.get(section_key(article.original_url))
        return found


def _joined(one: Section, other: Section) -> Section:
    return replace(
        one,
        original=one.original or other.original,
        published=one.published or other.published,
        private=one.private or other.private,
        entries=one.entries + other.entries,
        keys=one.keys | other.keys,
    )


def section_key(name: str) -> str:
    """The form in which names of sections and paths of articles are compared."""
    name = folded(name)
    if "://" in name:
        try:
            return source_key(name)
        except ValueError:
            return name
    return posixpath.normpath(name.replace("\\", "/"))


def folded(text: str) -> str:
    """Foreign text as part of a line: one line, no control characters, none that turn the reading direction."""
    folded = " ".join(text.split())
    if folded.isascii() and folded.isprintable():
        return folded
    kept = (
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) == "Cs" else char
        for char in folded
        if unicodedata.category(char) != "Cc" and unicodedata.bidirectional(char) not in _TURNS
    )
    return " ".join("".join(kept).split())


def lines_of(text: str) -> list[str]:
    """The lines with their ends (`\\n`, `\\r\\n` or `\\r`; nothing else ends a line)."""
    return _LINES.findall(text)


def parse(text: str, name: str = NAME) -> LinksFile:
    """Read the text of one file; never raises. `include` lines are noted, not followed."""
    reader = _Reader(name)
    for number, line in enumerate(lines_of(_SURROGATES.sub("\ufffd", text)), 1):
        reader.read(number, line)
    return reader.finished()


@dataclass(slots=True)
class _OpenLink:
    url: str | None
    text: str
    line: int
    excluded: bool
    accessed: date | None = None
    values: dict[str, str] = field(default_factory=dict)
    keys_at: list[int] = field(default_factory=list)


class _Reader:
    """Takes the lines of one file in turn."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._sections: list[Section] = []
        self._malformed: list[Malformed] = []
        self._includes: list[Include] = []
        self._link: _OpenLink | None = None
        self._open("", 0)

    def _open(self, name: str, line: int) -> None:
        self._section = Section(name, line=line, file=self._name, keys_end=line, end=line)
        self._entries: list[Entry] = []
        self._given: set[str] = set()
        self._keys_end = self._end = line
        self._in_header_block = True

    def _close_link(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            entry = Entry(link.url, link.text, link.line, link.excluded, file=self._name, keys_at=tuple(link.keys_at))
            if link.keys_at:
                values = link.values.get
                entry = replace(
                    entry,
                    accessed=link.accessed,
                    quote=values("quote"),
                    snapshot=values("snapshot"),
                    note=values("note"),
                )
            self._entries.append(entry)

    def _close_section(self) -> None:
        self._close_link()
        self._sections.append(
            replace(
                self._section,
                entries=tuple(self._entries),
                keys=frozenset(self._given),
                keys_end=self._keys_end,
                end=self._end,
            )
        )

    def finished(self) -> LinksFile:
        self._close_section()
        return LinksFile(tuple(self._sections), tuple(self._malformed), tuple(self._includes))

    def _bad(self, number: int, text: str, why: str) -> None:
        self._malformed.append(Malformed(self._name, number, text, why))

    def read(self, number: int, line: str) -> None:
        text = line.strip()
        if number == 1:
            text = text.lstrip("\ufeff").strip()
        if not text:
            self._in_header_block = False
        elif text[0] == "#":
            if self._in_header_block and self._link is None and not self._entries:
                self._end = number
        elif line[0] in " \t" and self._indented(number, text):
            return
        elif text[0] == "[":
            self._header(number, text)
        elif match := _INCLUDE.fullmatch(text):
            self._includes.append(Include(match[1].strip(), number, self._name))
        elif match := _KEY.fullmatch(text):
            self._section_key(number, text, match[1].lower(), match[2].strip())
        else:
            self._new_link(number, text)

    def _header(self, number: int, text: str) -> None:
        name = text[1:-1].strip() if text[-1] == "]" and len(text) > 1 else ""
        self._close_section()
        if not name:
            # What follows belongs to an article that cannot be told, certainly not to the one above.
            self._bad(number, text, "a section is [path or URL of the article]")
        self._open(name, number)

    def _indented(self, number: int, text: str) -> bool:
        """A key of the link above; False when the line is a link or a key of the section, only indented."""
        match = _KEY.fullmatch(text)
        if match is None or (self._link is None and not self._entries and match[1].lower() in _SECTION_KEYS):
            return False
        self._end = number
        if self._link is None:
            self._bad(number, text, "belongs to a link, and there is no readable one above it")
            return True
        self._link.keys_at.append(number)
        key, value = match[1].lower(), match[2].strip()
        if key not in _LINK_KEYS:
            self._bad(number, text, f"not a key of a link (these are: {', '.join(_LINK_KEYS)})")
        elif key in self._link.values or (key == "accessed" and self._link.accessed):
            self._bad(number, text, f"a second “{key}” for this link; the first counts")
        elif not value:
            self._bad(number, text, f"“{key}” has no value")
        elif key != "accessed":
            self._link.values[key] = value
        elif day := _day(value):
            self._link.accessed = day
        else:
            self._bad(number, text, "not a date such as 2021-05-12")
        return True

    def _section_key(self, number: int, text: str, key: str, value: str) -> None:
        if key in _LINK_KEYS:
            self._bad(number, text, f"“{key}” belongs to a link: indent it below its link")
            return
        if key not in _SECTION_KEYS:
            self._bad(number, text, f"not a key of a section (these are: {', '.join(_SECTION_KEYS)})")
            return
        if not self._section.name:
            self._bad(number, text, f"“{key}” belongs to an article: put it below its [section]")
            return
        if self._link is None and not self._entries:
            self._keys_end = self._end = number
        if key in self._given:
            self._bad(number, text, f"a second “{key}” for this article; the first counts")
            return
        self._given.add(key)
        why: str | None
        if key == "original":
            why = why_no_url(value) if value else "“original” has no value"
            self._section = replace(self._section, original=None if why else value)
        elif key == "published":
            day = _day(value)
            why = None if day else "not a date such as 2021-05-12"
            self._section = replace(self._section, published=day)
        else:
            # Unreadable is private: the careful reading of a line that wants care.
            why = None if value.lower() in _YES + _NO else "neither true nor false, so taken as true"
            self._section = replace(self._section, private=value.lower() not in _NO)
        if why:
            self._bad(number, text, why)

    def _new_link(self, number: int, text: str) -> None:
        excluded = text[0] == "!"
        parts = (text[1:] if excluded else text).split(None, 1)
        url = parts[0] if parts else ""
        why = None if url == "?" else why_no_url(url) if url else "nothing follows the “!”"
        # Also for a line that cannot be read: the keys below it are not those of the link above it.
        self._close_link()
        if why:
            self._bad(number, text, why)
            return
        self._end = number
        self._link = _OpenLink(None if url == "?" else url, parts[1] if len(parts) > 1 else "", number, excluded)


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
