"""What has to go from the WARC files when a source is forgotten, and what must change so that nothing else is lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from linkarchive.errors import StorageError
from linkarchive.model import Capture, Location
from linkarchive.snapshot import capture_metadata, framing, paths
from linkarchive.snapshot.records import BadRecordError, StoredRecord, walk
from linkarchive.urls import source_key, unwrap

Spot = tuple[str, int]
"""A record: its WARC file (from the project folder) and its first byte."""


@dataclass(frozen=True, slots=True)
class Revisit:
    """A revisit record that stays, of a response that goes."""

    place: Location
    id: str
    uri: str
    date: str
    identical: bool
    """Its server sent the payload again; else a 304."""


@dataclass(slots=True)
class RemovalPlan:
    """Records by WARC file; `keys` are the source keys that are forgotten."""

    keys: frozenset[str]
    gone: dict[str, list[Location]] = field(default_factory=lambda: defaultdict(list))
    heirs: dict[Spot, tuple[Revisit, Location]] = field(default_factory=dict)
    """Revisits that become responses, with the response whose payload they take over."""
    followers: dict[Spot, Revisit] = field(default_factory=dict)
    """Revisits that repeat an heir from now on, by their own place."""
    logs: dict[str, list[Location]] = field(default_factory=lambda: defaultdict(list))
    """All run logs."""
    moved_logs: set[str] = field(default_factory=set)
    """Files with records after a log."""
    captures: list[Capture] = field(default_factory=list)
    """The captures that go."""
    kept_by: set[str] = field(default_factory=set)
    """Sources, by URL, that keep a payload of the forgotten ones as their own page."""

    def touches(self, url: str) -> bool:
        """The URL is one of the forgotten ones, or the address of an archive's copy of it."""
        wrapped = unwrap(url)
        return any(_key(one) in self.keys for one in (url, *(wrapped[1:] if wrapped else ())))

    @property
    def files(self) -> set[str]:
        """The WARC files in which records go or change."""
        return {*self.gone, *(warc for warc, _ in (*self.heirs, *self.followers)), *self.moved_logs}


MadeUp = Callable[[str, str], bool]
"""Whether a run (the second string) asked a forgotten source's host for this URL, to see how it says no."""


def find(root: Path, keys: frozenset[str], made_up: MadeUp) -> RemovalPlan:
    """Every visit that asked for one of these sources, whoever cited it; reads all WARC files once.

    The answer to a made-up address goes too where it is the very same page. Raises StorageError for a damaged
    record: nobody could say whose it is.
    """
    removal = RemovalPlan(keys)
    responses: dict[str, Location] = {}
    revisits: dict[str, list[tuple[Revisit, str]]] = defaultdict(list)
    answers: list[_Visit] = []
    for path in paths.warc_files(root):
        warc = paths.relative(root, path)
        try:
            with path.open("rb") as file:
                for visit in _visits(file, warc, removal):
                    if visit.capture and made_up(visit.capture.url, paths.run_of(path)):
                        answers.append(visit)
                    else:
                        _sort(visit, removal, responses, revisits)
        except OSError as error:
            raise paths.storage_error(path, error, "cannot be read") from error
    digests = {capture.digest for capture in removal.captures}
    for visit in answers:
        if visit.capture is not None and visit.capture.digest in digests:
            removal.gone[visit.warc] += visit.places
    for record_id, location in responses.items():
        waiting = revisits.get(record_id, [])
        if waiting:
            heir = next((one for one, _ in waiting if one.identical), waiting[0][0])
            removal.heirs[_spot(heir.place)] = heir, location
            removal.followers |= {_spot(one.place): heir for one, _ in waiting if one is not heir}
            removal.kept_by |= {source for _, source in waiting}
    return removal


@dataclass(slots=True)
class _Visit:
    """The records from one capture's first to its metadata, which lie together (`WarcWriter.write_visit`)."""

    warc: str
    records: list[tuple[StoredRecord, int]] = field(default_factory=list)
    capture: Capture | None = None

    @property
    def places(self) -> list[Location]:
        return [Location(self.warc, record.offset, length) for record, length in self.records]


def _visits(file: IO[bytes], warc: str, removal: RemovalPlan) -> Iterator[_Visit]:
    visit = _Visit(warc)
    for found in walk(file, _facts_block):
        if isinstance(found, BadRecordError):
            raise StorageError(
                f"{warc}, the record at byte {found.offset} is damaged ({found}), and nobody can say what it held; "
                "restore the file from a backup, or remove it if there is none"
            )
        record, block, length = found
        uri = record["WARC-Target-URI"]
        if record.type == "warcinfo" or capture_metadata.is_tombstone(uri):
            pass
        elif not capture_metadata.is_log(uri):
            visit.records.append((record, length))
            if record.type == "metadata" and record["Content-Type"] == capture_metadata.FIELDS_TYPE:
                visit.capture = _capture(block, Location(warc, record.offset, length))
                yield visit
                visit = _Visit(warc)
        if warc in removal.logs:
            removal.moved_logs.add(warc)
        if capture_metadata.is_log(uri):
            removal.logs[warc].append(Location(warc, record.offset, length))
    yield visit


def _capture(block: bytes, place: Location) -> Capture | None:
    try:
        return capture_metadata.decode_capture(block, place, None)
    except ValueError as error:
        raise StorageError(
            f"{place.warc}, the record at byte {place.offset}: the facts of the capture cannot be read: {error}"
        ) from error


def _sort(
    visit: _Visit,
    removal: RemovalPlan,
    responses: dict[str, Location],
    revisits: dict[str, list[tuple[Revisit, str]]],
) -> None:
    """Enter a visit among what goes or what stays."""
    source = visit.capture.url if visit.capture else ""
    goes = removal.touches(source) or any(removal.touches(record["WARC-Target-URI"]) for record, _ in visit.records)
    for (record, _), place in zip(visit.records, visit.places, strict=True):
        if goes:
            removal.gone[visit.warc].append(place)
            if record.type == "response":
                responses[record["WARC-Record-ID"]] = place
        elif record.type == "revisit":
            identical = record["WARC-Profile"] == framing.IDENTICAL
            kept = Revisit(place, record["WARC-Record-ID"], record["WARC-Target-URI"], record["WARC-Date"], identical)
            revisits[record["WARC-Refers-To"]].append((kept, source))
    if goes and visit.capture is not None:
        removal.captures.append(visit.capture)


def _facts_block(record: StoredRecord) -> bytes:
    is_facts = record.type == "metadata" and record["Content-Type"] == capture_metadata.FIELDS_TYPE
    return record.block.read() if is_facts else b""


def _spot(place: Location) -> Spot:
    return place.warc, place.offset


def _key(url: str) -> str:
    try:
        return source_key(url)
    except ValueError:
        return url
