"""Visits that several projects share: a page that some of them cite is visited once, each concludes for itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from linkarchive.check.crawl import Crawler
from linkarchive.check.plan import Job
from linkarchive.clock import Clock
from linkarchive.fleet.judges import SharedJudges
from linkarchive.fleet.shared_visit import shares
from linkarchive.settings import NetworkSettings, SiteSettings
from linkarchive.web.exchange import Visit, VisitRequest
from linkarchive.web.pacing import Paces
from linkarchive.web.scheduler import fetch_all
from linkarchive.wrappers import key_of


@dataclass(frozen=True, slots=True)
class Look:
    """A visit that the crawler of a project wants: of a source, or of a made-up address on a host."""

    crawler: Crawler
    sites: Sequence[SiteSettings]
    request: VisitRequest
    asked: Job | str


class SharedVisits:
    """Makes both passes of several crawlers together."""

    def __init__(
        self,
        crawlers: Sequence[Crawler],
        network: NetworkSettings,
        clock: Clock,
        paces: Paces,
        judges: SharedJudges,
        end_reading: Callable[[], None],
    ) -> None:
        """`end_reading` ends the transaction in which the tables of a project were read."""
        self._crawlers = crawlers
        self._network = network
        self._clock = clock
        self._paces = paces
        self._judges = judges
        self._end_reading = end_reading
        self.visited: defaultdict[Crawler, set[int]] = defaultdict(set)
        """The numbers of the sources that were visited, concluded on or not."""

    def first_pass(self, wanted: Iterable[Look], stop: Callable[[], bool]) -> None:
        """Visit what is wanted of sources, and conclude on it at once where nothing speaks against it."""
        for look, visit in self._visit(wanted, stop):
            if isinstance(look.asked, Job):
                self.visited[look.crawler].add(look.asked.source.id)
                look.crawler.handle(look.asked, visit)
            look.crawler.go_on()
        self._finish_judging()

    def second_pass(self, sites: Callable[[Crawler], Sequence[SiteSettings]], stop: Callable[[], bool]) -> None:
        """Visit again what seems gone, ask made-up addresses, conclude on both."""
        wanted: list[Look] = []
        for crawler in self._crawlers:
            looks = crawler.second_looks()
            wanted += [Look(crawler, sites(crawler), request, asked) for request, asked in looks]
            self._end_reading()
        for look, visit in self._visit(wanted, stop):
            look.crawler.handle_again(look.asked, visit)
        for crawler in self._crawlers:
            crawler.judge_suspects()
            self._end_reading()

    def _finish_judging(self) -> None:
        """What several projects want a browser to look at is known before one of them waits for it."""
        for step in (Crawler.empty_pool, Crawler.finish_judging):
            for crawler in self._crawlers:
                step(crawler)
                self._end_reading()

    def _visit(self, wanted: Iterable[Look], stop: Callable[[], bool]) -> Iterator[tuple[Look, Visit]]:
        """Each visit with those who want it; where rules for sites differ, one after another."""
        by_rules: dict[tuple[SiteSettings, ...], list[Look]] = {}
        for look in wanted:
            by_rules.setdefault(tuple(look.sites), []).append(look)
        for sites, looks in by_rules.items():
            by_key: dict[str, list[Look]] = {}
            for look in looks:
                by_key.setdefault(key_of(look.request.url), []).append(look)
            by_address = {takers[0].request.url: takers for takers in by_key.values()}
            visits = fetch_all(
                (_common([look.request for look in takers]) for takers in by_key.values()),
                self._network,
                self._clock,
                stop=stop,
                sites=sites,
                before_waiting=self._use_the_time,
                paces=self._paces,
            )
            for visit in visits:
                takers = by_address.pop(visit.request.url)
                yield from zip(takers, shares(visit, len(takers)), strict=True)

    def _use_the_time(self) -> bool:
        """Between two looks at the network, when no visit has ended: judge a page, say whether there are more."""
        self._judges.pool.help()
        for crawler in self._crawlers:
            crawler.go_on()
        return self._judges.pool.wants_help


def _common(requests: Sequence[VisitRequest]) -> VisitRequest:
    """One request for all: conditional where all of them have seen the same page."""
    first = requests[0]
    seen = (first.etag, first.last_modified)
    is_same = all((request.etag, request.last_modified) == seen for request in requests)
    return first if is_same else VisitRequest(first.url)
