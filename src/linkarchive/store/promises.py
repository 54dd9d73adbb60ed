"""What unchanged pages come to: the few columns that a conditional request and its answer need, for many sources."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select

from linkarchive.model import Hop, Origin, Verdict
from linkarchive.store.captures import day_of
from linkarchive.store.database import Store
from linkarchive.store.outcomes import newest
from linkarchive.store.schema import baselines, captures
from linkarchive.store.serialization import decode


@dataclass(frozen=True, slots=True)
class Known:
    """Where a source stood after its last visit, as far as an unchanged page is concerned."""

    outcome_id: int
    verdict: Verdict
    page: LastPage
    captures: list[LastCapture] = field(default_factory=list)
    """Oldest first."""
    baselines: dict[tuple[str, date | None], datetime] = field(default_factory=dict)
    """When they were captured, by article and the day that its author looked."""


@dataclass(frozen=True, slots=True)
class LastPage:
    """The part of an outcome (`model.Outcome`) that tells which page it was."""

    status: int | None
    final_url: str | None
    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    warc: str


@dataclass(frozen=True, slots=True)
class _Body:
    """The part of a capture (`model.Capture`) that tells in which file its bytes are."""

    record: _Place
    original: _Place | None


@dataclass(frozen=True, slots=True)
class LastCapture:
    time: datetime
    origin: Origin
    usable: bool
    warc: str
    """The file that holds its bytes."""


def known(store: Store, sources: Collection[int], before_run: int) -> dict[int, Known]:
    """What is known of each of these sources (a few hundred) that was visited before."""
    last = newest(sources, before_run)
    found = {
        row.source: Known(row.outcome, Verdict(row.verdict), decode(row.body, LastPage))
        for row in store.execute(last).all()
    }
    kept = (
        select(captures.c.source, captures.c.time, captures.c.origin, captures.c.usable, captures.c.body)
        .where(captures.c.source.in_(sources))
        .order_by(captures.c.time, captures.c.id)
    )
    for source, time, origin, usable, body in store.execute(kept).all():
        if source in found:
            place = decode(body, _Body)
            warc = (place.original or place.record).warc
            found[source].captures.append(LastCapture(time, Origin(origin), usable, warc))
    based = (
        select(baselines.c.source, baselines.c.article, baselines.c.looked, captures.c.time)
        .join(captures, captures.c.id == baselines.c.capture)
        .where(baselines.c.source.in_(sources))
    )
    for source, article, looked, time in store.execute(based).all():
        if source in found:
            found[source].baselines[article, day_of(looked)] = time
    return found
