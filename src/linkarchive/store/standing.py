"""Where everything stands: the last word on every source, whichever run gave it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import ColumnElement, and_, func, not_, select

from linkarchive.model import ArticleReport, Change, SourceReport, Unresolved, Verdict
from linkarchive.store.database import Store
from linkarchive.store.outcomes import Counted, counts_of, report_of
from linkarchive.store.runs import RunBody
from linkarchive.store.schema import baselines, outcomes, runs, sources, visits
from linkarchive.store.serialization import decode

_RUNS = 50
"""The newest runs in which articles are looked for; one that was not read in so many is history."""


_NEWEST = select(func.max(visits.c.id)).group_by(visits.c.source)
_LATEST = visits.join(outcomes, outcomes.c.id == visits.c.outcome).join(sources, sources.c.id == visits.c.source)
_QUIET = and_(outcomes.c.verdict == Verdict.OK.value, visits.c.changed == Change.NONE.value)


def latest_reports(store: Store, numbers: Collection[int] | None = None) -> Iterator[tuple[int, str, SourceReport]]:
    """Number, key and last report of every source, or of those with these numbers."""
    return _reports(store, _newest(None if numbers is None else visits.c.source.in_(numbers)))


def noted_reports(store: Store) -> Iterator[tuple[int, str, SourceReport]]:
    """Those of the sources that are not simply fine, as they were before."""
    return _reports(store, and_(_newest(), not_(_QUIET)))


def quiet_reports(store: Store, articles: Collection[str]) -> Iterator[SourceReport]:
    """Those of the other sources, as far as they have a baseline for one of these articles."""
    cited = visits.c.source.in_(select(baselines.c.source).where(baselines.c.article.in_(articles)))
    return (report for _, _, report in _reports(store, and_(_newest(cited), _QUIET)))


def quiet_counts(store: Store) -> list[Counted]:
    """How many of the other sources are cited, without reading their reports."""
    return counts_of(store, visits.join(outcomes, outcomes.c.id == visits.c.outcome), and_(_newest(), _QUIET))


def _newest(condition: ColumnElement[bool] | None = None) -> ColumnElement[bool]:
    """The last visit of each source, of those that the condition names."""
    return visits.c.id.in_(_NEWEST if condition is None else _NEWEST.where(condition))


def _reports(store: Store, condition: ColumnElement[bool]) -> Iterator[tuple[int, str, SourceReport]]:
    query = select(visits, outcomes.c.body, sources.c.key).select_from(_LATEST).where(condition)
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
        lost += (one for one in body.unresolved if one.article in new)
        articles |= new
    return tuple(articles.values()), tuple(lost)
