"""What an import adds to the archive: records and captures first, then rows, its log, people's decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from linkarchive.check.baselines import choose_baseline
from linkarchive.check.plan import Job
from linkarchive.imports.pages import LoadedCapture, LoadedRecord
from linkarchive.model import Origin
from linkarchive.project import Project
from linkarchive.secrets import redact
from linkarchive.snapshot.writer import WarcWriter
from linkarchive.store import captures, decisions
from linkarchive.store.captures import StoredCapture
from linkarchive.store.database import Store
from linkarchive.store.decisions import Decision
from linkarchive.store.run_writer import RunWriter
from linkarchive.store.runlog import import_lines
from linkarchive.store.runlog_reading import BaselineLine, CaptureLine, ImportLine
from linkarchive.wayback.baseline import is_usable


@dataclass(slots=True)
class Recorder:
    """Writes one import."""

    id: str
    time: datetime
    store: Store
    writer: WarcWriter
    rows: RunWriter
    limit: int
    """Bytes of a decoded page."""
    captures: list[CaptureLine] = field(default_factory=list)
    baselines: list[BaselineLine] = field(default_factory=list)
    added: dict[str, list[StoredCapture]] = field(default_factory=dict)
    """By source key."""
    others: int = 0
    """Records that are kept for replay alone."""

    def keep(self, job: Job, loaded: LoadedCapture) -> None:
        """Keep a capture of a source; it is usable where it shows a page that is really there."""
        page = loaded.page(self.limit)
        capture = self.writer.write_imported(
            loaded.records(), loaded.capture(job.source.url, page), loaded.last.foreign.file
        )
        if capture is not None:
            usable = is_usable(page)
            stored = self.rows.add_capture(job.source.id, capture, usable, good=False)
            self.added.setdefault(job.source.key, []).append(stored)
            self.captures.append(CaptureLine(job.source.key, usable, False, capture))

    def keep_other(self, loaded: LoadedRecord) -> None:
        """Keep a record that is of no source."""
        foreign = loaded.foreign
        self.writer.write_imported([loaded.as_kept(foreign.urls[0])], None, foreign.file)
        self.others += 1

    def rebase(self, project: Project, jobs: Mapping[str, Job], who: str) -> None:
        """Give the citations of sources with new usable captures the nearest of these as their baseline; it is recorded
        as a decision of `who`."""
        for key, added in self.added.items():
            for article, viewed_on, present in captures.baselines_of_source(self.store, jobs[key].source.id):
                nearest = choose_baseline(added, viewed_on)
                if nearest is None or nearest.id == present.id:
                    continue
                self.rows.set_baseline(article, viewed_on, nearest, present, rebased=True)
                time = nearest.capture.time
                self.baselines.append(BaselineLine(key, article, viewed_on, Origin.IMPORTED, time, rebased=True))
                reason = f"compared with the capture of {self.id}"
                decisions.append(project, Decision("rebase", redact(key), who, self.time, reason, article, time))

    def finish(self) -> None:
        """Write the log, then the rows, so that no row names a record that is not on disk. Raises StorageError."""
        if self.captures or self.others:
            self.writer.write_log(import_lines(ImportLine(self.id, self.time), self.captures, self.baselines))
        self.writer.close()
        self.store.commit()
