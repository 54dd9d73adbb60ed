"""Was it us? What the workers of one machine, which have one network, have seen of late. PostgreSQL only.

Times are those of the database's clock.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from linkarchive.model.scope import JITTER
from linkarchive.store import results
from linkarchive.store.database import Store
from linkarchive.store.hub import ProjectStore, SharedConnection, lock_watched, projects_of
from linkarchive.store.hub_ranges import TOGETHER
from linkarchive.store.project_trouble import ProjectTroubleError
from linkarchive.store.serialization import decode, encode
from linkarchive.web.network import Hosts

LATELY = timedelta(minutes=10)
"""For how long what was seen says something, and a machine in trouble rests."""


@dataclass(frozen=True, slots=True)
class Concluded:
    """What a batch concluded in a run of a project, but for pages that were what they had been."""

    project: int
    run: int
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A batch: what it saw of hosts, and what it made of that."""

    hosts: Hosts
    concluded: tuple[Concluded, ...]


def lately(store: Store, machine: str) -> list[Sighting]:
    """Those of a machine in the last minutes, oldest first."""
    query = "SELECT body FROM hub.sightings WHERE machine = :machine AND seen > clock_timestamp() - :lately ORDER BY id"
    bodies = store.execute(text(query), {"machine": machine, "lately": LATELY}).scalars()
    return [decode(body, Sighting) for body in bodies]


def keep(store: Store, machine: str, sighting: Sighting) -> None:
    """Note what a batch has seen, and forget what says nothing any more, of whichever machine. The caller commits."""
    old = """DELETE FROM hub.sightings WHERE id IN (
        SELECT id FROM hub.sightings WHERE seen <= clock_timestamp() - :lately FOR UPDATE SKIP LOCKED)"""
    store.execute(text(old), {"lately": LATELY})
    statement = "INSERT INTO hub.sightings (machine, body) VALUES (:machine, :body)"
    store.execute(text(statement), {"machine": machine, "body": encode(sighting)})


def trouble(store: Store, machine: str) -> str | None:
    """Why a machine rests, in words; None: its network is well, as far as is known. Until the transaction ends, nobody
    takes back what its workers concluded: what is written in it is seen by whoever does."""
    lock = "SELECT pg_advisory_xact_lock_shared(hashtextextended(:machine, 1))"
    store.execute(text(lock), {"machine": machine})
    query = "SELECT why FROM hub.troubles WHERE machine = :machine AND until > clock_timestamp()"
    return store.execute(text(query), {"machine": machine}).scalar_one_or_none()


def take_back(store: Store, shared: SharedConnection, machine: str, why: str, now: datetime) -> None:
    """The network of a machine is in trouble: what its workers concluded in the last minutes is taken back, and due
    again, and they rest; but for projects whose tables they cannot use any more. Commits some projects at a time (a
    transaction over the tables of hundreds takes more locks than a server has); nobody else writes meanwhile, since all
    see that the machine rests. The caller commits the last."""
    lock = "SELECT pg_advisory_xact_lock(hashtextextended(:machine, 1))"
    store.execute(text(lock), {"machine": machine})
    statement = """INSERT INTO hub.troubles AS t (machine, until, why)
        VALUES (:machine, clock_timestamp() + :lately, :why)
        ON CONFLICT (machine) DO UPDATE SET until = excluded.until, why = excluded.why"""
    store.execute(text(statement), {"machine": machine, "lately": LATELY, "why": why})
    wrong: dict[int, dict[int, set[int]]] = {}
    for sighting in lately(store, machine):
        for part in sighting.concluded:
            wrong.setdefault(part.project, {}).setdefault(part.run, set()).update(part.sources)
    for place, project in enumerate(projects_of(store, wrong), 1):
        if place % TOGETHER == 0:
            store.commit()
            shared.forget()
        with suppress(ProjectTroubleError), shared.apart():
            own = ProjectStore(store.url, shared, project.schema)
            for run, sources in sorted(wrong[project.id].items()):
                lock_watched(own, project.id, sources)
                results.discard(own, run, sorted(sources))
                again = """UPDATE hub.watched SET next_due = :now, ask_from = NULL
                    WHERE project = :p AND source = ANY(:all)"""
                own.execute(text(again), {"now": now - JITTER, "p": project.id, "all": sorted(sources)})
    store.execute(text("DELETE FROM hub.sightings WHERE machine = :machine"), {"machine": machine})
