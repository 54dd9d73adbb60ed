"""From judgements to the outcome of a source: pure, the store and the clock are the caller's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import msgspec

from linkarchive.check.plan import SKIP_WORDS, Cited, Plan
from linkarchive.model import (
    Acceptance,
    Baseline,
    CaptureRef,
    Change,
    CitationResult,
    History,
    Judgement,
    LastGood,
    Page,
    Reason,
    Result,
    Verdict,
)
from linkarchive.store.captures import StoredCapture
from linkarchive.store.carried import CONFIRMED_AFTER
from linkarchive.store.outcomes import Standing


@dataclass(frozen=True, slots=True)
class Compared:
    """One citation, what it was compared with, and the judgement."""

    cited: Cited
    baseline: StoredCapture | None
    accepted: Acceptance | None
    judgement: Judgement


def choose_baseline(
    kept: Sequence[StoredCapture], looked: date | None, now: datetime | None = None
) -> StoredCapture | None:
    """The usable capture nearest to the day the author looked; before beats after at equal distance.

    Without a day, the first usable one. With `now`, None when today is nearer than all of them.
    """
    usable = [one for one in kept if one.usable]
    if not usable or looked is None:
        return usable[0] if usable else None
    nearest = min(
        usable,
        key=lambda one: (abs((one.capture.time.date() - looked).days), one.capture.time.date() > looked),
    )
    if now is not None and abs(now.date() - looked) < abs(nearest.capture.time.date() - looked):
        return None
    return nearest


def dependence(version: str, compared: Iterable[tuple[Cited, datetime | None, Acceptance | None]]) -> str:
    """Digest of all that an outcome depends on beside today's page: equal means it need not be judged again.

    That is, for each citation, the time of its baseline and how it was accepted.
    """
    parts = (version, [(cited, time, accepted) for cited, time, accepted in compared])
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]


def outcome_of(
    plan: Plan,
    page: Page,
    compared: Sequence[Compared],
    capture: StoredCapture | None,
    kept: Sequence[StoredCapture],
    history: History,
    now: datetime,
) -> Result:
    """The outcome of a visit, before `in_time` sets it into the history of its source.

    The source shows the worst of its citations (docs/design.md §3).
    """
    worst = min(compared, key=lambda one: one.judgement.rank)
    judgement = worst.judgement
    others = {f"{one.judgement.verdict.value}/{one.judgement.reason.value}" for one in compared}
    also = dict.fromkeys((*judgement.also, *sorted(others)))
    also.pop(f"{judgement.verdict.value}/{judgement.reason.value}", None)
    return Result(
        url=plan.source.url,
        verdict=judgement.verdict,
        reason=judgement.reason,
        confidence=judgement.confidence,
        confirmed=False,
        evidence=judgement.evidence,
        also=tuple(one for one in also if not one.startswith("ok/")),
        since=now,
        last_ok=None,
        strikes=history.strikes,
        first_strike=history.first_strike,
        last_strike=history.last_strike,
        status=page.status,
        final_url=None if page.status is None else page.final_url,
        hops=page.hops,
        similarity=judgement.similarity,
        lost=judgement.lost,
        baseline=baseline_of(worst.baseline, worst.cited.looked),
        capture=None if capture is None else _reference(capture),
        last_good=_last_good(kept),
        archived_url=None,
        archive_note=None,
        suggested_url=judgement.suggested_url,
        citations=tuple(_citation(one) for one in compared if not one.cited.original),
    )


def skipped(plan: Plan, reason: Reason, now: datetime) -> Result:
    """The outcome of a source that is not ours to fetch."""
    judgement = Judgement(Verdict.SKIPPED, reason, 1.0, (plan.why or SKIP_WORDS[reason],))
    compared = [Compared(cited, None, None, judgement) for cited in plan.cited]
    return outcome_of(plan, Page(plan.source.url, None), compared, None, (), History(), now)


def in_time(outcome: Result, previous: Standing | None, now: datetime) -> Result:
    """The outcome with what only the history knows: since when, confirmed, when it was last ok."""
    if previous is None:
        return outcome
    before = previous.outcome
    same = before.verdict is outcome.verdict
    since = before.since if same else now
    if outcome.verdict in (Verdict.OK, Verdict.MOVED):
        last_ok = None
    elif before.verdict in (Verdict.OK, Verdict.MOVED):
        last_ok = previous.checked
    else:
        last_ok = before.last_ok
    return replace(outcome, since=since, confirmed=same and now - since >= CONFIRMED_AFTER, last_ok=last_ok)


def change(outcome: Result, previous: Standing | None) -> Change:
    """What is new against the last run (docs/design.md §8)."""
    was = previous is not None and previous.outcome.verdict.is_finding
    if outcome.verdict.is_finding:
        return Change.STILL if was else Change.NEW
    return Change.RECOVERED if was and outcome.verdict is Verdict.OK else Change.NONE


def _citation(one: Compared) -> CitationResult:
    citation, judgement = one.cited.citation, one.judgement
    return CitationResult(
        article=one.cited.article,
        line=citation.line,
        url=citation.url or "",
        text=citation.text,
        context=citation.context,
        recovered=citation.recovered,
        recovery_confidence=citation.recovery_confidence,
        verdict=judgement.verdict,
        reason=judgement.reason,
        confidence=judgement.confidence,
        baseline=baseline_of(one.baseline, one.cited.looked),
        similarity=judgement.similarity,
        lost=judgement.lost,
        evidence=judgement.evidence,
        accepted=one.accepted,
    )


def baseline_of(kept: StoredCapture | None, looked: date | None) -> Baseline | None:
    """The baseline as reports show it."""
    if kept is None:
        return None
    days = None if looked is None else (kept.capture.time.date() - looked).days
    return Baseline(kept.capture.origin, kept.capture.time, days, kept.capture.public_url)


def _reference(kept: StoredCapture) -> CaptureRef:
    capture = kept.capture
    place = capture.record
    return CaptureRef(place.warc, place.offset, place.length, capture.digest, capture.scope, capture.truncated)


def _last_good(kept: Sequence[StoredCapture]) -> LastGood | None:
    good = [one.capture for one in kept if one.good]
    if not good:
        return None
    place = good[-1].original or good[-1].record
    return LastGood(good[-1].time, place.warc, place.offset, place.length)
