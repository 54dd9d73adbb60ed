"""Files written so that a power cut leaves the old or the new, lines so that they are there whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from linkarchive.errors import StorageError

TEMPORARY_SUFFIX = ".tmp"

Opener = Callable[[str, int], int]

_WORDS = {
    errno.ENOSPC: "the disk is full; free some space, then run again",
    errno.EDQUOT: "the disk quota is used up; free some space, then run again",
    errno.EFBIG: "the file would be larger than is allowed here (ulimit -f)",
    errno.EROFS: "the disk is read-only; mount it for writing, or copy the folder to another one",
    errno.EACCES: "permission denied; the folder must be writable for this user",
    errno.EPERM: "permission denied; the folder must be writable for this user",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n) or lower --concurrency",
    errno.ENOENT: "the file is not there",
}


def storage_error(path: Path | str, error: OSError, doing: str = "cannot be written") -> StorageError:
    """What the disk refused, in words."""
    words = _WORDS.get(error.errno or 0) or error.strerror or str(error)
    return StorageError(f"{path} {doing}: {words}")


@contextmanager
def storage_errors(path: Path | str, doing: str = "cannot be written") -> Iterator[None]:
    """What the disk refuses in this block is a StorageError about that file."""
    try:
        yield
    except OSError as error:
        raise storage_error(path, error, doing) from error


def temporary(path: Path) -> Path:
    """What a file is called until it is whole."""
    return path.with_name(path.name + TEMPORARY_SUFFIX)


def private(path: str, flags: int) -> int:
    """An `opener` for files that hold addresses with their secrets: nobody else reads them."""
    return os.open(path, flags, 0o600)


def write_atomically(path: Path, data: bytes | Iterable[bytes], *, opener: Opener | None = None) -> None:
    """The file, given whole or in pieces, appears whole and durable, or not at all; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = temporary(path)
    try:
        with open(new, "wb", opener=opener) as file:
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:  # whatever the pieces are made from
        new.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Make the bytes of a file durable; raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Make names that were added to or removed from a folder durable; raises OSError."""
    sync_file(folder)


def append_line(path: Path, line: bytes) -> None:
    """Add a line to a file of lines, durably, or leave the file as it was. Raises OSError.

    Whoever may append at the same time must hold a lock. Bytes without a line end at the end of the file are what
    an interruption left of a line that nobody was told is there; they are kept when they are a whole object of
    JSON, and cut off when not.
    """
    new = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        start = _end_of_lines(handle)
        data = line + b"\n"
        if start < 0:
            start, data = -start, b"\n" + data
        try:
            os.ftruncate(handle, start)
            while data:
                written = os.pwrite(handle, data, os.fstat(handle).st_size)
                data = data[written:]
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, start)
            raise
    finally:
        os.close(handle)
    if new:
        sync_folder(path.parent)


def _end_of_lines(handle: int) -> int:
    """Where the whole lines of a file end; negative when the last of them lacks its line end."""
    size = os.fstat(handle).st_size
    tail, start = b"", size
    while start and b"\n" not in tail:
        step = min(start, 65536)
        start -= step
        tail = os.pread(handle, step, start) + tail
    last = tail[tail.rfind(b"\n") + 1 :]
    if not last:
        return size
    text = last.removeprefix(b"\xef\xbb\xbf").strip()
    return -size if text.startswith(b"{") and text.endswith(b"}") else size - len(last)
