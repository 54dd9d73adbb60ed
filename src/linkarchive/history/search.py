"""Full-text search over what was kept (`archive search`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from linkarchive.errors import LockedError, StorageError
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.model import Origin
from linkarchive.project import Project
from linkarchive.settings import NetworkSettings
from linkarchive.store import captures, texts
from linkarchive.store.database import Store
from linkarchive.store.opening import open_project
from linkarchive.wayback.unwrap import stored_page

Begin = Callable[[int], None]
"""Called with the number of copies whose text is to be read."""
_COMMIT_EVERY = 100
"""Texts: what an interruption costs."""


@dataclass(frozen=True, slots=True)
class MatchingCopy:
    """A stored copy that has the words."""

    time: datetime
    origin: Origin
    text: str
    """A passage, with `texts.MARKS` around the words."""


@dataclass(frozen=True, slots=True)
class MatchingSource:
    """A source of which some copy has the words."""

    url: str
    title: str | None
    """Of the newest copy that has them."""
    copies: tuple[MatchingCopy, ...]
    """The newest first."""
    in_newest: bool
    """The newest usable copy has them, too."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found, the best first, and how many copies could not be searched."""

    sources: tuple[MatchingSource, ...]
    not_searched: int
    """Their WARC file is not in this folder, or another command is at work in it."""


def search(project: Project, words: Sequence[str], network: NetworkSettings, begin: Begin) -> SearchResult:
    """Search the text of all usable copies; what no search has read before is read first. Each text of `words` is a
    phrase; all of them must be there. Raises UsageError where SQLite cannot search."""
    with open_project(project) as store:
        is_behind = bool(texts.missing(store))
    if is_behind:
        try:
            with project.lock(), open_project(project, write=True) as store:
                read_texts(project, store, network, begin)
        except (LockedError, StorageError):
            pass  # a run is at work, or the folder is read-only: what was read before is searched
    with open_project(project) as store:
        return SearchResult(tuple(_by_source(store, list(texts.search(store, words)))), len(texts.missing(store)))


def read_texts(project: Project, store: Store, network: NetworkSettings, begin: Begin) -> None:
    """Read the text of the copies that no search has read before. Hold the folder's lock. Raises UsageError."""
    texts.prepare(store)
    missing = texts.missing(store)
    if missing:
        begin(len(missing))
    for at in range(0, len(missing), _COMMIT_EVERY):
        for number, stored in captures.of_ids(store, missing[at : at + _COMMIT_EVERY]).items():
            page = stored_page(project.files, stored.capture, network)
            if page is not None:
                parsed = ParsedPage(page)
                texts.add(store, number, parsed.title, parsed.visible)
        store.commit()


def _by_source(store: Store, hits: Sequence[texts.Hit]) -> list[MatchingSource]:
    """A source stands where its best copy stood."""
    grouped: dict[int, list[texts.Hit]] = {}
    for hit in hits:
        grouped.setdefault(hit.stored.source, []).append(hit)
    sources = []
    for number, matches in grouped.items():
        matches.sort(key=lambda hit: hit.stored.capture.time, reverse=True)
        usable = (stored for stored in captures.of_source(store, number) if stored.usable)
        newest = max(usable, key=lambda stored: stored.capture.time)
        digests = {hit.stored.capture.digest for hit in matches}
        copies = tuple(MatchingCopy(hit.stored.capture.time, hit.stored.capture.origin, hit.text) for hit in matches)
        title, in_newest = matches[0].title or None, newest.capture.digest in digests
        sources.append(MatchingSource(newest.capture.url, title, copies, in_newest))
    return sources
