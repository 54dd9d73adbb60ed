"""The ranges of a hub: who has which, behind which fence, and what is due in it; its segments. PostgreSQL only.

Times that are compared with those of visits are the caller's; leases go by the clock of the database, which all workers
have in common.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from linkarchive.errors import IncompleteError
from linkarchive.model.scope import ALIVE_EVERY, JITTER, SUSPECT_EVERY
from linkarchive.store.database import Store
from linkarchive.store.hub import MOST_FAILURES

TOGETHER = 16
"""Projects that are written in one transaction: it holds some fifty locks for the tables and indexes of each, and
a server as it is installed has 6,400 for all."""
_OF_A_SLOT = 400
"""Due pages of one slot that are taken at once: a large host does not keep the others of its range waiting."""
_ROWS_OF_A_SLOT = 8_000
"""Due sources of one slot in which these pages are looked for."""

_IS_DUE = """EXISTS (SELECT 1 FROM generate_series(cast(r.first_slot AS integer), r.last_slot) AS s (slot)
            CROSS JOIN LATERAL (
                (SELECT 1 FROM hub.watched w WHERE w.slot = s.slot AND w.next_due <= :now LIMIT 1) UNION ALL
                (SELECT 1 FROM hub.watched w WHERE w.slot = s.slot AND w.ask_from <= :now LIMIT 1)
            ) AS due)"""
"""In a range something is to be visited, or to be asked of web archives."""


class LostLeaseError(IncompleteError):
    """The range was given to another worker: nothing of this one's job is written."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A source of a project, and the page that is visited for it."""

    project: int
    source: int
    page: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """A range that this worker has."""

    range: int
    first_slot: int
    last_slot: int
    fence: int
    rest: float
    """Seconds until its hosts may be asked: its last worker asked them just now."""


def due_ranges(store: Store, now: datetime) -> list[int]:
    """The ranges in which something is due, without a job in the queue, but for parked ones."""
    query = f"""SELECT r.range FROM hub.ranges r WHERE r.failures < :most AND NOT EXISTS (
            SELECT 1 FROM hub.procrastinate_jobs j WHERE j.lock = 'range-' || r.range AND j.status IN ('todo', 'doing')
        ) AND (r.failures = 0 OR r.rest_until <= now()) AND {_IS_DUE} ORDER BY r.range"""  # noqa: S608 - constants of ours
    return list(store.execute(text(query), {"most": MOST_FAILURES, "now": now}).scalars())


def slots_of(store: Store) -> dict[int, tuple[int, int]]:
    """First and last slot of each range."""
    rows = store.execute(text("SELECT range, first_slot, last_slot FROM hub.ranges"))
    return {row.range: (row.first_slot, row.last_slot) for row in rows}


def take(store: Store, number: int, worker: str) -> Taken | None:
    """Have a range from now on, whoever had it before; None where it is parked. The caller commits."""
    statement = """UPDATE hub.ranges SET fence = fence + 1, worker = :worker, taken = now()
        WHERE range = :range AND failures < :most
        RETURNING range, first_slot, last_slot, fence,
            cast(greatest(0, coalesce(extract(epoch FROM rest_until - now()), 0)) AS double precision) AS rest"""
    row = store.execute(text(statement), {"range": number, "worker": worker, "most": MOST_FAILURES}).one_or_none()
    return None if row is None else Taken(**row._mapping)


def hold(store: Store, taken: Taken) -> None:
    """In the transaction that is to be committed: the range is still this worker's. Raises LostLeaseError."""
    query = "SELECT 1 FROM hub.ranges WHERE range = :range AND fence = :fence FOR SHARE"
    if store.write(text(query), {"range": taken.range, "fence": taken.fence}).one_or_none() is None:
        raise LostLeaseError(f"range {taken.range} was given to another worker")


def look_up(store: Store, taken: Taken) -> None:
    """The range is still this worker's; nobody has to wait for that. Raises LostLeaseError."""
    query = "SELECT fence FROM hub.ranges WHERE range = :range"
    if store.execute(text(query), {"range": taken.range}).scalar_one_or_none() != taken.fence:
        raise LostLeaseError(f"range {taken.range} was given to another worker")


def release(store: Store, taken: Taken, rest: float) -> None:
    """The job is done: the next one may ask its hosts after `rest` seconds. The caller commits."""
    statement = """UPDATE hub.ranges SET worker = NULL, failures = 0, error = NULL,
        rest_until = now() + make_interval(secs => :rest) WHERE range = :range AND fence = :fence"""
    store.execute(text(statement), {"range": taken.range, "fence": taken.fence, "rest": rest})


