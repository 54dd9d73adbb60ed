"""The files of an import: read once or more to select what is of sources, then once more to keep it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from linkarchive.imports import opening
from linkarchive.imports.pages import LoadedRecord
from linkarchive.imports.record import ForeignRecord, RecordError
from linkarchive.imports.selection import Entry, Query, SelectedCapture, entry_of, select
from linkarchive.snapshot.record_reader import Problem

_MOST_READINGS = 6
"""How often the files are read anew for what redirects and revisits lead to."""


@dataclass(slots=True)
class Input:
    """Files and folders that are imported. `problems` gathers what is wrong with them, each fault once."""

    paths: Sequence[Path]
    now: datetime
    problems: list[str] = field(default_factory=list)
    _places: set[tuple[str, int | None]] = field(default_factory=set)
    """File and offset of each problem."""

    def records(self) -> Iterator[tuple[int, ForeignRecord]]:
        """Yields every record of a page with its number, counted from 0. Raises OSError."""
        number = 0
        for path in self.paths:
            for item in opening.read(path, self.now):
                if isinstance(item, Problem):
                    self.note(item.file, item.offset, item.message)
                else:
                    yield number, item
                    number += 1

    def note(self, file: str, offset: int | None, message: str) -> None:
        """Add a problem, unless that place has one; `offset` in bytes, None for the whole file."""
        if (file, offset) not in self._places:
            self._places.add((file, offset))
            place = file if offset is None else f"{file} at byte {offset:,}"
            self.problems.append(f"{place}: {message}")

    def load(self, record: ForeignRecord) -> LoadedRecord | None:
        """The record with its bytes; None where it is damaged, which is noted. To be called before the next record
        is asked for."""
        try:
            return LoadedRecord(record, record.load())
        except RecordError as error:
            self.note(record.file, record.offset, str(error))
            return None


@dataclass(slots=True)
class Selection:
    """What of the files is of sources, and what of that is new."""

    captures: list[SelectedCapture]
    """Those to keep, in the order in which their last records stand: of no two, and of none that the archive has, both
    the source and the time are the same."""
    known: int
    """How many others there are: the archive has a capture of that source and time."""
    used: frozenset[int]
    """The numbers of all records that belong to captures of sources."""
    others: int
    """How many records do not."""


def choose(source: Input, keys: Collection[str], is_known: Callable[[str, datetime], bool]) -> Selection:
    """What the files have of the sources with these keys. `is_known` says whether the archive has a capture of a
    source, by its key, at that time. Raises OSError."""
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
    captures = select(entries, keys)
    times = {entry.number: entry.time for entry in entries}
    moments: set[tuple[str, datetime]] = set()
    new = []
    for capture in captures:
        moment = (capture.source, times[capture.records[-1]])
        if moment not in moments and not is_known(*moment):
            moments.add(moment)
            new.append(capture)
    used = frozenset(number for capture in captures for number in capture.numbers)
    new.sort(key=lambda capture: capture.end)
    return Selection(new, len(captures) - len(new), used, count - len(used))
