"""WARC files without the records of some sources: what stays keeps its bytes and its place.

Where records go, a record without content fills their place to the byte, so that no index, log, report or
database that names a record which stays has to change.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from msgspec.structs import replace

from linkarchive.errors import StorageError
from linkarchive.files import private, sync_file, temporary
from linkarchive.model import Location
from linkarchive.snapshot import capture_metadata, paths, record_writer
from linkarchive.snapshot.record_reader import StoredRecord
from linkarchive.snapshot.removal import CaptureRecords, RemovalPlan, Spot
from linkarchive.web.exchange import Body

_CHUNK = 1024 * 1024
_COMPUTED = frozenset({"warc-type", "content-type", "content-length", "warc-block-digest"})
"""Fields that `record_writer.record` writes."""
_OF_A_REVISIT = frozenset(
    {"warc-profile", "warc-refers-to", "warc-refers-to-target-uri", "warc-refers-to-date", "warc-truncated"}
)
_OF_METADATA = frozenset({"warc-payload-digest"})

_GZIP_START = b"\x1f\x8b\x08%b\0\0\0\0\x02\xff"
"""The head of a gzip member without a name and a time (RFC 1952), with a place for its flags."""
_COMMENT = b"\x10"
_EMPTY_BLOCK, _LAST_BLOCK = b"\0\0\0\xff\xff", b"\1\0\0\xff\xff"
"""Stored blocks of no bytes (RFC 1951 §3.2.4)."""

Moves = Mapping[Spot, Location]
"""The new places of records that moved, by their old ones."""
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


def prepare(archive: Path, removal: RemovalPlan, tombstone: Tombstone, scrub: Scrub) -> tuple[list[Path], Moves]:
    """Write each WARC file that changes anew beside itself (`temporary`), durably. Returns these, and what moved.

    A capture that was a revisit of a removed response is written anew with that payload at the end of its file; then
    come the tombstone and the scrubbed logs. Raises OSError and StorageError.
    """
    changed: list[Path] = []
    moves: dict[Spot, Location] = {}
    for warc in sorted({*removal.locations, *(group.warc for group, _ in removal.dependents)}):
        dependents = [(group, original) for group, original in removal.dependents if group.warc == warc]
        places = [*removal.locations.get(warc, ()), *(place for group, _ in dependents for place in group.places)]
        locations = [*places, *removal.logs.get(warc, ())]
        if removal.layout is None:
            _copy(archive, warc, locations, tombstone)
        else:
            _copy(archive, warc, locations, None)
            moves |= _moved(locations, removal.layout[warc])
        with temporary(paths.located(archive, warc)).open("ab") as file:
            for group, original in dependents:
                moves |= _copy_capture(archive, file, group, original)
            file.writelines(record_writer.member(_tombstone(tombstone)))
        changed.append(paths.located(archive, warc))
    for warc, logs in sorted(removal.logs.items()):
        _scrub_logs(archive, warc, logs, tombstone, changed, lambda line: scrub(line, moves))
    for path in changed:
        sync_file(temporary(path))
    return changed, moves


def _moved(locations: Sequence[Location], records: Iterable[Location]) -> dict[Spot, Location]:
    """The new places of the records of a file that move up when the `locations` are cut out."""
    ranges, moves = _ranges(locations), {}
    for record in records:
        before = sum(stop - start for start, stop in ranges if stop <= record.offset)
        if before and not any(start <= record.offset < stop for start, stop in ranges):
            moves[record.warc, record.offset] = replace(record, offset=record.offset - before)
    return moves


def _copy(archive: Path, warc: str, locations: Iterable[Location], tombstone: Tombstone | None) -> None:
    """Write the temporary file: the WARC file with the `locations` filled by empty records that name the tombstone,
    or cut out when it is None; what ends the file is always cut off."""
    with (
        paths.located(archive, warc).open("rb") as old,
        open(temporary(paths.located(archive, warc)), "wb", opener=private) as new,
    ):
        copied, end = 0, old.seek(0, os.SEEK_END)
        for start, stop in _ranges(locations):
            _copy_bytes(old, new, copied, start)
            if stop < end and tombstone is not None:
                new.write(_filler(stop - start, tombstone))
            copied = stop
        _copy_bytes(old, new, copied, end)


def _ranges(places: Iterable[Location]) -> list[tuple[int, int]]:
    """First byte and end of each stretch of neighbouring records."""
    ranges: list[tuple[int, int]] = []
    for place in sorted(places, key=lambda place: place.offset):
        start, stop = place.offset, place.offset + place.length
        if ranges and ranges[-1][1] == start:
            start = ranges.pop()[0]
        ranges.append((start, stop))
    return ranges


def _copy_bytes(old: IO[bytes], new: IO[bytes], start: int, stop: int) -> None:
    old.seek(start)
    while start < stop:
        chunk = old.read(min(_CHUNK, stop - start))
        new.write(chunk)
        start += len(chunk)


def _filler(length: int, tombstone: Tombstone) -> bytes:
    """A metadata record without content, as a gzip member of exactly this many bytes."""
    record = record_writer.record("metadata", _tombstone_fields(tombstone), capture_metadata.FIELDS_TYPE)
    data = record.start + b"\r\n\r\n"
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)
    spare = length - len(_GZIP_START % b"\0") - len(packed) - len(_LAST_BLOCK) - 8
    if spare < 0:
        raise StorageError(
            f"a record of {length} bytes is too small for what would take its place; nothing was changed"
        )
    blocks, comment = divmod(spare, len(_EMPTY_BLOCK))
    start = _GZIP_START % _COMMENT + b" " * (comment - 1) + b"\0" if comment else _GZIP_START % b"\0"
    return start + packed + _EMPTY_BLOCK * blocks + _LAST_BLOCK + struct.pack("<II", zlib.crc32(data), len(data))


# --- new records -------------------------------------------------------------


def _copy_capture(archive: Path, file: IO[bytes], group: CaptureRecords, original: Location) -> dict[Spot, Location]:
    """Append the records of a capture, its revisit as a response with the payload of `original`. Returns what moved."""
    moves = {}
    with paths.located(archive, group.warc).open("rb") as old:
        for place in group.places:
            start = file.tell()
            record = StoredRecord(old, place.offset)
            if record.type == "revisit":
                _append_response(archive, file, record, original)
                moves[group.warc, place.offset] = Location(group.warc, start, file.tell() - start)
            else:
                _copy_bytes(old, file, place.offset, place.offset + place.length)
    return moves


def _append_response(archive: Path, file: IO[bytes], revisit: StoredRecord, original: Location) -> None:
    """The response that a revisit becomes: its own head and id, the payload of the response that goes."""
    identical, own = revisit["WARC-Profile"] == record_writer.IDENTICAL, revisit.block.read()
    payload = Body()
    try:
        with paths.located(archive, original.warc).open("rb") as old:
            stored, head = StoredRecord(old, original.offset), bytearray()
            stored.http_head(head.extend)
            while chunk := stored.block.read(_CHUNK):
                payload.write(chunk)
        # A 304 says that the page is as it was: its head is that of the page (RFC 9111 §4.3.4).
        http = own if identical else bytes(head)
        fields = _fields(revisit, _COMPUTED | _OF_A_REVISIT)
        file.writelines(
            record_writer.member(record_writer.record("response", fields, revisit["Content-Type"], http, payload))
        )
    finally:
        payload.close()


def _fields(record: StoredRecord, without: frozenset[str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in record.headers.headers if name.lower() not in without]


def _tombstone_fields(tombstone: Tombstone) -> list[tuple[str, str]]:
    return [
        ("WARC-Record-ID", record_writer.new_id()),
        ("WARC-Target-URI", capture_metadata.tombstone_uri(tombstone.id)),
        ("WARC-Date", record_writer.warc_date(tombstone.when)),
    ]


def _tombstone(tombstone: Tombstone) -> record_writer.Record:
    block = capture_metadata.warc_fields(
        [
            ("description", "records of these addresses were taken out of this file"),
            *(("forgotten", record_writer.uri(url)) for url in tombstone.urls),
            ("reason", tombstone.reason),
        ]
    )
    return record_writer.record("metadata", _tombstone_fields(tombstone), capture_metadata.FIELDS_TYPE, block)


# --- logs ----------------------------------------------------------------------


def _scrub_logs(
    archive: Path,
    warc: str,
    logs: Iterable[Location],
    tombstone: Tombstone,
    changed: list[Path],
    scrub: Callable[[bytes], bytes | None],
) -> None:
    """Put the logs of a file at the end of its new one, or leave the file as it is where nothing changes in them."""
    path, scrubbed = paths.located(archive, warc), [_scrubbed(archive, log, scrub) for log in logs]
    try:
        if path not in changed:
            if not any(differs for _, _, differs in scrubbed):
                return
            _copy(archive, warc, logs, tombstone)
            changed.append(path)
        with temporary(path).open("ab") as file:
            for fields, text, _ in scrubbed:
                log = record_writer.record("metadata", fields, capture_metadata.LOG_TYPE, payload=text)
                file.writelines(record_writer.member(log))
    finally:
        for _, text, _ in scrubbed:
            text.close()


def _scrubbed(
    archive: Path, log: Location, scrub: Callable[[bytes], bytes | None]
) -> tuple[list[tuple[str, str]], Body, bool]:
    """The fields of a log as another record, its lines as they may stay, and whether they differ."""
    text, differs = Body(), False
    with paths.located(archive, log.warc).open("rb") as old:
        record = StoredRecord(old, log.offset)
        for line in iter(record.block.readline, b""):
            kept = scrub(line)
            differs = differs or kept != line
            text.write(kept or b"")
    new_id = {"warc-record-id": record_writer.new_id()}
    fields = [(name, new_id.get(name.lower(), value)) for name, value in _fields(record, _COMPUTED | _OF_METADATA)]
    return fields, text, differs
