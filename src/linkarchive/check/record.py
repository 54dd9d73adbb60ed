"""The only writer of a run: bytes into the WARC first, then the rows that name them."""

from __future__ import annotations

import hashlib
import time
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import structs

from linkarchive.check.baselines import NewCapture
from linkarchive.check.conclude import Conclusion
from linkarchive.check.plan import Job
from linkarchive.check.results import with_capture
from linkarchive.errors import ArchiveError, NotJudgedError
from linkarchive.history.open_run import OpenRun
from linkarchive.model import MAX_DIFFERENCES, Difference, Page, PartRecord, Result, Verdict
from linkarchive.model.events import Listener, Notice
from linkarchive.secrets import redact
from linkarchive.store import captures, previous, results
from linkarchive.store.captures import StoredCapture
from linkarchive.store.previous import AT_ONCE
from linkarchive.web.exchange import Visit

if TYPE_CHECKING:
    from linkarchive.snapshot.parts import NewParts

COMMIT_EVERY = 0.5
"""Seconds: what a `kill -9` may cost in conclusions, whose visits are then made again."""


class Recorder:
    """Writes what a run concludes. What it wrote lasts after `commit`."""

    def __init__(self, begun: OpenRun, listener: Listener) -> None:
        self.run, self.resumed = begun.run, begun.resumed
        self.store, self.rows, self.warc = begun.store, begun.rows, begun.warc
        self.clock = begun.clock
        self.listener = listener
        self.differences: dict[tuple[str, datetime], Difference] = {}
        """What changed on drifted pages, for the report: by URL and by the time of what was compared with."""
        self.troubles: list[str] = []
        """A sentence for each page that a bug of ours kept from being judged."""
        self.not_judged: set[int] = set()
        """The numbers of their sources: without a verdict of this run, or with the one from before the bug."""
        self.proven = array("q")
        """The numbers of the sources whose pages are what they were: no trouble of our own network looks like that."""
        self._committed = 0.0

    def warn(self, text: str) -> None:
        """Say it also where only news is printed."""
        self.listener(Notice(text, important=True))

    def record(self, conclusion: Conclusion) -> None:
        """Write what a conclusion has: its capture (WARC record and row), baselines, one row of `visits`.

        A result is stored only where it differs from that of the last visit; without one the visit repeats what is
        stored. Raises ValueError where nothing is.
        """
        job, before = conclusion.job, conclusion.job.previous
        stored = None if conclusion.capture is None else self._store(job.source.id, job.source.url, conclusion.capture)
        result, source = conclusion.result, job.source.id
        if result is not None and stored is not None and conclusion.capture and not conclusion.capture.refreshes:
            result = with_capture(result, stored)
        for link, capture in conclusion.baselines:
            baseline = stored if isinstance(capture, NewCapture) else capture
            if baseline is not None:
                known = before.baseline(link.article, link.viewed_on)
                self.rows.set_baseline(link.article, link.viewed_on, baseline, known)
        result_id = before.result_id
        is_repeated = result_id is not None and (result is None or result == before.result)
        carried = result is None or (is_repeated and before.is_row)
        if result_id is None or not is_repeated:
            if result is None:
                raise ValueError(f"source {source} has no result that could stand")
            result_id = self.rows.add_result(source, result)
        self.rows.add_visit(
            results.Visited(source, result_id, conclusion.checked, conclusion.change, before.verdict, carried)
        )
        if conclusion.page is not None:
            self.rows.set_page(source, structs.replace(conclusion.page, result_id=result_id))
        if conclusion.is_as_before:
            self.proven.append(source)
        self._show(result, conclusion.difference)

    def keep_probe(self, visit: Visit, page: Page) -> None:
        """Write the answer of a made-up address as its capture. It is no source: the database does not know it."""
        if visit.final is not None:
            sha256 = hashlib.sha256(page.body).hexdigest()
            self.warc.write_visit(visit, source=visit.request.url, sha256=sha256, fingerprint=None)
            self.warc.sync()

    def loaded(self, job: Job) -> Job:
        """The job with what was known before this run, and with the captures, baselines and answers of now."""
        return structs.replace(job, previous=previous.load(self.store, [job.source.id], self.run.seq)[job.source.id])

    def of_this_run(self, job: Job) -> tuple[Result | None, datetime | None]:
        """What this run concluded on the source so far, and when it was visited."""
        now = previous.load(self.store, [job.source.id], self.run.seq + 1)[job.source.id]
        return (now.result, now.checked) if now.run == self.run.seq else (None, None)

    def concluded(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Result, datetime | None]]:
        """The jobs on which this run has concluded, each as `loaded` says, with what `of_this_run` says; many are read
        together."""
        for start in range(0, len(jobs), AT_ONCE):
            batch = jobs[start : start + AT_ONCE]
            numbers = [job.source.id for job in batch]
            before = previous.load(self.store, numbers, self.run.seq)
            known = previous.load(self.store, numbers, self.run.seq + 1)
            for job in batch:
                now = known[job.source.id]
                if now.run == self.run.seq and now.result is not None:
                    yield structs.replace(job, previous=before[job.source.id]), now.result, now.checked

    @contextmanager
    def contained(self, url: str, source: int | None = None, close: Callable[[], None] | None = None) -> Iterator[None]:
        """What is done with the page at a URL: a bug in it costs the `source` this verdict, and never the run.

        What was written last of the source stands, by an earlier run or by this one, the user is told, and the run is
        incomplete: the next one tries again. `close` is called then. Errors of the disk and of the database concern
        the whole run, and are raised.
        """
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever a foreign page does to a parser
            self.contain(error, url, source, close)

    def contain(
        self, error: Exception, url: str, source: int | None = None, close: Callable[[], None] | None = None
    ) -> None:
        """`contained`, for an error that was raised; to be called where it is handled."""
        if isinstance(error, ArchiveError | OSError):
            raise error
        if close is not None:
            close()
        if source is not None:
            self.not_judged.add(source)
        words = str(error) if isinstance(error, NotJudgedError) else f"{type(error).__name__}: {error}"
        trouble = f"{redact(url)}: could not be judged ({words}); please report it"
        self.troubles.append(trouble)
        self.warn(trouble)

    def with_verdict(self, *verdicts: Verdict) -> set[int]:
        """The numbers of the sources on which this run concluded so."""
        return {number for verdict in verdicts for number in results.with_verdict(self.store, self.run.seq, verdict)}

    def with_copy(self, sources: Collection[int]) -> set[int]:
        """Those of these sources that have a capture of a page that was really there."""
        return captures.usable_sources(self.store, sources)

    def without_parts(self) -> list[StoredCapture]:
        """The captures that show what this run saw, and hold the document alone."""
        from linkarchive.store import parts

        return parts.wanting(self.store, self.run.seq)

    def parts_with(self, digests: Iterable[str]) -> dict[str, PartRecord]:
        """The first response that was kept with each of these payloads, if there is one."""
        from linkarchive.store import parts

        return parts.by_digest(self.store, digests)

    def visited(self) -> Set[int]:
        """The numbers of the sources that have their verdict in this run."""
        return results.visited(self.store, self.run.seq)

    def keep_difference(self, url: str, standard: datetime, difference: Difference) -> None:
        """For the report, as long as there is room in it: `standard` is the time of what was compared with."""
        if len(self.differences) < MAX_DIFFERENCES:
            self.differences[url, standard] = difference

    def discard(self) -> None:
        """Forget what this run concluded, since our own network was in trouble; pages that are what they were stand."""
        results.discard_run(self.store, self.run.seq, set(self.proven))

    def commit(self) -> None:
        """What was written so far lasts when this returns: first records, then index lines, then rows."""
        self.warc.sync()
        self.store.commit()
        self._note_commit()

    def commit_when_due(self) -> None:
        """`commit`, at most twice a second: a burst of visits shares the wait for the disk."""
        if time.monotonic() - self._committed >= COMMIT_EVERY:
            self.commit()

    def _note_commit(self) -> None:
        self._committed = time.monotonic()

    def _store(self, source: int, url: str, new: NewCapture) -> StoredCapture:
        capture = self.warc.write_visit(
            new.visit, source=url, sha256=new.sha256, fingerprint=new.fingerprint, revisit_of=new.repeats
        )
        stored = self.rows.add_capture(source, capture, usable=new.usable, good=new.good)
        if new.parts is None:
            return stored
        from linkarchive.snapshot.parts import with_known

        known = with_known(new.parts, self.parts_with(exchange.body.digest for exchange in new.parts.exchanges))
        kept, _ = self.keep_parts(stored, known)
        for resource in known.resources:
            resource.body.close()
        return kept

    def keep_parts(self, stored: StoredCapture, new: NewParts) -> tuple[StoredCapture, list[PartRecord]]:
        """Store what a captured page needs to be shown; the capture with what it holds now, and all that it uses: what
        was there before, then what was written."""
        from linkarchive.store import parts

        capture, used = self.warc.write_parts(stored.capture, new)
        parts.keep(self.store, self.rows, stored, capture, used)
        return structs.replace(stored, capture=capture), used

    def _show(self, result: Result | None, difference: Difference | None) -> None:
        if result is None or difference is None or result.standard is None:
            return
        self.keep_difference(result.url, result.standard, difference)
