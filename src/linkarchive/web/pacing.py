"""Politeness: who may be asked when. No I/O and no clock; times are those of `time.monotonic`."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct, field

from linkarchive.settings import NetworkSettings

if TYPE_CHECKING:
    from tldextract import TLDExtract

Item = TypeVar("Item")

SLOWEST = 5.0
"""Seconds between starts on a host that keeps answering 429 or 503."""
_WEARY = 3
"""Failures in a row after which a host's failing visits are not tried again: it is down, not hiccuping."""


class _Host(Struct, Generic[Item]):
    """What is known of the pace of a host."""

    domain: str
    delay: float
    at_once: int
    waiting: deque[Item] = field(default_factory=deque)
    in_flight: int = 0
    next_start: float = 0.0
    queued: bool = False
    slotted: bool = False
    failures: int = 0


class Paces(Struct):
    """What one `fetch_all` leaves for the next: when hosts and domains may be asked again, and how fast."""

    hosts: dict[str, tuple[float, float, int]] = field(default_factory=dict)
    """The next start, the delay between starts, and how many visits at once."""
    domains: dict[str, float] = field(default_factory=dict)

    @property
    def fd(self) -> int | None:
        """Can be read when there is news of turns from another process."""
        return None

    def pacing(self, network: NetworkSettings) -> Pacing[Item]:
        """The queue that goes on with them."""
        return Pacing(network, self)

    def of_parts(self, network: NetworkSettings, delay: float) -> Paces:
        """The paces for what pages need to be shown, which is asked for as `network` says: of the hosts alone that
        asked us to slow down, whose starts are further apart than `delay` seconds."""
        return Paces(self._slower_than(delay))

    def _slower_than(self, delay: float) -> dict[str, tuple[float, float, int]]:
        return {host: pace for host, pace in self.hosts.items() if pace[1] > delay}


