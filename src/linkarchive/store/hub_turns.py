"""The turns that all workers of a hub take together: on hosts that more than one of them asks. PostgreSQL only.

A row says when a host, or a registered domain (`*.example.org`), may be asked next, by the clock of the database. Each
function commits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import text

from linkarchive.store.database import Store
from linkarchive.store.hub import open_hub

SHARED_FOR = timedelta(days=1)
"""How long a domain is a shared one after somebody said so."""


@contextmanager
def open_turns(database: str) -> Iterator[Store]:
    """A connection for turns alone; a database that crashes may forget those of its last second.

    Raises as `open_hub`.
    """
    with open_hub(database) as store:
        store.execute(text("SET synchronous_commit = off"))
        store.commit()
        yield store


def name_for_parts(host: str) -> str:
    """The name of the turns on a host for what pages need to be shown, beside those for pages."""
    return f"parts {host}"


def take(store: Store, gaps: Mapping[str, float]) -> float:
    """Take a turn on all of these names: 0.0, and each may be asked again after so many seconds; else the seconds
    until there may be one."""
    names = sorted(gaps)
    query = text("SELECT hub.take_turn(:names, :gaps)")
    wait = store.execute(query, {"names": names, "gaps": [float(gaps[name]) for name in names]}).scalar_one()
    store.commit()
    return float(wait)


def prune(store: Store) -> None:
    """Forget what has said nothing for a day: turns on hosts, and that machines were in trouble."""
    for statement in (
        """DELETE FROM hub.turns WHERE name IN (
            SELECT name FROM hub.turns WHERE next_start < clock_timestamp() - interval '1 day'
            AND (shared_until IS NULL OR shared_until < clock_timestamp()) FOR UPDATE SKIP LOCKED)""",
        "DELETE FROM hub.troubles WHERE until < clock_timestamp() - interval '1 day'",
    ):
        store.execute(text(statement))
    store.commit()


def put_off(store: Store, waits: Mapping[str, float]) -> None:
    """Nobody asks these names before so many seconds have passed."""
    statement = """INSERT INTO hub.turns AS t (name, next_start)
        VALUES (:name, clock_timestamp() + make_interval(secs => :wait))
        ON CONFLICT (name) DO UPDATE SET next_start = greatest(t.next_start, excluded.next_start)"""
    for name in sorted(waits):
        store.execute(text(statement), {"name": name, "wait": waits[name]})
    store.commit()


def share(store: Store, domain: str, slot: int, wait: float) -> None:
    """Make a domain of that slot a shared one. Where it was none, nobody has a turn on it before `wait` seconds have
    passed: until then its owner has learned of it."""
    statement = """INSERT INTO hub.turns AS t (name, slot, next_start, shared_until)
        VALUES (:name, :slot, clock_timestamp() + make_interval(secs => :wait), clock_timestamp() + :lasts)
        ON CONFLICT (name) DO UPDATE SET slot = excluded.slot, shared_until = excluded.shared_until,
            next_start = CASE WHEN t.shared_until > clock_timestamp() THEN t.next_start
                ELSE greatest(t.next_start, excluded.next_start) END"""
    values = {"name": domain, "slot": slot, "wait": wait, "lasts": SHARED_FOR}
    store.execute(text(statement), values)
    store.commit()


def shared(store: Store, first_slot: int, last_slot: int) -> set[str]:
    """The domains of these slots that are shared ones."""
    query = """SELECT name FROM hub.turns WHERE slot BETWEEN :first AND :last AND shared_until > clock_timestamp()"""
    names = set(store.execute(text(query), {"first": first_slot, "last": last_slot}).scalars())
    store.commit()
    return names
