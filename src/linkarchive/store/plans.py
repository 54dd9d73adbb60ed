"""The plan: which sources are cited, by whom. It is read by slices, and never held whole.

That of all that links.txt knows is kept from one run to the next: it is true as long as the files that it was made from
are what they were (`links.files_read`) and no article is saved anew.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby, islice
from typing import Any

from msgspec import Struct
from sqlalchemy import Select, and_, delete, func, insert, or_, select

from linkarchive.links.files_read import FileRead
from linkarchive.model import ArticleReport, Unresolved, Verdict
from linkarchive.model.scope import Scope
from linkarchive.model.scope import is_due as is_due_at
from linkarchive.store import files_read
from linkarchive.store.database import Store
from linkarchive.store.schema import citations, last_visits, plan_files, planned, plans, sources
from linkarchive.store.serialization import decode, encode
from linkarchive.store.sources import Source
from linkarchive.store.standing import is_due, last_checks
from linkarchive.wayback.cited import CitedLink

HUB = "hub"
"""The key of the plan that `archive push` keeps: true until the next push, whatever is saved meanwhile."""
OF_LINKS, OF_RUN = 0, 1
"""The plan of all that links.txt knows, and that of a run over something else, which is true for that run."""
_AT_ONCE = 500
"""Rows that are read and written together."""
LEFT = 1 << 32
"""Added to the place of an article for what has left it, and stands in links.txt."""
_PLACES = 1 << 24
"""Sources that an article may cite, at most."""


class PlannedArticle(Struct, frozen=True):
    """What a plan tells of an article beside its sources."""

    path: str
    said: str = ""
    """A digest of what its section of links.txt says (`links.entries.said`)."""
    is_lined: bool = False
    """Lines of links.txt are told of it by their numbers."""
    report: ArticleReport | None = None
    """Without what was concluded on its original page; None: it is links.txt itself."""
    unresolved: tuple[Unresolved, ...] = ()
    uncited: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    """What could not be read of it, and what else is to be said of its reading."""


class StoredPlan(Struct, frozen=True):
    """What a plan tells in addition to its sources."""

    parts: tuple[PlannedArticle, ...] = ()
    """By number: the place of each is that of `citations.position`."""
    excluded: tuple[str, ...] = ()
    """Keys of sources with a `!` in links.txt."""
    malformed: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    """The files of links, from the project folder."""
    outline: str = ""
    """`links.entries.LinksFile.outline`."""

    @property
    def articles(self) -> tuple[ArticleReport, ...]:
        """Without what was concluded on their original pages."""
        return tuple(part.report for part in self.parts if part.report is not None)

    @property
    def unresolved(self) -> tuple[Unresolved, ...]:
        return tuple(target for part in self.parts for target in part.unresolved)

    @property
    def uncited(self) -> tuple[str, ...]:
        return tuple(words for part in self.parts for words in part.uncited)

    @property
    def remarks(self) -> tuple[str, ...]:
        return tuple(words for part in self.parts for words in part.remarks)


class Cited(Struct, frozen=True):
    """What an article has of a source."""

    article: int
    """Its place among the articles of the plan; of what has left it, and stands in links.txt: LEFT more."""
    place: int
    """Of the source among those that the article cites, in order of first citation."""
    source: int
    links: Sequence[CitedLink]


def write(store: Store, plan: int, cited: Iterable[Cited]) -> None:
    """Write what is cited in the place of all that the plan (OF_LINKS, OF_RUN) had."""
    if plan == OF_LINKS:
        drop(store)
    for table in (citations, planned):
        store.execute(delete(table).where(table.c.plan == plan))
    _add(store, plan, cited)
    store.execute(insert(planned).from_select(_PLANNED, _first_cited(plan)))


def rewrite(store: Store, numbers: Iterable[int], cited: Iterable[Cited]) -> None:
    """Write what the articles of these numbers cite OF_LINKS in the place of what they cited."""
    drop(store)  # until it is kept with this
    touched: set[int] = set()
    for number in [place for article in numbers for place in (article, article + LEFT)]:
        is_its_own = citations.c.position.between(number * _PLACES, (number + 1) * _PLACES - 1)
        of_article = and_(citations.c.plan == OF_LINKS, is_its_own)
        touched.update(store.execute(select(citations.c.source).where(of_article)).scalars())
        store.execute(delete(citations).where(of_article))
    rows = list(cited)
    _add(store, OF_LINKS, rows)
    touched.update(row.source for row in rows)
    for batch in _batches(sorted(touched)):
        store.execute(delete(planned).where(planned.c.plan == OF_LINKS, planned.c.source.in_(batch)))
        anew = _first_cited(OF_LINKS).where(citations.c.source.in_(batch))
        store.execute(insert(planned).from_select(_PLANNED, anew))


def _add(store: Store, plan: int, cited: Iterable[Cited]) -> None:
    rows = (_row(plan, source) for source in cited)
    while batch := list(islice(rows, _AT_ONCE)):
        store.write_rows(_CITATIONS, batch)


def _first_cited(plan: int) -> Select[tuple[int, int, int, int]]:
    """The rows of `planned`."""
    first, own = func.min(citations.c.position), func.min(citations.c.own)
    of_plan = select(citations.c.plan, citations.c.source, first, own).where(citations.c.plan == plan)
    return of_plan.group_by(citations.c.plan, citations.c.source)


def _row(plan: int, cited: Cited) -> dict[str, object]:
    own = int(all(link.original for link in cited.links))
    return {"plan": plan, "position": position(cited), "source": cited.source, "own": own, "links": encode(cited.links)}


def position(cited: Cited) -> int:
    """`citations.position`: by article, and within it."""
    return cited.article * _PLACES + cited.place


def keep(store: Store, key: str, plan: StoredPlan, files: Iterable[FileRead]) -> None:
    """Keep what was written OF_LINKS for the next run, in the place of any other plan."""
    store.execute(delete(plans))
    note_files(store, files)
    store.execute(insert(plans).values(key=key, body=encode(plan)))


def note_files(store: Store, files: Iterable[FileRead]) -> None:
    """Note what the plan was made from, as it is now."""
    files_read.save(store, plan_files, files)


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


def leave_others(store: Store, plan: int) -> None:
    """All sources that are not planned have left links.txt: they stand nowhere any more. The caller commits."""
    left = last_visits.c.source.not_in(select(planned.c.source).where(planned.c.plan == plan))
    store.execute(delete(last_visits).where(left))


def numbers(store: Store, plan: int) -> array[int]:
    """All planned sources, in order of first citation."""
    query = select(planned.c.source).where(planned.c.plan == plan).order_by(planned.c.position)
    return _numbers(store, query)


def chosen(store: Store, plan: int, scope: Scope, now: datetime) -> array[int]:
    """The planned sources that a scope leaves, in the order of visits: with --due or --limit the longest unvisited
    first. What was visited when, and the verdicts, are those of now."""
    wanted = (
        select(planned.c.source)
        .outerjoin(last_visits, last_visits.c.source == planned.c.source)
        .where(planned.c.plan == plan)
    )
    if scope.sources:
        wanted = wanted.where(planned.c.source.in_(select(sources.c.id).where(sources.c.key.in_(scope.sources))))
    if scope.only:
        wanted = wanted.where(last_visits.c.verdict.in_(scope.only))
    if scope.due:
        wanted = wanted.where(or_(last_visits.c.checked.is_(None), is_due(now)))
    if scope.due or scope.limit is not None:
        wanted = wanted.order_by(last_visits.c.checked.nulls_first())
    return _numbers(store, wanted.order_by(planned.c.position).limit(scope.limit))


def chosen_of(
    store: Store, plan: int, numbers: Sequence[int], scope: Scope, before_run: int | None, now: datetime
) -> list[int]:
    """`chosen` of these planned sources, by what was visited when, and the verdicts, from before that run; None: of
    now."""
    last = last_checks(store, before_run) if scope.is_partial else {}
    wanted = list(numbers)
    if scope.sources:
        wanted = [source.id for source, _ in bare(store, plan, numbers) if source.key in scope.sources]
    if scope.only:
        wanted = [number for number in wanted if number in last and last[number][1].value in scope.only]
    if scope.due:
        wanted = [number for number in wanted if number not in last or _is_due(*last[number], now)]
    if scope.due or scope.limit is not None:
        wanted.sort(key=lambda number: _visited_at(last.get(number)))
    return wanted[: scope.limit]


def _visited_at(check: tuple[datetime | None, Verdict] | None) -> float:
    return 0.0 if check is None or check[0] is None else check[0].timestamp()


def _is_due(checked: datetime | None, verdict: Verdict, now: datetime) -> bool:
    return checked is None or is_due_at(checked, verdict, now)


def _numbers(store: Store, query: Select[Any]) -> array[int]:
    return array("q", (row[0] for row in store.execute(query.execution_options(yield_per=_AT_ONCE))))


def bare(store: Store, plan: int, wanted: Sequence[int]) -> Iterator[tuple[Source, bool]]:
    """These planned sources in their order, and whether each is but the original page of articles."""
    columns = (sources.c.id, sources.c.key, sources.c.url, planned.c.own)
    query = select(*columns).join(planned, planned.c.source == sources.c.id).where(planned.c.plan == plan)
    for batch in _batches(wanted):
        rows = {row.id: row for row in store.execute(query.where(sources.c.id.in_(batch)))}
        for row in map(rows.__getitem__, batch):
            yield Source(row.id, row.key, row.url), bool(row.own)


def of_sources(store: Store, plan: int, wanted: Sequence[int]) -> Iterator[tuple[Source, tuple[CitedLink, ...]]]:
    """The planned ones of these sources, in their order, with who cites them; read by the hundred."""
    columns = (sources.c.id, sources.c.key, sources.c.url, citations.c.links)
    query = select(*columns).join(citations, citations.c.source == sources.c.id).where(citations.c.plan == plan)
    query = query.order_by(citations.c.source, citations.c.position)
    for batch in _batches(wanted):
        cited: dict[int, tuple[Source, tuple[CitedLink, ...]]] = {}
        for number, rows in groupby(store.execute(query.where(citations.c.source.in_(batch))), lambda row: row.id):
            row, *others = rows
            links = decode(row.links, tuple[CitedLink, ...])
            for other in others:
                links += decode(other.links, tuple[CitedLink, ...])
            cited[number] = Source(row.id, row.key, row.url), links
        yield from (cited[number] for number in batch if number in cited)


def _batches(numbers: Sequence[int]) -> Iterator[list[int]]:
    return (list(numbers[start : start + _AT_ONCE]) for start in range(0, len(numbers), _AT_ONCE))


_CITATIONS = insert(citations)
_PLANNED = ("plan", "source", "position", "own")
