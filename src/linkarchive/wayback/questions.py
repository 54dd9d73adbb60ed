"""What archives are asked about a source. Pure: `check.lookups` asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from linkarchive.model import Article, Capture, Origin, Reason, Result, Verdict
from linkarchive.settings import SiteSettings
from linkarchive.urls import same_page
from linkarchive.wayback.cited import NEAR_ENOUGH_DAYS, CitedCopy, CitedLink, is_past
from linkarchive.wayback.lookups import (
    BaselineLookup,
    CitedCopyLookup,
    CopyLookup,
    ElsewhereLookup,
    Lookup,
    OriginalLookup,
    ParentLookup,
    SeenSinceLookup,
    days_off,
)
from linkarchive.wayback.privacy import may_send

NEVER_SEEN = timedelta(days=90)
"""How old the newest capture may be of a page that we have never seen."""
_MOST_PARENTS = 3
"""Pages of one site that archives are asked for because they may have linked to its dead ones."""
_CLOSED = frozenset({Reason.CHALLENGE, Reason.LOGIN, Reason.FORBIDDEN, Reason.RATE_LIMITED, Reason.SCRIPT_ONLY})


class StoredCopy(Protocol):
    """A capture of a source, and whether it shows a page that was really there."""

    @property
    def capture(self) -> Capture: ...

    @property
    def usable(self) -> bool: ...


class Holdings(Protocol):
    """What this project has of a source."""

    @property
    def captures(self) -> Sequence[StoredCopy]: ...

    @property
    def result(self) -> Result | None:
        """The last conclusion on it."""

    def baseline(self, article: str, viewed_on: date | None) -> StoredCopy | None: ...


@dataclass(frozen=True, slots=True)
class Subject:
    """A source that archives are asked about, and the citations that lean on it."""

    number: int
    url: str
    links: Sequence[CitedLink]


def baseline_lookups(source: Subject, holdings: Holdings, now: datetime) -> Iterable[BaselineLookup]:
    """A question for each day that an author looked on and whose baseline could be better."""
    own = frozenset(stored.capture.digest for stored in holdings.captures if stored.capture.origin is Origin.LIVE)
    questions: dict[str, BaselineLookup] = {}
    for link in source.links:
        baseline = holdings.baseline(link.article, link.viewed_on)
        if (
            link.copy is None
            and link.viewed_on is not None
            and is_past(link, now)
            and not _is_near(baseline, link.viewed_on)
        ):
            copies = _candidates(source.links, link.viewed_on, holdings, now)
            lookup = BaselineLookup(source.number, source.url, link.viewed_on, own, copies)
            questions.setdefault(lookup.name, lookup)
    return questions.values()


def _candidates(
    links: Sequence[CitedLink], viewed_on: date, holdings: Holdings, now: datetime
) -> tuple[CitedCopy, ...]:
    """The copies of the page that articles of that day give beside their links, no further from the day than any
    usable capture and today."""
    seen = [now, *(stored.capture.time for stored in holdings.captures if stored.usable)]
    nearest = min(days_off(time, viewed_on) for time in seen)
    copies = [
        link.given
        for link in links
        if link.copy is None
        and link.viewed_on == viewed_on
        and link.given is not None
        and link.given.time is not None
        and same_page(link.given.original or "", link.target)
        and days_off(link.given.time, viewed_on) <= nearest
    ]
    return tuple(dict.fromkeys(copies))


def _is_near(baseline: StoredCopy | None, viewed_on: date) -> bool:
    """It is an archive's copy, or our own of about that very day."""
    if baseline is None:
        return False
    capture = baseline.capture
    return capture.origin is not Origin.LIVE or abs((capture.time.date() - viewed_on).days) <= NEAR_ENOUGH_DAYS


def cited_copy_lookups(source: Subject) -> list[CitedCopyLookup]:
    """A question for each archived copy that is cited itself: its being there decides."""
    copies = dict.fromkeys(link.copy for link in source.links if link.copy is not None)
    return [CitedCopyLookup(source.number, copy.original or source.url, copy) for copy in copies]


def dead_lookups(source: Subject, result: Result) -> list[Lookup]:
    """What to ask about a source that is dead or unreachable now: the copies that its articles give; where it is
    dead also a copy, and who saw it since it fails, where it only failed."""
    given = dict.fromkeys(link.given for link in source.links if link.given is not None)
    lookups: list[Lookup] = [CitedCopyLookup(source.number, copy.original or source.url, copy) for copy in given]
    if result.verdict is Verdict.DEAD:
        if result.reason is Reason.UNREACHABLE_SINCE and result.first_strike is not None:
            lookups.append(SeenSinceLookup(source.number, source.url, result.first_strike))
        viewed_on = min((link.viewed_on for link in source.links if link.viewed_on is not None), default=None)
        lookups.append(CopyLookup(source.number, source.url, viewed_on, result.since))
    return lookups


def elsewhere_lookups(source: Subject, holdings: Holdings, now: datetime) -> list[ElsewhereLookup]:
    """Who saw a page that is closed to us: since its baselines were captured, and since we last saw it ourselves."""
    result = holdings.result
    if result is None or (result.verdict is Verdict.BLOCKED and result.reason not in _CLOSED):
        return []
    sightings = [stored.capture.time for stored in holdings.captures if stored.usable]
    if result.last_ok is not None:
        sightings.append(result.last_ok)
    return [ElsewhereLookup(source.number, source.url, max(sightings, default=now - NEVER_SEEN))]


def original_lookup(
    source: Subject, article: Article, moved: str | None, sites: Sequence[SiteSettings]
) -> OriginalLookup:
    """The question for the original page of an article with lost targets; `moved` is where it is today."""
    urls = [source.url]
    if moved is not None and moved != source.url and may_send(moved, sites=sites):
        urls.append(moved)
    return OriginalLookup(source.number, tuple(urls), article)


def parent_lookups(sources: Iterable[tuple[Subject, Result]], sites: Sequence[SiteSettings]) -> list[ParentLookup]:
    """The questions for pages that may have linked to dead sources: of each site the folders above most of them, the
    nearest first, and the front page."""
    by_site: dict[str, list[tuple[Subject, Result]]] = {}
    for subject, result in sources:
        by_site.setdefault(urljoin(subject.url, "/"), []).append((subject, result))
    lookups = []
    for front, members in by_site.items():
        above = [_folders(subject.url) for subject, _ in members]
        counts = Counter(folder for folders in above for folder in folders if folder != front)
        ranked = sorted(counts, key=lambda folder: (-counts[folder], -folder.count("/"), folder))
        subject, result = members[0]
        days = [link.viewed_on for member, _ in members for link in member.links if link.viewed_on is not None]
        when = datetime.combine(min(days), time(12), UTC) if days else result.last_ok or result.since
        lookups += [
            ParentLookup(subject.number, url, when, result.since)
            for url in [*ranked[: _MOST_PARENTS - 1], front]
            if may_send(url, sites=sites)
        ]
    return lookups


def _folders(url: str) -> list[str]:
    """The addresses of the folders above a page, the nearest first, the front page last."""
    above = urlsplit(url).path.strip("/").split("/")[:-1]
    return [urljoin(url, "/".join(["", *above[:count], ""])) for count in range(len(above), -1, -1)]
