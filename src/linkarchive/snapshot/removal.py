"""Which records leave the archive with a source, and which copies of others lean on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from linkarchive.errors import StorageError
from linkarchive.model import Capture, Location
from linkarchive.snapshot import capture_metadata, paths
from linkarchive.snapshot.record_reader import BadRecordError, StoredRecord, walk
from linkarchive.urls import source_key, unwrap

IsProbe = Callable[[str, str], bool]
"""Whether a run (the second string) asked a forgotten source's host for this made-up URL, to see how it says no."""


@dataclass(slots=True)
class CaptureRecords:
    """The records of one capture, which lie together (`WarcWriter.write_visit`); the last tells of the capture.

    Without a capture: what an interruption left of one.
    """

    warc: str
    records: list[tuple[StoredRecord, int]] = field(default_factory=list)
    """With the length of each."""
    capture: Capture | None = None

    @property
    def places(self) -> list[Location]:
        return [Location(self.warc, record.offset, length) for record, length in self.records]

    @property
    def revisits(self) -> str:
        """The id of the response that its page repeats; "" when it has a payload of its own."""
        return next((record["WARC-Refers-To"] for record, _ in self.records if record.type == "revisit"), "")


@dataclass(slots=True)
class Removal:
    """What goes when the sources of these keys are forgotten. `gone` and `logs` are by WARC file."""

    keys: frozenset[str]
    gone: dict[str, list[Location]] = field(default_factory=lambda: defaultdict(list))
    """Records that go."""
    leaning: list[tuple[CaptureRecords, Location]] = field(default_factory=list)
    """Captures that stay, but are revisits of a response that goes (the location)."""
    logs: dict[str, list[Location]] = field(default_factory=lambda: defaultdict(list))
    """All run logs."""
    captures: list[Capture] = field(default_factory=list)
    """The captures that go."""

    def touches(self, url: str) -> bool:
        """The URL is one of the forgotten ones, or the address of an archive's copy of it."""
        wrapped = unwrap(url)
        return any(_key(address) in self.keys for address in (url, *(wrapped[1:] if wrapped else ())))


def find(archive: Path, keys: frozenset[str], is_probe: IsProbe) -> Removal:
    """Every visit that asked for one of these sources, whoever cited it; reads all WARC files once.

    The answer to a made-up address goes too where it is the very same page. Raises StorageError for a damaged
    record: nobody could say whose it is.
    """
    removal = Removal(keys)
    responses: dict[str, Location] = {}
    staying: list[CaptureRecords] = []
    probes: list[CaptureRecords] = []
    for path in paths.warc_files(archive):
        try:
            with path.open("rb") as file:
                for group in _groups(file, paths.relative(archive, path), removal):
                    if group.capture and is_probe(group.capture.url, paths.run_of(path)):
                        probes.append(group)
                    elif _goes(group, removal):
                        _remove(group, removal, responses)
                    elif group.revisits:
                        staying.append(group)
        except OSError as error:
            raise paths.storage_error(path, error, "cannot be read") from error
    digests = {capture.digest for capture in removal.captures}
    for group in probes:
        if group.capture is not None and group.capture.digest in digests:
            removal.gone[group.warc] += group.places
    removal.leaning = [(group, responses[group.revisits]) for group in staying if group.revisits in responses]
    return removal


def _groups(file: IO[bytes], warc: str, removal: Removal) -> Iterator[CaptureRecords]:
    """The records of a file by capture; the places of its logs go to `removal`."""
    group = CaptureRecords(warc)
    for item in walk(file, _metadata_block):
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
                group.capture = _capture(block, Location(warc, record.offset, length))
                yield group
                group = CaptureRecords(warc)
    yield group


def _capture(block: bytes, place: Location) -> Capture | None:
    try:
        return capture_metadata.decode_capture(block, place, None)
    except ValueError as error:
        raise StorageError(
            f"{place.warc}, the record at byte {place.offset}: the facts of the capture cannot be read: {error}"
        ) from error


def _goes(group: CaptureRecords, removal: Removal) -> bool:
    source = group.capture.url if group.capture else ""
    return removal.touches(source) or any(removal.touches(record["WARC-Target-URI"]) for record, _ in group.records)


def _remove(group: CaptureRecords, removal: Removal, responses: dict[str, Location]) -> None:
    removal.gone[group.warc] += group.places
    for (record, _), place in zip(group.records, group.places, strict=True):
        if record.type == "response":
            responses[record["WARC-Record-ID"]] = place
    if group.capture is not None:
        removal.captures.append(group.capture)


def _metadata_block(record: StoredRecord) -> bytes:
    is_capture = record.type == "metadata" and record["Content-Type"] == capture_metadata.FIELDS_TYPE
    return record.block.read() if is_capture else b""


def _key(url: str) -> str:
    try:
        return source_key(url)
    except ValueError:
        return url
