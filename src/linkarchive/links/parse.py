"""Reading `links.txt` (docs/design.md §5), whatever it holds.

A line is a comment, an `include`, an `articles` line, a section, a key of the section, a link,
or a key of the link above it. What is none of these is malformed: it is named, and it stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

from msgspec import Struct, field

from linkarchive.links.entries import NAME, Entry, Include, LinksFile, Malformed, Section, Watch
from linkarchive.links.line import each_line, why_no_url

_KEY = re.compile(r"([A-Za-z][\w-]*)\s*=\s*(.*)")
_DIRECTIVES = ("include", "articles")
_DIRECTIVE = re.compile(r"(include|articles)\s+(.+)")
_SURROGATES = re.compile("[\ud800-\udfff]")
_SECTION_KEYS = ("original", "published", "private")
_LINK_KEYS = ("accessed", "quote", "snapshot", "note")
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def parse(text: str, name: str = NAME, wanted: Callable[[str], bool] | None = None) -> LinksFile:
    """Read the text of one file; never raises. `include` lines are noted, not followed.

    With `wanted` only the sections of names for which it is true are read, what stands before any, and where further
    links and articles are.
    """
    reader, skips = _Reader(name), False
    for number, line in enumerate(each_line(_SURROGATES.sub("\ufffd", text)), 1):
        start = line.lstrip()
        if wanted is not None and start[:1] == "[":
            skips = not wanted(_section_name(start.rstrip()))
        if not skips or start.startswith(_DIRECTIVES):
            reader.read(number, line)
    return reader.finish()


def by_section(text: str, name: str, wanted: Callable[[str], bool]) -> Iterator[LinksFile]:
    """`parse`, a section at a time: each as if it were alone in its file, after what stands before any. Those of names
    for which `wanted` is false have no links."""
    reader, skips = _Reader(name), False
    for number, line in enumerate(each_line(_SURROGATES.sub("\ufffd", text)), 1):
        start = line.lstrip()
        if start[:1] == "[":
            yield reader.finish()
            reader, skips = _Reader(name), not wanted(_section_name(start.rstrip()))
            reader.read(number, line)
        elif not skips or start.startswith(_DIRECTIVES):
            reader.read(number, line)
    yield reader.finish()


def _section_name(header: str) -> str:
    """Of the line of a section; empty where it names none."""
    return header[1:-1].strip() if header[-1] == "]" and len(header) > 1 else ""


class _OpenLink(Struct):
    """A link whose lines are still being read."""

    url: str | None
    text: str
    line: int
    excluded: bool
    accessed: date | None = None
    values: dict[str, str] = field(default_factory=dict)
    keys_at: list[int] = field(default_factory=list)

    def entry(self, file: str) -> Entry:
        quote, snapshot, note = (self.values.get(key) for key in ("quote", "snapshot", "note"))
        keys_at = tuple(self.keys_at)
        return Entry(self.url, self.text, self.line, self.excluded, self.accessed, quote, snapshot, note, file, keys_at)


class _OpenSection(Struct):
    """A section whose lines are still being read."""

    name: str
    line: int
    keys_end: int
    end: int
    original: str | None = None
    published: date | None = None
    private: bool = False
    entries: list[Entry] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    in_header: bool = True
    """Nothing but the name, keys and comments so far, without an empty line."""

    def section(self, file: str) -> Section:
        return Section(
            self.name,
            self.original,
            self.published,
            self.private,
            tuple(self.entries),
            self.line,
            file,
            frozenset(self.keys),
            self.keys_end,
            self.end,
        )


class _Reader:
    """Takes the lines of one file in turn."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._sections: list[Section] = []
        self._malformed: list[Malformed] = []
        self._includes: list[Include] = []
        self._watches: list[Watch] = []
        self._link: _OpenLink | None = None
        self._section = _OpenSection("", 0, 0, 0)

    def _close_link(self) -> None:
        if self._link is not None:
            self._section.entries.append(self._link.entry(self._name))
            self._link = None

    def _close_section(self) -> None:
        self._close_link()
        self._sections.append(self._section.section(self._name))

    def finish(self) -> LinksFile:
        self._close_section()
        return LinksFile(tuple(self._sections), tuple(self._malformed), tuple(self._includes), tuple(self._watches))

    def _bad(self, number: int, text: str, why: str) -> None:
        self._malformed.append(Malformed(self._name, number, text, why))

    @property
    def _above_links(self) -> bool:
        return self._link is None and not self._section.entries

    def read(self, number: int, line: str) -> None:
        text = line.strip()
        if number == 1:
            text = text.lstrip("\ufeff").strip()
        if not text:
            self._section.in_header = False
        elif text[0] == "#":
            if self._section.in_header and self._above_links:
                self._section.end = number
        elif line[0] in " \t" and self._indented(number, text):
            return
        elif text[0] == "[":
            self._header(number, text)
        elif match := _DIRECTIVE.fullmatch(text):
            pattern = match[2].strip()
            if match[1] == "include":
                self._includes.append(Include(pattern, number, self._name))
            else:
                self._watches.append(Watch(pattern, number, self._name))
        elif match := _KEY.fullmatch(text):
            self._section_key(number, text, match[1].lower(), match[2].strip())
        else:
            self._new_link(number, text)

    def _header(self, number: int, text: str) -> None:
        name = _section_name(text)
        self._close_section()
        if not name:
            # What follows belongs to an article that cannot be told, certainly not to the one above.
            self._bad(number, text, "a section is [path or URL of the article]")
        self._section = _OpenSection(name, number, number, number)

    def _indented(self, number: int, text: str) -> bool:
        """A key of the link above; False when the line is a link or a key of the section, only indented."""
        match = _KEY.fullmatch(text)
        if match is None or (self._above_links and match[1].lower() in _SECTION_KEYS):
            return False
        self._section.end = number
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
        section = self._section
        if key in _LINK_KEYS:
            self._bad(number, text, f"“{key}” belongs to a link: indent it below its link")
            return
        if key not in _SECTION_KEYS:
            self._bad(number, text, f"not a key of a section (these are: {', '.join(_SECTION_KEYS)})")
            return
        if not section.name:
            self._bad(number, text, f"“{key}” belongs to an article: put it below its [section]")
            return
        if self._above_links:
            section.keys_end = section.end = number
        if key in section.keys:
            self._bad(number, text, f"a second “{key}” for this article; the first counts")
            return
        section.keys.add(key)
        why: str | None
        if key == "original":
            why = why_no_url(value) if value else "“original” has no value"
            section.original = None if why else value
        elif key == "published":
            section.published = _day(value)
            why = None if section.published else "not a date such as 2021-05-12"
        else:
            # Unreadable is private: the careful reading of a line that wants care.
            why = None if value.lower() in _YES + _NO else "neither true nor false, so taken as true"
            section.private = value.lower() not in _NO
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
        self._section.end = number
        self._link = _OpenLink(None if url == "?" else url, parts[1] if len(parts) > 1 else "", number, excluded)


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
