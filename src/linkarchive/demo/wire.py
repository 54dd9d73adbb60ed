"""HTTP/1.1 as the demo web speaks it: requests read, replies written, nothing about what they say."""

from __future__ import annotations

import asyncio
import gzip
import http
import socket
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

_MOST_SENT = 1 << 20
"""Bytes of a request's body that are read."""


class Epoch(StrEnum):
    """The two days on which the demo web can be seen."""

    PUBLICATION = "publication"
    YEAR_LATER = "year-later"


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request as it came in; names of headers in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Request:
    """What a site is asked."""

    url: str
    parts: SplitResult
    headers: Mapping[str, str]
    epoch: Epoch
    nth: int
    """1 for the first request of this URL in the present epoch."""
    method: str = "GET"
    body: bytes = b""

    @property
    def host(self) -> str:
        return self.parts.hostname or ""

    @property
    def path(self) -> str:
        return self.parts.path or "/"

    @property
    def later(self) -> bool:
        return self.epoch is Epoch.YEAR_LATER


@dataclass(frozen=True, slots=True)
class Response:
    """An ordinary answer. A 200 with a validator becomes a 304 for a client that has this very version."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    chunked: bool = False
    compress: bool = False
    """gzip, when the client accepts it."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Raw bytes, head included, written as fast as the client reads them; then the connection ends."""

    chunks: Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True)
class Silence:
    """The request is read and never answered."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset (RST) instead of an answer."""


Reply = Response | Stream | Silence | Reset
Site = Callable[[Request], Reply]


def redirect(location: str, status: int = 302) -> Response:
    body = f'<html><body>This page is at <a href="{location}">{location}</a>.</body></html>'
    return Response(body.encode(), status, headers=(("Location", location),))


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """The next request of the connection; None when the client is done or does not speak HTTP."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return None
    lines = raw.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3:
        return None
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.lower()] = value.strip()
    length = headers.get("content-length", "")
    if not length.isdigit() or int(length) > _MOST_SENT:
        return Head(words[0], words[1], headers)
    try:
        return Head(words[0], words[1], headers, await reader.readexactly(int(length)))
    except asyncio.IncompleteReadError:
        return None


def request_of(head: Head, url: str, epoch: Epoch, nth: int) -> Request:
    return Request(url, urlsplit(url), head.headers, epoch, nth, head.method, head.body)


async def write_reply(
    reply: Reply, headers: Mapping[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """Send it; True when the connection can carry another request."""
    match reply:
        case Response():
            keep = headers.get("connection", "").lower() != "close"
            writer.write(serialise(reply, headers, keep))
            await writer.drain()
            return keep
        case Stream():
            async for chunk in reply.chunks():
                writer.write(chunk)
                await writer.drain()
        case Silence():
            await reader.read(1)  # until the client gives up
        case Reset():
            peer: socket.socket = writer.get_extra_info("socket")
            # Linger on, for 0 seconds: close() then sends RST instead of FIN (socket(7)).
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
    return False


def serialise(response: Response, asked: Mapping[str, str], keep: bool = True) -> bytes:
    """The bytes of a response to a request with the given headers."""
    status, body = response.status, response.body
    fields = [("Date", formatdate(usegmt=True)), ("Server", "harbour/1.0"), *response.headers]
    if not keep:
        fields.append(("Connection", "close"))
    if status == 200 and _has_it(response.headers, asked):
        return _head(304, fields)
    if response.content_type:
        fields.append(("Content-Type", response.content_type))
    if response.compress and "gzip" in asked.get("accept-encoding", ""):
        body = gzip.compress(body, compresslevel=1, mtime=0)
        fields += [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
    if response.chunked:
        fields.append(("Transfer-Encoding", "chunked"))
        return _head(status, fields) + _chunk(body)
    fields.append(("Content-Length", str(len(body))))
    return _head(status, fields) + body


def _has_it(own: tuple[tuple[str, str], ...], asked: Mapping[str, str]) -> bool:
    """RFC 9110 §13.2.2: If-None-Match counts alone when it is given."""
    validators = {name.lower(): value for name, value in own}
    known = asked.get("if-none-match")
    if known is not None:
        return validators.get("etag") in [tag.strip() for tag in known.split(",")]
    since = asked.get("if-modified-since")
    return since is not None and since == validators.get("last-modified")


def _head(status: int, fields: list[tuple[str, str]]) -> bytes:
    lines = [f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in fields)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _chunk(body: bytes) -> bytes:
    """The body in chunks of at most 4 KiB, so that a client has some to join."""
    pieces = [body[start : start + 4096] for start in range(0, len(body), 4096)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
