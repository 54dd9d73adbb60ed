"""Which reader a file or folder is for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from linkarchive.errors import UsageError
from linkarchive.imports import archivebox, mirror, singlefile
from linkarchive.imports.record import Records
from linkarchive.imports.wacz import is_wacz, read_wacz
from linkarchive.imports.warc import read_warc
from linkarchive.snapshot.record_reader import Problem

_FORMATS = "WARC and WACZ files, ArchiveBox folders, pages saved with SingleFile, and folders of wget --mirror"
_START = 64 * 1024
_GZIP = b"\x1f\x8b\x08"
_ZIP = b"PK\x03\x04"


def check_readable(path: Path) -> None:
    """Raises UsageError for what is no file or folder, or nothing that can be imported."""
    try:
        known = next(_parts(path), None) if path.is_dir() else _kind(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    if known is None:
        raise UsageError(f"{path}: nothing that can be imported; `archive import` takes {_FORMATS}")


def read(path: Path, now: datetime) -> Records:
    """The records of all that a file or folder holds; what cannot be read, as Problems."""
    parts = _parts(path) if path.is_dir() else iter([path])
    while True:
        try:
            part = next(parts)
        except StopIteration:
            return
        except OSError as error:
            yield Problem(str(path), None, f"it cannot be read: {error.strerror}")
            return
        try:
            yield from _read(part, str(part), now)
        except OSError as error:
            yield Problem(str(part), None, f"it cannot be read: {error.strerror}")


def _read(path: Path, name: str, now: datetime) -> Records:
    if path.is_dir():
        snapshot = (path / archivebox.INDEX).is_file() and path in archivebox.snapshots(path)
        yield from archivebox.read_snapshot(path, name, now) if snapshot else mirror.read_host(path, name, now)
        return
    kind = _kind(path)
    if kind == "wacz":
        yield from read_wacz(path, name, now)
    elif kind == "singlefile":
        yield singlefile.read_singlefile(path, name, now)
    else:
        with path.open("rb") as file:
            yield from read_warc(file, os.fstat(file.fileno()).st_size, name, now)


def _kind(path: Path) -> str | None:
    """What kind of file it is, by its first bytes; None for a kind that cannot be imported."""
    with path.open("rb") as file:
        start = file.read(_START)
    if start.startswith(_ZIP):
        return "wacz" if is_wacz(path) or path.suffix == ".wacz" else None
    if start.startswith((_GZIP, b"WARC/")) or path.name.endswith((".warc", ".warc.gz")):
        return "warc"
    return "singlefile" if singlefile.is_singlefile(start) else None


def _parts(folder: Path) -> Iterator[Path]:
    """What a folder holds: ArchiveBox's snapshots; else archive files and saved pages, wherever they lie in it, and
    the hosts of a mirror."""
    snapshots = archivebox.snapshots(folder)
    if snapshots:
        yield from snapshots
        return
    hosts = mirror.hosts(folder)
    for path in mirror.walk(folder):
        if not any(path.is_relative_to(host) for host in hosts) and _is_ours(path):
            yield path
    yield from hosts


def _is_ours(path: Path) -> bool:
    if path.name.endswith((".warc", ".warc.gz", ".wacz")):
        return True
    return path.suffix.lower() in (".html", ".htm") and _kind(path) == "singlefile"
