"""Opening the database: SQLite in WAL mode, one writer; library errors become StorageError here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from linkarchive.errors import StorageError
from linkarchive.store.migrations import migrate


@contextmanager
def open_database(path: Path) -> Iterator[Connection]:
    """A connection to the database at `path`, made and migrated as needed.

    The caller commits; what is not committed when the block ends is rolled back.
    Raises StorageError (disk full, damaged, read-only) from anywhere inside the block.
    """
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    try:
        with engine.connect() as connection:
            with connection.begin():
                migrate(connection)
            yield connection
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise StorageError(
            f"{path}: the database refused: {cause}. Free the disk, or delete the file and run `archive rebuild`."
        ) from error
    finally:
        engine.dispose()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _configure(dbapi: Any, _: Any) -> None:
    # Python's sqlite3 would begin a transaction only before the first change, so that the end of a savepoint commits:
    # we begin it ourselves (SQLAlchemy 2.0, "Serializable isolation / Savepoints / Transactional DDL").
    dbapi.isolation_level = None
    cursor = dbapi.cursor()
    # WAL with NORMAL survives a crash of the program at any moment; a power cut may cost the last
    # rows, never the database (sqlite.org/wal.html), and their visits are made again.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()
