"""Is anyone there? Asked of well-known hosts when those of a run are silent or answer alike: it may be our network."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace

from linkarchive.clock import Clock
from linkarchive.settings import NetworkSettings
from linkarchive.web.exchange import Visit, VisitRequest
from linkarchive.web.network import Alike, Hosts, Trouble, answer_of
from linkarchive.web.page import limit_of, page_of
from linkarchive.web.scheduler import fetch_all

_PATIENCE = 5.0


def is_online(network: NetworkSettings, clock: Clock) -> bool:
    """Some canary gave an HTTP answer, of whatever status, within a few seconds."""
    heard = False
    with closing(_ask_canaries(network, clock)) as visits:
        for visit in visits:
            heard = heard or bool(visit.exchanges)
            visit.close()
            if heard:
                break
    return heard


def network_trouble(hosts: Hosts, network: NetworkSettings, clock: Clock, canaries_are_silent: bool) -> Trouble | None:
    """What is wrong with our own network, by what the hosts of a run answered; None when nothing is.

    The canaries are asked only when it matters, and not where they are known to be silent.
    """

    def answers() -> list[Alike | None]:
        heard: list[Alike | None] = []
        for visit in () if canaries_are_silent else _ask_canaries(network, clock):
            if visit.connected:
                heard.append(answer_of(visit.request.url, visit, page_of(visit, limit_of(visit, network)), None))
            visit.close()
        return heard

    return hosts.diagnosis(answers)


def _ask_canaries(network: NetworkSettings, clock: Clock) -> Generator[Visit]:
    """A visit of each canary, of a few seconds at most; close each."""
    hasty = replace(network, timeout=min(network.timeout, _PATIENCE), retries=0, obey_robots=False, max_body=65536)
    with closing(fetch_all((VisitRequest(url) for url in network.canaries), hasty, clock)) as visits:
        yield from visits
