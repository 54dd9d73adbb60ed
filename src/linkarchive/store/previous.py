"""What the store knew of sources before a run, read for a few hundred together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any

from msgspec import Struct, field
from sqlalchemy import Row, and_, func, select

from linkarchive.model import CaptureScope, Origin, Result, Verdict
from linkarchive.store import lookups
from linkarchive.store.captures import StoredCapture, capture_of, day_of
from linkarchive.store.database import Store
from linkarchive.store.lookups import LookupAnswer
from linkarchive.store.results import as_of_visit
from linkarchive.store.schema import baselines, captures, results, sources, visits
from linkarchive.store.serialization import decode

_VERDICTS = {verdict.value: verdict for verdict in Verdict}
_LIVE, _RENDERED = Origin.LIVE.value, CaptureScope.RENDERED.value
AT_ONCE = 500
"""Sources whose rows are read together."""


class LastPage(Struct, frozen=True):
    """The page of a source as it was last seen; all None before there was one."""

    etag: str | None = None
    last_modified: str | None = None
    sha256: str | None = None
    inputs_hash: str | None = None
    """Of all that its judgement depended on beside the page itself (`check.baselines.judgement_inputs_hash`)."""
    result_id: int | None = None
    """Of the result that was concluded on it."""


_NO_PAGE = LastPage()


def page_of_row(row: Row[Any]) -> LastPage:
    """What a row of `sources` tells of the page that was last seen."""
    return LastPage(row.etag, row.last_modified, row.sha256, row.judged)


class Previous(Struct, frozen=True, dict=True):
    """What the store knew of a source before this run. Stored texts are decoded when they are first asked for."""

    page: LastPage = _NO_PAGE
    visit: Row[Any] | None = None
    """The last visit before this run: result's number and body, verdict, time, run."""
    capture_rows: tuple[Row[Any], ...] = ()
    """Oldest first."""
    baseline_ids: Mapping[tuple[str, date | None], int] = field(default_factory=dict)
    """The number of the capture that is the baseline, by citing article and the day its author looked."""
    answers: Mapping[str, LookupAnswer] = field(default_factory=dict)
    """What archives answered, by question, as far as results depend on it (`lookups.of_sources`)."""
    page_body: str | None = None
    """The result of the page last seen, where the last visit had another one."""

    @property
    def result_id(self) -> int | None:
        """The number of the last visit's result; None before there was a visit."""
        return None if self.visit is None else self.visit.outcome

    @property
    def verdict(self) -> Verdict | None:
        return None if self.visit is None else _VERDICTS[self.visit.verdict]

    @property
    def checked(self) -> datetime | None:
        """When the last visit was; None where it was skipped."""
        return None if self.visit is None else self.visit.checked

    @property
    def run(self) -> int | None:
        """The number of the run that made the last visit."""
        return None if self.visit is None else self.visit.run

    @property
    def answered(self) -> bool:
        """The host answered at the last visit."""
        if self.visit is None:
            return False
        return self.visit.outcome == self.page.result_id or decode(self.visit.body, _Status).status is not None

    @property
    def was_alive(self) -> bool:
        """There was a page at the last visit."""
        return self.verdict is not None and self.verdict.is_alive

    @property
    def sha256(self) -> str | None:
        """The SHA-256 of the body that was last seen, in hex."""
        return self.page.sha256

    @property
    def final_url(self) -> str | None:
        """Where the last visit ended."""
        return None if self.result is None else self.result.final_url

    @property
    def title(self) -> str | None:
        """The title of the last usable page."""
        return None if self.result is None else self.result.title

    @property
    def is_row(self) -> bool:
        """The last visit found the page as it was and added a row only."""
        return self.visit is not None and bool(self.visit.carried)

    @cached_property
    def result(self) -> Result | None:
        """The result of the last visit, as that visit tells it."""
        return None if self.visit is None else as_of_visit(self.visit)

    @cached_property
    def page_result(self) -> Result | None:
        """The result that was concluded on the page last seen; later failures do not change it."""
        if self.visit is not None and self.visit.outcome == self.page.result_id:
            return decode(self.visit.body, Result)
        return None if self.page_body is None else decode(self.page_body, Result)

    @cached_property
    def captures(self) -> tuple[StoredCapture, ...]:
        """All captures of the source, oldest first."""
        return tuple(map(StoredCapture.of_row, self.capture_rows))

    @cached_property
    def live(self) -> tuple[StoredCapture, ...]:
        """The captures that are our own, oldest first."""
        return tuple([capture for capture in self.captures if capture.capture.origin is Origin.LIVE])

    @property
    def has_usable(self) -> bool:
        """Some capture shows a page that was really there."""
        return any(row.usable for row in self.capture_rows)

    @property
    def was_rendered(self) -> bool:
        """Our own last capture shows what a browser saw: what our own request gets tells nothing of the page."""
        last = self._last_live_row
        return last is not None and last.scope == _RENDERED

    @property
    def last_live(self) -> datetime | None:
        """When our own last capture was made."""
        last = self._last_live_row
        return None if last is None else last.time

    @property
    def _last_live_row(self) -> Row[Any] | None:
        row: Row[Any]
        for row in reversed(self.capture_rows):  # mostly the first: to keep it would take longer
            if row.origin == _LIVE:
                return row
        return None

    @property
    def file(self) -> str | None:
        """The WARC file that holds the bytes of the last capture; None before there is one."""
        if not self.capture_rows:
            return None
        place = decode(self.capture_rows[-1].body, _Place)
        return (place.original or place.record).warc

    def shown_by(self, result: Result) -> StoredCapture | None:
        """The capture that a result names as its evidence."""
        return capture_of(self.captures, result)

    def baseline(self, article: str, viewed_on: date | None) -> StoredCapture | None:
        """The baseline of the source as that article cites it."""
        number = self.baseline_ids.get((article, viewed_on))
        return None if number is None else next(capture for capture in self.captures if capture.id == number)

    def baseline_time(self, article: str, viewed_on: date | None) -> datetime | None:
        """When that baseline was captured."""
        number = self.baseline_ids.get((article, viewed_on))
        return None if number is None else next(row.time for row in self.capture_rows if row.id == number)


