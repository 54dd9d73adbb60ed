"""The database of a project behind one object, `Store`; library errors become StorageError here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, overload

from sqlalchemy import Connection, CursorResult, Engine, Executable, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.selectable import TypedReturnsRows

from linkarchive.errors import StorageError
from linkarchive.store.migrations import migrate

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]
_Row = TypeVar("_Row", bound=tuple[Any, ...])


class Store:
    """An open database, for one thread.

    The modules of this room are functions that take a Store; everybody else hands it on, and commits. Rows that are
    gathered before they are written (`run_writer.RunWriter`) are written before any statement runs, so that every
    read sees them.
    """

    def __init__(self, engine: Engine, connection: Connection) -> None:
        self.url = engine.url.render_as_string(hide_password=False)
        """For another Store on the same database (`open_store`)."""
        self.connection = connection
        """For this room only."""
        self._flush: Callable[[], None] = _nothing

    def gather_with(self, flush: Callable[[], None]) -> None:
        """Have `flush` write what is gathered before any other statement runs."""
        self._flush = flush

    @overload
    def execute(
        self, statement: TypedReturnsRows[_Row], parameters: Parameters | None = None
    ) -> CursorResult[_Row]: ...

    @overload
    def execute(self, statement: Executable, parameters: Parameters | None = ...) -> CursorResult[Any]: ...

    def execute(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        """Run a statement, for this room only. Raises StorageError when the database refuses it."""
        self._flush()
        return self.write(statement, parameters)

    def write(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        """`execute`, for what is gathered itself."""
        try:
            return self.connection.execute(statement, parameters)
        except SQLAlchemyError as error:
            raise _refused(self.url, error) from error

    def commit(self) -> None:
        """Make all that was written last. Raises StorageError."""
        self._flush()
        try:
            self.connection.commit()
        except SQLAlchemyError as error:
            raise _refused(self.url, error) from error

    def rollback(self) -> None:
        """Take back what was written since the last commit."""
        self.connection.rollback()

    def checkpoint(self) -> None:
        """Have the database file alone hold everything, so that it can be moved."""
        self.connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def open_store(url: str) -> Iterator[Store]:
    """The store of a database (`sqlite:///PATH`), which is made and migrated as needed.

    The caller commits; what is not committed when the block ends is rolled back.
    Raises StorageError (disk full, damaged, read-only) from anywhere inside the block.
    """
    engine = create_engine(url)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    try:
        with engine.connect() as connection:
            with connection.begin():
                migrate(connection)
            yield Store(engine, connection)
    except SQLAlchemyError as error:
        raise _refused(url, error) from error
    finally:
        engine.dispose()


def _refused(url: str, error: SQLAlchemyError) -> StorageError:
    cause = getattr(error, "orig", None) or error
    path = url.removeprefix("sqlite:///")
    return StorageError(
        f"{path}: the database refused: {cause}. Free the disk, or delete the file and run `archive rebuild`."
    )


def _nothing() -> None:
    """Nothing is gathered."""


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
