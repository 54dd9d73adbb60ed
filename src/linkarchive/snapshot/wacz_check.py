"""Doubt a WACZ file: what the standard wants, and what `wacz validate` (py-wacz 0.6) passes over.

That one accepts files without WARCs, index or pages, WARCs that are DEFLATEd, and an
index that points at nothing (tried 2026-11-23; py-wacz issue 46).
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from linkarchive.snapshot import wacz
from linkarchive.snapshot.record_reader import BadRecordError, Problem, StoredRecord
from linkarchive.snapshot.verify import digested

_CHUNK = 1024 * 1024
_LOCAL_HEADER = 30
"""Bytes of a member's own header in the ZIP file before its name (APPNOTE.TXT 4.3.7)."""


def check_wacz(path: Path) -> Iterator[Problem]:
    """Whatever is wrong with a WACZ file, as it is found: members, hashes, STORE mode, every line of the index
    (a record with that URL and digest, whose bytes have that digest), every page."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
            yield from _check_members(archive, members)
            yield from _check_package(archive, members)
            if wacz.INDEX in members:
                known: set[tuple[str, str]] = set()
                yield from _check_index(file, archive, members, known)
                if wacz.PAGES in members:
                    yield from _check_pages(archive, known)
    except zipfile.BadZipFile as error:
        yield Problem(path.name, None, f"it is not a whole ZIP file: {error}")
    except (OSError, ValueError, EOFError) as error:
        yield Problem(path.name, None, f"cannot be read: {error}")


def _check_members(archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo]) -> Iterator[Problem]:
    if len(members) < len(archive.namelist()):
        yield Problem(archive.filename or "", None, "two members have one name, or a member is a folder")
    for name in (wacz.PACKAGE, wacz.PACKAGE_DIGEST, wacz.INDEX, wacz.PAGES):
        if name not in members:
            yield Problem(name, None, "it is missing")
    if not any(is_warc(name) for name in members):
        yield Problem("archive/", None, "there is no WARC file in it")
    for name, info in members.items():
        if (is_warc(name) or name.endswith(".gz")) and info.compress_type != zipfile.ZIP_STORED:
            yield Problem(name, None, "it is compressed again, so that nothing can seek in it")


def is_warc(name: str) -> bool:
    return name.startswith("archive/") and name.endswith((".warc", ".warc.gz"))


def _check_package(archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo]) -> Iterator[Problem]:
    """The data package names every other member with its size and hash, and its digest file vouches for it."""
    if wacz.PACKAGE not in members:
        return
    data = archive.read(wacz.PACKAGE)
    if wacz.PACKAGE_DIGEST in members:
        digest = json.loads(archive.read(wacz.PACKAGE_DIGEST))
        if (digest.get("path"), digest.get("hash")) != (wacz.PACKAGE, f"sha256:{hashlib.sha256(data).hexdigest()}"):
            yield Problem(wacz.PACKAGE, None, f"its hash is not the one in {wacz.PACKAGE_DIGEST}")
    package: dict[str, Any] = json.loads(data)
    if package.get("profile") != "data-package" or package.get("wacz_version") != wacz.VERSION:
        yield Problem(wacz.PACKAGE, None, f"it does not say that this is a data package of WACZ {wacz.VERSION}")
    resources = {resource["path"]: resource for resource in package.get("resources", ())}
    for name in sorted(resources.keys() - members.keys()):
        yield Problem(name, None, f"{wacz.PACKAGE} names it, and it is missing")
    for name in sorted(members.keys() - resources.keys() - {wacz.PACKAGE, wacz.PACKAGE_DIGEST}):
        yield Problem(name, None, f"{wacz.PACKAGE} does not name it")
    for name in members.keys() & resources.keys():
        sha256, size = hashlib.sha256(), 0
        try:
            with archive.open(name) as member:
                while chunk := member.read(_CHUNK):
                    sha256.update(chunk)
                    size += len(chunk)
        except zipfile.BadZipFile as error:
            yield Problem(name, None, str(error))
            continue
        if (resources[name]["hash"], resources[name]["bytes"]) != (f"sha256:{sha256.hexdigest()}", size):
            yield Problem(name, None, f"its size or hash is not the one in {wacz.PACKAGE}")


def _check_index(
    file: IO[bytes], archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], known: set[tuple[str, str]]
) -> Iterator[Problem]:
    """Every line, against the record at its place; URL and time of each are left in `known`."""
    last, position = b"", 0
    with archive.open(wacz.INDEX) as packed, gzip.open(packed, "rb") as lines:
        for line in lines:
            if line <= last:
                yield Problem(wacz.INDEX, position, "its lines are not sorted bytewise, each once")
            last = line
            try:
                _, stamp, fields = line.decode("ascii").split(" ", 2)
                entry: dict[str, str] = json.loads(fields)
                known.add((entry["url"], stamp))
                fault = _fault(file, members, entry)
            except (ValueError, KeyError) as error:
                fault = f"it cannot be read: {error!r}"
            if fault:
                yield Problem(wacz.INDEX, position, f"{fault}: {line.decode('utf-8', 'replace').strip()!r}")
            position += len(line)
    if wacz.INDEX_BLOCKS in members:
        yield from _check_blocks(file, members[wacz.INDEX], archive.read(wacz.INDEX_BLOCKS))


def _fault(file: IO[bytes], members: Mapping[str, zipfile.ZipInfo], entry: Mapping[str, str]) -> str:
    """What is wrong with an entry of the index; "" for nothing."""
    warc = members.get(f"archive/{entry['filename']}")
    if warc is None or warc.compress_type != zipfile.ZIP_STORED:
        return "it names a WARC file that is not here, or not stored as it is"
    try:
        record = StoredRecord(io.BufferedReader(StoredMember(file, warc)), int(entry["offset"]))
        read = digested(record)
        length = record.finish()
    except BadRecordError as error:
        return f"no whole record is there ({error})"
    if (record["WARC-Target-URI"], record["WARC-Payload-Digest"]) != (entry["url"], entry["digest"]):
        return "the record there has another URL or digest"
    if length != int(entry["length"]):
        return f"the record there has {length} bytes"
    if record.type == "response" and read.payload != entry["digest"]:
        return f"the payload there has the digest {read.payload}"
    return ""


def _check_blocks(file: IO[bytes], index: zipfile.ZipInfo, blocks: bytes) -> Iterator[Problem]:
    stored = StoredMember(file, index)
    for number, line in enumerate(blocks.splitlines()):
        if number == 0 and line.startswith(b"!meta"):
            continue
        key, _, fields = line.partition(b" {")
        place = json.loads(b"{" + fields)
        stored.seek(place["offset"])
        data = stored.read(place["length"])
        if not gzip.decompress(data).startswith(key + b" {"):
            yield Problem(wacz.INDEX_BLOCKS, None, f"no block starts with {key.decode('utf-8', 'replace')!r}")


def _check_pages(archive: zipfile.ZipFile, known: set[tuple[str, str]]) -> Iterator[Problem]:
    with archive.open(wacz.PAGES) as lines:
        for number, line in enumerate(lines, 1):
            entry = json.loads(line)
            if number == 1:
                if entry.get("format") != "json-pages-1.0":
                    yield Problem(wacz.PAGES, 0, "its first line does not say that it is a list of pages")
                continue
            stamp = "".join(filter(str.isdigit, str(entry.get("ts"))))[:14]
            if (entry.get("url"), stamp) not in known:
                yield Problem(wacz.PAGES, None, f"line {number} lists a page that the index does not have")


class StoredMember(io.RawIOBase):
    """The bytes of a member that is STOREd. `zipfile` reads a member again from its start to go back in it."""

    def __init__(self, file: IO[bytes], info: zipfile.ZipInfo) -> None:
        super().__init__()
        file.seek(info.header_offset + _LOCAL_HEADER - 4)
        name, extra = (int.from_bytes(file.read(2), "little") for _ in range(2))
        self._file = file
        self._start = info.header_offset + _LOCAL_HEADER + name + extra
        self._size = info.file_size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._start + self._at)
        data = self._file.read(max(0, min(len(buffer), self._size - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