class _Status(Struct, frozen=True):
    """The part of a result (`model.Result`) that tells whether anything answered."""

    status: int | None


class _File(Struct, frozen=True):
    """The part of a place in the archive that names the file."""

    warc: str


class _Place(Struct, frozen=True):
    """The part of a capture (`model.Capture`) that tells in which file its bytes are."""

    record: _File
    original: _File | None


NOTHING = Previous()
"""Of a source that is new."""


def load(store: Store, numbers: Collection[int], before_run: int) -> dict[int, Previous]:
    """What is known of each of these sources, a few hundred, from runs before that one. Captures, baselines, the page
    last seen and the archives' answers are those of now."""
    last = select(func.max(_latest.c.run)).where(_latest.c.source == sources.c.id, _latest.c.run < before_run)
    query = (
        select(
            sources.c.id,
            sources.c.etag,
            sources.c.last_modified,
            sources.c.sha256,
            sources.c.judged,
            sources.c.page_outcome,
            visits.c.outcome,
            visits.c.checked,
            visits.c.carried,
            visits.c.run,
            results.c.verdict,
            results.c.body,
        )
        .select_from(sources)
        .outerjoin(visits, and_(visits.c.source == sources.c.id, visits.c.run == last.scalar_subquery()))
        .outerjoin(results, results.c.id == visits.c.outcome)
        .where(sources.c.id.in_(numbers))
    )
    rows = store.execute(query).all()
    captured = _captures(store, numbers)
    baselines_by_source = _baselines(store, captured)
    answers = lookups.of_sources(store, numbers)
    bodies = _bodies(store, [row.page_outcome for row in rows if row.page_outcome not in (None, row.outcome)])
    nothing: dict[Any, Any] = {}
    return {
        row.id: Previous(
            LastPage(row.etag, row.last_modified, row.sha256, row.judged, row.page_outcome),
            None if row.outcome is None else row,
            tuple(captured.get(row.id, ())),
            baselines_by_source.get(row.id, nothing),
            answers.get(row.id, nothing),
            bodies.get(row.page_outcome),
        )
        for row in rows
    }


_latest = visits.alias()


def _captures(store: Store, numbers: Collection[int]) -> dict[int, list[Row[Any]]]:
    query = select(captures).where(captures.c.source.in_(numbers)).order_by(captures.c.time, captures.c.id)
    by_source: dict[int, list[Row[Any]]] = {}
    for row in store.execute(query).all():
        by_source.setdefault(row.source, []).append(row)
    return by_source


def _baselines(store: Store, captured: Mapping[int, object]) -> dict[int, dict[tuple[str, date | None], int]]:
    if not captured:
        return {}
    query = select(baselines.c.source, baselines.c.article, baselines.c.looked, baselines.c.capture)
    by_source: dict[int, dict[tuple[str, date | None], int]] = {}
    for row in store.execute(query.where(baselines.c.source.in_(captured.keys()))).all():
        by_source.setdefault(row.source, {})[row.article, day_of(row.looked)] = row.capture
    return by_source


def _bodies(store: Store, numbers: Collection[int]) -> dict[int | None, str]:
    if not numbers:
        return {}
    query = select(results.c.id, results.c.body).where(results.c.id.in_(numbers))
    return {row.id: row.body for row in store.execute(query)}
