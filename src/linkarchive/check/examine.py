"""One visit: compare its page with every citation's baseline, keep what is worth keeping, conclude, record."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from linkarchive.check.conclude import (
    Compared,
    change,
    choose_baseline,
    dependence,
    in_time,
    outcome_of,
    skipped,
    unchanged,
)
from linkarchive.check.copies import with_copy
from linkarchive.check.digests import by_digests
from linkarchive.check.events import Listener, SourceConcluded
from linkarchive.check.judged import as_judged
from linkarchive.check.keeping import is_same_page, worth_keeping
from linkarchive.check.plan import Cited, Plan
from linkarchive.clock import Clock
from linkarchive.errors import StorageError
from linkarchive.judge import VERSION, Readings, fingerprint, is_suspect, judge, settle
from linkarchive.model import (
    Acceptance,
    Case,
    Change,
    CitationOutcome,
    History,
    Judgement,
    Origin,
    Outcome,
    Page,
    Reason,
    Verdict,
)
from linkarchive.project import Project
from linkarchive.settings import Settings, SiteSettings
from linkarchive.sites import rule_for
from linkarchive.snapshot.reader import read_page
from linkarchive.snapshot.writer import WarcWriter
from linkarchive.store import captures, outcomes, sources
from linkarchive.store.captures import Kept
from linkarchive.store.decisions import Decision, acceptance, forgotten, ignored
from linkarchive.store.outcomes import Standing, Visited
from linkarchive.store.runs import Run
from linkarchive.store.sources import Memory
from linkarchive.urls import redact
from linkarchive.wayback.replay import as_captured
from linkarchive.web.exchange import Visit, VisitRequest
from linkarchive.web.page import page_of


@dataclass(frozen=True, slots=True)
class Desk:
    """What the stages of one run share."""

    project: Project
    connection: Connection
    writer: WarcWriter
    run: Run
    settings: Settings
    clock: Clock
    decisions: list[Decision]
    listener: Listener

    def settle(self) -> None:
        """What was written so far lasts when this returns: first records, then index lines, then rows."""
        self.writer.sync()
        self.connection.commit()


@dataclass(frozen=True, slots=True)
class Seen:
    """A visit with all that was known before it."""

    plan: Plan
    visit: Visit
    page: Page
    previous: Standing | None
    kept: tuple[Kept, ...]
    against: tuple[tuple[Cited, Kept | None, Acceptance | None], ...]
    readings: Readings = field(default_factory=Readings)
    """What was read of these pages; to be let go when the visit is set aside."""

    @property
    def live(self) -> tuple[Kept, ...]:
        """The captures that are our own."""
        return tuple(one for one in self.kept if one.capture.origin is Origin.LIVE)


@dataclass(frozen=True, slots=True)
class Concluded:
    """What a visit came to; `checked` is None where there was none."""

    plan: Plan
    previous: Standing | None
    outcome: Outcome
    checked: datetime | None


AT_ONCE = 500
"""Sources whose rows are read and written together."""


def request_for(desk: Desk, plan: Plan, whole: bool = False) -> VisitRequest:
    """The request for a source: conditional only where an unchanged page needs no new judgement, nor a new copy."""
    memory = plan.source.memory
    if whole or memory.judged is None or memory.page_outcome is None:
        return VisitRequest(plan.source.url)
    kept = captures.of_source(desk.connection, plan.source.id)
    if memory.judged != dependence(_version(desk, plan), _against(desk, plan, kept, desk.clock.now())):
        return VisitRequest(plan.source.url)
    if kept and not (desk.project.root / (kept[-1].capture.original or kept[-1].capture.record).warc).exists():
        return VisitRequest(plan.source.url)
    return VisitRequest(plan.source.url, memory.etag, memory.last_modified)


def look(desk: Desk, plan: Plan, visit: Visit) -> Seen:
    """Gather what the judgement of a visit needs; nothing is written."""
    kept = captures.of_source(desk.connection, plan.source.id)
    previous = outcomes.standing(desk.connection, plan.source.id, desk.run.seq)
    page = page_of(visit, desk.settings.network.max_body)
    return Seen(plan, visit, page, previous, tuple(kept), tuple(_against(desk, plan, kept, visit.time)))


def look_again(desk: Desk, plan: Plan, outcome: Outcome, checked: datetime) -> Seen | None:
    """What this run saw of a source, from the capture that shows it; None when there is none."""
    kept = captures.of_source(desk.connection, plan.source.id)
    capture = capture_of(kept, outcome)
    page = None if capture is None else stored_page(desk, capture)
    if page is None:
        return None
    previous = outcomes.standing(desk.connection, plan.source.id, desk.run.seq)
    visit = Visit(VisitRequest(plan.source.url), checked, ())
    return Seen(plan, visit, page, previous, tuple(kept), tuple(_against(desk, plan, kept, checked)))


def capture_of(kept: Sequence[Kept], outcome: Outcome) -> Kept | None:
    """The capture that an outcome names as its evidence."""
    place = outcome.capture
    at = None if place is None else (place.warc, place.offset)
    return next((one for one in kept if (one.capture.record.warc, one.capture.record.offset) == at), None)


def suspect(desk: Desk, seen: Seen) -> bool:
    """A made-up sibling address would tell more about this page."""
    if seen.visit.not_modified:
        return False
    readings = seen.readings
    return any(is_suspect(case, judge(case, readings=readings), readings=readings) for case in _cases(desk, seen, None))


def record(desk: Desk, seen: Seen, probe: Page | None = None) -> Outcome:
    """Conclude on a visit and write it: WARC bytes first, then the rows that name them. `Desk.settle` makes it last."""
    now = seen.visit.time
    carried = _carried(desk, seen)
    if carried is not None:
        if _is_old(desk, seen):
            _keep_again(desk, seen)
        outcome = in_time(unchanged(carried), seen.previous, now)
        [identifier] = file(desk, [Concluded(seen.plan, seen.previous, outcome, now)])
        sources.remember(
            desk.connection, seen.plan.source.id, replace(seen.plan.source.memory, page_outcome=identifier)
        )
        desk.listener(SourceConcluded(outcome))
        return outcome
    judgements = judged(desk, seen, probe)
    history = History() if seen.previous is None else history_of(seen.previous.outcome)
    settled = [settle(judgement, history, now, desk.settings.judge) for judgement in judgements]
    judgements, history = [one for one, _ in settled], settled[0][1]
    capture, kept = _keep(desk, seen, judgements)
    compared = [
        Compared(cited, baseline or _first_baseline(kept, cited), accepted, judgement)
        for (cited, baseline, accepted), judgement in zip(seen.against, judgements, strict=True)
    ]
    live = [one for one in kept if one.capture.origin is Origin.LIVE]
    outcome = outcome_of(seen.plan, seen.page, compared, capture, live, history, now)
    outcome = with_copy(desk.connection, desk.settings.wayback.mode, seen.plan, in_time(outcome, seen.previous, now))
    for one in compared:
        if one.baseline is not None:
            captures.set_baseline(desk.connection, desk.run.seq, one.cited.article, one.cited.looked, one.baseline)
    [identifier] = file(desk, [Concluded(seen.plan, seen.previous, outcome, now)])
    if outcome.verdict is not Verdict.UNREACHABLE:  # a server's error page is no page, and each run counts its strike
        _remember(desk, seen, compared, identifier)
    desk.listener(SourceConcluded(outcome))
    return outcome


def judged(desk: Desk, seen: Seen, probe: Page | None = None) -> list[Judgement]:
    """The judgement on each citation of the source, as if this were the first run."""
    return [
        _compared(seen, cited, standard, case)
        for case, (cited, standard) in zip(_cases(desk, seen, probe), _standards(seen), strict=True)
    ]


def record_skipped(desk: Desk, plans: Sequence[Plan]) -> None:
    """Conclude on sources that are not ours to fetch. Commits."""
    for start in range(0, len(plans), AT_ONCE):
        some = plans[start : start + AT_ONCE]
        before = outcomes.standings(desk.connection, [plan.source.id for plan in some], desk.run.seq)
        concluded = []
        for plan in some:
            if plan.skip is not None:
                previous, now = before.get(plan.source.id), desk.clock.now()
                concluded.append(Concluded(plan, previous, in_time(skipped(plan, plan.skip, now), previous, now), None))
        file(desk, concluded)
        desk.settle()
        for one in concluded:
            desk.listener(SourceConcluded(one.outcome))


def _against(
    desk: Desk, plan: Plan, kept: Sequence[Kept], now: datetime
) -> list[tuple[Cited, Kept | None, Acceptance | None]]:
    """Each citation with its baseline and its acceptance.

    A citation without a baseline gets one now, unless today's page is nearer to the day the author looked.
    """
    found = []
    for cited in plan.cited:
        known = captures.baseline(desk.connection, cited.article, plan.source.id, cited.looked)
        baseline = known or choose_baseline(kept, cited.looked, now)
        accepted = acceptance(desk.decisions, plan.source.key, cited.article)
        found.append((cited, baseline, accepted))
    return found


def _rule(desk: Desk, plan: Plan) -> SiteSettings | None:
    return rule_for(plan.source.url, desk.settings.sites)


def _version(desk: Desk, plan: Plan) -> str:
    """Of the rules that a verdict follows: the judge's, and the project's for this site."""
    rule = _rule(desk, plan)
    return VERSION if rule is None else f"{VERSION} {rule.ignore} {rule.accept_status}"


def _first_baseline(kept: Sequence[Kept], cited: Cited) -> Kept | None:
    return choose_baseline(kept, cited.looked)


def _cases(desk: Desk, seen: Seen, probe: Page | None) -> list[Case]:
    pages: dict[int, Page | None] = {}
    cases = []
    rule = _rule(desk, seen.plan)
    today = as_judged(seen.page, rule)
    for cited, standard in _standards(seen):
        if standard is not None and standard.id not in pages:
            stored = stored_page(desk, standard)
            pages[standard.id] = None if stored is None else as_judged(stored, rule)
        citation = cited.citation
        cases.append(
            Case(
                id=citation.url or "",
                url=cited.target,
                after=today,
                before=None if standard is None else pages[standard.id],
                quotes=(citation.quote,) if citation.quote else (),
                text="" if cited.original else citation.text,
                context=citation.context,
                probe=probe,
            )
        )
    return cases


def _standards(seen: Seen) -> list[tuple[Cited, Kept | None]]:
    """What today's page is compared with for each citation: the accepted page, else the baseline."""
    return [(cited, _accepted_capture(seen.kept, accepted) or baseline) for cited, baseline, accepted in seen.against]


