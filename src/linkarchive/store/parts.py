"""What pages need to be shown: the records that hold it, and which capture uses which."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from msgspec import structs
from sqlalchemy import ColumnElement, Row, and_, func, insert, select, update

from linkarchive.model import Capture, CaptureRef, CaptureScope, Location, Origin, PartRecord, Result, Verdict
from linkarchive.snapshot.capture_metadata import PartsFacts
from linkarchive.snapshot.parts import with_parts
from linkarchive.store.captures import StoredCapture
from linkarchive.store.database import Store
from linkarchive.store.run_writer import RunRows
from linkarchive.store.schema import captures, part_uses, parts, results, sources, visits
from linkarchive.store.serialization import decode, encode

_AT_ONCE = 500


def by_digest(store: Store, digests: Iterable[str]) -> dict[str, PartRecord]:
    """The first response that the archive has with each of these payloads, if it has one."""
    rows = _rows(store, parts.c.digest, digests, parts.c.original.is_(None))
    by_digests: dict[str, PartRecord] = {}
    for row in rows:
        by_digests.setdefault(row.digest, _record(row))
    return by_digests


def by_id(store: Store, ids: Iterable[str]) -> dict[str, PartRecord]:
    """Those of these WARC-Record-IDs that the archive has."""
    return {row.record: _record(row) for row in _rows(store, parts.c.record, ids)}


def wanting(store: Store, run: int, among: Collection[int] | None = None) -> list[StoredCapture]:
    """The captures (of these sources, if any are given) that hold the document alone and show a page that this run saw
    to be there, one a source."""
    alive = [verdict.value for verdict in Verdict if verdict.is_alive]
    newest = (
        select(func.max(captures.c.id))
        .join(visits, visits.c.source == captures.c.source)
        .join(results, results.c.id == visits.c.outcome)
        .where(visits.c.run == run, results.c.verdict.in_(alive))
        .where(captures.c.origin == Origin.LIVE.value, captures.c.usable)
        .group_by(captures.c.source)
    )
    if among is not None:
        newest = newest.where(captures.c.source.in_(among))
    query = select(captures).where(captures.c.id.in_(newest), captures.c.scope == CaptureScope.DOCUMENT.value)
    return [StoredCapture.of_row(row) for row in store.execute(query.order_by(captures.c.id))]


def of_capture(store: Store, capture: int) -> list[PartRecord]:
    """What a capture uses, in the order of writing."""
    query = select(parts).join(part_uses, part_uses.c.part == parts.c.id).where(part_uses.c.capture == capture)
    return [_record(row) for row in store.execute(query.order_by(parts.c.id))]


def originals(store: Store, records: Iterable[PartRecord]) -> dict[str, Location]:
    """Where the responses are that revisits among these records repeat, by WARC-Record-ID."""
    ids = (part.original for part in records if part.original is not None)
    return {part.id: part.record for part in by_id(store, ids).values()}


def named(store: Store, prefix: str) -> Iterator[tuple[str, StoredCapture, PartRecord]]:
    """The parts whose address begins so, each with the URL of its source and the capture that uses it."""
    query = (
        select(captures, sources.c.url.label("source_url"), parts.c.id.label("part"))
        .join(part_uses, part_uses.c.capture == captures.c.id)
        .join(parts, parts.c.id == part_uses.c.part)
        .join(sources, sources.c.id == captures.c.source)
        .where(parts.c.url.startswith(prefix, autoescape=True))
    )
    rows = store.execute(query).all()
    for start in range(0, len(rows), _AT_ONCE):
        batch = rows[start : start + _AT_ONCE]
        records = {
            row.id: _record(row)
            for row in store.execute(select(parts).where(parts.c.id.in_({row.part for row in batch})))
        }
        yield from ((row.source_url, StoredCapture.of_row(row), records[row.part]) for row in batch)


def restore(store: Store, rows: RunRows, stored: StoredCapture, facts: PartsFacts, new: Iterable[PartRecord]) -> None:
    """Note what a capture uses by what its WARC file says; `new` are the records that stand there."""
    used = [*by_id(store, facts.uses).values(), *new]
    keep(store, rows, stored, with_parts(stored.capture, facts, used), used)


def keep(store: Store, rows: RunRows, stored: StoredCapture, capture: Capture, used: Collection[PartRecord]) -> None:
    """Note what a stored capture uses, whose facts are those of `capture` from now on; records that are new are added.
    The result of this run for the source says so, too, where it names that capture."""
    known = by_id(store, (part.id for part in used))
    new = [_row(rows.run, part) for part in dict.fromkeys(used) if part.id not in known]
    if new:
        store.execute(insert(parts), new)
    before = set(store.execute(select(part_uses.c.part).where(part_uses.c.capture == stored.id)).scalars())
    numbers = {row.id for row in _rows(store, parts.c.record, (part.id for part in used))}
    uses = [{"capture": stored.id, "part": number} for number in sorted(numbers - before)]
    if uses:
        store.execute(insert(part_uses), uses)
    values = {"scope": capture.scope.value, "body": encode(capture)}
    store.execute(update(captures).where(captures.c.id == stored.id).values(values))
    rows.touched.add(stored.source)
    _restate(store, rows, stored, CaptureRef.of(capture))


def _restate(store: Store, rows: RunRows, stored: StoredCapture, now: CaptureRef) -> None:
    """The result of this run for a source says what the capture that it names holds now. A result of an earlier run
    stays what it was: the visit of this run gets one of its own."""
    of_this_run = and_(visits.c.run == rows.run, visits.c.source == stored.source)
    query = select(results).join(visits, visits.c.outcome == results.c.id).where(of_this_run)
    row = store.execute(query).one_or_none()
    result = None if row is None else decode(row.body, Result)
    if row is None or result is None or result.capture is None or result.capture == now:
        return
    if (result.capture.warc, result.capture.offset) != stored.place:
        return
    result = structs.replace(result, capture=now)
    if row.run == rows.run:
        store.execute(update(results).where(results.c.id == row.id).values(body=encode(result)))
        return
    number = rows.add_result(stored.source, result)
    store.execute(update(visits).where(of_this_run).values(outcome=number))
    store.execute(update(sources).where(sources.c.page_outcome == row.id).values(page_outcome=number))


def _rows(store: Store, column: ColumnElement[str], values: Iterable[str], *where: Any) -> Iterator[Row[Any]]:
    """The rows whose column has one of many values, in the order of writing."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), _AT_ONCE):
        batch = distinct[start : start + _AT_ONCE]
        yield from store.execute(select(parts).where(column.in_(batch), *where).order_by(parts.c.id)).all()


def _record(row: Row[Any]) -> PartRecord:
    place = Location(row.warc, row.offset, row.length)
    return PartRecord(row.record, row.url, row.date, row.digest, place, row.original)


def _row(run: int, part: PartRecord) -> dict[str, Any]:
    place = part.record
    return {
        "run": run,
        "record": part.id,
        "url": part.url,
        "date": part.date,
        "digest": part.digest,
        "warc": place.warc,
        "offset": place.offset,
        "length": place.length,
        "original": part.original,
    }