class Pacing(Generic[Item]):
    """A queue that gives out what waits for a host when that host, and its registered domain, may be asked.

    At most `per_host` items of a host are out at a time and their starts are `host_delay` apart; starts within a
    registered domain are `domain_delay` apart, but never more than `host_delay`. Every operation is O(log hosts).
    """

    def __init__(self, network: NetworkSettings, paces: Paces | None = None) -> None:
        """`paces`: what is known of hosts before, and told of them in the end (`remember`)."""
        self._network = network
        self._paces = paces or Paces()
        self._domain_delay = min(network.domain_delay, network.host_delay)
        self._hosts: dict[str, _Host[Item]] = {}
        self._domain_free: dict[str, float] = self._paces.domains
        self._due: list[tuple[float, int, _Host[Item]]] = []
        self._order = itertools.count()

    def put(self, host: str, item: Item, first: bool = False) -> None:
        """`first`: before what waits already, so that visits under way end before others begin."""
        entry = self._host(host)
        if first:
            entry.waiting.appendleft(item)
        else:
            entry.waiting.append(item)
        self._queue(entry)

    def take(self, now: float) -> Item | None:
        """The next item whose time has come; `done` must be called for its host afterwards."""
        while self._due and self._due[0][0] <= now:
            _, _, host = heapq.heappop(self._due)
            free = self._domain_free.get(host.domain, 0.0)
            if host.domain and not host.slotted:
                # The domain's next slot is this host's, even if it lies ahead: the host comes back at most once.
                self._domain_free[host.domain] = max(now, free) + self._domain_delay
                if free > now:
                    host.slotted = True
                    heapq.heappush(self._due, (free, next(self._order), host))
                    continue
            host.queued = host.slotted = False
            if not host.waiting:
                continue
            item = host.waiting.popleft()
            host.in_flight += 1
            host.next_start = now + host.delay
            self._queue(host)
            return item
        return None

    def next_time(self) -> float | None:
        """When `take` may give something next; None while everything waits for a `done`."""
        return self._due[0][0] if self._due else None

    def done(self, host: str) -> None:
        entry = self._host(host)
        entry.in_flight -= 1
        self._queue(entry)

    def note(self, host: str, failed: bool, throttled: bool, wait: float = 0.0) -> None:
        """How a request of the host went. Throttling (429, 503) slows the host down for the rest of the run; the `wait`
        (seconds) that came with it is for the visit itself to keep, and for whoever shares the host."""
        entry = self._host(host)
        entry.failures = entry.failures + 1 if failed or throttled else 0
        if throttled:
            entry.at_once = 1
            entry.delay = slower(entry.delay, self._network)

    def is_down(self, host: str) -> bool:
        """Nothing but failures came from the host of late: trying again would only take time."""
        return self._host(host).failures > _WEARY * (1 + self._network.retries)

    def clear(self) -> list[Item]:
        """Forget, and return, everything that waits."""
        return [item for _, item in self.clear_with_hosts()]

    def clear_with_hosts(self) -> list[tuple[str, Item]]:
        """As `clear`, but each entry comes with its host."""
        waiting = [(name, item) for name, host in self._hosts.items() for item in host.waiting]
        for host in self._hosts.values():
            host.waiting.clear()
        return waiting

    def drop(self, unwanted: Callable[[Item], bool]) -> None:
        """Forget some of what waits."""
        for host in self._hosts.values():
            host.waiting = deque(item for item in host.waiting if not unwanted(item))

    def remember(self) -> None:
        """Tell the paces how it ended with each host."""
        self._remember(self._hosts)

    def adopt(self, name: str, next_start: float, delay: float, at_once: int, in_flight: int) -> None:
        """Go on with the pace of a host, and with visits under way, from somebody else."""
        host = self._host(name)
        host.next_start, host.delay = max(host.next_start, next_start), max(host.delay, delay)
        host.at_once, host.in_flight = min(host.at_once, at_once), host.in_flight + in_flight

    def domain_is_free(self, domain: str, time: float) -> None:
        """A domain may not be asked again before that time."""
        self._domain_free[domain] = max(time, self._domain_free.get(domain, 0.0))

    def _remember(self, names: Iterable[str]) -> None:
        hosts = self._hosts
        self._paces.hosts.update(
            {name: (hosts[name].next_start, hosts[name].delay, hosts[name].at_once) for name in names}
        )

    def _host(self, name: str) -> _Host[Item]:
        host = self._hosts.get(name)
        if host is None:
            domain = _registered_domain(name) if self._domain_delay > 0 else ""
            host = self._hosts[name] = _Host(domain, self._network.host_delay, max(1, self._network.per_host))
            if name in self._paces.hosts:
                host.next_start, delay, at_once = self._paces.hosts[name]
                host.delay, host.at_once = max(delay, host.delay), min(at_once, host.at_once)
        return host

    def _queue(self, host: _Host[Item]) -> None:
        if host.waiting and not host.queued and host.in_flight < host.at_once:
            host.queued = True
            heapq.heappush(self._due, (host.next_start, next(self._order), host))


def slower(delay: float, network: NetworkSettings) -> float:
    """The next delay between starts on a host that asked us to slow down."""
    return min(max(2 * delay, network.retry_wait), SLOWEST)


def paced_as(host: str, network: NetworkSettings) -> str:
    """What a host shares its pace with: its registered domain where those have one, else the host alone."""
    return _registered_domain(host) if min(network.domain_delay, network.host_delay) > 0 else host


def _registered_domain(host: str) -> str:
    """The part of a name that somebody registered (public suffix list, ICANN section); else the host itself."""
    if ":" in host or host[-1:].isdigit() or host.count(".") < 2:
        return host
    return _extractor()(host).top_domain_under_public_suffix or host


@cache
def _extractor() -> TLDExtract:
    # Imported late (0.15 s); the bundled list only: nothing is fetched, nothing is cached on disk.
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None)
