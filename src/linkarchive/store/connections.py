"""Connections to a database: a file of SQLite, or PostgreSQL, where several processes write at the same time."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from linkarchive.errors import LockedError, SettingsError, StorageError

PATIENCE: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""Parameters of libpq, for whatever the address does not name itself. Seconds, but for the last one (milliseconds)."""
_IN_MEMORY = ":memory:"
_FILE: ContextVar[str] = ContextVar("file")
"""The SQLite file that is being opened."""


def address(database: str | URL | Path | None) -> URL:
    """The URL of a database: a path is that of an SQLite file, None an empty database in memory. Raises SettingsError
    for text that is no address of PostgreSQL."""
    # Not by an f-string: a path may hold any character, and means none of them as a URL does.
    if database is None or isinstance(database, Path):
        return URL.create("sqlite", database=None if database is None else str(database))
    try:
        url = make_url(database)
    except (ArgumentError, ValueError) as error:  # the text is not shown: it may hold a password
        raise SettingsError("the address of the database cannot be read: postgresql://USER@HOST/NAME") from error
    if url.get_backend_name() == "sqlite":
        return url
    if url.drivername.partition("+")[0] not in ("postgresql", "postgres"):
        raise SettingsError(f"{url.drivername}: only PostgreSQL can be the database of a hub: postgresql://…")
    return url.set(drivername="postgresql+psycopg")


@contextmanager
def connected(url: URL, read_only: bool) -> Iterator[Connection]:
    """A connection of its own to a database, for one thread. A reader of PostgreSQL sees it as it was at its first
    statement, until the end of its transaction. Raises SettingsError where the library is missing."""
    if url.get_backend_name() == "sqlite":
        if url.database is not None and not read_only:
            _make_private(url.database)
        token = _FILE.set(url.database or _IN_MEMORY)
        try:
            connection = _sqlite(read_only).connect()
        finally:
            _FILE.reset(token)
    else:
        connection = _postgresql(url).connect()
        if read_only:
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with connection:
        yield connection


def refused(url: URL, error: SQLAlchemyError) -> StorageError:
    """The error of a library as one of ours."""
    cause = " ".join(str(getattr(error, "orig", None) or error).split())
    if url.get_backend_name() == "sqlite":
        hint = "Free the disk, or delete the file and run `archive rebuild`."
        return StorageError(f"{url.database}: the database refused: {cause}. {hint}")
    hint = "Look whether the server is up, has room, and lets this user in."
    return StorageError(f"{shown(url)}: the database refused: {cause}. {hint}")


def shown(url: URL) -> str:
    """The address of a database without its password, and without options other than where it is."""
    options = {name: value for name, value in url.query.items() if name in ("host", "port")}
    return url.set(drivername="postgresql", query=options).render_as_string(hide_password=True)


@cache
def _postgresql(url: URL) -> Engine:
    # No pool: processes that are forked must not share connections, and one is made in a few milliseconds.
    try:
        engine = create_engine(url, poolclass=NullPool, use_native_hstore=False)
    except ImportError as error:
        raise SettingsError("PostgreSQL needs the extra `fleet`: pip install 'linkarchive[fleet]'") from error
    event.listen(engine, "do_connect", _connect_to_server)
    return engine


def _connect_to_server(dialect: Any, record: Any, arguments: Any, options: dict[str, Any]) -> Any:
    from linkarchive.store.patience import PatientConnection

    return PatientConnection.connect(*arguments, **(PATIENCE | options))


@cache
def _sqlite(read_only: bool) -> Engine:
    """The engine of all SQLite files: a statement that was compiled for one of them is compiled for all."""
    engine = create_engine("sqlite://", poolclass=NullPool)
    event.listen(engine, "do_connect", _connect_for_reading if read_only else _connect)
    event.listen(engine, "connect", _configure_reader if read_only else _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _make_private(path: str) -> None:
    """An empty file for a new database (and, by SQLite, the log beside it) that only its owner reads."""
    with suppress(OSError):  # SQLite says what is wrong with it
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _connect(dialect: Any, record: Any, arguments: Any, options: Any) -> sqlite3.Connection:
    return sqlite3.connect(_FILE.get(), check_same_thread=False)


def _connect_for_reading(dialect: Any, record: Any, arguments: Any, options: Any) -> sqlite3.Connection:
    """A connection that makes no file. One that is gone is waited for: a new one takes its place. Of a file that nobody
    can write (read-only media), what a log beside it holds is not needed. Raises LockedError."""
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
