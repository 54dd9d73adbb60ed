"""Captures, and which of them is the baseline of whom."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, delete, select

from linkarchive.errors import UsageError
from linkarchive.model import Capture, CaptureRef, Location, Origin, Result
from linkarchive.secrets import redact
from linkarchive.store.database import Store
from linkarchive.store.schema import baselines, captures, part_uses
from linkarchive.store.schema import sources as sources_table
from linkarchive.store.serialization import decode


class StoredCapture(Struct, frozen=True):
    """A capture in the database."""

    id: int
    source: int
    usable: bool
    """A page that was really there: it can be a baseline."""
    good: bool
    """And the verdict was ok or moved: it can be shown as the last good copy."""
    capture: Capture

    @classmethod
    def of_row(cls, row: Row[Any]) -> StoredCapture:
        return cls(row.id, row.source, row.usable, row.good, decode(row.body, Capture))

    @property
    def as_baseline(self) -> tuple[Origin, datetime, str | None]:
        """Origin, time and public address, as reports show a baseline."""
        return self.capture.origin, self.capture.time, self.capture.public_url

    @property
    def holder(self) -> Location:
        """The record that holds its payload."""
        return self.capture.original or self.capture.record

    @property
    def place(self) -> tuple[str, int]:
        """WARC file, and byte in it, of its record."""
        return self.capture.record.warc, self.capture.record.offset


def capture_of(stored: Sequence[StoredCapture], result: Result) -> StoredCapture | None:
    """Of these captures, the one that a result names as its evidence."""
    place = result.capture
    if place is None:
        return None
    record = (place.warc, place.offset)
    return next((capture for capture in stored if capture.place == record), None)


def of_source(store: Store, source: int) -> list[StoredCapture]:
    """The captures of a source, oldest first."""
    query = select(captures).where(captures.c.source == source).order_by(captures.c.time, captures.c.id)
    return [StoredCapture.of_row(row) for row in store.execute(query)]


def find(store: Store, source: int, capture: Capture) -> StoredCapture:
    """A capture of a source as it is stored. Raises UsageError where the project has it no more."""
    stored = next((candidate for candidate in of_source(store, source) if candidate.capture == capture), None)
    if stored is None:
        place = f"{capture.record.warc} at byte {capture.record.offset}"
        raise UsageError(f"{place}: no capture of {redact(capture.url)} is there any more")
    return stored


def named(store: Store, place: CaptureRef) -> StoredCapture | None:
    """The capture that a result names as its evidence; None where the project has it no more."""
    rows = store.execute(select(captures).where(captures.c.digest == place.digest))
    return next(
        (stored for stored in map(StoredCapture.of_row, rows) if stored.place == (place.warc, place.offset)), None
    )


def usable_sources(store: Store, sources: Collection[int]) -> set[int]:
    """Those of these sources that have a capture of a page that was really there."""
    query = select(captures.c.source).where(captures.c.source.in_(sources), captures.c.usable).distinct()
    return set(store.execute(query).scalars())


def of_sources(store: Store, sources: Collection[int]) -> dict[int, list[StoredCapture]]:
    """The captures of each of these sources that has any, oldest first, by its number."""
    query = select(captures).where(captures.c.source.in_(sources)).order_by(captures.c.time, captures.c.id)
    by_source: dict[int, list[StoredCapture]] = {}
    for row in store.execute(query).all():
        by_source.setdefault(row.source, []).append(StoredCapture.of_row(row))
    return by_source


def times_of(store: Store, sources: Collection[int]) -> set[tuple[int, datetime]]:
    """The sources with the times of their captures."""
    query = select(captures.c.source, captures.c.time).where(captures.c.source.in_(sources))
    return {(row.source, row.time) for row in store.execute(query)}


def of_ids(store: Store, numbers: Collection[int]) -> dict[int, StoredCapture]:
    """Captures by their numbers (a few hundred)."""
    rows = store.execute(select(captures).where(captures.c.id.in_(numbers)))
    return {stored.id: stored for stored in map(StoredCapture.of_row, rows)}


def urls_with(store: Store, digests: Collection[str]) -> set[str]:
    """The sources, by URL, that have a capture with one of these payloads (a few)."""
    query = select(sources_table.c.url).join(captures, captures.c.source == sources_table.c.id)
    return set(store.execute(query.where(captures.c.digest.in_(digests)).distinct()).scalars())


def of_run(store: Store, run: int) -> Iterator[StoredCapture]:
    query = select(captures).where(captures.c.run == run).order_by(captures.c.id).execution_options(yield_per=500)
    return (StoredCapture.of_row(row) for row in store.execute(query))


def baseline(store: Store, article: str, source: int, viewed_on: date | None) -> StoredCapture | None:
    """The baseline of a source as an article cites it, whose author looked on that day."""
    query = (
        select(captures)
        .join(baselines, baselines.c.capture == captures.c.id)
        .where(baselines.c.article == article, baselines.c.source == source, baselines.c.looked == day_text(viewed_on))
    )
    row = store.execute(query).one_or_none()
    return None if row is None else StoredCapture.of_row(row)


def takes_its_place(new: StoredCapture, known: StoredCapture | None) -> bool:
    """Whether a capture becomes the baseline of a citation: once and for all. A capture of our own only stands in until
    an archive's copy is found, which then takes its place."""
    return known is None or (known.capture.origin is Origin.LIVE and new.capture.origin is not Origin.LIVE)


