"""A new database from the text files and the WARC files of `archive/`, which are the truth."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import msgspec
from msgspec import structs

from linkarchive import __version__
from linkarchive.model import Capture, Change, Origin, Result, RunInfo
from linkarchive.snapshot import manifest
from linkarchive.snapshot.reader import LogLine, ScannedParts, ScannedRun, scan
from linkarchive.store import articles, captures, lookups, parts, runs, sources
from linkarchive.store.captures import takes_its_place
from linkarchive.store.database import Store
from linkarchive.store.results import Visited
from linkarchive.store.run_writer import RunWriter
from linkarchive.store.runlog_reading import BaselineLine, CaptureLine, Line, RepeatsLine, VisitLine, read_line
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
    Raises StorageError for a manifest or a state line that cannot be read. The caller commits."""
    rebuilt = Rebuilt()
    with TemporaryFile() as orphans:
        _fill(_Builder(store, rebuilt, orphans), archive, state)
    return rebuilt


def _fill(builder: _Builder, archive: Path, state: Sequence[Path]) -> None:
    for item in scan(archive):
        if isinstance(item, ScannedRun):
            builder.begin(item.id)
        elif isinstance(item, Capture):
            builder.seen(item)
        elif isinstance(item, ScannedParts):
            builder.parts.append(item)
        elif isinstance(item, LogLine):
            builder.log(read_line(item.line))
        else:
            builder.rebuilt.problems.append(f"{item.file}: {item.message}")
    builder.begin(None)
    if state:
        builder.restore_state(archive, state)


