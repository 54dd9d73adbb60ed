"""Projects of a hub whose tables a worker cannot use: what is due of them waits, the others go on. PostgreSQL only."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text

from linkarchive.store.database import Store
from linkarchive.store.hub_ranges import Taken
from linkarchive.store.migrations import missing, unknown
from linkarchive.store.project_trouble import ProjectTroubleError

RETRY_AFTER = timedelta(hours=1)
"""After this, workers try a project in trouble again."""


def refuse_other_version(store: Store, schema: str) -> None:
    """Raise ProjectTroubleError where the tables of the project are not those of this version of the program."""
    steps = frozenset(store.execute(text(f"SELECT name FROM {schema}.migrations")).scalars())  # noqa: S608 - our own name
    if later := unknown(steps):
        raise ProjectTroubleError(schema, f"its tables are of a later version ({later[0]}): update this worker")
    if missing(steps):
        raise ProjectTroubleError(schema, "its tables are of an earlier version: run `archive hub upgrade`")


def put_off(store: Store, taken: Taken, project: int, why: str, now: datetime) -> int:
    """What is due of a project in a range waits, and the hub says why; how many sources wait. The caller commits."""
    statement = """WITH waiting AS (
            SELECT w.source FROM hub.watched w WHERE w.project = :project
            AND w.slot BETWEEN :first AND :last AND (w.next_due <= :now OR w.ask_from <= :now)
            ORDER BY w.source FOR UPDATE
        ) UPDATE hub.watched w SET next_due = CASE WHEN w.next_due <= :now THEN :later ELSE w.next_due END,
            ask_from = CASE WHEN w.ask_from <= :now THEN :later ELSE w.ask_from END
        FROM waiting WHERE w.project = :project AND w.source = waiting.source"""
    values = {"project": project, "first": taken.first_slot, "last": taken.last_slot, "now": now}
    number = store.execute(text(statement), values | {"later": now + RETRY_AFTER}).rowcount
    note = """INSERT INTO hub.project_troubles AS t (project, since, why)
        VALUES (:project, :now, :why) ON CONFLICT (project) DO UPDATE SET why = excluded.why"""
    store.execute(text(note), {"project": project, "now": now, "why": why.replace("\0", "")[:2000]})
    return int(number)


def over(store: Store, project: int) -> None:
    """Workers can use the tables of the project. The caller commits."""
    store.execute(text("DELETE FROM hub.project_troubles WHERE project = :project"), {"project": project})


def try_again(store: Store, now: datetime) -> None:
    """What waits of projects in trouble is due. The caller commits."""
    statement = """UPDATE hub.watched SET next_due = :now WHERE next_due > :now AND next_due <= :later
        AND project IN (SELECT project FROM hub.project_troubles)"""
    store.execute(text(statement), {"now": now, "later": now + RETRY_AFTER})


def trouble_of(store: Store, project: int) -> str | None:
    """Why workers cannot use the tables of a project, in words; None: they can, as far as is known."""
    query = "SELECT why FROM hub.project_troubles WHERE project = :project"
    return store.execute(text(query), {"project": project}).scalar_one_or_none()
