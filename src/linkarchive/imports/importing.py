"""`archive import`: read what others wrote, choose what is of sources here, keep it, and say what became of it."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from linkarchive.check.articles import load
from linkarchive.check.baselines import choose_baseline
from linkarchive.check.plan import Job, Policy, plan
from linkarchive.check.scope import Scope
from linkarchive.clock import Clock
from linkarchive.errors import ArticleError
from linkarchive.history.recovery import recover
from linkarchive.imports import opening
from linkarchive.imports.record import Block, ForeignRecord, Reading, RecordError, RecordType
from linkarchive.imports.selection import Chosen, Entry, Wanted, entry_of, select
from linkarchive.model import Capture, Hop, Location, Origin, Page, Reason
from linkarchive.project import Project
from linkarchive.settings import Settings
from linkarchive.snapshot.cdxj import media_type
from linkarchive.snapshot.imported import ImportedRecord
from linkarchive.snapshot.manifest import write_manifest
from linkarchive.snapshot.paths import run_files
from linkarchive.snapshot.reader import decoded_payload
from linkarchive.snapshot.record_reader import Problem
from linkarchive.snapshot.writer import WarcWriter
from linkarchive.store import captures, decisions, runs
from linkarchive.store.captures import StoredCapture
from linkarchive.store.database import Store
from linkarchive.store.decisions import Decision
from linkarchive.store.opening import open_project
from linkarchive.store.rebuild import IMPORT_FACT
from linkarchive.store.run_writer import RunWriter
from linkarchive.store.runlog import BaselineLine, CaptureLine, ImportLine, import_lines
from linkarchive.store.state_file import write_state
from linkarchive.urls import redact
from linkarchive.wayback.baseline import is_usable

_MOST_READINGS = 6
"""How often the files are read anew for what redirects and revisits lead to."""
_NOWHERE = Location("", 0, 0)


@dataclass(slots=True)
class Imported:
    """What became of an import."""

    id: str
    captures: int = 0
    sources: int = 0
    """That have a capture of this import."""
    unusable: int = 0
    """Captures that show no page that was really there: kept, but nothing is compared with them."""
    known: int = 0
    """Captures that the archive has already."""
    left_out: int = 0
    """Records of pages that are no sources here."""
    kept: int = 0
    """And those of them that were kept for replay."""
    rebased: int = 0
    """Citations that are compared with another capture from now on."""
    problems: list[str] = field(default_factory=list)


def import_files(
    project: Project,
    paths: Sequence[Path],
    settings: Settings,
    clock: Clock,
    *,
    keep_all: bool = False,
    rebase: bool = False,
    who: str,
) -> Imported:
    """Keep the captures of sources that these files and folders hold, each with its own time.

    Raises UsageError for a file that is none of what can be imported, LockedError and StorageError.
    """
    for path in paths:
        opening.check_readable(path)
    now = clock.now()
    with project.lock():
        recover(project)
        with open_project(project, write=True) as store:
            imported = Imported(f"import-{runs.new_id(now)}")
            jobs = _jobs(project, store, settings, clock)
            writer = WarcWriter(
                project.root, imported.id, clock=clock, size_limit=settings.keep.warc_size, simulated=clock.simulated
            )
            with writer:
                work = _Import(project, store, writer, RunWriter(store, None), jobs, settings, now, imported)
                work.run(partial(_read_all, paths, now), keep_all)
                if rebase:
                    work.rebase(who)
                work.finish()
            if writer.digests:
                facts = {"started": now, "finished": clock.now(), "simulated": clock.simulated}
                facts[IMPORT_FACT] = [redact(str(path)) for path in paths]
                if rebase:
                    facts["state"] = write_state(store, project.state)
                files = run_files(project.root, imported.id)
                write_manifest(project.root, imported.id, files, facts, created=clock.now(), known=writer.digests)
            return imported


def _jobs(project: Project, store: Store, settings: Settings, clock: Clock) -> dict[str, Job]:
    """By key the sources that the articles of links.txt cite, without those that are excluded or forgotten."""
    if not project.links.exists():
        raise ArticleError(f"{project.links}: not there; check the articles first: an import keeps what they cite")
    articles = load(project, store, Scope(), settings, clock)
    jobs = plan(articles, store, Policy(settings, decisions.load(project.decisions))).values()
    return {job.source.key: job for job in jobs if job.skip is not Reason.EXCLUDED and "://" in job.source.key}


def _read_all(paths: Sequence[Path], now: datetime) -> Reading:
    for path in paths:
        yield from opening.read(path, now)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A record that was read whole."""

    foreign: ForeignRecord
    block: Block

    def as_kept(self, url: str, original: int | None = None) -> ImportedRecord:
        foreign = self.foreign
        is_resource = foreign.type is RecordType.RESOURCE
        content_type = foreign.http.get("content-type") if is_resource else "application/http; msgtype=response"
        return ImportedRecord(
            type=foreign.type.value,
            url=url,
            time=foreign.time,
            fields=foreign.fields,
            content_type=content_type or "application/octet-stream",
            head=self.block.head,
            payload=self.block.payload,
            original=original,
        )


