"""Which records are removed with a source, and which captures of others are revisits of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from linkarchive.errors import StorageError
from linkarchive.files import storage_errors
from linkarchive.model import Capture, Location
from linkarchive.snapshot import capture_metadata, paths
from linkarchive.snapshot.capture_metadata import PartsFacts
from linkarchive.snapshot.record_reader import BadRecordError, StoredRecord, walk
from linkarchive.urls import possible_key, unwrap

Spot = tuple[str, int]
"""A record: its WARC file (from the project folder) and its first byte."""
IsProbe = Callable[[str, str], bool]
"""Whether a run (the second string) asked a forgotten source's host for this made-up URL, to see how it says no."""


@dataclass(slots=True)
class CaptureRecords:
    """The records of one capture, or of its parts, which lie together; the last tells of the capture. Without either:
    what an interruption left of one."""

    warc: str
    records: list[tuple[StoredRecord, int]] = field(default_factory=list)
    """With the length of each."""
    capture: Capture | None = None
    parts: PartsFacts | None = None
    """They are what a capture uses, not the capture itself."""

    @property
    def places(self) -> list[Location]:
        return [Location(self.warc, record.offset, length) for record, length in self.records]

    @property
    def revisits(self) -> str:
        """The id of the response that its page repeats; "" when it has a payload of its own."""
        return next((record["WARC-Refers-To"] for record, _ in self.records if record.type == "revisit"), "")


@dataclass(slots=True)
class RemovalPlan:
    """What is removed when the sources of these keys are forgotten. `locations` and `logs` are by WARC file."""

    keys: frozenset[str]
    locations: dict[str, list[Location]] = field(default_factory=lambda: defaultdict(list))
    """The records to remove."""
    dependents: list[tuple[CaptureRecords, Location]] = field(default_factory=list)
    """Captures that stay, each with the response that it repeats and that is removed."""
    logs: dict[str, list[Location]] = field(default_factory=lambda: defaultdict(list))
    """All run logs."""
    captures: list[Capture] = field(default_factory=list)
    """The captures to remove."""
    layout: Mapping[str, Sequence[Location]] | None = None
    """All records of the files that change, by file, when the gaps are to be closed and what stays moves up; None
    when a record without content fills each gap."""

    @property
    def records(self) -> Iterator[Location]:
        """The records to remove, of all files."""
        return (place for places in self.locations.values() for place in places)

    def touches(self, url: str) -> bool:
        """The URL is one of the forgotten ones, or the address of an archive's copy of it."""
        wrapped = unwrap(url)
        return any(
            (possible_key(address) or address) in self.keys for address in (url, *(wrapped[1:] if wrapped else ()))
        )


def find(archive: Path, keys: frozenset[str], is_probe: IsProbe) -> RemovalPlan:
    """The plan to remove every visit of these sources, whoever cited them; reads all WARC files once.

    The answer to a made-up address goes too where it is the very same page. Raises StorageError for a damaged
    record: nobody could say whose it is.
    """
    removal = RemovalPlan(keys)
    responses: dict[str, Location] = {}
    staying: list[CaptureRecords] = []
    parts: list[_Parts] = []
    removed_pages: set[str] = set()
    probes: list[CaptureRecords] = []
    for group in _groups(archive, removal):
        if group.parts is not None:
            parts.append(_Parts.of(group, group.parts))
        elif group.capture and is_probe(group.capture.url, paths.run_of(Path(group.warc))):
            probes.append(group)
        elif _goes(group, removal):
            _remove(group, removal, responses)
            removed_pages.update(record["WARC-Record-ID"] for record, _ in group.records)
        elif group.revisits:
            staying.append(group)
    digests = {capture.digest for capture in removal.captures}
    for group in probes:
        if group.capture is not None and group.capture.digest in digests:
            removal.locations[group.warc] += group.places
    _remove_parts(parts, removed_pages, removal)
    removal.dependents = [(group, responses[group.revisits]) for group in staying if group.revisits in responses]
    return removal


def find_captures(archive: Path, spots: Sequence[Spot], size: int) -> RemovalPlan:
    """The plan to remove the first of these captures whose records have together at least `size` bytes, or all.

    A capture is named by the record of its page. None may be the original of a revisit that stays.

    Reads all WARC files once. Raises StorageError, as `find`.
    """
    removal = RemovalPlan(frozenset())
    groups: dict[Spot, CaptureRecords] = {}
    records: dict[str, list[Location]] = defaultdict(list)
    parts: list[_Parts] = []
    removed_pages: set[str] = set()
    for group in _groups(archive, removal):
        records[group.warc] += group.places
        if group.parts is not None:
            parts.append(_Parts.of(group, group.parts))
        groups |= {(place.warc, place.offset): group for place in group.places}
    for capture_group in filter(None, map(groups.get, spots)):
        if size > 0 and capture_group.capture is not None:
            _remove(capture_group, removal, {})
            removed_pages.update(record["WARC-Record-ID"] for record, _ in capture_group.records)
            size -= sum(place.length for place in capture_group.places)
    _remove_parts(parts, removed_pages, removal)
    return replace(removal, layout={warc: records[warc] for warc in removal.locations})


