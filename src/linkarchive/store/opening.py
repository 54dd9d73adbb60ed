"""Opening a project's database: by readers, who change nothing, and by the one who writes."""

from __future__ import annotations

import atexit
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from linkarchive.errors import LockedError, StorageError
from linkarchive.project import Project
from linkarchive.store.connections import file_uri
from linkarchive.store.database import Store, open_store

if TYPE_CHECKING:
    from linkarchive.store.rebuild import Rebuilt

_NEW = ".new"
_PRIVATE: dict[Path, Path] = {}


@contextmanager
def open_project(project: Project, *, write: bool = False) -> Iterator[Store]:
    """The database of a project folder, for reading, or with the folder's lock held (`write`). Raises StorageError.

    Where it is missing or empty although the folder has a past (a fresh clone, a deleted file), it is made from the
    text files: in its place by whoever holds the lock, or gets it at once; else for this reader alone. That of a
    project of a hub is there since its first push.
    """
    if project.hub is not None:
        from linkarchive.store.hub import open_schema

        with open_schema(project.hub.database, project.hub.name, read_only=not write) as store:
            yield store
    elif write:
        if _is_lost(project):
            rebuild_project(project)
        project.prepare()
        with open_store(project.database) as store:
            yield store
    else:
        with open_store(_for_reading(project), read_only=True) as store:
            yield store


def _for_reading(project: Project) -> Path | None:
    """The database that a reader opens; None: an empty one, for a folder without a past."""
    if not _has_past(project):
        return project.database if project.database.exists() else None
    if not _is_lost(project):
        return project.database
    try:
        with project.lock():
            if _is_lost(project):  # nobody was faster
                rebuild_project(project)
        return project.database
    except (LockedError, StorageError):  # another command is at work, or the folder is read-only
        return _private_copy(project)


def _private_copy(project: Project) -> Path:
    """A database of this process alone, made once, and removed when it ends: reports are read from it until then."""
    if project.archive not in _PRIVATE:
        folder = Path(tempfile.mkdtemp(prefix="linkarchive-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _build(project, folder / project.database.name)
        _PRIVATE[project.archive] = folder / project.database.name
    return _PRIVATE[project.archive]


def rebuild_project(project: Project) -> Rebuilt:
    """Make the database from the text files and WARC files, beside the old one, then put it in its place. Hold the
    folder's lock. Raises StorageError."""
    project.prepare()
    new = project.database.with_name(f"{project.database.name}{_NEW}-{secrets.token_hex(4)}")
    for left in project.archive.glob(f"{project.database.name}{_NEW}*"):  # of one that was interrupted
        _remove(left)
    try:
        rebuilt = _build(project, new)
        _remove(project.database)
        new.replace(project.database)
    finally:
        _remove(new)
    return rebuilt


def _build(project: Project, path: Path) -> Rebuilt:
    from linkarchive.store.rebuild import rebuild

    with open_store(path) as store:
        rebuilt = rebuild(store, project.archive, project.state_files)
        store.commit()
        store.checkpoint()
    return rebuilt


def _has_past(project: Project) -> bool:
    """There are files that tell of runs."""
    return bool(project.state_files) or any(project.archive.glob("warc/*.warc.gz"))


def _is_lost(project: Project) -> bool:
    """The database is missing, or holds no run, and there are files that tell of some."""
    if not _has_past(project):
        return False
    try:
        if project.database.stat().st_size:
            with closing(sqlite3.connect(file_uri(project.database, "mode=rw"), uri=True)) as connection:
                known = connection.execute("SELECT 1 FROM runs UNION ALL SELECT 1 FROM captures LIMIT 1")
                return known.fetchone() is None
    except FileNotFoundError:
        return True
    except sqlite3.OperationalError as error:
        return "no such table" in str(error) or not project.database.exists()
    except (sqlite3.Error, OSError):
        return False  # whoever opens it says what is wrong with it
    return True


def _remove(database: Path) -> None:
    try:
        for suffix in ("", "-wal", "-shm"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{database}: cannot be replaced: {error.strerror}") from error
