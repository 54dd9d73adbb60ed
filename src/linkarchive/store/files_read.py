"""Files with their digests, as they were when they were read last, in one of the tables for that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import Table, delete, insert, select

from linkarchive.links.files_read import FileRead
from linkarchive.store.database import Store


def load(store: Store, table: Table) -> list[FileRead]:
    """All of a table."""
    rows = store.execute(select(table))
    return [FileRead(row.path, row.size, row.modified, row.changed, row.digest) for row in rows]


def save(store: Store, table: Table, files: Iterable[FileRead]) -> None:
    """Have a table hold these and no others."""
    store.execute(delete(table))
    store.write_rows(insert(table), list(map(asdict, files)))
