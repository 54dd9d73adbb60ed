"""Looks for the new addresses of what is dead: visits what the searches of `relocate` want, judges what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from linkarchive.check.assess import stored_page
from linkarchive.check.plan import Job, Policy
from linkarchive.check.record import Recorder
from linkarchive.clock import Clock
from linkarchive.model import Case, Page, Reason, Result, Verdict
from linkarchive.relocate.likeness import text_of
from linkarchive.relocate.rules import Example, Rule, learn
from linkarchive.relocate.search import DeadPage, Found, SiteSearch
from linkarchive.settings import NetworkSettings
from linkarchive.store import lookups, previous, runs, sources
from linkarchive.store.database import Store
from linkarchive.store.lookups import MOVED, LookupAnswer, found_address
from linkarchive.store.previous import AT_ONCE, Previous
from linkarchive.urls import ascii_host, host_of
from linkarchive.web.exchange import VisitRequest
from linkarchive.web.page import page_of
from linkarchive.web.robots import Rules
from linkarchive.web.scheduler import fetch_all

SAME_PAGE = 0.65
"""Share of the baseline that must stand on a page for its address to be suggested."""
_NO_SITE = frozenset({Reason.DNS, Reason.PARKED, Reason.USURPED, Reason.UNREACHABLE_SINCE})
"""Reasons for which there is no site to be searched."""
_MOST_EXAMPLES = 20
"""Known pairs of a site that its rules are learnt from."""
_MOST_ROUNDS = 60


class Relocation:
    """One search for all that is dead, site by site."""

    def __init__(
        self, archive: Path, recorder: Recorder, policy: Policy, clock: Clock, stop: Callable[[], bool]
    ) -> None:
        self._archive = archive
        self._recorder = recorder
        self._policy = policy
        self._clock = clock
        self._stop = stop
        self._network = policy.settings.network
        self._dead: dict[int, Job] = {}
        """What is looked for, by the number of the source."""
        self._rules: dict[str, Rules] = {}

    def search(self, jobs: Iterable[Job], named: Mapping[int, Sequence[str]]) -> list[Job]:
        """Look for the pages of dead and replaced sources; the jobs for which one was found, whose answers are saved.

        `named` are addresses that others name for a source, by its number.
        """
        searches = self._searches(list(jobs), named)
        for _ in range(_MOST_ROUNDS):
            wanted = {url: search for search in searches for url in search.wanted()}
            if not wanted or self._stop():
                break
            self._visit(wanted)
        now = self._clock.now()
        found = {item.number: item for search in searches for item in search.results()}
        for number, job in self._dead.items():
            if number in found:
                item = found[number]
                self._save(job, found_address(item.url, item.how, item.confidence, now))
            elif not self._stop():
                self._save(job, LookupAnswer(MOVED, "none", None, None, now))
        return [self._dead[number] for number in found]

    def _searches(self, jobs: Sequence[Job], named: Mapping[int, Sequence[str]]) -> list[SiteSearch]:
        """A search for each site that has lost pages whose baselines we have."""
        sites: dict[str, dict[int, DeadPage]] = {}
        examples: dict[str, list[Example]] = {}
        jobs = [job for job in jobs if job.skip is None]
        for start in range(0, len(jobs), AT_ONCE):
            batch = jobs[start : start + AT_ONCE]
            numbers = [job.source.id for job in batch]
            known = previous.load(self._recorder.store, numbers, self._recorder.rows.run + 1)
            settled = lookups.settled(self._recorder.store, numbers, self._clock.now())
            for job in batch:
                number, before = job.source.id, known[job.source.id]
                site = urlsplit(job.source.url).netloc
                if len(examples.setdefault(site, [])) < _MOST_EXAMPLES:
                    example = _example(self._archive, job.source.url, before, self._network)
                    examples[site] += [example] if example is not None else []
                others = tuple(named.get(number, ()))
                if (not others and (number, MOVED) in settled) or not _is_lost(before.result, others):
                    continue
                page = _baseline(self._archive, before, self._network)
                text = None if page is None else text_of(page)
                if text is not None and text.is_plenty:
                    sites.setdefault(site, {})[number] = DeadPage(number, job.source.url, text, others)
                    self._dead[number] = job
        return [SiteSearch(pages, examples.get(site, [])) for site, pages in sites.items()]

    def _visit(self, wanted: Mapping[str, SiteSearch]) -> None:
        network = replace(self._policy.settings.network, obey_robots=True, retries=0)
        requests = iter([VisitRequest(url) for url in wanted])
        sites = self._policy.settings.sites
        visits = fetch_all(requests, network, self._clock, stop=self._stop, sites=sites, rules=self._rules)
        for visit in visits:
            page = page_of(visit, network.max_body)
            visit.close()
            search = wanted[visit.request.url]
            found = search.take(visit.request.url, page)
            if found is not None and not self._is_same(self._dead[found.number], found, page):
                search.reject(found)
            for host in search.hosts:
                rules = self._rules.get(host.removesuffix("/"))
                search.name_sitemaps(rules.sitemaps if rules is not None else ())

    def _is_same(self, job: Job, found: Found, page: Page) -> bool:
        """The judge too says that it is the page."""
        from linkarchive.judge.verdict import judge

        before = _baseline(self._archive, self._recorder.loaded(job).previous, self._network)
        if before is None:
            return False
        judgement = judge(Case("", found.url, page, before))
        return judgement.verdict.is_alive and (judgement.similarity or 0.0) >= SAME_PAGE

    def _save(self, job: Job, answer: LookupAnswer) -> None:
        lookups.tell(self._recorder.store, self._recorder.rows.run, job.source.id, answer)


def site_rules(archive: Path, store: Store, host: str, network: NetworkSettings) -> list[Rule]:
    """The rules that are known of a site: functions of where its pages are known to have gone."""
    last = runs.find(store)
    if last is None:
        return []
    numbers = [(number, url) for number, url in sources.all_urls(store) if host_of(url) == ascii_host(host)]
    examples: list[Example] = []
    for start in range(0, len(numbers), AT_ONCE):
        batch = dict(numbers[start : start + AT_ONCE])
        for number, before in previous.load(store, list(batch), last.seq + 1).items():
            example = _example(archive, batch[number], before, network)
            if example is not None:
                examples.append(example)
    return learn(examples)


def _example(archive: Path, url: str, before: Previous, network: NetworkSettings) -> Example | None:
    """Where a page has gone, as a redirect told or as it was found before."""
    result, answer = before.result, before.answers.get(MOVED)
    to = answer.url if answer is not None else None
    if result is not None and result.verdict is Verdict.MOVED:
        to = result.suggested_url or result.final_url
    if to is None:
        return None
    page = _baseline(archive, before, network)
    return Example(url, to, "" if page is None else text_of(page).title)


def _baseline(archive: Path, before: Previous, network: NetworkSettings) -> Page | None:
    """The page of the first baseline, else of the first usable capture."""
    based = sorted(before.baseline_ids, key=lambda cited: (cited[0], str(cited[1] or "")))
    first = before.baseline(*based[0]) if based else next((one for one in before.captures if one.usable), None)
    return None if first is None else stored_page(archive, first.capture, network)


def _is_lost(result: Result | None, named: Sequence[str]) -> bool:
    """The page is not at its address, and there may be a site that has it elsewhere."""
    if result is None:
        return False
    if result.verdict is Verdict.DEAD:
        return bool(named) or result.reason not in _NO_SITE
    return (result.verdict, result.reason) == (Verdict.DRIFTED, Reason.REPLACED)
