"""What is still to be done for a project of a hub. PostgreSQL only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from linkarchive.store.database import Store


def due_of(store: Store, project: int, now: datetime) -> tuple[int, int]:
    """How many sources of a project are due, and about how many others web archives are to be asked now."""
    query = """SELECT (SELECT count(*) FROM hub.watched WHERE project = :project AND next_due <= :now) AS visits,
        (SELECT count(*) FROM hub.watched
            WHERE project = :project AND ask_from <= :now AND next_due > :now) AS questions"""
    row = store.execute(text(query), {"project": project, "now": now}).one()
    return int(row.visits), int(row.questions)


def is_anything_due(store: Store, project: int, now: datetime) -> bool:
    """Some source of a project is due, or web archives are to be asked about it; what is not due is not looked at."""
    query = """SELECT EXISTS (SELECT 1 FROM hub.watched WHERE project = :project AND next_due <= :now)
        OR EXISTS (SELECT 1 FROM hub.watched WHERE project = :project AND ask_from <= :now)"""
    return bool(store.execute(text(query), {"project": project, "now": now}).scalar_one())
