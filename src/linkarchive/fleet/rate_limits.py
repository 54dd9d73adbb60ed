"""How often web archives may be asked: all workers of a hub together ask no faster than one run would."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from linkarchive.errors import StorageError
from linkarchive.store import hub_archives, hub_turns
from linkarchive.store.database import Store
from linkarchive.wayback.answers import ArchiveTroubleError, Why
from linkarchive.wayback.session import WINDOW, RateLimit, RateLimits

_LOOK_UP = 2.0
"""Seconds between two looks whether an archive was closed, while a request waits for its turn."""


@dataclass(slots=True)
class HubRateLimits(RateLimits):
    """The limits of archives, which hold for all workers. The connection is opened when one is asked."""

    database: str = field(kw_only=True)
    _stack: ExitStack = field(default_factory=ExitStack, init=False)
    _store: Store | None = field(default=None, init=False)
    _in_use: threading.Lock = field(default_factory=threading.Lock, init=False)
    _is_closed: bool = field(default=False, init=False)

    def limited(self, gate: RateLimit) -> RateLimit:
        return HubRateLimit(gate.name, gate.host, gate.per_minute, limits=self)

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The connection, for one thread at a time. Raises StorageError when it is closed."""
        with self._in_use:
            if self._is_closed:  # a thread that nobody waits for any more
                raise StorageError("the archives are not asked any more")
            if self._store is None:
                self._store = self._stack.enter_context(hub_turns.open_turns(self.database))
            yield self._store

    def close(self) -> None:
        with self._in_use:
            self._is_closed = True
            self._stack.close()


@dataclass(slots=True)
class HubRateLimit(RateLimit):
    """One endpoint, as the hub limits it."""

    limits: HubRateLimits = field(kw_only=True)

    def acquire(self, now: float) -> float:
        with self.limits.store() as store:
            why = hub_archives.why_closed(store, self.host.name)
            if why is not None:
                self.closed = self.closed or ArchiveTroubleError(Why.RATE_LIMITED, why)
            if self.stopped is not None or not self.per_minute:
                return 0.0
            wait = hub_turns.take(store, {f"archive {self.name}": WINDOW / max(1.0, self.per_minute)})
            return min(wait, _LOOK_UP)

    def close(self, error: ArchiveTroubleError, wait: float | None) -> None:
        RateLimit.close(self, error, wait)
        if error.unknown.why is Why.RATE_LIMITED:
            with self.limits.store() as store:
                hub_archives.close(store, self.host.name, error.unknown.detail, wait)
