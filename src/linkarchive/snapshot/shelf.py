"""Where the WARC files of a hub are: a folder that all workers see, or object storage (docs/design.md §11).

Files are named as in a project folder, `archive/warc/….warc.gz`; the first part of the name says nothing here.
"""

from __future__ import annotations

import io
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from msgspec import Struct

from linkarchive.errors import ArchiveError, SettingsError, StorageError
from linkarchive.files import private, storage_errors, sync_folder
from linkarchive.project import Files, Hub, Project
from linkarchive.secrets import redact
from linkarchive.settings import Settings
from linkarchive.snapshot import paths

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CHUNK = 1024 * 1024
_READ = 256 * 1024
"""Bytes that are read of an object at once."""


class FolderShelf(Struct, frozen=True):
    """A folder, as that of a project."""

    root: Path

    def open(self, name: str) -> IO[bytes]:
        """A file for reading. Raises OSError."""
        return paths.located(self.root, name).open("rb")

    def has(self, name: str) -> bool:
        return paths.located(self.root, name).exists()

    def put(self, name: str, file: Path) -> None:
        """Keep a file under a name that is free; it is on disk when this returns. Raises StorageError."""
        target = paths.located(self.root, name)
        with storage_errors(target, "cannot be put on the shelf"):
            target.parent.mkdir(parents=True, exist_ok=True)
            with file.open("rb") as source, open(target, "xb", opener=private) as copy:
                try:
                    shutil.copyfileobj(source, copy, _CHUNK)
                    copy.flush()
                    os.fsync(copy.fileno())
                except OSError:
                    target.unlink()
                    raise
            sync_folder(target.parent)

    def delete(self, name: str) -> None:
        """Remove a file, there or not. Raises StorageError."""
        with storage_errors(paths.located(self.root, name), "cannot be removed"):
            paths.located(self.root, name).unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        """All files: WARC files and their indexes."""
        for folder in (paths.WARCS, paths.INDEXES):
            yield from (f"archive/{folder}/{path.name}" for path in sorted((self.root / folder).glob("*")))


class ObjectShelf(Struct, frozen=True):
    """A bucket of object storage, or what begins with a prefix in one."""

    url: str

    def open(self, name: str) -> IO[bytes]:
        """An object for reading. Raises OSError."""
        return io.BufferedReader(_Object(self._store, _key(name)), _READ)

    def has(self, name: str) -> bool:
        import obstore

        with self._refusals(name):
            try:
                obstore.head(self._store, _key(name))
            except FileNotFoundError:
                return False
        return True

    def put(self, name: str, file: Path) -> None:
        """Keep a file under a name that is free. Raises StorageError."""
        import obstore

        with self._refusals(name):
            obstore.put(self._store, _key(name), file.read_bytes(), mode="create")

    def delete(self, name: str) -> None:
        """Remove an object, there or not. Raises StorageError."""
        import obstore

        with self._refusals(name), suppress(FileNotFoundError):
            obstore.delete(self._store, _key(name))

    def names(self) -> Iterator[str]:
        """All objects: WARC files and their indexes. Raises StorageError."""
        import obstore

        with self._refusals(""):
            for folder in (paths.WARCS, paths.INDEXES):
                for objects in obstore.list(self._store, prefix=folder):
                    yield from (f"archive/{entry['path']}" for entry in objects)

    @property
    def _store(self) -> ObjectStore:
        return _connected(self.url, os.environ.get("AWS_ENDPOINT_URL", ""))

    @contextmanager
    def _refusals(self, name: str) -> Iterator[None]:
        """What the object storage refuses of a file (with "" of their list), as StorageError."""
        try:
            yield
        except Exception as error:
            first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            what = _key(name) or "to list its files"
            raise StorageError(f"{self.url}: the object storage refused {what}: {first}") from error


Shelf = FolderShelf | ObjectShelf


