"""What a run asks web archives, beside the live check, and what becomes of their answers.

Nothing is asked, and nothing is started, before there is a question; with `[wayback] mode = "off"` there never is.
An answer changes a source by a new conclusion, as a visit does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain, islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from linkarchive.check.articles import Articles, save
from linkarchive.check.assess import assess, stored_page
from linkarchive.check.baselines import Fetched, build_task
from linkarchive.check.conclude import rejudged, replaced
from linkarchive.check.copies import seen_elsewhere, with_copies_judged, with_settled
from linkarchive.check.events import ArchiveAnswered, AskingArchives, Notice
from linkarchive.check.plan import Job, Policy
from linkarchive.check.questions import (
    baseline_lookups,
    cited_copy_lookups,
    dead_lookups,
    elsewhere_lookups,
    is_past,
    links_of,
)
from linkarchive.check.record import Recorder
from linkarchive.check.relocation import Relocation
from linkarchive.check.results import only_us, with_baselines, with_copy, with_history
from linkarchive.clock import Clock
from linkarchive.model import Reason, Verdict
from linkarchive.project import Project
from linkarchive.store import lookups, outcomes, previous
from linkarchive.store.captures import capture_of
from linkarchive.store.lookups import COPY, SAVED, LookupAnswer
from linkarchive.store.previous import AT_ONCE, Previous
from linkarchive.store.sources import key_of
from linkarchive.urls import redact
from linkarchive.wayback.answers import Found, note_of, word_of
from linkarchive.wayback.archives import WAYBACK, archives_of
from linkarchive.wayback.lookups import (
    BaselineLookup,
    CitedCopyLookup,
    CopyLookup,
    ElsewhereLookup,
    Lookup,
    LookupResult,
    OriginalLookup,
    SavedLookup,
    SeenSinceLookup,
)
from linkarchive.web.exchange import Visit, VisitRequest

if TYPE_CHECKING:
    from linkarchive.wayback.lookup_workers import LookupWorkers
    from linkarchive.wayback.session import ArchiveSession


class ArchiveLookups:
    """Asks for what the authors saw, for copies of what is dead, for lost targets; uses the answers when they come."""

    def __init__(
        self, project: Project, recorder: Recorder, policy: Policy, clock: Clock, stop: Callable[[], bool]
    ) -> None:
        self._project = project
        self._recorder = recorder
        self._store = recorder.store
        self._run = recorder.rows.run
        self._policy = policy
        self._clock = clock
        self._stop = stop
        self._archives = archives_of(policy.settings.archives)
        self._session: ArchiveSession | None = None
        self._workers: LookupWorkers | None = None
        self._moved: list[tuple[Job, tuple[str, ...]]] = []

    def ask_baselines(self, jobs: Iterable[Job]) -> None:
        """Ask for what the authors saw; when nobody can tell any more, the rest is asked in the next run."""
        questions = self._baseline_lookups(jobs)
        self._ask(takewhile(lambda _: self._opened().may_answer(self._archives), questions))

    def feed(self) -> None:
        """Take up more questions; to be called now and then beside the live check."""
        if self._workers is not None:
            self._workers.feed()

    def ask_originals(self, jobs: Mapping[int, Job], articles: Articles) -> None:
        """Ask for the original pages of articles whose lost targets the live page did not tell."""
        by_key = {job.source.key: job for job in jobs.values()}
        for article in articles.articles:
            lost = any(citation.url is None for citation in article.citations)
            job = by_key.get(key_of(article.original_url)) if article.original_url else None
            if lost and job is not None and article.published is not None and not job.is_private:
                result = self._recorder.of_this_run(job)[0]
                moved = result.final_url if result is not None else None
                urls = dict.fromkeys(url for url in (job.source.url, moved) if url is not None)
                lookup = OriginalLookup(job.source.id, tuple(urls), article)
                if not self._is_settled(job, lookup.name):
                    self._ask([lookup])

    def ask_dead(self, jobs: Iterable[Job]) -> None:
        """Ask whether others saw what only failed for us, and for copies of what is dead or unreachable."""
        for job, before, settled in self._with_verdict(jobs, Verdict.DEAD, Verdict.UNREACHABLE):
            if before.result is not None:
                self._ask(dead_lookups(job, before.result, settled, self._policy))

    def ask_elsewhere(self, jobs: Iterable[Job]) -> None:
        """Ask for the newest public captures of what is closed to us: others may have seen it."""
        for job, before, settled in self._with_verdict(jobs, Verdict.BLOCKED, Verdict.UNREACHABLE):
            if before.result is not None:
                self._ask(elsewhere_lookups(job, before, settled, self._clock.now()))

    def _with_verdict(
        self, jobs: Iterable[Job], *verdicts: Verdict
    ) -> Iterator[tuple[Job, Previous, set[tuple[int, str]]]]:
        """The sources that this run concluded so on, with what is known of them by now and the questions settled."""
        if self._policy.settings.wayback.mode == "off":
            return
        numbers = {number for one in verdicts for number in outcomes.with_verdict(self._store, self._run, one)}
        wanted = (job for job in jobs if job.source.id in numbers and not job.is_private)
        while batch := list(islice(wanted, AT_ONCE)):
            batch_numbers = [job.source.id for job in batch]
            concluded = previous.load(self._store, batch_numbers, self._run + 1)
            settled = lookups.settled(self._store, batch_numbers, self._clock.now())
            for job in batch:
                yield job, concluded[job.source.id], settled

    def ask_saved(self, jobs: Iterable[Job]) -> None:
        """Ask for what was saved in an earlier run: for some hours a new copy may not be there yet."""
        asked = lookups.to_question(self._store, SAVED)
        for job in jobs if asked else ():
            saved = asked.get(job.source.id)
            if saved is not None and saved.answer == "unknown" and saved.note and not job.is_private:
                self._ask([SavedLookup(job.source.id, job.source.url, datetime.fromisoformat(saved.note))])

    def _baseline_lookups(self, jobs: Iterable[Job]) -> Iterator[Lookup]:
        """A question a day the author looked on that has no good answer yet; many sources are read together."""
        now = self._clock.now()
        candidates = (
            job
            for job in jobs
            if job.skip is None
            and not job.is_private
            and any(link.copy is not None or is_past(link, now) for link in job.citations)
        )
        while batch := list(islice(candidates, AT_ONCE)):
            numbers = [job.source.id for job in batch]
            known = previous.load(self._store, numbers, self._run)
            settled = lookups.settled(self._store, numbers, now)
            for job in batch:
                yield from cited_copy_lookups(job, settled)
                yield from baseline_lookups(job, known[job.source.id], settled, now, self._policy)

    def _ask(self, questions: Iterable[Lookup]) -> None:
        asked = iter(questions)
        first = None if self._policy.settings.wayback.mode == "off" else next(asked, None)
        if first is None:
            return
        if self._workers is None:
            from linkarchive.wayback.lookup_workers import LookupWorkers

            self._workers = LookupWorkers(self._opened(), self._archives)
        self._workers.ask(chain([first], asked))

    def _opened(self) -> ArchiveSession:
        if self._session is None:
            from linkarchive.wayback.session import ArchiveSession

            settings = self._policy.settings
            self._session = ArchiveSession(settings.network, settings.wayback, self._clock, stop=self._stop)
        return self._session

    def _is_settled(self, job: Job, question: str) -> bool:
        return lookups.is_settled(self._store, job.source.id, question, self._clock.now())

    def use_answers(self, jobs: Mapping[int, Job], articles: Articles) -> Articles:
        """Wait for the answers, at most for the budget, and use them; the articles with what was recovered."""
        if self._workers is None:
            return articles
        self._recorder.listener(AskingArchives(self._workers.waiting))
        for result in self._workers.results():
            self._recorder.listener(ArchiveAnswered(self._workers.waiting))
            if result.article is not None:
                save(self._project, self._store, self._run, [result.article], articles.digests)
                articles = articles.with_article(result.article)
            self._use(jobs[result.lookup.source], result)
        return articles

    def look_for_moved(self, jobs: Iterable[Job]) -> None:
        """Look where the pages of dead sources are now, by captured redirects and on their sites; suggest what is alive
        and the same page."""
        named: dict[int, list[str]] = {}
        for job, urls in self._moved:
            named.setdefault(job.source.id, []).extend(urls)
        relocation = Relocation(self._project.archive, self._recorder, self._policy, self._clock, self._stop)
        for job in relocation.search(jobs, named):
            self._show_copy(job)
        self._recorder.commit()

    def save_public_copies(self, jobs: Iterable[Job]) -> None:
        """Have the Wayback Machine capture what `[wayback] save` says; a capture is public, so never by default."""
        mode = self._policy.settings.wayback.save
        if mode == "never" or self._policy.settings.wayback.mode == "off":
            return
        from linkarchive.wayback.save import AlreadyToday, Saved, find_keys, save

        wanted = {job.source.url: job for job in jobs if not job.is_private and self._wants_saving(job, mode)}
        keys = find_keys(os.environ, Path.home())
        if not wanted:
            return
        if keys is None:
            words = "nothing was saved: no keys of the Internet Archive were found"
            return self._recorder.listener(Notice(words, important=True))
        for url, result in save(self._opened(), WAYBACK, keys, wanted):
            if isinstance(result, Saved | AlreadyToday):
                new = result if isinstance(result, Saved) else None
                answer = LookupAnswer(
                    SAVED,
                    "unknown" if new else "found",
                    new.time.isoformat() if new else None,
                    new.url if new else None,
                    self._clock.now(),
                )
                self._save_answer(wanted[url], answer)
                self._store.commit()
            else:
                self._recorder.listener(Notice(f"{redact(url)} was not saved: {result}"))

    @property
    def notices(self) -> tuple[str, ...]:
        """The archives that were not asked any more, and why."""
        return self._session.notices if self._session is not None else ()

    def close(self) -> None:
        """Give up what is not answered yet."""
        if self._workers is not None:
            self._workers.close()
        if self._session is not None:
            self._session.close()

    def _use(self, job: Job, result: LookupResult) -> None:
        """Keep the answer and what came with it, and set the source's result of this run right. Commits."""
        lookup, answer = result.lookup, result.answer
        if result.moved:
            self._moved.append((job, result.moved))
        if isinstance(lookup, SavedLookup) and not isinstance(answer, Found):
            return  # a fresh copy may take hours to appear: asked again in the next run
        found = answer if isinstance(answer, Found) else None
        stored = None if found is None else self._recorder.store_memento(job, found)
        url = None if found is None else found.memento.public_url
        self._save_answer(job, LookupAnswer(lookup.name, word_of(answer), note_of(answer), url, self._clock.now()))
        if isinstance(lookup, BaselineLookup | CitedCopyLookup):
            if stored is not None:
                before = self._recorder.loaded(job).previous
                for link in links_of(lookup, job, self._policy):
                    self._recorder.set_baseline(link, stored, before.baseline(link.article, link.looked))
            if stored is not None or isinstance(lookup, CitedCopyLookup):
                self._judge_again(job)
        elif isinstance(lookup, ElsewhereLookup) and found is not None:
            self._note_elsewhere(job, found)
        elif isinstance(lookup, SeenSinceLookup) and found is not None:
            self._mark_only_us(job, found.memento.time)
        elif isinstance(lookup, CopyLookup):
            self._show_copy(job)
        self._recorder.commit()

    def _judge_again(self, job: Job) -> None:
        """Judge today's page again, now that there is a better baseline."""
        result, checked = self._recorder.of_this_run(job)
        if result is None:
            return
        job = self._recorder.loaded(job)
        seen = checked or self._clock.now()
        by_copy = any(link.copy is not None for link in job.citations)
        capture = capture_of(job.previous.captures, result) if result.verdict.is_alive or by_copy else None
        archive, network = self._project.archive, self._policy.settings.network
        page = None if capture is None else stored_page(archive, capture.capture, network)
        if page is None:
            result = with_copies_judged(with_baselines(result, job), job, self._policy)
            result = with_copy(with_history(result, job.previous, seen), job, self._policy)
            result = with_settled(result, job, self._policy)
            self._recorder.record(replaced(job, result, checked, seen, self._policy))
            return
        fetched = Fetched(job, Visit(VisitRequest(job.source.url), seen, ()), page)
        assessment = assess(build_task(fetched, archive, self._policy))
        self._recorder.record(rejudged(job, page, assessment, result, seen, self._policy))

    def _show_copy(self, job: Job) -> None:
        result, checked = self._recorder.of_this_run(job)
        if result is not None:
            job = self._recorder.loaded(job)
            result = with_copy(result, job, self._policy)
            self._recorder.record(replaced(job, result, checked, checked or self._clock.now(), self._policy))

    def _mark_only_us(self, job: Job, seen: datetime) -> None:
        result, checked = self._recorder.of_this_run(job)
        if result is not None and result.reason is Reason.UNREACHABLE_SINCE:
            job, now = self._recorder.loaded(job), checked or self._clock.now()
            result = with_history(only_us(result, seen), job.previous, now)
            self._recorder.record(replaced(job, result, checked, now, self._policy))

    def _note_elsewhere(self, job: Job, found: Found) -> None:
        """Judge what an archive saw of a page that is closed to us, beside the verdict, which stays what it is."""
        result, checked = self._recorder.of_this_run(job)
        if result is None or found.page is None or result.verdict not in (Verdict.BLOCKED, Verdict.UNREACHABLE):
            return
        job, now = self._recorder.loaded(job), checked or self._clock.now()
        fetched = Fetched(job, Visit(VisitRequest(job.source.url), found.memento.time, ()), found.page)
        assessment = assess(build_task(fetched, self._project.archive, self._policy))
        result = seen_elsewhere(result, job, assessment.judgements, found.archive, found.memento)
        self._recorder.record(replaced(job, result, checked, now, self._policy))

    def _save_answer(self, job: Job, answer: LookupAnswer) -> None:
        lookups.tell(self._store, self._run, job.source.id, answer)

    def _wants_saving(self, job: Job, mode: str) -> bool:
        if job.skip is not None or self._is_settled(job, SAVED):
            return False
        result, _ = self._recorder.of_this_run(job)
        if result is None:
            return False
        before = self._recorder.loaded(job).previous
        if mode == "new":
            return before.visit is None and result.verdict.is_alive
        copy = before.answers.get(COPY)
        return result.verdict is Verdict.DEAD and copy is not None and copy.answer == "none"
