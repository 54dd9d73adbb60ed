"""Looks for the new addresses of what is dead: visits what the searches want, judges what they find."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from msgspec.structs import replace

from linkarchive.clock import Clock
from linkarchive.model import Case, Page
from linkarchive.relocate.dead_page import DeadPage
from linkarchive.relocate.past import Stored, searches_for
from linkarchive.relocate.search import SiteSearch
from linkarchive.settings import Settings
from linkarchive.sites import is_excluded, rule_for
from linkarchive.store.database import Store
from linkarchive.store.lookups import MOVED, LookupAnswer, found_address
from linkarchive.web.exchange import VisitRequest
from linkarchive.web.pacing import Paces
from linkarchive.web.page import page_of
from linkarchive.web.robots import Rules
from linkarchive.web.scheduler import fetch_all

SAME_PAGE = 0.65
"""Share of the baseline that must stand on a page for its address to be suggested."""
_MOST_ROUNDS = 60
_BESIDE = 2_000
"""Bytes that a page takes beside its body."""
_MOST_SITEMAPS = 100
"""Sitemaps of a host that its robots.txt may name."""


@dataclass(slots=True)
class SeenSites:
    """What searches have seen of sites, for those that follow soon."""

    most: int = 0
    """Bytes of pages that are kept."""
    rules: dict[str, Rules] = field(default_factory=dict)
    """Of robots.txt, by origin."""
    _pages: dict[str, Page] = field(default_factory=dict)
    """By the address that was visited."""
    _size: int = 0

    def page(self, address: str) -> Page | None:
        return self._pages.get(address)

    def keep(self, address: str, page: Page) -> None:
        """Keep a page that was answered for good; the oldest ones go when there are too many bytes of them."""
        if address in self._pages or page.status is None or page.status == 429 or page.status >= 500:
            return
        self._pages[address] = page
        self._size += _size(page)
        while self._size > self.most:
            oldest = next(iter(self._pages))
            self._size -= _size(self._pages.pop(oldest))


@dataclass(slots=True)
class Relocation:
    """One search for all that is dead, site by site."""

    store: Store
    run: int
    stored: Stored
    settings: Settings
    clock: Clock
    stop: Callable[[], bool]
    address: Callable[[str], str]
    """What is visited for a URL (`[network] remap`)."""
    paces: Paces
    contained: Callable[[str], AbstractContextManager[None]]
    """Around what is done with the page at an address: a bug in it costs that page."""
    seen: SeenSites = field(default_factory=SeenSites)

    def search(
        self,
        lost: Sequence[int],
        urls: Mapping[int, str],
        named: Mapping[int, Sequence[str]],
        archived: Sequence[Page],
        before_visits: Callable[[], None],
    ) -> dict[int, LookupAnswer]:
        """Look for the pages of the dead and replaced among the `lost` sources; the answer to `MOVED` for each that was
        looked for.

        `urls` are all sources of the run by their numbers: the others tell where pages of their sites have gone.
        `named` are the addresses that others name for a source, `archived` copies of pages that may have
        linked to them. `before_visits` is called when the store has been read.
        """
        searches = searches_for(self.store, self.run, self.stored, lost, urls, named, archived)
        before_visits()
        for _ in range(_MOST_ROUNDS):
            searches_by_url: dict[str, list[SiteSearch]] = {}
            for search in searches:
                for url in search.wanted():
                    searches_by_url.setdefault(url, []).append(search)
            if not searches_by_url or self.stop():
                break
            self._visit(searches_by_url)
        now = self.clock.now()
        answers: dict[int, LookupAnswer] = {}
        if not self.stop():
            nowhere = LookupAnswer(MOVED, "none", None, None, now)
            answers = {number: nowhere for search in searches if search.has_answered for number in search.dead}
        addresses = [page for search in searches for page in search.results()]
        return answers | {page.number: found_address(page.url, page.how, page.confidence, now) for page in addresses}

    def _visit(self, searches_by_url: Mapping[str, Sequence[SiteSearch]]) -> None:
        """Visit each address once, for all searches that want it."""
        network = replace(self.settings.network, obey_robots=True, retries=0)
        sites = self.settings.sites
        by_address: dict[str, list[str]] = {}
        for url in searches_by_url:
            if not self._is_closed(url):
                by_address.setdefault(self.address(url), []).append(url)

        def show(address: str, page: Page) -> None:
            for url in by_address[address]:
                seen = replace(page, final_url=url) if page.final_url == address else page
                for search in searches_by_url[url]:
                    self._take(search, url, seen)

        with_headers = {address for address in by_address if (rule := rule_for(address, sites)) and rule.headers}
        known = {
            address: page
            for address in by_address
            if address not in with_headers and (page := self.seen.page(address)) is not None
        }
        for address, page in known.items():
            show(address, page)
        requests = (VisitRequest(address) for address in by_address if address not in known)
        rules, paces = self.seen.rules, self.paces
        for visit in fetch_all(requests, network, self.clock, stop=self.stop, sites=sites, rules=rules, paces=paces):
            page = page_of(visit, network.max_body)
            visit.close()
            rules_on_way = (rule_for(exchange.url, sites) for exchange in visit.exchanges)
            if not any(rule.headers for rule in rules_on_way if rule is not None):  # others may not see what they show
                self.seen.keep(visit.request.url, page)
            show(visit.request.url, page)

    def _is_closed(self, url: str) -> bool:
        """The settings say that it is not to be fetched."""
        rule = rule_for(url, self.settings.sites)
        return is_excluded(url, self.settings.check.exclude) or (rule is not None and not rule.fetch)

    def _take(self, search: SiteSearch, url: str, page: Page) -> None:
        match, is_same = None, False
        with self.contained(url):
            match = search.take(url, page)
            is_same = match is not None and self._is_same(search.dead[match.number], match.url, page)
        if match is not None and not is_same:
            search.reject(url, match)
        for host in search.hosts:
            rules = self.seen.rules.get(host.removesuffix("/"))
            search.name_sitemaps(rules.sitemaps[:_MOST_SITEMAPS] if rules is not None else ())

    def _is_same(self, lost: DeadPage, url: str, page: Page) -> bool:
        before = None if lost.baseline is None else self.stored(lost.baseline)
        return before is not None and has_same_substance(before, url, page)


def _size(page: Page) -> int:
    return len(page.body) + _BESIDE


def has_same_substance(before: Page, url: str, page: Page) -> bool:
    """The judge too says that the page at an address is the one of the baseline."""
    from linkarchive.judge.verdict import judge

    judgement = judge(Case("", url, page, before))
    return judgement.verdict.is_alive and (judgement.similarity or 0.0) >= SAME_PAGE
