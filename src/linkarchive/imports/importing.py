"""`archive import`: read what other programs captured, select what is of sources here, keep it, and count it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkarchive.check.articles import load
from linkarchive.check.plan import Job, Policy, plan
from linkarchive.clock import Clock
from linkarchive.errors import ArticleError
from linkarchive.imports import opening
from linkarchive.imports.input import Input, Selection, choose
from linkarchive.imports.pages import LoadedCapture, LoadedRecord
from linkarchive.imports.record import RecordType
from linkarchive.imports.recording import Recorder
from linkarchive.imports.session import recording
from linkarchive.model import Reason
from linkarchive.model.scope import Scope
from linkarchive.project import Project
from linkarchive.settings import Settings
from linkarchive.store import captures


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import kept and left out, in numbers."""

    id: str
    captures: int
    """Those that were kept."""
    sources: int
    """Those that have one of these captures."""
    unusable: int
    """Of the captures, those that show an error or a wall: nothing is compared with them."""
    known: int
    """Captures that were left out, since the archive has them."""
    left_out: int
    """Records that were left out, since their pages are no sources here."""
    kept: int
    """Records of such pages that were kept for replay."""
    rebased: int
    """Citations that are compared with another capture from now on."""
    problems: tuple[str, ...]
    """What was damaged, a sentence each."""


def import_files(
    project: Project,
    paths: Sequence[Path],
    settings: Settings,
    clock: Clock,
    *,
    keep_all: bool = False,
    rebase: bool = False,
    who: str,
) -> ImportSummary:
    """Keep the captures of sources that these files and folders hold, each with its own time. Raises UsageError for a
    file that is none of what can be imported, LockedError and StorageError."""
    for path in paths:
        opening.check_readable(path)
    if not project.links.exists():
        raise ArticleError(f"{project.links}: not there; check the articles first: an import keeps what they cite")
    source = Input(paths, clock.now())
    with recording(project, settings, clock, paths) as recorder:
        jobs = _jobs(project, recorder, settings, clock)
        have = {
            (key, stored.capture.time)
            for key, job in jobs.items()
            for stored in captures.of_source(recorder.store, job.source.id)
        }
        selection = choose(source, jobs.keys(), lambda key, time: (key, time) in have)
        _keep(source, selection, jobs, recorder, keep_all)
        if rebase:
            recorder.rebase(project, jobs, who)
    return ImportSummary(
        id=recorder.id,
        captures=len(recorder.captures),
        sources=len(recorder.added),
        unusable=sum(not line.usable for line in recorder.captures),
        known=selection.known,
        left_out=selection.others - recorder.others,
        kept=recorder.others,
        rebased=len(recorder.baselines),
        problems=tuple(source.problems),
    )


def _jobs(project: Project, recorder: Recorder, settings: Settings, clock: Clock) -> dict[str, Job]:
    """By key the sources that the articles of links.txt cite, without those that are excluded or forgotten."""
    articles = load(project, recorder.store, Scope(), settings, clock)
    jobs = plan(articles, recorder.store, Policy.of(settings, project.decisions), is_of_links=False)
    return {job.source.key: job for job in jobs if job.skip is not Reason.EXCLUDED and "://" in job.source.key}


def _keep(source: Input, selection: Selection, jobs: Mapping[str, Job], recorder: Recorder, keep_all: bool) -> None:
    """Read the files once more, and write each capture as soon as all its records were read. The bytes of a record are
    held until the last capture that uses them is written."""
    waiting = deque(selection.captures)
    uses = Counter(number for capture in waiting for number in capture.numbers)
    loaded: dict[int, LoadedRecord] = {}
    for number, record in source.records():
        if number in uses:
            item = source.load(record)
            if item is not None:
                loaded[number] = item
        elif keep_all and number not in selection.used and record.type is not RecordType.REVISIT:
            item = source.load(record)
            if item is not None:
                recorder.keep_other(item)
                item.block.payload.close()
        while waiting and waiting[0].end <= number:
            selected = waiting.popleft()
            capture = LoadedCapture.of(selected, loaded)
            if capture is not None and selected.missing:
                foreign = capture.last.foreign
                source.note(foreign.file, foreign.offset, "it repeats a record that is not in what is imported")
            elif capture is not None:
                recorder.keep(jobs[selected.source], capture)
            for used in selected.numbers:
                uses[used] -= 1
                if not uses[used] and used in loaded:
                    loaded.pop(used).block.payload.close()