def _compared(seen: Seen, cited: Cited, standard: Kept | None, case: Case) -> Judgement:
    judgement = judge(case, readings=seen.readings)
    if standard is None or case.before is not None or seen.page.failure is not None:
        return judgement
    before: Outcome | CitationOutcome | None = None
    last = None
    if seen.previous is not None:
        place, latest = seen.previous.outcome.capture, (seen.live or seen.kept)[-1].capture
        shown = place is not None and (place.warc, place.offset) == (latest.record.warc, latest.record.offset)
        last = latest if shown and latest.status == seen.page.status else None
        known = () if cited.original else seen.previous.outcome.citations
        # state.jsonl, where this comes from, has no secrets in its URLs.
        mine = (cited.article, redact(cited.citation.url or ""))
        before = next((one for one in known if (one.article, redact(one.url)) == mine), seen.previous.outcome)
    today = (_sha256(seen.page), fingerprint(case.after, readings=seen.readings))
    return by_digests(judgement, today, standard.capture, last, before)


def _accepted_capture(kept: Sequence[Kept], accepted: Acceptance | None) -> Kept | None:
    if accepted is None:
        return None
    return next((one for one in kept if one.capture.time == accepted.capture_time), None)


def stored_page(desk: Desk, kept: Kept) -> Page | None:
    """The page of a capture; None when its WARC file is not here (a fresh Git clone has only the text files)."""
    try:
        page = read_page(desk.project.root, kept.capture, limit=desk.settings.network.max_body)
    except StorageError:
        return None
    return page if kept.capture.origin is Origin.LIVE else as_captured(page, desk.settings.network.max_body)


