"""For how long an archive that limits the workers is left alone by all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from linkarchive.store import hub_archives
from linkarchive.store.database import Store
from linkarchive.store.hub import open_hub

HOUR, DAY = 3600.0, 86400.0


def closed_for(store: Store) -> float:
    """Seconds from now."""
    query = "SELECT extract(epoch FROM closed_until - clock_timestamp()) FROM hub.archive_gates"
    return float(store.execute(text(query)).scalar_one())


def test_an_archive_that_limits_us_again_and_again_is_left_alone_for_a_day_at_most(
    hub_project: Callable[[str], Any],
) -> None:
    opening = text("UPDATE hub.archive_gates SET closed_until = clock_timestamp()")
    with open_hub(hub_project("politics").environ["ARCHIVE_HUB_DATABASE"]) as store:
        times = []
        for _ in range(8):
            hub_archives.close(store, "archive", "429", None)
            times.append(closed_for(store) / HOUR)
            store.execute(opening)
        assert times == pytest.approx([1, 2, 4, 8, 16, 24, 24, 24], rel=0.05)
        store.execute(text("UPDATE hub.archive_gates SET failures = 5000"))
        hub_archives.close(store, "archive", "429", None)
        assert HOUR < closed_for(store) <= DAY


def test_an_archive_that_names_a_year_is_left_alone_for_a_day(hub_project: Callable[[str], Any]) -> None:
    with open_hub(hub_project("politics").environ["ARCHIVE_HUB_DATABASE"]) as store:
        for _ in range(2):
            hub_archives.close(store, "archive", "429", 365 * DAY)
            assert HOUR < closed_for(store) <= DAY
            store.execute(text("UPDATE hub.archive_gates SET closed_until = clock_timestamp()"))
