"""Which line of `links.txt` belongs to which citation, and what an article gets from its section.

The line of a citation is one with its URL (fragment included); for a citation whose target
the article lost, the next free line with its anchor text (docs/design.md §5).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from linkarchive.article.anchors import normalise
from linkarchive.article.lost_targets import with_recoveries
from linkarchive.links.entries import Entry, Section
from linkarchive.links.line import why_no_url, written
from linkarchive.model import Article, Citation, LinkKeys
from linkarchive.urls import possible_key


class MatchedSection(Struct, frozen=True):
    """An article together with its section of `links.txt`."""

    article: Article
    """With what the section knows: targets, origin, date, privacy, and the keys of each link."""
    uncited: tuple[Entry, ...]
    """The links of the section that left the article. Excluded ones (`!`) are a person's word, not a citation."""
    is_whole: bool
    """The section has all of the article: there is nothing to add or to fill."""


def match(section: Section, article: Article) -> MatchedSection:
    """The article with what its section says of it."""
    places = Places()
    lines = assigned(section.entries, article.citations, places)
    citations = tuple(
        citation if entry is None else _completed(citation, entry, places)
        for citation, entry in zip(article.citations, lines, strict=True)
    )
    article = replace(
        article,
        original_url=section.original or article.original_url,
        published=section.published or article.published,
        private=section.private or article.private,
        citations=citations,
    )
    # What the section adds changes no line: a target that was lost before still counts as lost (`is_lost`).
    whole = all(key in section.keys for key, _ in header(article)) and not any(
        _is_missing(citation, places) if entry is None else is_to_fill(citation, entry, places)
        for citation, entry in zip(citations, lines, strict=True)
    )
    return MatchedSection(article, _left(section.entries, citations, lines, places), whole)


def _completed(citation: Citation, entry: Entry, places: Places) -> Citation:
    if entry.url is not None and is_lost(citation) and places[entry.url] != places[citation.url]:
        citation = replace(
            citation, url=entry.url, recovered=True, recovery_confidence=None, found_in=None, unresolved=None
        )
    if not entry.keys_at:
        return citation
    own = LinkKeys(citation.accessed, citation.quote, citation.snapshot, citation.note)
    return replace(
        citation,
        written=citation.written or own,
        accessed=entry.accessed or citation.accessed,
        quote=entry.quote or citation.quote,
        snapshot=entry.snapshot or citation.snapshot,
        note=entry.note or citation.note,
    )


def _is_missing(citation: Citation, places: Places) -> bool:
    return is_lost(citation) or places[citation.url] is not None


def is_to_fill(citation: Citation, entry: Entry, places: Places) -> bool:
    """The line of the citation waits for its target, and the citation has one."""
    return entry.url is None and not entry.excluded and places[citation.url] is not None


def with_known_targets(section: Section | None, article: Article, stored: Article) -> Article:
    """The article as it was just read, with what its section and its last reading know of its targets."""
    return with_recoveries(article if section is None else match(section, article).article, stored)


def uncited(section: Section, article: Article) -> tuple[Entry, ...]:
    """The links of the section that left the article."""
    places = Places()
    lines = assigned(section.entries, article.citations, places)
    return _left(section.entries, article.citations, lines, places)


def _left(
    entries: Iterable[Entry], citations: Iterable[Citation], lines: Iterable[Entry | None], places: Places
) -> tuple[Entry, ...]:
    """The links that are no citation's line, and whose target no citation has."""
    used = {(entry.file, entry.line) for entry in lines if entry is not None}
    cited = {places[citation.url] for citation in citations if citation.url is not None}
    return tuple(
        entry
        for entry in entries
        if not entry.excluded
        and (entry.file, entry.line) not in used
        and (entry.url is None or places[entry.url] not in cited)
    )


def is_lost(citation: Citation) -> bool:
    """The article itself does not give the target."""
    return citation.url is None or citation.recovered


Place = tuple[str, str]
"""A source's key and the fragment."""


def place_of(url: str | None) -> Place | None:
    """The source and the place in it; None for what cannot be a source."""
    word = "" if url is None else written(url)
    key = possible_key(word) if word and not why_no_url(word) else None
    return None if key is None else (key, word.partition("#")[2])


class Places(dict[str | None, Place | None]):
    """The places of URLs, each taken apart once: an article and its section have mostly the same ones."""

    def __missing__(self, url: str | None) -> Place | None:
        place = self[url] = place_of(url)
        return place


