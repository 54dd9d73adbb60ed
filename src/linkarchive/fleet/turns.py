"""Politeness of a fleet: a worker paces the domains of its range by itself, and takes turns with all others elsewhere.

Whoever first asks for a host of another range makes its domain a shared one for a day: from then on the worker of that
range takes turns on it as well.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from msgspec.structs import replace

from linkarchive.fleet.host_turns import HostTurns, put_off
from linkarchive.fleet.pages import slot_of_host
from linkarchive.fleet.part_turns import PartTurns
from linkarchive.settings import NetworkSettings, Settings
from linkarchive.store import hub_turns
from linkarchive.store.database import Store
from linkarchive.store.hub_ranges import Taken
from linkarchive.web.pacing import Item, Paces, Pacing, paced_as, slower
from linkarchive.web.shared_pacing import SharedPaces, SharedPacing

_LOOK_UP = 1.0
"""Seconds for which an owner may go on as it knows its domains."""
_UNTIL_KNOWN = 2.0
"""Seconds from making a domain a shared one to the first turn on it: by then its owner knows."""
_SAY_AGAIN = 3600.0
"""Seconds after which it is said again that a domain is a shared one."""


class RangePaces(Paces, kw_only=True):
    """The paces of a job: of the hosts of its range; on all others it takes turns."""

    turns: HubTurns

    def pacing(self, network: NetworkSettings) -> Pacing[Item]:
        return SharedPacing(network, self, self.turns)

    def of_parts(self, network: NetworkSettings, delay: float) -> Paces:
        slow = {host: pace[1] for host, pace in self._slower_than(delay).items()}
        slow |= {host: gap for host, gap in self.turns.slow.items() if gap > delay}
        own = replace(self.turns.network, per_host=network.per_host)
        return SharedPaces(turns=PartTurns(self.turns.store, own, slow))


class HubTurns(HostTurns):
    """The turns of the worker of a range, which has those hosts of it for itself that nobody else asks."""

    def __init__(self, store: Store, taken: Taken, network: NetworkSettings) -> None:
        super().__init__(store, network)
        self._taken = taken
        self._domain_gap = min(network.domain_delay, network.host_delay)
        self.paces = RangePaces(turns=self)
        self._pacing: SharedPacing[Any] | None = None
        self._shared: set[str] = set()
        """Domains of the range that others ask as well."""
        self._looked_up: float | None = None
        self._mine: dict[str, bool] = {}
        self._said: dict[str, float] = {}
        """When we said of a domain of another range that it is a shared one."""
        self.slow: dict[str, float] = {}
        """Seconds between two starts on a host that asked us to slow down."""

    def attach(self, pacing: SharedPacing[Item]) -> None:
        super().attach(pacing)
        self._pacing = pacing
        self._shared.clear()  # what is no more a shared one is ours again
        self._mine.clear()
        self._looked_up = None

    def is_mine(self, host: str) -> bool:
        known = self._mine.get(host)
        if known is None:
            is_of_range = self._taken.first_slot <= slot_of_host(host) <= self._taken.last_slot
            known = self._mine[host] = is_of_range and self._domain(host) not in self._shared
        return known

    def granted(self) -> str | None:
        now = time.monotonic()
        if self._looked_up is None or now - self._looked_up >= _LOOK_UP:
            self._looked_up = now
            self._learn()
        return super().granted()

    def take(self, host: str) -> float:
        domain, now = self._domain(host), time.monotonic()
        if now - self._said.get(domain, -_SAY_AGAIN) >= _SAY_AGAIN:
            self._said[domain] = now
            slowest = max(self.network.host_delay, self._domain_gap)
            hub_turns.share(self.store, domain, slot_of_host(host), _UNTIL_KNOWN + slowest)
        return hub_turns.take(self.store, {host: self.gap(host), domain: self._domain_gap})

    def gap(self, host: str) -> float:
        return self.slow.get(host, self.network.host_delay)

    def slow_down(self, host: str, wait: float) -> None:
        self.slow[host] = slower(self.gap(host), self.network)
        put_off(self.store, host, max(self.slow[host], min(wait, self.network.retry_after_cap)))

    def _domain(self, host: str) -> str:
        """The name of what the host shares its pace with."""
        return f"*.{paced_as(host, self.network)}"

    def _learn(self) -> None:
        """Which domains of the range are shared ones by now: they are ours alone no more."""
        domains = hub_turns.shared(self.store, self._taken.first_slot, self._taken.last_slot) - self._shared
        self._shared |= domains
        if domains:
            self._mine.clear()
        for domain in domains:
            self._give_up(domain)

    def _give_up(self, domain: str) -> None:
        """Tell how we have asked it until now, and wait for turns from now on."""
        now, pacing = time.monotonic(), self._pacing
        paces, waiting = pacing.give_up(domain.removeprefix("*.")) if pacing is not None else ([], [])
        waits = {domain: self.paces.domains.get(domain.removeprefix("*."), 0.0) - now}
        known = {host: (pace[0], pace[1]) for host, pace in self.paces.hosts.items() if self._domain(host) == domain}
        for host, (next_start, delay) in (known | {pace.host: (pace.next_start, pace.delay) for pace in paces}).items():
            waits[host] = next_start - now
            self.slow[host] = max(delay, self.gap(host))
        for pace in paces:
            self._out[pace.host] += pace.in_flight
        hub_turns.put_off(self.store, {name: wait for name, wait in waits.items() if wait > 0})
        for host, item in waiting:
            if pacing is not None:
                pacing.put(host, item)


@contextmanager
def taking_turns(settings: Settings, taken: Taken) -> Iterator[RangePaces]:
    """The paces of a job, on a connection of their own."""
    with hub_turns.open_turns(settings.hub.database) as store:
        yield HubTurns(store, taken, settings.network).paces
