"""What the answers of web archives change: baselines, copies to show, and verdicts that others' sight corrects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from linkarchive.check.assess import assess
from linkarchive.check.baselines import build_task
from linkarchive.check.conclude import rejudged, replaced
from linkarchive.check.copies import seen_elsewhere, with_copies_judged, with_settled
from linkarchive.check.plan import Job, Policy
from linkarchive.check.record import Recorder
from linkarchive.check.results import only_us, with_baselines, with_copy, with_history
from linkarchive.clock import Clock
from linkarchive.model import Reason, Verdict
from linkarchive.store import lookups
from linkarchive.store.captures import capture_of
from linkarchive.store.lookups import LookupAnswer
from linkarchive.wayback.answers import Found, note_of, word_of
from linkarchive.wayback.lookups import (
    BaselineLookup,
    CitedCopyLookup,
    CopyLookup,
    ElsewhereLookup,
    LookupResult,
    SavedLookup,
    SeenSinceLookup,
)
from linkarchive.wayback.questions import links_of
from linkarchive.wayback.unwrap import stored_page


@dataclass(frozen=True, slots=True)
class Answers:
    """Keeps the answers of archives, and sets the results of this run right by them."""

    recorder: Recorder
    policy: Policy
    clock: Clock

    def use(self, job: Job, result: LookupResult) -> None:
        """Keep the answer and what came with it, and set the source's result of this run right. Commits."""
        lookup, answer = result.lookup, result.answer
        if isinstance(lookup, SavedLookup) and not isinstance(answer, Found):
            return  # a fresh copy may take hours to appear: asked again in the next run
        found = answer if isinstance(answer, Found) else None
        stored = None if found is None else self.recorder.store_memento(job, found)
        url = None if found is None else found.memento.public_url
        self.save(job, LookupAnswer(lookup.name, word_of(answer), note_of(answer), url, self.clock.now()))
        if isinstance(lookup, BaselineLookup | CitedCopyLookup):
            if stored is not None:
                before = self.recorder.loaded(job).previous
                for link in links_of(lookup, job.citations):
                    self.recorder.set_baseline(link, stored, before.baseline(link.article, link.viewed_on))
            if stored is not None or isinstance(lookup, CitedCopyLookup):
                self._judge_again(job)
        elif isinstance(lookup, ElsewhereLookup) and found is not None:
            self._note_elsewhere(job, found)
        elif isinstance(lookup, SeenSinceLookup) and found is not None:
            self._mark_only_us(job, found.memento.time)
        elif isinstance(lookup, CopyLookup):
            self.show_copy(job)
        self.recorder.commit()

    def _judge_again(self, job: Job) -> None:
        """Judge today's page again, now that there is a better baseline."""
        result, checked = self.recorder.of_this_run(job)
        if result is None:
            return
        job = self.recorder.loaded(job)
        seen = checked or self.clock.now()
        by_copy = any(link.copy is not None for link in job.citations)
        capture = capture_of(job.previous.captures, result) if result.verdict.is_alive or by_copy else None
        folder, network = self.recorder.archive.folder, self.policy.settings.network
        page = None if capture is None else stored_page(folder, capture.capture, network)
        if page is None:
            result = with_copies_judged(with_baselines(result, job), job, self.policy)
            result = with_copy(with_history(result, job.previous, seen), job, self.policy)
            result = with_settled(result, job)
            self.recorder.record(replaced(job, result, checked, seen, self.policy))
            return
        assessment = assess(build_task(job, page, seen, folder, self.policy))
        self.recorder.record(rejudged(job, page, assessment, result, seen, self.policy))

    def show_copy(self, job: Job) -> None:
        """Give the result of this run the public copy, and the address where the page is now, that are known."""
        result, checked = self.recorder.of_this_run(job)
        if result is not None:
            job = self.recorder.loaded(job)
            result = with_copy(result, job, self.policy)
            self.recorder.record(replaced(job, result, checked, checked or self.clock.now(), self.policy))

    def _mark_only_us(self, job: Job, seen: datetime) -> None:
        result, checked = self.recorder.of_this_run(job)
        if result is not None and result.reason is Reason.UNREACHABLE_SINCE:
            job, now = self.recorder.loaded(job), checked or self.clock.now()
            result = with_history(only_us(result, seen), job.previous, now)
            self.recorder.record(replaced(job, result, checked, now, self.policy))

    def _note_elsewhere(self, job: Job, found: Found) -> None:
        """Judge what an archive saw of a page that is closed to us, beside the verdict, which stays what it is."""
        result, checked = self.recorder.of_this_run(job)
        if result is None or found.page is None or result.verdict not in (Verdict.BLOCKED, Verdict.UNREACHABLE):
            return
        job, now = self.recorder.loaded(job), checked or self.clock.now()
        folder, time = self.recorder.archive.folder, found.memento.time
        assessment = assess(build_task(job, found.page, time, folder, self.policy))
        result = seen_elsewhere(result, job, assessment.judgements, found.archive, found.memento)
        self.recorder.record(replaced(job, result, checked, now, self.policy))

    def save(self, job: Job, answer: LookupAnswer) -> None:
        """Keep an answer; the last one to a question counts."""
        lookups.tell(self.recorder.store, self.recorder.rows.run, job.source.id, answer)
