"""What the projects of a hub share: who watches which page; and the connection to their tables. `hub_ranges` has more.

PostgreSQL only. Times that are compared with those of visits are the caller's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import URL as DatabaseUrl
from sqlalchemy import Connection, Executable, text
from sqlalchemy.exc import SQLAlchemyError

from linkarchive.errors import StorageError, UsageError
from linkarchive.model.scope import JITTER
from linkarchive.settings import CheckSettings, JudgeSettings, KeepSettings, SiteSettings
from linkarchive.store.connections import address
from linkarchive.store.database import Compiled, Store, open_store
from linkarchive.store.database import upgrade as upgrade_tables
from linkarchive.store.decisions import Decision
from linkarchive.store.hub_schema import SLOTS, STEPS
from linkarchive.store.project_trouble import ProjectTroubleError, concerns_tables
from linkarchive.store.serialization import decode, encode

ROUND = "%Y%m%dT000000Z-round"
"""The id of the run that a day's visits of a project belong to."""
MOST_FAILURES = 5
"""Failures of a range in a row after which it is parked."""


def schema_of(project: str) -> str:
    """The schema with the tables of a project."""
    return f"project_{project}"


def url_of(database: str | DatabaseUrl, schema: str) -> DatabaseUrl:
    """The database with this schema as the one where its tables are."""
    return address(database).update_query_dict({"options": f"-csearch_path={schema}"})


@dataclass(frozen=True, slots=True)
class Rules:
    """What a project says of its sources, as it was pushed."""

    judge: JudgeSettings
    keep: KeepSettings
    check: CheckSettings
    remap: tuple[str, ...]
    sites: tuple[SiteSettings, ...]
    decisions: tuple[Decision, ...]
    excluded: tuple[str, ...]
    """Keys of sources with a `!` in links.txt."""
    asks_archives: bool = False
    """`[wayback] mode` lets web archives be asked about its sources."""
    uses_browser: bool = False
    """`[browser] when` lets a browser look at them where it may see more."""


@dataclass(frozen=True, slots=True)
class HubProject:
    """A project as it was pushed last."""

    id: int
    name: str
    body: str
    pushed: datetime
    in_trouble: bool = False
    """Workers could not use its tables when they tried last."""

    @property
    def schema(self) -> str:
        return schema_of(self.name)

    @property
    def rules(self) -> Rules:
        try:
            return decode(self.body, Rules)
        except StorageError as error:
            words = "what it pushed is of another version of the program: push it again, or update this worker"
            raise ProjectTroubleError(self.schema, words) from error


@contextmanager
def open_hub(database: str, *, to_upgrade: bool = False) -> Iterator[Store]:
    """The tables that all projects share. Raises StorageError, and UsageError where there is no hub, or one of an
    earlier version that is not there to be upgraded."""
    with open_store(url_of(database, "hub"), bare=True) as store:
        if not exists(store):
            raise UsageError(f"{address(database).database}: there is no hub in this database: `archive hub init`")
        applied = _applied(store)
        if later := sorted(applied - {name for name, _ in STEPS}):
            words = f"the hub has tables of a later version of this program (step “{later[0]}”)"
            raise UsageError(f"{words}: update the program on this machine")
        if not to_upgrade and len(applied) < len(STEPS):
            raise UsageError("the hub has tables of an earlier version: run `archive hub upgrade`")
        yield store
        store.rollback()


@contextmanager
def open_schema(database: str, project: str, *, read_only: bool) -> Iterator[Store]:
    """The tables of a project. Raises StorageError, and UsageError where it was not pushed yet or is not ours."""
    with open_hub(database) as store:
        is_there = not read_only or number_of(store, project) is not None
        _refuse_others(store, project)
    if not is_there:
        raise UsageError(f"{project} is not in the hub yet: `archive push`")
    with open_store(url_of(database, schema_of(project)), read_only=read_only) as store:
        yield store


def exists(store: Store) -> bool:
    """The tables of a hub are there."""
    return store.execute(text("SELECT to_regclass('hub.migrations')")).scalar_one() is not None


