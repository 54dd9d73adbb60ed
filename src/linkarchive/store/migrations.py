"""Migrations as named steps: each runs once, in one transaction with the record that it ran."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, text

from linkarchive.store import schema

Step = Callable[[Connection], None]


def first_schema(connection: Connection) -> None:
    schema.metadata.create_all(connection)


STEPS: tuple[tuple[str, Step], ...] = (("2026-11-23 first schema", first_schema),)


def migrate(connection: Connection) -> tuple[str, ...]:
    """Apply what is missing; returns the names of the steps applied now. Run it inside a transaction."""
    connection.execute(text("CREATE TABLE IF NOT EXISTS migrations (name VARCHAR PRIMARY KEY)"))
    applied = set(connection.execute(text("SELECT name FROM migrations")).scalars())
    done = []
    for name, step in STEPS:
        if name not in applied:
            step(connection)
            connection.execute(text("INSERT INTO migrations (name) VALUES (:name)"), {"name": name})
            done.append(name)
    return tuple(done)
