"""A forget under way: `archive/forgetting.json` names the new files, which are on disk under temporary names.

Once it is written all of the forget happens, in whatever number of attempts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from linkarchive.errors import StorageError
from linkarchive.files import private, storage_error, sync_file, sync_folder, temporary, write_atomically
from linkarchive.history.report_files import rewrite_reports
from linkarchive.project import Project
from linkarchive.snapshot import manifest, paths
from linkarchive.snapshot.forget import Moves, Tombstone, prepare
from linkarchive.snapshot.removal import RemovalPlan
from linkarchive.snapshot.repair import finish_warc, repair
from linkarchive.store import decisions
from linkarchive.store.decisions import Decision
from linkarchive.store.forget import Forgetting
from linkarchive.store.opening import rebuild_project


@dataclass(frozen=True, slots=True)
class _Plan:
    """What forgetting.json holds."""

    id: str
    urls: tuple[str, ...]
    reason: str
    who: str
    when: datetime
    files: tuple[str, ...]
    """To be replaced, from the project folder."""


def take_out(
    project: Project, removal: RemovalPlan, tombstone: Tombstone, forgetting: Forgetting, who: str
) -> tuple[int, tuple[str, ...]]:
    """Write what changes beside what is there, then put all of it in its place. Returns how many WARC files changed,
    and what the new database could not be made from. Raises StorageError."""
    archive = project.archive
    with _storage_errors(project):
        try:
            warcs, moves = prepare(archive, removal, tombstone, forgetting.log_line)
            states = [path for path in project.state_files if _prepare_state(path, forgetting, moves)]
            files = [*warcs, *states]
            names = tuple(paths.relative(archive, path) for path in files)
            plan = _Plan(tombstone.id, tombstone.urls, tombstone.reason, who, tombstone.when, names)
            write_atomically(archive / paths.FORGETTING, msgspec.json.encode(plan), opener=private)
        except BaseException:
            repair(archive)  # clears the temporary files away
            raise
    return len(warcs), finish(project)


def finish(project: Project) -> tuple[str, ...]:
    """Do what `archive/forgetting.json` says: put the new files in place, and have everything else follow from them.

    It can be done again from any point at which it was interrupted. Returns what the new database could not be
    made from; raises StorageError.
    """
    with _storage_errors(project):
        return _finish(project, _read_plan(project.archive / paths.FORGETTING))


def _read_plan(path: Path) -> _Plan:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Plan)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise StorageError(f"{path} cannot be read: {error}; remove it, and forget the sources again") from error


def _finish(project: Project, plan: _Plan) -> tuple[str, ...]:
    for name in plan.files:
        _replace(project.archive, paths.located(project.archive, name))
    log = decisions.load(project.decisions)
    for url in plan.urls:
        decision = Decision("forget", url, plan.who, plan.when, plan.reason)
        if decision not in log:
            decisions.append(project, decision)
    _seal(project.archive, plan)
    rebuilt = rebuild_project(project)
    rewrite_reports(project, Forgetting.of(plan.urls, (), ()))
    (project.archive / paths.FORGETTING).unlink()
    sync_folder(project.archive)
    return tuple(rebuilt.problems)


def _replace(archive: Path, path: Path) -> None:
    new, index = temporary(path), paths.index_of(archive, path)
    if path.name.endswith(paths.WARC_SUFFIX):
        index.unlink(missing_ok=True)  # a WARC file without an index is given one, whatever happens
        sync_folder(index.parent)
    if new.exists():
        new.replace(path)
        sync_folder(path.parent)
    if path.name.endswith(paths.WARC_SUFFIX):
        finish_warc(archive, path)


@contextmanager
def _storage_errors(project: Project) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise storage_error(error.filename or project.archive, error) from error


def _prepare_state(path: Path, forgetting: Forgetting, moves: Moves) -> bool:
    """Write a file of the state without the sources beside itself; False, and nothing, where that changes nothing."""
    new, changes = temporary(path), False
    with path.open("rb") as old, new.open("wb") as file:
        for number, line in enumerate(old, 1):
            try:
                scrubbed = forgetting.state_line(line, moves) or b""
            except (ValueError, KeyError, TypeError) as error:
                raise StorageError(
                    f"{path}:{number}: cannot be read: {error!r}; restore the file from Git or a backup"
                ) from error
            changes = changes or scrubbed != line
            file.write(scrubbed)
    if changes:
        sync_file(new)
    else:
        new.unlink()
    return changes


def _seal(archive: Path, plan: _Plan) -> None:
    """A manifest for the new files whose old ones were sealed; those of a run without a manifest stay without."""
    chain = manifest.read_chain(archive)
    if any(sealed.run == plan.id for sealed in chain):
        return
    named = {file.path for sealed in chain for file in sealed.files}
    warcs = [paths.located(archive, name) for name in plan.files if name.endswith(paths.WARC_SUFFIX)]
    files = (*warcs, *(paths.index_of(archive, warc) for warc in warcs))
    resealed = [path for path in files if paths.relative(archive, path) in named]
    if resealed:
        facts = {"forgotten": list(plan.urls), "simulated": chain[-1].facts.get("simulated", False)}
        why = f"archive forget, {plan.reason}" if plan.urls else plan.reason
        manifest.write_manifest(archive, plan.id, resealed, facts, created=plan.when, replaces=why)
