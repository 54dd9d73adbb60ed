"""The time left that a run tells: honest within a factor of two after a quarter of it."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

import pytest

from linkarchive.cli.progress import TimeLeft, spoken


def visits(hosts: dict[str, tuple[int, float]]) -> Iterator[tuple[float, str]]:
    """When each source of the hosts is done, each host at its own pace, in order."""
    waiting: list[tuple[float, str, int]] = []
    for host, (_, pace) in hosts.items():
        heappush(waiting, (pace, host, 1))
    while waiting:
        time, host, number = heappop(waiting)
        yield time, host
        if number < hosts[host][0]:
            heappush(waiting, (time + hosts[host][1], host, number + 1))


@pytest.mark.parametrize(
    "hosts",
    [
        {"a.example": (100, 0.5)},
        {f"h{n}.example": (1, 0.1 * n) for n in range(1, 200)},
        {"slow.example": (60, 2.0), **{f"h{n}.example": (2, 0.3) for n in range(100)}},
        {"large.example": (300, 0.5), "small.example": (40, 0.5)},
    ],
)
def test_the_time_left_is_honest_within_a_factor_of_two(hosts: dict[str, tuple[int, float]]) -> None:
    done = list(visits(hosts))
    end = done[-1][0]
    left = TimeLeft({host: number for host, (number, _) in hosts.items()})
    for time, host in done:
        left.add(host)
        if end / 4 <= time <= end * 0.9:
            seconds = left.seconds(time)
            assert seconds is not None
            assert (end - time) / 2 <= seconds <= (end - time) * 2, (time, seconds)


def test_nothing_is_said_before_anything_is_done() -> None:
    assert TimeLeft({"a.example": 3}).seconds(10.0) is None
    assert [spoken(seconds) for seconds in (None, 1.0, 42.0, 300.0, 9000.0)] == [
        "", "about 5 s left", "about 40 s left", "about 5 min left", "about 2.5 h left",
    ]  # fmt: skip
