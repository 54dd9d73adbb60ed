"""What a visit is made of: requests, exchanges and their bodies. No network here."""

from __future__ import annotations

import base64
import hashlib
import io
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import IO

from msgspec import Struct

from linkarchive.model import Failure, Hop

SPOOL_AT = 256 * 1024
"""Bytes of a body kept in memory; a longer one goes to an unnamed temporary file."""

_CHUNK = 64 * 1024
_CLOSED = io.BytesIO()
_CLOSED.close()


class Body:
    """The bytes of one message body, without transfer-coding, with their content-coding.

    Written once while it arrives, then only read. A short one stays as the pieces that came; the digest is
    computed when it is asked for, that of a long one on the way. Closed, it raises ValueError when read.
    """

    __slots__ = ("_digest", "_file", "_pieces", "_sha1", "length")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._sha1: hashlib._Hash | None = None
        self._digest = ""
        self.length = 0

    def write(self, data: bytes) -> None:
        self.length += len(data)
        if self._file is not None and self._sha1 is not None:
            self._file.write(data)
            self._sha1.update(data)
            return
        self._pieces.append(data)
        if self.length > SPOOL_AT:
            self._spool()

    @property
    def digest(self) -> str:
        """`sha1:` and base32, as in WARC and the Wayback Machine's index."""
        if not self._digest:
            sha1 = self._sha1 or hashlib.sha1(self.read(), usedforsecurity=False)
            self._digest = "sha1:" + base64.b32encode(sha1.digest()).decode("ascii")
        return self._digest

    def chunks(self) -> Iterator[bytes]:
        if self._file is None:
            yield from self._pieces
            return
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK):
            yield chunk

    def read(self) -> bytes:
        if self._file is not None:
            self._file.seek(0)
            return self._file.read()
        if len(self._pieces) != 1:
            self._pieces = [b"".join(self._pieces)]
        return self._pieces[0]

    def open(self) -> IO[bytes]:
        """The bytes as a file at its start; owned by the body, do not close it."""
        if self._file is None:
            return io.BytesIO(self.read())
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        file, self._file, self._pieces = self._file, _CLOSED, []
        if file is not None:
            file.close()

    def _spool(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        for piece in self._pieces:
            self._file.write(piece)
            self._sha1.update(piece)
        self._pieces = []

    @classmethod
    def of(cls, data: bytes) -> Body:
        body = cls()
        body.write(data)
        return body


class Exchange(Struct, frozen=True):
    """One request and its response, as sent and received."""

    url: str
    request_headers: tuple[tuple[str, str], ...]
    """As sent, without Authorization and cookie values (they never reach a WARC)."""
    started: datetime
    ip: str | None
    """Of the peer; None behind a proxy."""
    status: int
    status_line: str
    """After the version: "200 OK"."""
    headers: tuple[tuple[str, str], ...]
    """As received (latin-1 text), order and spelling kept."""
    body: Body
    truncated: str | None = None
    """Why the body is cut: "length", "time" or "disconnect" (the reasons of WARC-Truncated); None when whole."""
    method: str = "GET"
    payload: bytes = b""
    """Of the request."""
    version: str = "HTTP/1.1"
    """Of the response. One that came by HTTP/2 or 3, which have no status line, is kept as HTTP/1.1."""

    @property
    def header_map(self) -> Mapping[str, str]:
        """Names in lower case, repeated fields joined with ", "."""
        joined: dict[str, str] = {}
        for name, value in self.headers:
            key = name.lower()
            joined[key] = f"{joined[key]}, {value}" if key in joined else value
        return joined


class VisitRequest(Struct, frozen=True):
    """One source to visit. Validators are the server's own, byte for byte (latin-1 text)."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    """Header fields beside our own, or in place of those of the same name; latin-1 text."""


class Visit(Struct, frozen=True):
    """One attempt to see a source: the chain of exchanges of the last try, or the failure, or both. With a failure the
    exchanges before it are those that did succeed (the redirects that led to a refused address, say)."""

    request: VisitRequest
    time: datetime
    """When the first exchange of the chain started; one WARC-Date for all of it."""
    exchanges: tuple[Exchange, ...]
    failure: Failure | None = None
    tries: int = 1
    fragment: str = ""
    """Of the last `Location` that had one."""

    @property
    def final(self) -> Exchange | None:
        """The exchange that holds the page; None when the visit failed."""
        return self.exchanges[-1] if self.exchanges and self.failure is None else None

    @property
    def not_modified(self) -> bool:
        """The page is that of the validators that were sent; any other 304 says nothing (RFC 9110 §15.4.5)."""
        if len(self.exchanges) != 1 or self.exchanges[0].status != 304 or self.failure is not None:
            return False
        return self.request.etag is not None or self.request.last_modified is not None

    @property
    def hops(self) -> tuple[Hop, ...]:
        """The redirects before the final response (before the failure: all of the chain)."""
        chain = self.exchanges if self.final is None else self.exchanges[:-1]
        return tuple(Hop(exchange.url, exchange.status) for exchange in chain)

    @property
    def connected(self) -> bool:
        """Some host answered during this visit."""
        return bool(self.exchanges) or (self.failure is not None and self.failure.connected)

    def close(self) -> None:
        for exchange in self.exchanges:
            exchange.body.close()
