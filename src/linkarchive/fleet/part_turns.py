"""Turns for what pages need to be shown, and for whatever a browser asks for: taken on all hosts, whosever range they
are in, since pages everywhere have parts on the same ones.

All workers together ask a host for parts ten times as often as for pages, at most.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from linkarchive.browser.upstream import ClosedError
from linkarchive.errors import StorageError
from linkarchive.fleet.host_turns import HostTurns, put_off
from linkarchive.settings import NetworkSettings
from linkarchive.store import hub_turns
from linkarchive.store.database import Store
from linkarchive.web.pacing import Item, Paces, Pacing, slower
from linkarchive.web.shared_pacing import SharedPacing

SHARE = 0.1
"""Of the time between two pages of a host, which is between two parts."""


class PartPaces(Paces, kw_only=True):
    """The paces for what pages need to be shown."""

    turns: PartTurns

    def pacing(self, network: NetworkSettings) -> Pacing[Item]:
        return SharedPacing(network, self, self.turns)


class PartTurns(HostTurns):
    """Such turns of a worker."""

    def __init__(self, store: Store, network: NetworkSettings, slow: Mapping[str, float] | None = None) -> None:
        """`network` is that of pages; `slow` hosts have asked us to slow down, to so many seconds between starts."""
        super().__init__(store, network)
        self._gaps = dict(slow or {})

    def take(self, host: str) -> float:
        return hub_turns.take(self.store, {hub_turns.name_for_parts(host): self.gap(host)})

    def gap(self, host: str) -> float:
        return self._gaps.get(host, SHARE * self.network.host_delay)

    def slow_down(self, host: str, wait: float) -> None:
        self._gaps[host] = slower(self.gap(host), self.network)
        put_off(self.store, host, max(self._gaps[host], min(wait, self.network.retry_after_cap)))


class BrowserTurns:
    """The turns of a browser (`browser.upstream.Turns`), which asks in several threads."""

    def __init__(self, store: Store, network: NetworkSettings) -> None:
        self._turns = PartTurns(store, network)
        self._lock = threading.Lock()

    def take(self, host: str) -> float:
        try:
            with self._lock:
                return self._turns.take(host)
        except StorageError as error:  # the worker meets with it as well, and ends
            raise ClosedError from error

    def slow_down(self, host: str, wait: float) -> None:
        try:
            with self._lock:
                self._turns.slow_down(host, wait)
        except StorageError as error:
            raise ClosedError from error