@dataclass(slots=True)
class _Import:
    project: Project
    store: Store
    writer: WarcWriter
    rows: RunWriter
    jobs: Mapping[str, Job]
    settings: Settings
    now: datetime
    imported: Imported
    captured: list[CaptureLine] = field(default_factory=list)
    baselines: list[BaselineLine] = field(default_factory=list)
    added: dict[str, list[StoredCapture]] = field(default_factory=dict)
    """By source key, those of this import."""
    ours: set[int] = field(default_factory=set)
    """The numbers of the records of sources."""
    told: set[tuple[str, int | None]] = field(default_factory=set)
    """The places of problems that were told."""

    def run(self, read: Callable[[], Reading], keep_all: bool) -> None:
        """Read once for what there is, and again for what is of sources; each record is held until its last use."""
        waiting = deque(sorted(self._chosen(read), key=_end))
        uses = Counter(number for choice in waiting for number in _numbers(choice))
        loaded: dict[int, _Loaded] = {}
        for number, record in self._records(read()):
            if number in uses:
                item = self._load(record)
                if item is not None:
                    loaded[number] = item
            elif keep_all and number not in self.ours and record.type is not RecordType.REVISIT:
                self._keep_other(record)
            while waiting and _end(waiting[0]) <= number:
                choice = waiting.popleft()
                self._keep(choice, loaded)
                for used in _numbers(choice):
                    uses[used] -= 1
                    if not uses[used] and used in loaded:
                        loaded.pop(used).block.payload.close()

    def _chosen(self, read: Callable[[], Reading]) -> list[Chosen]:
        """The captures of sources that the archive does not have yet."""
        wanted = Wanted.of(self.jobs)
        for _ in range(_MOST_READINGS):
            before, entries, count = wanted.size, list[Entry](), 0
            for number, record in self._records(read()):
                count += 1
                entry = entry_of(number, record)
                if wanted.has(entry):
                    wanted.add(entry)
                    entries.append(entry)
            if wanted.size == before:
                break
        chosen = select(entries, self.jobs.keys())
        self.ours.update(number for choice in chosen for number in _numbers(choice))
        self.imported.left_out = count - len(self.ours)
        times = {entry.number: entry.time for entry in entries}
        here = captures.of_sources(self.store, [self.jobs[choice.source].source.id for choice in chosen])
        have = {(source, one.capture.time) for source, kept in here.items() for one in kept}
        new = []
        for choice in chosen:
            moment = (self.jobs[choice.source].source.id, times[choice.records[-1]])
            if moment in have:
                self.imported.known += 1
            else:
                have.add(moment)
                new.append(choice)
        return new

    def _records(self, reading: Reading) -> Iterator[tuple[int, ForeignRecord]]:
        """The records with their numbers; problems are told once."""
        number = 0
        for item in reading:
            if isinstance(item, Problem):
                self._tell(item.file, item.offset, item.message)
            else:
                yield number, item
                number += 1

    def _tell(self, file: str, offset: int | None, message: str) -> None:
        if (file, offset) not in self.told:
            self.told.add((file, offset))
            place = file if offset is None else f"{file} at byte {offset:,}"
            self.imported.problems.append(f"{place}: {message}")

    def _load(self, record: ForeignRecord) -> _Loaded | None:
        try:
            return _Loaded(record, record.load())
        except RecordError as error:
            self._tell(record.file, record.offset, str(error))
            return None

    def _keep(self, choice: Chosen, loaded: Mapping[int, _Loaded]) -> None:
        """Write a capture, if all of it could be read."""
        if not all(number in loaded for number in _numbers(choice)):
            return
        *redirects, last = (loaded[number] for number in choice.records)
        if choice.missing:
            self._tell(last.foreign.file, last.foreign.offset, "it repeats a record that is not in what is imported")
            return
        original = None if choice.original is None else loaded[choice.original]
        page = self._page(choice, redirects, last, original or last)
        usable = is_usable(page)
        source = self.jobs[choice.source].source
        records = [] if original is None else [original.as_kept(original.foreign.urls[0])]
        records += [one.as_kept(one.foreign.urls[0]) for one in redirects]
        records.append(last.as_kept(choice.url, None if original is None else 0))
        capture = self.writer.write_imported(
            records, self._capture(source.url, page, last, original or last), last.foreign.file
        )
        if capture is None:
            return
        kept = self.rows.add_capture(source.id, capture, usable, good=False)
        self.added.setdefault(source.key, []).append(kept)
        self.captured.append(CaptureLine(source.key, usable, False, capture))
        self.imported.captures += 1
        self.imported.unusable += not usable

    def _page(self, choice: Chosen, redirects: Sequence[_Loaded], last: _Loaded, stored: _Loaded) -> Page:
        """What the records show; `stored` has the payload, which a revisit repeats."""
        payload_headers = stored.foreign.http.header_map
        decoded = decoded_payload(stored.block.payload, payload_headers, self.settings.network.max_body)
        repeats = stored is not last and last.foreign.http.status in (0, 304)
        return Page(
            final_url=choice.url,
            status=stored.foreign.http.status if repeats else last.foreign.http.status,
            headers=payload_headers | last.foreign.http.header_map,
            body=decoded.data,
            hops=tuple(Hop(one.foreign.urls[0], one.foreign.http.status) for one in redirects),
            truncated=decoded.truncated or bool(stored.foreign.field("WARC-Truncated")),
        )

    def _capture(self, url: str, page: Page, last: _Loaded, stored: _Loaded) -> Capture:
        from linkarchive.judge.verdict import fingerprint

        return Capture(
            url=url,
            time=last.foreign.time,
            origin=Origin.IMPORTED,
            public_url=None,
            status=page.status or 0,
            final_url=page.final_url,
            mime=media_type(page.headers.get("content-type", "")).lower(),
            hops=page.hops,
            digest=stored.block.payload.digest,
            sha256=hashlib.sha256(page.body).hexdigest(),
            record=_NOWHERE,
            truncated=page.truncated,
            claimed=last.foreign.type is RecordType.RESOURCE,
            fingerprint=fingerprint(page),
        )

    def _keep_other(self, record: ForeignRecord) -> None:
        """Keep a record that is of no source, for replay alone."""
        item = self._load(record)
        if item is not None:
            self.writer.write_imported([item.as_kept(record.urls[0])], None, record.file)
            self.imported.kept += 1
            item.block.payload.close()

    def rebase(self, who: str) -> None:
        """Compare the citations of sources with a new usable capture with the nearest of these, whatever they were
        compared with before; the decision stays."""
        for key, added in self.added.items():
            job = self.jobs[key]
            for article, looked, known in captures.baselines_of_source(self.store, job.source.id):
                chosen = choose_baseline(added, looked)
                if chosen is None or chosen.id == known.id:
                    continue
                self.rows.set_baseline(article, looked, chosen, known, rebased=True)
                time = chosen.capture.time
                self.baselines.append(BaselineLine(key, article, looked, Origin.IMPORTED, time, rebased=True))
                reason = f"compared with the capture of {self.imported.id}"
                decision = Decision("rebase", redact(key), who, self.now, reason, article, time)
                decisions.append(self.project, decision)
                self.imported.rebased += 1

    def finish(self) -> None:
        """The log, then the rows: nothing that is named is missing."""
        self.imported.sources = len(self.added)
        self.imported.left_out -= self.imported.kept
        if self.imported.captures or self.imported.kept:
            start = ImportLine(self.imported.id, self.now)
            self.writer.write_log(import_lines(start, self.captured, self.baselines))
        self.writer.close()
        self.store.commit()


def _numbers(choice: Chosen) -> tuple[int, ...]:
    return choice.records if choice.original is None else (choice.original, *choice.records)


def _end(choice: Chosen) -> int:
    """When all of it was read."""
    return max(_numbers(choice))