def upgrade(store: Store) -> tuple[str, ...]:
    """Make the tables that are missing; the names of the steps. The caller commits."""
    store.execute(text("SELECT pg_advisory_xact_lock(7253019421)"))
    store.execute(text("CREATE SCHEMA IF NOT EXISTS hub"))
    store.execute(text("CREATE TABLE IF NOT EXISTS hub.migrations (name text PRIMARY KEY)"))
    applied = _applied(store)
    missing = {name: statements for name, statements in STEPS if name not in applied}
    for name, statements in missing.items():
        for statement in statements:
            store.execute(text(statement))
        store.execute(text("INSERT INTO hub.migrations VALUES (:name)"), {"name": name})
    return tuple(missing)


def _applied(store: Store) -> set[str]:
    """The names of the steps that were taken."""
    return set(store.execute(text("SELECT name FROM hub.migrations")).scalars())


def divide(store: Store, ranges: int) -> None:
    """Make the ranges, of as many slots each."""
    rows = [
        {"range": number, "first": number * SLOTS // ranges, "last": (number + 1) * SLOTS // ranges - 1}
        for number in range(ranges)
    ]
    store.execute(text("INSERT INTO hub.ranges (range, first_slot, last_slot) VALUES (:range, :first, :last)"), rows)


# --- projects ---------------------------------------------------------------------------------------


def make_schema(store: Store, project: str) -> tuple[str, ...]:
    """Make the tables of a project, or bring them to this version; the names of the steps."""
    schema = schema_of(project)
    if store.execute(text("SELECT to_regnamespace(:schema)"), {"schema": schema}).scalar_one() is None:
        store.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))  # needs a right that a mere pusher may lack
    store.commit()
    _refuse_others(store, project)
    return upgrade_tables(url_of(store.url, schema))


def _refuse_others(store: Store, project: str) -> None:
    """Raises UsageError for a role that may not use the tables of the project; its schema may not be there yet."""
    query = "SELECT has_schema_privilege(cast(to_regnamespace(:schema) AS oid), 'USAGE')"
    if store.execute(text(query), {"schema": schema_of(project)}).scalar_one() is False:
        raise UsageError(f"{project} is a project that your role in the database has no right to: see docs/fleet.md")


def lock_project(store: Store, project: str) -> None:
    """Until the transaction ends nobody else tells the hub of that project."""
    store.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": project})


def projects(store: Store) -> list[HubProject]:
    """All projects that were pushed, by name."""
    rows = store.execute(text("SELECT id, name, body, pushed FROM hub.projects ORDER BY name"))
    return [HubProject(**row._mapping) for row in rows]


def projects_of(store: Store, numbers: Collection[int]) -> list[HubProject]:
    """The projects that have these numbers, by number."""
    query = """SELECT id, name, body, pushed,
            EXISTS (SELECT 1 FROM hub.project_troubles WHERE project = id) AS in_trouble
        FROM hub.projects WHERE id = ANY(:numbers) ORDER BY id"""
    return [HubProject(**row._mapping) for row in store.execute(text(query), {"numbers": list(numbers)})]


def number_of(store: Store, name: str) -> int | None:
    """The number of a project; None where it was not pushed yet. Readers need no right to what others have pushed."""
    query = "SELECT id FROM hub.projects WHERE name = :name"
    number: int | None = store.execute(text(query), {"name": name}).scalar_one_or_none()
    return number


def keep_project(store: Store, name: str, rules: Rules, now: datetime) -> int:
    """Write what a project tells. Returns its number."""
    statement = """INSERT INTO hub.projects (name, body, pushed) VALUES (:name, :body, :now)
        ON CONFLICT (name) DO UPDATE SET body = :body, pushed = :now RETURNING id"""
    return int(store.execute(text(statement), {"name": name, "body": encode(rules), "now": now}).scalar_one())


