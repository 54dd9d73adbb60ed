"""What is to be visited and for whom: a job for each source, with the citations that lean on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from linkarchive.check.articles import Articles
from linkarchive.check.scope import CitedBefore, is_excluded
from linkarchive.model import Acceptance, Article, Citation, Reason
from linkarchive.settings import Settings, SiteSettings
from linkarchive.sites import rule_for
from linkarchive.store import decisions, sources
from linkarchive.store.database import Store
from linkarchive.store.decisions import Decision
from linkarchive.store.previous import NOTHING, Previous
from linkarchive.store.sources import Source, key_of
from linkarchive.urls import redact, scheme_of
from linkarchive.wayback.archives import Archive, archives_of
from linkarchive.wayback.cited import CitedCopy, cited_copy
from linkarchive.wayback.privacy import may_send
from linkarchive.web.guard import literal_is_private
from linkarchive.wrappers import intended_url


@dataclass(frozen=True, slots=True)
class CitedLink:
    """A citation with what its article adds. `original` marks the article's own original URL."""

    article: str
    citation: Citation
    looked: date | None
    """The day the author looked: `accessed` of the link, else the article's date (docs/design.md §5)."""
    private: bool
    target: str
    """The URL that is visited for it, with its fragment: the citation's own, what a redirector leads to, or what the
    cited copy is a copy of."""
    original: bool = False
    copy: CitedCopy | None = None
    """For a citation that points into a web archive."""


@dataclass(frozen=True, slots=True)
class Job:
    """A source to check: whether to visit it, for which citations, and what was known of it before."""

    source: Source
    citations: tuple[CitedLink, ...]
    skip: Reason | None = None
    """Why it is not ours to fetch; None: it is visited."""
    why: str | None = None
    """The same in words, where the reason alone does not tell."""
    previous: Previous = NOTHING
    inputs_unchanged: bool = False
    """All that the judgement depended on last time, beside the page, is what it was (`unchanged.with_previous`)."""

    @property
    def is_private(self) -> bool:
        """Nothing about this source is sent to third parties (docs/design.md §4)."""
        return any(link.private for link in self.citations) or not may_send(self.source.url, private=False)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the project's settings and people's decisions say about sources."""

    settings: Settings
    decisions: Sequence[Decision]

    def rule(self, job: Job) -> SiteSettings | None:
        """The project's rule for the site of a source."""
        return rule_for(job.source.url, self.settings.sites)

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
        forgets = [decision for decision in self.decisions if decision.action in ("forget", "undo")]
        return bool(forgets) and any(decisions.forgotten(forgets, key_of(url)) is not None for url in urls)


def plan(articles: Articles, store: Store, policy: Policy) -> dict[int, Job]:
    """A job for each source that the articles cite, by its number, in order of first citation.

    Sources that are new are added to the store, which is all that it writes. The caller commits.
    """
    settings = policy.settings
    cited = cited_links((*articles.articles, *articles.left), archives_of(settings.archives))
    # Each source is spelled as it is first cited.
    known = sources.ensure(store, {key: links[0].target for key, links in cited.items()})
    forgets = [decision for decision in policy.decisions if decision.action in ("forget", "undo")]
    named = {decision.url for decision in forgets}
    jobs = {}
    for key, links in cited.items():
        source = known[key]
        forgotten = decisions.forgotten(forgets, key) if named and redact(key) in named else None
        if forgotten is not None:
            job = Job(source, tuple(links), Reason.EXCLUDED, _forgotten_words(forgotten))
        else:
            job = Job(source, tuple(links), _skip(source, articles.excluded, settings))
        jobs[source.id] = job
    return jobs if articles.before is None else _added_since(jobs, articles.before)


def cited_links(articles: Sequence[Article], archives: Sequence[Archive]) -> dict[str, list[CitedLink]]:
    """Every link with a target, by source key, in order of first citation; the articles' original pages included.

    A citation that points into an archive that can be asked leans on the page that was archived there.
    """
    names = {archive.name for archive in archives}
    cited: dict[str, list[CitedLink]] = {}
    for article in articles:
        for citation in article.citations:
            if citation.url is not None:
                copy = cited_copy(citation.url, archives)
                known = copy if copy is not None and copy.archive in names else None
                link = _cited_link(article, citation, citation.url, known)
                cited.setdefault(key_of(link.target), []).append(link)
        if article.original_url is not None:
            url = article.original_url
            citation = Citation(url, article.title, 0, "")
            target = intended_url(url)
            link = CitedLink(article.path, citation, article.published, article.private, target, original=True)
            cited.setdefault(key_of(url), []).append(link)
    return cited


def _cited_link(article: Article, citation: Citation, url: str, copy: CitedCopy | None) -> CitedLink:
    looked = citation.accessed or article.published
    if copy is None or copy.original is None:
        return CitedLink(article.path, citation, looked, article.private, intended_url(url))
    looked = copy.time.date() if copy.time else looked
    return CitedLink(article.path, citation, looked, article.private, copy.original, copy=copy)


def _forgotten_words(decision: Decision) -> str:
    return f"its copies were taken out on {decision.when:%-d %B %Y} by {decision.who}: {decision.reason}"


def _skip(source: Source, excluded: frozenset[str], settings: Settings) -> Reason | None:
    try:
        scheme = scheme_of(source.url)
    except ValueError:
        return Reason.SCHEME
    if source.key in excluded or is_excluded(source.url, settings.check.exclude):
        return Reason.EXCLUDED
    rule = rule_for(source.url, settings.sites)
    if rule is not None and not rule.fetch:
        return Reason.EXCLUDED
    if not scheme:
        return Reason.RELATIVE
    if scheme not in ("http", "https") or "://" not in source.key:
        return Reason.SCHEME
    if not settings.network.allow_private and literal_is_private(source.url):
        return Reason.PRIVATE_ADDRESS
    return None


def _added_since(jobs: Mapping[int, Job], before: Mapping[str, CitedBefore]) -> dict[int, Job]:
    """The jobs of sources that some article cites and did not cite at the earlier revision."""
    nothing = CitedBefore()
    return {
        number: job
        for number, job in jobs.items()
        if any(job.source.key not in before.get(link.article, nothing).keys for link in job.citations)
    }


def with_previous(job: Job, previous: Previous, inputs_unchanged: bool) -> Job:
    """The job with what was known of its source before."""
    return replace(job, previous=previous, inputs_unchanged=inputs_unchanged)
