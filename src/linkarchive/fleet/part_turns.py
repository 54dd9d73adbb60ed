"""Turns for what pages need to be shown, and for whatever a browser asks for: taken on all hosts, whosever range they
are in, since pages everywhere have parts on the same ones.

All workers together ask a host for parts ten times as often as for pages, at most.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import TypeVar

from linkarchive.browser.upstream import ClosedError
from linkarchive.errors import StorageError
from linkarchive.fleet.host_turns import HostTurns, put_off
from linkarchive.settings import NetworkSettings
from linkarchive.store import hub_turns
from linkarchive.store.database import Store
from linkarchive.web.pacing import SLOWEST

Answer = TypeVar("Answer")

SHARE = 0.1
"""Of the time between two pages of a host, which is between two parts."""


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
        self._gaps[host] = min(2 * max(self.gap(host), SHARE * self.network.retry_wait), SLOWEST)
        put_off(self.store, host, max(self._gaps[host], min(wait, self.network.retry_after_cap)))


class BrowserTurns:
    """The turns of a browser (`browser.upstream.Turns`), which asks in several threads, until `close`."""

    def __init__(self, database: str, network: NetworkSettings) -> None:
        self._stack = ExitStack()
        self._turns = PartTurns(self._stack.enter_context(hub_turns.open_turns(database)), network)
        self._lock = threading.Lock()
        self._is_closed = False
        self.error: StorageError | None = None
        """Why the database gives no turns any more; for the worker's thread to raise."""

    def take(self, host: str) -> float:
        wait = self._asked(partial(self._turns.take, host))
        if wait is None:
            raise ClosedError
        return wait

    def slow_down(self, host: str, wait: float) -> None:
        self._asked(partial(self._turns.slow_down, host, wait))

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            self._stack.close()

    def _asked(self, ask: Callable[[], Answer]) -> Answer | None:
        """What the database answers; None where it does not, or not any more."""
        with self._lock:
            if self._is_closed or self.error is not None:
                return None
            try:
                return ask()
            except StorageError as error:
                self.error = error
                return None
