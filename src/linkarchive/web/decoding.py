"""Content-codings: gzip, deflate, br and zstd, stacked or not, within limits."""

from __future__ import annotations

import importlib
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from isal import isal_zlib
from msgspec import Struct

from linkarchive.web.exchange import Body

ACCEPTED = "gzip"
"""What servers are asked for. They send deflate in two forms, and ReplayWeb.page reads neither from a WARC file."""
BOMB = 4
"""A body that decodes to more than this many times the limit is a decompression bomb."""

_PIECE = 64 * 1024
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_LAYERS = 3
_GZIP = ("gzip", "x-gzip")
_KNOWN = frozenset({*_GZIP, "deflate", "br", "zstd"})
_MAGIC = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")

_Stream: TypeAlias = "zlib._Decompress | isal_zlib.Decompress"
_Inflater = Callable[[int], _Stream]
# igzip undoes a page in less than half of zlib's time (65 KB of HTML: 0.04 ms for 0.11) and reads what zlib reads;
# of the first 16 KB zlib has half the cost (0.015 ms for 0.035, 2026-11-23).
_OF_PAGES: _Inflater = isal_zlib.decompressobj
_OF_STARTS: _Inflater = zlib.decompressobj


class Decoded(Struct, frozen=True):
    """A body without its content-coding."""

    data: bytes
    """At most `limit` bytes; of a broken body what could be read."""
    truncated: bool = False
    """There was more: beyond the limit, or behind the damage."""
    bomb: bool = False
    """It decodes to more than `BOMB` times the limit; `data` is empty."""
    trouble: str | None = None
    """In words: why it could not be decoded to its end."""


class _Unreadable(Exception):
    """The coding's own syntax is broken."""


def decode(body: Body, headers: Mapping[str, str], limit: int) -> Decoded:
    """The body without content-coding, at most `limit` bytes (memory stays within a small multiple of it).

    `headers` with names in lower case. A coding that is not known is none (WHATWG Fetch: the bytes are taken as
    they are), and so is the name of a coding before a plain body. Decoding goes on past the limit without keeping
    anything, until the end or until it is clear that the body is a bomb.
    """
    codings = _codings(headers)
    if not codings:
        data = _start(body, limit)
        return Decoded(data, truncated=body.length > len(data))
    kept = bytearray()
    total = 0
    try:
        for piece in _decoded(body.chunks(), codings, _OF_PAGES):
            if total < limit:
                kept += piece[: limit - total]
            total += len(piece)
            if total > BOMB * limit:
                return Decoded(b"", bomb=True, trouble=f"{body.length} bytes decode to more than {total}")
    except _Unreadable as error:
        start = _start(body, limit)
        if (total == 0 and not start.startswith(_MAGIC)) or is_plain(start):
            return Decoded(start, truncated=body.length > limit)
        return Decoded(bytes(kept), truncated=True, trouble=str(error))
    return Decoded(bytes(kept), truncated=total > limit)


def decode_start(body: Body, headers: Mapping[str, str], length: int) -> bytes:
    """The first `length` bytes of the decoded body, or fewer where they cannot be had."""
    codings = _codings(headers)
    if not codings:
        return _start(body, length)
    start = bytearray()
    try:
        for piece in _decoded(body.chunks(), codings, _OF_STARTS, length):
            start += piece
            if len(start) >= length:
                break
    except _Unreadable:
        if not start:
            return _start(body, length)
    return bytes(start[:length])


def is_plain(data: bytes) -> bool:
    """It looks like text: none of the bytes that no text has, and compressed data has at once."""
    return bool(data) and not _CONTROL.search(data[:1024])


def _start(body: Body, length: int) -> bytes:
    return body.read() if body.length <= length else body.open().read(length)


def _codings(headers: Mapping[str, str]) -> list[str]:
    value = headers.get("content-encoding")
    if not value:
        return []
    codings = [coding.strip().lower() for coding in value.split(",")]
    return [coding for coding in codings if coding in _KNOWN]


