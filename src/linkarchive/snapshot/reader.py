"""Records and captures back from the WARC files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from linkarchive.errors import StorageError
from linkarchive.model import Capture, Location, Page
from linkarchive.snapshot import capture_metadata, manifest, paths
from linkarchive.snapshot.record_reader import INDEXED_TYPES, BadRecordError, HttpHead, Problem, StoredRecord, walk
from linkarchive.snapshot.record_writer import Original
from linkarchive.web.decoding import Decoded, decode
from linkarchive.web.exchange import Body

if TYPE_CHECKING:
    from warcio.statusandheaders import StatusAndHeaders

BODY_LIMIT = 20 * 1024 * 1024
"""Bytes of a decoded body: what `[network] max_body` is unless set."""

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """One HTTP record as stored; close its payload when done."""

    headers: StatusAndHeaders
    http: HttpHead
    payload: Body
    """With its content-coding; empty in a revisit."""

    @property
    def type(self) -> str:
        return str(self.headers.get_header("WARC-Type", ""))


def read_record(archive: Path, location: Location) -> Record:
    """The response, revisit or request at a place; raises StorageError naming it when it cannot be read."""
    payload = Body()
    try:
        with paths.located(archive, location.warc).open("rb") as file:
            record = StoredRecord(file, location.offset)
            http = record.http_head()
            while chunk := record.block.read(_CHUNK):
                payload.write(chunk)
            record.finish()
    except (OSError, BadRecordError) as error:
        payload.close()
        raise _unreadable(location, error) from error
    return Record(record.headers, http, payload)


def read_page(archive: Path, capture: Capture, *, limit: int = BODY_LIMIT) -> Page:
    """The page of a capture, its body decoded to at most `limit` bytes; raises StorageError.

    A revisit has the payload of its original; a 304 also its status, and its fields freshened by those
    that came with the 304 (RFC 9111 §3.2).
    """
    record = read_record(archive, capture.record)
    stored = record
    if record.type == "revisit":
        record.payload.close()
        if capture.original is None:
            raise _unreadable(capture.record, "the record repeats an earlier one that is not known")
        stored = read_record(archive, capture.original)
    try:
        if stored.payload.digest != capture.digest:
            raise _unreadable(capture.original or capture.record, "its payload is not the one that was captured")
        headers = record.http.header_map
        if record is not stored and record.http.status in (0, 304):  # 0: a revisit of another program without a head
            headers = stored.http.header_map | headers
        # How the payload is coded is for the record that holds it to say.
        decoded = decoded_payload(stored.payload, stored.http.header_map, limit)
    finally:
        stored.payload.close()
    return Page(
        final_url=capture.final_url,
        status=capture.status,
        headers=headers,
        body=decoded.data,
        hops=capture.hops,
        truncated=capture.truncated or decoded.truncated,
    )


def decoded_payload(payload: Body, headers: Mapping[str, str], limit: int) -> Decoded:
    """The payload of a record without its codings, at most `limit` bytes.

    Our own records have no transfer-coding; those of other programs may be in chunks, as they came.
    """
    if "chunked" not in headers.get("transfer-encoding", "").lower():
        return decode(payload, headers, limit)
    whole = Body()
    try:
        for piece in dechunked(payload):
            whole.write(piece)
        return decode(whole, headers, limit)
    finally:
        whole.close()


def dechunked(payload: Body) -> Iterator[bytes]:
    """The bytes without the transfer-coding `chunked`; as they are from where they are not in chunks."""
    from warcio.bufferedreaders import ChunkedDataReader

    reader = ChunkedDataReader(payload.open())
    while piece := reader.read(_CHUNK):
        yield piece


def original_at(archive: Path, location: Location, digest: str) -> Original | None:
    """What a revisit of the response at a place refers to; None when no such response is there."""
    try:
        with paths.located(archive, location.warc).open("rb") as file:
            record = StoredRecord(file, location.offset)
    except (OSError, BadRecordError):
        return None
    if record.type != "response" or record["WARC-Payload-Digest"] != digest:
        return None
    return Original(record["WARC-Record-ID"], record["WARC-Target-URI"], record["WARC-Date"], digest)


@dataclass(frozen=True, slots=True)
class ScannedRun:
    """The start of a run in a scan; its captures and log lines follow."""

    id: str
    facts: Mapping[str, Any] | None
    """What its manifest says of it; None for a run without one."""


@dataclass(frozen=True, slots=True)
class LogLine:
    run_id: str
    line: bytes
    """Without its line end."""


def scan(archive: Path) -> Iterator[ScannedRun | Capture | LogLine | Problem]:
    """All that the WARC files know, for a new database: the runs in the order of their manifests, those without one
    among them by the time in their id; of each run the captures and the log lines, in the order of writing.

    What cannot be read is passed over and told as a Problem.
    """
    originals: dict[str, Location] = {}
    damaged: list[Problem] = []
    chain = manifest.read_chain(
        archive, lambda path, why: damaged.append(Problem(paths.relative(archive, path), None, why))
    )
    yield from damaged
    for run_id, told, files in _runs(archive, chain):
        yield ScannedRun(run_id, told)
        for path in files:
            try:
                with path.open("rb") as file:
                    yield from _scan_file(file, run_id, paths.relative(archive, path), originals)
            except OSError as error:
                yield Problem(paths.relative(archive, path), None, f"cannot be read: {error.strerror}")


def captures_in(archive: Path, path: Path) -> Iterator[Capture]:
    """The captures that one WARC file tells of; what cannot be read is passed over. Raises StorageError without it."""
    warc = paths.relative(archive, path)
    try:
        with path.open("rb") as file:
            scanned = _scan_file(file, paths.run_of(path), warc, {})
            yield from (found for found in scanned if isinstance(found, Capture))
    except OSError as error:
        raise StorageError(f"{warc} cannot be read: {error.strerror}") from error


_Run = tuple[str, Mapping[str, Any] | None, list[Path]]
"""The id of a run, what its manifest says of it, and its WARC files."""


def _runs(archive: Path, chain: Sequence[manifest.Manifest]) -> list[_Run]:
    left = dict.fromkeys(paths.warc_files(archive))
    found: list[_Run] = []
    for sealed in chain:
        named = [paths.located(archive, entry.path) for entry in sealed.files]
        # Two manifests of a run that was continued may name a file twice.
        files = [path for path in named if path in left]
        for path in files:
            del left[path]
        found.append((sealed.run, sealed.facts, files))
    unsealed: dict[str, list[Path]] = {}
    for path in left:
        unsealed.setdefault(paths.run_of(path), []).append(path)
    for run_id, files in unsealed.items():
        later = (number for number, (other, _, _) in enumerate(found) if other[:1].isdigit() and other > run_id)
        found.insert(next(later, len(found)), (run_id, None, files))
    return found


def _scan_file(
    file: IO[bytes], run_id: str, warc: str, originals: dict[str, Location]
) -> Iterator[Capture | LogLine | Problem]:
    seen: dict[str, tuple[Location, str]] = {}
    """The responses and revisits since the last capture: place, and the id of what a revisit repeats."""
    for found in walk(file, _metadata_block):
        if isinstance(found, BadRecordError):
            yield Problem(warc, found.offset, str(found))
            continue
        record, block, length = found
        if record.type in INDEXED_TYPES:
            seen[record["WARC-Record-ID"]] = (Location(warc, record.offset, length), record["WARC-Refers-To"])
        elif record.type == "metadata" and capture_metadata.is_log(record["WARC-Target-URI"]):
            yield from (LogLine(run_id, line) for line in _log_lines(file, record.offset))
        elif record.type == "metadata" and not capture_metadata.is_tombstone(record["WARC-Target-URI"]):
            yield from _captured(warc, record, block, seen, originals)
            seen.clear()


def _captured(
    warc: str,
    record: StoredRecord,
    block: bytes,
    seen: Mapping[str, tuple[Location, str]],
    originals: dict[str, Location],
) -> Iterator[Capture | Problem]:
    final_id = record["WARC-Refers-To"]
    if final_id not in seen:
        yield Problem(warc, record.offset, "the page that this record tells of was not found")
        return
    location, repeats = seen[final_id]
    for record_id, (place, repeated) in seen.items():
        if not repeated:
            originals[record_id] = place
    try:
        capture = capture_metadata.decode_capture(block, location, originals.get(repeats))
    except ValueError as error:
        yield Problem(warc, record.offset, f"the facts of the capture cannot be read: {error}")
        return
    if capture is not None:
        yield capture


def _metadata_block(record: StoredRecord) -> bytes:
    is_capture = record.type == "metadata" and record["Content-Type"] == capture_metadata.FIELDS_TYPE
    return record.block.read() if is_capture else b""


def _log_lines(file: IO[bytes], offset: int) -> Iterator[bytes]:
    record = StoredRecord(file, offset)
    return (line.rstrip(b"\n") for line in iter(record.block.readline, b""))


def _unreadable(location: Location, why: object) -> StorageError:
    words = why.strerror if isinstance(why, OSError) else why
    return StorageError(
        f"{location.warc}, the record at byte {location.offset} cannot be read: {words}; "
        "`archive verify` says what else is damaged"
    )