def _carried(desk: Desk, seen: Seen) -> Outcome | None:
    """The outcome of the same page, when nothing that it depends on has changed since."""
    memory = seen.plan.source.memory
    if memory.judged is None or memory.page_outcome is None:
        return None
    same = seen.visit.not_modified or (seen.visit.final is not None and _sha256(seen.page) == memory.sha256)
    if not same or memory.judged != dependence(_version(desk, seen.plan), seen.against):
        return None
    outcome = outcomes.load_outcome(desk.connection, memory.page_outcome)
    if outcome is None or (not seen.visit.not_modified and outcome.status != seen.page.status):
        return None
    if not seen.visit.not_modified and (outcome.final_url, outcome.hops) != (seen.page.final_url, seen.page.hops):
        return None
    return outcome


def _keep(desk: Desk, seen: Seen, judgements: Sequence[Judgement]) -> tuple[Kept | None, list[Kept]]:
    """The capture that shows this page (a new one when it is worth it), and all captures of the source."""
    kept = list(seen.live)
    if seen.visit.final is None or seen.page.failure is not None:
        return None, kept
    rule = _rule(desk, seen.plan)
    if not _may_keep(desk, seen):
        return None, kept
    worst = min(judgements, key=lambda one: one.verdict.severity)
    sha256 = _sha256(seen.page)
    # The fingerprint costs an extraction, which an unchanged page does not need.
    unchanged_page = (worst.verdict, worst.reason) == (Verdict.OK, Reason.SAME) and bool(kept) and kept[-1].good
    print_now = None if unchanged_page else fingerprint(as_judged(seen.page, rule), readings=seen.readings)
    settings = desk.settings.keep
    if not worth_keeping(
        seen.page, print_now, worst.verdict, worst.reason, kept, seen.visit.time, settings.refresh_days
    ):
        return kept[-1], kept
    known = bool(kept) and kept[-1].usable == worst.verdict.is_alive and not _is_old(desk, seen)
    if known and is_same_page(seen.page, sha256, kept[-1].capture):
        return kept[-1], kept
    print_now = print_now or fingerprint(as_judged(seen.page, rule), readings=seen.readings)
    original = captures.holding(desk.connection, seen.visit.final.body.digest, desk.project.root)
    capture = desk.writer.write_visit(
        seen.visit, source=seen.plan.source.url, sha256=sha256, fingerprint=print_now, revisit_of=original
    )
    good = worst.verdict in (Verdict.OK, Verdict.MOVED)
    new = captures.add(
        desk.connection, desk.run.seq, seen.plan.source.id, capture, usable=worst.verdict.is_alive, good=good
    )
    return new, [*kept, new]


