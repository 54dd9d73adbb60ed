"""Turns on hosts that several workers ask, each with its own gap between two starts."""

from __future__ import annotations

import heapq
import time
from collections import Counter

from linkarchive.settings import NetworkSettings
from linkarchive.store import hub_turns
from linkarchive.store.database import Store
from linkarchive.web.pacing import Item
from linkarchive.web.shared_pacing import SharedPacing


class HostTurns:
    """Turns on hosts, of which each may have some at a time (`web.shared_pacing.Turns`). Raises StorageError."""

    fd = None

    def __init__(self, store: Store, network: NetworkSettings) -> None:
        self.store = store
        self.network = network
        self._asked: Counter[str] = Counter()
        self._out: Counter[str] = Counter()
        """Turns that were given and are not over, by host."""
        self._due: list[tuple[float, str]] = []
        """When to try for a turn on each host that is asked for and may have one more."""
        self._queued: set[str] = set()

    def attach(self, pacing: SharedPacing[Item]) -> None:
        self._asked.clear()
        self._out.clear()
        self._due, self._queued = [], set()

    def is_mine(self, host: str) -> bool:
        return False

    def ask(self, host: str) -> None:
        self._asked[host] += 1
        self._queue(host, 0.0)

    def granted(self) -> str | None:
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            _, host = heapq.heappop(self._due)
            self._queued.discard(host)
            if not self._asked[host]:
                continue
            wait = self.take(host)
            if wait > 0:
                self._queue(host, time.monotonic() + wait)
                continue
            self._asked[host] -= 1
            self._out[host] += 1
            self._queue(host, time.monotonic() + self.gap(host))
            return host
        return None

    def next_time(self) -> float | None:
        return self._due[0][0] if self._due else None

    def done(self, host: str, failed: bool, throttled: bool, wait: float = 0.0) -> None:
        self._out[host] -= 1
        if throttled:
            self.slow_down(host, wait)
        self._queue(host, 0.0)

    def take(self, host: str) -> float:
        """Take a turn: 0.0, or the seconds until there may be one."""
        raise NotImplementedError

    def gap(self, host: str) -> float:
        """Seconds between two starts on a host."""
        raise NotImplementedError

    def slow_down(self, host: str, wait: float) -> None:
        """The host asked us to, and to wait so many seconds."""
        raise NotImplementedError

    def _queue(self, host: str, when: float) -> None:
        if self._asked[host] and host not in self._queued and self._out[host] < max(1, self.network.per_host):
            self._queued.add(host)
            heapq.heappush(self._due, (when, host))


def put_off(store: Store, host: str, seconds: float) -> None:
    """Nobody asks the host for anything before so many seconds have passed."""
    hub_turns.put_off(store, {host: seconds, hub_turns.name_for_parts(host): seconds})
