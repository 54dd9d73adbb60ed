"""One WARC record of another program while it is read: header, HTTP head, block, digests, end."""

from __future__ import annotations

import io
import re
from typing import IO, Any

from linkarchive.imports.digests import LabelledDigest, payload_fits
from linkarchive.imports.record import LARGEST_RECORD, Block, RecordError
from linkarchive.snapshot.record_reader import HttpHead, read_http_head
from linkarchive.web.exchange import Body

_CHUNK = 64 * 1024
_LONGEST_LINE = 64 * 1024
_LONGEST_HEADER = 256 * 1024
_LONGEST_HTTP_HEAD = 1024 * 1024

VERSION = re.compile(rb"WARC/1\.[01]\s*")
_LENGTH = re.compile(r"[0-9]{1,15}")


class DamageError(Exception):
    """The bytes cannot be read on from here."""


class _RecordBlock(io.RawIOBase):
    """The block of a record: so many bytes of the stream, read once."""

    def __init__(self, stream: IO[bytes], length: int) -> None:
        super().__init__()
        self._stream = stream
        self.left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(min(len(buffer), self.left))
        if not data and self.left and len(buffer):
            raise DamageError("the file ends inside a record")
        buffer[: len(data)] = data
        self.left -= len(data)
        return len(data)


class OpenRecord:
    """A record whose block is still to be read: its header was. Raises DamageError."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.fields = _header(stream)
        self.header = {name.lower(): value for name, value in reversed(self.fields)}
        length = self.header.get("content-length", "")
        if not _LENGTH.fullmatch(length):
            raise DamageError(f"its Content-Length is {length[:40]!r}")
        self.length = int(length)
        if self.length > LARGEST_RECORD:
            raise DamageError(f"it has {self.length:,} bytes, more than any page")
        self._block = _RecordBlock(stream, self.length)
        self._bytes = io.BufferedReader(self._block, _CHUNK)
        self._head = b""
        self.http = HttpHead("", ())
        self._ended = False

    @property
    def has_digest(self) -> bool:
        """It gives a digest that can be checked."""
        given = (self.header.get(name, "") for name in ("warc-block-digest", "warc-payload-digest"))
        return any(LabelledDigest(field).is_known for field in given)

    def read_http_head(self) -> None:
        self._head = _http_head(self._bytes)
        self.http = read_http_head(io.BytesIO(self._head))

    def load(self) -> Block:
        """The block of the record, read whole and checked against its digests. Raises RecordError."""
        expected = LabelledDigest(self.header.get("warc-block-digest", ""))
        expected.update(self._head)
        payload = Body()
        try:
            while piece := self._bytes.read(_CHUNK):
                expected.update(piece)
                payload.write(piece)
            self.finish()
            self._check(expected, payload)
        except DamageError as error:
            payload.close()
            raise RecordError(str(error)) from None
        except BaseException:
            payload.close()
            raise
        return Block(self._head, payload)

    def _check(self, expected: LabelledDigest, payload: Body) -> None:
        if not expected.fits():
            raise RecordError(f"its bytes do not have the digest {self.header['warc-block-digest'][:80]}")
        digest = self.header.get("warc-payload-digest", "")
        # The payload digest of a revisit is that of the record that it repeats.
        is_revisit = self.header.get("warc-type", "").lower() == "revisit"
        if not is_revisit and not payload_fits(digest, payload, self.http.header_map, LARGEST_RECORD):
            raise RecordError(f"its payload does not have the digest {digest[:80]}")

    def finish(self) -> None:
        """Read what is left of the block. Raises DamageError if the record does not end there."""
        while self._block.left:
            self._block.readinto(bytearray(_CHUNK))
        if not self._ended:
            self._ended = True
            if read_line(self._stream).strip() or read_line(self._stream).strip():
                raise DamageError("it does not end where its Content-Length says")


def read_line(stream: IO[bytes]) -> bytes:
    line = stream.readline(_LONGEST_LINE)
    if len(line) >= _LONGEST_LINE:
        raise DamageError("a line of its header has no end")
    return line


def version_line(stream: IO[bytes]) -> bytes:
    """The next line that starts a record; empty at the end."""
    while line := stream.readline(_LONGEST_LINE):
        if VERSION.fullmatch(line):
            return line
    return b""


def _header(stream: IO[bytes]) -> tuple[tuple[str, str], ...]:
    """The fields up to the empty line; a line that goes on with white space belongs to the one before."""
    fields: list[tuple[str, str]] = []
    size = 0
    while line := read_line(stream):
        size += len(line)
        if size > _LONGEST_HEADER:
            raise DamageError("its header has no end")
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if not text.strip():
            return tuple(fields)
        if text[0] in " \t" and fields:
            name, value = fields[-1]
            fields[-1] = (name, f"{value} {text.strip()}")
            continue
        name, colon, value = text.partition(":")
        if colon:
            fields.append((name.strip(), value.strip()))
    raise DamageError("the file ends inside a record")


def _http_head(block: IO[bytes]) -> bytes:
    """The bytes up to the empty line that ends the head, with it."""
    head = bytearray()
    while line := block.readline(_LONGEST_LINE):
        head += line
        if line in (b"\r\n", b"\n") or len(head) > _LONGEST_HTTP_HEAD:
            break
    return bytes(head)
