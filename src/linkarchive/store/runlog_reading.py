"""The lines of a run's log, read: what `runlog` writes, as values.

Apart from it, since a run over unchanged pages writes a log and reads none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from linkarchive.model import Article, Capture, Change, Origin, Result, RunInfo, Verdict
from linkarchive.store.lookups import LookupAnswer
from linkarchive.store.previous import LastPage
from linkarchive.store.runs import RunBody
from linkarchive.store.serialization import decode


@dataclass(frozen=True, slots=True)
class RunLine:
    """What is known of the run itself."""

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
    """An article as the run read it."""

    digest: str | None
    article: Article


@dataclass(frozen=True, slots=True)
class CaptureLine:
    """A capture that was added, with its source."""

    source: str
    usable: bool
    good: bool
    capture: Capture


@dataclass(frozen=True, slots=True)
class BaselineLine:
    """A capture became the baseline of a source as an article cites it: that of this origin and time."""

    source: str
    article: str
    looked: date | None
    origin: Origin
    time: datetime
    rebased: bool = False
    """A person had it take the place of the one before (`archive import --rebase`)."""


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """What an archive answered about a source."""

    source: str
    told: LookupAnswer


@dataclass(frozen=True, slots=True)
class VisitLine:
    """A visit of a source and what was concluded."""

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
class RepeatsLine:
    """Visits that repeat the result of their source's visit before, as far as they have these in common."""

    changed: Change
    was: Verdict | None
    carried: bool
    sources: tuple[str, ...]
    """By `store.sources.id_of`."""
    checked: tuple[int | None, ...]
    """When each was visited, in microseconds after the start of the run; None: it was skipped."""


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
    repeats: RepeatsLine | None = None


def read_line(line: bytes) -> Line:
    """What a line of a log tells. Raises StorageError for a line that is not of a log."""
    return decode(line, Line)