def rows_of_run(store: Store, run: int) -> Iterator[Row[Any]]:
    """The captures of a run as rows (source, usable, good, body as JSON)."""
    columns = (captures.c.source, captures.c.usable, captures.c.good, captures.c.body)
    query = select(*columns).where(captures.c.run == run).order_by(captures.c.id)
    return iter(store.execute(query.execution_options(yield_per=500)))


def baseline_rows_of_run(store: Store, run: int) -> Iterator[Row[Any]]:
    """The baselines set in that run as rows: source, article, the day its author looked (a date or ""), and the
    capture's origin and time."""
    query = (
        select(baselines.c.source, baselines.c.article, baselines.c.looked, captures.c.origin, captures.c.time)
        .join(captures, captures.c.id == baselines.c.capture)
        .where(baselines.c.run == run)
        .order_by(baselines.c.article, baselines.c.source, baselines.c.looked)
    )
    return iter(store.execute(query.execution_options(yield_per=500)))


def baselines_of_source(store: Store, source: int) -> list[tuple[str, date | None, StoredCapture]]:
    """The baselines of a source: article, the day its author looked, capture."""
    return list(_baselines(store, baselines.c.source == source))


def baselines_of_sources(
    store: Store, kept: Mapping[int, Sequence[StoredCapture]]
) -> dict[int, list[tuple[str, date | None, StoredCapture]]]:
    """Those of each source whose captures these are (`of_sources`), if it has any."""
    query = (
        select(baselines.c.source, baselines.c.article, baselines.c.looked, baselines.c.capture)
        .where(baselines.c.source.in_(kept.keys()))
        .order_by(baselines.c.article, baselines.c.source, baselines.c.looked)
    )
    by_source: dict[int, list[tuple[str, date | None, StoredCapture]]] = {}
    for source, article, viewed_on, capture in store.execute(query).all():
        stored = next(stored for stored in kept[source] if stored.id == capture)
        by_source.setdefault(source, []).append((article, day_of(viewed_on), stored))
    return by_source


def all_baselines(store: Store) -> Iterator[StoredCapture]:
    """Every capture that is a baseline, one at a time."""
    query = select(captures).where(captures.c.id.in_(select(baselines.c.capture))).order_by(captures.c.id)
    return map(StoredCapture.of_row, store.execute(query.execution_options(yield_per=500)))


def _baselines(store: Store, condition: ColumnElement[bool]) -> Iterator[tuple[str, date | None, StoredCapture]]:
    query = (
        select(captures, baselines.c.article, baselines.c.looked)
        .join(baselines, baselines.c.capture == captures.c.id)
        .where(condition)
        .order_by(baselines.c.article, baselines.c.source, baselines.c.looked)
        .execution_options(yield_per=500)
    )
    for row in store.execute(query):
        yield row.article, day_of(row.looked), StoredCapture.of_row(row)


def day_of(text: str) -> date | None:
    """The inverse of `day_text`."""
    return date.fromisoformat(text) if text else None


def day_text(viewed_on: date | None) -> str:
    return "" if viewed_on is None else viewed_on.isoformat()


def forget_lost(store: Store, run: int, is_there: Callable[[Capture], bool]) -> int:
    """Drop the rows of an interrupted run whose record did not reach the disk (a power cut); returns how many."""
    lost = [kept.id for kept in of_run(store, run) if not is_there(kept.capture)]
    if lost:
        store.execute(delete(baselines).where(baselines.c.capture.in_(lost)))
        store.execute(delete(part_uses).where(part_uses.c.capture.in_(lost)))
        store.execute(delete(captures).where(captures.c.id.in_(lost)))
    return len(lost)


def all_kept(store: Store) -> Iterator[StoredCapture]:
    """Every capture, one at a time."""
    for row in store.execute(select(captures).order_by(captures.c.id).execution_options(yield_per=500)):
        yield StoredCapture.of_row(row)
