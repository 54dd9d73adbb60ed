"""Reading WARC files strictly: one gzip member a record, every length and line end as the standard wants.

warcio's own iterator is lenient where an archive must not be: it passes over a torn
last record (warcio issue 138) and prints what it thinks is wrong.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING, TypeVar

from linkarchive.snapshot import cdxj
from linkarchive.snapshot.gzip_member import GzipMember, member_starts
from linkarchive.snapshot.request_body import RequestBody, request_body

if TYPE_CHECKING:
    from warcio.statusandheaders import StatusAndHeaders

_CHUNK = 32 * 1024


class BadRecordError(Exception):
    """A record that is not as it must be."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the archive that is not as it must be; a `note` needs no repair."""

    file: str
    offset: int | None
    message: str
    note: bool = False


@dataclass(frozen=True, slots=True)
class HttpHead:
    """The first line and the fields of an HTTP message, in latin-1 text, as stored."""

    first_line: str
    fields: tuple[tuple[str, str], ...]

    @property
    def status(self) -> int:
        """The status code of a response; 0 if the line has none."""
        parts = self.first_line.split(" ", 2)
        return int(parts[1]) if len(parts) > 1 and re.fullmatch("[0-9]{3}", parts[1]) else 0

    def get(self, name: str) -> str:
        """The first field of this name (lower case); "" when absent."""
        return next((value for field, value in self.fields if field.lower() == name), "")

    @property
    def header_map(self) -> dict[str, str]:
        """As `Exchange.header_map`: names in lower case, repeated fields joined with ", "."""
        joined: dict[str, str] = {}
        for name, value in self.fields:
            key = name.lower()
            joined[key] = f"{joined[key]}, {value}" if key in joined else value
        return joined


def claimed_head(content_type: str) -> HttpHead:
    """What the file of a page without an HTTP head is taken for: an answer with status 200."""
    return HttpHead("HTTP/1.1 200 OK", (("Content-Type", content_type),))


def read_http_head(block: IO[bytes], seen: Callable[[bytes], object] = len) -> HttpHead:
    """The head of the HTTP message that a block starts with, read up to its payload; its bytes also go to `seen`."""
    first_line = ""
    fields: list[tuple[str, str]] = []
    for number, line in enumerate(iter(block.readline, b"")):
        seen(line)
        text = line.decode("latin-1").rstrip("\r\n")
        if number == 0:
            first_line = text
        elif not text:
            break
        else:
            name, _, value = text.partition(":")
            fields.append((name.rstrip(" \t"), value.strip(" \t")))
    return HttpHead(first_line, tuple(fields))


class StoredRecord:
    """A record as it stands in a file: its header fields, and its block to read once, in order."""

    def __init__(self, file: IO[bytes], offset: int) -> None:
        # Imported late: most runs read no record.
        from warcio.limitreader import LimitReader

        self.offset = offset
        self._member = GzipMember(file, offset, partial(BadRecordError, offset))
        self._stream = io.BufferedReader(self._member, _CHUNK)
        self.headers = self._read_headers()
        length = self.headers.get_header("Content-Length", "")
        if not re.fullmatch("[0-9]{1,18}", length):
            raise BadRecordError(offset, f"Content-Length is {length!r}")
        self.block: IO[bytes] = LimitReader(self._stream, int(length))

    def _read_headers(self) -> StatusAndHeaders:
        from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

        try:
            return StatusAndHeadersParser(["WARC/1.1"]).parse(self._stream)
        except (EOFError, StatusAndHeadersParserException) as error:
            raise BadRecordError(self.offset, "no WARC/1.1 record starts here") from error

    def __getitem__(self, name: str) -> str:
        """A field of the record; "" when absent."""
        return str(self.headers.get_header(name, ""))

    def all(self, name: str) -> list[str]:
        """The values of a field that may repeat."""
        return [value for field, value in self.headers.headers if field.lower() == name.lower()]

    @property
    def type(self) -> str:
        return self["WARC-Type"]

    def http_head(self, seen: Callable[[bytes], object] = len) -> HttpHead:
        """The head of the HTTP message that the block starts with; the payload follows in `block`. Its bytes also go to
        `seen`, for a digest. A `resource` has none: it stands for an answer with status 200."""
        if self.type == "resource":
            return claimed_head(self["Content-Type"])
        return read_http_head(self.block, seen)

    def finish(self) -> int:
        """Read what is left, and check how the record ends. Returns the length of its gzip member in bytes."""
        while self.block.read(_CHUNK):
            pass
        end = self._stream.read(5)
        if end[:4] != b"\r\n\r\n":
            raise BadRecordError(self.offset, "the record does not end where its Content-Length says")
        if len(end) > 4 or self._member.end is None:
            raise BadRecordError(self.offset, "the gzip member goes on after its record")
        return self._member.end - self.offset


_T = TypeVar("_T")


def walk(
    file: IO[bytes], read: Callable[[StoredRecord], _T], start: int = 0
) -> Iterator[tuple[StoredRecord, _T, int] | BadRecordError]:
    """Every record from a place in a file on, with what `read` makes of it and its length in bytes. Damage is given in
    its place; after it, it goes on with the next whole record."""
    offset: int | None = start
    end = file.seek(0, io.SEEK_END)
    while offset is not None and offset < end:
        try:
            record = StoredRecord(file, offset)
            value = read(record)
            length = record.finish()
        except BadRecordError as error:
            yield error
            offset = _next_record(file, offset + 1)
        else:
            yield record, value, length
            offset += length


def _next_record(file: IO[bytes], start: int) -> int | None:
    """Where the next whole record starts, at `start` or later; None when there is none."""
    for offset in member_starts(file, start):
        with suppress(BadRecordError):
            StoredRecord(file, offset).finish()
            return offset
    return None


def sent(head: HttpHead, payload: bytes) -> RequestBody | None:
    """What a stored request says beside its address; None for a GET."""
    return request_body(head.first_line.partition(" ")[0], head.get("content-type"), payload)


def index_line(
    record: StoredRecord, head: HttpHead, length: int, filename: str, body: RequestBody | None = None
) -> bytes:
    """The CDXJ line of a record of the `INDEXED_TYPES`, `body` as its request says."""
    return cdxj.line(
        url=record["WARC-Target-URI"],
        date=record["WARC-Date"],
        mime=cdxj.REVISIT_MIME if record.type == "revisit" else head.get("content-type"),
        status=head.status,
        digest=record["WARC-Payload-Digest"],
        offset=record.offset,
        length=length,
        filename=filename,
        body=body,
    )
