"""What is to be visited and for whom: sources with the citations that lean on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from linkarchive.check.earlier import Earlier
from linkarchive.check.scope import is_excluded
from linkarchive.model import Article, Citation, Reason
from linkarchive.settings import SiteSettings
from linkarchive.sites import rule_for
from linkarchive.store.decisions import Decision, forgotten
from linkarchive.store.sources import Source, key_of
from linkarchive.urls import redact, scheme_of
from linkarchive.wayback.archives import DEFAULT, Archive
from linkarchive.wayback.cited import CitedCopy, cited_copy
from linkarchive.web.guard import literal_is_private


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation with what its article adds. `original` marks the article's own original URL."""

    article: str
    citation: Citation
    looked: date | None
    """The day the author looked: `accessed` of the link, else the article's date (docs/design.md §5)."""
    private: bool
    target: str
    """The URL that is visited for it, with its fragment: the citation's own, or what the cited copy is a copy of."""
    original: bool = False
    copy: CitedCopy | None = None
    """For a citation that points into a web archive."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One source to visit or to skip."""

    source: Source
    cited: tuple[Cited, ...]
    skip: Reason | None
    why: str | None = None
    """In words, where the reason alone does not tell why it is skipped."""


def cited_urls(articles: Sequence[Article], archives: Sequence[Archive] = DEFAULT) -> dict[str, list[Cited]]:
    """Everything with a target, by source key, in order of first citation; originals included.

    A citation that points into a web archive leans on the page that was archived there.
    """
    found: dict[str, list[Cited]] = {}
    for article in articles:
        for citation in article.citations:
            if citation.url is not None:
                cited = _cited(article, citation, citation.url, cited_copy(citation.url, archives))
                found.setdefault(key_of(cited.target), []).append(cited)
        if article.original_url is not None:
            url = article.original_url
            citation = Citation(url, article.title, 0, "")
            cited = Cited(article.path, citation, article.published, article.private, url, original=True)
            found.setdefault(key_of(url), []).append(cited)
    return found


def _cited(article: Article, citation: Citation, url: str, copy: CitedCopy | None) -> Cited:
    looked = citation.accessed or article.published
    if copy is None or copy.original is None:
        return Cited(article.path, citation, looked, article.private, url)
    looked = copy.time.date() if copy.time else looked
    return Cited(article.path, citation, looked, article.private, copy.original, copy=copy)


def make_plans(
    cited: dict[str, list[Cited]],
    sources: dict[str, Source],
    excluded_keys: frozenset[str],
    patterns: Sequence[str],
    allow_private: bool,
    sites: Sequence[SiteSettings] = (),
    made: Sequence[Decision] = (),
) -> list[Plan]:
    forgets = [one for one in made if one.action in ("forget", "undo")]
    named = {one.url for one in forgets}
    plans = []
    for key, by in cited.items():
        decision = forgotten(forgets, key) if named and redact(key) in named else None
        if decision is not None:
            plans.append(Plan(sources[key], tuple(by), Reason.EXCLUDED, _forgotten_words(decision)))
        else:
            skip = _skip(sources[key], excluded_keys, patterns, allow_private, sites)
            plans.append(Plan(sources[key], tuple(by), skip))
    return plans


def _forgotten_words(decision: Decision) -> str:
    return f"its copies were taken out on {decision.when:%-d %B %Y} by {decision.who}: {decision.reason}"


def _skip(
    source: Source,
    excluded: frozenset[str],
    patterns: Sequence[str],
    allow_private: bool,
    sites: Sequence[SiteSettings],
) -> Reason | None:
    try:
        scheme = scheme_of(source.url)
    except ValueError:
        return Reason.SCHEME
    if source.key in excluded or is_excluded(source.url, patterns):
        return Reason.EXCLUDED
    rule = rule_for(source.url, sites)
    if rule is not None and not rule.fetch:
        return Reason.EXCLUDED
    if not scheme:
        return Reason.RELATIVE
    if scheme not in ("http", "https") or "://" not in source.key:
        return Reason.SCHEME
    if not allow_private and literal_is_private(source.url):
        return Reason.PRIVATE_ADDRESS
    return None


def added_only(plans: Iterable[Plan], before: Mapping[str, Earlier] | None) -> list[Plan]:
    """The plans of sources that some article cites and did not cite at the earlier revision; else all of them."""
    if before is None:
        return list(plans)
    nothing = Earlier()
    return [
        plan
        for plan in plans
        if any(plan.source.key not in before.get(cited.article, nothing).keys for cited in plan.cited)
    ]


SKIP_WORDS = {
    Reason.SCHEME: "this kind of address cannot be visited",
    Reason.RELATIVE: "a relative link, and nothing says relative to what",
    Reason.EXCLUDED: "excluded by the project",
    Reason.PRIVATE_ADDRESS: "an address of a private network; --allow-private visits those too",
}


def urls_of(cited: dict[str, list[Cited]]) -> Iterable[str]:
    """The URL of each source as first cited."""
    return [by[0].target for by in cited.values()]
