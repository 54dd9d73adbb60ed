"""What a run asks web archives, beside the live check; `answers` uses what comes back.

Nothing is asked, and nothing is started, before there is a question; with `[wayback] mode = "off"` there never is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from itertools import chain, islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from linkarchive.check.plan import Job, Jobs, Policy
from linkarchive.check.record import Recorder
from linkarchive.model import Article, Page, Verdict
from linkarchive.model.events import ArchiveAnswered, AskingArchives, Notice
from linkarchive.store import lookups, previous
from linkarchive.store.lookups import COPY, MOVED, SAVED, LookupAnswer
from linkarchive.store.previous import AT_ONCE, Previous
from linkarchive.wayback.cited import is_past
from linkarchive.wayback.lookups import ParentLookup
from linkarchive.wayback.politeness import Politeness

if TYPE_CHECKING:
    from linkarchive.check.answers import Answers
    from linkarchive.relocate.relocation import SeenSites
    from linkarchive.wayback.lookup_workers import LookupWorkers
    from linkarchive.wayback.lookups import Lookup, LookupResult
    from linkarchive.wayback.questions import Subject


class ArchiveLookups:
    """Asks for what the authors saw, for copies of what is dead, for lost targets; takes the answers when they come."""

    def __init__(self, recorder: Recorder, policy: Policy, stop: Callable[[], bool], politeness: Politeness) -> None:
        self._recorder = recorder
        self._politeness = politeness
        self._policy = policy
        self._clock = recorder.clock
        self._stop = stop
        self._workers: LookupWorkers | None = None
        self._moved: dict[int, list[str]] = {}
        """The addresses that captured redirects name, by the number of the source."""
        self._parents: list[Page] = []
        """Archives' copies of pages that may have linked to dead sources."""

    @cached_property
    def _answers(self) -> Answers:
        from linkarchive.check.answers import Answers  # late, as all that is there for questions

        return Answers(self._recorder, self._policy)

    @property
    def is_off(self) -> bool:
        return self._policy.settings.wayback.mode == "off"

    def ask_baselines(self, jobs: Iterable[Job]) -> None:
        """Ask for what the authors saw; when nobody can tell any more, the rest is asked in the next run."""
        self.ask(takewhile(lambda _: self._opened().may_answer, self._baseline_lookups(jobs)))

    def feed(self) -> None:
        """Take up more questions; to be called now and then beside the live check."""
        if self._workers is not None:
            self._workers.feed()

    def ask_originals(self, jobs: Jobs, articles: Iterable[Article]) -> None:
        """Ask for the original pages of articles with lost targets, which the live page did not tell."""
        losing = [article for article in articles if article.published is not None]
        if self.is_off or not losing:
            return
        originals = {link.article: job for job in jobs for link in job.citations if link.original}
        for article in losing:
            job = originals.get(article.path)
            if job is not None and not job.is_private:
                from linkarchive.wayback.questions import original_lookup

                result = self._recorder.of_this_run(job)[0]
                moved = result.final_url if result is not None else None
                lookup = original_lookup(_subject(job), article, moved, self._policy.settings.sites)
                if not self._is_settled(job, lookup.name):
                    self.ask([lookup])

    def parent_lookups(self, jobs: Jobs | Mapping[int, Job]) -> Iterator[Lookup]:
        """Pages that may have linked to what is dead and is looked for in this run."""
        if self.is_off or not (lost := self.losses(jobs)):
            return
        from linkarchive.wayback.questions import parent_lookups

        of_lost = jobs.only(lost) if isinstance(jobs, Jobs) else [jobs[number] for number in lost]
        known = self._concluded(of_lost, Verdict.DEAD, Verdict.DRIFTED)
        sources = [
            (_subject(job), before.result)
            for job, before, _ in known
            if before.result is not None and before.result.may_be_elsewhere
        ]
        yield from parent_lookups(sources, self._policy.settings.sites)

    def open_questions(self, jobs: Collection[Job]) -> Iterator[Lookup]:
        """All questions about these sources, but where they have moved, that have no answer: of what is dead first."""
        if not self.is_off:
            yield from self.dead_lookups(jobs)
            yield from self.elsewhere_lookups(jobs)
            yield from self._baseline_lookups(jobs)

    def ask_saved(self, jobs: Jobs) -> None:
        """Ask for what was saved in an earlier run: for some hours a new copy may not be there yet."""
        asked = lookups.to_question(self._recorder.store, SAVED)
        for job in jobs.among(asked):
            saved = asked[job.source.id]
            if saved.answer == "unknown" and saved.note and not job.is_private:
                from linkarchive.wayback.lookups import SavedLookup

                self.ask([SavedLookup(job.source.id, job.source.url, datetime.fromisoformat(saved.note))])

    def use_answers(self, jobs: Jobs, recovered: Callable[[Article], None]) -> None:
        """Wait for the answers, at most for the budget, and use them. `recovered` is called with each article of which
        an original page gave lost targets back, before the answer is on record."""
        self.use(self.results(), jobs, recovered)

    def results(self) -> Iterator[LookupResult]:
        """What comes back, while it comes: to be used."""
        if self._workers is None:
            return
        self._recorder.listener(AskingArchives(self._workers.waiting))
        for result in self._workers.results():
            self._recorder.listener(ArchiveAnswered(self._workers.waiting))
            self.note(result)
            yield result

    def note(self, result: LookupResult) -> None:
        """Take note of what a result tells the search for pages that have moved."""
        self._parents += [result.page] if result.page is not None else []
        if result.moved:
            self._moved.setdefault(result.lookup.source, []).extend(result.moved)

    def use(
        self, results: Iterable[LookupResult], jobs: Jobs | Mapping[int, Job], recovered: Callable[[Article], None]
    ) -> None:
        """`use_answers`, of these results."""
        for result in results:
            job = jobs[result.lookup.source]
            with self._recorder.contained(job.source.url, job.source.id):
                if result.error is not None:
                    raise result.error
                if result.article is not None:
                    recovered(result.article)
                if not isinstance(result.lookup, ParentLookup):
                    self._answers.use(job, result)

    def look_for_moved(self, jobs: Jobs) -> None:
        """Look where the pages of dead sources are now, by captured redirects and on their sites; suggest what is alive
        and the same page."""
        lost = self.losses(jobs)
        if lost:
            urls = {job.source.id: job.source.url for job, _ in jobs.bare() if job.skip is None}
            answers = self.search_for_moved(lost, urls, self._recorder.commit)
            self._answers.keep_addresses(jobs.only(answers), answers)

    def search_for_moved(
        self,
        lost: Sequence[int],
        urls: Mapping[int, str],
        before_visits: Callable[[], None],
        seen: SeenSites | None = None,
    ) -> dict[int, LookupAnswer]:
        """Where the `lost` sources are now, by the pages of `urls`. `before_visits` is called when all that is known
        was read; `seen` is what other searches saw. Writes nothing."""
        from linkarchive.relocate.relocation import Relocation, SeenSites  # late: it brings the judge with it
        from linkarchive.wayback.unwrap import stored_page

        recorder, policy = self._recorder, self._policy
        relocation = Relocation(
            recorder.store,
            recorder.run.seq,
            partial(stored_page, recorder.warc.files, network=policy.settings.network),
            policy.settings,
            self._clock,
            self._stop,
            policy.address,
            self._politeness.hosts,
            recorder.contained,
            seen or SeenSites(),
        )
        return relocation.search(lost, urls, self._moved, self._parents, before_visits)

    def losses(self, jobs: Jobs | Mapping[int, Job]) -> list[int]:
        """The sources that may have moved by the verdicts of this run, with a copy to know the page by, that were not
        looked for lately."""
        store, numbers = self._recorder.store, self._recorder.with_verdict(Verdict.DEAD, Verdict.DRIFTED)
        bare = [job for job, _ in jobs.among(numbers).bare()] if isinstance(jobs, Jobs) else jobs.values()
        lost = sorted(job.source.id for job in bare if job.source.id in numbers and job.skip is None)
        wanting: list[int] = []
        for start in range(0, len(lost), AT_ONCE):
            batch = lost[start : start + AT_ONCE]
            usable, settled = self._recorder.with_copy(batch), lookups.settled(store, batch, self._clock.now())
            unsettled = (n for n in batch if n in self._moved or (n, MOVED) not in settled)
            wanting += usable.intersection(unsettled)
        return sorted(wanting)

    def save_public_copies(self, jobs: Jobs) -> None:
        """Have the Wayback Machine capture what `[wayback] save` says; a capture is public, so never by default."""
        if (mode := self._policy.settings.wayback.save) == "never" or self.is_off:
            return
        from linkarchive.wayback.save import AlreadyToday, Saved, find_keys, save

        wanted = {job.source.url: job for job in jobs if not job.is_private and self._wants_saving(job, mode)}
        keys = find_keys(os.environ, Path.home())
        if not wanted:
            return
        if keys is None:
            words = "nothing was saved: no keys of the Internet Archive were found"
            return self._recorder.warn(words)
        for url, result in save(self._opened().session, keys, wanted):
            now = self._clock.now()
            if isinstance(result, Saved):
                self._answers.save(
                    wanted[url], LookupAnswer(SAVED, "unknown", result.time.isoformat(), result.url, now)
                )
            elif isinstance(result, AlreadyToday):
                self._answers.save(wanted[url], LookupAnswer(SAVED, "found", None, None, now))
            else:
                self._recorder.listener(Notice(f"{url} was not saved: {result.why}"))
                continue
            self._recorder.store.commit()

    @property
    def notices(self) -> tuple[str, ...]:
        """The archives that were not asked any more, and why."""
        return self._workers.notices if self._workers is not None else ()

    def close(self) -> None:
        """Give up what is not answered yet."""
        if self._workers is not None:
            self._workers.close()

    def _baseline_lookups(self, jobs: Iterable[Job]) -> Iterator[Lookup]:
        """A question a day the author looked on that has no good answer yet."""
        now = self._clock.now()
        candidates = (
            job
            for job in jobs
            if job.skip is None
            and not job.is_private
            and any(link.copy is not None or is_past(link, now) for link in job.citations)
        )
        for job, before, settled in self._known(candidates, self._recorder.run.seq):
            from linkarchive.wayback.questions import baseline_lookups, cited_copy_lookups

            subject = _subject(job)
            yield from _open(cited_copy_lookups(subject), settled)
            yield from _open(baseline_lookups(subject, before, now), settled)

    def dead_lookups(self, jobs: Iterable[Job]) -> Iterator[Lookup]:
        """Whether others saw what only failed for us, and copies of what is dead or unreachable."""
        for job, before, settled in self._concluded(jobs, Verdict.DEAD, Verdict.UNREACHABLE):
            from linkarchive.wayback.questions import dead_lookups

            if before.result is not None:
                yield from _open(dead_lookups(_subject(job), before.result), settled)

    def elsewhere_lookups(self, jobs: Iterable[Job]) -> Iterator[Lookup]:
        """The newest public captures of what is closed to us: others may have seen it."""
        for job, before, settled in self._concluded(jobs, Verdict.BLOCKED, Verdict.UNREACHABLE):
            from linkarchive.wayback.questions import elsewhere_lookups

            yield from _open(elsewhere_lookups(_subject(job), before, self._clock.now()), settled)

    def _concluded(
        self, jobs: Iterable[Job], *verdicts: Verdict
    ) -> Iterator[tuple[Job, Previous, set[tuple[int, str]]]]:
        """The sources that this run concluded so on, with what is known of them by now and the questions settled."""
        if self.is_off:
            return
        numbers = self._recorder.with_verdict(*verdicts)
        wanted = jobs.among(numbers) if isinstance(jobs, Jobs) else (job for job in jobs if job.source.id in numbers)
        yield from self._known((job for job in wanted if not job.is_private), self._recorder.run.seq + 1)

    def _known(self, jobs: Iterable[Job], run: int) -> Iterator[tuple[Job, Previous, set[tuple[int, str]]]]:
        """The jobs with what is known from before that run, and the questions settled; many are read together."""
        store, rest = self._recorder.store, iter(jobs)
        while batch := list(islice(rest, AT_ONCE)):
            numbers = [job.source.id for job in batch]
            known = previous.load(store, numbers, run)
            settled = lookups.settled(store, numbers, self._clock.now())
            for job in batch:
                yield job, known[job.source.id], settled

    def ask(self, questions: Iterable[Lookup]) -> None:
        """Ask these, in their turn."""
        asked = iter(questions)
        first = None if self.is_off else next(asked, None)
        if first is not None:
            self._opened().ask(chain([first], asked))

    def _opened(self) -> LookupWorkers:
        if self._workers is None:
            # Late: what asks archives takes a while to import.
            from linkarchive.wayback.lookup_workers import LookupWorkers

            self._workers = LookupWorkers(self._policy.settings, self._clock, self._stop, self._politeness)
        return self._workers

    def _is_settled(self, job: Job, question: str) -> bool:
        return lookups.is_settled(self._recorder.store, job.source.id, question, self._clock.now())

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


def _subject(job: Job) -> Subject:
    from linkarchive.wayback.questions import Subject

    return Subject(job.source.id, job.source.url, job.citations)


def _open(questions: Iterable[Lookup], settled: set[tuple[int, str]]) -> list[Lookup]:
    """The questions that have no answer yet."""
    return [lookup for lookup in questions if (lookup.source, lookup.name) not in settled]
