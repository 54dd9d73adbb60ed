"""Reading what is imported: once or more for what there is of sources, then record by record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from linkarchive.imports import opening
from linkarchive.imports.pages import Loaded
from linkarchive.imports.record import ForeignRecord, RecordError
from linkarchive.imports.selection import Chosen, Entry, Query, entry_of, select
from linkarchive.snapshot.record_reader import Problem

_MOST_READINGS = 6
"""How often the files are read anew for what redirects and revisits lead to."""


@dataclass(slots=True)
class Input:
    """Files and folders that are imported; what is wrong with them is gathered, each fault once."""

    paths: Sequence[Path]
    now: datetime
    problems: list[str] = field(default_factory=list)
    _told: set[tuple[str, int | None]] = field(default_factory=set)

    def records(self) -> Iterator[tuple[int, ForeignRecord]]:
        """Every record of a page, with its number."""
        number = 0
        for path in self.paths:
            for item in opening.read(path, self.now):
                if isinstance(item, Problem):
                    self.tell(item.file, item.offset, item.message)
                else:
                    yield number, item
                    number += 1

    def tell(self, file: str, offset: int | None, message: str) -> None:
        if (file, offset) not in self._told:
            self._told.add((file, offset))
            place = file if offset is None else f"{file} at byte {offset:,}"
            self.problems.append(f"{place}: {message}")

    def load(self, record: ForeignRecord) -> Loaded | None:
        """The record with its bytes, before the next one is asked for; None for one that is damaged."""
        try:
            return Loaded(record, record.load())
        except RecordError as error:
            self.tell(record.file, record.offset, str(error))
            return None


@dataclass(slots=True)
class Choices:
    """What an import keeps."""

    captures: list[Chosen]
    """Of sources, in the order in which their records end, each with a time of its own that the archive does not
    have yet."""
    known: int
    """Captures that it has."""
    used: frozenset[int]
    """The numbers of all records of sources."""
    others: int
    """Records of pages that are no sources."""


def choose(source: Input, keys: Collection[str], is_known: Callable[[str, datetime], bool]) -> Choices:
    """What there is of the sources with these keys; `is_known` says of a source's key and a time whether the archive
    has a capture of then."""
    query = Query.of(keys)
    for _ in range(_MOST_READINGS):
        before, count, entries = query.size, 0, list[Entry]()
        for number, record in source.records():
            count += 1
            entry = entry_of(number, record)
            if query.has(entry):
                query.add(entry)
                entries.append(entry)
        if query.size == before:
            break
    chosen = select(entries, keys)
    times = {entry.number: entry.time for entry in entries}
    moments: set[tuple[str, datetime]] = set()
    new = []
    for choice in chosen:
        moment = (choice.source, times[choice.records[-1]])
        if moment not in moments and not is_known(*moment):
            moments.add(moment)
            new.append(choice)
    used = frozenset(number for choice in chosen for number in choice.numbers)
    new.sort(key=lambda choice: choice.end)
    return Choices(new, len(chosen) - len(new), used, count - len(used))
