"""WARC files without the records of some sources: what stays is copied byte for byte, gzip members and all."""

from __future__ import annotations

import bisect
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from linkarchive.model import Location
from linkarchive.snapshot import capture_metadata, framing, paths
from linkarchive.snapshot.records import StoredRecord
from linkarchive.snapshot.removal import RemovalPlan, Revisit, Spot
from linkarchive.web.exchange import Body

_CHUNK = 1024 * 1024
_MADE_ANEW = frozenset({"warc-type", "content-type", "content-length", "warc-block-digest"})
_OF_A_REVISIT = frozenset(
    {"warc-profile", "warc-refers-to", "warc-refers-to-target-uri", "warc-refers-to-date", "warc-truncated"}
)
_OF_A_LOG = frozenset({"warc-payload-digest"})

Moves = Mapping[Spot, Location | None]
"""Where the records of changed files are now; None: gone."""

Scrub = Callable[[bytes, Moves], bytes | None]
"""A line of a log as it may stay; None: it goes."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What stays in a file from which records were taken."""

    id: str
    urls: tuple[str, ...]
    """Safe to keep: without secrets."""
    reason: str
    when: datetime


def rewrite(
    root: Path, staged: Path, removal: RemovalPlan, tombstone: Tombstone, scrub: Scrub
) -> tuple[list[Path], Moves]:
    """Write the WARC files that change into the staged project, without indexes; which, and what moved in them.

    A revisit whose response goes becomes a response with that payload, and keeps its id. Run logs are
    written anew where `scrub` changes a line. Raises OSError.
    """
    (staged / paths.WARCS).mkdir(parents=True)
    moves: dict[Spot, Location | None] = {}
    made: list[Path] = []
    for warc in sorted(removal.files):
        with _NewFile(root, staged, warc) as file:
            moves |= file.fill(_edits(root, warc, removal, tombstone))
            made.append(file.path)
    for spot, (_, original) in removal.heirs.items():
        moves[original.warc, original.offset] = moves[spot]
    for _, logs in sorted(removal.logs.items()):
        for log in logs:
            _relog(root, staged, log, made, moves, scrub)
    return made, moves


@dataclass(frozen=True, slots=True)
class _Edit:
    """Bytes of the old file that go, and the record that comes in their place."""

    place: Location
    record: Callable[[Body], framing.Record] | None = None
    """With a body for its payload."""


def _edits(root: Path, warc: str, removal: RemovalPlan, tombstone: Tombstone) -> list[_Edit]:
    edits = [_Edit(log) for log in removal.logs.get(warc, ())]
    gone = sorted(removal.gone.get(warc, ()), key=lambda place: place.offset)
    for number, place in enumerate(gone):
        edits.append(_Edit(place, (lambda _: _tombstone(tombstone)) if number == 0 else None))
    for spot, (revisit, original) in removal.heirs.items():
        if spot[0] == warc:
            edits.append(_Edit(revisit.place, _Heir(root, revisit, original)))
    for (name, offset), heir in removal.followers.items():
        if name == warc:
            place = Location(warc, offset, _length(root, warc, offset))
            edits.append(_Edit(place, _Follower(root, place, heir)))
    return sorted(edits, key=lambda edit: edit.place.offset)


def _length(root: Path, warc: str, offset: int) -> int:
    with (root / warc).open("rb") as file:
        return StoredRecord(file, offset).finish()


class _NewFile:
    """A WARC file of the staged project, out of the real one."""

    def __init__(self, root: Path, staged: Path, warc: str) -> None:
        self._index = paths.index_of(root, root / warc)
        self._warc = warc
        self.path = staged / warc
        self._old = (root / warc).open("rb")
        self._new = self.path.open("xb")

    def __enter__(self) -> _NewFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._old.close()
        self._new.close()

    def fill(self, edits: Sequence[_Edit]) -> dict[Spot, Location | None]:
        """Copy the file with its edits; where its responses and revisits are now."""
        moves: dict[Spot, Location | None] = {}
        ends, shifts = [0], [0]
        for edit in edits:
            self.copy(ends[-1], edit.place.offset)
            start = self._new.tell()
            moves[self._warc, edit.place.offset] = None
            if edit.record is not None:
                self.append(edit.record)
                if isinstance(edit.record, (_Heir, _Follower)):
                    moves[self._warc, edit.place.offset] = Location(self._warc, start, self._new.tell() - start)
            ends.append(edit.place.offset + edit.place.length)
            shifts.append(self._new.tell() - ends[-1])
        self.copy(ends[-1], os.fstat(self._old.fileno()).st_size)
        for offset, length in _indexed(self._index):
            if (self._warc, offset) not in moves:
                shift = shifts[bisect.bisect_right(ends, offset) - 1]
                moves[self._warc, offset] = Location(self._warc, offset + shift, length)
        return moves

    def copy(self, start: int, end: int) -> None:
        self._old.seek(start)
        while start < end:
            chunk = self._old.read(min(_CHUNK, end - start))
            self._new.write(chunk)
            start += len(chunk)

    def append(self, make: Callable[[Body], framing.Record]) -> None:
        _append(self._new, make)


