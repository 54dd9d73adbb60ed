"""The project folder: where things are, and the lock that lets one run at a time write."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Protocol

from msgspec import Struct

from linkarchive.errors import LockedError
from linkarchive.files import storage_error, storage_errors, write_atomically

_IGNORED = ("archive.sqlite*", "warc/", "indexes/", "forgetting.json", "*.tmp", ".lock", ".*.lock", ".*.held")
_GITIGNORE = """\
# The database, the WARC files and their indexes can be large, and hold addresses as they were visited, secrets
# and all; the text files beside them are meant for Git.
"""
_CONTENTS = frozenset(
    (".gitignore", "archive.sqlite", "state.jsonl", "state", "decisions.jsonl", "warc", "manifests", "reports")
)
"""Each is in the archive folder only where that is one."""
_NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS})
"""What a file system without locks answers (NFS without its lock daemon, some FUSE)."""
_ENDING = 10.0
"""Seconds for the processes that a run has forked to notice that it was killed."""
_DECIDING = 5.0
"""Seconds that a decision waits for another one to be written."""


class Shelf(Protocol):
    """Where the WARC files of a hub are (`snapshot.shelf`)."""

    def open(self, name: str) -> IO[bytes]: ...
    def has(self, name: str) -> bool: ...


Files = Path | Shelf
"""Where WARC files are read from: the archive folder of a project, or a shelf."""


class Hub(Struct, frozen=True):
    """The hub of a project (docs/design.md §11)."""

    database: str
    """Its URL."""
    name: str
    """Of the project in the hub."""
    shelf: Shelf


class Project(Struct, frozen=True):
    """Paths of one project folder (docs/design.md §6), and the hub that it belongs to, if it does."""

    root: Path
    folder: str = "archive"
    """The name of the archive folder (`[keep] folder`)."""
    hub: Hub | None = None
    """The hub that it belongs to; None: its database and its WARC files are in the archive folder."""

    @property
    def files(self) -> Files:
        """Where its WARC files are read from."""
        return self.archive if self.hub is None else self.hub.shelf

    @property
    def links(self) -> Path:
        return self.root / "links.txt"

    @property
    def archive(self) -> Path:
        return self.root / self.folder

    @property
    def database(self) -> Path:
        return self.archive / "archive.sqlite"

    @property
    def state(self) -> Path:
        return self.archive / "state.jsonl"

    @property
    def state_parts(self) -> Path:
        """The folder of the files that replace `state` where there are many sources."""
        return self.archive / "state"

    @property
    def state_files(self) -> tuple[Path, ...]:
        """Where the state is: in `state` as long as that is there (it is removed after its parts are whole), else in
        its parts. Raises OSError."""
        if self.state.exists():
            return (self.state,)
        return tuple(sorted(self.state_parts.glob("[0-9a-f][0-9a-f].jsonl")))

    @property
    def decisions(self) -> Path:
        return self.archive / "decisions.jsonl"

    @property
    def reports(self) -> Path:
        return self.archive / "reports"

    @property
    def told(self) -> Path:
        return self.archive / "told.json"

    def has_archive(self) -> bool:
        """Something in the archive folder is of an archive: a folder of the user may have its name. Raises
        StorageError."""
        return self.hub is not None or not _CONTENTS.isdisjoint(self._names())

    def files_of_user(self) -> tuple[str, ...]:
        """The names in a folder of the user that has the name of the archive folder. Raises StorageError."""
        names = self._names()
        return () if not _CONTENTS.isdisjoint(names) else tuple(name for name in names if not name.startswith("."))

    def _names(self) -> list[str]:
        with storage_errors(self.archive, "cannot be read"):
            return sorted(path.name for path in self.archive.iterdir()) if self.archive.exists() else []

    def prepare(self) -> None:
        """Make `archive/` with its .gitignore, or add what is missing in that. Raises StorageError."""
        ignore = self.archive / ".gitignore"
        with storage_errors(self.archive):
            self.archive.mkdir(parents=True, exist_ok=True)
            text = ignore.read_text(encoding="utf-8", errors="replace") if ignore.exists() else ""
            missing = [pattern for pattern in _IGNORED if pattern not in text.split()]
            if missing and (not text.strip() or text.startswith("# The database")):  # one of ours
                start = text or _GITIGNORE
                start += "" if start.endswith("\n") else "\n"
                write_atomically(ignore, (start + "\n".join(missing) + "\n").encode())

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock of the folder; raises LockedError at once when another process does.

        The lock belongs to the open file, so it ends with the process, however that ends, and with those that it has
        forked: they have a few seconds to notice.
        """
        busy = f"{self.root}: another run is at work in this folder; wait for it to end"
        with self._hold(self.archive / ".lock", 0.0, busy):
            yield

    @contextmanager
    def decision_lock(self) -> Iterator[None]:
        """Hold the lock of decisions.jsonl, which is free while a run is at work; raises LockedError after a while."""
        busy = f"{self.decisions}: another program keeps the file locked; end it, then decide again"
        with self._hold(self.archive / ".decisions.lock", _DECIDING, busy):
            yield

    @contextmanager
    def _hold(self, path: Path, patience: float, busy: str) -> Iterator[None]:
        self.prepare()
        with storage_errors(path, "cannot be opened"):
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            end = time.monotonic() + patience
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError as error:
                    if error.errno in _NO_LOCKS:
                        with _lock_file(path.with_name(f"{path.name}.held"), busy):
                            yield
                        return
                    if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                        raise storage_error(path, error, "cannot be locked") from error
                    if time.monotonic() >= (end if _has_owner(handle) else end + _ENDING):
                        raise LockedError(busy) from error
                    time.sleep(0.05)
                else:
                    break
            with suppress(OSError):  # a full disk: then nobody waits for what this process had forked
                os.pwrite(handle, b"%-20d" % os.getpid(), 0)
            yield
        finally:
            os.close(handle)


@contextmanager
def _lock_file(path: Path, busy: str) -> Iterator[None]:
    """For a file system without locks: a file that is there while its process is at work, and names it."""
    me = f"{socket.gethostname()} {os.getpid()}"
    for _ in range(2):
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except FileExistsError as error:
            host, _, number = path.read_text(encoding="utf-8", errors="replace").partition(" ")
            if host != socket.gethostname() or not number.isdecimal() or _is_running(int(number)):
                message = f"{busy} (its file system has no locks: {path} says so; remove it if no run is at work)"
                raise LockedError(message) from error
            path.unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(path, error) from error
        else:
            break
    else:
        raise LockedError(busy)
    try:
        os.write(handle, me.encode())
        os.close(handle)
        yield
    finally:
        with suppress(OSError):
            path.unlink()


def _has_owner(handle: int) -> bool:
    """The process that has locked a file is there; those that it had forked may be left for a moment."""
    number = os.pread(handle, 20, 0).strip()
    return not number.isdigit() or _is_running(int(number))


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
