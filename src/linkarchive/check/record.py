"""The only writer of a run: bytes into the WARC first, then the rows that name them."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from linkarchive.check.baselines import NewCapture
from linkarchive.check.conclude import Conclusion
from linkarchive.check.plan import Job
from linkarchive.check.results import with_capture
from linkarchive.history.reports import MAX_DIFFERENCES
from linkarchive.model import Difference, Page, PartRecord, Result, Verdict
from linkarchive.model.events import Listener
from linkarchive.snapshot import paths
from linkarchive.snapshot.parts import NewParts
from linkarchive.snapshot.writer import WarcWriter
from linkarchive.store import outcomes, parts, previous
from linkarchive.store.captures import StoredCapture
from linkarchive.store.database import Store
from linkarchive.store.outcomes import Visited
from linkarchive.store.run_writer import RunWriter
from linkarchive.wayback.answers import Found
from linkarchive.wayback.cited import CitedLink
from linkarchive.web.exchange import Visit

COMMIT_EVERY = 0.1
"""Seconds: what a `kill -9` may cost in conclusions, whose visits are then made again."""


@dataclass(slots=True)
class Archive:
    """The WARC files of the project: those that this run writes, and which of the others are in this folder."""

    folder: Path
    warc: WarcWriter
    _files: dict[str, bool] = field(default_factory=dict)

    def has_file(self, name: str) -> bool:
        """A file of the archive is in this folder; asked of the disk once a run."""
        if name not in self._files:
            self._files[name] = paths.located(self.folder, name).exists()
        return self._files[name]


@dataclass(slots=True)
class Recorder:
    """Writes what a run concludes. What it wrote lasts after `commit`."""

    archive: Archive
    store: Store
    rows: RunWriter
    listener: Listener
    differences: dict[tuple[str, datetime], Difference] = field(default_factory=dict)
    """What changed on drifted pages, for the report: by URL and by the time of what was compared with."""
    _committed: float = 0.0

    def record(self, conclusion: Conclusion) -> None:
        """Write a visit; its result only where that is another one than last time."""
        job, before = conclusion.job, conclusion.job.previous
        stored = None if conclusion.capture is None else self._store(job.source.id, job.source.url, conclusion.capture)
        result, source = conclusion.result, job.source.id
        if result is not None and stored is not None and conclusion.capture and not conclusion.capture.refreshes:
            result = with_capture(result, stored)
        for link, capture in conclusion.baselines:
            baseline = stored if isinstance(capture, NewCapture) else capture
            if baseline is not None:
                self.set_baseline(link, baseline, before.baseline(link.article, link.viewed_on))
        same = before.result_id is not None and (result is None or result == before.result)
        is_row = result is None or (same and before.is_row)
        number = before.result_id if same and before.result_id is not None else self._add(source, result)
        self.rows.add_visit(Visited(source, number, conclusion.checked, conclusion.change, before.verdict, is_row))
        if conclusion.page is not None:
            self.rows.set_page(source, replace(conclusion.page, result_id=number))
        self._show(result, conclusion.difference)

    def set_baseline(self, link: CitedLink, capture: StoredCapture, known: StoredCapture | None) -> None:
        """The baseline of a citation, where the one that it has may be replaced."""
        self.rows.set_baseline(link.article, link.viewed_on, capture, known)

    def store_memento(self, job: Job, found: Found) -> StoredCapture:
        """The copy as a capture: written to the WARC as what it is, or our own bytes under the archive's date."""
        from linkarchive.judge.verdict import fingerprint

        memento, known = found.memento, self.loaded(job).previous.captures
        same = [
            stored for stored in known if (stored.capture.time, stored.capture.origin) == (memento.time, memento.origin)
        ]
        if same:
            if found.visit is not None:
                found.visit.close()
            return same[0]
        if found.visit is None or found.page is None:
            ours = next(stored.capture for stored in known if stored.capture.digest == found.same_as)
            capture = replace(
                ours,
                time=memento.time,
                origin=memento.origin,
                public_url=memento.public_url,
                record=ours.original or ours.record,
                original=None,
            )
            return self.rows.add_capture(job.source.id, capture, usable=True, good=False)
        sha256 = hashlib.sha256(found.page.body).hexdigest()
        capture = self.archive.warc.write_visit(
            found.visit, source=job.source.url, sha256=sha256, fingerprint=fingerprint(found.page), memento=memento
        )
        self.archive.warc.sync()
        found.visit.close()
        return self.rows.add_capture(job.source.id, capture, usable=True, good=False)

    def keep_probe(self, visit: Visit, page: Page) -> None:
        """Write the answer of a made-up address as its capture. It is no source: the database does not know it."""
        if visit.final is not None:
            sha256 = hashlib.sha256(page.body).hexdigest()
            self.archive.warc.write_visit(visit, source=visit.request.url, sha256=sha256, fingerprint=None)
            self.archive.warc.sync()

    def loaded(self, job: Job) -> Job:
        """The job with what was known before this run, and with the captures, baselines and answers of now."""
        return replace(job, previous=previous.load(self.store, [job.source.id], self.rows.run)[job.source.id])

    def of_this_run(self, job: Job) -> tuple[Result | None, datetime | None]:
        """What this run concluded on the source so far, and when it was visited."""
        now = previous.load(self.store, [job.source.id], self.rows.run + 1)[job.source.id]
        return (now.result, now.checked) if now.run == self.rows.run else (None, None)

    def with_verdict(self, *verdicts: Verdict) -> set[int]:
        """The numbers of the sources on which this run concluded so."""
        return {number for verdict in verdicts for number in outcomes.with_verdict(self.store, self.rows.run, verdict)}

    def visited(self) -> set[int]:
        """The numbers of the sources that have their verdict in this run."""
        return outcomes.visited(self.store, self.rows.run)

    def commit(self) -> None:
        """What was written so far lasts when this returns: first records, then index lines, then rows."""
        self.archive.warc.sync()
        self.store.commit()
        self._committed = time.monotonic()

    def commit_when_due(self) -> None:
        """`commit`, at most ten times a second: a burst of visits shares the wait for the disk."""
        if time.monotonic() - self._committed >= COMMIT_EVERY:
            self.commit()

    def _store(self, source: int, url: str, new: NewCapture) -> StoredCapture:
        capture = self.archive.warc.write_visit(
            new.visit, source=url, sha256=new.sha256, fingerprint=new.fingerprint, revisit_of=new.repeats
        )
        stored = self.rows.add_capture(source, capture, usable=new.usable, good=new.good)
        return stored if new.parts is None else self.keep_parts(stored, new.parts)[0]

    def keep_parts(self, stored: StoredCapture, new: NewParts) -> tuple[StoredCapture, list[PartRecord]]:
        """Store what a captured page needs to be shown; the capture with what it holds now, and all that it uses: what
        was there before, then what was written."""
        capture, used = self.archive.warc.write_parts(stored.capture, new)
        parts.keep(self.store, self.rows, stored, capture, used)
        return replace(stored, capture=capture), used

    def _add(self, source: int, result: Result | None) -> int:
        if result is None:
            raise ValueError(f"source {source} has no result that could stand")
        return self.rows.add_outcome(source, result)

    def _show(self, result: Result | None, difference: Difference | None) -> None:
        if result is None or difference is None or result.standard is None:
            return
        if len(self.differences) < MAX_DIFFERENCES:
            self.differences[result.url, result.standard] = difference
