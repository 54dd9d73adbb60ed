"""Records and captures back from the WARC files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from linkarchive.errors import StorageError
from linkarchive.model import Capture, Location, Page, PartRecord
from linkarchive.project import Files
from linkarchive.snapshot import capture_metadata, manifest, paths
from linkarchive.snapshot.capture_metadata import PartsFacts
from linkarchive.snapshot.cdxj import INDEXED_TYPES
from linkarchive.snapshot.record_reader import BadRecordError, HttpHead, Problem, StoredRecord, walk
from linkarchive.snapshot.record_writer import Original
from linkarchive.snapshot.shelf import opened
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


def read_record(archive: Files, location: Location) -> Record:
    """The response, revisit or request at a place; raises StorageError naming it when it cannot be read."""
    payload = Body()
    try:
        with opened(archive, location.warc) as file:
            record = StoredRecord(file, location.offset)
            http = record.http_head()
            while chunk := record.block.read(_CHUNK):
                payload.write(chunk)
            record.finish()
    except (OSError, BadRecordError) as error:
        payload.close()
        raise _unreadable(location, error) from error
    return Record(record.headers, http, payload)


def read_page(archive: Files, capture: Capture, *, limit: int = BODY_LIMIT) -> Page:
    """The page of a capture, its body decoded to at most `limit` bytes; raises StorageError.

    Where a browser saw it, that is the document as scripts left it. A revisit has the payload of its original; a 304
    also its status, and its fields freshened by those that came with the 304 (RFC 9111 §3.2).
    """
    if capture.dom is not None:
        return _rendered_page(archive, capture, capture.dom, limit)
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


def _rendered_page(archive: Files, capture: Capture, dom: Location, limit: int) -> Page:
    record = read_record(archive, dom)
    try:
        body = record.payload.open().read(limit)
        return Page(
            capture.final_url,
            capture.status,
            {"content-type": "text/html; charset=utf-8"},
            body,
            capture.hops,
            truncated=capture.truncated or record.payload.length > limit,
        )
    finally:
        record.payload.close()


def decoded_payload(payload: Body, headers: Mapping[str, str], limit: int) -> Decoded:
    """The payload of a record without its codings, at most `limit` bytes. Our own records have no transfer-coding;
    those of other programs may be in chunks, as they came."""
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


def original_at(archive: Files, location: Location, digest: str) -> Original | None:
    """What a revisit of the response at a place refers to; None when no such response is there."""
    try:
        with opened(archive, location.warc) as file:
            record = StoredRecord(file, location.offset)
    except (OSError, BadRecordError):
        return None
    if record.type != "response" or record["WARC-Payload-Digest"] != digest:
        return None
    return Original(record["WARC-Record-ID"], record["WARC-Target-URI"], record["WARC-Date"], digest)


def record_id_at(archive: Files, location: Location) -> str:
    """The WARC-Record-ID of the record at a place. Raises StorageError."""
    try:
        with opened(archive, location.warc) as file:
            return StoredRecord(file, location.offset)["WARC-Record-ID"]
    except (OSError, BadRecordError) as error:
        raise _unreadable(location, error) from error


@dataclass(frozen=True, slots=True)
class ScannedParts:
    """What a capture uses, in a scan."""

    url: str
    """The capture's."""
    page: Location
    """The capture's record."""
    facts: PartsFacts
    new: tuple[PartRecord, ...]
    """Those of the records that are stored with it; others were told of before."""


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


Scanned = ScannedRun | Capture | ScannedParts | LogLine | Problem


def scan(archive: Path) -> Iterator[Scanned]:
    """All that the WARC files know, for a new database: the runs in the order of their manifests, those without one
    among them by the time in their id; of each run the captures, what they use, and the log lines, in the order of
    writing.

    What cannot be read is yielded as a Problem.
    """
    known = _Known()
    damaged: list[Problem] = []
    chain = manifest.read_chain(
        archive, lambda path, why: damaged.append(Problem(paths.relative(archive, path), None, why))
    )
    yield from damaged
    for run_id, facts, files in _runs(archive, chain):
        yield ScannedRun(run_id, facts)
        for path in files:
            try:
                with path.open("rb") as file:
                    yield from _scan_file(file, run_id, paths.relative(archive, path), known)
            except OSError as error:
                yield Problem(paths.relative(archive, path), None, f"cannot be read: {error.strerror}")


