"""Where everything stands: the last word on every source, whichever run gave it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, case, func, literal, not_, or_, select

from linkarchive.model import ArticleReport, Category, Change, Reason, SourceReport, Unresolved, Verdict
from linkarchive.model.scope import ALIVE_EVERY, CLOCKS_APART, JITTER, SUSPECT_EVERY
from linkarchive.store.database import Store
from linkarchive.store.previous import AT_ONCE
from linkarchive.store.reported import counted, kind_of
from linkarchive.store.results import newest, report_of
from linkarchive.store.runs import RunBody
from linkarchive.store.schema import UtcDateTime, baselines, last_visits, results, runs, sources, visits
from linkarchive.store.serialization import decode

_RUNS = 50
"""The newest runs in which articles are looked for; one that was not read in so many is history."""


_LATEST = (
    last_visits.join(visits, visits.c.id == last_visits.c.visit)
    .join(results, results.c.id == visits.c.outcome)
    .join(sources, sources.c.id == last_visits.c.source)
)
_QUIET = and_(last_visits.c.verdict == Verdict.OK.value, last_visits.c.changed == Change.NONE.value)
_ALIVE = last_visits.c.verdict.in_((Verdict.OK.value, Verdict.MOVED.value))


def latest_reports(
    store: Store, numbers: Collection[int] | None = None, verdicts: Collection[Verdict] | None = None
) -> Iterator[tuple[int, str, SourceReport]]:
    """Number, key and last report of every source, or of those with these numbers or verdicts."""
    conditions = [] if numbers is None else [last_visits.c.source.in_(numbers)]
    if verdicts is not None:
        conditions.append(last_visits.c.verdict.in_([verdict.value for verdict in verdicts]))
    return _reports(store, *conditions)


class Noted(Struct, frozen=True):
    """A cited source that is not simply fine as it was before: what lists and counts go by, without its report."""

    number: int
    key: str
    url: str
    checked: datetime | None
    kind: Category
    """Whatever people decided about it."""
    reason: Reason
    articles: frozenset[str]
    """Paths of those that cite it."""


class _Citation(Struct, frozen=True):
    article: str


class _Noted(Struct, frozen=True):
    """The part of a result (`model.Result`) that a list needs."""

    url: str
    reason: Reason
    citations: tuple[_Citation, ...]


def noted(store: Store) -> Iterator[Noted]:
    """The cited sources that are not simply fine, one at a time."""
    columns = (last_visits, sources.c.key, results.c.body)
    query = select(*columns).select_from(_LATEST).where(last_visits.c.cited, not_(_QUIET))
    for row in store.execute(query.execution_options(yield_per=AT_ONCE)):
        result = decode(row.body, _Noted)
        articles = frozenset([citation.article for citation in result.citations])
        yield Noted(row.source, row.key, result.url, row.checked, kind_of(row), result.reason, articles)


def quiet_reports(store: Store, articles: Collection[str]) -> Iterator[SourceReport]:
    """Those of the other sources, as far as they have a baseline for one of these articles."""
    cited = last_visits.c.source.in_(select(baselines.c.source).where(baselines.c.article.in_(articles)))
    return (report for _, _, report in _reports(store, cited, _QUIET))


def quiet_counts(store: Store) -> Counter[Category]:
    """How many of the other sources are cited, by their kind."""
    names = ("verdict", "changed", "was", "uncompared", "standing")
    columns = [last_visits.c[name] for name in names]
    query = select(*columns, func.count().label("number")).where(last_visits.c.cited, _QUIET).group_by(*columns)
    return counted(store.execute(query))


def last_checks(store: Store, before_run: int | None = None) -> dict[int, tuple[datetime | None, Verdict]]:
    """When each source was last visited (before the given run), and with what verdict."""
    columns = (last_visits.c.source, last_visits.c.run, last_visits.c.checked, last_visits.c.verdict)
    last = {}
    of_the_run = []
    for row in store.execute(select(*columns)):
        if before_run is not None and row.run >= before_run:
            of_the_run.append(row.source)
        else:
            last[row.source] = row.checked, Verdict(row.verdict)
    for start in range(0, len(of_the_run), AT_ONCE):
        query = newest(of_the_run[start : start + AT_ONCE], before_run)
        last |= {row.source: (row.checked, Verdict(row.verdict)) for row in store.execute(query)}
    return last


def verdict_counts(store: Store, now: datetime) -> dict[Verdict, tuple[int, int]]:
    """How many sources have each verdict, and how many of those are due; what is only the original page of an article
    counts where it was visited."""
    column = last_visits.c.verdict
    is_counted = or_(last_visits.c.cited, column != Verdict.SKIPPED.value)
    number, due = func.count().label("number"), func.count(case((is_due(now), 1))).label("due")
    query = select(column, number, due).where(is_counted).group_by(column)
    return {Verdict(row.verdict): (row.number, row.due) for row in store.execute(query)}


def is_due(now: datetime) -> ColumnElement[bool]:
    """`model.scope.is_due` of a last visit."""
    alive, suspect = now - ALIVE_EVERY + JITTER, now - SUSPECT_EVERY + JITTER
    checked = last_visits.c.checked
    latest = case((_ALIVE, literal(alive, UtcDateTime)), else_=literal(suspect, UtcDateTime))
    return or_(checked <= latest, checked > now + CLOCKS_APART)


def _reports(store: Store, *conditions: ColumnElement[bool]) -> Iterator[tuple[int, str, SourceReport]]:
    query = select(visits, results.c.body, sources.c.key).select_from(_LATEST).where(*conditions)
    for row in store.execute(query.execution_options(yield_per=500)):
        yield row.source, row.key, report_of(row)


def latest_articles(store: Store) -> tuple[tuple[ArticleReport, ...], tuple[Unresolved, ...]]:
    """Every article as the newest run that read it tells of it, with its lost targets."""
    articles: dict[str, ArticleReport] = {}
    lost: list[Unresolved] = []
    query = select(runs.c.body).where(~runs.c.offline).order_by(runs.c.seq.desc()).limit(_RUNS)
    for text in store.execute(query).scalars():
        body = decode(text, RunBody) if text else RunBody()
        new = {article.path: article for article in body.articles if article.path not in articles}
        lost += (target for target in body.unresolved if target.article in new)
        articles |= new
    return tuple(articles.values()), tuple(lost)
