"""What archives are asked about a source. Pure: `lookups` asks, and uses the answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timedelta

from linkarchive.check.copies import copies_given, copy_given
from linkarchive.check.plan import CitedLink, Job, Policy
from linkarchive.model import Origin, Reason, Result, Verdict
from linkarchive.store.captures import StoredCapture
from linkarchive.store.previous import Previous
from linkarchive.urls import same_page
from linkarchive.wayback.cited import CitedCopy
from linkarchive.wayback.lookups import (
    BaselineLookup,
    CitedCopyLookup,
    CopyLookup,
    ElsewhereLookup,
    Lookup,
    SeenSinceLookup,
    days_off,
)

NEAR_ENOUGH_DAYS = 1
"""A capture of our own this near to the day the author looked is as good as any archive's."""
NEVER_SEEN = timedelta(days=90)
"""How old the newest capture may be of a page that we have never seen."""
_CLOSED = frozenset({Reason.CHALLENGE, Reason.LOGIN, Reason.FORBIDDEN, Reason.RATE_LIMITED, Reason.SCRIPT_ONLY})


def baseline_lookups(
    job: Job, before: Previous, settled: Collection[tuple[int, str]], now: datetime, policy: Policy
) -> Iterable[BaselineLookup]:
    """A question for each day that an author looked on and whose baseline could be better."""
    own = frozenset(stored.capture.digest for stored in before.live)
    questions: dict[str, BaselineLookup] = {}
    for link in job.citations:
        baseline = before.baseline(link.article, link.looked)
        if link.copy is None and link.looked is not None and is_past(link, now) and not _is_near(baseline, link.looked):
            copies = _candidates(job, link.looked, before, now, policy)
            lookup = BaselineLookup(job.source.id, job.source.url, link.looked, own, copies)
            if (job.source.id, lookup.name) not in settled:
                questions.setdefault(lookup.name, lookup)
    return questions.values()


def _candidates(job: Job, looked: date, before: Previous, now: datetime, policy: Policy) -> tuple[CitedCopy, ...]:
    """The copies of the page that articles of that day give beside their links, no further from the day than any
    usable capture and today."""
    seen = [now, *(stored.capture.time for stored in before.captures if stored.usable)]
    nearest = min(days_off(time, looked) for time in seen)
    given = [(link, copy_given(link, policy)) for link in job.citations if link.copy is None and link.looked == looked]
    copies = [
        copy
        for link, copy in given
        if copy is not None
        and copy.time is not None
        and same_page(copy.original or "", link.target)
        and days_off(copy.time, looked) <= nearest
    ]
    return tuple(dict.fromkeys(copies))


def is_past(link: CitedLink, now: datetime) -> bool:
    """The author looked too long ago for today's page to be what was seen."""
    return link.looked is not None and (now.date() - link.looked).days > NEAR_ENOUGH_DAYS


def _is_near(baseline: StoredCapture | None, looked: date) -> bool:
    """It is an archive's copy, or our own of about that very day."""
    if baseline is None:
        return False
    capture = baseline.capture
    return capture.origin is not Origin.LIVE or abs((capture.time.date() - looked).days) <= NEAR_ENOUGH_DAYS


def cited_copy_lookups(job: Job, settled: Collection[tuple[int, str]]) -> Iterator[CitedCopyLookup]:
    """A question for each archived copy that is cited itself: its being there decides."""
    copies = dict.fromkeys(link.copy for link in job.citations if link.copy is not None)
    for copy in copies:
        lookup = CitedCopyLookup(job.source.id, copy.original or job.source.url, copy)
        if (job.source.id, lookup.name) not in settled:
            yield lookup


def dead_lookups(job: Job, result: Result, settled: Collection[tuple[int, str]], policy: Policy) -> list[Lookup]:
    """What to ask about a source that is dead or unreachable now: the copies that its articles give; where it is
    dead also a copy, and who saw it since it fails, where it only failed."""
    source = job.source
    asked: list[Lookup] = [
        CitedCopyLookup(source.id, copy.original or source.url, copy) for copy in copies_given(job, policy)
    ]
    if result.verdict is Verdict.DEAD:
        if result.reason is Reason.UNREACHABLE_SINCE and result.first_strike is not None:
            asked.append(SeenSinceLookup(source.id, source.url, result.first_strike))
        looked = min((link.looked for link in job.citations if link.looked is not None), default=None)
        asked.append(CopyLookup(source.id, source.url, looked, result.since))
    return [lookup for lookup in asked if (source.id, lookup.name) not in settled]


def elsewhere_lookups(
    job: Job, before: Previous, settled: Collection[tuple[int, str]], now: datetime
) -> Iterator[ElsewhereLookup]:
    """Who saw a page that is closed to us: since its baselines were captured, and since we last saw it ourselves."""
    result = before.result
    if result is None or (result.verdict is Verdict.BLOCKED and result.reason not in _CLOSED):
        return
    seen = [stored.capture.time for stored in before.captures if stored.usable]
    if result.last_ok is not None:
        seen.append(result.last_ok)
    lookup = ElsewhereLookup(job.source.id, job.source.url, max(seen, default=now - NEVER_SEEN))
    if (job.source.id, lookup.name) not in settled:
        yield lookup


def links_of(lookup: BaselineLookup | CitedCopyLookup, job: Job, policy: Policy) -> list[CitedLink]:
    """The citations whose baseline the answer to a question is.

    A copy given beside a link is asked for by itself where the page is dead; the baseline of a day is found by the
    question of that day.
    """
    if isinstance(lookup, BaselineLookup):
        return [link for link in job.citations if link.copy is None and link.looked == lookup.looked]
    return [
        link
        for link in job.citations
        if lookup.copy == link.copy or (link.looked is None and lookup.copy == copy_given(link, policy))
    ]
