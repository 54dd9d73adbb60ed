"""One visit: its page beside every citation's baseline."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from linkarchive.check.conclude import (
    choose_baseline,
)
from linkarchive.check.desk import Desk, Seen, rule_of
from linkarchive.check.keeping import is_old
from linkarchive.check.plan import Cited, Plan
from linkarchive.check.weighing import Compare, Task, stored_page
from linkarchive.judge import VERSION
from linkarchive.model import (
    Acceptance,
    Page,
    Result,
)
from linkarchive.store.background import Background
from linkarchive.store.captures import StoredCapture, capture_of
from linkarchive.store.decisions import acceptance
from linkarchive.urls import redact
from linkarchive.web.exchange import Visit, VisitRequest
from linkarchive.web.page import page_of


def look(desk: Desk, plan: Plan, visit: Visit, page: Page | None = None, before: Background | None = None) -> Seen:
    """Gather what the judgement of a visit needs, as far as it is not at hand; nothing is written."""
    before = before or desk.background(plan.source.id)
    page = page or page_of(visit, desk.settings.network.max_body)
    return Seen(plan, visit, page, before, tuple(against(desk, plan, before, visit.time)))


def look_again(desk: Desk, plan: Plan, outcome: Result, checked: datetime) -> Seen | None:
    """What this run saw of a source, from the capture that shows it; None when there is none."""
    before = desk.background(plan.source.id)
    capture = capture_of(before.kept, outcome)
    page = None if capture is None else stored_page(desk.project.root, capture.capture, desk.settings.network.max_body)
    if page is None:
        return None
    visit = Visit(VisitRequest(plan.source.url), checked, ())
    return Seen(plan, visit, page, before, tuple(against(desk, plan, before, checked)))


def task_of(desk: Desk, seen: Seen, probe: Page | None = None) -> Task:
    """What is to be weighed of a visit."""
    live, settings = seen.live, desk.settings
    young = bool(live) and not is_old(live[-1].capture.time, seen.visit.time, settings.keep.refresh_days)
    return Task(
        page=seen.page,
        cases=tuple(_compare(seen, cited, standard) for cited, standard in _standards(seen)),
        rule=rule_of(desk, seen.plan),
        root=desk.project.root,
        max_body=settings.network.max_body,
        known_good=young and live[-1].good,
        probe=probe,
    )


def against(
    desk: Desk, plan: Plan, before: Background, now: datetime
) -> list[tuple[Cited, StoredCapture | None, Acceptance | None]]:
    """Each citation with its baseline and its acceptance.

    A citation without a baseline gets one now, unless today's page is nearer to the day the author looked.
    """
    found = []
    for cited in plan.cited:
        known = before.baselines.get((cited.article, cited.looked))
        baseline = known or choose_baseline(before.kept, cited.looked, now)
        found.append((cited, baseline, accepted_of(desk, plan, cited)))
    return found


def accepted_of(desk: Desk, plan: Plan, cited: Cited) -> Acceptance | None:
    return acceptance(desk.decisions, plan.source.key, cited.article) if desk.decisions else None


def version_of(desk: Desk, plan: Plan) -> str:
    """Of the rules that a verdict follows: the judge's, and the project's for this site."""
    rule = rule_of(desk, plan)
    return VERSION if rule is None else f"{VERSION} {rule.ignore} {rule.accept_status}"


def _standards(seen: Seen) -> list[tuple[Cited, StoredCapture | None]]:
    """What today's page is compared with for each citation: the accepted page, else the baseline."""
    return [(cited, _accepted_capture(seen.kept, accepted) or baseline) for cited, baseline, accepted in seen.against]


def _compare(seen: Seen, cited: Cited, standard: StoredCapture | None) -> Compare:
    citation = cited.citation
    compare = Compare(
        id=citation.url or "",
        url=cited.target,
        quotes=(citation.quote,) if citation.quote else (),
        text="" if cited.original else citation.text,
        context=citation.context,
    )
    if standard is None:
        return compare
    if seen.previous is None:
        return replace(compare, standard=standard.capture)
    place, latest = seen.previous.outcome.capture, (seen.live or seen.kept)[-1].capture
    shown = place is not None and (place.warc, place.offset) == (latest.record.warc, latest.record.offset)
    last = latest if shown and latest.status == seen.page.status else None
    known = () if cited.original else seen.previous.outcome.citations
    # state.jsonl, where this comes from, has no secrets in its URLs.
    mine = (cited.article, redact(cited.citation.url or ""))
    before = next((one for one in known if (one.article, redact(one.url)) == mine), seen.previous.outcome)
    return replace(compare, standard=standard.capture, last=last, before=before)


def _accepted_capture(kept: Sequence[StoredCapture], accepted: Acceptance | None) -> StoredCapture | None:
    if accepted is None:
        return None
    return next((one for one in kept if one.capture.time == accepted.capture_time), None)


def sha256_of(page: Page) -> str:
    return hashlib.sha256(page.body).hexdigest()
