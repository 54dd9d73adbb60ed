"""Migrations as named steps: each runs once, in one transaction with the record that it ran.

Those up to "planned in order" speak SQLite's language: no database of PostgreSQL is older than they are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache

from sqlalchemy import Connection, Dialect, inspect, text
from sqlalchemy.schema import CreateIndex, CreateSequence, CreateTable

from linkarchive.model import Result
from linkarchive.store import schema
from linkarchive.store.last_visits import of_all
from linkarchive.store.serialization import decode
from linkarchive.store.unchanged import compared

Step = Callable[[Connection], None]


def first_schema(connection: Connection) -> None:
    """All tables as they are today."""
    for statement in _creation(type(connection.dialect)):  # type: ignore[arg-type]  # a concrete one
        connection.exec_driver_sql(statement)


@cache
def _creation(kind: type[Dialect]) -> tuple[str, ...]:
    """The statements that make the tables and their indexes, which take longer to write than to run."""
    dialect = kind()
    makers: list[CreateTable | CreateIndex | CreateSequence] = []
    if dialect.supports_sequences:
        makers.append(CreateSequence(schema.writers))
    for table in schema.metadata.sorted_tables:
        makers.append(CreateTable(table))
        makers.extend(map(CreateIndex, sorted(table.indexes, key=lambda index: str(index.name))))
    statements = tuple(str(maker.compile(dialect=dialect)) for maker in makers)
    return (*statements, *_SERVER_ONLY) if dialect.name == "postgresql" else statements


_SERVER_ONLY = (
    # Unique, however long: an index of the keys themselves takes up to 2,704 bytes.
    "ALTER TABLE sources ADD CONSTRAINT sources_key EXCLUDE USING hash (key WITH =)",
    # What SQLite has in a table of its FTS5 (store.texts).
    "CREATE TABLE texts (capture BIGINT PRIMARY KEY REFERENCES captures ON DELETE CASCADE, title TEXT NOT NULL, "
    "text TEXT NOT NULL, words TSVECTOR NOT NULL)",
    "CREATE INDEX texts_words ON texts USING gin (words)",
    # PostgreSQL looks for what refers to each row that is deleted: without these it reads all visits, all baselines.
    "CREATE INDEX visits_outcome ON visits (outcome)",
    "CREATE INDEX baselines_capture ON baselines (capture)",
)


def carried_visits(connection: Connection) -> None:
    """An unchanged page costs a row; the columns that reports count by stand beside the result's body."""
    known = {column["name"] for column in inspect(connection).get_columns("visits")}
    if "carried" in known:  # the first schema was made with it
        return
    connection.execute(text("ALTER TABLE visits ADD COLUMN carried BOOLEAN NOT NULL DEFAULT 0"))
    connection.execute(text("ALTER TABLE outcomes ADD COLUMN cited BOOLEAN NOT NULL DEFAULT 1"))
    connection.execute(text("ALTER TABLE outcomes ADD COLUMN compared VARCHAR NOT NULL DEFAULT 'done'"))
    set_columns = text("UPDATE outcomes SET cited = :cited, compared = :compared WHERE id = :id")
    for number, body in connection.execute(text("SELECT id, body FROM outcomes")).all():
        result = decode(body, Result)
        connection.execute(set_columns, {"id": number, "cited": bool(result.citations), "compared": compared(result)})


def imported_captures(connection: Connection) -> None:
    """Captures and baselines may belong to no run: those that an import adds."""
    columns = inspect(connection).get_columns("captures")
    if any(column["name"] == "run" and column["nullable"] for column in columns):  # the first schema was made with it
        return
    # SQLite cannot take a constraint away; this is its way (https://www.sqlite.org/lang_altertable.html, section 7).
    version = int(connection.execute(text("PRAGMA schema_version")).scalar_one())
    connection.execute(text("PRAGMA writable_schema = ON"))
    connection.execute(
        text(
            "UPDATE sqlite_master SET sql = replace(sql, 'run INTEGER NOT NULL', 'run INTEGER') "
            "WHERE type = 'table' AND name IN ('captures', 'baselines')"
        )
    )
    connection.execute(text(f"PRAGMA schema_version = {version + 1}"))
    connection.execute(text("PRAGMA writable_schema = OFF"))


def intended_keys(connection: Connection) -> None:
    """A link through a redirector, or with what counts visitors, is the page behind it: its rows go to that source."""
    from linkarchive.wrappers import key_of

    sources = {row.key: row.id for row in connection.execute(text("SELECT id, key FROM sources"))}
    for key, number in list(sources.items()):
        new = key_of(key)
        if new == key:
            continue
        target = sources.get(new)
        if target is None:
            connection.execute(text("UPDATE sources SET key = :key WHERE id = :id"), {"key": new, "id": number})
            sources[new] = number
            continue
        both = {"old": number, "new": target}
        for table in ("visits", "baselines", "archive_answers"):  # each has one row a run, citation or question
            update = f"UPDATE OR IGNORE {table} SET source = :new WHERE source = :old"  # noqa: S608  (our own words)
            connection.execute(text(update), both)
            connection.execute(text(f"DELETE FROM {table} WHERE source = :old"), both)  # noqa: S608  (our own words)
        for table in ("captures", "outcomes"):
            update = f"UPDATE {table} SET source = :new WHERE source = :old"  # noqa: S608  (our own words)
            connection.execute(text(update), both)
        connection.execute(text("DELETE FROM sources WHERE id = :old"), both)


def standings(connection: Connection) -> None:
    """A column for what counts of a result beside its verdict; for the results of before that is nothing."""
    known = {column["name"] for column in inspect(connection).get_columns("outcomes")}
    if "standing" not in known:
        connection.execute(text("ALTER TABLE outcomes ADD COLUMN standing VARCHAR NOT NULL DEFAULT ''"))


