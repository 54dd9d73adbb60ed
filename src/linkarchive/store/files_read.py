"""Files with their digests, as they were when they were read last: those of the plan, and those of the state."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import structs
from sqlalchemy import Table, delete, insert, select

from linkarchive.links.files_read import FileRead, as_it_is
from linkarchive.store.database import Store
from linkarchive.store.schema import state_files


def load(store: Store, table: Table) -> list[FileRead]:
    """The files that a table knows, in no order."""
    columns = (table.c.path, table.c.size, table.c.modified, table.c.changed, table.c.digest)
    return [FileRead(*row) for row in store.execute(select(*columns))]


def save(store: Store, table: Table, files: Iterable[FileRead]) -> None:
    """Replace what a table holds of files."""
    store.execute(delete(table))
    store.write_rows(insert(table), list(map(structs.asdict, files)))


def of_state(store: Store, root: Path, paths: Iterable[Path]) -> dict[Path, FileRead]:
    """The files of the state as they are now, which is noted: what has not changed is not read. Raises OSError."""
    known = load(store, state_files)
    past, now = {file.path: file for file in known}, time.time_ns()
    files = {path: as_it_is(root, path, past.get(os.path.relpath(path, root)), now) for path in paths}
    if list(files.values()) != known:
        save(store, state_files, files.values())
    return files


def wrote_state(store: Store, root: Path, files: Mapping[Path, FileRead], digests: Mapping[Path, str]) -> None:
    """Note that the state has files of these digests now; `files` are those of before."""
    new = {path: FileRead(os.path.relpath(path, root), -1, -1, -1, digest) for path, digest in digests.items()}
    same = {path: file for path, file in files.items() if digests.get(path) == file.digest}
    save(store, state_files, (new | same).values())
