"""Runs: started, continued, finished; and what a report says beside its sources."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, func, insert, or_, select, update

from linkarchive import __version__
from linkarchive.errors import NothingCheckedError
from linkarchive.model import ArticleReport, RunInfo, Unresolved, Verdict
from linkarchive.store.database import Store
from linkarchive.store.schema import last_visits, results, runs, visits
from linkarchive.store.serialization import decode, encode

RESUMABLE = timedelta(hours=24)
UNKNOWN_CLOCK = "without a log"
"""The scope of what was put back from state.jsonl, or from records without a log: whether that was simulated is not
known."""
_ROUND = "round"
"""The scope of the runs of a hub."""


class RunBody(Struct, frozen=True):
    """The parts of a report that belong to the run as a whole."""

    articles: tuple[ArticleReport, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    uncited: tuple[str, ...] = ()
    malformed: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    network: str | None = None
    """What was wrong with our own network (`RunInfo.network`)."""
    partial: bool = False
    """Not all sources of links.txt were visited: the report tells of the others as earlier runs left them."""


class Run(Struct, frozen=True):
    """A run as the database has it."""

    seq: int
    scope: str
    info: RunInfo
    body: RunBody
    thinned: int = 0
    """Visits of it that are no longer kept (`retention.thin`)."""


def new_id(now: datetime) -> str:
    """Sortable by start, one of 65,536 of its second: 20261123T060000Z-4f2a."""
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def start(store: Store, now: datetime, scope: str, simulated: bool) -> Run:
    run_id = new_id(now)
    while find(store, run_id) is not None:
        run_id = new_id(now)
    info = RunInfo(run_id, now, None, False, False, simulated, __version__)
    return _run(store.execute(_insert(info, scope, RunBody()).returning(*runs.c)).one())


def of_round(store: Store, run_id: str, now: datetime, simulated: bool) -> Run:
    """The run of that id, which several processes may begin at once. PostgreSQL only; the caller commits."""
    run = find(store, run_id)
    if run is None:
        info, before = RunInfo(run_id, now, None, False, False, simulated, __version__), find(store)
        body = RunBody() if before is None else before.body
        store.execute(store.insert_new(runs), _row(info, _ROUND, body))
        run = find(store, run_id)
    return latest(store) if run is None else run


def restore(store: Store, info: RunInfo, scope: str, body: RunBody) -> Run:
    """Put back a run that a log or the state file tells of (`archive rebuild`)."""
    return _run(store.execute(_insert(info, scope, body).returning(*runs.c)).one())


def _insert(info: RunInfo, scope: str, body: RunBody) -> Any:
    return insert(runs).values(_row(info, scope, body))


def _row(info: RunInfo, scope: str, body: RunBody) -> dict[str, Any]:
    return {
        "id": info.id,
        "scope": scope,
        "started": info.started,
        "finished": info.finished,
        "complete": info.complete,
        "offline": info.offline,
        "simulated": info.simulated,
        "version": info.version,
        "body": encode(body),
    }


def interrupted(store: Store, now: datetime, scope: str) -> Run | None:
    """The latest run, when it stopped early less than 24 hours ago and had the same scope."""
    row = store.execute(select(runs).order_by(runs.c.seq.desc()).limit(1)).one_or_none()
    if row is None or row.complete or row.offline or row.scope != scope:
        return None
    return _run(row) if timedelta(0) <= now - row.started < RESUMABLE else None


def unfinished(store: Store) -> list[Run]:
    """The runs that have not come to their end: they were killed, or one of them is at work. Oldest first."""
    query = select(runs).where(runs.c.finished.is_(None)).order_by(runs.c.seq)
    return [_run(row) for row in store.execute(query).all()]


def save(store: Store, run: Run) -> None:
    """Write what has become known about a run: its end, completeness and body."""
    store.execute(
        update(runs)
        .where(runs.c.seq == run.seq)
        .values(finished=run.info.finished, complete=run.info.complete, offline=run.info.offline, body=encode(run.body))
    )


def finish(store: Store, seq: int, now: datetime) -> None:
    """Write that a run is complete; what else is known of it stays, whoever wrote that meanwhile."""
    store.execute(update(runs).where(runs.c.seq == seq).values(finished=now, complete=True))


def find(store: Store, run_id: str | None = None) -> Run | None:
    """The run of that id, or the latest; None if there is none."""
    query = select(runs).order_by(runs.c.seq.desc()).limit(1)
    if run_id is not None:
        query = query.where(runs.c.id == run_id)
    row = store.execute(query).one_or_none()
    return None if row is None else _run(row)


def numbered(store: Store, seq: int) -> Run:
    """The run of that number, which must be there."""
    return _run(store.execute(select(runs).where(runs.c.seq == seq)).one())


def last_visiting(store: Store, numbers: Collection[int]) -> dict[int, int]:
    """By number of the source: that of the run that visited it last, where one has."""
    query = select(last_visits.c.source, last_visits.c.run).where(last_visits.c.source.in_(numbers))
    return {row.source: row.run for row in store.execute(query)}


def latest(store: Store) -> Run:
    """The latest run that is over, else the latest. Raises NothingCheckedError where there is none."""
    return _latest(store, _IS_OVER)


def latest_online(store: Store) -> Run:
    """The latest run that is over and saw the network, else the latest. Raises NothingCheckedError where there is
    none."""
    return _latest(store, _IS_OVER, ~runs.c.offline)


_IS_OVER = or_(runs.c.finished.is_not(None), runs.c.scope == _ROUND)
"""It is not under way and was not killed; reports tell of a hub's round from its beginning."""