def header(article: Article) -> list[tuple[str, str]]:
    """The keys of an article's section, each with its line."""
    lines = []
    if article.original_url and why_no_url(written(article.original_url)) is None:
        lines.append(("original", f"original = {written(article.original_url)}"))
    if article.published:
        lines.append(("published", f"published = {article.published.isoformat()}"))
    if article.private:
        lines.append(("private", "private = true"))
    return lines


def assigned(entries: Sequence[Entry], citations: Sequence[Citation], places: Places) -> list[Entry | None]:
    """The line of each citation, None where there is none."""
    lines = _by_place(entries, citations, places)
    return lines if lines is not None else _by_place_and_text(entries, citations, places)


def _by_place(entries: Sequence[Entry], citations: Sequence[Citation], places: Places) -> list[Entry | None] | None:
    """`assigned` where it needs no texts: no target is lost, no line waits for one, no two lines are of one place."""
    if any(map(is_lost, citations)):
        return None
    by_place: dict[Place | None, Entry] = {}
    for entry in entries:
        place = places[entry.url]
        if entry.url is None or place in by_place:
            return None
        if place is not None:
            by_place[place] = entry
    return [by_place.get(places[citation.url]) for citation in citations]


class _Index:
    """The lines of a section, found by place and by text."""

    def __init__(self, entries: Sequence[Entry], places: Places) -> None:
        self.by_text: dict[str, deque[int]] = defaultdict(deque)
        self.unknown: dict[str, deque[int]] = defaultdict(deque)
        self.by_place: dict[Place, deque[int]] = defaultdict(deque)
        self.first: dict[Place, int] = {}
        self._both: dict[tuple[Place, str], list[tuple[int, int]]] = defaultdict(list)
        for index, entry in enumerate(entries):
            text, place = normalise(entry.text), places[entry.url]
            if place is not None:
                self._both[place, text].append((len(self.by_text[text]), index))
                self.by_place[place].append(index)
                self.first.setdefault(place, index)
            elif entry.url is None:
                self.unknown[text].append(index)
            self.by_text[text].append(index)

    def given(self, place: Place, text: str, before: int) -> int | None:
        """The line of a URL under a text; of several the first that leaves room for the `before` lost targets
        of the same text that come before it in the article."""
        lines = self._both.get((place, text))
        if not lines:
            return None
        return lines[min(bisect_left(lines, (before, 0)), len(lines) - 1)][1]


def _by_place_and_text(entries: Sequence[Entry], citations: Sequence[Citation], places: Places) -> list[Entry | None]:
    lines = _Index(entries, places)
    descriptions = [(places[citation.url], normalise(citation.text), is_lost(citation)) for citation in citations]
    chosen: list[int | None] = [None] * len(citations)
    lost_before: Counter[str] = Counter()
    own: dict[Place, int] = {}
    for number, (place, text, lost) in enumerate(descriptions):
        if lost:
            lost_before[text] += 1
        elif place is not None:
            index = chosen[number] = lines.given(place, text, lost_before[text])
            if index is not None:
                own[place] = min(index, own.get(place, index))
    # However often the article links there, that takes one line; a second is a lost target's.
    used = set(own.values())
    for number, (place, text, lost) in enumerate(descriptions):
        if lost:
            index = _first_free(lines.by_text[text], used)
            if place is not None and (index is None or entries[index].url is None):
                # Its own URL under another text goes before a `?`, which another target may wait for.
                same_url = _first_free(lines.by_place[place], used)
                index = index if same_url is None else same_url
            if index is not None:
                used.add(index)
            chosen[number] = index
    for number, (place, text, lost) in enumerate(descriptions):
        if chosen[number] is None and place is not None and not lost:
            # The URL may be there under another text, as a person wrote it, or be what a `?` waits for.
            chosen[number] = lines.first.get(place)
            if chosen[number] is None:
                chosen[number] = _next_free(lines.unknown[text], used)
    return [None if index is None else entries[index] for index in chosen]


def _first_free(indexes: deque[int], used: set[int]) -> int | None:
    """The first line that no citation has yet; those before it are dropped."""
    while indexes and indexes[0] in used:
        indexes.popleft()
    return indexes[0] if indexes else None


def _next_free(indexes: deque[int], used: set[int]) -> int | None:
    index = _first_free(indexes, used)
    if index is not None:
        used.add(index)
    return index