def captures_in(archive: Path, path: Path) -> Iterator[Capture]:
    """The captures in one WARC file; damaged records are passed over. Raises StorageError when there is no such
    file, or it cannot be read."""
    warc = paths.relative(archive, path)
    try:
        with path.open("rb") as file:
            scanned = _scan_file(file, paths.run_of(path), warc, _Known())
            yield from (item for item in scanned if isinstance(item, Capture))
    except OSError as error:
        raise StorageError(f"{warc} cannot be read: {error.strerror}") from error


_Run = tuple[str, Mapping[str, Any] | None, list[Path]]
"""The id of a run, what its manifest says of it, and its WARC files."""


def _runs(archive: Path, chain: Sequence[manifest.Manifest]) -> list[_Run]:
    left = dict.fromkeys(paths.warc_files(archive))
    runs: list[_Run] = []
    for sealed in chain:
        named = [paths.located(archive, entry.path) for entry in sealed.files]
        # Two manifests of a run that was continued may name a file twice.
        files = [path for path in named if path in left]
        for path in files:
            del left[path]
        runs.append((sealed.run, sealed.facts, files))
    unsealed: dict[str, list[Path]] = {}
    for path in left:
        unsealed.setdefault(paths.run_of(path), []).append(path)
    for run_id, files in unsealed.items():
        later = (number for number, (other, _, _) in enumerate(runs) if other[:1].isdigit() and other > run_id)
        runs.insert(next(later, len(runs)), (run_id, None, files))
    return runs


@dataclass(slots=True)
class _Known:
    """Records that later ones may refer to, by id."""

    originals: dict[bytes, Location] = field(default_factory=dict)
    """Responses."""
    pages: dict[bytes, tuple[str, Location]] = field(default_factory=dict)
    """The records of captures, with the URL of each capture."""


def _short(record_id: str) -> bytes:
    """A record id as the key of a table that may have millions of them: 16 bytes."""
    return hashlib.blake2b(record_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _scan_file(
    file: IO[bytes], run_id: str, warc: str, known: _Known
) -> Iterator[Capture | ScannedParts | LogLine | Problem]:
    seen: dict[str, PartRecord] = {}
    """The responses, revisits and resources since the last capture or its parts."""
    for item in walk(file, capture_metadata.block_of):
        if isinstance(item, BadRecordError):
            yield Problem(warc, item.offset, str(item))
            continue
        record, block, length = item
        if record.type in INDEXED_TYPES:
            seen[record["WARC-Record-ID"]] = _part_record(record, Location(warc, record.offset, length))
        elif record.type == "metadata" and capture_metadata.is_log(record["WARC-Target-URI"]):
            lines = iter(StoredRecord(file, record.offset).block.readline, b"")
            yield from (LogLine(run_id, line.rstrip(b"\n")) for line in lines)
        elif record.type == "metadata" and not capture_metadata.is_tombstone(record["WARC-Target-URI"]):
            yield from _described(warc, record, block, seen, known)
            seen.clear()


def _part_record(record: StoredRecord, place: Location) -> PartRecord:
    original = record["WARC-Refers-To"] if record.type == "revisit" else None
    uri, date, digest = record["WARC-Target-URI"], record["WARC-Date"], record["WARC-Payload-Digest"]
    return PartRecord(record["WARC-Record-ID"], uri, date, digest, place, original)


def _described(
    warc: str, record: StoredRecord, block: bytes, seen: Mapping[str, PartRecord], known: _Known
) -> Iterator[Capture | ScannedParts | Problem]:
    """The capture, or the parts, that a metadata record describes; their records came before it in the file."""
    known.originals.update((_short(part.id), part.record) for part in seen.values() if part.original is None)
    page_id = record["WARC-Refers-To"]
    try:
        facts = capture_metadata.decode_parts(block)
        if facts is None and page_id in seen:
            page = seen[page_id]
            capture = capture_metadata.decode_capture(
                block, page.record, known.originals.get(_short(page.original or ""))
            )
            if capture is not None:
                known.pages[_short(page_id)] = capture.url, page.record
                yield capture
            return
    except ValueError as error:
        yield Problem(warc, record.offset, f"the facts of the capture cannot be read: {error}")
        return
    if facts is None or _short(page_id) not in known.pages:
        yield Problem(warc, record.offset, "the page that this record tells of was not found")
        return
    used = set(facts.uses)
    yield ScannedParts(*known.pages[_short(page_id)], facts, tuple(part for part in seen.values() if part.id in used))


def _unreadable(location: Location, why: object) -> StorageError:
    words = why.strerror if isinstance(why, OSError) else why
    return StorageError(
        f"{location.warc}, the record at byte {location.offset} cannot be read: {words}; "
        "`archive verify` says what else is damaged"
    )
