"""What archives answered, put to use: baselines, copies of dead sources, witnesses. Runs in the thread that writes."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import islice

from linkarchive.check import examine
from linkarchive.check.comparing import look_again, task_of, version_of
from linkarchive.check.conclude import Compared, baseline_of, dependence, in_time, outcome_of
from linkarchive.check.copies import MOVED, is_private, note_of, with_copy
from linkarchive.check.desk import AT_ONCE, Desk
from linkarchive.check.examine import Concluded
from linkarchive.check.plan import Cited, Plan
from linkarchive.check.questions import BaselineQuestion, CopyQuestion, Reply, SavedQuestion, WitnessQuestion
from linkarchive.check.weighing import weigh
from linkarchive.model import Origin, Reason, Result, Verdict
from linkarchive.store import captures, lookups, outcomes, sources
from linkarchive.store.captures import StoredCapture, capture_of
from linkarchive.store.lookups import LookupAnswer
from linkarchive.store.outcomes import Standing
from linkarchive.wayback.answers import Answer, Found, NoCopy

NEAR_ENOUGH_DAYS = 1
"""A capture of our own this near to the day the author looked is as good as any archive's."""
ONLY_US_CONFIDENCE = 0.9


def baseline_questions(desk: Desk, plans: Iterable[Plan]) -> Iterator[BaselineQuestion]:
    """What to ask about the baselines of sources: a question a day, for days that have no good answer yet.

    The store is asked, for many sources together, when their questions are wanted.
    """
    now = desk.clock.now()
    candidates = (plan for plan in plans if plan.skip is None and any(_is_past(one, now) for one in plan.cited))
    while some := list(islice(candidates, AT_ONCE)):
        numbers = [plan.source.id for plan in some]
        kept = captures.of_sources(desk.store, numbers)
        based = captures.baselines_of_sources(desk.store, kept)
        settled = lookups.settled(desk.store, numbers, now)
        for plan in some:
            if not is_private(plan):
                number = plan.source.id
                good = {(article, day) for article, day, one in based.get(number, ()) if _is_near(one, day)}
                for question in _questions(plan, kept.get(number, ()), good, now):
                    if (number, question.name) not in settled:
                        yield question


def _questions(
    plan: Plan, kept: Sequence[StoredCapture], good: set[tuple[str, date | None]], now: datetime
) -> Iterable[BaselineQuestion]:
    own = frozenset(one.capture.digest for one in kept if one.capture.origin is Origin.LIVE)
    found: dict[str, BaselineQuestion] = {}
    for cited in plan.cited:
        if cited.looked is not None and _is_past(cited, now) and (cited.article, cited.looked) not in good:
            question = BaselineQuestion(plan.source.id, plan.source.url, cited.looked, own, cited.copy)
            found.setdefault(question.name, question)
    return found.values()


def _is_past(cited: Cited, now: datetime) -> bool:
    """The author looked too long ago for today's page to be what was seen."""
    days = None if cited.looked is None else (now.date() - cited.looked).days
    return days is not None and (cited.copy is not None or days > NEAR_ENOUGH_DAYS)


def questions_of_the_dead(
    plan: Plan, outcome: Result, settled: Collection[tuple[int, str]]
) -> Iterator[WitnessQuestion | CopyQuestion]:
    """What to ask about a source that is dead now: a witness where it only failed, and a copy."""
    source = plan.source
    if is_private(plan):
        return
    asked: list[WitnessQuestion | CopyQuestion] = []
    if outcome.reason is Reason.UNREACHABLE_SINCE and outcome.first_strike is not None:
        asked.append(WitnessQuestion(source.id, source.url, outcome.first_strike))
    looked = min((cited.looked for cited in plan.cited if cited.looked is not None), default=None)
    asked.append(CopyQuestion(source.id, source.url, looked, outcome.since))
    yield from (question for question in asked if (source.id, question.name) not in settled)


def take(desk: Desk, plan: Plan, reply: Reply) -> None:
    """Keep the answer and what came with it, and set the source's outcome of this run right. Commits."""
    question, answer = reply.question, reply.answer
    if isinstance(question, SavedQuestion) and not isinstance(answer, Found):
        return  # a fresh copy may take hours to appear: asked again in the next run
    kept = _keep(desk, plan, answer) if isinstance(answer, Found) else None
    url = answer.memento.public_url if isinstance(answer, Found) else None
    told = LookupAnswer(question.name, _word(answer), note_of(answer), url, desk.clock.now())
    lookups.tell(desk.store, desk.run.seq, plan.source.id, told)
    if isinstance(question, BaselineQuestion) and kept is not None:
        for cited in plan.cited:
            if cited.looked == question.looked and cited.copy == question.cited:
                known = captures.baseline(desk.store, cited.article, plan.source.id, cited.looked)
                desk.ledger.set_baseline(cited.article, cited.looked, kept, known)
        _reconsider(desk, plan)
    elif isinstance(question, WitnessQuestion) and isinstance(answer, Found):
        _bear_witness(desk, plan, answer.memento.time)
    elif isinstance(question, CopyQuestion):
        _show_copy(desk, plan)
    desk.settle()


def move(desk: Desk, plan: Plan, target: str) -> None:
    """A captured redirect of the dead source leads to a page that is the baseline: suggest it. Commits."""
    told = LookupAnswer(MOVED, "found", None, target, desk.clock.now())
    lookups.tell(desk.store, desk.run.seq, plan.source.id, told)
    _show_copy(desk, plan)
    desk.settle()


