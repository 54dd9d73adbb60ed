"""What is to be visited and for whom: a job for each source, with the citations that lean on it.

The plan is written into the store article by article, and the jobs are read from there: a run holds their numbers."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence, Sized
from datetime import datetime
from functools import cached_property
from pathlib import Path

from msgspec import Struct

from linkarchive.check.articles import Articles, write_plan
from linkarchive.model import Acceptance, CaptureScope, Reason, Scope
from linkarchive.remap import remapped
from linkarchive.settings import Settings, SiteSettings
from linkarchive.sites import is_excluded, rule_for, scope_for
from linkarchive.store import decisions, plans, sources
from linkarchive.store.database import Store
from linkarchive.store.decisions import Decision
from linkarchive.store.previous import NOTHING, Previous
from linkarchive.store.sources import Source
from linkarchive.urls import host_of, scheme_of
from linkarchive.wayback.cited import CitedLink, why_source_kept_here
from linkarchive.web.guard import names_private_host
from linkarchive.wrappers import key_of

SECONDS_A_VISIT = 1.0
BYTES_A_CAPTURE = 30_000
"""A page of the median news site, compressed."""
PARTS_A_PAGE = 40
BYTES_OF_PARTS = 1_500_000
"""Of one page: a page of the median site weighs 2 MB with what it needs to be shown."""


class Job(Struct, frozen=True):
    """A source to check: whether to visit it, for which citations, and what was known of it before."""

    source: Source
    citations: tuple[CitedLink, ...]
    skip: Reason | None = None
    """Why it is not ours to fetch; None: it is visited."""
    why: str | None = None
    """The same in words, where the reason alone does not tell."""
    previous: Previous = NOTHING
    sites: Sequence[SiteSettings] = ()
    """The project's rules for sites."""
    inputs_unchanged: bool = False
    """All that the judgement depended on last time, beside the page, is what it was (`unchanged.load_previous`)."""

    @property
    def host(self) -> str:
        return host_of(self.source.url)

    @property
    def original_of(self) -> frozenset[str]:
        """The paths of the articles whose original page it is."""
        return frozenset(link.article for link in self.citations if link.original)

    @property
    def kept_here(self) -> str | None:
        """Why nobody else is told of this source, in words (docs/design.md §4: privacy); None: web archives are asked.
        Found out when it is asked for, which is seldom."""
        return why_source_kept_here(self.source.url, self.citations, self.sites)

    @property
    def is_private(self) -> bool:
        """Nothing about this source is sent to third parties (docs/design.md §4)."""
        return self.kept_here is not None


class Policy(Struct, frozen=True):
    """What the project's settings and people's decisions say about sources."""

    settings: Settings
    decisions: Sequence[Decision]
    is_full: bool = False
    """The archive is beyond its cap (`[keep] max_bytes`): only baselines and evidence are stored."""

    @classmethod
    def of(cls, settings: Settings, path: Path, is_full: bool = False) -> Policy:
        """With the decisions of that file, as they are now."""
        return cls(settings, decisions.load(path), is_full)

    @property
    def wants_parts(self) -> bool:
        """Some source is to be kept with what it needs to be shown."""
        settings = self.settings
        return CaptureScope.PAGE.value in (settings.keep.scope, *(rule.scope for rule in settings.sites))

    def rule(self, job: Job) -> SiteSettings | None:
        """The project's rule for the site of a source."""
        return rule_for(job.source.url, self.settings.sites)

    def address(self, url: str) -> str:
        """What is visited for a URL: another address where `[network] remap` says so."""
        return remapped(url, self.settings.network.remap)

    def acceptance(self, job: Job, link: CitedLink) -> Acceptance | None:
        """The last acceptance in force of a source for the article that cites it."""
        return decisions.acceptance(self.decisions, job.source.key, link.article) if self.decisions else None

    def may_keep(self, job: Job, urls: Iterable[str]) -> bool:
        """Neither the rule of the site nor a forgotten page on the way (`urls`) forbids a copy."""
        rule = self.rule(job)
        if rule is not None and not rule.capture:
            return False
        return not self.forgets_any(urls)

    def forgets_any(self, urls: Iterable[str]) -> bool:
        """One of these is the address of a forgotten page: nothing that it says is kept."""
        if not self.decisions:
            return False
        forgotten = decisions.forgetting(self.decisions)
        return any(forgotten(key_of(url)) is not None for url in urls)


