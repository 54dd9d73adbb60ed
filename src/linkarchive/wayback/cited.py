"""Who cites what, and the archived copies that citations point to or that articles give beside their links.

Where a citation points into an archive, the source is the original URL and the cited copy the baseline.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import urlsplit

from msgspec import Struct

from linkarchive.model import Article, Citation
from linkarchive.settings import Settings, SiteSettings
from linkarchive.urls import unwrap
from linkarchive.wayback import privacy
from linkarchive.wayback.archives import DEFAULT, Archive, archives_of, time_of
from linkarchive.wrappers import intended_url, key_of, key_of_intended

NEAR_ENOUGH_DAYS = 1
"""A capture of our own this near to the day the author looked is as good as any archive's."""
# Patterns are compiled when they are first used, which few articles want.
# archive.today and its other names (https://archive.today/faq, 2026); perma.cc and archive.today's short addresses
# do not say what they are copies of.
_TODAY = r"archive\.(?:today|is|ph|li|md|vn|fo)"
_TODAY_LONG = r"(?s)/(?:o/\w+|([0-9]{4}[0-9.:-]{0,19}|newest|oldest))/(https?:/.+)"
_TODAY_SHORT = r"/(?:wip/)?[0-9A-Za-z]{5,6}(?:/.*)?"
_PERMA = r"(?i)/(?:[0-9A-Z]{3,4}-[0-9A-Z]{3,4}|0[0-9A-Za-z]{7,12})(?:/.*)?"
# The Wayback Machine without a time, with a calendar of all times, or with a page of its own in between.
_UNDATED = r"(?is)https?://(?:www\.)?web\.archive\.org/(?:web|save)/(?:[0-9]*\*/)?(https?:/.+)"
_SCHEME = r"(?i)(https?):/+"


class CitedCopy(Struct, frozen=True):
    """What a citation that points into an archive cites."""

    archive: str
    """The archive's name, or its host."""
    original: str | None
    """The page that it is a copy of; None where the address does not say."""
    time: datetime | None
    """When the copy was made, in UTC (of a time that is cut short the first second); None where the address does not
    say."""

    @property
    def question(self) -> str:
        """The name by which the store keeps the answer to: is the copy there?"""
        return f"cited {self.time:%Y%m%d%H%M%S}" if self.time else "cited"


class CitedLink(Struct, frozen=True):
    """A citation with what its article adds. `original` marks the article's own original URL."""

    article: str
    """Its `path`."""
    citation: Citation
    viewed_on: date | None
    """The day the author looked: that of the cited copy, else `accessed` of the link, else the article's date
    (docs/design.md §5)."""
    private: bool
    """Of the article: nobody else is told of what it cites (docs/design.md §4)."""
    target: str
    """The URL that is visited for it, with its fragment: the citation's own, what a redirector leads to, or what the
    cited copy is a copy of."""
    original: bool = False
    copy: CitedCopy | None = None
    """The copy that the citation points to; None where it points to none, or to one in an archive that cannot be asked,
    or whose original is not known."""
    given: CitedCopy | None = None
    """The copy that the article gives beside the link, where its archive can and may be asked."""


def cited_links(articles: Sequence[Article], settings: Settings) -> dict[str, list[CitedLink]]:
    """Every link with a target, by source key, in order of first citation; the articles' original pages included.

    A citation of a copy in an archive that can be asked (`settings` name those) is one of the page that was archived;
    of a copy in any other archive, it is one of the copy's own address. Raises SettingsError for an archive that the
    settings name wrongly.
    """
    archives = archives_of(settings.archives)
    names = {archive.name for archive in archives}
    cited: dict[str, list[CitedLink]] = {}
    for article in articles:
        for citation in article.citations:
            if citation.url is not None:
                copy = cited_copy(citation.url, archives)
                can_be_asked = copy is not None and copy.archive in names
                link = _cited_link(article, citation, citation.url, copy if can_be_asked else None, settings)
                # The original of a copy may be wrapped itself.
                key = key_of_intended(link.target) if link.copy is None else key_of(link.target)
                cited.setdefault(key, []).append(link)
        if article.original_url is not None:
            url = article.original_url
            citation = Citation(url, article.title, 0, "")
            target = intended_url(url)
            link = CitedLink(article.path, citation, article.published, article.private, target, original=True)
            cited.setdefault(key_of_intended(target), []).append(link)
    return cited


