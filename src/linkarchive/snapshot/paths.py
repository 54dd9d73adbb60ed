"""Where the files of the archive are, and how they are written so that a power cut leaves the old or the new."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from linkarchive.errors import StorageError

WARCS = "archive/warc"
INDEXES = "archive/indexes"
MANIFESTS = "archive/manifests"
FORGETTING = "archive/forgetting.json"
"""What an `archive forget` has begun to do; there only until it has done it."""

WARC_SUFFIX = ".warc.gz"
INDEX_SUFFIX = ".cdxj"
JOURNAL_SUFFIX = ".cdxj.part"
TEMPORARY_SUFFIX = ".tmp"

_WORDS = {
    errno.ENOSPC: "the disk is full; free some space, then run again",
    errno.EDQUOT: "the disk quota is used up; free some space, then run again",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "permission denied; the folder must be writable for this user",
    errno.EPERM: "permission denied; the folder must be writable for this user",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n) or lower --concurrency",
    errno.ENOENT: "the file is not there",
}


def warc_name(run_id: str, number: int) -> str:
    return f"{run_id}-{number:05d}{WARC_SUFFIX}"


def run_of(warc: Path) -> str:
    """The run that wrote a WARC file, by its name."""
    return warc.name.removesuffix(WARC_SUFFIX).rpartition("-")[0]


def index_of(root: Path, warc: Path) -> Path:
    """The CDXJ file of a WARC file, there or not."""
    return root / INDEXES / (warc.name.removesuffix(WARC_SUFFIX) + INDEX_SUFFIX)


def journal_of(root: Path, warc: Path) -> Path:
    """The index lines of a WARC file that is being written."""
    return root / INDEXES / (warc.name.removesuffix(WARC_SUFFIX) + JOURNAL_SUFFIX)


def warc_files(root: Path) -> list[Path]:
    """All WARC files by name (runs by id, then number)."""
    return sorted((root / WARCS).glob(f"*{WARC_SUFFIX}"))


def run_files(root: Path, run_id: str) -> tuple[Path, ...]:
    """The finished files of a run, WARC and index by turns: what its manifest names."""
    pairs = ((warc, index_of(root, warc)) for warc in warc_files(root) if run_of(warc) == run_id)
    return tuple(path for warc, index in pairs if index.exists() for path in (warc, index))


def leftovers(root: Path) -> Iterator[Path]:
    """Files that only an interrupted write leaves behind."""
    yield from sorted((root / INDEXES).glob(f"*{JOURNAL_SUFFIX}"))
    for folder in ("archive", WARCS, INDEXES, MANIFESTS, "archive/reports/*"):
        yield from sorted(root.glob(f"{folder}/*{TEMPORARY_SUFFIX}"))


def relative(root: Path, path: Path) -> str:
    """The path from the project folder, as records and manifests name it."""
    return path.relative_to(root).as_posix()


def storage_error(path: Path | str, error: OSError, doing: str = "cannot be written") -> StorageError:
    """What the disk refused, in words."""
    words = _WORDS.get(error.errno or 0) or error.strerror or str(error)
    return StorageError(f"{path} {doing}: {words}")


def temporary(path: Path) -> Path:
    """What a file is called until it is whole."""
    return path.with_name(path.name + TEMPORARY_SUFFIX)


def write_atomically(path: Path, data: bytes | Iterable[bytes]) -> None:
    """The file, given whole or in pieces, appears whole and durable, or not at all; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = temporary(path)
    try:
        with new.open("wb") as file:
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