def _append(file: IO[bytes], make: Callable[[Body], framing.Record]) -> None:
    payload = Body()
    try:
        file.writelines(framing.member(make(payload)))
    finally:
        payload.close()


def _indexed(index: Path) -> Iterator[tuple[int, int]]:
    """Offset and length of every response and revisit of a file."""
    with index.open("rb") as lines:
        for line in lines:
            entry = json.loads(line.split(b" ", 2)[2])
            yield int(entry["offset"]), int(entry["length"])


# --- new records -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Heir:
    """The response that a revisit becomes: its own head, the payload of the response that goes."""

    root: Path
    revisit: Revisit
    original: Location

    def __call__(self, payload: Body) -> framing.Record:
        with (self.root / self.revisit.place.warc).open("rb") as file:
            record = StoredRecord(file, self.revisit.place.offset)
            own = record.block.read()
        with (self.root / self.original.warc).open("rb") as file:
            stored, head = StoredRecord(file, self.original.offset), bytearray()
            stored.http_head(head.extend)
            while chunk := stored.block.read(_CHUNK):
                payload.write(chunk)
        # A 304 says that the page is as it was: its head is that of the page (RFC 9111 §4.3.4).
        http = own if self.revisit.identical else bytes(head)
        fields = _fields(record, _MADE_ANEW | _OF_A_REVISIT)
        return framing.record("response", fields, record["Content-Type"], http, payload)


@dataclass(frozen=True, slots=True)
class _Follower:
    """A revisit of another response than before, with the same payload."""

    root: Path
    place: Location
    heir: Revisit

    def __call__(self, payload: Body) -> framing.Record:
        with (self.root / self.place.warc).open("rb") as file:
            record = StoredRecord(file, self.place.offset)
            http = record.block.read()
        now = {
            "warc-refers-to": self.heir.id,
            "warc-refers-to-target-uri": self.heir.uri,
            "warc-refers-to-date": self.heir.date,
        }
        fields = [(name, now.get(name.lower(), value)) for name, value in _fields(record)]
        return framing.record("revisit", fields, record["Content-Type"], http)


def _fields(record: StoredRecord, without: frozenset[str] = _MADE_ANEW) -> list[tuple[str, str]]:
    return [(name, value) for name, value in record.headers.headers if name.lower() not in without]


def _tombstone(tombstone: Tombstone) -> framing.Record:
    fields = [
        ("WARC-Record-ID", framing.new_id()),
        ("WARC-Target-URI", capture_metadata.tombstone_uri(tombstone.id)),
        ("WARC-Date", framing.warc_date(tombstone.when)),
    ]
    block = capture_metadata.warc_fields(
        [
            ("description", "records of these addresses were taken out of this file"),
            *(("forgotten", framing.uri(url)) for url in tombstone.urls),
            ("reason", tombstone.reason),
        ]
    )
    return framing.record("metadata", fields, capture_metadata.FIELDS_TYPE, block)


# --- logs ----------------------------------------------------------------------


def _relog(root: Path, staged: Path, log: Location, made: list[Path], moves: Moves, scrub: Scrub) -> None:
    """Put a run's log at the end of its new file, or leave the file as it is where nothing changes in it."""
    lines = Body()
    try:
        with (root / log.warc).open("rb") as old:
            record, changed = StoredRecord(old, log.offset), False
            for line in iter(record.block.readline, b""):
                kept = scrub(line, moves)
                changed = changed or kept != line
                lines.write(kept or b"")
        path = staged / log.warc
        if path not in made:
            if not changed:
                return
            with _NewFile(root, staged, log.warc) as file:
                file.copy(0, log.offset)
                file.copy(log.offset + log.length, os.path.getsize(root / log.warc))
            made.append(path)
        new_id = {"warc-record-id": framing.new_id()}
        fields = [(name, new_id.get(name.lower(), value)) for name, value in _fields(record, _MADE_ANEW | _OF_A_LOG)]
        with path.open("ab") as new:
            new.writelines(framing.member(framing.record("metadata", fields, capture_metadata.LOG_TYPE, payload=lines)))
    finally:
        lines.close()