def _groups(archive: Path, removal: RemovalPlan) -> Iterator[CaptureRecords]:
    """The records of all files by capture; the places of their logs go to `removal`."""
    for path in paths.warc_files(archive):
        with storage_errors(path, "cannot be read"), path.open("rb") as file:
            yield from _groups_of(file, paths.relative(archive, path), removal)


def _groups_of(file: IO[bytes], warc: str, removal: RemovalPlan) -> Iterator[CaptureRecords]:
    group = CaptureRecords(warc)
    for item in walk(file, capture_metadata.block_of):
        if isinstance(item, BadRecordError):
            raise StorageError(
                f"{warc}, the record at byte {item.offset} is damaged ({item}), and nobody can say what it held; "
                "restore the file from a backup, or remove it if there is none"
            )
        record, block, length = item
        uri = record["WARC-Target-URI"]
        if capture_metadata.is_log(uri):
            removal.logs[warc].append(Location(warc, record.offset, length))
        elif record.type != "warcinfo" and not capture_metadata.is_tombstone(uri):
            group.records.append((record, length))
            if record.type == "metadata" and record["Content-Type"] == capture_metadata.FIELDS_TYPE:
                group.capture, group.parts = _facts(block, Location(warc, record.offset, length))
                yield group
                group = CaptureRecords(warc)
    yield group


def _facts(block: bytes, place: Location) -> tuple[Capture | None, PartsFacts | None]:
    try:
        return capture_metadata.decode_capture(block, place, None), capture_metadata.decode_parts(block)
    except ValueError as error:
        raise StorageError(
            f"{place.warc}, the record at byte {place.offset}: the facts of the capture cannot be read: {error}"
        ) from error


def _goes(group: CaptureRecords, removal: RemovalPlan) -> bool:
    source = group.capture.url if group.capture else ""
    return removal.touches(source) or any(removal.touches(record["WARC-Target-URI"]) for record, _ in group.records)


def _remove(group: CaptureRecords, removal: RemovalPlan, responses: dict[str, Location]) -> None:
    removal.locations[group.warc] += group.places
    for (record, _), place in zip(group.records, group.places, strict=True):
        if record.type == "response":
            responses[record["WARC-Record-ID"]] = place
    if group.capture is not None:
        removal.captures.append(group.capture)


@dataclass(frozen=True, slots=True)
class _PartRecord:
    """What tells of a record whether it goes."""

    id: str
    uri: str
    refers_to: str
    """The id of the response that a revisit repeats, or that a request is of; else ""."""
    is_request: bool
    place: Location


@dataclass(frozen=True, slots=True)
class _Parts:
    """The records that were stored as parts of one capture."""

    page: str
    """The id of the capture's record."""
    uses: frozenset[str]
    metadata: Location
    """The metadata record that lists them."""
    records: tuple[_PartRecord, ...]

    @classmethod
    def of(cls, group: CaptureRecords, facts: PartsFacts) -> _Parts:
        *records, (last, _) = group.records
        part_records = []
        for (record, _), place in zip(records, group.places, strict=False):
            name = {"revisit": "WARC-Refers-To", "request": "WARC-Concurrent-To"}.get(record.type)
            refers_to = record[name] if name else ""
            is_request = record.type == "request"
            part_records.append(
                _PartRecord(record["WARC-Record-ID"], record["WARC-Target-URI"], refers_to, is_request, place)
            )
        return cls(last["WARC-Refers-To"], frozenset(facts.uses), group.places[-1], tuple(part_records))


def _remove_parts(parts: Sequence[_Parts], removed_pages: set[str], removal: RemovalPlan) -> None:
    """Add to the plan the parts that only removed captures use, and every part of a forgotten source."""
    records = [record for group in parts for record in group.records]
    used = {used for group in parts if group.page not in removed_pages for used in group.uses}
    # A payload stays while a record that is used repeats it.
    used |= {record.refers_to for record in records if record.id in used}
    removed_ids = {record.id for record in records if removal.touches(record.uri)}
    removed_ids |= {record.id for record in records if record.id not in used and not record.is_request}
    removed_ids |= {record.id for record in records if record.refers_to in removed_ids}
    for group in parts:
        if group.page in removed_pages:
            removal.locations[group.metadata.warc].append(group.metadata)
        for record in group.records:
            if record.id in removed_ids:
                removal.locations[record.place.warc].append(record.place)
