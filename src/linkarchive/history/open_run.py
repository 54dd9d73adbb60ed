"""A run that is under way: begun, or an interrupted one that goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from linkarchive.browser.chromium import browser_for
from linkarchive.clock import Clock
from linkarchive.errors import UsageError
from linkarchive.history.recovery import damages, is_there, log_interrupted, recover
from linkarchive.history.unsealed import seal_ended
from linkarchive.model import RunInfo
from linkarchive.project import Project
from linkarchive.settings import Settings
from linkarchive.snapshot.writer import WarcWriter
from linkarchive.store import captures, runs
from linkarchive.store.database import Store, open_store
from linkarchive.store.opening import open_project
from linkarchive.store.run_writer import RunRows, RunWriter
from linkarchive.store.runs import Run


class OpenRun(Struct, frozen=True):
    """A run with what it writes to."""

    run: Run
    resumed: bool
    """An interrupted run goes on."""
    store: Store
    rows: RunRows
    warc: WarcWriter
    clock: Clock


@contextmanager
def locked(
    project: Project, settings: Settings, now: datetime, notice: Callable[[str, bool], None]
) -> Iterator[Callable[[], AbstractContextManager[Store]]]:
    """Hold the folder's lock for the block, and finish first what an interruption left. Yields a function that opens
    the database.

    `notice` is called with a sentence for what was done, and one (and True: it is important) for each damage, and for
    a folder of the user that becomes the archive.
    Raises SettingsError for a browser that cannot be had, LockedError, StorageError.
    """
    browser_for(settings)  # what cannot be had is said before anything begins
    files = project.files_of_user()
    with project.lock():
        if files:
            notice(_notice_of(project, files), True)
        for sentence in recover(project):
            notice(sentence, False)
        for sentence in (*damages(project), *seal_ended(project, now)):
            notice(sentence, True)
        yield partial(open_project, project, write=True)


def _notice_of(project: Project, names: Sequence[str]) -> str:
    """That a folder with these files of the user becomes the archive."""
    named = ", ".join((*names[:3], *("…" for _ in names[3:4])))
    return (
        f"{project.archive} has files of yours ({named}) and is the archive from now on: articles in it are no longer "
        "found with those beside it. To have the archive elsewhere, remove what this run adds to it, and write "
        'folder = "sources" below [keep] in archive.toml'
    )


@contextmanager
def to_plan(
    project: Project, settings: Settings, now: datetime, notice: Callable[[str, bool], None]
) -> Iterator[Store]:
    """The database for a run that is only planned; an empty one, in memory, where there is no archive. `notice` is
    called, and errors are raised, as by `locked`."""
    if project.has_archive():
        with locked(project, settings, now, notice) as database, database() as store:
            yield store
    else:
        with open_store(None) as store:
            yield store


@contextmanager
def begin(
    project: Project, store: Store, settings: Settings, clock: Clock, signature: str, fresh: bool
) -> Iterator[OpenRun]:
    """Begin a run, or continue the interrupted one of the same scope (`signature`) unless it is to be a `fresh` one.
    Its WARC files are closed in the end. Raises StorageError."""
    interrupted = None if fresh else runs.interrupted(store, clock.now(), signature)
    if interrupted is not None:
        captures.forget_lost(store, interrupted.seq, lambda capture: is_there(project, capture))
        runs.save(store, replace(interrupted, info=replace(interrupted.info, finished=None)))
    run = interrupted or runs.start(store, clock.now(), signature, clock.simulated)
    store.commit()
    log_interrupted(project, store, clock.now(), but=run.seq)
    with warc_writer(project, run.info, settings, clock) as warc:
        yield OpenRun(run, interrupted is not None, store, RunWriter(store, run.seq), warc, clock)


def warc_writer(project: Project, info: RunInfo, settings: Settings, clock: Clock) -> WarcWriter:
    """What writes WARC files of a run: several processes may do so, since each file is made under a free number."""
    return WarcWriter(
        project.archive,
        info.id,
        clock=clock,
        size_limit=settings.keep.warc_size,
        simulated=clock.simulated,
        obey_robots=settings.network.obey_robots,
    )


def refuse_mixed_clocks(store: Store, settings: Settings, clock: Clock) -> None:
    """Raises UsageError where the folder holds simulated runs and this one is real, or the other way round."""
    if not settings.keep.mix_simulated and runs.any_of_clock(store, simulated=not clock.simulated):
        kind, other = ("simulated", "real") if clock.simulated else ("real", "simulated")
        raise UsageError(
            f"this folder holds {other} runs and this one is {kind} (ARCHIVE_NOW): use another folder, "
            "or set keep.mix_simulated = true in archive.toml"
        )
