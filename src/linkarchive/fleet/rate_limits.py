"""How often web archives may be asked: all workers of a hub together ask no faster than one run would."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from linkarchive.fleet.workplace import Workplace
from linkarchive.store import hub_archives, hub_turns
from linkarchive.store.database import Store
from linkarchive.wayback.answers import ArchiveTroubleError, Why
from linkarchive.wayback.session import WINDOW, RateLimit, RateLimits

_LOOK_UP = 2.0
"""Seconds between two looks whether an archive was closed, while a request waits for its turn."""


@dataclass(slots=True)
class HubRateLimits(RateLimits):
    """The limits of archives, which hold for all workers."""

    store: Store = field(kw_only=True)
    database: threading.Lock = field(default_factory=threading.Lock)
    """For whoever uses the store: archives are asked by several threads."""

    def limited(self, gate: RateLimit) -> RateLimit:
        return HubRateLimit(gate.name, gate.host, gate.per_minute, limits=self)


@dataclass(slots=True)
class HubRateLimit(RateLimit):
    """One endpoint, as the hub limits it."""

    limits: HubRateLimits = field(kw_only=True)

    def acquire(self, now: float) -> float:
        with self.limits.database:
            why = hub_archives.why_closed(self.limits.store, self.host.name)
            if why is not None:
                self.closed = self.closed or ArchiveTroubleError(Why.RATE_LIMITED, why)
            if self.stopped is not None or not self.per_minute:
                return 0.0
            wait = hub_turns.take(self.limits.store, {f"archive {self.name}": WINDOW / max(1.0, self.per_minute)})
            return min(wait, _LOOK_UP)

    def close(self, error: ArchiveTroubleError, wait: float | None) -> None:
        RateLimit.close(self, error, wait)
        if error.unknown.why is Why.RATE_LIMITED:
            with self.limits.database:
                hub_archives.close(self.limits.store, self.host.name, error.unknown.detail, wait)


@contextmanager
def rate_limits(place: Workplace) -> Iterator[HubRateLimits]:
    """On a connection of their own."""
    with hub_turns.open_turns(place.settings.hub.database) as store:
        yield HubRateLimits(store=store)
