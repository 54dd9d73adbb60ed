"""The plan of all that links.txt knows, kept from one run to the next: who cites what, and from which files it is.

It is true as long as those files are what they were (`links.files_read`) and no article is saved anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete, insert, or_, select

from linkarchive.links.files_read import FileRead
from linkarchive.model import ArticleReport, Unresolved
from linkarchive.model.scope import Scope
from linkarchive.store import files_read
from linkarchive.store.database import Store
from linkarchive.store.schema import last_visits, plan_files, planned, plans, sources
from linkarchive.store.serialization import decode, encode
from linkarchive.store.sources import Source
from linkarchive.store.standing import is_due
from linkarchive.wayback.cited import CitedLink

HUB = "hub"
"""The key of the plan that `archive push` keeps: true until the next push, whatever is saved meanwhile."""
_AT_ONCE = 500
"""Rows that are read and written together."""


class StoredPlan(Struct, frozen=True):
    """What a plan tells in addition to its sources."""

    excluded: tuple[str, ...]
    """Keys of sources with a `!` in links.txt."""
    articles: tuple[ArticleReport, ...]
    """Without what was concluded on their original pages."""
    unresolved: tuple[Unresolved, ...]
    uncited: tuple[str, ...]
    malformed: tuple[str, ...]
    notices: tuple[str, ...]
    remarks: tuple[str, ...]
    """What could not be read of the articles, and what else is to be said of their reading."""


def save(
    store: Store,
    key: str,
    plan: StoredPlan,
    files: Iterable[FileRead],
    links: Iterable[tuple[int, Sequence[CitedLink]]],
) -> None:
    """Keep a plan in the place of any other: `links` are the citations of each source, in order of first citation."""
    store.execute(delete(plans))
    files_read.save(store, plan_files, files)
    store.execute(delete(planned))
    rows = []
    for position, (source, cited) in enumerate(links):
        rows.append({"source": source, "position": position, "links": encode(cited)})
        if len(rows) == _AT_ONCE:
            store.write_rows(_PLANNED, rows)
            rows = []
    store.write_rows(_PLANNED, rows)
    store.execute(insert(plans).values(key=key, body=encode(plan)))


def drop(store: Store) -> None:
    """The plan is no longer true; that of a hub stands."""
    store.execute(delete(plans).where(plans.c.key != HUB))


def files_of(store: Store, key: str) -> list[FileRead] | None:
    """What the plan was made from; None where there is no plan of that key."""
    if store.execute(select(plans.c.key).where(plans.c.key == key)).first() is None:
        return None
    return files_read.load(store, plan_files)


def load(store: Store, key: str) -> StoredPlan:
    """The plan of that key, which must be there."""
    return decode(store.execute(select(plans.c.body).where(plans.c.key == key)).scalar_one(), StoredPlan)


def chosen(store: Store, scope: Scope, now: datetime) -> Iterator[tuple[Source, tuple[CitedLink, ...]]]:
    """The planned sources that a scope leaves, in the order of visits (as `check.plan.chosen`), with who cites them."""
    # Chosen by an index and the last visits; what else is known of a source is read for those alone.
    wanted = select(planned.c.source, planned.c.position, last_visits.c.checked).outerjoin(
        last_visits, last_visits.c.source == planned.c.source
    )
    if scope.sources:
        wanted = wanted.where(planned.c.source.in_(select(sources.c.id).where(sources.c.key.in_(scope.sources))))
    if scope.only:
        wanted = wanted.where(last_visits.c.verdict.in_(scope.only))
    if scope.due:
        wanted = wanted.where(or_(last_visits.c.checked.is_(None), is_due(now)))
    longest_unvisited = scope.due or scope.limit is not None
    if longest_unvisited:
        wanted = wanted.order_by(last_visits.c.checked.nulls_first())
    numbers = wanted.order_by(planned.c.position).limit(scope.limit).subquery()
    query = (
        select(sources.c.id, sources.c.key, sources.c.url, planned.c.links)
        .select_from(numbers)
        .join(planned, planned.c.source == numbers.c.source)
        .join(sources, sources.c.id == numbers.c.source)
        .order_by(*([numbers.c.checked.nulls_first()] if longest_unvisited else []), numbers.c.position)
        .execution_options(yield_per=_AT_ONCE)
    )
    for row in store.execute(query):
        yield Source(row.id, row.key, row.url), decode(row.links, tuple[CitedLink, ...])


def of_sources(store: Store, numbers: Collection[int]) -> Iterator[tuple[Source, tuple[CitedLink, ...]]]:
    """The planned ones of these sources, a few thousand, with who cites them."""
    query = select(sources.c.id, sources.c.key, sources.c.url, planned.c.links)
    for row in store.execute(query.join(planned, planned.c.source == sources.c.id).where(sources.c.id.in_(numbers))):
        yield Source(row.id, row.key, row.url), decode(row.links, tuple[CitedLink, ...])


_PLANNED = insert(planned)
