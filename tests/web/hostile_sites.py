"""Sites that mean harm, or behave as if: for the tests of limits."""

from __future__ import annotations

import asyncio
import functools
import struct
import zlib
from collections.abc import AsyncIterator, Mapping

from linkarchive.demo.wire import Reply, Request, Response, Site, Stream, redirect

DOMAIN = "hostile.example"
BOMB_SIZE = 1 << 30
"""Bytes that the gzip bomb decodes to; about 1 MB on the wire."""

_MIB = 1 << 20
_CRC_OF_BOMB = 0x5B64C2B0
"""zlib.crc32 of 1 GiB of zero bytes; computing it takes seconds."""
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n"
_PROSE = b"<p>The tide came in as it does every day, and nobody in the harbour wrote it down.</p>\n"

EXPECTED: Mapping[str, tuple[str, str] | None] = {
    f"http://endless.{DOMAIN}/": ("ok", "first-seen"),
    f"https://bomb.{DOMAIN}/": ("unreachable", "too-large"),
    f"http://redirects.{DOMAIN}/metadata": ("skipped", "private-address"),
    f"http://redirects.{DOMAIN}/decimal": ("skipped", "private-address"),
    f"http://redirects.{DOMAIN}/mapped": ("skipped", "private-address"),
    f"https://redirects.{DOMAIN}/localhost": ("skipped", "private-address"),
    f"http://redirects.{DOMAIN}/loop": ("unreachable", "redirect-loop"),
    f"http://redirects.{DOMAIN}/growing": ("unreachable", "redirect-loop"),
    f"http://drip.{DOMAIN}/": ("ok", "first-seen"),  # cut off in time, and judged on what came
    f"http://headers.{DOMAIN}/": None,
    f"http://bytes.{DOMAIN}/": None,
    f"http://escapes.{DOMAIN}/": ("ok", "first-seen"),
    f"https://line.{DOMAIN}/": ("ok", "first-seen"),
    f"https://nested.{DOMAIN}/": None,
}
"""Every hostile address with its verdict and reason on a first run; None: any, so long as the run lives."""


def hosts() -> dict[str, Site]:
    return {
        f"endless.{DOMAIN}": lambda request: Stream(_endless),
        f"bomb.{DOMAIN}": lambda request: Stream(_bomb),
        f"redirects.{DOMAIN}": _redirects,
        f"drip.{DOMAIN}": lambda request: Stream(_drip),
        f"headers.{DOMAIN}": lambda request: Stream(_headers),
        f"bytes.{DOMAIN}": lambda request: Stream(_bad_bytes),
        f"escapes.{DOMAIN}": _escapes,
        f"line.{DOMAIN}": lambda request: Response(_long_line()),
        f"nested.{DOMAIN}": lambda request: Response(b"<div>" * 50_000 + _PROSE * 20 + b"</div>" * 50_000),
    }


def _redirects(request: Request) -> Reply:
    if request.path.startswith("/growing"):
        return redirect(f"{request.path}/and-on")
    return redirect(
        {
            "/metadata": "http://169.254.169.254/latest/meta-data/",
            "/decimal": "http://2130706433/",
            "/mapped": "http://[::ffff:127.0.0.1]/",
            "/localhost": "http://localhost/",
            "/loop": "/pool",
        }.get(request.path, "/loop")
    )


async def _endless() -> AsyncIterator[bytes]:
    yield _OK + b"\r\n<!DOCTYPE html><title>The endless page</title><h1>The endless page</h1>\n"
    while True:
        yield _PROSE * 700


async def _bomb() -> AsyncIterator[bytes]:
    """A valid gzip member: the same flushed deflate block of 1 MiB of zeros, 1,024 times."""
    yield _OK + b"Content-Encoding: gzip\r\n\r\n" + b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = deflate.compress(bytes(_MIB)) + deflate.flush(zlib.Z_FULL_FLUSH)
    for _ in range(BOMB_SIZE // _MIB):
        yield block
    yield deflate.flush() + struct.pack("<II", _CRC_OF_BOMB, BOMB_SIZE & 0xFFFFFFFF)


async def _drip() -> AsyncIterator[bytes]:
    yield _OK + b"\r\n"
    while True:
        for byte in _PROSE:
            yield bytes((byte,))
            await asyncio.sleep(0.2)


async def _headers() -> AsyncIterator[bytes]:
    yield _OK
    for start in range(0, 100_000, 1_000):
        yield b"".join(b"X-Header-%d: %d\r\n" % (number, number) for number in range(start, start + 1_000))
    yield b"\r\n" + _PROSE * 20


async def _bad_bytes() -> AsyncIterator[bytes]:
    """Bytes that are no UTF-8 in the reason phrase, a header's name and value, the title and the text."""
    yield (
        b"HTTP/1.1 200 \xff\xfe OK\r\nContent-Type: text/html; charset=utf-8\r\nX-\xc3\x28: \x80\x81\xff\r\n"
        b'ETag: "\xe2\x28\xa1"\r\nConnection: close\r\n\r\n'
        b"<!DOCTYPE html><title>\xff\xfe broken \xc3\x28 title</title><article><h1>\xf0\x28\x8c\x28</h1>\n"
    )
    yield _PROSE.replace(b"tide", b"t\xff\xc0\xafde") * 20 + b"</article>"


def _escapes(request: Request) -> Reply:
    """A page that would like to write on the reader's terminal."""
    title = "\x1b[31mRED\x1b[2J\x1b]8;;http://evil.example\x07click\x1b]8;;\x07 \u202egnitide\u2066 \x9b5m \x07 \r over"
    body = f"<!DOCTYPE html><title>{title}</title><article><h1>{title}</h1>".encode() + _PROSE * 20 + b"</article>"
    return Response(body, headers=(("X-Title", "\x1b[31mRED\x1b[0m"),))


@functools.cache
def _long_line() -> bytes:
    line = b"The tide came in as it does every day, and nobody in the harbour wrote it down. "
    return b"<!DOCTYPE html><title>One line</title><article><p>" + line * (10 * _MIB // len(line)) + b"</p></article>"
