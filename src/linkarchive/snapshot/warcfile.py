"""One WARC file while it is written: gzip members, its index journal, and the way back when the disk refuses."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from linkarchive.files import private, storage_error, sync_folder, write_atomically
from linkarchive.model import Location
from linkarchive.snapshot import cdxj, paths, record_writer

_BUFFER = 256 * 1024

# macOS has no fdatasync.
_sync_data = getattr(os, "fdatasync", os.fsync)


class WarcFile:
    """Created anew, never appended to later. Every method raises StorageError when the disk refuses."""

    def __init__(self, archive: Path, run_id: str) -> None:
        self._archive = archive
        self.path, self._handle = _create(archive, run_id)
        self._name = paths.relative(archive, self.path)
        self._buffer = bytearray()
        self.size = 0
        """Bytes of the records so far, written to the file or not yet."""
        self._sha256 = hashlib.sha256()
        self._unsynced: list[bytes] = []
        self._journal_size = 0
        self._broken = False

    def append(self, record: record_writer.Record) -> Location:
        """Write one record. Returns where it is."""
        offset = self.size
        for data in record_writer.member(record):
            self._buffer += data
            self.size += len(data)
            self._sha256.update(data)
            if len(self._buffer) >= _BUFFER:
                self._drain()
        return Location(self._name, offset, self.size - offset)

    def index(self, line: bytes) -> None:
        """A CDXJ line, for a record that was appended; it goes to disk after it."""
        self._unsynced.append(line)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """The records of the block reach the file together; if it fails, the file ends where it ended before."""
        size, lines, sha256 = self.size, len(self._unsynced), self._sha256.copy()
        try:
            yield
            self._drain()
        except BaseException as error:
            self._cut(size, lines)
            self._sha256 = sha256
            if isinstance(error, OSError):
                raise storage_error(self.path, error) from error
            raise

    def sync(self) -> None:
        """The records are on disk when this returns, and after them their index lines are in the journal."""
        try:
            _sync_data(self._handle)
            if self._unsynced:
                self._append_to_journal(b"".join(self._unsynced))
                self._unsynced.clear()
        except OSError as error:
            raise storage_error(self.path, error) from error

    def finish(self) -> dict[Path, str]:
        """Sync, write the sorted index, remove the journal and close. Without it, `repair` finishes the file. Returns
        the SHA-256 of the file and its index, in hex."""
        try:
            if self._broken:
                return {}
            self.sync()
            journal, index = paths.journal_of(self._archive, self.path), paths.index_of(self._archive, self.path)
            digest = hashlib.sha256()

            def digested() -> Iterator[bytes]:
                with journal.open("rb") if journal.exists() else io.BytesIO() as lines:
                    for line in cdxj.index(lines):
                        digest.update(line)
                        yield line

            write_atomically(index, digested(), opener=private)
            journal.unlink(missing_ok=True)
            return {self.path: self._sha256.hexdigest(), index: digest.hexdigest()}
        except OSError as error:
            raise storage_error(self.path, error, "cannot be finished") from error
        finally:
            os.close(self._handle)

    def discard(self) -> None:
        """Close and remove a file that could not even be begun."""
        os.close(self._handle)
        with suppress(OSError):
            self.path.unlink()

    def _drain(self) -> None:
        while self._buffer:
            written = os.write(self._handle, self._buffer)
            del self._buffer[:written]

    def _cut(self, size: int, lines: int) -> None:
        self._buffer.clear()
        self.size = size
        del self._unsynced[lines:]
        try:
            os.ftruncate(self._handle, size)
            os.lseek(self._handle, size, os.SEEK_SET)
        except OSError:
            # No index will be written for it, so the next start repairs it.
            self._broken = True

    def _append_to_journal(self, data: bytes) -> None:
        journal = paths.journal_of(self._archive, self.path)
        with open(journal, "ab", buffering=0, opener=private) as file:
            try:
                left = memoryview(data)
                while left:
                    left = left[file.write(left) :]
            except OSError:
                file.truncate(self._journal_size)
                raise
        self._journal_size += len(data)


def _create(archive: Path, run_id: str) -> tuple[Path, int]:
    """A new file of the run under the next free number, open for writing."""
    warcs = archive / paths.WARCS
    number = 0
    try:
        warcs.mkdir(parents=True, exist_ok=True)
        (archive / paths.INDEXES).mkdir(parents=True, exist_ok=True)
        while True:
            path = warcs / paths.warc_name(run_id, number)
            with suppress(FileExistsError):
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
                sync_folder(warcs)
                return path, handle
            number += 1
    except OSError as error:
        raise storage_error(warcs, error) from error