class Need(Struct, frozen=True):
    """What jobs need, in their order; sources by their numbers."""

    visited: array[int]
    hosts: array[int]
    """For each of them where its host stands in `names`."""
    names: tuple[str, ...]
    """The hosts that are asked."""
    skipped: array[int]
    """What is not ours to fetch."""
    own: int
    """How many of the visited are but original pages of articles."""

    @property
    def by_host(self) -> Counter[str]:
        """How many sources are visited on each host."""
        return Counter({self.names[place]: number for place, number in Counter(self.hosts).items()})


class Jobs(Struct, frozen=True, dict=True):
    """The jobs of a run, in the order of their visits. They are read from the plan when they are wanted, by the
    hundred, and not held."""

    store: Store
    plan: int
    """`plans.OF_LINKS` or `OF_RUN`."""
    policy: Policy
    excluded: frozenset[str]
    """Keys of sources with a `!` in links.txt."""
    chosen: array[int] | None = None
    """The numbers of their sources; None: all that are planned."""

    @property
    def numbers(self) -> array[int]:
        return plans.numbers(self.store, self.plan) if self.chosen is None else self.chosen

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Job]:
        job_of = jobs_by(self.policy, self.excluded)
        return (job_of(*planned) for planned in plans.of_sources(self.store, self.plan, self.numbers))

    def __getitem__(self, number: int) -> Job:
        """The job of a source, by its number, which is planned."""
        return next(iter(self.only([number])))

    def bare(self) -> Iterator[tuple[Job, bool]]:
        """The jobs without who cites them, and whether each is but the original page of articles."""
        job_of = jobs_by(self.policy, self.excluded)
        return ((job_of(source, ()), own) for source, own in plans.bare(self.store, self.plan, self.numbers))

    def among(self, wanted: Container[int]) -> Jobs:
        """Those of these sources."""
        return self.only(number for number in self.numbers if number in wanted)

    def without(self, numbers: Collection[int]) -> Jobs:
        """Those of all other sources."""
        return self.only(number for number in self.numbers if number not in numbers) if numbers else self

    def after(self, first: Jobs) -> Jobs:
        """The same, after these."""
        return self.only((*first.numbers, *self.numbers)) if len(first) else self

    @cached_property
    def need(self) -> Need:
        """Found out once: of a million sources it takes some seconds."""
        visited, skipped, hosts, own = array("q"), array("q"), array("i"), 0
        places: dict[str, int] = {}
        for job, is_own in self.bare():
            if job.skip is not None:
                skipped.append(job.source.id)
                continue
            visited.append(job.source.id)
            hosts.append(places.setdefault(host_of(self.policy.address(job.source.url)), len(places)))
            own += is_own
        return Need(visited, hosts, tuple(places), skipped, own)

    def only(self, numbers: Iterable[int]) -> Jobs:
        """Those of these sources, which are planned, in this order."""
        return Jobs(self.store, self.plan, self.policy, self.excluded, array("q", numbers))


def plan(articles: Articles, store: Store, policy: Policy, is_of_links: bool) -> Jobs:
    """The jobs of all sources that the articles cite, in order of first citation; or those of the kept plan.

    A new plan is written, in the place of the kept one where it is of all that links.txt names, and new sources
    are added; nothing else is written. The caller commits.
    """
    slot = plans.OF_LINKS if is_of_links or articles.plan is not None else plans.OF_RUN
    if articles.plan is None or articles.by_path:
        write_plan(store, slot, articles, policy.settings)
    jobs = Jobs(store, slot, policy, articles.excluded)
    if articles.before is None:
        return jobs
    return jobs.among(
        {job.source.id for job in jobs if any(articles.is_new(link.article, job.source.key) for link in job.citations)}
    )


