"""The archive as one WACZ 1.1.1 file (https://specs.webrecorder.net/wacz/1.1.1/), for any replay program.

The WARC files go in as they are; index, page list and data package are made from what
the archive knows. Everything is streamed and STOREd, so that a reader can seek in it.
"""

from __future__ import annotations

import contextlib
import hashlib
import heapq
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from isal import isal_zlib

from linkarchive import __version__
from linkarchive.errors import StorageError, UsageError
from linkarchive.files import TEMPORARY_SUFFIX, storage_error, sync_folder
from linkarchive.model import Capture, Page
from linkarchive.secrets import has_secrets
from linkarchive.snapshot import paths
from linkarchive.snapshot.reader import read_page, scan
from linkarchive.snapshot.record_reader import BadRecordError, StoredRecord
from linkarchive.text import HTML_TYPES

INDEX = "indexes/index.cdx.gz"
INDEX_BLOCKS = "indexes/index.idx"
PAGES = "pages/pages.jsonl"
PACKAGE = "datapackage.json"
PACKAGE_DIGEST = "datapackage-digest.json"
VERSION = "1.1.1"

_CHUNK = 1024 * 1024
_GZIP = 31
_LINES_A_BLOCK = 300
"""As cdxj-indexer cuts its compressed indexes."""
_OPEN_FILES = 100
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""ZIP knows no earlier time."""
_TITLE_LIMIT = 512 * 1024
"""Bytes of a page that are read for its title."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What went into a WACZ file."""

    warcs: int
    pages: int
    size: int
    """Bytes of the file."""
    left_out: tuple[str, ...]
    """WARC files without an index: their runs did not end."""
    secrets: int
    """Pages whose address carries a credential: the WARC files hold it as it was sent."""


def export_wacz(
    archive: Path, target: Path, *, title: str, created: datetime, title_of: Callable[[Page], str]
) -> Exported:
    """Write the finished files of the archive as a WACZ file, which appears whole or not at all; an older one of that
    name is replaced. Call it with the lock held.

    `title_of` reads the title of an HTML page. Raises UsageError when there is nothing to export, StorageError.
    """
    warcs = paths.warc_files(archive)
    whole = [path for path in warcs if paths.index_of(archive, path).exists()]
    if not whole:
        raise UsageError("there is nothing to export: no run has kept a page here")
    temporary = target.with_name(target.name + TEMPORARY_SUFFIX)
    try:
        with temporary.open("wb") as file:
            pages, secrets = _write(archive, file, whole, title, created, title_of)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        sync_folder(target.parent)
        size = target.stat().st_size
    except OSError as error:
        raise storage_error(target, error) from error
    finally:
        temporary.unlink(missing_ok=True)
    left_out = tuple(paths.relative(archive, path) for path in warcs if path not in whole)
    return Exported(len(whole), pages, size, left_out, secrets)


def _write(
    archive: Path, file: IO[bytes], warcs: list[Path], title: str, created: datetime, title_of: Callable[[Page], str]
) -> tuple[int, int]:
    """Write the ZIP file. Returns how many pages it lists, and how many of them have an address with a secret."""
    package = _Package(file, created)
    with package.zip, tempfile.TemporaryFile() as index, tempfile.TemporaryFile() as blocks:
        for warc in warcs:
            with warc.open("rb") as data:
                package.add(f"archive/{warc.name}", data)
        _write_index(index, blocks, [paths.index_of(archive, warc) for warc in warcs])
        package.add(INDEX, index)
        package.add(INDEX_BLOCKS, blocks)
        with tempfile.TemporaryFile() as pages:
            count, secrets = _write_pages(archive, pages, {paths.relative(archive, warc) for warc in warcs}, title_of)
            package.add(PAGES, pages)
        package.finish(title)
    return count, secrets


class _Package:
    """A ZIP file and the list of its members."""

    def __init__(self, file: IO[bytes], created: datetime) -> None:
        self.zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True)
        self._created = created
        self._resources: list[dict[str, object]] = []

    def add(self, name: str, data: IO[bytes]) -> None:
        """Add a whole file as a member."""
        size = data.seek(0, os.SEEK_END)
        data.seek(0)
        sha256 = hashlib.sha256()
        with self.zip.open(self._info(name, size), "w") as member:
            while chunk := data.read(_CHUNK):
                member.write(chunk)
                sha256.update(chunk)
        base = name.rpartition("/")[2]
        # Names of a data package are in lower case (https://specs.frictionlessdata.io/data-resource/#name).
        digest = f"sha256:{sha256.hexdigest()}"
        self._resources.append({"name": base.lower(), "path": name, "hash": digest, "bytes": size})

    def finish(self, title: str) -> None:
        created = self._created.strftime("%Y-%m-%dT%H:%M:%SZ")
        package = _json(
            {
                "profile": "data-package",
                "wacz_version": VERSION,
                "title": title,
                "created": created,
                "modified": created,
                "software": f"linkarchive/{__version__}",
                "resources": self._resources,
            }
        )
        digest = {"path": PACKAGE, "hash": f"sha256:{hashlib.sha256(package).hexdigest()}"}
        for name, data in ((PACKAGE, package), (PACKAGE_DIGEST, _json(digest))):
            self.zip.writestr(self._info(name, len(data)), data)

    def _info(self, name: str, size: int) -> zipfile.ZipInfo:
        time = self._created.timetuple()[:6]
        info = zipfile.ZipInfo(name, max(time, _EARLIEST))
        info.file_size = size  # a member over 2 GiB gets the fields of ZIP64
        info.external_attr = 0o644 << 16
        return info


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False).encode("utf-8") + b"\n"


