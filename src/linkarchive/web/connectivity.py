"""Is anyone there? Asked of well-known hosts when those of a run are silent or answer alike: it may be our network."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

from msgspec.structs import replace

from linkarchive.clock import Clock
from linkarchive.model import Page
from linkarchive.settings import NetworkSettings
from linkarchive.web.exchange import Visit, VisitRequest
from linkarchive.web.network import Alike, Hosts, LastAnswer, Trouble, answer_of
from linkarchive.web.page import limit_of, page_of
from linkarchive.web.scheduler import fetch_all

ENOUGH_FAILURES = 20
_PATIENCE = 5.0
"""Seconds for a test host to answer."""


def is_online(network: NetworkSettings, clock: Clock) -> bool:
    """Whether a test host gave an HTTP answer, of any status, within a few seconds."""
    heard = False
    with closing(_ask_canaries(network, clock)) as visits:
        for visit in visits:
            heard = heard or bool(visit.exchanges)
            visit.close()
            if heard:
                break
    return heard


class OwnNetwork:
    """Tells trouble of our own network from that of the web, by what the hosts of a run answer."""

    def __init__(self, network: NetworkSettings, clock: Clock) -> None:
        self._settings = network
        self._clock = clock
        self.hosts = Hosts()
        self._failures = 0
        self.is_silent = False
        """Neither hosts nor canaries answer."""

    def saw(self, url: str, visit: Visit, page: Page, before: LastAnswer) -> None:
        """Take note of a visit, and of how its page answered before."""
        self.hosts.saw(url, visit, page, before)

    def failed(self) -> None:
        """After some failures and nothing else, ask once whether we are offline: thousands more would tell no more."""
        self._failures += 1
        if self._failures == ENOUGH_FAILURES and not self.hosts.up:
            self.is_silent = not is_online(self._settings, self._clock)

    def trouble(self) -> Trouble | None:
        """What is wrong with our own network; None when nothing is. The canaries are asked only when it matters."""
        return self.hosts.diagnosis(self._canaries)

    def _canaries(self) -> list[Alike | None]:
        """What each test host that is not silent answers."""
        answers: list[Alike | None] = []
        for visit in () if self.is_silent else _ask_canaries(self._settings, self._clock):
            if visit.connected:
                page = page_of(visit, limit_of(visit, self._settings))
                answers.append(answer_of(visit.request.url, visit, page, None))
            visit.close()
        return answers


def _ask_canaries(network: NetworkSettings, clock: Clock) -> Generator[Visit]:
    """A visit of each test host, of a few seconds at most; the caller closes them."""
    hasty = replace(network, timeout=min(network.timeout, _PATIENCE), retries=0, obey_robots=False, max_body=65536)
    with closing(fetch_all((VisitRequest(url) for url in network.canaries), hasty, clock)) as visits:
        yield from visits
