"""The log of a run: what the WARC files must know so that the database can be made again from them.

JSON lines, each an object with one key that tells what it is. A visit names its
outcome only when the run made it; else it is that of the source's visit before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

import msgspec
from sqlalchemy import select, union

from linkarchive.model import Article, Capture, Change, Origin, Result, RunInfo, Verdict
from linkarchive.store import articles, captures, lookups, outcomes, schema
from linkarchive.store.database import Store
from linkarchive.store.lookups import LookupAnswer
from linkarchive.store.previous import LastPage, page_of_row
from linkarchive.store.runs import Run, RunBody
from linkarchive.store.schema import sources
from linkarchive.store.serialization import decode


@dataclass(frozen=True, slots=True)
class RunLine:
    info: RunInfo
    scope: str
    body: RunBody


@dataclass(frozen=True, slots=True)
class ImportLine:
    """An import begins; its captures and baselines follow."""

    id: str
    time: datetime


@dataclass(frozen=True, slots=True)
class ArticleLine:
    digest: str | None
    article: Article


@dataclass(frozen=True, slots=True)
class CaptureLine:
    source: str
    usable: bool
    good: bool
    capture: Capture


@dataclass(frozen=True, slots=True)
class BaselineLine:
    source: str
    article: str
    looked: date | None
    origin: Origin
    time: datetime
    rebased: bool = False
    """A person had it take the place of the one before (`archive import --rebase`)."""


@dataclass(frozen=True, slots=True)
class AnswerLine:
    source: str
    told: LookupAnswer


@dataclass(frozen=True, slots=True)
class VisitLine:
    source: str
    url: str
    checked: datetime | None
    changed: Change
    was: Verdict | None
    outcome: Result | None
    carried: bool = False
    page: LastPage | None = None
    """Validators and digests of the page that the result was concluded on."""


@dataclass(frozen=True, slots=True)
class Line:
    """One of these is set."""

    run: RunLine | None = None
    imported: ImportLine | None = None
    article: ArticleLine | None = None
    capture: CaptureLine | None = None
    baseline: BaselineLine | None = None
    answer: AnswerLine | None = None
    visit: VisitLine | None = None


def log_lines(store: Store, run: Run) -> Iterator[bytes]:
    """Everything that this run added, in an order in which it can be put back; a long line in several pieces."""
    keys = _keys(store, run.seq)
    yield _line("run", RunLine(run.info, run.scope, run.body))
    for sha256, body in articles.of_run(store, run.seq):
        yield b'{"article":{"digest":' + msgspec.json.encode(sha256) + b',"article":'
        yield body
        yield b"}}\n"
    for row in captures.rows_of_run(store, run.seq):
        capture = {"source": keys[row.source], "usable": row.usable, "good": row.good}
        yield _line("capture", capture | {"capture": msgspec.Raw(row.body.encode("utf-8"))})
    for row in captures.baseline_rows_of_run(store, run.seq):
        baseline = {"source": keys[row.source], "article": row.article, "looked": row.looked or None}
        yield _line("baseline", baseline | {"origin": row.origin, "time": row.time})
    for source_id, told in lookups.of_run(store, run.seq):
        yield _line("answer", AnswerLine(keys[source_id], told))
    for row in outcomes.rows_of_run(store, run.seq):
        outcome = None if row.body is None else msgspec.Raw(row.body.encode("utf-8"))
        visit = {"source": row.key, "url": row.url, "checked": row.checked, "changed": row.changed, "was": row.was}
        page = {"page": page_of_row(row)} if row.has_page else {}
        yield _line("visit", visit | {"outcome": outcome, "carried": row.carried} | page)


def _keys(store: Store, run: int) -> dict[int, str]:
    """The keys of the sources to which this run added something beside visits, by their numbers."""
    tables = (schema.captures, schema.baselines, schema.archive_answers)
    added = union(*(select(table.c.source).where(table.c.run == run) for table in tables))
    return {
        row.id: row.key for row in store.execute(select(sources.c.id, sources.c.key).where(sources.c.id.in_(added)))
    }


def import_lines(start: ImportLine, captures: Iterable[CaptureLine], baselines: Iterable[BaselineLine]) -> list[bytes]:
    """What an import added, as `log_lines` tells it of a run."""
    lines = [_line("imported", start)]
    lines += [_line("capture", capture) for capture in captures]
    return lines + [_line("baseline", baseline) for baseline in baselines]


def read_line(line: bytes) -> Line:
    """Raises StorageError for a line that is not of a log."""
    return decode(line, Line)


def _line(kind: str, value: object) -> bytes:
    return msgspec.json.encode({kind: value}) + b"\n"