def _word(answer: Answer) -> str:
    return "found" if isinstance(answer, Found) else "none" if isinstance(answer, NoCopy) else "unknown"


def _is_near(kept: StoredCapture, looked: date | None) -> bool:
    """It is an archive's copy, or our own of about that very day."""
    days = None if looked is None else abs((kept.capture.time.date() - looked).days)
    return kept.capture.origin is not Origin.LIVE or (days is not None and days <= NEAR_ENOUGH_DAYS)


def _keep(desk: Desk, plan: Plan, found: Found) -> StoredCapture:
    """The copy as a capture: written to the WARC as what it is, or our own bytes under the archive's date."""
    from linkarchive.judge.verdict import fingerprint

    memento = found.memento
    known = captures.of_source(desk.store, plan.source.id)
    same = next(
        (one for one in known if (one.capture.time, one.capture.origin) == (memento.time, memento.origin)), None
    )
    if same is not None:
        if found.visit is not None:
            found.visit.close()
        return same
    if found.visit is None or found.page is None:
        ours = next(one.capture for one in known if one.capture.digest == found.same_as)
        capture = replace(
            ours,
            time=memento.time,
            origin=memento.origin,
            public_url=memento.public_url,
            record=ours.original or ours.record,
            original=None,
        )
    else:
        capture = desk.writer.write_visit(
            found.visit,
            source=plan.source.url,
            sha256=hashlib.sha256(found.page.body).hexdigest(),
            fingerprint=fingerprint(found.page),
            memento=memento,
        )
        desk.writer.sync()
        found.visit.close()
    return desk.ledger.add_capture(plan.source.id, capture, usable=True, good=False)


def _concluded(desk: Desk, plan: Plan) -> Standing | None:
    """What this run concluded on the source so far."""
    standing = outcomes.standing(desk.store, plan.source.id, desk.run.seq + 1)
    return standing if standing is not None and standing.run == desk.run.seq else None


def _reconsider(desk: Desk, plan: Plan) -> None:
    """Judge today's page again, now that there is a better baseline."""
    standing = _concluded(desk, plan)
    if standing is None:
        return
    outcome, checked = standing.outcome, standing.checked or desk.clock.now()
    seen = look_again(desk, plan, outcome, checked) if outcome.verdict.is_alive else None
    if seen is None:
        _refile(desk, plan, standing, _with_baselines(desk, plan, outcome))
        return
    compared = [
        Compared(cited, baseline, accepted, judgement)
        for (cited, baseline, accepted), judgement in zip(
            seen.against, weigh(task_of(desk, seen)).judgements, strict=True
        )
    ]
    capture = capture_of(seen.kept, outcome)
    again = outcome_of(plan, seen.page, compared, capture, seen.live, examine.history_of(outcome), checked)
    again = replace(again, status=outcome.status, final_url=outcome.final_url, hops=outcome.hops)
    identifier = _refile(desk, plan, standing, in_time(again, seen.previous, checked))
    memory = sources.find(desk.store, plan.source.key).memory
    if memory.judged is not None:
        against = [(one.cited, one.baseline, one.accepted) for one in compared]
        depends = dependence(version_of(desk, plan), examine.timed(against))
        desk.ledger.remember(plan.source.id, replace(memory, judged=depends, page_outcome=identifier))


def _with_baselines(desk: Desk, plan: Plan, outcome: Result) -> Result:
    """The outcome of a source without a page of today: only what it would have been compared with changes."""
    found = {}
    for cited in plan.cited:
        kept = captures.baseline(desk.store, cited.article, plan.source.id, cited.looked)
        if kept is not None:
            found[cited.article, cited.citation.url, cited.citation.line] = baseline_of(kept, cited.looked)
    citations = tuple(
        replace(one, baseline=found.get((one.article, one.url, one.line), one.baseline)) for one in outcome.citations
    )
    first = next(iter(found.values()), outcome.baseline)
    outcome = replace(outcome, citations=citations, baseline=first)
    return with_copy(desk.store, desk.settings.wayback.mode, plan, outcome)


def _show_copy(desk: Desk, plan: Plan) -> None:
    standing = _concluded(desk, plan)
    if standing is not None:
        outcome = with_copy(desk.store, desk.settings.wayback.mode, plan, standing.outcome)
        _refile(desk, plan, standing, outcome)


def _bear_witness(desk: Desk, plan: Plan, time: datetime) -> None:
    """Others can see the page: it is not dead, it is closed to us (docs/design.md §7)."""
    standing = _concluded(desk, plan)
    if standing is None or standing.outcome.reason is not Reason.UNREACHABLE_SINCE:
        return
    outcome = standing.outcome
    evidence = (f"a web archive saw the page on {time:%-d %B %Y}, while it fails for us", *outcome.evidence)
    citations = tuple(
        replace(one, verdict=Verdict.BLOCKED, reason=Reason.ONLY_US, confidence=ONLY_US_CONFIDENCE, evidence=evidence)
        for one in outcome.citations
    )
    blocked = replace(
        outcome,
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
    previous = outcomes.standing(desk.store, plan.source.id, desk.run.seq)
    _refile(desk, plan, standing, in_time(blocked, previous, standing.checked or desk.clock.now()))


def _refile(desk: Desk, plan: Plan, standing: Standing, outcome: Result) -> int:
    """Put another outcome in the place of the one that this run gave first."""
    previous = outcomes.standing(desk.store, plan.source.id, desk.run.seq)
    return examine.file(desk, Concluded(plan, previous, outcome, standing.checked))