def _latest(store: Store, *conditions: ColumnElement[bool]) -> Run:
    for wanted in (conditions, ()):
        row = store.execute(select(runs).where(*wanted).order_by(runs.c.seq.desc()).limit(1)).one_or_none()
        if row is not None:
            return _run(row)
    raise NothingCheckedError


class Listed(Struct, frozen=True):
    """A run in a list: how many cited sources it concluded about, and how many of them were findings."""

    info: RunInfo
    sources: int
    findings: int
    thinned: int
    """Visits that are no longer kept, and not counted."""


def newest(store: Store, limit: int) -> list[Listed]:
    """The newest runs, the latest first."""
    rows = store.execute(select(runs).order_by(runs.c.seq.desc()).limit(limit)).all()
    return [_listed(store, _run(row)) for row in rows]


def _listed(store: Store, run: Run) -> Listed:
    findings = [verdict.value for verdict in Verdict if verdict.is_finding]
    of_run = select(func.count()).select_from(visits.join(results)).where(visits.c.run == run.seq, results.c.cited)
    total = store.execute(of_run).scalar_one()
    return Listed(
        run.info, total, store.execute(of_run.where(results.c.verdict.in_(findings))).scalar_one(), run.thinned
    )


def between(store: Store, after: int, before_run: int) -> list[Run]:
    """The runs after one number and before another, oldest first."""
    query = select(runs).where(runs.c.seq > after, runs.c.seq < before_run).order_by(runs.c.seq)
    return [_run(row) for row in store.execute(query).all()]


def before(store: Store, seq: int) -> Run | None:
    """The last run before this one that saw the network."""
    query = select(runs).where(runs.c.seq < seq, ~runs.c.offline).order_by(runs.c.seq.desc()).limit(1)
    row = store.execute(query).one_or_none()
    return None if row is None else _run(row)


def any_of_clock(store: Store, simulated: bool) -> bool:
    """Some run was made under that kind of clock."""
    is_known = runs.c.scope != UNKNOWN_CLOCK
    query = select(runs.c.seq).where(runs.c.simulated == simulated, ~runs.c.offline, is_known).limit(1)
    return store.execute(query).first() is not None


def _run(row: Row[Any]) -> Run:
    body = decode(row.body, RunBody) if row.body else RunBody()
    info = RunInfo(
        row.id, row.started, row.finished, row.complete, row.offline, row.simulated, row.version, body.network
    )
    return Run(row.seq, row.scope, info, body, row.thinned or 0)
