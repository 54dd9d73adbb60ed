"""Several processes ask a host, and a registered domain, no faster than one would. Times are seconds of no clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from linkarchive.settings import NetworkSettings
from linkarchive.web.pacing import Paces, paced_as
from linkarchive.web.shared_pacing import HostPace, SharedPacing, TurnKeeper

NETWORK = NetworkSettings(per_host=2, host_delay=1.0, domain_delay=0.25)


@dataclass(eq=False)
class Process:
    """One process, whose messages arrive at once."""

    number: int
    domains: set[str]
    others: dict[int, Process]
    keeper: TurnKeeper
    paces: Paces = field(default_factory=Paces)
    turns: deque[str] = field(default_factory=deque)
    pacing: SharedPacing[str] | None = None
    fd: int = -1

    def __post_init__(self) -> None:
        SharedPacing[str](NETWORK, self.paces, self)

    def attach(self, pacing: SharedPacing[Any]) -> None:
        self.pacing = pacing

    def is_mine(self, host: str) -> bool:
        return paced_as(host, NETWORK) in self.domains

    def ask(self, host: str) -> None:
        wish = self.keeper.ask(self.number, host)
        if wish is not None:
            owner, domain = wish
            self.others[owner].share(domain)

    def share(self, domain: str) -> None:
        assert self.pacing is not None
        self.domains.discard(domain)
        paces, waiting = self.pacing.give_up(domain)
        self.keeper.share(domain, paces, self.paces.domains.get(domain, 0.0))
        for host, item in waiting:
            self.pacing.put(host, item)

    def granted(self) -> str | None:
        return self.turns.popleft() if self.turns else None

    def next_time(self) -> None:
        pass

    def done(self, host: str, failed: bool, throttled: bool, wait: float = 0.0) -> None:
        self.keeper.done(self.number, host, failed, throttled)


def processes(*domains: set[str]) -> tuple[TurnKeeper, list[Process]]:
    owners = {domain: number for number, mine in enumerate(domains) for domain in mine}
    keeper = TurnKeeper(NETWORK, Paces(), owners)
    others: dict[int, Process] = {}
    for number, mine in enumerate(domains):
        others[number] = Process(number, set(mine), others, keeper)
    return keeper, list(others.values())


def run(keeper: TurnKeeper, people: list[Process], wanted: list[tuple[int, str]], lasts: float) -> list[Any]:
    """Start what is wanted (process, host) as soon as it may be; (time, host) of the starts. Each lasts so long."""
    starts: list[tuple[float, str]] = []
    under_way: list[tuple[float, Process, str]] = []
    for number, host in wanted:
        pacing = people[number].pacing
        assert pacing is not None
        pacing.put(host, host)
    for step in range(4000):
        now = step / 20
        for end, process, host in [visit for visit in under_way if visit[0] <= now]:
            under_way.remove((end, process, host))
            assert process.pacing is not None
            process.pacing.done(host)
            process.pacing.note(host, failed=False, throttled=False)
        while (turn := keeper.take(now)) is not None:
            people[turn[0]].turns.append(turn[1])
        for process in people:
            assert process.pacing is not None
            while (item := process.pacing.take(now)) is not None:
                starts.append((now, item))
                under_way.append((now + lasts, process, item))
        if len(starts) == len(wanted) and not under_way:
            return starts
    raise AssertionError(f"{len(starts)} of {len(wanted)} began")


@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from(["a.example.org", "b.example.org", "example.com", "example.net"])),
        min_size=1,
        max_size=25,
    ),
    st.sampled_from([0.1, 0.7, 2.5]),
)
def test_starts_are_as_far_apart_as_those_of_one_process(wanted: list[tuple[int, str]], lasts: float) -> None:
    keeper, people = processes({"example.org"}, {"example.com"})
    starts = run(keeper, people, wanted, lasts)
    for host in {host for _, host in starts}:
        times = sorted(time for time, other in starts if other == host)
        assert all(after - before >= NETWORK.host_delay - 1e-9 for before, after in pairwise(times))
        for time in times:
            assert sum(other <= time < other + lasts for other in times) <= NETWORK.per_host
    domain = sorted(time for time, host in starts if host.endswith("example.org"))
    assert all(after - before >= NETWORK.domain_delay - 1e-9 for before, after in pairwise(domain))


def test_what_a_process_asks_alone_goes_by_no_keeper() -> None:
    keeper, people = processes({"example.org"}, {"example.com"})
    assert len(run(keeper, people, [(0, "example.org"), (1, "example.com")], 0.1)) == 2
    assert keeper.next_time() is None


def test_a_host_that_asked_one_process_to_slow_down_is_asked_slowly_by_the_other() -> None:
    keeper, _ = processes({"example.org"}, set())
    keeper.ask(1, "example.org")
    keeper.share("example.org", [HostPace("example.org", 9.0, 5.0, 1, 1)], 0.0)
    assert keeper.take(20.0) is None, "one visit is under way, and one at a time is let in"
    keeper.done(0, "example.org", failed=False, throttled=False)
    assert keeper.take(8.9) is None
    assert keeper.take(9.1) == (1, "example.org")


def test_the_turns_of_a_process_that_ended_are_free() -> None:
    keeper, _ = processes({"example.org"}, set(), set())
    keeper.ask(1, "example.com")
    assert keeper.take(0.0) == (1, "example.com")
    keeper.ask(1, "example.org")
    keeper.forget(0)
    assert keeper.take(0.0) == (1, "example.org"), "nobody shares it any more, but it is nobody's own either"
    keeper.forget(1)
    for _ in range(3):
        keeper.ask(2, "example.com")
    assert [keeper.take(10.0), keeper.take(20.0), keeper.take(30.0)][:2] == [(2, "example.com")] * 2


def test_a_turn_that_nobody_wants_any_more_is_given_back() -> None:
    keeper, people = processes(set(), set())
    pacing = people[0].pacing
    assert pacing is not None
    pacing.put("example.com", "visit")
    assert pacing.clear() == ["visit"]
    turn = keeper.take(0.0)
    assert turn == (0, "example.com")
    people[0].turns.append("example.com")
    assert pacing.take(0.0) is None
    keeper.ask(1, "example.com")
    keeper.ask(1, "example.com")
    assert [keeper.take(2.0), keeper.take(4.0)] == [(1, "example.com")] * 2


def test_turns_that_a_busy_process_comes_to_late_are_no_burst() -> None:
    keeper, people = processes({"example.org"}, {"example.com"})
    pacing = people[1].pacing
    assert pacing is not None
    for host in "abcdef":
        pacing.put(f"{host}.example.org", host)
    for step in range(60):
        while (turn := keeper.take(step / 20)) is not None:
            people[turn[0]].turns.append(turn[1])
    assert pacing.take(3.0) == "a"
    assert pacing.take(3.0) is None
    assert pacing.next_time() == 3.25


def test_visits_under_way_when_a_domain_becomes_a_shared_one_still_count() -> None:
    _, people = processes({"example.org"}, set())
    owner = people[0].pacing
    assert owner is not None
    for number in range(3):
        owner.put("example.org", f"page {number}")
    assert owner.take(0.0) == "page 0"
    people[0].share("example.org")
    people[0].turns.extend(["example.org"] * 2)
    assert owner.take(2.0) == "page 1"
    assert owner.take(4.0) is None, "two are under way"
    owner.done("example.org")
    assert owner.take(4.0) == "page 2"


def test_what_a_process_asked_for_in_a_pass_that_ended_is_free() -> None:
    keeper, people = processes({"example.org"}, {"example.com"})
    owner, other = people[0].pacing, people[1].pacing
    assert owner is not None
    assert other is not None
    for number in range(4):
        owner.put("example.org", f"page {number}")
    assert owner.take(0.0) == "page 0"
    for number in range(2):
        other.put("example.org", f"redirect {number}")
    owner.done("example.org")
    owner.note("example.org", failed=False, throttled=False)
    owner.clear()
    keeper.release(0)
    seconds = iter(range(1, 20))
    for redirect in ("redirect 0", "redirect 1"):
        started = None
        while started is None:
            now = float(next(seconds))
            while (turn := keeper.take(now)) is not None:
                people[turn[0]].turns.append(turn[1])
            started = other.take(now)
        assert started == redirect
        other.done("example.org")
        other.note("example.org", failed=False, throttled=False)
