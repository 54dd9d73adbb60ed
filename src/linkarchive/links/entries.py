"""The lines of `links.txt` as frozen values."""

from __future__ import annotations

import hashlib
import posixpath
from datetime import date
from functools import cached_property
from operator import attrgetter

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from linkarchive.links.line import folded
from linkarchive.model import Article
from linkarchive.urls import possible_key

NAME = "links.txt"


class Entry(Struct, frozen=True):
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


_WRITTEN = attrgetter("url", "text", "excluded", "accessed", "quote", "snapshot", "note")


class Section(Struct, frozen=True):
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


class Malformed(Struct, frozen=True):
    """A line that could not be read, why, and what to write."""

    file: str
    line: int
    text: str
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.why}: {self.text}"


class Include(Struct, frozen=True):
    """Further files of links."""

    pattern: str
    line: int
    file: str = NAME


class Watch(Struct, frozen=True):
    """Articles that every check looks for: a file, folder, glob or URL (of a page, a feed, a sitemap)."""

    pattern: str
    line: int
    file: str = NAME


class LinksFile(Struct, frozen=True, dict=True):
    """What `links.txt` and the files it includes say, in the order of the lines."""

    sections: tuple[Section, ...]
    malformed: tuple[Malformed, ...] = ()
    includes: tuple[Include, ...] = ()
    watches: tuple[Watch, ...] = ()

    @cached_property
    def loose(self) -> tuple[Entry, ...]:
        """The links without an article."""
        return tuple(entry for section in self.sections if not section.name for entry in section.entries)

    @cached_property
    def excluded(self) -> frozenset[str]:
        """The keys of the sources that are never fetched."""
        entries = (entry for section in self.sections for entry in section.entries)
        keys = (possible_key(entry.url) for entry in entries if entry.excluded and entry.url is not None)
        return frozenset(filter(None, keys))

    @cached_property
    def named(self) -> dict[str, Section]:
        """The articles' sections by `section_key`, those of one name joined."""
        joined: dict[str, Section] = {}
        for section in self.sections:
            if section.name:
                key = section_key(section.name)
                joined[key] = _joined(joined[key], section) if key in joined else section
        return joined

    @cached_property
    def outline(self) -> str:
        """A digest of which articles there are, in which order, and where further ones are looked for."""
        patterns = [*(line.pattern for line in self.includes), *(line.pattern for line in self.watches)]
        return _digest((list(self.named), patterns, bool(self.loose)))

    def said(self, path: str) -> str:
        """A digest of what is said of an article under its path, wherever the lines stand; empty for nothing."""
        section = self.named.get(section_key(path))
        entries = (*(section.entries if section else ()), *(self.loose if path == NAME else ()))
        links = [(*_WRITTEN(link), bool(link.keys_at)) for link in entries]
        if section is None:
            return _digest(links) if links else ""
        return _digest((section.original, section.published, section.private, sorted(section.keys), links))

    def section(self, article: Article) -> Section | None:
        """The section of an article: by its path, else by its original URL."""
        section = self.named.get(section_key(article.path))
        if section is None and article.original_url:
            section = self.named.get(section_key(article.original_url))
        return section


def _digest(value: object) -> str:
    return hashlib.blake2b(msgspec.json.encode(value), digest_size=16).hexdigest()


def _joined(section: Section, other: Section) -> Section:
    return replace(
        section,
        original=section.original or other.original,
        published=section.published or other.published,
        private=section.private or other.private,
        entries=section.entries + other.entries,
        keys=section.keys | other.keys,
    )


def section_key(name: str) -> str:
    """The form in which names of sections and paths of articles are compared."""
    name = folded(name)
    if "://" in name:
        return possible_key(name) or name
    return posixpath.normpath(name.replace("\\", "/"))
