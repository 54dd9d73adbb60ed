"""Which records of an import are of sources: the page of a source, with the redirects that led to it.

Pure: entries in, selected captures out. An entry says of a record what the selection goes by.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from linkarchive.imports.record import ForeignRecord, RecordType, read_time
from linkarchive.urls import loose_key, possible_key, resolve, source_key

_ONE_VISIT = timedelta(hours=1)
"""A redirect and its target were captured together if no more than this lies between them."""
_MOST_REDIRECTS = 20

LooseKey = tuple[str, int | None, str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A record that is of a source, or is needed by one that is."""

    number: int
    """Its place among all records of the import."""
    urls: tuple[str, ...]
    """As keys, the likeliest first."""
    type: RecordType
    time: datetime
    status: int
    location: str | None
    """The target of a redirect, as a key."""
    record_id: str
    digest: str
    """The payload digest that the record gives."""
    refers_to: str
    """Of a revisit: the id of the record that it repeats."""
    refers_to_page: tuple[str, str] | None
    """And its address, as a key, and WARC-Date."""


@dataclass(frozen=True, slots=True)
class SelectedCapture:
    """A capture of a source: the numbers of its records, redirects first, the page last."""

    source: str
    """Its key."""
    records: tuple[int, ...]
    url: str
    """Where the page was: the address of the last record, as a key."""
    original: int | None = None
    """Where the last record is a revisit: the one that it repeats."""
    missing: bool = False
    """The last record is a revisit, and what it repeats is not among the entries."""

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of all records that the capture needs."""
        return self.records if self.original is None else (self.original, *self.records)

    @property
    def end(self) -> int:
        """The greatest of `numbers`: after that record the capture is whole."""
        return max(self.numbers)


def entry_of(number: int, record: ForeignRecord) -> Entry:
    """The entry of a record that has that number."""
    urls = tuple(dict.fromkeys(map(source_key, record.urls)))
    location = record.http.get("location") if 300 <= record.http.status < 400 else ""
    page = record.field("WARC-Refers-To-Target-URI")
    return Entry(
        number=number,
        urls=urls,
        type=record.type,
        time=record.time,
        status=record.http.status,
        location=possible_key(resolve(urls[0], location) or "") if location else None,
        record_id=record.field("WARC-Record-ID"),
        digest=record.field("WARC-Payload-Digest"),
        refers_to=record.field("WARC-Refers-To"),
        refers_to_page=_page(page.strip("<>"), record.field("WARC-Refers-To-Date")) if page else None,
    )


def _page(url: str, date: str) -> tuple[str, str] | None:
    key = possible_key(url)
    return None if key is None else (key, date)


@dataclass(slots=True)
class Query:
    """The pages, record ids and payload digests that are looked for; redirects and revisits add what they lead to."""

    pages: set[LooseKey]
    ids: set[str] = field(default_factory=set)
    digests: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, sources: Iterable[str]) -> Query:
        return cls({loose_key(source) for source in sources})

    def has(self, entry: Entry) -> bool:
        return (
            any(loose_key(url) in self.pages for url in entry.urls)
            or entry.record_id in self.ids
            or (entry.type is RecordType.RESPONSE and entry.digest in self.digests)
        )

    def add(self, entry: Entry) -> None:
        """Look for what the entry redirects to or repeats, too."""
        if entry.location is not None:
            self.pages.add(loose_key(entry.location))
        if entry.type is RecordType.REVISIT:
            if entry.refers_to:
                self.ids.add(entry.refers_to)
            if entry.refers_to_page is not None:
                self.pages.add(loose_key(entry.refers_to_page[0]))
            elif not entry.refers_to and entry.digest:
                self.digests.add(entry.digest)

    @property
    def size(self) -> int:
        return len(self.pages) + len(self.ids) + len(self.digests)


def select(entries: Sequence[Entry], sources: Collection[str]) -> list[SelectedCapture]:
    """Every capture of a source among the entries. `sources` are keys. A record is of the source whose key it has, else
    of one that is the same page but for scheme, `www.` or a last slash."""
    records = _Records(entries)
    exact = frozenset(sources)
    loose: dict[LooseKey, str] = {}
    for key in sources:
        loose.setdefault(loose_key(key), key)
    captures: list[SelectedCapture] = []
    used: set[tuple[str, int]] = set()
    """The source and the number of each record that is in a chain already."""
    for entry in sorted(entries, key=lambda entry: entry.location is None):  # redirects first
        source = _source_of(entry, exact, loose)
        if source is None or (source, entry.number) in used:
            continue
        chain = list(records.chain(entry))
        used.update((source, link.number) for link in chain)
        captures.append(_capture(source, chain, entry, records))
    return captures


def _source_of(entry: Entry, exact: Collection[str], loose: Mapping[LooseKey, str]) -> str | None:
    candidates = [url for url in entry.urls if url in exact]
    candidates += [loose[loose_key(url)] for url in entry.urls if loose_key(url) in loose]
    return candidates[0] if candidates else None


def _capture(source: str, chain: Sequence[Entry], first: Entry, records: _Records) -> SelectedCapture:
    last = chain[-1]
    url = last.urls[0]
    if last is first:  # a file may have been at several addresses
        url = next(url for url in (source, *last.urls) if url in last.urls and loose_key(url) == loose_key(source))
    numbers = tuple(link.number for link in chain)
    if last.type is not RecordType.REVISIT:
        return SelectedCapture(source, numbers, url)
    original = records.original(last)
    return SelectedCapture(
        source, numbers, url, None if original is None else original.number, missing=original is None
    )


def _distance(target: str, time: datetime, entry: Entry) -> tuple[bool, timedelta, int]:
    """How far a record is from what a redirect at that time led to."""
    return target not in entry.urls, abs(entry.time - time), entry.number


class _Records:
    """The entries of one pass over the file, by page, by record id and by payload digest."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._pages: dict[LooseKey, list[Entry]] = {}
        self._ids: dict[str, Entry] = {}
        self._digests: dict[str, Entry] = {}
        for entry in entries:
            for key in {loose_key(url) for url in entry.urls}:
                self._pages.setdefault(key, []).append(entry)
            if entry.type is RecordType.RESPONSE:
                self._ids.setdefault(entry.record_id, entry)
                self._digests.setdefault(entry.digest, entry)

    def chain(self, entry: Entry) -> Iterator[Entry]:
        """The entry and those that its redirects led to, as far as they are here."""
        seen, target = {entry.number}, entry.location
        yield entry
        while target is not None and len(seen) <= _MOST_REDIRECTS:
            near = [
                other
                for other in self._pages.get(loose_key(target), ())
                if other.number not in seen and abs(other.time - entry.time) <= _ONE_VISIT
            ]
            if not near:
                return
            entry = min(near, key=partial(_distance, target, entry.time))
            seen.add(entry.number)
            yield entry
            target = entry.location

    def original(self, revisit: Entry) -> Entry | None:
        """The response that a revisit repeats: by its id, else by address and date, else by digest."""
        if revisit.refers_to in self._ids:
            return self._ids[revisit.refers_to]
        if revisit.refers_to_page is not None:
            url, date = revisit.refers_to_page
            for entry in self._pages.get(loose_key(url), ()):
                same = not revisit.digest or entry.digest == revisit.digest
                if entry.type is RecordType.RESPONSE and url in entry.urls and same and _same_date(entry.time, date):
                    return entry
        return self._digests.get(revisit.digest) if revisit.digest else None


def _same_date(time: datetime, date: str) -> bool:
    other = read_time(date)
    return other is None or other.replace(microsecond=0) == time.replace(microsecond=0)