def is_past(link: CitedLink, now: datetime) -> bool:
    """Whether the author looked too long ago for today's page to be what was seen."""
    return link.viewed_on is not None and (now.date() - link.viewed_on).days > NEAR_ENOUGH_DAYS


def why_source_kept_here(url: str, links: Sequence[CitedLink], sites: Sequence[SiteSettings]) -> str | None:
    """The first reason why nobody else is told of a source, in words (docs/design.md §4); None: it may be sent. `links`
    are all citations of the source."""
    return privacy.why_kept_here(url, private=any(link.private for link in links), sites=sites)


def _cited_link(
    article: Article, citation: Citation, url: str, copy: CitedCopy | None, settings: Settings
) -> CitedLink:
    viewed_on, target = citation.accessed or article.published, None
    if copy is not None and copy.original is not None:
        viewed_on, target = copy.time.date() if copy.time else viewed_on, copy.original
    return CitedLink(
        article.path,
        citation,
        viewed_on,
        article.private,
        target or intended_url(url),
        copy=None if target is None else copy,
        given=_given_copy(citation.snapshot, article.private, settings),
    )


def _given_copy(snapshot: str | None, private: bool, settings: Settings) -> CitedCopy | None:
    if snapshot is None:
        return None
    archives = archives_of(settings.archives)
    copy = cited_copy(snapshot, archives)
    if copy is None or copy.original is None or all(archive.name != copy.archive for archive in archives):
        return None
    return copy if privacy.may_send(copy.original, private=private, sites=settings.sites) else None


def cited_copy(url: str, archives: Sequence[Archive] = DEFAULT) -> CitedCopy | None:
    """What a URL cites that points into an archive; None for any other URL. Nothing is asked."""
    url = url.strip()
    if not _may_be_copy(url.lower(), archives):
        return None
    for archive in archives:
        parsed = archive.parse(url)
        if parsed is not None:
            return CitedCopy(archive.name, parsed[1], parsed[0])
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    if re.fullmatch(_TODAY, host):
        return _archive_today(url, parts.path)
    if host == "perma.cc":
        return CitedCopy("perma.cc", None, None) if re.fullmatch(_PERMA, parts.path) else None
    undated = re.fullmatch(_UNDATED, url)
    if undated is not None:
        return CitedCopy("wayback", re.sub(_SCHEME, r"\1://", undated[1], count=1), None)
    unwrapped = unwrap(url)
    return None if unwrapped is None else CitedCopy(host, unwrapped[1], time_of(unwrapped[0]))


def _may_be_copy(url: str, archives: Sequence[Archive]) -> bool:
    """Whether the URL might point into an archive. Only False is certain; it is quick, as nearly all URLs do not."""
    if "archive." in url or "perma.cc" in url or "/http" in url:
        return True
    return any(archive.host.lower() in url for archive in archives)


def _archive_today(url: str, path: str) -> CitedCopy | None:
    rest = url[url.index("/", 8) :] if path else ""
    long = re.fullmatch(_TODAY_LONG, rest)
    if long is not None:
        digits = re.sub(r"[^0-9]", "", long[1] or "")
        return CitedCopy(
            "archive.today", re.sub(_SCHEME, r"\1://", long[2], count=1), time_of(digits) if digits else None
        )
    return CitedCopy("archive.today", None, None) if re.fullmatch(_TODAY_SHORT, path) else None
