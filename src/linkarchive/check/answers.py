"""What the answers of web archives change: baselines, copies to show, and verdicts that others' sight corrects."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from linkarchive.check.assess import assess
from linkarchive.check.baselines import build_task
from linkarchive.check.conclude import rejudged, replaced
from linkarchive.check.copies import seen_elsewhere, with_copies_judged, with_settled
from linkarchive.check.plan import Job, Policy
from linkarchive.check.record import Recorder
from linkarchive.check.results import only_us, with_baselines, with_copy, with_history
from linkarchive.model import Reason, Verdict
from linkarchive.store import lookups
from linkarchive.store.captures import StoredCapture
from linkarchive.store.lookups import LookupAnswer
from linkarchive.wayback.answers import ArchivedCopy, note_of, word_of
from linkarchive.wayback.lookups import (
    BaselineLookup,
    CitedCopyLookup,
    CopyLookup,
    ElsewhereLookup,
    LookupResult,
    SavedLookup,
    SeenSinceLookup,
)
from linkarchive.wayback.unwrap import stored_page


@dataclass(frozen=True, slots=True)
class Answers:
    """Keeps the answers of archives, and sets the results of this run right by them."""

    recorder: Recorder
    policy: Policy

    def use(self, job: Job, result: LookupResult) -> None:
        """Keep the answer and what came with it, and set the source's result of this run right. Commits."""
        lookup, answer = result.lookup, result.answer
        if isinstance(lookup, SavedLookup) and not isinstance(answer, ArchivedCopy):
            return  # a fresh copy may take hours to appear: asked again in the next run
        copy = answer if isinstance(answer, ArchivedCopy) else None
        stored = None if copy is None else self._stored(job, copy)
        url = None if copy is None else copy.memento.public_url
        self.save(job, LookupAnswer(lookup.name, word_of(answer), note_of(answer), url, self.recorder.clock.now()))
        if isinstance(lookup, BaselineLookup | CitedCopyLookup):
            if stored is not None:
                before = self.recorder.loaded(job).previous
                for link in filter(lookup.is_about, job.citations):
                    known = before.baseline(link.article, link.viewed_on)
                    self.recorder.rows.set_baseline(link.article, link.viewed_on, stored, known)
            if stored is not None or isinstance(lookup, CitedCopyLookup):
                self._judge_again(job)
        elif isinstance(lookup, ElsewhereLookup) and copy is not None:
            self._note_elsewhere(job, copy)
        elif isinstance(lookup, SeenSinceLookup) and copy is not None:
            self._mark_only_us(job, copy.memento.time)
        elif isinstance(lookup, CopyLookup):
            self.show_copies([job])
        self.recorder.commit()

    def _stored(self, job: Job, copy: ArchivedCopy) -> StoredCapture:
        """The copy as a capture: written to the WARC as what it is, or our own bytes under the archive's date."""
        from linkarchive.judge.verdict import fingerprint

        memento, known = copy.memento, self.recorder.loaded(job).previous.captures
        same = [
            stored for stored in known if (stored.capture.time, stored.capture.origin) == (memento.time, memento.origin)
        ]
        if same:
            if copy.visit is not None:
                copy.visit.close()
            return same[0]
        if copy.visit is None or copy.page is None:
            twin = next(stored.capture for stored in known if stored.capture.digest == copy.same_as)
            capture = replace(
                twin,
                time=memento.time,
                origin=memento.origin,
                public_url=memento.public_url,
                record=twin.original or twin.record,
                original=None,
            )
            return self.recorder.rows.add_capture(job.source.id, capture, usable=True, good=False)
        sha256 = hashlib.sha256(copy.page.body).hexdigest()
        capture = self.recorder.warc.write_visit(
            copy.visit, source=job.source.url, sha256=sha256, fingerprint=fingerprint(copy.page), memento=memento
        )
        self.recorder.warc.sync()
        copy.visit.close()
        return self.recorder.rows.add_capture(job.source.id, capture, usable=True, good=False)

    def _judge_again(self, job: Job) -> None:
        """Judge today's page again, now that there is a better baseline."""
        result, checked = self.recorder.of_this_run(job)
        if result is None:
            return
        job = self.recorder.loaded(job)
        seen = checked or self.recorder.clock.now()
        by_copy = any(link.copy is not None for link in job.citations)
        capture = job.previous.shown_by(result) if result.verdict.is_alive or by_copy else None
        folder, network = self.recorder.warc.files, self.policy.settings.network
        page = document = None
        if capture is not None:
            page = stored_page(folder, capture.capture, network)
            if capture.capture.dom is not None:
                document = stored_page(folder, replace(capture.capture, dom=None), network)
        if page is None:
            result = with_copies_judged(with_baselines(result, job), job, self.policy)
            result = with_copy(with_history(result, job.previous, seen), job, self.policy)
            result = with_settled(result, job)
            self.recorder.record(replaced(job, result, checked, seen, self.policy))
            return
        assessment = assess(build_task(job, page, seen, folder, self.policy, document=document))
        self.recorder.record(rejudged(job, page, assessment, result, seen, self.policy))

    def show_copies(self, jobs: Sequence[Job]) -> None:
        """Give the results of this run the public copies, and the addresses where the pages are now, that are known."""
        for job, before, checked in self.recorder.concluded(jobs):
            result = with_copy(before, job, self.policy)
            self.recorder.record(replaced(job, result, checked, checked or self.recorder.clock.now(), self.policy))

    def keep_addresses(self, jobs: Iterable[Job], answers: Mapping[int, LookupAnswer]) -> None:
        """Keep where the pages of these sources were found, or that they were not, and show it. Commits."""
        found = []
        for job in jobs:
            self.save(job, answers[job.source.id])
            if answers[job.source.id].url is not None:
                found.append(job)
        self.show_copies(found)
        self.recorder.commit()

    def _mark_only_us(self, job: Job, seen: datetime) -> None:
        result, checked = self.recorder.of_this_run(job)
        if result is not None and result.reason is Reason.UNREACHABLE_SINCE:
            job, now = self.recorder.loaded(job), checked or self.recorder.clock.now()
            result = with_history(only_us(result, seen), job.previous, now)
            self.recorder.record(replaced(job, result, checked, now, self.policy))

    def _note_elsewhere(self, job: Job, copy: ArchivedCopy) -> None:
        """Judge what an archive saw of a page that is closed to us, beside the verdict, which stays what it is."""
        result, checked = self.recorder.of_this_run(job)
        if result is None or copy.page is None or result.verdict not in (Verdict.BLOCKED, Verdict.UNREACHABLE):
            return
        job, now = self.recorder.loaded(job), checked or self.recorder.clock.now()
        folder, time = self.recorder.warc.files, copy.memento.time
        assessment = assess(build_task(job, copy.page, time, folder, self.policy))
        result = seen_elsewhere(result, job, assessment.judgements, copy.archive, copy.memento)
        self.recorder.record(replaced(job, result, checked, now, self.policy))

    def save(self, job: Job, answer: LookupAnswer) -> None:
        """Keep an answer; the last one to a question counts."""
        lookups.save_answer(self.recorder.store, self.recorder.run.seq, job.source.id, answer)
