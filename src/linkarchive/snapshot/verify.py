"""Doubt every byte: gzip members, records, digests, references, indexes, manifests."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from linkarchive.snapshot import capture_metadata, manifest, paths, record_writer
from linkarchive.snapshot.cdxj import INDEXED_TYPES, is_for_replay
from linkarchive.snapshot.manifest import Manifest
from linkarchive.snapshot.record_reader import BadRecordError, HttpHead, Problem, StoredRecord, index_line, sent, walk
from linkarchive.snapshot.request_body import LARGEST, RequestBody

__all__ = ["Problem", "verify"]

_CHUNK = 256 * 1024
_HTTP_TYPES = INDEXED_TYPES | {"request"}
_MUST_HAVE = ("WARC-Type", "WARC-Record-ID", "WARC-Date")


def verify(archive: Path) -> Iterator[Problem]:
    """Whatever is wrong with the archive, as it is found; nothing is changed. An empty archive is sound."""
    if (archive / paths.FORGETTING).exists():
        yield Problem(archive.name, None, "an `archive forget` was interrupted; the next `archive check` finishes it")
    references = _References()
    for warc in paths.warc_files(archive):
        name = paths.relative(archive, warc)
        try:
            lines = _IndexLines()
            yield from _check_warc(warc, name, references, lines)
            yield from _check_index(archive, warc, name, lines)
        except OSError as error:
            yield Problem(name, None, f"cannot be read: {error.strerror}")
    yield from references.unresolved()
    yield from _check_manifests(archive, references.logged)


@dataclass(slots=True)
class _References:
    """Record ids over all files. A reference may point forward, so it is resolved at the end."""

    responses: dict[str, bytes] = field(default_factory=dict)
    """Of each response a digest of its URL, date and payload digest."""
    others: set[str] = field(default_factory=set)
    logged: set[str] = field(default_factory=set)
    """The files that hold the log of a run, or of an import: it has ended."""
    pending: list[tuple[str, int, str, str]] = field(default_factory=list)
    """File, offset, field and id of a reference whose target was not seen yet."""
    revisits: list[tuple[str, int, str, bytes]] = field(default_factory=list)
    """File, offset, id and expected digest of a revisit whose original was not seen yet."""

    def add(self, name: str, record: StoredRecord) -> Iterator[Problem]:
        record_id = record["WARC-Record-ID"]
        if record_id in self.others or record_id in self.responses:
            yield Problem(name, record.offset, f"another record has the id {record_id} too")
        if record.type == "response":
            self.responses[record_id] = _identity(record, "WARC-Target-URI", "WARC-Date")
        else:
            self.others.add(record_id)
        if capture_metadata.is_log(record["WARC-Target-URI"]):
            self.logged.add(name)
        for concurrent in record.all("WARC-Concurrent-To"):
            self._refer(name, record.offset, "WARC-Concurrent-To", concurrent)
        if record.type == "revisit":
            expected = _identity(record, "WARC-Refers-To-Target-URI", "WARC-Refers-To-Date")
            self.revisits.append((name, record.offset, record["WARC-Refers-To"], expected))
        elif record["WARC-Refers-To"]:
            self._refer(name, record.offset, "WARC-Refers-To", record["WARC-Refers-To"])

    def _refer(self, name: str, offset: int, field_name: str, target: str) -> None:
        if target not in self.others and target not in self.responses:
            self.pending.append((name, offset, field_name, target))

    def unresolved(self) -> Iterator[Problem]:
        for name, offset, field_name, target in self.pending:
            if target not in self.others and target not in self.responses:
                yield Problem(name, offset, f"{field_name} names {target}, which no record here has")
        for name, offset, target, expected in self.revisits:
            if target in self.others:
                yield Problem(name, offset, "the revisit does not point at a response")
            elif target not in self.responses:
                yield Problem(name, offset, f"the response that this revisit repeats ({target}) is not here")
            elif self.responses[target] != expected:
                yield Problem(name, offset, "the revisit and its response disagree about URL, date or payload")


def _identity(record: StoredRecord, uri: str, date: str) -> bytes:
    text = " ".join((record[uri], record[date], record["WARC-Payload-Digest"]))
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()[:16]


@dataclass(slots=True)
class _IndexLines:
    """What stands in the index of a file. Earlier versions listed 304s, and the answer of a POST as that of a GET."""

    offsets: dict[bytes, int] = field(default_factory=dict)
    """The lines that may be there, and where their records are."""
    needed: set[int] = field(default_factory=set)
    """Where the records are that have a line."""
    last: tuple[StoredRecord, HttpHead, int] | None = None

    def add(self, record: StoredRecord, read: DigestedRecord, length: int, filename: str) -> None:
        if record.type in INDEXED_TYPES:
            self.last = record, read.head, length
            self.offsets[index_line(*self.last, filename)] = record.offset
            if is_for_replay(record.type, read.head.status):
                self.needed.add(record.offset)
        elif read.body and self.last and record["WARC-Concurrent-To"] == self.last[0]["WARC-Record-ID"]:
            self.offsets[index_line(*self.last, filename, read.body)] = self.last[0].offset


def _check_warc(warc: Path, name: str, references: _References, lines: _IndexLines) -> Iterator[Problem]:
    """Every record of a file; the index lines that it should have are left in `lines`."""
    with warc.open("rb") as file:
        number = 0
        for number, item in enumerate(walk(file, digested), start=1):
            if isinstance(item, BadRecordError):
                yield Problem(name, item.offset, str(item))
                continue
            record, read, length = item
            if number == 1 and record.type != "warcinfo":
                yield Problem(name, 0, "the file does not start with a warcinfo record")
            for message in _faults(record, read):
                yield Problem(name, record.offset, message)
            yield from references.add(name, record)
            lines.add(record, read, length, warc.name)
        if number == 0:
            yield Problem(name, None, "the file is empty")


@dataclass(frozen=True, slots=True)
class DigestedRecord:
    """What is checked of a record's bytes: its HTTP head, the digests of block and payload, what a request sent."""

    head: HttpHead
    block: str
    payload: str
    body: RequestBody | None


