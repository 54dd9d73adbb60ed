"""What the workers of a hub ask web archives: about which sources, and which archives may be asked. PostgreSQL only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import text

from linkarchive.store.database import Store
from linkarchive.store.hub_ranges import Taken, Watched

_FIRST_CLOSING = 3600.0
"""Seconds for which an archive that limits us, and does not say how long, is left alone; it doubles, up to a day."""


def to_ask(store: Store, taken: Taken, now: datetime, most: int) -> list[Watched]:
    """The sources of a range that archives are to be asked about, at most so many, those that wait longest first."""
    query = """SELECT d.project, d.source, d.page
        FROM generate_series(cast(:first AS integer), cast(:last AS integer)) AS s (slot)
        CROSS JOIN LATERAL (
            SELECT w.project, w.source, w.page, w.ask_from FROM hub.watched w
            WHERE w.slot = s.slot AND w.ask_from <= :now ORDER BY w.ask_from LIMIT :most
        ) AS d ORDER BY d.ask_from, d.project, d.source LIMIT :most"""
    values = {"first": taken.first_slot, "last": taken.last_slot, "now": now, "most": most}
    return [Watched(row.project, row.source, bytes(row.page)) for row in store.execute(text(query), values)]


def near(store: Store, project: int, numbers: Collection[int]) -> list[int]:
    """The sources that a project has in the slots of these: those on the same hosts are among them, unless `remap`
    leads them elsewhere."""
    query = """SELECT source FROM hub.watched WHERE project = :project AND slot IN (
        SELECT slot FROM hub.watched WHERE project = :project AND source = ANY(:sources))"""
    return list(store.execute(text(query), {"project": project, "sources": list(numbers)}).scalars())


def ask_from(store: Store, project: int, times: Mapping[int, datetime | None]) -> None:
    """From when on archives are to be asked about these sources of a project; None: there is nothing to ask. The caller
    has their rows (`hub.lock_watched`) and commits."""
    statement = """UPDATE hub.watched w SET ask_from = t.time
        FROM unnest(cast(:sources AS bigint[]), cast(:times AS timestamptz[])) AS t (source, time)
        WHERE w.project = :project AND w.source = t.source"""
    values = {"project": project, "sources": list(times), "times": list(times.values())}
    store.execute(text(statement), values)


def why_closed(store: Store, archive: str) -> str | None:
    """Why nobody asks an archive at present, in words; None: it may be asked. Commits."""
    query = "SELECT why FROM hub.archive_gates WHERE name = :name AND closed_until > clock_timestamp()"
    why = store.execute(text(query), {"name": archive}).scalar_one_or_none()
    store.commit()
    return None if why is None else str(why)


def close(store: Store, archive: str, why: str, wait: float | None) -> None:
    """Nobody asks an archive for so many seconds, at most a day; None: for an hour, then for two, four … where that
    happens again within a day. Commits."""
    statement = """INSERT INTO hub.archive_gates AS g (name, closed_until, why, failures)
        VALUES (:name, clock_timestamp() + make_interval(secs => least(86400, coalesce(:wait, :first))),
            :why, 1)
        ON CONFLICT (name) DO UPDATE SET why = excluded.why,
            failures = CASE WHEN g.closed_until < clock_timestamp() - interval '1 day' THEN 1 ELSE g.failures + 1 END,
            closed_until = clock_timestamp() + make_interval(secs => least(86400, coalesce(:wait, :first *
                CASE WHEN g.closed_until < clock_timestamp() - interval '1 day' THEN 1
                ELSE 2 ^ least(g.failures, 5) END)))
        WHERE g.closed_until <= clock_timestamp()"""
    store.execute(text(statement), {"name": archive, "why": why, "wait": wait, "first": _FIRST_CLOSING})
    store.commit()
