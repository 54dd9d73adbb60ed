"""Is anyone there? Asked when no host of a run answers: the web's silence may be our own."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace

from linkarchive.clock import Clock
from linkarchive.settings import NetworkSettings
from linkarchive.web.exchange import Visit, VisitRequest
from linkarchive.web.scheduler import fetch_all

_PATIENCE = 5.0


def is_online(network: NetworkSettings, clock: Clock) -> bool:
    """Some canary gave an HTTP answer, of whatever status, within a few seconds."""
    heard = False
    with closing(ask_canaries(network, clock)) as visits:
        for visit in visits:
            heard = heard or bool(visit.exchanges)
            visit.close()
            if heard:
                break
    return heard


def ask_canaries(network: NetworkSettings, clock: Clock) -> Generator[Visit]:
    """A visit of each canary, of a few seconds at most; close each."""
    hasty = replace(network, timeout=min(network.timeout, _PATIENCE), retries=0, obey_robots=False, max_body=65536)
    with closing(fetch_all((VisitRequest(url) for url in network.canaries), hasty, clock)) as visits:
        yield from visits
