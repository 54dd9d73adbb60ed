"""What is to be visited and for whom: sources with the citations that lean on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from linkarchive.check.scope import is_excluded
from linkarchive.model import Article, Citation, Reason
from linkarchive.store.sources import Source, key_of
from linkarchive.web.guard import literal_is_private


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation with what its article adds. `original` marks the article's own original URL."""

    article: str
    citation: Citation
    looked: date | None
    """The day the author looked: `accessed` of the link, else the article's date (DESIGN §5)."""
    private: bool
    original: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """One source to visit or to skip."""

    source: Source
    cited: tuple[Cited, ...]
    skip: Reason | None


def cited_urls(articles: Sequence[Article]) -> dict[str, list[Cited]]:
    """Everything with a target, by source key, in order of first citation; originals included."""
    found: dict[str, list[Cited]] = {}
    for article in articles:
        for citation in article.citations:
            if citation.url is not None:
                looked = citation.accessed or article.published
                cited = Cited(article.path, citation, looked, article.private)
                found.setdefault(key_of(citation.url), []).append(cited)
        if article.original_url is not None:
            citation = Citation(article.original_url, article.title, 0, "")
            cited = Cited(article.path, citation, article.published, article.private, original=True)
            found.setdefault(key_of(article.original_url), []).append(cited)
    return found


def make_plans(
    cited: dict[str, list[Cited]],
    sources: dict[str, Source],
    excluded_keys: frozenset[str],
    patterns: Sequence[str],
    allow_private: bool,
) -> list[Plan]:
    return [
        Plan(sources[key], tuple(by), _skip(sources[key], excluded_keys, patterns, allow_private))
        for key, by in cited.items()
    ]


def _skip(source: Source, excluded: frozenset[str], patterns: Sequence[str], allow_private: bool) -> Reason | None:
    try:
        scheme = urlsplit(source.url).scheme.lower()
    except ValueError:
        return Reason.SCHEME
    if source.key in excluded or is_excluded(source.url, patterns):
        return Reason.EXCLUDED
    if not scheme:
        return Reason.RELATIVE
    if scheme not in ("http", "https") or "://" not in source.key:
        return Reason.SCHEME
    if not allow_private and literal_is_private(source.url):
        return Reason.PRIVATE_ADDRESS
    return None


SKIP_WORDS = {
    Reason.SCHEME: "this kind of address cannot be visited",
    Reason.RELATIVE: "a relative link, and nothing says relative to what",
    Reason.EXCLUDED: "excluded by the project",
    Reason.PRIVATE_ADDRESS: "an address of a private network; --allow-private visits those too",
}


def urls_of(cited: dict[str, list[Cited]]) -> Iterable[str]:
    """The URL of each source as first cited."""
    return [by[0].citation.url or key for key, by in cited.items()]
