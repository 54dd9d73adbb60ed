"""WACZ files of other programs: ZIP files whose WARC members are read as they lie in them; no name is a path."""

from __future__ import annotations

import io
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec

from linkarchive.imports.digests import LabelledDigest
from linkarchive.imports.record import Records
from linkarchive.imports.warc import read_warc
from linkarchive.snapshot.record_reader import Problem
from linkarchive.snapshot.wacz_check import StoredMember, is_warc

_PACKAGE = "datapackage.json"
_LONGEST_PACKAGE = 64 * 1024 * 1024
_LARGEST_UNPACKED = 4 * 1024 * 1024 * 1024
"""Bytes of a WARC member that is packed again, against the standard: it has to be unpacked to be read."""
_CHUNK = 1024 * 1024

_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError)
"""What `zipfile` raises for a member that is damaged, encrypted, or packed in an unknown way."""


class _Resource(msgspec.Struct):
    path: str = ""
    hash: str = ""


class _Package(msgspec.Struct):
    resources: list[_Resource] = []
    profile: str = ""


def is_wacz(path: Path) -> bool:
    """A ZIP file, whatever its name. Raises OSError."""
    return zipfile.is_zipfile(path)


def read_wacz(path: Path, name: str, now: datetime) -> Records:
    """The records of the WARC members that the package lists; what is wrong, as Problems. Raises OSError. Of a member
    whose bytes are not those of its hash only records with digests of their own are read."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            members = [info for info in archive.infolist() if is_warc(info.filename)]
            listed = _listed(archive)
            if isinstance(listed, str):
                yield Problem(name, None, f"{_PACKAGE} {listed}: its WARC files are read without their hashes")
            if not members:
                yield Problem(name, None, "there is no WARC file in it")
            seen: set[str] = set()
            for info in members:
                yield from _read_member(file, archive, info, listed, f"{name}, {info.filename}", now, seen)
    except _UNREADABLE as error:
        yield Problem(name, None, f"it is not a whole ZIP file: {error}")


def _listed(archive: zipfile.ZipFile) -> Mapping[str, str] | str:
    """The hash of each member by its path; what is wrong with the list, in words."""
    try:
        with archive.open(_PACKAGE) as file:
            data = file.read(_LONGEST_PACKAGE + 1)
        if len(data) > _LONGEST_PACKAGE:
            return "has no end"
        package = msgspec.json.decode(data, type=_Package)
    except KeyError:
        return "is missing"
    except (*_UNREADABLE, msgspec.MsgspecError, RecursionError):
        return "cannot be read"
    return {resource.path: resource.hash for resource in package.resources}


def _read_member(
    file: IO[bytes],
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    listed: Mapping[str, str] | str,
    name: str,
    now: datetime,
    seen: set[str],
) -> Records:
    if info.filename in seen:
        yield Problem(name, None, "another member has that name too; the first is read")
        return
    seen.add(info.filename)
    expected = listed.get(info.filename) if not isinstance(listed, str) else ""
    if expected is None:
        yield Problem(name, None, f"{_PACKAGE} does not list it: it was left out")
        return
    try:
        with _opened(file, archive, info) as member:
            changed = bool(expected) and not _has_hash(member, expected)
            if changed:
                yield Problem(
                    name, None, f"it has not the hash that {_PACKAGE} gives: only records with digests are read"
                )
            yield from read_warc(member, info.file_size, name, now, only_digested=changed)
    except _UNREADABLE as error:
        yield Problem(name, None, f"it cannot be read: {error}")


@contextmanager
def _opened(file: IO[bytes], archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
    """The member as a seekable file; `zipfile` reads a member again from its start to go back in it."""
    if info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1:
        yield io.BufferedReader(StoredMember(file, info))
        return
    if info.file_size > _LARGEST_UNPACKED:
        raise ValueError(f"it unpacks to {info.file_size:,} bytes")
    with tempfile.TemporaryFile() as unpacked, archive.open(info) as packed:
        left = info.file_size
        while left > 0 and (chunk := packed.read(min(_CHUNK, left))):
            unpacked.write(chunk)
            left -= len(chunk)
        yield unpacked


def _has_hash(member: IO[bytes], expected: str) -> bool:
    digest = LabelledDigest(expected)
    member.seek(0)
    while chunk := member.read(_CHUNK):
        digest.update(chunk)
    return digest.is_known and digest.fits()
