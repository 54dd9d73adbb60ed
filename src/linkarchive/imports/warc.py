"""WARC files of other programs, 1.0 and 1.1, plain or gzipped in one member a record or all in one.

Nothing is held but one record. What is damaged costs itself: reading goes on with the next record
that starts after it. warcio's reader stops at the first fault, and reads header lines without end.
"""

from __future__ import annotations

import io
import re
from datetime import datetime
from typing import IO, Any

from linkarchive.imports.record import ForeignRecord, Records, RecordType, is_possible, read_time, web_address
from linkarchive.imports.warc_record import VERSION, DamageError, OpenRecord, read_line, version_line
from linkarchive.snapshot.gzip_member import MAGIC, GzipMember, member_starts
from linkarchive.snapshot.record_reader import Problem, claimed_head

_CHUNK = 64 * 1024
_EXPANSION, _ALLOWANCE = 200, 256 * 1024 * 1024
"""A file that unpacks to more than so many times its size, and so many bytes, is a bomb."""
_MOST_FAULTS = 1000
"""After so many faults a file is given up: looking for the next record costs a search each time."""


class _BombError(DamageError):
    """The file unpacks to far more than any archive does."""


class _Budget:
    """The bytes that a file may unpack to."""

    def __init__(self, size: int) -> None:
        self._left = size * _EXPANSION + _ALLOWANCE

    def take(self, length: int) -> None:
        self._left -= length
        if self._left < 0:
            raise _BombError("the file unpacks to far more than its size: the rest of it was not read")


class _Member(GzipMember):
    """A gzip member whose unpacked bytes are taken from a budget."""

    def __init__(self, file: IO[bytes], offset: int, budget: _Budget) -> None:
        super().__init__(file, offset, DamageError)
        self._budget = budget

    def readinto(self, buffer: Any) -> int:
        length = super().readinto(buffer)
        self._budget.take(length)
        return length


def read_warc(file: IO[bytes], size: int, name: str, now: datetime, *, only_digested: bool = False) -> Records:
    """The records of pages in a seekable file of `size` bytes, in their order; what is damaged, as Problems.

    Requests, metadata, and records of other protocols are passed over. With `only_digested` so are
    records without a digest: of a file that is known to have been changed. Raises OSError.
    """
    faults = 0
    for item in _File(file, size, name, now, only_digested).read():
        yield item
        faults += isinstance(item, Problem)
        if faults >= _MOST_FAULTS:
            yield Problem(name, None, f"{faults} faults: the rest of it was not read")
            return


class _File:
    def __init__(self, file: IO[bytes], size: int, name: str, now: datetime, only_digested: bool) -> None:
        self._file = file
        self._size = size
        self._name = name
        self._now = now
        self._only_digested = only_digested
        self._budget = _Budget(size)
        self._start = 0
        """Where the present record of a plain file starts."""
        self._count = 0
        """Records of the present gzip member."""

    def read(self) -> Records:
        self._file.seek(0)
        start = self._file.read(4)
        try:
            if start[:3] == MAGIC:
                yield from self._members()
            elif start == b"\x28\xb5\x2f\xfd":
                yield self._problem(0, "it is packed with Zstandard; unpack it first (zstd -d)")
            else:
                yield from self._plain()
        except _BombError as error:
            yield self._problem(None, str(error))

    def _members(self) -> Records:
        offset: int | None = 0
        while offset is not None:
            start = offset
            member = _Member(self._file, start, self._budget)
            stream = io.BufferedReader(member, _CHUNK)
            self._count, line = 0, b""
            try:
                while True:
                    try:
                        yield from self._records(stream, start, line)
                        break
                    except _BombError:
                        raise
                    except DamageError as error:
                        # All records are in one member: what follows may be whole.
                        line = version_line(stream) if self._count > 1 else b""
                        if not line:
                            raise
                        yield self._problem(start, str(error))
                end = member.end
                offset = self._next_member(end) if end is not None else None
                if end is not None and end != offset and (offset is not None or end < self._size):
                    yield self._problem(end, "no gzip member starts here")
            except _BombError:
                raise
            except DamageError as error:
                yield self._problem(start, str(error))
                offset = self._next_member(start + 1)

    def _next_member(self, start: int) -> int | None:
        """Where the next gzip member that holds a record starts, at `start` or later; None when there is none."""
        for offset in member_starts(self._file, start):
            try:
                stream = io.BufferedReader(_Member(self._file, offset, self._budget), 1024)
                if VERSION.match(stream.read(16).lstrip()):
                    return offset
            except _BombError:
                raise
            except DamageError:
                pass
        return None

    def _plain(self) -> Records:
        offset: int | None = 0
        while offset is not None:
            self._file.seek(offset)
            try:
                yield from self._records(self._file, None)
                return
            except DamageError as error:
                yield self._problem(self._start, str(error))
                offset = self._next_version(max(self._start + 1, offset + 1))

    def _next_version(self, start: int) -> int | None:
        """Where the next line that may start a record is, in a plain file."""
        while True:
            self._file.seek(start)
            data = self._file.read(_CHUNK)
            match = re.search(rb"\nWARC/1\.[01]\s*\r?\n", data)
            if match is not None:
                return start + match.start() + 1
            if len(data) < _CHUNK:
                return None
            start += len(data) - 32

    def _records(self, stream: IO[bytes], member: int | None, line: bytes = b"") -> Records:
        """The records of a stream; `member` is the offset of its gzip member, None for a plain file. `line` is the
        first line, where it was read already."""
        while True:
            line = line or read_line(stream)
            if not line:
                return
            if line.strip():
                offset = member
                if offset is None:
                    offset = self._start = stream.tell() - len(line)
                if not VERSION.fullmatch(line):
                    raise DamageError("no WARC record starts here")
                self._count += 1
                record = OpenRecord(stream)
                item = self._item(record, offset)
                if item is not None:
                    yield item
                record.finish()
            line = b""

    def _item(self, record: OpenRecord, offset: int) -> ForeignRecord | Problem | None:
        """The record, if it is that of a page; what is wrong with it otherwise."""
        header = record.header
        kind = header.get("warc-type", "").lower()
        url, time = web_address(header.get("warc-target-uri", "")), read_time(header.get("warc-date", ""))
        if kind not in ("response", "revisit", "resource") or url is None:
            return None
        if time is None or not is_possible(time, self._now):
            return self._problem(offset, f"its WARC-Date {header.get('warc-date', '')[:40]!r} cannot be")
        if self._only_digested and not record.has_digest:
            return self._problem(offset, "it has no digest, and the file is not what its list says")
        record_type = RecordType(kind)
        if record_type is RecordType.RESOURCE:
            record.http = claimed_head(header.get("content-type", ""))
        elif header.get("content-type", "").lower().startswith("application/http"):
            record.read_http_head()
            if not record.http.status:
                return self._problem(offset, "it does not start with the head of an HTTP response")
        elif record_type is RecordType.RESPONSE or record.length:
            return None  # of another protocol; a revisit may leave out its block
        return ForeignRecord(record_type, (url,), time, record.fields, record.http, self._name, offset, record.load)

    def _problem(self, offset: int | None, message: str) -> Problem:
        return Problem(self._name, offset, message)
