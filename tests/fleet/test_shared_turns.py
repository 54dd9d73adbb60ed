"""Turns on the hosts that several workers ask, by the clock of the database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from linkarchive.fleet.pages import slot_of_host
from linkarchive.fleet.part_turns import PartTurns
from linkarchive.fleet.turns import HubTurns
from linkarchive.settings import NetworkSettings
from linkarchive.store import hub_turns
from linkarchive.store.hub_ranges import Taken
from linkarchive.web.shared_pacing import SharedPacing

HOST = "www.target.example"
SLOT = slot_of_host(HOST)
DELAY = 0.2
NETWORK = NetworkSettings(host_delay=DELAY, domain_delay=0.05)
OWNER = Taken(0, SLOT, SLOT, 1, 0.0)
OTHER = Taken(1, SLOT + 1, SLOT + 1, 1, 0.0)


@pytest.fixture
def worker_of(hub_project: Callable[[str], Any]) -> Iterator[Callable[[Taken], SharedPacing[str]]]:
    """How a worker that has a range paces what it visits."""
    database = hub_project("politics").environ["ARCHIVE_HUB_DATABASE"]
    with ExitStack() as stack:

        def pacing(taken: Taken) -> SharedPacing[str]:
            turns = HubTurns(stack.enter_context(hub_turns.open_turns(database)), taken, NETWORK)
            paced: Any = turns.paces.pacing(NETWORK)
            return paced

        yield pacing


def starts(*workers: SharedPacing[str], most: int) -> list[float]:
    """When they began what waits on the host, as soon as they might."""
    times: list[float] = []
    while len(times) < most:
        for worker in workers:
            while worker.take(time.monotonic()) is not None:
                times.append(time.monotonic())
                worker.done(HOST)
                worker.note(HOST, failed=False, throttled=False)
        time.sleep(0.005)
    return times


def test_an_owner_takes_turns_with_those_who_come_to_its_domain(
    worker_of: Callable[[Taken], SharedPacing[str]],
) -> None:
    owner, other = worker_of(OWNER), worker_of(OTHER)
    begin = time.monotonic()
    for number in range(16):
        owner.put(HOST, f"own {number}")
    [first] = starts(owner, most=1)
    for number in range(4):
        other.put(HOST, f"other {number}")
    times = [first, *starts(owner, other, most=19)]
    # A machine that is slow makes them later, and never sooner.
    assert [time - begin - place * DELAY for place, time in enumerate(times) if time < begin + place * DELAY] == []


def test_a_host_that_asks_to_wait_is_left_alone_by_all(worker_of: Callable[[Taken], SharedPacing[str]]) -> None:
    one, other = worker_of(OTHER), worker_of(Taken(2, SLOT + 2, SLOT + 2, 1, 0.0))
    one.put(HOST, "one")
    while one.take(time.monotonic()) is None:
        time.sleep(0.005)
    begin = time.monotonic()
    one.done(HOST)
    one.note(HOST, failed=False, throttled=True, wait=1.5)
    other.put(HOST, "other")
    assert starts(other, most=1)[0] >= begin + 1.5


def test_several_turns_on_a_name_are_as_far_apart_as_it_says(hub_project: Callable[[str], Any]) -> None:
    database = hub_project("politics").environ["ARCHIVE_HUB_DATABASE"]
    with hub_turns.open_turns(database) as store, hub_turns.open_turns(database) as others:
        assert hub_turns.take(store, {"a": 900.0, "*.a": 300.0}) == 0
        assert 300 < hub_turns.take(others, {"a": 1.0}) <= 900
        assert 0 < hub_turns.take(others, {"b": 1.0, "*.a": 1.0}) <= 300
        assert hub_turns.take(others, {"b": 1.0}) == 0, "what could not be had whole was not taken in part"


def test_a_host_that_wants_its_parts_asked_for_more_slowly_is_left_alone_with_pages_too(
    hub_project: Callable[[str], Any],
) -> None:
    database = hub_project("politics").environ["ARCHIVE_HUB_DATABASE"]
    with hub_turns.open_turns(database) as store, hub_turns.open_turns(database) as others:
        parts, pages = PartTurns(store, NETWORK), HubTurns(others, OTHER, NETWORK)
        assert parts.take("cdn.example") == 0
        assert 0 < parts.take("cdn.example") <= 0.1 * DELAY
        parts.slow_down("cdn.example", wait=30.0)
        assert parts.take("cdn.example") > 20
        pages.take("cdn.example")  # makes its domain a shared one
        assert pages.take("cdn.example") > 20
        assert parts.take("other.example") == 0
