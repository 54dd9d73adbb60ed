"""The one clock (docs/design.md §4: ARCHIVE_NOW)."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from linkarchive.clock import Clock
from linkarchive.errors import SettingsError


def test_the_real_clock_is_utc_and_not_simulated() -> None:
    clock = Clock.from_environ({})
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.now().tzinfo is UTC
    assert not clock.simulated


@pytest.mark.parametrize(
    "value", ["2026-11-23T06:00:00Z", "2026-11-23T08:00:00+02:00", "2026-11-23 06:00:00.000000+00:00"]
)
def test_a_simulated_clock_starts_there_and_runs_on(value: str) -> None:
    clock = Clock.from_environ({"ARCHIVE_NOW": value})
    assert clock.simulated
    start = datetime(2026, 11, 23, 6, tzinfo=UTC)
    first = clock.now()
    assert start <= first < start + timedelta(minutes=1)
    time.sleep(0.002)
    assert clock.now() > first


def test_two_clocks_do_not_share_their_start() -> None:
    clock = Clock(datetime(2020, 1, 1, tzinfo=UTC))
    other = Clock(datetime(2030, 1, 1, tzinfo=UTC))
    assert (clock.now().year, other.now().year) == (2020, 2030)


@pytest.mark.parametrize("value", ["tomorrow", "2026-11-23", "2026-11-23T06:00:00", "2026-13-01T00:00:00Z"])
def test_anything_else_is_refused_in_words(value: str) -> None:
    with pytest.raises(SettingsError, match="RFC 3339"):
        Clock.from_environ({"ARCHIVE_NOW": value})


def test_an_empty_value_is_none() -> None:
    assert not Clock.from_environ({"ARCHIVE_NOW": ""}).simulated
