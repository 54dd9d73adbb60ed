"""What it comes to when the page of a source is what it was: known before the visit, so that the visit costs a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from linkarchive.check.comparing import accepted_of, sha256_of, version_of
from linkarchive.check.conclude import dependence
from linkarchive.check.desk import Desk, rule_of
from linkarchive.check.events import SourceConcluded
from linkarchive.check.keeping import is_old
from linkarchive.check.plan import Plan
from linkarchive.model import Change, Origin, Page, Verdict
from linkarchive.store.outcomes import Visited
from linkarchive.store.promises import Known, LastPage, known
from linkarchive.web.exchange import Visit, VisitRequest


@dataclass(frozen=True, slots=True)
class Promise:
    """An unchanged page needs no new judgement, nor a new copy of its bytes: the request may be conditional."""

    outcome_id: int
    verdict: Verdict
    page: LastPage
    is_row: bool
    """A row is all that an unchanged page costs; else there is more to see to (a fresh record for an old one)."""


def promises(desk: Desk, plans: Iterable[Plan]) -> Mapping[int, Promise]:
    """Of those sources, a few hundred, for which nothing that their outcome depends on has changed."""
    ready = [plan for plan in plans if plan.source.memory.judged is not None]
    if not ready:
        return {}
    found = known(desk.store, [plan.source.id for plan in ready], desk.run.seq)
    now = desk.clock.now()
    made = {}
    for plan in ready:
        before = found.get(plan.source.id)
        promise = None if before is None else _promise(desk, plan, before, now)
        if promise is not None:
            made[plan.source.id] = promise
    return made


def request_for(plan: Plan, promise: Promise | None) -> VisitRequest:
    """The request for a source, with the validators that its server gave."""
    if promise is None:
        return VisitRequest(plan.source.url)
    memory = plan.source.memory
    return VisitRequest(plan.source.url, memory.etag, memory.last_modified)


def is_kept(promise: Promise, plan: Plan, page: Page) -> bool:
    """Today's page is the one that was judged, reached on the same way."""
    last = promise.page
    if page.failure is not None or (page.status, page.final_url, page.hops) != (last.status, last.final_url, last.hops):
        return False
    return sha256_of(page) == plan.source.memory.sha256


def carry_on(desk: Desk, plan: Plan, promise: Promise, visit: Visit) -> None:
    """Record that the page is what it was."""
    changed = Change.STILL if promise.verdict.is_finding else Change.NONE
    row = Visited(plan.source.id, promise.outcome_id, visit.time, changed, promise.verdict, carried=True)
    desk.ledger.add_visit(row)
    desk.listener(SourceConcluded(plan.source.url, promise.verdict))


def _promise(desk: Desk, plan: Plan, before: Known, now: datetime) -> Promise | None:
    baselines = _baselines(plan, before)
    if baselines is None or not _is_here(desk, plan, before):
        return None
    depends = [(cited, time, accepted_of(desk, plan, cited)) for cited, time in zip(plan.cited, baselines, strict=True)]
    memory = plan.source.memory
    if memory.judged != dependence(version_of(desk, plan), depends):
        return None
    is_row = memory.page_outcome == before.outcome_id and not _is_old(desk, before, now)
    if before.verdict.is_finding and desk.decisions:  # somebody may have ignored it until today
        is_row = False
    return Promise(before.outcome_id, before.verdict, before.page, is_row)


def _baselines(plan: Plan, before: Known) -> Sequence[datetime | None] | None:
    """The time of each citation's baseline; None when one has to be chosen first."""
    times = [before.baselines.get((cited.article, cited.looked)) for cited in plan.cited]
    return None if None in times and any(one.usable for one in before.captures) else times


def _is_here(desk: Desk, plan: Plan, before: Known) -> bool:
    """The bytes of the last capture are in this folder, or there shall be none."""
    if not before.captures:
        rule = rule_of(desk, plan)
        return rule is not None and not rule.capture
    return desk.has_file(before.captures[-1].warc)


def _is_old(desk: Desk, before: Known, now: datetime) -> bool:
    live = [one.time for one in before.captures if one.origin is Origin.LIVE]
    return bool(live) and is_old(live[-1], now, desk.settings.keep.refresh_days)