def _write_index(index: IO[bytes], blocks: IO[bytes], parts: Sequence[Path]) -> None:
    """Merge sorted CDXJ files into one of compressed blocks, and the list of the blocks beside it (ZipNum)."""
    meta = {"format": "cdxj-gzip-1.0", "filename": INDEX.rpartition("/")[2]}
    blocks.write(f"!meta 0 {json.dumps(meta)}\n".encode())
    offset = 0
    for lines in _batches(_all_lines(parts)):
        deflate = isal_zlib.compressobj(2, isal_zlib.DEFLATED, _GZIP)
        block = deflate.compress(b"".join(lines)) + deflate.flush()
        index.write(block)
        key = lines[0].partition(b" {")[0].decode("ascii")
        place = {"offset": offset, "length": len(block), "digest": f"sha256:{hashlib.sha256(block).hexdigest()}"}
        blocks.write(f"{key} {json.dumps(place)}\n".encode())
        offset += len(block)


def _all_lines(parts: Sequence[Path]) -> Iterator[bytes]:
    """The lines of sorted files, each once, sorted bytewise. Daily runs make more files than may be open at once."""
    with contextlib.ExitStack() as stack:
        merged: list[IO[bytes]] = []
        for start in range(0, len(parts), _OPEN_FILES):
            group = stack.enter_context(tempfile.TemporaryFile())
            with contextlib.ExitStack() as files:
                part = [files.enter_context(path.open("rb")) for path in parts[start : start + _OPEN_FILES]]
                group.writelines(_merged(part))
            group.seek(0)
            merged.append(group)
        yield from _merged(merged)


def _merged(parts: Iterable[IO[bytes]]) -> Iterator[bytes]:
    last = b""
    for line in heapq.merge(*parts):
        if line != last:
            yield line
        last = line


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for line in lines:
        batch.append(line)
        if len(batch) == _LINES_A_BLOCK:
            yield batch
            batch = []
    if batch:
        yield batch


def _write_pages(archive: Path, pages: IO[bytes], warcs: set[str], title_of: Callable[[Page], str]) -> tuple[int, int]:
    """An entry for each capture, under the URL and time that the index has for it, in the order of capture."""
    header = {"format": "json-pages-1.0", "id": "pages", "title": "All pages"}
    pages.write(json.dumps(header).encode() + b"\n")
    count = secrets = 0
    for capture in scan(archive):
        if not isinstance(capture, Capture) or capture.record.warc not in warcs or _is_probe(archive, capture):
            continue
        entry = _page(archive, capture, title_of)
        if entry is not None:
            pages.write(json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
            count += 1
            secrets += has_secrets(capture.url)
    return count, secrets


def _is_probe(archive: Path, capture: Capture) -> bool:
    """The answer to a made-up address: it is kept for the verdict, and is no page that anybody cites."""
    from linkarchive.judge.soft404 import probe_name

    return capture.url.rpartition("/")[2] == probe_name(paths.run_of(paths.located(archive, capture.record.warc)))


def _page(archive: Path, capture: Capture, title_of: Callable[[Page], str]) -> dict[str, Any] | None:
    """None for a record that shows no page: a 304, or one that cannot be read (`archive verify` tells of it)."""
    try:
        with paths.located(archive, capture.record.warc).open("rb") as file:
            record = StoredRecord(file, capture.record.offset)
            url, date, status = record["WARC-Target-URI"], record["WARC-Date"], record.http_head().status
        page = read_page(archive, capture, limit=_TITLE_LIMIT) if capture.mime in HTML_TYPES else None
    except (BadRecordError, StorageError):
        return None
    if status == 304:
        return None
    # The same page always has the same id.
    entry = {"id": hashlib.sha256(f"{url} {date}".encode()).hexdigest()[:22], "url": url, "ts": f"{date[:19]}Z"}
    title = title_of(page) if page is not None else ""
    return entry | {"title": title or url, "source": capture.url}
