"""The database of a project, or of a hub, behind one object, `Store`; library errors become StorageError here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from sqlalchemy import URL, Connection, CursorResult, Executable, Insert, Table, Update
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError, SQLAlchemyError
from sqlalchemy.sql.selectable import TypedReturnsRows

from linkarchive.errors import StorageError
from linkarchive.store.connections import address, connected, refused, shown
from linkarchive.store.migrations import applied, migrate, missing, unknown

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

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
        self.compiled: dict[Executable, Compiled] = {}
        """Statements of `write_rows`, for this room only."""

    @property
    def has_other_writers(self) -> bool:
        """Other processes may write at the same time. Of an SQLite file, whoever holds the folder's lock is the only
        writer."""
        return _is_server(self.url)

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
            raise self.refused(error) from error

    def write_rows(self, statement: Insert | Update, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement, a constant of its module, once a row. It is compiled once, and its rows go to the driver
        as they are: half the time of `write`. All rows have the same keys. Raises StorageError."""
        if not rows:
            return
        compiled = self.compiled.get(statement)
        if compiled is None:
            compiled = self.compiled[statement] = Compiled(statement, rows[0], self.connection)
        try:
            self.connection.exec_driver_sql(compiled.text, [compiled.parameters(row) for row in rows])
        except SQLAlchemyError as error:
            raise self.refused(error) from error

    def upsert(self, table: Table, *key: str) -> Insert:
        """An INSERT that changes the row with the same key instead, where there is one; the same object each time."""
        return _upsert(self.has_other_writers, table, key)

    def insert_new(self, table: Table) -> Insert:
        """An INSERT that leaves a row as it is that is there already, whoever wrote it."""
        return _insert(self.has_other_writers, table).on_conflict_do_nothing()

    def commit(self) -> None:
        """Make all that was written last. Raises StorageError."""
        self._flush()
        try:
            self.connection.commit()
        except SQLAlchemyError as error:
            raise refused(self.url, error) from error

    def rollback(self) -> None:
        """Take back what was written since the last commit. Raises StorageError."""
        try:
            self.connection.rollback()
        except SQLAlchemyError as error:
            raise refused(self.url, error) from error

    def refused(self, error: SQLAlchemyError) -> StorageError:
        """What is raised where the database refused a statement."""
        return refused(self.url, error)

    def checkpoint(self) -> None:
        """Have the file of SQLite alone hold everything, so that it can be moved."""
        if not self.has_other_writers:
            self.connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@cache
def _upsert(is_server: bool, table: Table, key: tuple[str, ...]) -> Insert:
    statement = _insert(is_server, table)
    own = {column.name for column in table.primary_key} | set(key)
    changed = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in own}
    return statement.on_conflict_do_update(index_elements=list(key), set_=changed)


def _insert(is_server: bool, table: Table) -> postgresql.Insert | sqlite.Insert:
    if is_server:
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]  # it takes the same arguments
    return insert(table)


class Compiled:
    """A statement as text for the driver, and how its values become what the driver takes."""

    def __init__(self, statement: Insert | Update, row: Mapping[str, Any], connection: Connection) -> None:
        compiled: Any = statement.compile(dialect=connection.dialect, column_keys=list(row), for_executemany=True)
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
def open_store(database: str | URL | Path | None, *, read_only: bool = False, bare: bool = False) -> Iterator[Store]:
    """The store of a database: a path is that of an SQLite file, None an empty database in memory; both are made and
    migrated as needed. The URL of a PostgreSQL database names one that `upgrade` has made ready; with `bare` the tables
    of a project are neither needed nor made.

    The caller commits; what is not committed when the block ends is rolled back. With `read_only` a file on a
    medium that cannot be written is read all the same. Raises StorageError (disk full, damaged, read-only, no server)
    from anywhere inside the block, and SettingsError.
    """
    url = address(database)
    try:
        with connected(url, read_only) as connection:
            if not bare:
                with connection.begin():
                    _prepare(url, connection)
            yield Store(url, connection)
    except SQLAlchemyError as error:
        raise refused(url, error) from error


def upgrade(database: str | URL) -> tuple[str, ...]:
    """Make the tables of a PostgreSQL database, or change those of an earlier version; the names of the steps that were
    taken. Raises StorageError and SettingsError."""
    url = address(database)
    try:
        with connected(url, read_only=False) as connection, connection.begin():
            # Of two that do this at the same time the second finds all done.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADING})")
            _refuse_later(url, applied(connection))
            return migrate(connection)
    except SQLAlchemyError as error:
        raise refused(url, error) from error


_UPGRADING = 0x6C696E6B
"""The lock of PostgreSQL that is held by whoever changes tables."""


def is_faulty_row(error: Exception) -> bool:
    """The database refused what a row says (a bug of ours), and would refuse it again."""
    return isinstance(error.__cause__, DataError | IntegrityError)


def is_refusal(error: Exception) -> bool:
    """The database lacks what was asked for, or this user has no right to it, and would say so again."""
    return isinstance(error.__cause__, ProgrammingError)


def _is_server(url: URL) -> bool:
    return url.get_backend_name() == "postgresql"


def _prepare(url: URL, connection: Connection) -> None:
    if not _is_server(url):
        migrate(connection)
        return
    steps = applied(connection)
    _refuse_later(url, steps)
    if missing(steps):
        lack, command = ("has tables of an earlier version", "upgrade") if steps else ("has no tables of ours", "init")
        raise StorageError(f"{shown(url)} {lack}: run `archive hub {command}`")


def _refuse_later(url: URL, steps: Collection[str]) -> None:
    if later := unknown(steps):
        words = f"has tables of a later version of this program (step “{later[0]}”): update the program on this machine"
        raise StorageError(f"{shown(url)} {words}")


def _nothing() -> None:
    """Nothing is gathered."""
