"""One visit: keep what is worth keeping of it, conclude, record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from linkarchive.check.comparing import sha256_of, version_of
from linkarchive.check.conclude import (
    Compared,
    change,
    choose_baseline,
    dependence,
    in_time,
    outcome_of,
    skipped,
)
from linkarchive.check.copies import with_copy
from linkarchive.check.desk import AT_ONCE, Desk, Seen, rule_of
from linkarchive.check.events import SourceConcluded
from linkarchive.check.keeping import is_old, is_same_page, shown_by, worth_keeping
from linkarchive.check.plan import Cited, Plan
from linkarchive.check.weighing import Weighed
from linkarchive.judge.site_rule import apply_site_rule
from linkarchive.judge.strikes import apply_strikes
from linkarchive.model import (
    Acceptance,
    Change,
    History,
    Judgement,
    Origin,
    Reason,
    Result,
    Verdict,
)
from linkarchive.store import outcomes, sources
from linkarchive.store.captures import StoredCapture
from linkarchive.store.carried import unchanged
from linkarchive.store.decisions import forgotten, ignored
from linkarchive.store.outcomes import Standing, Visited
from linkarchive.store.sources import Memory


@dataclass(frozen=True, slots=True)
class Concluded:
    """What a visit came to; `checked` is None where there was none."""

    plan: Plan
    previous: Standing | None
    outcome: Result
    checked: datetime | None


def carried(desk: Desk, seen: Seen) -> bool:
    """Conclude as the last time, where the page and all that its outcome depends on are what they were."""
    outcome = _same_outcome(desk, seen)
    if outcome is None:
        return False
    if _is_old(desk, seen):
        _keep_again(desk, seen)
    outcome = in_time(unchanged(outcome), seen.previous, seen.visit.time)
    outcome = with_copy(desk.store, desk.settings.wayback.mode, seen.plan, outcome)  # told since it was concluded
    number = file(desk, Concluded(seen.plan, seen.previous, outcome, seen.visit.time))
    desk.ledger.remember(seen.plan.source.id, replace(seen.plan.source.memory, page_outcome=number))
    desk.listener(SourceConcluded(outcome.url, outcome.verdict))
    return True


def record(desk: Desk, seen: Seen, weighed: Weighed) -> None:
    """Conclude on a visit and write it: WARC bytes first, then the rows that name them. `Desk.settle` makes it last."""
    now = seen.visit.time
    history = History() if seen.previous is None else history_of(seen.previous.outcome)
    settled = [apply_strikes(judgement, history, now, desk.settings.judge) for judgement in weighed.judgements]
    judgements, history = [one for one, _ in settled], settled[0][1]
    capture, kept = _keep(desk, seen, judgements, weighed)
    compared = [
        Compared(cited, baseline or _first_baseline(kept, cited), accepted, judgement)
        for (cited, baseline, accepted), judgement in zip(seen.against, judgements, strict=True)
    ]
    live = [one for one in kept if one.capture.origin is Origin.LIVE]
    outcome = outcome_of(seen.plan, seen.page, compared, capture, live, history, now)
    outcome = with_copy(desk.store, desk.settings.wayback.mode, seen.plan, in_time(outcome, seen.previous, now))
    for one in compared:
        if one.baseline is not None:
            article, looked = one.cited.article, one.cited.looked
            desk.ledger.set_baseline(article, looked, one.baseline, seen.before.baselines.get((article, looked)))
    number = file(desk, Concluded(seen.plan, seen.previous, outcome, now))
    # A server's error page is no page: each run counts its strike, or has heard of a witness.
    if outcome.verdict is not Verdict.UNREACHABLE and outcome.reason is not Reason.UNREACHABLE_SINCE:
        _remember(desk, seen, compared, number, weighed.sha256)
    if weighed.difference is not None:
        desk.show(outcome, weighed.difference)
    desk.listener(SourceConcluded(outcome.url, outcome.verdict))


def record_skipped(desk: Desk, plans: Sequence[Plan]) -> None:
    """Conclude on sources that are not ours to fetch. Commits."""
    for start in range(0, len(plans), AT_ONCE):
        some = plans[start : start + AT_ONCE]
        before = outcomes.standings(desk.store, [plan.source.id for plan in some], desk.run.seq)
        for plan in some:
            if plan.skip is not None:
                previous, now = before.get(plan.source.id), desk.clock.now()
                outcome = in_time(skipped(plan, plan.skip, now), previous, now)
                file(desk, Concluded(plan, previous, outcome, None))
                desk.listener(SourceConcluded(outcome.url, outcome.verdict))
        desk.settle()


def _first_baseline(kept: Sequence[StoredCapture], cited: Cited) -> StoredCapture | None:
    return choose_baseline(kept, cited.looked)


def _same_outcome(desk: Desk, seen: Seen) -> Result | None:
    """The outcome of the same page, when nothing that it depends on has changed since."""
    memory = seen.plan.source.memory
    if memory.judged is None or memory.page_outcome is None:
        return None
    if not seen.kept and not seen.visit.not_modified and _may_keep(desk, seen):
        return None  # its first copy is still to be made
    same = seen.visit.not_modified or (seen.visit.final is not None and sha256_of(seen.page) == memory.sha256)
    if not same or memory.judged != dependence(version_of(desk, seen.plan), timed(seen.against)):
        return None
    outcome = outcomes.load_outcome(desk.store, memory.page_outcome)
    if outcome is None or (not seen.visit.not_modified and outcome.status != seen.page.status):
        return None
    if not seen.visit.not_modified and (outcome.final_url, outcome.hops) != (seen.page.final_url, seen.page.hops):
        return None
    return outcome


def _keep(
    desk: Desk, seen: Seen, judgements: Sequence[Judgement], weighed: Weighed
) -> tuple[StoredCapture | None, list[StoredCapture]]:
    """The capture that shows this page (a new one when it is worth it), and all captures of the source."""
    kept = list(seen.live)
    if seen.visit.final is None or seen.page.failure is not None:
        return None, kept
    if not _may_keep(desk, seen):
        return None, kept
    worst = min(judgements, key=lambda one: one.rank)
    settings = desk.settings.keep
    if not worth_keeping(
        seen.page, weighed.fingerprint, worst.verdict, worst.reason, kept, seen.visit.time, settings.refresh_days
    ):
        return shown_by(kept, seen.page, weighed.sha256), kept
    known = bool(kept) and kept[-1].usable == worst.verdict.is_alive and not _is_old(desk, seen)
    if known and is_same_page(seen.page, weighed.sha256, kept[-1].capture):
        return kept[-1], kept
    print_now = weighed.fingerprint or _fingerprint(desk, seen)
    digest = seen.visit.final.body.digest
    repeats = (one.capture for one in reversed(kept) if one.capture.digest == digest and not one.capture.truncated)
    capture = desk.writer.write_visit(
        seen.visit,
        source=seen.plan.source.url,
        sha256=weighed.sha256,
        fingerprint=print_now,
        revisit_of=next(repeats, None),
    )
    good = worst.verdict in (Verdict.OK, Verdict.MOVED)
    new = desk.ledger.add_capture(seen.plan.source.id, capture, usable=worst.verdict.is_alive, good=good)
    return new, [*kept, new]


def _fingerprint(desk: Desk, seen: Seen) -> str:
    """That of a page which is the same in substance, and is written all the same."""
    from linkarchive.judge.verdict import fingerprint

    return fingerprint(apply_site_rule(seen.page, rule_of(desk, seen.plan)))


def _may_keep(desk: Desk, seen: Seen) -> bool:
    """Neither the project's rules for the site nor a page on the way that was forgotten forbid a copy."""
    rule = rule_of(desk, seen.plan)
    if rule is not None and not rule.capture:
        return False
    forgets = [one for one in desk.decisions if one.action in ("forget", "undo")]
    on_the_way = [exchange.url for exchange in seen.visit.exchanges] if forgets else []
    return all(forgotten(forgets, sources.key_of(url)) is None for url in on_the_way)


