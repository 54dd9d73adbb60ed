"""From a fetched page and its judgements to what is concluded on its source. Pure: `record` writes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct, structs

from linkarchive.check.assess import Assessment
from linkarchive.check.baselines import (
    Fetched,
    NewCapture,
    baselines_of,
    choose_baseline,
    inputs_version,
    is_old,
    judgement_inputs_hash,
    new_parts,
)
from linkarchive.check.copies import as_seen_before, judged_by_copy, with_settled
from linkarchive.check.plan import Job, Policy
from linkarchive.check.results import (
    ComparedLink,
    Titles,
    change_of,
    history_of,
    inputs_of,
    result_of,
    titles_of,
    was_https_only,
    with_copy,
    with_history,
)
from linkarchive.judge.https_only import is_https_only, moved_to_https
from linkarchive.judge.strikes import apply_strikes
from linkarchive.model import (
    Capture,
    Change,
    Difference,
    History,
    Hop,
    Judgement,
    Page,
    Reason,
    Result,
    Verdict,
)
from linkarchive.settings import SiteSettings
from linkarchive.store.captures import StoredCapture
from linkarchive.store.previous import LastPage, Previous
from linkarchive.wayback.cited import CitedLink

SKIP_WORDS = {
    Reason.SCHEME: "this kind of address cannot be visited",
    Reason.RELATIVE: "a relative link, and nothing says relative to what",
    Reason.EXCLUDED: "excluded by the project",
    Reason.PRIVATE_ADDRESS: "an address of a private network; --allow-private visits those too",
}


class Conclusion(Struct, frozen=True):
    """What a visit came to; nothing of it is written yet."""

    job: Job
    checked: datetime | None
    """None: it was skipped."""
    verdict: Verdict
    result: Result | None
    """None: that of the last visit stands, and the page is what it was."""
    change: Change
    capture: NewCapture | None = None
    """To be stored. The result names it once it is, unless it only refreshes an old one."""
    baselines: tuple[tuple[CitedLink, StoredCapture | NewCapture], ...] = ()
    page: LastPage | None = None
    """What the next visit may rely on; the number of this result is filled in when it has one."""
    difference: Difference | None = None

    @property
    def is_as_before(self) -> bool:
        """The page was compared, and is what it was; and that is no news."""
        is_first = self.result is not None and self.result.reason is Reason.FIRST_SEEN
        return self.verdict is Verdict.OK and self.change is Change.NONE and not is_first


def conclude(fetched: Fetched, assessment: Assessment, policy: Policy) -> Conclusion:
    """The conclusion on a visit that was judged: strikes, what to store of it, the result in its history."""
    job, visit, before = fetched.job, fetched.visit, fetched.job.previous
    history = history_of(before.result)
    struck = [apply_strikes(judged, history, visit.time, policy.settings.judge) for judged in assessment.judgements]
    judgements, history = [_remarked(judgement, fetched.remark) for judgement, _ in struck], struck[0][1]
    https_only = is_https_only(visit.request.url, fetched.page.hops, fetched.page.final_url)
    seen_so = https_only and was_https_only(before.result)
    if seen_so:
        judgements = _moved_to_https(judgements, job)
    worst = min(judgements, key=lambda judged: judged.rank)
    capture = _capture_to_keep(fetched, worst, assessment, policy)
    captures: list[StoredCapture | NewCapture] = list(before.live)
    if isinstance(capture, NewCapture):
        captures.append(capture)
    compared = [
        ComparedLink(
            link,
            baseline or choose_baseline(captures, link.viewed_on),
            accepted,
            judged_by_copy(link, judgement, job, policy),
        )
        for (link, baseline, accepted), judgement in zip(baselines_of(job, policy, visit.time), judgements, strict=True)
    ]
    titles = _titles(fetched.page.final_url, fetched.page.hops, assessment, before.result, policy)
    result = result_of(job, fetched.page, compared, capture, history, visit.time, titles)
    result = as_seen_before(result, before.result)
    result = with_settled(with_copy(with_history(result, before, visit.time), job, policy), job)
    # A server's error page is no page: each run counts its strike, or has heard of somebody who saw the page.
    failing = worst.verdict is Verdict.UNREACHABLE or worst.reason is Reason.UNREACHABLE_SINCE
    is_new_way = https_only and not seen_so  # the next visit tells whether the page has moved to https
    return Conclusion(
        job,
        visit.time,
        result.verdict,
        result,
        change_of(result, job, policy, visit.time),
        capture=capture if isinstance(capture, NewCapture) else None,
        baselines=tuple((cited.link, cited.baseline) for cited in compared if cited.baseline is not None),
        page=None if failing or is_new_way else _last_page(fetched, compared, assessment.sha256, policy),
        difference=assessment.difference if result.verdict is Verdict.DRIFTED else None,
    )


def _remarked(judgement: Judgement, remark: str) -> Judgement:
    return structs.replace(judgement, evidence=(*judgement.evidence, remark)) if remark else judgement


def _moved_to_https(judgements: Sequence[Judgement], job: Job) -> list[Judgement]:
    return [moved_to_https(judged, link.target) for judged, link in zip(judgements, job.citations, strict=True)]


def _titles(
    final_url: str | None, hops: Sequence[Hop], assessment: Assessment, last: Result | None, policy: Policy
) -> Titles:
    """`titles_of` a page at this address, but for that of a forgotten page."""
    urls = [url for url in (final_url, *(hop.url for hop in hops)) if url is not None]
    return titles_of(structs.replace(assessment, title=None) if policy.forgets_any(urls) else assessment, last)


def skipped(job: Job, now: datetime, policy: Policy) -> Conclusion:
    """The conclusion on a source that is not ours to fetch."""
    reason = job.skip or Reason.EXCLUDED
    judgement = Judgement(Verdict.SKIPPED, reason, 1.0, (job.why or SKIP_WORDS[reason],))
    compared = [ComparedLink(link, None, None, judgement) for link in job.citations]
    result = result_of(
        structs.replace(job, previous=Previous()), Page(job.source.url, None), compared, None, History(), now
    )
    result = with_history(result, job.previous, now)
    return Conclusion(job, None, result.verdict, result, change_of(result, job, policy, now))


def rejudged(
    job: Job, page: Page, assessment: Assessment, result: Result, checked: datetime, policy: Policy
) -> Conclusion:
    """The conclusion on a page of this run whose citations have other baselines now; its strikes stay."""
    judgements = list(assessment.judgements)
    if is_https_only(policy.address(job.source.url), result.hops, result.final_url) and was_https_only(
        job.previous.result
    ):
        judgements = _moved_to_https(judgements, job)
    compared = [
        ComparedLink(link, baseline, accepted, judged_by_copy(link, judgement, job, policy))
        for (link, baseline, accepted), judgement in zip(baselines_of(job, policy, checked), judgements, strict=True)
    ]
    capture = job.previous.shown_by(result)
    titles = _titles(result.final_url, result.hops, assessment, result, policy)
    again = result_of(job, page, compared, capture, history_of(result), checked, titles)
    again = structs.replace(again, status=result.status, final_url=result.final_url, hops=result.hops, read=result.read)
    again = with_history(again, job.previous, checked)
    again = with_settled(with_copy(again, job, policy), job)
    page_now = None
    if job.previous.page.inputs_hash is not None:
        hashed = judgement_inputs_hash(inputs_version(job, policy), inputs_of(compared))
        page_now = structs.replace(job.previous.page, inputs_hash=hashed)
    return replaced(job, again, checked, checked, policy, page_now)


def replaced(
    job: Job, result: Result, checked: datetime | None, now: datetime, policy: Policy, page: LastPage | None = None
) -> Conclusion:
    """The conclusion that takes the place of the one that this run came to first."""
    return Conclusion(job, checked, result.verdict, result, change_of(result, job, policy, now), page=page)


def _last_page(fetched: Fetched, compared: Sequence[ComparedLink], sha256: str, policy: Policy) -> LastPage | None:
    """What the next visit may rely on. Validators count for the URL that we ask first, so not after redirects."""
    final = fetched.visit.final
    if final is None or fetched.page.failure is not None:
        return None
    headers = final.header_map
    direct = len(fetched.visit.exchanges) == 1 and final.status == 200 and final.truncated is None
    return LastPage(
        headers.get("etag") if direct else None,
        headers.get("last-modified") if direct else None,
        sha256,
        judgement_inputs_hash(inputs_version(fetched.job, policy), inputs_of(compared)),
    )


# --- what to store -------------------------------------------------------------------------------


def _capture_to_keep(
    fetched: Fetched, worst: Judgement, assessment: Assessment, policy: Policy
) -> NewCapture | StoredCapture | None:
    """The capture that shows this page: a new one where it says something new (docs/design.md §6), or a stored one."""
    visit, page, live = fetched.visit, fetched.page, fetched.job.previous.live
    if visit.final is None or page.failure is not None:
        return None
    if not fetched.may_be_kept(policy):
        return None
    alive, last = worst.verdict.is_alive, live[-1] if live else None
    spared = policy.is_full and not worst.verdict.is_finding and any(capture.usable for capture in live)
    if last is not None and (spared or not _says_something_new(fetched, worst, assessment.fingerprint, policy)):
        same = (capture for capture in reversed(live) if _shows(capture, page, assessment.sha256))
        return next(same, last)
    old = last is not None and is_old(last.capture.time, visit.time, policy)
    if last is not None and last.usable == alive and not old and _shows(last, page, assessment.sha256):
        return last
    fingerprint = assessment.fingerprint or _fingerprint(page, policy.rule(fetched.job))
    good = worst.verdict in (Verdict.OK, Verdict.MOVED)
    digest = visit.final.body.digest
    repeats = (
        stored.capture for stored in reversed(live) if stored.capture.digest == digest and not stored.capture.truncated
    )
    parts = new_parts(fetched, policy)
    return NewCapture(visit, assessment.sha256, fingerprint, alive, good, next(repeats, None), parts=parts)


def _says_something_new(fetched: Fetched, worst: Judgement, fingerprint: str | None, policy: Policy) -> bool:
    """The page is not only noise beside the last capture: its status, way or substance changed, or it is evidence. So
    is a first usable page, and a fresh copy of an old one."""
    live, alive = fetched.job.previous.live, worst.verdict.is_alive
    last = live[-1]
    if alive and not any(capture.usable for capture in live):
        return True
    if fetched.rendering is not None and last.capture.dom is None:
        return True
    if is_old(last.capture.time, fetched.visit.time, policy) or not _is_same_way(last.capture, fetched.page):
        return True
    if alive != last.usable:
        return True
    if (worst.verdict, worst.reason) == (Verdict.OK, Reason.SAME) and last.good:
        return False
    if worst.verdict is Verdict.DRIFTED and last.good:
        return True  # the evidence may stand outside the paragraphs that the fingerprint is of
    return fingerprint != last.capture.fingerprint


def _shows(capture: StoredCapture, page: Page, sha256: str) -> bool:
    """Today's page is the captured one, byte for byte and on the same way."""
    return sha256 == capture.capture.sha256 and _is_same_way(capture.capture, page)


def _is_same_way(capture: Capture, page: Page) -> bool:
    return (capture.status, capture.final_url, capture.hops) == (page.status, page.final_url, page.hops)


def _fingerprint(page: Page, rule: SiteSettings | None) -> str:
    """That of a page which is the same in substance, and is stored all the same."""
    from linkarchive.judge.site_rule import apply_site_rule
    from linkarchive.judge.verdict import fingerprint

    return fingerprint(apply_site_rule(page, rule))
