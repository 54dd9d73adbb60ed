"""Visits and their results: what each run concluded. A result that stays the same is stored once.

The database calls results `outcomes`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence, Set
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, Select, and_, case, delete, func, not_, or_, select, update

from linkarchive.model import Change, Result, SourceReport, Verdict
from linkarchive.store import last_visits, schema
from linkarchive.store.database import Store
from linkarchive.store.schema import baselines, captures, part_uses, results, runs, sources, visits
from linkarchive.store.serialization import decode
from linkarchive.store.source_numbers import SourceNumbers
from linkarchive.store.unchanged import carry

_AT_ONCE = 500
"""Sources whose rows are deleted together."""


class Visited(Struct, frozen=True):
    """A visit as it is written."""

    source: int
    result_id: int
    checked: datetime | None
    changed: Change
    was: Verdict | None
    carried: bool = False
    """The page was what it was when that result was concluded; `unchanged.carry` says what it comes to now."""


def discard_run(store: Store, run: int, but: Set[int]) -> None:
    """Take back what a run concluded and kept (it turned out that we did not see the web), except about the sources
    `but`; the WARC files stay."""
    discard(store, run, [number for number in visited(store, run) if number not in but])


def discard(store: Store, run: int, wrong: Sequence[int]) -> None:
    """`discard_run`, of these sources."""
    of_run = select(results.c.id).where(results.c.run == run)
    nothing = dict.fromkeys(("etag", "last_modified", "sha256", "judged", "page_outcome"))
    for start in range(0, len(wrong), _AT_ONCE):
        batch = wrong[start : start + _AT_ONCE]
        concluded = visits.c.run == run, visits.c.source.in_(batch)
        wrong_results = of_run.where(results.c.id.in_(select(visits.c.outcome).where(*concluded))).subquery()
        numbers = [row.id for row in store.execute(select(wrong_results.c.id))]
        seen = sources.c.id.in_(batch), sources.c.page_outcome.in_(numbers)
        store.execute(update(sources).where(*seen).values(nothing))
        store.execute(delete(baselines).where(baselines.c.run == run, baselines.c.source.in_(batch)))
        based = select(baselines.c.capture).where(baselines.c.source.in_(batch))
        kept = captures.c.run == run, captures.c.source.in_(batch), captures.c.id.not_in(based)
        store.execute(delete(part_uses).where(part_uses.c.capture.in_(select(captures.c.id).where(*kept))))
        store.execute(delete(captures).where(*kept))
        store.execute(delete(visits).where(*concluded))
        store.execute(delete(results).where(results.c.id.in_(numbers)))
        for statement in last_visits.of_sources(batch):
            store.execute(statement)


def with_verdict(store: Store, run: int, verdict: Verdict, among: Collection[int] | None = None) -> set[int]:
    """The sources (of these, if any are given) that have this verdict in that run."""
    query = (
        select(visits.c.source)
        .join(results, results.c.id == visits.c.outcome)
        .where(visits.c.run == run, results.c.verdict == verdict.value)
    )
    if among is not None:
        query = query.where(visits.c.source.in_(among))
    return set(store.execute(query).scalars())


def visited(store: Store, run: int) -> SourceNumbers:
    """The sources that have a verdict in that run."""
    query = select(visits.c.source).where(visits.c.run == run)
    return SourceNumbers(store.execute(query.execution_options(yield_per=_AT_ONCE)).scalars())


def latest(store: Store) -> Iterator[tuple[int, Result, datetime | None]]:
    """The number of every source with the result and the time of its last visit, one at a time."""
    query = (
        select(visits.c.source, visits.c.checked, visits.c.carried, results.c.body)
        .join(schema.last_visits, schema.last_visits.c.visit == visits.c.id)
        .join(results, results.c.id == visits.c.outcome)
        .execution_options(yield_per=500)
    )
    for row in store.execute(query):
        yield row.source, as_of_visit(row), row.checked


def concluded(store: Store, sources: Collection[int]) -> dict[int, str]:
    """The last result of each of these sources as it was stored, as JSON: without what later visits, which found the
    page as it was, add to it."""
    return {row.source: row.body for row in store.execute(newest(sources)).all()}


def pages(store: Store, numbers: Collection[int]) -> Iterator[Row[Any]]:
    """What is known of the pages (id, etag, last_modified, sha256, judged) of those of these sources whose last visit
    tells of them."""
    last = select(func.max(visits.c.run)).where(visits.c.source == _others.c.source).scalar_subquery()
    query = (
        select(sources.c.id, sources.c.etag, sources.c.last_modified, sources.c.sha256, sources.c.judged)
        .join(_others, and_(_others.c.source == sources.c.id, _others.c.outcome == sources.c.page_outcome))
        .where(sources.c.id.in_(numbers), _others.c.run == last)
    )
    return iter(store.execute(query))


def newest(sources: Collection[int], before_run: int | None = None) -> Select[Any]:
    """The last visit (before the given run) of each of these sources, with the verdict and body of its result."""
    last = select(func.max(visits.c.run)).where(visits.c.source == _others.c.source)
    if before_run is not None:
        last = last.where(visits.c.run < before_run)
    return (
        select(_others, results.c.verdict, results.c.body)
        .join(results, results.c.id == _others.c.outcome)
        .where(_others.c.source.in_(sources), _others.c.run == last.scalar_subquery())
    )


def last_before(store: Store, sources: Collection[int], before_run: int) -> Iterator[tuple[int, Result]]:
    """The last result of each of these sources, a few hundred, from before that run."""
    for row in store.execute(newest(sources, before_run)):
        yield row.source, as_of_visit(row)


def history(store: Store, source: int) -> list[tuple[str, SourceReport]]:
    """Every visit of a source with the id of its run, oldest first."""
    query = (
        select(visits, results.c.body, runs.c.id.label("run_id"))
        .join(results, results.c.id == visits.c.outcome)
        .join(runs, runs.c.seq == visits.c.run)
        .where(visits.c.source == source)
        .order_by(visits.c.run)
    )
    return [(row.run_id, report_of(row)) for row in store.execute(query)]


def histories(store: Store, numbers: Collection[int]) -> dict[int, list[SourceReport]]:
    """Every visit of each of these sources, a few hundred, oldest first."""
    query = select(visits, results.c.body).join(results, results.c.id == visits.c.outcome)
    by_source: dict[int, list[SourceReport]] = {}
    for row in store.execute(query.where(visits.c.source.in_(numbers)).order_by(visits.c.run)):
        by_source.setdefault(row.source, []).append(report_of(row))
    return by_source


def rows_of_run(store: Store, run: int) -> Iterator[Row[Any]]:
    """The visits of a run that tell something, as rows: key, url, checked, changed, was, carried; the body of the
    result where this run concluded it; and what is known of the page (etag, last_modified, sha256, judged) where it was
    judged in this run (has_page). The others are `repeats_of_run`."""
    body = case((results.c.run == run, results.c.body), else_=None).label("body")
    page = (sources.c.etag, sources.c.last_modified, sources.c.sha256, sources.c.judged)
    visit = (visits.c.checked, visits.c.changed, visits.c.was, visits.c.carried)
    query = (
        select(sources.c.key, sources.c.url, *visit, body, _has_page(run).label("has_page"), *page)
        .join(results, results.c.id == visits.c.outcome)
        .join(sources, sources.c.id == visits.c.source)
        .where(visits.c.run == run, not_(_repeats(run)))
        .order_by(visits.c.id)
        .execution_options(yield_per=500)
    )
    return iter(store.execute(query))


def repeats_of_run(store: Store, run: int) -> Iterator[Row[Any]]:
    """The visits of a run that repeat a result of before, as rows (key, checked, changed, was, carried), those with the
    same last three together."""
    alike = (visits.c.changed, visits.c.was, visits.c.carried)
    query = (
        select(sources.c.key, visits.c.checked, *alike)
        .join(results, results.c.id == visits.c.outcome)
        .join(sources, sources.c.id == visits.c.source)
        .where(visits.c.run == run, _repeats(run))
        .order_by(*alike, visits.c.id)
        .execution_options(yield_per=500)
    )
    return iter(store.execute(query))


def _has_page(run: int) -> ColumnElement[bool]:
    """Of joined visits, results and sources: what is known of the page comes from this visit."""
    # A result of this run may be that of an unchanged page, whose capture got its parts now.
    is_concluded = or_(not_(visits.c.carried), results.c.run == run)
    return and_(is_concluded, func.coalesce(sources.c.page_outcome, 0) == visits.c.outcome)


def _repeats(run: int) -> ColumnElement[bool]:
    return and_(results.c.run != run, not_(_has_page(run)))


_others = visits.alias()


def as_of_visit(row: Any) -> Result:
    """The result of a visit, of a row with the columns of the visit and the body of its result."""
    result = decode(row.body, Result)
    return carry(result, row.checked) if row.carried and row.checked is not None else result


def report_of(row: Any) -> SourceReport:
    """What a visit tells, of a row with the columns of the visit and the body of its result."""
    was = None if row.was is None else Verdict(row.was)
    return SourceReport(as_of_visit(row), Change(row.changed), was, row.checked)
