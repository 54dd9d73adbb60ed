"""One gzip member of a file as a stream of its unpacked bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import IO, Any

from isal import isal_zlib  # igzip: several times as fast as zlib

_CHUNK = 32 * 1024
MAGIC = b"\x1f\x8b\x08"
_GZIP = 31
"""zlib's window bits for a gzip wrapper."""


def member_starts(file: IO[bytes], start: int) -> Iterator[int]:
    """The places in a file, from `start` on, where a gzip member may start."""
    while True:
        file.seek(start)
        data = file.read(_CHUNK)
        at = data.find(MAGIC)
        if at >= 0:
            yield start + at
            start += at + 1
        elif len(data) < _CHUNK:
            return
        else:
            start += len(data) - len(MAGIC) + 1


class GzipMember(io.RawIOBase):
    """The unpacked bytes of the member that starts at an offset of a seekable file. Where they cannot be unpacked,
    reading raises what `fault` makes of the reason. `end` is where the member ends; None until all of it was read."""

    def __init__(self, file: IO[bytes], offset: int, fault: Callable[[str], Exception]) -> None:
        super().__init__()
        file.seek(offset)
        self._file = file
        self._position = offset
        self._fault = fault
        self._inflate = isal_zlib.decompressobj(_GZIP)
        self.end: int | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while self.end is None:
            data = self._inflate.unconsumed_tail
            if not data:
                data = self._file.read(_CHUNK)
                self._position += len(data)
                if not data:
                    raise self._fault("the file ends inside a record")
            try:
                unpacked: bytes = self._inflate.decompress(data, len(buffer))
            except isal_zlib.error as error:  # type: ignore[misc] # isal's stub types the class as an instance
                raise self._fault(f"the gzip member is damaged: {error}") from error
            if self._inflate.eof:
                self.end = self._position - len(self._inflate.unused_data)
            if unpacked:
                buffer[: len(unpacked)] = unpacked
                return len(unpacked)
        return 0