def fail(store: Store, taken: Taken, error: str, wait: float) -> None:
    """The job failed: it is tried again after `wait` seconds, after the second failure in a row after twice as many,
    after the third after three times, and so on. The caller commits."""
    statement = """UPDATE hub.ranges SET worker = NULL, failures = failures + 1, error = :error,
        rest_until = now() + (failures + 1) * make_interval(secs => :wait) WHERE range = :range AND fence = :fence"""
    values = {"range": taken.range, "fence": taken.fence, "error": error.replace("\0", "")[:2000], "wait": wait}
    store.execute(text(statement), values)


def due(store: Store, taken: Taken, now: datetime, most: int, sources: int) -> list[Watched]:
    """Who watches the pages of a range that are due, the longest overdue first; `most` pages, and no further page after
    so many `sources`."""
    query = """WITH due AS (
            SELECT d.page, d.since FROM generate_series(cast(:first AS integer), cast(:last AS integer)) AS s (slot)
            CROSS JOIN LATERAL (
                SELECT r.page, min(r.next_due) AS since FROM (
                    SELECT w.page, w.next_due FROM hub.watched w WHERE w.slot = s.slot AND w.next_due <= :now
                    ORDER BY w.next_due LIMIT :rows
                ) AS r GROUP BY r.page ORDER BY since LIMIT :of_a_slot
            ) AS d ORDER BY d.since, d.page LIMIT :most
        ), rows AS (
            SELECT w.project, w.source, w.page, due.since,
                count(*) OVER (ORDER BY due.since, w.page) AS so_far, count(*) OVER (PARTITION BY w.page) AS of_page
            FROM due JOIN hub.watched w ON w.page = due.page
        )
        SELECT project, source, page FROM rows WHERE so_far - of_page < :sources
        ORDER BY since, page, project, source"""
    values = {
        "first": taken.first_slot, "last": taken.last_slot, "now": now, "rows": _ROWS_OF_A_SLOT,
        "of_a_slot": _OF_A_SLOT, "most": most, "sources": sources,
    }  # fmt: skip
    return [Watched(row.project, row.source, bytes(row.page)) for row in store.execute(text(query), values)]


def next_visits(store: Store, project: int, sources: Collection[int], now: datetime, *, visited: bool) -> None:
    """When sources of a project that were concluded on are due again. Those that were not `visited` now, and are due by
    now because somebody asked for it, stay so. The project's schema is the one that the store is in."""
    statement = """UPDATE hub.watched w SET next_due = greatest(
            coalesce(v.checked, :now) + CASE WHEN v.checked IS NULL OR v.verdict IN ('ok', 'moved')
                THEN cast(:alive AS interval) ELSE cast(:suspect AS interval) END,
            date_trunc('day', cast(:now AS timestamptz), 'UTC') + interval '1 day')
        FROM last_visits v WHERE w.project = :project AND w.source = v.source AND v.source = ANY(:sources)
            AND (:visited OR w.next_due > :now)"""
    values = {
        "project": project, "sources": list(sources), "now": now, "visited": visited,
        "alive": ALIVE_EVERY - JITTER, "suspect": SUSPECT_EVERY - JITTER,
    }  # fmt: skip
    store.execute(text(statement), values)


def put_off(store: Store, project: int, sources: Collection[int], now: datetime) -> None:
    """Sources of which no verdict came are tried again in a day."""
    statement = "UPDATE hub.watched SET next_due = :later WHERE project = :project AND source = ANY(:sources)"
    values = {"project": project, "sources": list(sources), "later": now + SUSPECT_EVERY}
    store.execute(text(statement), values)


def is_due_anywhere(store: Store, now: datetime, ranges: Collection[int] | None) -> bool:
    """Something is due in one of these ranges that is not parked, somebody may be at work there or not; None: all."""
    query = f"""SELECT 1 FROM hub.ranges r WHERE r.failures < :most AND (:all OR r.range = ANY(:ranges))
        AND {_IS_DUE} LIMIT 1"""  # noqa: S608 - constants of ours
    values = {"most": MOST_FAILURES, "now": now, "all": ranges is None, "ranges": list(ranges or ())}
    return store.execute(text(query), values).first() is not None


def parked(store: Store, ranges: Collection[int] | None) -> dict[int, str]:
    """Those of these ranges that nobody takes any more, each with what went wrong last; None: all."""
    query = """SELECT range, error FROM hub.ranges WHERE failures >= :most AND (:all OR range = ANY(:ranges))
        ORDER BY range"""
    values = {"most": MOST_FAILURES, "all": ranges is None, "ranges": list(ranges or ())}
    return {row.range: row.error or "" for row in store.execute(text(query), values)}