def _may_keep(desk: Desk, seen: Seen) -> bool:
    """Neither the project's rules for the site nor a page on the way that was forgotten forbid a copy."""
    rule = _rule(desk, seen.plan)
    if rule is not None and not rule.capture:
        return False
    forgets = [one for one in desk.decisions if one.action in ("forget", "undo")]
    on_the_way = [exchange.url for exchange in seen.visit.exchanges] if forgets else []
    return all(forgotten(forgets, sources.key_of(url)) is None for url in on_the_way)


def _is_old(desk: Desk, seen: Seen) -> bool:
    last = seen.live[-1].capture.time if seen.live else None
    if not _may_keep(desk, seen):
        return False
    return last is not None and (seen.visit.time - last).days >= desk.settings.keep.refresh_days


def _keep_again(desk: Desk, seen: Seen) -> None:
    """The page is what it was, but its last capture is old: a revisit record says so."""
    last = seen.live[-1]
    capture = desk.writer.write_visit(
        seen.visit,
        source=seen.plan.source.url,
        sha256=last.capture.sha256,
        fingerprint=last.capture.fingerprint,
        revisit_of=last.capture,
    )
    captures.add(desk.connection, desk.run.seq, last.source, capture, last.usable, last.good)


def _remember(desk: Desk, seen: Seen, compared: Sequence[Compared], outcome: int) -> None:
    """What the next visit may rely on. Validators count for the URL that we ask first, so not after redirects."""
    final = seen.visit.final
    if final is None or seen.page.failure is not None:
        return
    headers = final.header_map
    direct = len(seen.visit.exchanges) == 1 and final.status == 200 and final.truncated is None
    against = [(one.cited, one.baseline, one.accepted) for one in compared]
    memory = Memory(
        etag=headers.get("etag") if direct else None,
        last_modified=headers.get("last-modified") if direct else None,
        sha256=_sha256(seen.page),
        judged=dependence(_version(desk, seen.plan), against),
        page_outcome=outcome,
    )
    sources.remember(desk.connection, seen.plan.source.id, memory)


def file(desk: Desk, concluded: Sequence[Concluded]) -> list[int]:
    """Write visits; an outcome only when it is another one than last time. The numbers of the outcomes, in order."""
    other = [one for one in concluded if one.previous is None or one.previous.outcome != one.outcome]
    added = outcomes.add_outcomes(desk.connection, desk.run.seq, [(one.plan.source.id, one.outcome) for one in other])
    numbers = {one.plan.source.id: number for one, number in zip(other, added, strict=True)}
    numbers |= {
        one.plan.source.id: one.previous.outcome_id
        for one in concluded
        if one.previous is not None and one.plan.source.id not in numbers
    }
    visits = [_visited(desk, one, numbers[one.plan.source.id]) for one in concluded]
    outcomes.add_visits(desk.connection, desk.run.seq, visits)
    return [visit.outcome_id for visit in visits]


def _visited(desk: Desk, one: Concluded, number: int) -> Visited:
    previous = one.previous
    was = None if previous is None else previous.outcome.verdict
    changed = change(one.outcome, previous)
    if changed is Change.STILL and previous is not None and _is_ignored_no_more(desk, one.plan, previous):
        changed = Change.NEW
    return Visited(one.plan.source.id, number, one.checked, changed, was)


def _is_ignored_no_more(desk: Desk, plan: Plan, previous: Standing) -> bool:
    """A finding that nobody wanted to hear of at its last visit, and that is to be reported again."""
    then, key = previous.checked, plan.source.key
    return (
        then is not None
        and ignored(desk.decisions, key, then.date(), then) is not None
        and ignored(desk.decisions, key, desk.clock.now().date()) is None
    )


def history_of(outcome: Outcome) -> History:
    return History(outcome.strikes, outcome.first_strike, outcome.last_strike)


def _sha256(page: Page) -> str:
    return hashlib.sha256(page.body).hexdigest()
