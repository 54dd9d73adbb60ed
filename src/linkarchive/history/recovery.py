"""What every command that writes does first: make whole what an interrupted one left half done."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from linkarchive.clock import Clock
from linkarchive.errors import StorageError
from linkarchive.files import storage_errors
from linkarchive.model import Capture
from linkarchive.project import Project
from linkarchive.snapshot import paths
from linkarchive.snapshot.manifest import missing_decisions, newest_faults, read_chain, seal_run
from linkarchive.snapshot.repair import repair
from linkarchive.snapshot.writer import WarcWriter
from linkarchive.store import captures, runs
from linkarchive.store.database import Store, open_store
from linkarchive.store.runlog import log_lines

_ANY_SIZE = 1 << 62


def recover(project: Project) -> tuple[str, ...]:
    """Finish an interrupted `archive forget`, then WARC files of interrupted runs. Call it with the lock held, before
    anything is read. Returns a sentence for each thing done that a person may want to know; raises StorageError."""
    done = []
    if (project.archive / paths.FORGETTING).exists():
        from linkarchive.history.forgetting import finish

        finish(project)
        done.append("an interrupted `archive forget` was finished")
    return (*done, *repair(project.archive))


def log_interrupted(project: Project, store: Store, now: datetime, but: int | None = None) -> None:
    """Give runs that were killed the log that they could not write, so that no rebuilt database lacks what they saw.
    They may not have visited all sources: their reports tell of the others as earlier runs left them.

    `but` is the number of a run that goes on. Call it with the lock held. Raises StorageError.
    """
    for run in runs.unfinished(store):
        if run.seq == but:
            continue
        captures.forget_lost(store, run.seq, lambda capture: is_there(project, capture))
        run = replace(run, info=replace(run.info, finished=now), body=replace(run.body, partial=True))
        runs.save(store, run)
        info, archive = run.info, project.archive
        with WarcWriter(
            archive, info.id, clock=Clock(info.started), size_limit=_ANY_SIZE, simulated=info.simulated
        ) as writer:
            writer.write_log(log_lines(store, run))
        seal_run(archive, info, state=None, created=now, known=writer.digests)
        store.commit()


def log_killed_runs(project: Project, now: datetime) -> None:
    """`log_interrupted`, as far as the present database can be read: a new one is to be made in its place."""
    try:
        with open_store(project.database if project.database.exists() else None) as store:
            killed = runs.unfinished(store)
    except StorageError:
        return  # damaged: the logs are all that there is
    if killed:
        with open_store(project.database) as store:
            log_interrupted(project, store, now)


def is_there(project: Project, capture: Capture) -> bool:
    """The record of a capture is on disk, whole."""
    file = paths.located(project.archive, capture.record.warc)
    return file.exists() and file.stat().st_size >= capture.record.offset + capture.record.length


def damages(project: Project) -> tuple[str, ...]:
    """What no command can make whole again: damaged manifests; the newest one and decisions that are gone, of which one
    run tells. Raises StorageError."""
    damaged: list[str] = []
    named: set[Path] = set()

    def on_damage(path: Path, why: str) -> None:
        named.add(path)
        damaged.append(f"{path} {why}")

    chain = read_chain(project.archive, on_damage)
    with storage_errors(project.decisions, "cannot be read"):
        damaged += [f"{path} {why}" for path, why in newest_faults(project.archive, chain) if path not in named]
        known = {digest for manifest in chain for digest in manifest.decisions_missing}
        missing = [line for line in missing_decisions(project.archive, chain) if line.sha256 not in known]
    lost = [
        f"{project.decisions}: a decision that was there is missing or was changed: {line.what}; "
        "restore the file from Git or a backup, or decide again"
        for line in missing
    ]
    return (*damaged, *lost)