def _is_old(desk: Desk, seen: Seen) -> bool:
    last = seen.live[-1].capture.time if seen.live else None
    if not _may_keep(desk, seen):
        return False
    return last is not None and is_old(last, seen.visit.time, desk.settings.keep.refresh_days)


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
    desk.ledger.add_capture(last.source, capture, last.usable, last.good)


def _remember(desk: Desk, seen: Seen, compared: Sequence[Compared], outcome: int, sha256: str) -> None:
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
        sha256=sha256,
        judged=dependence(version_of(desk, seen.plan), timed(against)),
        page_outcome=outcome,
    )
    desk.ledger.remember(seen.plan.source.id, memory)


def timed(
    against: Sequence[tuple[Cited, StoredCapture | None, Acceptance | None]],
) -> list[tuple[Cited, datetime | None, Acceptance | None]]:
    """Each citation with the time of its baseline."""
    return [(cited, baseline.capture.time if baseline else None, accepted) for cited, baseline, accepted in against]


def file(desk: Desk, one: Concluded) -> int:
    """Write a visit; its outcome only when it is another one than last time. The number of the outcome."""
    previous, source = one.previous, one.plan.source.id
    same = previous is not None and previous.outcome == one.outcome
    carried = previous is not None and same and previous.carried
    number = previous.outcome_id if previous is not None and same else desk.ledger.add_outcome(source, one.outcome)
    was = None if previous is None else previous.outcome.verdict
    changed = change(one.outcome, previous)
    if changed is Change.STILL and previous is not None and _is_ignored_no_more(desk, one.plan, previous):
        changed = Change.NEW
    desk.ledger.add_visit(Visited(source, number, one.checked, changed, was, carried))
    return number


def _is_ignored_no_more(desk: Desk, plan: Plan, previous: Standing) -> bool:
    """A finding that nobody wanted to hear of at its last visit, and that is to be reported again."""
    then, key = previous.checked, plan.source.key
    return (
        then is not None
        and ignored(desk.decisions, key, then.date(), then) is not None
        and ignored(desk.decisions, key, desk.clock.now().date()) is None
    )


def history_of(outcome: Result) -> History:
    return History(outcome.strikes, outcome.first_strike, outcome.last_strike)
