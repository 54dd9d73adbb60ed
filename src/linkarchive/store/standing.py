"""Where everything stands: the last word on every source, whichever run gave it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from linkarchive.model import ArticleReport, SourceReport, Unresolved
from linkarchive.store.database import Store
from linkarchive.store.outcomes import report_of
from linkarchive.store.runs import RunBody
from linkarchive.store.schema import outcomes, runs, sources, visits
from linkarchive.store.serialization import decode

_RUNS = 50
"""The newest runs in which articles are looked for; one that was not read in so many is history."""


def latest_reports(store: Store) -> Iterator[tuple[int, str, SourceReport]]:
    """Number, key and last report of every source."""
    newest = select(func.max(visits.c.id)).group_by(visits.c.source)
    query = (
        select(visits, outcomes.c.body, sources.c.key)
        .join(outcomes, outcomes.c.id == visits.c.outcome)
        .join(sources, sources.c.id == visits.c.source)
        .where(visits.c.id.in_(newest))
    )
    for row in store.execute(query):
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
