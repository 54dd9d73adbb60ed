"""The archive side of a run: asks beside the live check, and puts the answers to use once that is done."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import chain, islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from linkarchive.check import mementos
from linkarchive.check.copies import COPY, is_private
from linkarchive.check.desk import AT_ONCE, Desk
from linkarchive.check.events import AskingArchives, Notice
from linkarchive.check.plan import Plan
from linkarchive.check.questions import OriginalQuestion, Question, Reply, SavedQuestion
from linkarchive.check.reading import Reading, keep_articles
from linkarchive.check.weighing import stored_page
from linkarchive.model import Article, Case, Page, Result, Verdict
from linkarchive.store import captures, lookups, outcomes
from linkarchive.store.lookups import LookupAnswer
from linkarchive.store.sources import key_of
from linkarchive.urls import redact
from linkarchive.wayback.archives import WAYBACK, archives_of
from linkarchive.web.exchange import VisitRequest
from linkarchive.web.page import page_of
from linkarchive.web.scheduler import fetch_all

if TYPE_CHECKING:
    from linkarchive.check.stage import ArchiveStage
    from linkarchive.wayback.session import ArchiveSession

SAVED = "saved"
SAME_PAGE = 0.8
"""Share of the baseline that must stand on the target of a captured redirect for it to be suggested."""


class Asking:
    """Nothing is asked, and nothing is started, before there is a question; with mode off there never is."""

    def __init__(self, desk: Desk, stop: Callable[[], bool]) -> None:
        self._desk = desk
        self._stop = stop
        self._archives = archives_of(desk.settings.archives)
        self._session: ArchiveSession | None = None
        self._stage: ArchiveStage | None = None
        self.moved: list[tuple[Plan, tuple[str, ...]]] = []

    def baselines(self, plans: Iterable[Plan]) -> None:
        """Ask for what the authors saw; when nobody can tell any more, the rest is asked in the next run."""
        questions = mementos.baseline_questions(self._desk, plans)
        self._ask(takewhile(lambda _: self._opened().may_answer(self._archives), questions))

    def feed(self) -> None:
        """Take up more questions; to be called now and then beside the live check."""
        if self._stage is not None:
            self._stage.feed()

    def originals(self, plans: Mapping[int, Plan], reading: Reading) -> None:
        """Ask for the original pages of articles whose lost targets the live page did not tell."""
        by_key = {plan.source.key: plan for plan in plans.values()}
        for article in reading.articles:
            lost = any(citation.url is None for citation in article.citations)
            plan = by_key.get(key_of(article.original_url)) if article.original_url else None
            if lost and plan is not None and article.published is not None and not is_private(plan):
                outcome = self._concluded(plan)
                moved = outcome.final_url if outcome is not None else None
                urls = dict.fromkeys(url for url in (plan.source.url, moved) if url is not None)
                question = OriginalQuestion(plan.source.id, tuple(urls), article)
                if not self._settled(plan, question.name):
                    self._ask([question])

    def dead(self, plans: Iterable[Plan]) -> None:
        """Ask for witnesses of what only failed, and for copies of what is dead."""
        desk = self._desk
        if desk.settings.wayback.mode == "off":
            return
        dead = outcomes.with_verdict(desk.store, desk.run.seq, Verdict.DEAD)
        wanted = (plan for plan in plans if plan.source.id in dead)
        while some := list(islice(wanted, AT_ONCE)):
            numbers = [plan.source.id for plan in some]
            concluded = outcomes.standings(desk.store, numbers, desk.run.seq + 1)
            settled = lookups.settled(desk.store, numbers, desk.clock.now())
            for plan in some:
                self._ask(mementos.questions_of_the_dead(plan, concluded[plan.source.id].outcome, settled))

    def saved(self, plans: Iterable[Plan]) -> None:
        """Ask for what was saved in an earlier run: for some hours a new copy may not be there yet."""
        asked = lookups.to_question(self._desk.store, SAVED)
        for plan in plans:
            told = asked.get(plan.source.id)
            if told is not None and told.answer == "unknown" and told.note and not is_private(plan):
                self._ask([SavedQuestion(plan.source.id, plan.source.url, datetime.fromisoformat(told.note))])

    def take(self, plans: Mapping[int, Plan], reading: Reading) -> Reading:
        """Wait for the answers, at most for the budget, and use them; the reading with what was recovered."""
        if self._stage is None:
            return reading
        self._desk.listener(AskingArchives())
        for reply in self._stage.replies():
            plan = plans[reply.question.source]
            if reply.article is not None:
                reading = self._recovered(reading, reply.article)
            mementos.take(self._desk, plan, reply)
            self._note_move(plan, reply)
        return reading

    def follow_moves(self) -> None:
        """Visit where captured redirects of dead sources led; suggest what is alive and the same page."""
        wanted = {url: plan for plan, urls in self.moved for url in reversed(urls)}
        if not wanted:
            return
        from linkarchive.judge.verdict import judge

        network = self._desk.settings.network
        for visit in fetch_all(iter(list(map(VisitRequest, wanted))), network, self._desk.clock, stop=self._stop):
            plan = wanted[visit.request.url]
            page = page_of(visit, network.max_body)
            visit.close()
            before = self._baseline_page(plan)
            if before is None:
                continue
            judgement = judge(Case("", visit.request.url, page, before))
            if judgement.verdict.is_alive and (judgement.similarity or 0.0) >= SAME_PAGE:
                mementos.move(self._desk, plan, page.final_url)

    def save(self, plans: Iterable[Plan]) -> None:
        """Have the Wayback Machine capture what `[wayback] save` says; a capture is public, so never by default."""
        mode = self._desk.settings.wayback.save
        if mode == "never" or self._desk.settings.wayback.mode == "off":
            return
        from linkarchive.wayback.save import AlreadyToday, Saved, find_keys, save

        wanted = {plan.source.url: plan for plan in plans if not is_private(plan) and self._wants_saving(plan, mode)}
        keys = find_keys(os.environ, Path.home())
        if not wanted:
            return
        if keys is None:
            self._desk.listener(Notice("nothing was saved: no keys of the Internet Archive were found", important=True))
            return
        for url, result in save(self._opened(), WAYBACK, keys, wanted):
            if isinstance(result, Saved | AlreadyToday):
                new = result if isinstance(result, Saved) else None
                told = LookupAnswer(
                    SAVED,
                    "unknown" if new else "found",
                    new.time.isoformat() if new else None,
                    new.url if new else None,
                    self._desk.clock.now(),
                )
                lookups.tell(self._desk.store, self._desk.run.seq, wanted[url].source.id, told)
                self._desk.store.commit()
            else:
                self._desk.listener(Notice(f"{redact(url)} was not saved: {result}"))

    @property
    def notices(self) -> tuple[str, ...]:
        """The archives that were not asked any more, and why."""
        return self._session.notices if self._session is not None else ()

    def close(self) -> None:
        if self._stage is not None:
            self._stage.close()
        if self._session is not None:
            self._session.close()

    def _ask(self, questions: Iterable[Question]) -> None:
        asked = iter(questions)
        first = None if self._desk.settings.wayback.mode == "off" else next(asked, None)
        if first is None:
            return
        if self._stage is None:
            from linkarchive.check.stage import ArchiveStage

            self._stage = ArchiveStage(self._opened(), self._archives)
        self._stage.ask(chain([first], asked))

    def _opened(self) -> ArchiveSession:
        if self._session is None:
            from linkarchive.wayback.session import ArchiveSession

            settings = self._desk.settings
            self._session = ArchiveSession(settings.network, settings.wayback, self._desk.clock, stop=self._stop)
        return self._session

    def _settled(self, plan: Plan, question: str) -> bool:
        return lookups.is_settled(self._desk.store, plan.source.id, question, self._desk.clock.now())

    def _concluded(self, plan: Plan) -> Result | None:
        standing = outcomes.standing(self._desk.store, plan.source.id, self._desk.run.seq + 1)
        return standing.outcome if standing is not None and standing.run == self._desk.run.seq else None

    def _recovered(self, reading: Reading, article: Article) -> Reading:
        desk = self._desk
        keep_articles(desk.project, desk.store, desk.run.seq, [article], reading.digests)
        known = tuple(article if one.path == article.path else one for one in reading.articles)
        return replace(reading, articles=known)

    def _note_move(self, plan: Plan, reply: Reply) -> None:
        if reply.moved:
            self.moved.append((plan, reply.moved))

    def _baseline_page(self, plan: Plan) -> Page | None:
        kept = captures.of_source(self._desk.store, plan.source.id)
        based = captures.baselines_of_source(self._desk.store, plan.source.id)
        first = based[0][2] if based else next((one for one in kept if one.usable), None)
        if first is None:
            return None
        desk = self._desk
        return stored_page(desk.project.root, first.capture, desk.settings.network.max_body)

    def _wants_saving(self, plan: Plan, mode: str) -> bool:
        if plan.skip is not None or self._settled(plan, SAVED):
            return False
        outcome = self._concluded(plan)
        if outcome is None:
            return False
        if mode == "new":
            previous = outcomes.standing(self._desk.store, plan.source.id, self._desk.run.seq)
            return previous is None and outcome.verdict.is_alive
        told = lookups.told(self._desk.store, plan.source.id, COPY)
        return outcome.verdict is Verdict.DEAD and told is not None and told.answer == "none"
