"""A new database from the text files and the WARC files of `archive/`, which are the truth."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from linkarchive import __version__
from linkarchive.model import Capture, Change, Origin, Result, RunInfo
from linkarchive.snapshot import manifest
from linkarchive.snapshot.reader import LogLine, ScannedParts, ScannedRun, scan
from linkarchive.store import articles, lookups, parts, runs, sources
from linkarchive.store.captures import StoredCapture, takes_its_place
from linkarchive.store.database import Store
from linkarchive.store.outcomes import Visited
from linkarchive.store.run_writer import RunWriter
from linkarchive.store.runlog_reading import BaselineLine, Line, VisitLine, read_line
from linkarchive.store.runs import RunBody
from linkarchive.store.state_file import StateBaseline, StateLine, read_state
from linkarchive.wrappers import key_of

IMPORT_FACT = "imported"
"""What only the manifest of an import says: the names of its files."""
_AT_ONCE = 500
"""Sources whose rows are read and written together."""


@dataclass(slots=True)
class Rebuilt:
    """What was put back, and what could not be."""

    runs: int = 0
    imports: int = 0
    captures: int = 0
    visits: int = 0
    problems: list[str] = field(default_factory=list)


def rebuild(store: Store, archive: Path, state: Sequence[Path]) -> Rebuilt:
    """Fill an empty database. The logs in the WARC files tell all; where they are missing, the files of the state help.

    Raises StorageError for a manifest or a state line that cannot be read. The caller commits.
    """
    rebuilt = Rebuilt()
    builder = _Builder(store, rebuilt)
    for found in scan(archive):
        if isinstance(found, ScannedRun):
            builder.begin(found.id)
        elif isinstance(found, Capture):
            builder.seen(found)
        elif isinstance(found, ScannedParts):
            builder.parts.append(found)
        elif isinstance(found, LogLine):
            builder.log(read_line(found.line))
        else:
            rebuilt.problems.append(f"{found.file}: {found.message}")
    builder.begin(None)
    if state:
        builder.restore_state(archive, state)
    return rebuilt


@dataclass(slots=True)
class _Builder:
    store: Store
    rebuilt: Rebuilt
    run_id: str | None = None
    writer: RunWriter | None = None
    """Of the present run."""
    orphans: list[Capture] = field(default_factory=list)
    """Captures of the present run; without a log, the run was cut off and they are all that is left of it."""
    parts: list[ScannedParts] = field(default_factory=list)
    """What captures use, as the present run tells it."""
    known: dict[str, dict[datetime, StoredCapture]] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)
    """The number of the last outcome of each source."""
    numbers: dict[str, int] = field(default_factory=dict)
    """Of the sources, by key."""
    baselines: dict[tuple[str, int, date | None], StoredCapture] = field(default_factory=dict)
    """Of the sources, by article and day."""
    visits: list[VisitLine] = field(default_factory=list)
    """Those of the present run that are still to be written."""

    def begin(self, run_id: str | None) -> None:
        self._write_visits()
        self._adopt()
        self._keep_parts()
        self.run_id, self.writer = run_id, None

    def seen(self, capture: Capture) -> None:
        self.orphans.append(capture)

    def log(self, line: Line) -> None:
        if line.run is not None:
            self._write_visits()
            self.writer = self._open(line.run.info, line.run.scope, line.run.body)
        elif line.imported is not None:
            self.rebuilt.imports += 1
            self.writer = RunWriter(self.store, None)
        if self.writer is None:
            return
        if line.article is not None:
            articles.save(self.store, self.writer.run, line.article.article, line.article.digest)
        elif line.capture is not None:
            told = line.capture
            self._keep(told.source, told.capture, told.usable, told.good)
        elif line.baseline is not None:
            self._set_baseline(self.writer, line.baseline.source, line.baseline)
        elif line.answer is not None and not self.writer.is_import:
            source = self._source(line.answer.source, line.answer.source)
            lookups.tell(self.store, self.writer.run, source, line.answer.told)
        elif line.visit is not None:
            self._visited(line.visit)

    def restore_state(self, archive: Path, state: Sequence[Path]) -> None:
        """Sources that no log tells of: a clone from Git has the state file but no WARC files."""
        known = frozenset(self.last)
        newest = max((outcome.since for outcome, _ in self._untold(state, known)), default=None)
        if newest is None:
            return
        chain = [sealed for sealed in manifest.read_chain(archive) if IMPORT_FACT not in sealed.facts]
        when = chain[-1].created if chain else newest
        facts = chain[-1].facts if chain else {}
        simulated = bool(facts.get("simulated"))
        last_begun = datetime.fromisoformat(facts["started"]) if "started" in facts else newest
        info = RunInfo(f"state-{when:%Y%m%dT%H%M%SZ}", when, when, True, False, simulated, __version__)
        writer = self.writer = self._open(info, "state" if chain else runs.UNKNOWN_CLOCK, RunBody())
        for outcome, line in self._untold(state, known):
            for one in line.captures:
                self._keep(outcome.url, one.capture, one.usable, one.good)
            for baseline in line.baselines:
                self._set_baseline(writer, key_of(outcome.url), baseline)
            change = Change.STILL if outcome.verdict.is_finding else Change.NONE
            # The line of a page that is what it was stays as it was first written: later runs have seen it again.
            carried = outcome.since < last_begun
            visit = VisitLine(outcome.url, outcome.url, when, change, outcome.verdict, outcome, carried, line.page)
            self._visited(visit)
        self._write_visits()

    def _untold(self, state: Sequence[Path], known: Collection[int]) -> Iterator[tuple[Result, StateLine]]:
        lines = read_state(state)
        while some := list(islice(lines, _AT_ONCE)):
            self._know({key_of(outcome.url): outcome.url for outcome, _ in some})
            yield from (line for line in some if self._source(line[0].url, line[0].url) not in known)

    def _visited(self, visit: VisitLine) -> None:
        self.visits.append(visit)
        if len(self.visits) >= _AT_ONCE:
            self._write_visits()

    def _write_visits(self) -> None:
        visits, self.visits = self.visits, []
        if self.writer is None:
            return
        self._know({key_of(visit.source): visit.url for visit in visits})
        found = [(self._source(visit.source, visit.url), visit) for visit in visits]
        for source, visit in found:
            if visit.outcome is not None:
                self.last[source] = self.writer.add_outcome(source, visit.outcome)
            if source in self.last:
                number = self.last[source]
                self.writer.add_visit(Visited(source, number, visit.checked, visit.changed, visit.was, visit.carried))
                if visit.page is not None:
                    self.writer.set_page(source, replace(visit.page, result_id=number))
                self.rebuilt.visits += 1

    def _open(self, info: RunInfo, scope: str, body: RunBody) -> RunWriter:
        known = runs.find(self.store, info.id)
        if known is not None:
            runs.save(self.store, runs.Run(known.seq, scope, info, body))
            return RunWriter(self.store, known.seq)
        self.rebuilt.runs += 1
        return RunWriter(self.store, runs.restore(self.store, info, scope, body).seq)

    def _set_baseline(self, writer: RunWriter, source: str, told: BaselineLine | StateBaseline) -> None:
        kept = self.known.get(source, {}).get(told.time)
        if kept is not None:
            key = (told.article, kept.source, told.looked)
            rebased = isinstance(told, BaselineLine) and told.rebased
            writer.set_baseline(told.article, told.looked, kept, self.baselines.get(key), rebased=rebased)
            if rebased or takes_its_place(kept, self.baselines.get(key)):
                self.baselines[key] = kept

    def _keep(self, source: str, capture: Capture, usable: bool, good: bool) -> None:
        key = key_of(source)
        if self.writer is not None and capture.time not in self.known.setdefault(key, {}):
            identifier = self._source(key, capture.url)
            self.known[key][capture.time] = self.writer.add_capture(identifier, capture, usable, good)
            self.rebuilt.captures += 1

    def _adopt(self) -> None:
        """Put back the captures of a run that never wrote its log: pages of status 200 may serve as baselines."""
        left, self.orphans = self.orphans, []
        if not left or self.run_id is None or self.writer is not None:
            return
        if left[0].origin is Origin.IMPORTED:
            self.rebuilt.imports += 1
            self.writer = RunWriter(self.store, None)
        else:
            info = RunInfo(self.run_id, left[0].time, None, False, False, False, __version__)
            self.writer = self._open(info, runs.UNKNOWN_CLOCK, RunBody())
        for capture in left:
            self._keep(capture.url, capture, capture.status == 200, False)

    def _keep_parts(self) -> None:
        """Put back what captures use, of this run and of those before."""
        found, self.parts = self.parts, []
        for told in found if self.writer is not None else ():
            captures = self.known.get(key_of(told.url), {}).values()
            stored = next((stored for stored in captures if stored.capture.record == told.page), None)
            if stored is not None and self.writer is not None:
                parts.restore(self.store, self.writer, stored, told.facts, told.new)

    def _source(self, key: str, url: str) -> int:
        key = key_of(key)
        self._know({key: url})
        return self.numbers[key]

    def _know(self, wanted: Mapping[str, str]) -> None:
        new = {key: url for key, url in wanted.items() if key not in self.numbers}
        if new:
            self.numbers |= sources.ensure_keys(self.store, new)
