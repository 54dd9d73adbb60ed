"""Unchanged pages: what answers 304, or with the same bytes on the same way, is not judged again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice

from linkarchive.check.baselines import Fetched, NewCapture, inputs_version, is_old, judgement_inputs_hash, new_parts
from linkarchive.check.conclude import Conclusion
from linkarchive.check.plan import Job, Policy, with_previous
from linkarchive.check.results import change_of, with_copy, with_history
from linkarchive.model import Change, Page
from linkarchive.store import previous
from linkarchive.store.database import Store
from linkarchive.store.previous import AT_ONCE, Previous
from linkarchive.store.unchanged import compared_with_itself
from linkarchive.web.exchange import VisitRequest


def load_previous(jobs: Iterable[Job], store: Store, run: int, policy: Policy) -> Iterator[Job]:
    """The jobs with what was known of their sources before that run, read for many together when they are needed."""
    rest = iter(jobs)
    while batch := list(islice(rest, AT_ONCE)):
        known = previous.load(store, [job.source.id for job in batch], run)
        for job in batch:
            before = known[job.source.id]
            yield with_previous(job, before, _inputs_unchanged(job, before, policy))


def request_for(job: Job, policy: Policy, now: datetime, has_file: Callable[[str], bool]) -> VisitRequest:
    """The request for a source: conditional where an unchanged page would need no judgement and no copy of its bytes.

    The frame of a page that scripts draw may be the same for ever, and tells nothing. Where the copy of any other lies
    does not matter before a fresh one is due: a Git clone has no WARC files, as `has_file` says, and is told by 304s
    all the same.
    """
    page = job.previous.page
    if job.previous.was_rendered or not job.inputs_unchanged or not _has_copy(job, policy, now, has_file):
        return VisitRequest(policy.address(job.source.url))
    return VisitRequest(policy.address(job.source.url), page.etag, page.last_modified)


def unchanged(fetched: Fetched, policy: Policy) -> Conclusion | None:
    """The conclusion on a page that answered 304, or with the same bytes, while all that its judgement depends on is as
    it was; None for any other page, which has to be judged.

    It has no result where the last one stands: then only a row of `visits` is written. A result comes with it where
    a fresh record of the capture is due, and where the last visit found something else than this page. A page with
    other bytes and the same text is judged (`conclude`).
    """
    job, visit, before = fetched.job, fetched.visit, fetched.job.previous
    if not job.inputs_unchanged or before.page.result_id is None:
        return None
    if not visit.not_modified:
        if visit.final is None or not _is_same_page(fetched.page, before):
            return None
        if not before.capture_rows and fetched.may_be_kept(policy):
            return None  # its first copy is still to be made
    verdict, last = before.verdict, before.last_live
    old = last is not None and is_old(last, visit.time, policy) and fetched.may_be_kept(policy)
    stands = before.page.result_id == before.result_id and not old
    # A finding that somebody had ignored until now may be news.
    if stands and verdict is not None and not (verdict.is_finding and policy.decisions):
        change = Change.STILL if verdict.is_finding else Change.NONE
        return Conclusion(job, visit.time, verdict, None, change)
    result = before.page_result
    if result is None:
        return None
    result = with_copy(with_history(compared_with_itself(result), before, visit.time), job, policy)
    return Conclusion(
        job,
        visit.time,
        result.verdict,
        result,
        change_of(result, job, policy, visit.time),
        capture=_refreshed(fetched, policy) if old else None,
        page=before.page,
    )


def _inputs_unchanged(job: Job, before: Previous, policy: Policy) -> bool:
    if before.page.inputs_hash is None:
        return False
    times = [before.baseline_time(link.article, link.viewed_on) for link in job.citations]
    if None in times and before.has_usable:  # a baseline has to be chosen first
        return False
    inputs = [(link, time, policy.acceptance(job, link)) for link, time in zip(job.citations, times, strict=True)]
    return before.page.inputs_hash == judgement_inputs_hash(inputs_version(job, policy), inputs)


def _has_copy(job: Job, policy: Policy, now: datetime, has_file: Callable[[str], bool]) -> bool:
    """There is a capture of the source that a 304 can be added to, or there shall be none."""
    if not job.previous.capture_rows:
        rule = policy.rule(job)
        return rule is not None and not rule.capture
    last = job.previous.last_live
    if last is None or not is_old(last, now, policy):
        return True
    file = job.previous.file  # to know it, the capture is decoded
    return file is not None and has_file(file)


def _is_same_page(page: Page, before: Previous) -> bool:
    """The same bytes, reached on the same way."""
    result = before.page_result
    if result is None or (page.status, page.final_url, page.hops) != (result.status, result.final_url, result.hops):
        return False
    return page.failure is None and hashlib.sha256(page.body).hexdigest() == before.page.sha256


def _refreshed(fetched: Fetched, policy: Policy) -> NewCapture:
    """A fresh record for an old capture: a revisit of it says that the page is what it was."""
    last = fetched.job.previous.live[-1]
    return NewCapture(
        fetched.visit,
        last.capture.sha256,
        last.capture.fingerprint,
        last.usable,
        last.good,
        repeats=last.capture,
        refreshes=True,
        parts=new_parts(fetched, policy),
    )