def watch(store: Store, project: int, sources: Iterable[tuple[int, int, bytes]], now: datetime) -> int:
    """Have these sources (number, slot, page) of a project visited, and no others of it; how many are new. A new one is
    due, by the clock of whichever machine."""
    store.execute(text("CREATE TEMP TABLE pushed (source bigint, slot smallint, page bytea) ON COMMIT DROP"))
    driver: Any = store.connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy("COPY pushed (source, slot, page) FROM STDIN") as copy:
        for row in sources:
            copy.write_row(row)
    store.execute(text("ANALYZE pushed"))
    lock_watched(store, project)
    gone = """DELETE FROM hub.watched w WHERE w.project = :project
        AND NOT EXISTS (SELECT 1 FROM pushed t WHERE t.source = w.source)"""
    store.execute(text(gone), {"project": project})
    # A parked range is tried again: what kept failing may be gone.
    store.execute(
        text(
            """UPDATE hub.ranges r SET failures = 0, error = NULL WHERE r.failures >= :most AND EXISTS
            (SELECT 1 FROM pushed t WHERE t.slot BETWEEN r.first_slot AND r.last_slot)"""
        ),
        {"most": MOST_FAILURES},
    )
    added = """WITH rows AS (
            INSERT INTO hub.watched AS w (project, source, slot, page, next_due)
            SELECT :project, source, slot, page, :now FROM pushed ORDER BY source
            ON CONFLICT (project, source) DO UPDATE SET slot = excluded.slot, page = excluded.page
                WHERE (w.slot, w.page) IS DISTINCT FROM (excluded.slot, excluded.page)
            RETURNING xmax = 0 AS is_new
        ) SELECT count(*) FILTER (WHERE is_new) FROM rows"""
    return int(store.execute(text(added), {"project": project, "now": now - JITTER}).scalar_one())


def lock_watched(store: Store, project: int, sources: Collection[int] | None = None) -> None:
    """Have the rows of these sources of a project, or of all, until the transaction ends. Everybody who changes some
    does this first, in the same order: else two could wait for each other."""
    query = """SELECT count(*) FROM (SELECT 1 FROM hub.watched WHERE project = :project
        AND (:all OR source = ANY(:sources)) ORDER BY source FOR UPDATE) AS locked"""
    store.execute(text(query), {"project": project, "all": sources is None, "sources": list(sources or ())})


def want_now(store: Store, project: int, now: datetime, since: datetime, keys: Sequence[str] = ()) -> None:
    """Make the sources of the project that the store is of due, but for those that were visited after `since`; with
    `keys` only these. The caller commits."""
    statement = """WITH wanted AS (
            SELECT w.source FROM hub.watched w JOIN sources s ON s.id = w.source
            LEFT JOIN last_visits v ON v.source = s.id
            WHERE w.project = :project AND w.next_due > :now
            AND (v.checked IS NULL OR v.checked < :since) AND (:all OR s.key = ANY(:keys))
            ORDER BY w.source FOR UPDATE OF w
        ) UPDATE hub.watched w SET next_due = :now FROM wanted
        WHERE w.project = :project AND w.source = wanted.source"""
    values = {"project": project, "now": now - JITTER, "since": since, "all": not keys, "keys": list(keys)}
    store.execute(text(statement), values)


def limit_transactions(store: Store) -> None:
    """Have the server end what takes a quarter of an hour, and transactions in which nothing happens for as long."""
    for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
        store.execute(text(f"SET {name} = '15min'"))
    store.commit()


class SharedConnection:
    """One connection for the hub and the tables of several projects."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._schema = ""
        self.compiled: dict[Executable, Compiled] = {}
        """Statements that are compiled once for the tables of all projects."""

    def of(self, schema: str) -> Connection:
        """The connection, with the tables of that schema."""
        if self._schema != schema:
            self._connection.exec_driver_sql(f"SET LOCAL search_path TO {schema}")
            self._schema = schema
        return self._connection

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is done within is taken back by an error, and nothing else of the transaction."""
        self.forget()
        try:
            with self._connection.begin_nested():
                yield
        finally:
            self.forget()

    def forget(self) -> None:
        """The transaction has ended, and with it what was set."""
        self._schema = ""


class ProjectStore(Store):
    """The tables of a project, on a connection that others use as well: `commit` is that of all of them."""

    def __init__(self, url: DatabaseUrl, shared: SharedConnection, schema: str) -> None:
        self._shared = shared
        self._schema = schema
        super().__init__(url, shared.of(schema))
        self.compiled = shared.compiled

    @property
    def connection(self) -> Connection:
        """With the tables of the project."""
        return self._shared.of(self._schema)

    @connection.setter
    def connection(self, _: Connection) -> None:
        """It is that of all."""

    def refused(self, error: SQLAlchemyError) -> StorageError:
        trouble = super().refused(error)
        return ProjectTroubleError(self._schema, str(trouble)) if concerns_tables(error) else trouble

    def flush(self) -> None:
        """Write what is gathered into the open transaction."""
        self._flush()

    def commit(self) -> None:
        super().commit()
        self._shared.forget()

    def rollback(self) -> None:
        super().rollback()
        self._shared.forget()