def parts_of_pages(connection: Connection) -> None:
    """Tables for what pages need to be shown; no capture of before has anything in them."""
    known = {column["name"] for column in inspect(connection).get_columns("captures")}
    if "scope" not in known:
        connection.execute(text("ALTER TABLE captures ADD COLUMN scope VARCHAR NOT NULL DEFAULT 'document'"))
    schema.metadata.create_all(connection, tables=[schema.parts, schema.part_uses])


def last_visits(connection: Connection) -> None:
    """The last visit of each source, so that what is due is found without reading all visits."""
    schema.metadata.create_all(connection, tables=[schema.last_visits])
    connection.execute(of_all())


def stored_plans(connection: Connection) -> None:
    """The plan of all links, so that a run over a few of them need not make it; what a run added is found at once."""
    schema.metadata.create_all(connection, tables=[schema.plans, schema.plan_files])
    for table in (schema.captures, schema.baselines, schema.archive_answers):
        for index in table.indexes:
            index.create(connection, checkfirst=True)


def thinned_runs(connection: Connection) -> None:
    """A column that says how many visits of a run are no longer kept; of the runs of before all are."""
    known = {column["name"] for column in inspect(connection).get_columns("runs")}
    if "thinned" not in known:
        connection.execute(text("ALTER TABLE runs ADD COLUMN thinned INTEGER"))


def state_files(connection: Connection) -> None:
    """The digests of the files of the state, which need not be read by a run that changes nothing."""
    schema.metadata.create_all(connection, tables=[schema.state_files])


def planned_in_order(connection: Connection) -> None:
    """An index that the next step makes with its table."""


def citations_by_article(connection: Connection) -> None:
    """The plan by article. That of a hub stays what it is until the next push; a folder's is made anew."""
    before = inspect(connection)
    is_old = before.has_table("planned") and not before.has_table("citations")
    if is_old:
        connection.exec_driver_sql("CREATE TABLE planned_before AS SELECT source, position, links FROM planned")
        connection.exec_driver_sql("DROP TABLE planned")
    schema.metadata.create_all(connection, tables=[schema.planned, schema.citations])
    if is_old:
        for table, columns in (("planned", ""), ("citations", ", links")):
            connection.exec_driver_sql(
                f"INSERT INTO {table} (plan, source, position, own{columns}) "  # noqa: S608  (our own words)
                f"SELECT 0, source, position, 0{columns} FROM planned_before"
            )
        connection.exec_driver_sql("DROP TABLE planned_before")
        connection.exec_driver_sql("DELETE FROM plans WHERE key != 'hub'")


def references(connection: Connection) -> None:
    """Indexes of PostgreSQL by which results and captures are deleted."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("CREATE INDEX IF NOT EXISTS visits_outcome ON visits (outcome)")
        connection.exec_driver_sql("CREATE INDEX IF NOT EXISTS baselines_capture ON baselines (capture)")


def kinds_of_last_visits(connection: Connection) -> None:
    """Indexes by which last visits are counted, and the articles found that a run changed."""
    for index in (*schema.last_visits.indexes, *schema.articles.indexes):
        index.create(connection, checkfirst=True)


def baselines_of_sources(connection: Connection) -> None:
    """An index by which the baselines of a source are found without reading those of all."""
    connection.exec_driver_sql("CREATE INDEX IF NOT EXISTS baselines_source ON baselines (source)")


STEPS: tuple[tuple[str, Step], ...] = (
    ("2026-11-23 first schema", first_schema),
    ("2026-11-23 carried visits", carried_visits),
    ("2026-11-29 imported captures", imported_captures),
    ("2026-11-29 intended keys", intended_keys),
    ("2026-11-29 standings", standings),
    ("2026-11-30 parts of pages", parts_of_pages),
    ("2026-11-30 last visits", last_visits),
    ("2026-11-30 stored plans", stored_plans),
    ("2026-11-30 thinned runs", thinned_runs),
    ("2026-11-30 state files", state_files),
    ("2026-11-30 planned in order", planned_in_order),
    ("2026-11-30 citations by article", citations_by_article),
    ("2026-11-30 references", references),
    ("2026-11-30 kinds of last visits", kinds_of_last_visits),
    ("2026-11-30 baselines of sources", baselines_of_sources),
)


def applied(connection: Connection) -> frozenset[str]:
    """The names of the steps that a database of PostgreSQL has had; none before it has tables."""
    if connection.exec_driver_sql("SELECT to_regclass('migrations')").scalar_one() is None:
        return frozenset()
    return _applied(connection)


def missing(applied: Collection[str]) -> dict[str, Step]:
    """The steps that are still to be taken, by name."""
    return {name: step for name, step in STEPS if name not in applied}


def unknown(applied: Collection[str]) -> list[str]:
    """The steps that a database has had and this version of the program does not know: a later one took them."""
    return sorted(set(applied) - {name for name, _ in STEPS})


def migrate(connection: Connection) -> tuple[str, ...]:
    """Apply what is missing; returns the names of the steps applied now. Run it inside a transaction."""
    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS migrations (name VARCHAR PRIMARY KEY)")
    past = _applied(connection)
    steps = missing(past)
    # The first schema is that of today: after it an empty database needs no other step.
    for step in steps.values() if past else [first_schema]:
        step(connection)
    if steps:
        rows = [{"name": name} for name in steps]
        connection.execute(text("INSERT INTO migrations (name) VALUES (:name)"), rows)
    return tuple(steps)


def _applied(connection: Connection) -> frozenset[str]:
    return frozenset(connection.exec_driver_sql("SELECT name FROM migrations").scalars())
