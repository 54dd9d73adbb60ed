"""The stored result of a source, from its judgements: pure, the store and the clock are the caller's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from linkarchive.check.assess import Assessment
from linkarchive.check.baselines import NewCapture, baseline_of
from linkarchive.check.plan import Job, Policy
from linkarchive.judge.https_only import is_https_only
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
    Read,
    Reason,
    Result,
    Verdict,
)
from linkarchive.store import decisions
from linkarchive.store.captures import StoredCapture
from linkarchive.store.lookups import COPY, MOVED, new_address
from linkarchive.store.previous import Previous
from linkarchive.store.unchanged import CONFIRMED_AFTER
from linkarchive.wayback.cited import CitedLink

ONLY_US_CONFIDENCE = 0.9

Titles = tuple[str | None, str | None]
"""Of a page, and of the one that it was compared with."""


class ComparedLink(Struct, frozen=True):
    """One citation, what the page was compared with for it, and the judgement."""

    link: CitedLink
    baseline: StoredCapture | NewCapture | None
    accepted: Acceptance | None
    judgement: Judgement


def inputs_of(compared: Iterable[ComparedLink]) -> list[tuple[CitedLink, datetime | None, Acceptance | None]]:
    """Each citation with the time of its baseline and its acceptance, for `judgement_inputs_hash`."""
    return [
        (cited.link, cited.baseline.as_baseline[1] if cited.baseline else None, cited.accepted) for cited in compared
    ]


def result_of(
    job: Job,
    page: Page,
    compared: Sequence[ComparedLink],
    capture: StoredCapture | NewCapture | None,
    history: History,
    now: datetime,
    titles: Titles = (None, None),
) -> Result:
    """The result of a visit, before `with_history`. It shows the worst of its citations (docs/design.md §3). `capture`
    shows the page; where it is still to be stored, `with_capture` names it. `titles` are as `titles_of` says."""
    worst = min(compared, key=lambda cited: cited.judgement.rank)
    judgement = worst.judgement
    others = {f"{cited.judgement.verdict.value}/{cited.judgement.reason.value}" for cited in compared}
    also = dict.fromkeys((*judgement.also, *sorted(others)))
    also.pop(f"{judgement.verdict.value}/{judgement.reason.value}", None)
    result = Result(
        url=job.source.url,
        verdict=judgement.verdict,
        reason=judgement.reason,
        confidence=judgement.confidence,
        confirmed=False,
        evidence=judgement.evidence,
        also=tuple(name for name in also if not name.startswith("ok/")),
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
        baseline=baseline_of(worst.baseline, worst.link.viewed_on),
        capture=None,
        last_good=_last_good(job.previous.live),
        archived_url=None,
        archive_note=None,
        suggested_url=judgement.suggested_url,
        citations=tuple(_citation(cited) for cited in compared if not cited.link.original),
        title=titles[0],
        title_then=titles[1],
        read=read_of(page),
    )
    return with_capture(result, capture) if isinstance(capture, StoredCapture) else result


def read_of(page: Page) -> Read | None:
    """What was read of a page; None where there was none."""
    if page.status is None or page.failure is not None:
        return None
    return Read(len(page.body), page.declared_length, page.cut)


def with_capture(result: Result, stored: StoredCapture) -> Result:
    """The result with the capture that shows its page."""
    reference = CaptureRef.of(stored.capture)
    last_good = _last_good([stored]) if stored.good else None
    newer = last_good is not None and (result.last_good is None or last_good.time > result.last_good.time)
    return replace(result, capture=reference, last_good=last_good if newer else result.last_good)


def with_history(result: Result, before: Previous, now: datetime) -> Result:
    """The result with what only the past knows: since when, confirmed, when it was last ok."""
    last = before.result
    if last is None:
        return result
    same = last.verdict is result.verdict
    since = last.since if same else now
    if result.verdict in (Verdict.OK, Verdict.MOVED):
        last_ok = None
    elif last.verdict in (Verdict.OK, Verdict.MOVED):
        last_ok = before.checked
    else:
        last_ok = last.last_ok
    return replace(result, since=since, confirmed=same and now - since >= CONFIRMED_AFTER, last_ok=last_ok)


def titles_of(assessment: Assessment, last: Result | None) -> Titles:
    """The title of the last usable page, and the baseline's where it was another one."""
    title = assessment.title or (last.title if last else None)
    then = assessment.title_then or (last.title_then if last else None)
    return title, None if then == title else then


def change_of(result: Result, job: Job, policy: Policy, now: datetime) -> Change:
    """What is new against the last run (docs/design.md §8); a finding that was ignored and is no more is new."""
    before = job.previous
    last = before.verdict
    was = last is not None and last.is_finding
    if before.result is not None and _differs_by_decision(before.result, result):
        return Change.NONE
    if not result.verdict.is_finding:
        return Change.RECOVERED if was and result.verdict is Verdict.OK else Change.NONE
    if not was:
        return Change.NEW
    then, key = before.checked, job.source.key
    ignored_no_more = (
        then is not None
        and decisions.ignored(policy.decisions, key, then.date(), then) is not None
        and decisions.ignored(policy.decisions, key, now.date()) is None
    )
    return Change.NEW if ignored_no_more else Change.STILL