def _decoded(pieces: Iterator[bytes], codings: list[str], inflater: _Inflater, step: int = _PIECE) -> Iterable[bytes]:
    """Undo the codings, the last applied first."""
    if len(codings) > _MOST_LAYERS:
        raise _Unreadable(f"{len(codings)} content-codings on top of each other")
    for coding in reversed(codings):
        if coding in _GZIP:
            pieces = _gunzipped(pieces, inflater, step)
        elif coding == "deflate":
            pieces = _inflated(pieces, inflater, step)
        elif coding == "br":
            pieces = _from_brotli(pieces, step)
        else:
            pieces = _from_zstd(pieces, step)
    return pieces


def _gunzipped(pieces: Iterator[bytes], inflater: _Inflater, step: int) -> Iterator[bytes]:
    """gzip with any number of members; zero bytes and junk after a member end the stream, as browsers have it."""
    stream = inflater(16 + zlib.MAX_WBITS)
    begun = False
    for piece in pieces:
        while piece:
            if stream.eof:
                if not piece.startswith(b"\x1f"):
                    return
                stream = inflater(16 + zlib.MAX_WBITS)
            yield from _drained(stream, piece, step)
            begun = True
            piece = stream.unused_data
    if begun and not stream.eof:
        raise _Unreadable("the gzip stream ends early")


def _inflated(pieces: Iterator[bytes], inflater: _Inflater, step: int) -> Iterator[bytes]:
    """deflate means zlib (RFC 9110 §8.4.1.2); some servers send it raw, and browsers accept both."""
    stream = None
    for piece in pieces:
        if stream is None and piece:
            is_zlib = len(piece) > 1 and piece[0] & 0x0F == 8 and (piece[0] << 8 | piece[1]) % 31 == 0
            stream = inflater(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
        if stream is not None and not stream.eof:
            yield from _drained(stream, piece, step)
    if stream is not None and not stream.eof:
        raise _Unreadable("the deflate stream ends early")


def _from_brotli(pieces: Iterator[bytes], step: int) -> Iterator[bytes]:
    """RFC 7932. It was not asked for, and comes all the same."""
    import brotli

    stream = brotli.Decompressor()
    for piece in pieces:
        while True:
            try:
                out = stream.process(piece, output_buffer_limit=step)
            except brotli.error:
                raise _Unreadable("the br stream is broken") from None
            if out:
                yield out
            piece = b""
            if stream.is_finished():
                return
            if not out and stream.can_accept_more_data():
                break
    raise _Unreadable("the br stream ends early")


def _from_zstd(pieces: Iterator[bytes], step: int) -> Iterator[bytes]:
    """RFC 8878, any number of frames."""
    zstd: Any = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    stream = zstd.ZstdDecompressor()
    begun = False
    for piece in pieces:
        while piece or not (stream.eof or stream.needs_input):
            if stream.eof:
                stream = zstd.ZstdDecompressor()
            try:
                out = stream.decompress(piece, step)
            except zstd.ZstdError:
                raise _Unreadable("the zstd stream is broken") from None
            if out:
                yield out
            begun = True
            piece = stream.unused_data if stream.eof else b""
    if begun and not stream.eof:
        raise _Unreadable("the zstd stream ends early")


def _drained(stream: _Stream, piece: bytes, step: int) -> Iterator[bytes]:
    """All that a piece decodes to, `step` bytes at a time, so that a bomb never unfolds in memory."""
    while True:
        try:
            out = stream.decompress(piece, step)
        except (zlib.error, isal_zlib.error) as error:  # type: ignore[misc] # isal's stub types its class as an instance
            raise _Unreadable(f"the compressed body is broken ({error})") from None
        if out:
            yield out
        piece = stream.unconsumed_tail
        if stream.eof or (not piece and len(out) < step):
            return