def jobs_by(policy: Policy, excluded: frozenset[str]) -> Callable[[Source, tuple[CitedLink, ...]], Job]:
    """What makes the job of a source from those who cite it."""
    settings, forgotten = policy.settings, decisions.forgetting(policy.decisions)

    def job_of(source: Source, links: tuple[CitedLink, ...]) -> Job:
        decision = forgotten(source.key)
        skip = Reason.EXCLUDED if decision else _skip(source, excluded, settings)
        why = _forgotten_words(decision) if decision else None
        return Job(source, links, skip, why, sites=settings.sites)

    return job_of


def _forgotten_words(decision: Decision) -> str:
    return f"its copies were taken out on {decision.when:%-d %B %Y} by {decision.who}: {decision.reason}"


def _skip(source: Source, excluded: frozenset[str], settings: Settings) -> Reason | None:
    address = remapped(source.url, settings.network.remap)
    try:
        scheme = scheme_of(address)
    except ValueError:
        return Reason.SCHEME
    if source.key in excluded or is_excluded(source.url, settings.check.exclude):
        return Reason.EXCLUDED
    rule = rule_for(source.url, settings.sites)
    if rule is not None and not rule.fetch:
        return Reason.EXCLUDED
    if not scheme:
        return Reason.RELATIVE
    if scheme not in ("http", "https") or "://" not in address:
        return Reason.SCHEME
    if not settings.network.allow_private and names_private_host(address):
        return Reason.PRIVATE_ADDRESS
    return None


def leave_others(articles: Articles, scope: Scope, store: Store) -> None:
    """Where these are all that links.txt names, and all of it could be read, other sources stand nowhere any more. The
    caller commits."""
    if scope.is_of_links and not (articles.errors or articles.malformed):
        plans.leave_others(store, plans.OF_LINKS)


def chosen(jobs: Jobs, articles: Articles, scope: Scope, before_run: int | None, now: datetime) -> Jobs:
    """The jobs that the scope leaves, in the order in which they are visited: with --due or --limit the longest
    unvisited first. What was visited when, and the verdicts, are those from before that run; None: of now."""
    if before_run is None and articles.before is None:
        return jobs.only(plans.chosen(jobs.store, jobs.plan, scope, now))
    return jobs.only(plans.chosen_of(jobs.store, jobs.plan, jobs.numbers, scope, before_run, now))


def forecast(jobs: Jobs, settings: Settings) -> list[str]:
    """Sources, time and disk of a run over these jobs, in words."""
    network = settings.network
    with_capture, every = sources.with_captures(jobs.store), [job for job, _ in jobs.bare()]
    visits = [job for job in every if job.skip is None]
    new = [job for job in visits if job.source.id not in with_capture]
    shown = sum(scope_for(job.source.url, settings) is not CaptureScope.DOCUMENT for job in new)
    hosts = Counter(job.host for job in visits)
    busiest = max(hosts.values(), default=0)
    seconds = max(
        busiest * max(network.host_delay, SECONDS_A_VISIT / network.per_host),
        len(visits) * SECONDS_A_VISIT / network.concurrency,
    )
    skipped = Counter(job.skip.value.replace("-", " ") for job in every if job.skip is not None)
    why = f" ({', '.join(f'{number} {reason}' for reason, number in skipped.most_common())})" if skipped else ""
    where = f"{_counted(visits, 'source')} on {_counted(hosts, 'host')}"
    lines = [
        f"would visit {where}, and skip {len(jobs) - len(visits)}{why}",
        f"at least {seconds:.0f} s (the busiest host has {busiest} of them)",
        f"about {len(new) * BYTES_A_CAPTURE / 1e6:.1f} MB for {_counted(new, 'source')} without a capture",
    ]
    if shown:
        size, asked = shown * BYTES_OF_PARTS / 1e6, shown * PARTS_A_PAGE
        lines.append(f"about {size:.0f} MB more, in {asked} requests, for the styles and pictures of {shown} of them")
    return lines


def _counted(items: Sized, noun: str) -> str:
    return f"{len(items):,} {noun}" if len(items) == 1 else f"{len(items):,} {noun}s"


def with_previous(job: Job, previous: Previous, inputs_unchanged: bool) -> Job:
    """The job with what was known of its source before."""
    # Not by `replace`, which asks for the fields of the class first: this is done for every source.
    return Job(job.source, job.citations, job.skip, job.why, previous, job.sites, inputs_unchanged)
