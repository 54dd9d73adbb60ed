"""What the report of a run tells of: the sources that it visited, and for a partial run all others that are under
watch, each as an earlier run left it."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, func, literal, or_, select, tuple_

from linkarchive.model import Category, Change, SourceReport, Standing, Verdict
from linkarchive.store import schema
from linkarchive.store.database import Store
from linkarchive.store.last_visits import UNCOMPARED
from linkarchive.store.results import report_of
from linkarchive.store.runs import Run
from linkarchive.store.schema import results, runs, sources, visits

Kind = tuple[Verdict, Change, bool]
"""Verdict and change of a source, and whether an earlier run visited it."""
_AT_ONCE = 500
"""Rows that are read together."""
_NEWS = (Change.NEW, Change.STILL, Change.RECOVERED, Change.NONE)
_FINDINGS = [verdict.value for verdict in Verdict if verdict.is_finding]


def reported_sources(store: Store, run: Run, kinds: Collection[Kind] | None = None) -> Iterator[SourceReport]:
    """What the report of the run says of the cited sources, in the order of the reader's interest, one at a time. With
    `kinds`, only those that are of one of them."""
    return _reports(store, run, _rows(store, run), kinds)


def visited(store: Store, run: Run) -> Iterator[SourceReport]:
    """What the run itself concluded on the cited sources, in that order."""
    return _reports(store, run, _rows_of_run(store, run))


def _reports(store: Store, run: Run, rows: Subquery, kinds: Collection[Kind] | None = None) -> Iterator[SourceReport]:
    # Sorted without their results, which are a hundred times as large.
    order = (
        select(rows.c.visit)
        .join(sources, sources.c.id == rows.c.source)
        .order_by(
            case({change.value: place for place, change in enumerate(_NEWS)}, value=rows.c.changed),
            case({verdict.value: verdict.severity for verdict in Verdict}, value=rows.c.verdict),
            sources.c.url,
        )
    )
    if kinds is not None:
        wanted = [(verdict.value, change.value, earlier) for verdict, change, earlier in kinds]
        # By the verdict alone, too, which has an index.
        verdicts = {verdict.value for verdict, _, _ in kinds}
        order = order.where(
            rows.c.verdict.in_(verdicts), tuple_(rows.c.verdict, rows.c.changed, rows.c.earlier).in_(wanted)
        )
    numbers = array("q", store.execute(order.execution_options(yield_per=_AT_ONCE)).scalars())
    query = select(*_OF_VISIT).join(results, results.c.id == visits.c.outcome)
    for start in range(0, len(numbers), _AT_ONCE):
        batch = numbers[start : start + _AT_ONCE]
        by_number = {row.id: row for row in store.execute(query.where(visits.c.id.in_(batch)))}
        yield from (_report(by_number[number], run) for number in batch)


_OF_VISIT = (
    visits.c.id,
    visits.c.run,
    visits.c.changed,
    visits.c.was,
    visits.c.checked,
    visits.c.carried,
    results.c.body,
)


def _report(row: Any, run: Run) -> SourceReport:
    report = report_of(row)
    return report if row.run == run.seq else report.as_earlier()


def counts(store: Store, run: Run) -> Counter[Category]:
    """How many cited sources the report of the run has of each kind, without reading what is told of each."""
    number, last = func.count().label("number"), schema.last_visits.c
    if run.body.partial and _is_newest(store, run):
        # Put together as they are stored, in the order of their index, before it is said how they stand.
        stored = (last.verdict, last.changed, last.was, last.uncompared, last.standing, last.run)
        alike = select(*stored, number).where(last.cited).group_by(last.cited, *stored).subquery()
        return counted(store.execute(select(*_kind_in(alike, run), alike.c.number)))
    rows = _rows(store, run).c
    kind = (rows.verdict, rows.changed, rows.was, rows.uncompared, rows.standing, rows.earlier)
    return counted(store.execute(select(*kind, number).group_by(*kind)))


def counted(rows: Iterable[Any]) -> Counter[Category]:
    """Of rows that `kind_of` takes, each with the `number` of its sources."""
    numbers = Counter[Category]()
    for row in rows:
        numbers[kind_of(row)] += row.number
    return numbers


def kind_of(row: Any) -> Category:
    """The kind of a source about which nobody decided, of a row with verdict, changed, was, uncompared, standing and
    perhaps earlier."""
    was = None if row.was is None else Verdict(row.was)
    facts = Verdict(row.verdict), Change(row.changed), was, bool(row.uncompared), Standing(row.standing)
    return Category.of(*facts, bool(getattr(row, "earlier", False)))


def of_keys(store: Store, run: Run, keys: Collection[str]) -> Iterator[tuple[str, SourceReport]]:
    """What the report of the run says of the cited sources among these, with their keys."""
    rows, wanted = _rows(store, run), list(keys)
    for start in range(0, len(wanted), _AT_ONCE):
        query = (
            select(sources.c.key, *_OF_VISIT)
            .join(results, results.c.id == visits.c.outcome)
            .join(sources, sources.c.id == visits.c.source)
            .join(rows, rows.c.visit == visits.c.id)
            .where(sources.c.key.in_(wanted[start : start + _AT_ONCE]))
        )
        yield from ((row.key, _report(row, run)) for row in store.execute(query))


def _rows(store: Store, run: Run) -> Subquery:
    """The cited sources of the report, a row each: visit, source, and what `kind_of` takes."""
    if not run.body.partial:
        return _rows_of_run(store, run)
    last = schema.last_visits.c
    if _is_newest(store, run):
        columns = (last.visit, last.source, last.run, last.verdict, last.changed, last.was, last.uncompared)
        return _with_earlier(select(*columns, last.standing).where(last.cited).subquery(), run)
    newest = select(func.max(visits.c.id)).where(visits.c.run <= run.seq).group_by(visits.c.source)
    query = (
        select(*_OF_OUTCOME)
        .join(results, results.c.id == visits.c.outcome)
        .join(schema.last_visits, last.source == visits.c.source, isouter=True)
        .where(visits.c.id.in_(newest), results.c.cited, or_(visits.c.run == run.seq, last.cited))
    )
    return _with_earlier(query.subquery(), run)


_OF_OUTCOME = (
    visits.c.id.label("visit"),
    visits.c.source,
    visits.c.run,
    results.c.verdict,
    visits.c.changed,
    visits.c.was,
    UNCOMPARED.label("uncompared"),
    results.c.standing,
)


def _rows_of_run(store: Store, run: Run) -> Subquery:
    """The cited sources that the run visited. Those of the newest run stand together."""
    last = schema.last_visits.c
    none = literal(False).label("earlier")
    if _is_newest(store, run):
        columns = (last.visit, last.source, last.verdict, last.changed, last.was, last.uncompared, last.standing)
        return select(*columns, none).where(last.run == run.seq, last.cited).subquery()
    query = select(*_OF_OUTCOME, none).join(results, results.c.id == visits.c.outcome)
    return query.where(visits.c.run == run.seq, results.c.cited).subquery()


def _is_newest(store: Store, run: Run) -> bool:
    newest: int = store.execute(select(func.max(runs.c.seq))).scalar_one()
    return newest == run.seq


def _with_earlier(rows: Subquery, run: Run) -> Subquery:
    """The rows as they stand in the report of that run."""
    return select(rows.c.visit, rows.c.source, *_kind_in(rows, run)).subquery()


def _kind_in(rows: Subquery, run: Run) -> tuple[ColumnElement[Any], ...]:
    """What `kind_of` takes, of rows in the report of that run: `SourceReport.as_earlier` of what others left."""
    earlier: ColumnElement[bool] = rows.c.run != run.seq
    at_rest = case((rows.c.verdict.in_(_FINDINGS), Change.STILL.value), else_=Change.NONE.value)
    return (
        rows.c.verdict,
        case((earlier, at_rest), else_=rows.c.changed).label("changed"),
        case((earlier, rows.c.verdict), else_=rows.c.was).label("was"),
        and_(rows.c.uncompared, ~earlier).label("uncompared"),
        rows.c.standing,
        earlier.label("earlier"),
    )