# --- segments ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Segment:
    """A file on the shelf."""

    name: str
    bytes: int
    sha256: str


def keep_segments(store: Store, taken: Taken, segments: Iterable[Segment]) -> None:
    """Note what was put on the shelf. The caller commits."""
    statement = """INSERT INTO hub.segments (name, range, fence, bytes, sha256, put)
        VALUES (:name, :range, :fence, :bytes, :sha256, now())"""
    rows = [
        {"name": file.name, "range": taken.range, "fence": taken.fence, "bytes": file.bytes, "sha256": file.sha256}
        for file in segments
    ]
    if rows:
        store.execute(text(statement), rows)


def put_back(store: Store) -> int:
    """Have parked ranges tried again; how many there were. The caller commits."""
    statement = "UPDATE hub.ranges SET failures = 0, error = NULL WHERE failures >= :most RETURNING range"
    return len(store.execute(text(statement), {"most": MOST_FAILURES}).all())


def fences(store: Store) -> dict[int, int]:
    """How often each range was taken."""
    return {row.range: row.fence for row in store.execute(text("SELECT range, fence FROM hub.ranges"))}


def segments(store: Store, first: int, last: int) -> Iterator[Segment]:
    """The files of the ranges from the first to the last that rows name, some at a time."""
    query = """SELECT name, bytes, sha256 FROM hub.segments WHERE range BETWEEN :first AND :last AND name > :after
        ORDER BY name LIMIT 1000"""
    after = ""
    while rows := store.execute(text(query), {"first": first, "last": last, "after": after}).all():
        store.rollback()
        yield from (Segment(**row._mapping) for row in rows)
        after = rows[-1].name


def named_segments(store: Store, names: Collection[str]) -> set[str]:
    """Those of these files that rows name."""
    query = "SELECT name FROM hub.segments WHERE name = ANY(:names)"
    return set(store.execute(text(query), {"names": list(names)}).scalars())


# --- status -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProjectStatus:
    """How many sources of a project are watched, and how many of them are due."""

    name: str
    sources: int
    due: int
    pushed: datetime
    trouble: str | None
    """Why workers cannot use its tables."""


@dataclass(frozen=True, slots=True)
class RangeStatus:
    """A range in which something is due, at work, or wrong."""

    range: int
    due: int
    worker: str | None
    taken: datetime | None
    fence: int
    failures: int
    error: str | None
    parked: bool


@dataclass(frozen=True, slots=True)
class SegmentStatus:
    """The files on the shelf: how many, and their bytes."""

    number: int
    bytes: int


@dataclass(frozen=True, slots=True)
class HubStatus:
    """The order of the fields is that of the JSON."""

    projects: tuple[ProjectStatus, ...]
    ranges: tuple[RangeStatus, ...]
    segments: SegmentStatus


def status(store: Store, now: datetime) -> HubStatus:
    """Where the hub stands."""
    projects = """SELECT p.name, count(w.source) AS sources, count(w.source) FILTER (WHERE w.next_due <= :now) AS due,
        p.pushed, (SELECT t.why FROM hub.project_troubles t WHERE t.project = p.id) AS trouble
        FROM hub.projects p LEFT JOIN hub.watched w ON w.project = p.id GROUP BY p.id ORDER BY p.name"""
    ranges = """WITH due AS (SELECT slot, count(*) AS number FROM hub.watched WHERE next_due <= :now GROUP BY slot)
        SELECT r.range, cast(coalesce(sum(d.number), 0) AS bigint) AS due, r.worker, r.taken, r.fence, r.failures,
            r.error, r.failures >= :most AS parked
        FROM hub.ranges r LEFT JOIN due d ON d.slot BETWEEN r.first_slot AND r.last_slot
        GROUP BY r.range HAVING count(d.number) > 0 OR r.worker IS NOT NULL OR r.failures > 0 ORDER BY r.range"""
    segments = "SELECT count(*) AS number, coalesce(sum(bytes), 0) AS bytes FROM hub.segments"
    files = store.execute(text(segments)).one()
    return HubStatus(
        tuple(ProjectStatus(**row._mapping) for row in store.execute(text(projects), {"now": now})),
        tuple(RangeStatus(**row._mapping) for row in store.execute(text(ranges), {"now": now, "most": MOST_FAILURES})),
        SegmentStatus(files.number, int(files.bytes)),
    )
