"""Which files a reading of the articles depended on, and whether they still are what was read."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from msgspec import Struct, field

_SETTLED = 60 * 10**9
"""Nanoseconds. A file that was changed so shortly before the reading began, or later, may change again and have the
same time: only its digest says whether it is what was read."""


class FileRead(Struct, frozen=True):
    """A file, or the folder of some, as it was read. Size and times are those of then; -1: not to be relied on."""

    path: str
    """From the project folder."""
    size: int
    """Bytes."""
    modified: int
    """Nanoseconds."""
    changed: int
    """Of its inode: also where somebody set the time of the file back."""
    digest: str | None
    """SHA-256 of its bytes; of a folder, of the names in it that are not hidden; None: it was not there."""


class FilesRead(Struct):
    """What a reading depended on."""

    root: Path
    digests: dict[str, str | None] = field(default_factory=dict)
    """By path from the project folder."""
    is_all: bool = True
    """Nothing but files: no page or feed of the web, no pattern that other files may fit."""
    began: int = field(default_factory=time.time_ns)
    """When the reading began, in nanoseconds."""

    def note(self, path: Path | str, data: bytes | None) -> None:
        """These bytes of a file were read; None: it was not there, or could not be read."""
        self.digests[self._name(path)] = None if data is None else hashlib.sha256(data).hexdigest()

    def note_folder(self, folder: Path, names: Collection[str]) -> None:
        """Articles were looked for among these names in a folder, and in what Git does not ignore there."""
        self.digests[self._name(folder)] = _digest_of_names(names)
        for name in names:
            if not name.startswith(".") and not os.path.exists(f"{folder}/{name}"):  # a link to what is not there yet
                self.note(folder / name, None)
        for parent in (folder, *folder.resolve().parents):
            rules = parent / ".gitignore"
            if self._name(rules) not in self.digests:
                self.digests[self._name(rules)] = _digest(rules)
            if parent == self.root or (parent / ".git").exists():
                break

    def files(self) -> Iterator[FileRead]:
        """What was noted, with size and times as they are now."""
        for name, digest in self.digests.items():
            yield FileRead(name, *_settled_stamp(f"{self.root}/{name}", self.began), digest)

    def _name(self, path: Path | str) -> str:
        return os.path.relpath(self.root / path, self.root)


def are_as_read(root: Path, files: Iterable[FileRead]) -> bool:
    """The files are what was read: by size and times, where those can be relied on, else by their digests."""
    return all(_is_as_read(root, file) or _digest(root / file.path) == file.digest for file in files)


def as_it_is(root: Path, path: Path, known: FileRead | None, now: int) -> FileRead:
    """A file as it is `now` (nanoseconds): its digest is the `known` one where its size and times tell that it is what
    it was. Raises OSError."""
    if known is not None and _is_as_read(root, known):
        return known
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileRead(os.path.relpath(path, root), *_settled_stamp(str(path), now), digest)


def _is_as_read(root: Path, file: FileRead) -> bool:
    """By size and times."""
    # Not by `root / path`, which takes as long as asking the disk: this is done for every article.
    return file.size >= 0 and _stamp(f"{root}/{file.path}") == (file.size, file.modified, file.changed)


def _settled_stamp(path: str, began: int) -> tuple[int, int, int]:
    """`_stamp`; -1 each where they are not to be relied on by a reading that began then."""
    size, modified, changed = _stamp(path)
    return (-1, -1, -1) if max(modified, changed) > began - _SETTLED else (size, modified, changed)


def _stamp(path: str) -> tuple[int, int, int]:
    """Size, and when it and its inode were changed; -1 each for what is not there."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return -1, -1, -1
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _digest(path: Path) -> str | None:
    try:
        if path.is_dir():
            return _digest_of_names(os.listdir(path))
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    except (OSError, ValueError):
        return None


def _digest_of_names(names: Iterable[str]) -> str:
    shown = sorted(name for name in names if not name.startswith("."))
    return hashlib.sha256("\0".join(shown).encode("utf-8", "surrogateescape")).hexdigest()