def _differs_by_decision(last: Result, result: Result) -> bool:
    """A page was accepted, or its acceptance was withdrawn, since the last visit: nothing happened on the web."""
    then, now = ({citation.accepted for citation in visit.citations if citation.accepted} for visit in (last, result))
    if (last.verdict, result.verdict) == (Verdict.DRIFTED, Verdict.OK):
        return bool(now - then)
    return (last.verdict, result.verdict) == (Verdict.OK, Verdict.DRIFTED) and bool(then - now)


def with_copy(result: Result, job: Job, policy: Policy) -> Result:
    """The result of a dead source with its public copy, or in words why there is none, and with the address where the
    page is now; that of a replaced page with the latter. Any other finding says why archives may not be asked."""
    if result.verdict is not Verdict.DEAD:
        note = _not_asked(job, policy) if result.verdict.is_finding else None
        if note != result.archive_note:
            result = replace(result, archive_note=note)
        is_replaced = (result.verdict, result.reason) == (Verdict.DRIFTED, Reason.REPLACED)
        return with_new_address(result, job) if is_replaced else result
    copy = job.previous.answers.get(COPY)
    seen_by_author = result.baseline.url if result.baseline else None
    url = seen_by_author or (copy.url if copy else None)
    if url is not None:
        note = None
    elif policy.settings.wayback.mode == "off":
        note = "web archives were not asked (--wayback off)"
    else:
        note = _not_asked(job, policy) or (copy.note if copy else "web archives have not been asked yet")
    return with_new_address(replace(result, archived_url=url, archive_note=note), job)


def _not_asked(job: Job, policy: Policy) -> str | None:
    """That archives may not be told of the source, and why; None where they may, or nobody asks them."""
    kept_here = None if policy.settings.wayback.mode == "off" else job.kept_here
    return f"web archives were not asked: {kept_here}" if kept_here else None


def with_new_address(result: Result, job: Job) -> Result:
    """The result with what was found of where the page is now."""
    moved = job.previous.answers.get(MOVED)
    if result.suggested_url is not None or moved is None or moved.url is None:
        return result
    new = new_address(moved)
    return replace(
        result,
        suggested_url=moved.url,
        suggested_by=new.how,
        suggested_confidence=new.confidence,
        evidence=(*result.evidence, f"the page is at {moved.url} now: {new.how}") if new.how else result.evidence,
    )


def with_baselines(result: Result, job: Job) -> Result:
    """The result of a source without a page of today: only what it would have been compared with changes."""
    based: dict[tuple[str, str | None, int], Baseline | None] = {}
    for link in job.citations:
        capture = job.previous.baseline(link.article, link.viewed_on)
        if capture is not None:
            based[link.article, link.citation.url, link.citation.line] = baseline_of(capture, link.viewed_on)
    citations = tuple(
        replace(citation, baseline=based.get((citation.article, citation.url, citation.line), citation.baseline))
        for citation in result.citations
    )
    return replace(result, citations=citations, baseline=next(iter(based.values()), result.baseline))


def only_us(result: Result, seen: datetime) -> Result:
    """The result of a page that others can see, as an archive did: not dead, but closed to us (docs/design.md §7)."""
    evidence = (f"a web archive saw the page on {seen:%-d %B %Y}, while it fails for us", *result.evidence)
    citations = tuple(
        replace(
            citation,
            verdict=Verdict.BLOCKED,
            reason=Reason.ONLY_US,
            confidence=ONLY_US_CONFIDENCE,
            evidence=evidence,
        )
        for citation in result.citations
    )
    return replace(
        result,
        verdict=Verdict.BLOCKED,
        reason=Reason.ONLY_US,
        confidence=ONLY_US_CONFIDENCE,
        evidence=evidence,
        strikes=0,
        first_strike=None,
        last_strike=None,
        archived_url=None,
        archive_note=None,
        citations=citations,
    )


def was_https_only(last: Result | None) -> bool:
    """The last visit found the page on https alone, though it is cited with http."""
    return last is not None and last.status is not None and is_https_only(last.url, last.hops, last.final_url)


def history_of(result: Result | None) -> History:
    """The strikes that earlier runs left."""
    return History() if result is None else History(result.strikes, result.first_strike, result.last_strike)


def _citation(compared: ComparedLink) -> CitationResult:
    link, judgement = compared.link, compared.judgement
    citation = link.citation
    return CitationResult(
        article=link.article,
        line=citation.line,
        url=citation.url or "",
        text=citation.text,
        context=citation.context,
        recovered=citation.recovered,
        recovery_confidence=citation.recovery_confidence,
        verdict=judgement.verdict,
        reason=judgement.reason,
        confidence=judgement.confidence,
        baseline=baseline_of(compared.baseline, link.viewed_on),
        similarity=judgement.similarity,
        lost=judgement.lost,
        evidence=judgement.evidence,
        accepted=compared.accepted,
        note=citation.note,
        accessed=citation.accessed,
        snapshot=citation.snapshot,
        unit=citation.unit,
        place=citation.place,
    )


def _last_good(captures: Sequence[StoredCapture]) -> LastGood | None:
    good = [stored.capture for stored in captures if stored.good]
    if not good:
        return None
    place = good[-1].original or good[-1].record
    return LastGood(good[-1].time, place.warc, place.offset, place.length)
