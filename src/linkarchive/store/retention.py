"""Old visits that tell nothing which later ones do not: of runs before the newest few they are not kept."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, delete, exists, func, select, update

from linkarchive.model import Change, Verdict
from linkarchive.store.database import Store
from linkarchive.store.schema import captures, last_visits, results, runs, sources, visits

_AT_ONCE = 500
"""Results that are deleted together."""
_others = visits.alias()


def thin(store: Store, newest: int) -> None:
    """Delete what repeats: visits of runs before the newest so many that changed no verdict, made no capture and are no
    strike, with results that nothing refers to any more. Commits after each run."""
    beyond = select(runs.c.seq).order_by(runs.c.seq.desc()).offset(newest).limit(1)
    query = select(runs.c.seq).where(runs.c.seq <= beyond.scalar_subquery(), runs.c.thinned.is_(None))
    for run in store.execute(query.order_by(runs.c.seq)).scalars().all():
        goes = _repeats(run)
        number = store.execute(select(func.count()).select_from(visits.join(results)).where(goes)).scalar_one()
        orphans = store.execute(select(results.c.id).select_from(visits.join(results)).where(goes, _is_last_use()))
        left = list(orphans.scalars())
        store.execute(delete(visits).where(visits.c.id.in_(select(visits.c.id).join(results).where(goes))))
        for start in range(0, len(left), _AT_ONCE):
            store.execute(delete(results).where(results.c.id.in_(left[start : start + _AT_ONCE])))
        store.execute(update(runs).where(runs.c.seq == run).values(thinned=number))
        store.commit()


def _repeats(run: int) -> ColumnElement[bool]:
    """Of joined visits and results: a visit of that run that may go."""
    is_last = exists().where(last_visits.c.source == visits.c.source, last_visits.c.visit == visits.c.id)
    with_capture = select(captures.c.source).where(captures.c.run == run)
    return and_(
        visits.c.run == run,
        visits.c.was == results.c.verdict,
        visits.c.changed.in_((Change.NONE.value, Change.STILL.value)),
        results.c.verdict != Verdict.UNREACHABLE.value,
        visits.c.source.not_in(with_capture),
        ~is_last,
    )


def _is_last_use() -> ColumnElement[bool]:
    """Of joined visits and results: nothing but this visit refers to the result."""
    used = exists().where(
        _others.c.source == visits.c.source, _others.c.outcome == results.c.id, _others.c.id != visits.c.id
    )
    is_of_page = exists().where(sources.c.id == visits.c.source, sources.c.page_outcome == results.c.id)
    return and_(~used, ~is_of_page)
