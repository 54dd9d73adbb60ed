"""The project folder: where things are, and the lock that lets one run at a time write."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from linkarchive.errors import LockedError, StorageError

GITIGNORE = """\
# The database and the WARC files can be large; the text files beside them are meant for Git.
archive.sqlite*
warc/
.lock
"""


@dataclass(frozen=True, slots=True)
class Project:
    """Paths of one project folder (docs/design.md §6)."""

    root: Path

    @property
    def links(self) -> Path:
        return self.root / "links.txt"

    @property
    def archive(self) -> Path:
        return self.root / "archive"

    @property
    def database(self) -> Path:
        return self.archive / "archive.sqlite"

    @property
    def state(self) -> Path:
        return self.archive / "state.jsonl"

    @property
    def decisions(self) -> Path:
        return self.archive / "decisions.jsonl"

    @property
    def reports(self) -> Path:
        return self.archive / "reports"

    def prepare(self) -> None:
        """Make `archive/` with its .gitignore. Raises StorageError."""
        try:
            self.archive.mkdir(parents=True, exist_ok=True)
            ignore = self.archive / ".gitignore"
            if not ignore.exists():
                ignore.write_text(GITIGNORE, encoding="utf-8")
        except OSError as error:
            raise StorageError(f"{self.archive}: cannot be written: {error.strerror}") from error

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock of the folder; raises LockedError at once when another process does.

        The lock belongs to the open file, so it ends with the process, however that ends.
        """
        self.prepare()
        try:
            handle = os.open(self.archive / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StorageError(f"{self.archive / '.lock'}: cannot be opened: {error.strerror}") from error
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise LockedError(f"{self.root}: another run is at work in this folder; wait for it to end") from error
            yield
        finally:
            os.close(handle)