def digested(record: StoredRecord) -> DigestedRecord:
    block = hashlib.sha1(usedforsecurity=False)
    payload = hashlib.sha1(usedforsecurity=False)
    head = HttpHead("", ())
    if record.type in _HTTP_TYPES:
        head = record.http_head(block.update)
    start = b""
    while chunk := record.block.read(_CHUNK):
        block.update(chunk)
        payload.update(chunk)
        if record.type == "request" and len(start) < LARGEST:
            start += chunk
    body = sent(head, start) if record.type == "request" else None
    spelled = record_writer.spelled_digest
    return DigestedRecord(head, spelled(block.digest()), spelled(payload.digest()), body)


def _faults(record: StoredRecord, read: DigestedRecord) -> Iterator[str]:
    for name in _MUST_HAVE:
        if not record[name]:
            yield f"the record has no {name}"
    if record.type != "warcinfo" and not record["WARC-Target-URI"]:
        yield "the record has no WARC-Target-URI"
    if record["WARC-Block-Digest"] != read.block:
        yield f"the block's digest is {read.block}, not {record['WARC-Block-Digest'] or 'given'}"
    if record.type == "revisit":
        if record["WARC-Profile"] not in (record_writer.IDENTICAL, record_writer.NOT_MODIFIED):
            yield f"the revisit's profile is {record['WARC-Profile']!r}"
    elif record["WARC-Payload-Digest"] not in ("", read.payload):
        yield f"the payload's digest is {read.payload}, not {record['WARC-Payload-Digest']}"
    elif record.type in INDEXED_TYPES and not record["WARC-Payload-Digest"]:
        yield f"the {record.type} has no WARC-Payload-Digest"


