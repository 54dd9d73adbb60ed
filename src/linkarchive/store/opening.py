"""Opening a project's database: made anew from the text files when it is missing (a fresh Git clone)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from linkarchive.errors import StorageError
from linkarchive.project import Project
from linkarchive.store.database import Store, open_store

if TYPE_CHECKING:
    from linkarchive.store.rebuild import Rebuilt


@contextmanager
def open_project(project: Project) -> Iterator[Store]:
    """The database of a project folder; hold the folder's lock while writing. Raises StorageError."""
    if not project.database.exists() and _has_past(project):
        rebuild_project(project)
    project.prepare()
    with open_store(project.database) as store:
        yield store


def rebuild_project(project: Project) -> Rebuilt:
    """Make the database from the text files and WARC files, beside the old one, then put it in its place."""
    from linkarchive.store.rebuild import rebuild

    project.prepare()
    new = project.database.with_suffix(".sqlite.new")
    _remove(new)
    with open_store(new) as store:
        rebuilt = rebuild(store, project.root, project.state)
        store.commit()
        store.checkpoint()
    _remove(project.database)
    new.replace(project.database)
    for suffix in ("-wal", "-shm"):
        project.database.with_name(new.name + suffix).unlink(missing_ok=True)
    return rebuilt


def _has_past(project: Project) -> bool:
    return project.state.exists() or any(project.archive.glob("warc/*.warc.gz"))


def _remove(database: Path) -> None:
    try:
        for suffix in ("", "-wal", "-shm"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{database}: cannot be replaced: {error.strerror}") from error
