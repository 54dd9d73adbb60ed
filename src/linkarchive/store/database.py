"""The database of a project behind one object, `Store`; library errors become StorageError here."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, overload
from urllib.parse import quote

from sqlalchemy import (
    URL,
    Connection,
    CursorResult,
    Engine,
    Executable,
    Insert,
    Table,
    Update,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.selectable import TypedReturnsRows

from linkarchive.errors import LockedError, StorageError
from linkarchive.store.migrations import migrate

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]
_Row = TypeVar("_Row", bound=tuple[Any, ...])


class Store:
    """An open database, for one thread.

    The modules of this room are functions that take a Store; everybody else hands it on, and commits. Rows that are
    gathered before they are written (`run_writer.RunWriter`) are written before any statement runs, so that every
    read sees them.
    """

    def __init__(self, url: URL, connection: Connection) -> None:
        self.url = url
        """For another Store on the same database (`open_store`, for reading)."""
        self.connection = connection
        """For this room only."""
        self._flush: Callable[[], None] = _nothing
        self._compiled: dict[Executable, _Compiled] = {}

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

    def write_rows(self, statement: Insert | Update, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement, a constant of its module, once a row. It is compiled once, and its rows go to the driver
        as they are: half the time of `write`. All rows have the same keys. Raises StorageError."""
        if not rows:
            return
        compiled = self._compiled.get(statement)
        if compiled is None:
            compiled = self._compiled[statement] = _Compiled(statement, rows[0], self.connection)
        try:
            self.connection.exec_driver_sql(compiled.text, [compiled.parameters(row) for row in rows])
        except SQLAlchemyError as error:
            raise _refused(self.url, error) from error

    def upsert(self, table: Table, *key: str) -> Insert:
        """An INSERT that changes the row with the same key instead, where there is one."""
        if self.connection.dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import insert
        else:
            from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]  # it takes the same arguments
        statement = insert(table)
        own = {column.name for column in table.primary_key} | set(key)
        changed = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in own}
        return statement.on_conflict_do_update(index_elements=list(key), set_=changed)

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


class _Compiled:
    """A statement as text for the driver, and how its values become what the driver takes."""

    def __init__(self, statement: Insert | Update, row: Mapping[str, Any], connection: Connection) -> None:
        compiled: Any = statement.compile(dialect=connection.dialect, column_keys=list(row))
        self.text: str = compiled.string
        self._positions: list[str] | None = compiled.positiontup
        kinds = {name: bind.type.dialect_impl(connection.dialect) for name, bind in compiled.binds.items()}
        converters = {name: kind.bind_processor(connection.dialect) for name, kind in kinds.items()}
        self._values = [(name, converters[name]) for name in self._positions or converters]

    def parameters(self, row: Mapping[str, Any]) -> Any:
        if self._positions is None:
            return {name: row[name] if convert is None else convert(row[name]) for name, convert in self._values}
        return tuple([row[name] if convert is None else convert(row[name]) for name, convert in self._values])


@contextmanager
def open_store(url: str | URL | Path | None, *, read_only: bool = False) -> Iterator[Store]:
    """The store of a database, which is made and migrated as needed; a path is that of an SQLite file, None an empty
    database in memory.

    The caller commits; what is not committed when the block ends is rolled back. With `read_only` a file on a
    medium that cannot be written is read all the same. Raises StorageError (disk full, damaged, read-only) from
    anywhere inside the block.
    """
    # Not by an f-string: a path may hold any character, and means none of them as a URL does.
    if url is None or isinstance(url, Path):
        if url is not None and not read_only:
            _make_private(url)
        url = URL.create("sqlite", database=None if url is None else str(url))
    url = make_url(url)
    try:
        with _connected(url, read_only) as connection:
            with connection.begin():
                migrate(connection)
            yield Store(url, connection)
    except SQLAlchemyError as error:
        raise _refused(url, error) from error


_IN_MEMORY = ":memory:"
_FILE: ContextVar[str] = ContextVar("file")
"""The SQLite file that is being opened."""


@contextmanager
def _connected(url: URL, read_only: bool) -> Iterator[Connection]:
    if url.get_backend_name() == "sqlite":
        token = _FILE.set(url.database or _IN_MEMORY)
        try:
            connection = _sqlite(read_only).connect()
        finally:
            _FILE.reset(token)
        with connection:
            yield connection
    else:
        engine = create_engine(url)
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()


@cache
def _sqlite(read_only: bool) -> Engine:
    """The engine of all SQLite files: a statement that was compiled for one of them is compiled for all."""
    engine = create_engine("sqlite://", poolclass=NullPool)
    event.listen(engine, "do_connect", _connect_for_reading if read_only else _connect)
    event.listen(engine, "connect", _configure_reader if read_only else _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _refused(url: URL, error: SQLAlchemyError) -> StorageError:
    cause = getattr(error, "orig", None) or error
    return StorageError(
        f"{url.database}: the database refused: {cause}. Free the disk, or delete the file and run `archive rebuild`."
    )


def _make_private(path: Path) -> None:
    """An empty file for a new database (and, by SQLite, the log beside it) that only its owner reads."""
    with suppress(OSError):  # SQLite says what is wrong with it
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _nothing() -> None:
    """Nothing is gathered."""


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _connect(dialect: Any, record: Any, arguments: Any, options: Any) -> sqlite3.Connection:
    return sqlite3.connect(_FILE.get(), check_same_thread=False)


def _connect_for_reading(dialect: Any, record: Any, arguments: Any, options: Any) -> sqlite3.Connection:
    """A connection that makes no file. One that is gone is waited for: a new one takes its place.

    Of a file that nobody can write (read-only media), what a log beside it holds is not needed. Raises LockedError.
    """
    path = _FILE.get()
    if path == _IN_MEMORY:
        return _connect(dialect, record, arguments, options)
    end = time.monotonic() + _TAKING_ITS_PLACE
    while True:
        was_there = os.path.exists(path)
        try:
            return _connect_to_file(path)
        except sqlite3.OperationalError as error:
            if was_there and os.path.exists(path):
                return sqlite3.connect(file_uri(path, "mode=ro&immutable=1"), uri=True, check_same_thread=False)
            if time.monotonic() >= end:
                raise LockedError(f"{path}: another command makes the database anew; wait for it to end") from error
        time.sleep(0.02)


def file_uri(path: Path | str, how: str) -> str:
    """An SQLite file to be opened as a URI: "mode=rw" makes none where there is none."""
    return f"file:{quote(os.fsencode(path))}?{how}"


def _connect_to_file(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(file_uri(path, "mode=rw"), uri=True, check_same_thread=False)
    try:
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1")
    except sqlite3.OperationalError:
        connection.close()
        raise
    except sqlite3.DatabaseError:
        pass  # damaged: said by the first statement
    return connection


_TAKING_ITS_PLACE = 5.0
"""Seconds that a reader waits for the database that `archive rebuild` or `forget` puts in the place of the old one."""
_READERS_CACHE = 32 * 1024
"""KiB of a database that a reader holds: with 100,000 sources the whole index of the visits."""


def _configure_reader(dbapi: Any, _: Any) -> None:
    dbapi.isolation_level = None
    dbapi.execute("PRAGMA busy_timeout=10000")
    dbapi.execute(f"PRAGMA cache_size=-{_READERS_CACHE}")


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