def _check_index(archive: Path, warc: Path, name: str, expected: _IndexLines) -> Iterator[Problem]:
    path = paths.index_of(archive, warc)
    index = paths.relative(archive, path)
    if not path.exists():
        yield Problem(name, None, "it has no index yet: its run was interrupted, the next one repairs it", note=True)
        return
    lines = path.read_bytes().splitlines(keepends=True)
    if lines != sorted(lines):
        yield Problem(index, None, "its lines are not sorted bytewise")
    position = 0
    for line in lines:
        if line not in expected.offsets:
            yield Problem(index, position, f"no record matches the line {line.decode('utf-8', 'replace').strip()!r}")
        position += len(line)
    for missing in sorted(expected.needed - {expected.offsets.get(line) for line in lines}):
        yield Problem(name, missing, f"{index} does not have this record")


def _check_manifests(archive: Path, logged: Collection[str]) -> Iterator[Problem]:
    damaged: list[Problem] = []
    chain = manifest.read_chain(
        archive, lambda path, why: damaged.append(Problem(paths.relative(archive, path), None, f"it {why}"))
    )
    yield from damaged
    for path, why in manifest.newest_faults(archive, chain):
        yield Problem(paths.relative(archive, path), None, f"it {why}")
    for line in manifest.missing_decisions(archive, chain):
        yield Problem(
            paths.relative(archive, archive / paths.DECISIONS),
            None,
            f"a line that was there is missing or was changed: {line.what}",
        )
    named: set[str] = set()
    replaced = {file.path: sealed for sealed in chain if sealed.replaces is not None for file in sealed.files}
    """The last manifest that says a file was replaced, by file: what earlier ones say of it is past."""
    previous: Manifest | None = None
    for sealed in chain:
        name = paths.relative(archive, archive / paths.MANIFESTS / sealed.name)
        yield from _check_link(archive, name, sealed, previous)
        if sealed.facts.get(manifest.LATE):
            yield Problem(name, None, f"its run had no manifest: written on {sealed.created:%Y-%m-%d}", note=True)
        for file in sealed.files:
            named.add(file.path)
            later = replaced.get(file.path, sealed)
            if later.sequence <= sealed.sequence:
                yield from _check_file(archive, name, file)
            if later is sealed and sealed.replaces is not None:
                yield Problem(file.path, None, f"replaced on {sealed.created:%Y-%m-%d}: {sealed.replaces}", note=True)
        previous = sealed
    indexes = sorted((archive / paths.INDEXES).glob(f"*{paths.INDEX_SUFFIX}"))
    for path in (*paths.warc_files(archive), *indexes):
        name = paths.relative(archive, path)
        if name in named:
            continue
        if name in logged and paths.index_of(archive, paths.located(archive, name)).exists():
            yield Problem(name, None, "no manifest names it, though its run has ended: its manifest is missing")
        else:
            yield Problem(name, None, "no manifest names it: its run did not end", note=True)


def _check_link(archive: Path, path: str, sealed: Manifest, previous: Manifest | None) -> Iterator[Problem]:
    if not paths.located(archive, path).exists():
        yield Problem(path, None, "the manifest has another file name than it says")
    if previous is None:
        if sealed.previous is not None or sealed.sequence != 1:
            yield Problem(path, None, "the manifests before it are missing")
        return
    if sealed.previous is None or sealed.previous.name != previous.name or sealed.sequence != previous.sequence + 1:
        yield Problem(
            path, None, f"it does not follow {previous.name}: a manifest is missing, or two were written at once"
        )
    elif sealed.previous.sha256 != manifest.sha256_of(archive / paths.MANIFESTS / previous.name):
        before = paths.relative(archive, archive / paths.MANIFESTS / previous.name)
        yield Problem(before, None, f"it was changed after {sealed.name} sealed it")


def _check_file(archive: Path, path: str, file: manifest.SealedFile) -> Iterator[Problem]:
    try:
        size = paths.located(archive, file.path).stat().st_size
        if size != file.size:
            yield Problem(file.path, None, f"it has {size:,} bytes, {path} says {file.size:,}")
        elif manifest.sha256_of(paths.located(archive, file.path)) != file.sha256:
            yield Problem(file.path, None, f"its SHA-256 is not the one in {path}")
    except FileNotFoundError:
        yield Problem(file.path, None, f"it is missing; {path} names it")
    except OSError as error:
        yield Problem(file.path, None, f"cannot be read: {error.strerror}")