class WorkersShelf(Struct, frozen=True):
    """A shelf, and before it the folder where a worker has the files that are not there yet."""

    folder: FolderShelf
    shelf: Shelf

    def open(self, name: str) -> IO[bytes]:
        """A file for reading. Raises OSError."""
        return (self.folder if self.folder.has(name) else self.shelf).open(name)

    def has(self, name: str) -> bool:
        return self.folder.has(name) or self.shelf.has(name)


def opened(files: Files, name: str) -> IO[bytes]:
    """The file of that name (`paths.relative`), for reading. Raises OSError."""
    return paths.located(files, name).open("rb") if isinstance(files, Path) else files.open(name)


def is_there(files: Files, name: str) -> bool:
    """There is a file of that name."""
    return paths.located(files, name).exists() if isinstance(files, Path) else files.has(name)


def shelf_of(place: str) -> Shelf:
    """The shelf that `[hub] shelf` names. Raises SettingsError where it names none."""
    if not place:
        raise SettingsError("[hub] shelf is empty: write a folder, or s3://BUCKET/PREFIX (ARCHIVE_HUB_SHELF)")
    if place.startswith("s3://"):
        try:
            import obstore  # noqa: F401 - whether it is installed
        except ImportError as error:
            raise SettingsError("object storage needs the extra `fleet`: pip install 'linkarchive[fleet]'") from error
        return ObjectShelf(place)
    if "://" in place:
        raise SettingsError(f"[hub] shelf is {place}: it is a folder, or s3://BUCKET/PREFIX")
    return FolderShelf(Path(place).resolve())


def project_of(root: Path, settings: Settings) -> Project:
    """A project folder, with the hub that its settings name. Raises SettingsError."""
    if not settings.hub.database:
        return Project(root, settings.keep.folder)
    refuse_other_databases(settings.hub.database)
    name = settings.hub.project
    if not _NAME.fullmatch(name):
        trouble = f"is {name!r}" if name else "is empty"
        raise SettingsError(
            f"[hub] project {trouble}: give the project a name in the hub, of at most 40 "
            "lower-case letters, digits and _, a letter first"
        )
    return Project(root, settings.keep.folder, Hub(settings.hub.database, name, shelf_of(settings.hub.shelf)))


def refuse_other_databases(database: str) -> None:
    """Raises SettingsError for what is not the address of a PostgreSQL database."""
    if not database.startswith("postgresql://"):
        raise SettingsError(
            f"[hub] database: {redact(database)} is not the address of a PostgreSQL database (postgresql://USER@HOST/NAME)"
        )


@contextmanager
def put_on(shelf: Shelf, files: Mapping[str, Path]) -> Iterator[None]:
    """Put files on the shelf, by name; where what follows fails, those that were put are removed, and no others."""
    put: list[str] = []
    try:
        for name, path in files.items():
            shelf.put(name, path)
            put.append(name)
        yield
    except Exception:
        with suppress(ArchiveError):  # else `archive hub upgrade` removes it
            for name in put:
                shelf.delete(name)
        raise


def _key(name: str) -> str:
    return name.partition("/")[2]


@cache
def _connected(url: str, endpoint: str) -> ObjectStore:
    from obstore.store import from_url

    options: dict[str, Any] = {}
    if endpoint.startswith("http://"):
        options["client_options"] = {"allow_http": True}
    return from_url(url, **options)


class _Object(io.RawIOBase):
    """An object as a file: what is asked for is read, and no more."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        import obstore

        self._store, self._key, self._place = store, key, 0
        try:
            self._size: int = obstore.head(store, key)["size"]
        except FileNotFoundError:
            raise
        except Exception as error:
            raise OSError(str(error)) from error

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, start + offset)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        import obstore

        view = memoryview(buffer).cast("B")
        length = min(len(view), self._size - self._place)
        if length <= 0:
            return 0
        try:
            data = obstore.get_range(self._store, self._key, start=self._place, length=length)
        except Exception as error:
            raise OSError(str(error)) from error
        view[: len(data)] = memoryview(data)
        self._place += len(data)
        return len(data)
