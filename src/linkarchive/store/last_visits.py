"""Statements that keep `last_visits`: the last visit of each source, with what lists and counts go by."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    Insert,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    not_,
    or_,
    select,
)

from linkarchive.store.schema import last_visits, results, visits
from linkarchive.store.unchanged import NEVER, NOT_YET

# As literals: what is compiled once for many rows (`Store.write_rows`) has no values of its own.
_NEVER: ColumnElement[str] = literal_column(f"'{NEVER}'")
_NOT_YET: ColumnElement[str] = literal_column(f"'{NOT_YET}'")
UNCOMPARED: ColumnElement[bool] = or_(
    results.c.compared == _NEVER, and_(results.c.compared == _NOT_YET, not_(visits.c.carried))
)
"""Of joined visits and results: the page was not compared with anything."""

_COLUMNS = (
    visits.c.source,
    visits.c.id.label("visit"),
    visits.c.run,
    visits.c.checked,
    results.c.verdict,
    visits.c.changed,
    visits.c.was,
    results.c.cited,
    UNCOMPARED.label("uncompared"),
    results.c.standing,
)
_NAMES = [column.name for column in last_visits.columns]


def of_all() -> Insert:
    """The rows of all sources, into an empty table."""
    return insert(last_visits).from_select(_NAMES, _newest())


def of_sources(numbers: Collection[int]) -> tuple[Delete, Insert]:
    """The rows of these sources made again, where visits were taken back."""
    again = insert(last_visits).from_select(_NAMES, _newest(visits.c.source.in_(numbers)))
    return delete(last_visits).where(last_visits.c.source.in_(numbers)), again


@cache
def of_visit(upsert: Insert) -> Insert:
    """The row of the visit of source `at_source` in run `at_run`, in the place of the one before (`Store.upsert`)."""
    this = _rows().where(visits.c.run == bindparam("at_run"), visits.c.source == bindparam("at_source"))
    return upsert.from_select(_NAMES, this)


def _rows() -> Select[Any]:
    return select(*_COLUMNS).join(results, results.c.id == visits.c.outcome)


def _newest(*condition: ColumnElement[bool]) -> Select[Any]:
    return _rows().where(visits.c.id.in_(select(func.max(visits.c.id)).where(*condition).group_by(visits.c.source)))