@dataclass(slots=True)
class _Builder:
    store: Store
    rebuilt: Rebuilt
    orphans: IO[bytes]
    """Captures of the present run, a line each; without a log, the run was cut off and they are all that is left of
    it."""
    run_id: str | None = None
    writer: RunWriter | None = None
    """Of the present run."""
    parts: list[ScannedParts] = field(default_factory=list)
    """What captures use, as the present run tells it."""
    last: dict[int, int] = field(default_factory=dict)
    """The number of the last result of each source."""
    numbers: dict[str, int] = field(default_factory=dict)
    """Of the sources, by key."""
    by_id: dict[int, int] = field(default_factory=dict)
    """The same by `sources.id_of`, as an integer."""
    started: datetime | None = None
    """When the present run began."""
    captures: list[tuple[str, CaptureLine]] = field(default_factory=list)
    """Those of the present run that are still to be written, each with the key of its source."""
    baselines: list[tuple[str, BaselineLine | StateBaseline]] = field(default_factory=list)
    """The same."""
    visits: list[VisitLine] = field(default_factory=list)
    """The same."""

    def begin(self, run_id: str | None) -> None:
        self._write()
        self._adopt()
        self._keep_parts()
        self.run_id, self.writer = run_id, None

    def seen(self, capture: Capture) -> None:
        self.orphans.write(msgspec.json.encode(capture) + b"\n")

    def log(self, line: Line) -> None:
        if line.run is not None:
            self._write()
            self.writer, self.started = self._open(line.run.info, line.run.scope, line.run.body), line.run.info.started
        elif line.imported is not None:
            self.rebuilt.imports += 1
            self.writer = RunWriter(self.store, None)
        if self.writer is None:
            return
        if line.article is not None:
            articles.save(self.store, self.writer.run, line.article.article, line.article.digest)
        elif line.capture is not None:
            self._keep(line.capture)
        elif line.baseline is not None:
            self._set_baseline(line.baseline.source, line.baseline)
        elif line.answer is not None and not self.writer.is_import:
            source = self._source(line.answer.source, line.answer.source)
            lookups.save_answer(self.store, self.writer.run, source, line.answer.told)
        elif line.visit is not None:
            self._visited(line.visit)
        elif line.repeats is not None:
            self._repeat(line.repeats)

    def restore_state(self, archive: Path, state: Sequence[Path]) -> None:
        """Sources that no log tells of: a clone from Git has the state file but no WARC files."""
        known = frozenset(self.last)
        newest = max((result.since for result, _ in self._unlogged(state, known)), default=None)
        if newest is None:
            return
        chain = [sealed for sealed in manifest.read_chain(archive) if IMPORT_FACT not in sealed.facts]
        when = chain[-1].created if chain else newest
        facts = chain[-1].facts if chain else {}
        simulated = bool(facts.get("simulated"))
        last_begun = datetime.fromisoformat(facts["started"]) if "started" in facts else newest
        info = RunInfo(f"state-{when:%Y%m%dT%H%M%SZ}", when, when, True, False, simulated, __version__)
        self.writer = self._open(info, "state" if chain else runs.UNKNOWN_CLOCK, RunBody())
        for result, line in self._unlogged(state, known):
            for stored in line.captures:
                self._keep(CaptureLine(result.url, stored.usable, stored.good, stored.capture))
            for baseline in line.baselines:
                self._set_baseline(result.url, baseline)
            change = Change.STILL if result.verdict.is_finding else Change.NONE
            # The line of a page that is what it was stays as it was first written: later runs have seen it again.
            carried = result.since < last_begun
            visit = VisitLine(result.url, result.url, when, change, result.verdict, result, carried, line.page)
            self._visited(visit)
        self._write()

    def _unlogged(self, state: Sequence[Path], known: Collection[int]) -> Iterator[tuple[Result, StateLine]]:
        """The lines of all sources but the `known` ones."""
        lines = read_state(state)
        while batch := list(islice(lines, _AT_ONCE)):
            self._know({key_of(result.url): result.url for result, _ in batch})
            yield from (line for line in batch if self._source(line[0].url, line[0].url) not in known)

    def _visited(self, visit: VisitLine) -> None:
        self.visits.append(visit)
        if len(self.visits) >= _AT_ONCE:
            self._write_visits()

    def _write(self) -> None:
        self._write_baselines()
        self._write_visits()

    def _write_visits(self) -> None:
        visits, self.visits = self.visits, []
        if self.writer is None:
            return
        self._know({key_of(visit.source): visit.url for visit in visits})
        pairs = [(self._source(visit.source, visit.url), visit) for visit in visits]
        for source, visit in pairs:
            if visit.outcome is not None:
                self.last[source] = self.writer.add_result(source, visit.outcome)
            if source in self.last:
                number = self.last[source]
                self.writer.add_visit(Visited(source, number, visit.checked, visit.changed, visit.was, visit.carried))
                if visit.page is not None:
                    self.writer.set_page(source, structs.replace(visit.page, result_id=number))
                self.rebuilt.visits += 1
        self.writer.flush()  # else all would be held to the end of the run

    def _repeat(self, line: RepeatsLine) -> None:
        """Put back visits that say what was said before. Those of sources that no log tells of are left out."""
        self._write_visits()
        if self.writer is None or self.started is None:
            return
        started, common = self.started, (line.changed, line.was, line.carried)
        for start in range(0, len(line.sources), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            for source, after in zip(line.sources[part], line.checked[part], strict=True):
                number = self.by_id.get(int(source, 16), 0)
                if number in self.last:
                    checked = None if after is None else started + timedelta(microseconds=after)
                    self.writer.add_visit(Visited(number, self.last[number], checked, *common))
                    self.rebuilt.visits += 1
            self.writer.flush()

    def _open(self, info: RunInfo, scope: str, body: RunBody) -> RunWriter:
        known = runs.find(self.store, info.id)
        if known is not None:
            runs.save(self.store, runs.Run(known.seq, scope, info, body))
            return RunWriter(self.store, known.seq)
        self.rebuilt.runs += 1
        return RunWriter(self.store, runs.restore(self.store, info, scope, body).seq)

    def _set_baseline(self, source: str, baseline: BaselineLine | StateBaseline) -> None:
        self.baselines.append((key_of(source), baseline))
        if len(self.baselines) >= _AT_ONCE:
            self._write_baselines()

    def _write_baselines(self) -> None:
        self._write_captures()
        baselines, self.baselines = self.baselines, []
        if self.writer is None or not baselines:
            return
        kept = captures.of_sources(self.store, {self.numbers[key] for key, _ in baselines if key in self.numbers})
        known = {
            (article, source, looked): stored
            for source, based in captures.baselines_of_sources(self.store, kept).items()
            for article, looked, stored in based
        }
        for key, line in baselines:
            of_source = kept.get(self.numbers.get(key, 0), ())
            capture = next((stored for stored in of_source if stored.capture.time == line.time), None)
            if capture is None:
                continue
            place = (line.article, capture.source, line.looked)
            rebased = isinstance(line, BaselineLine) and line.rebased
            self.writer.set_baseline(line.article, line.looked, capture, known.get(place), rebased=rebased)
            if rebased or takes_its_place(capture, known.get(place)):
                known[place] = capture

    def _keep(self, line: CaptureLine) -> None:
        self.captures.append((key_of(line.source), line))
        if len(self.captures) >= _AT_ONCE:
            self._write_captures()

    def _write_captures(self) -> None:
        """Those that are not there yet: a source has one capture of a time."""
        lines, self.captures = self.captures, []
        if self.writer is None or not lines:
            return
        self._know({key: line.capture.url for key, line in lines})
        known = captures.times_of(self.store, {self.numbers[key] for key, _ in lines})
        for key, line in lines:
            source, capture = self.numbers[key], line.capture
            if (source, capture.time) not in known:
                known.add((source, capture.time))
                self.writer.add_capture(source, capture, line.usable, line.good)
                self.rebuilt.captures += 1

    def _adopt(self) -> None:
        """Put back the captures of a run that never wrote its log: pages of status 200 may serve as baselines."""
        self.orphans.seek(0)
        if self.run_id is not None and self.writer is None:
            for line in self.orphans:
                capture = msgspec.json.decode(line, type=Capture)
                if self.writer is None:
                    self.writer = self._writer_without_log(self.run_id, capture)
                self._keep(CaptureLine(capture.url, capture.status == 200, False, capture))
            self._write_captures()
        self.orphans.seek(0)
        self.orphans.truncate()

    def _writer_without_log(self, run_id: str, first: Capture) -> RunWriter:
        if first.origin is Origin.IMPORTED:
            self.rebuilt.imports += 1
            return RunWriter(self.store, None)
        info = RunInfo(run_id, first.time, None, False, False, False, __version__)
        return self._open(info, runs.UNKNOWN_CLOCK, RunBody())

    def _keep_parts(self) -> None:
        """Put back what captures use, of this run and of those before."""
        scanned, self.parts = self.parts, []
        if self.writer is None:
            return
        for group in scanned:
            number = self.numbers.get(key_of(group.url))
            of_source = () if number is None else captures.of_source(self.store, number)
            stored = next((stored for stored in of_source if stored.capture.record == group.page), None)
            if stored is not None:
                parts.restore(self.store, self.writer, stored, group.facts, group.new)

    def _source(self, key: str, url: str) -> int:
        key = key_of(key)
        self._know({key: url})
        return self.numbers[key]

    def _know(self, urls: Mapping[str, str]) -> None:
        new = {key: url for key, url in urls.items() if key not in self.numbers}
        if new:
            numbers = sources.ensure_keys(self.store, new)
            self.numbers |= numbers
            self.by_id |= {int(sources.id_of(key), 16): number for key, number in numbers.items()}
