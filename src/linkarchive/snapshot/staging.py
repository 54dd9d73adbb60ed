"""Many files of a project changed at once: made beside the old ones, then put in their place, wholly or not at all.

The staged project is a folder of its own in `archive/`, whose unchanged files are links
to the real ones. Until its commit file is there nothing has happened, and what is staged
is rubbish; from then on the next start finishes what this one began.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from linkarchive.errors import StorageError
from linkarchive.snapshot import paths

STAGED = "archive/staged"
_COMMIT = "commit.json"
_DATABASE = ".sqlite"


@dataclass(frozen=True, slots=True)
class _Commit:
    """Paths from the project folder."""

    replace: tuple[str, ...]
    remove: tuple[str, ...]


def begin(root: Path) -> Path:
    """The root of a new staged project, empty. Call `resume` before. Raises OSError."""
    staged = root / STAGED
    discard(root)
    staged.mkdir(parents=True)
    return staged


def mirror(root: Path, staged: Path) -> None:
    """Link what the staged project does not have to the real files: WARC files, indexes, manifests. Raises OSError."""
    for name in (paths.WARCS, paths.MANIFESTS, paths.INDEXES):
        (staged / name).mkdir(parents=True, exist_ok=True)
        for path in (root / name).iterdir() if (root / name).is_dir() else ():
            link = staged / name / path.name
            # The index of a WARC file that was staged is made anew.
            made = name == paths.INDEXES and not _warc_of(staged, path).is_symlink()
            if not link.exists() and not made:
                link.symlink_to(path.absolute())


def _warc_of(root: Path, index: Path) -> Path:
    return root / paths.WARCS / (index.name.removesuffix(paths.INDEX_SUFFIX) + paths.WARC_SUFFIX)


def commit(root: Path, replace: Sequence[Path], remove: Sequence[Path]) -> None:
    """Put staged files and folders (`replace`) in the place of the real ones and remove others.

    Once the commit file is on disk the change will be made, now or at the next start. Raises StorageError.
    """
    staged = root / STAGED
    work = _Commit(
        tuple(paths.relative(staged, path) for path in replace), tuple(paths.relative(root, path) for path in remove)
    )
    try:
        for path in replace:
            for file in (path, *path.rglob("*")) if path.is_dir() else (path,):
                _sync(file)
        paths.write_atomically(staged / _COMMIT, msgspec.json.encode(work))
    except OSError as error:
        raise paths.storage_error(staged, error) from error
    resume(root)


def resume(root: Path) -> bool:
    """Finish a change that was committed, clear away one that was not; whether there was one to finish.

    Call it with the lock held and before anything is read. Raises StorageError.
    """
    staged = root / STAGED
    if not staged.exists():
        return False
    try:
        if not (staged / _COMMIT).exists():
            discard(root)
            return False
        work = msgspec.json.decode((staged / _COMMIT).read_bytes(), type=_Commit)
        for name in work.remove:
            _remove(root / name)
        for name in work.replace:
            if (staged / name).exists():
                _replace(staged / name, root / name)
        (staged / _COMMIT).unlink()
        paths.sync_folder(staged)
        discard(root)
    except OSError as error:
        raise paths.storage_error(error.filename or staged, error, "cannot be replaced") from error
    except msgspec.MsgspecError as error:
        raise StorageError(f"{staged / _COMMIT} cannot be read: {error}; remove {staged}") from error
    return True


def is_pending(root: Path) -> bool:
    """A change was committed and is not finished."""
    return (root / STAGED / _COMMIT).exists()


def discard(root: Path) -> None:
    """Take away what is staged. Raises OSError."""
    if (root / STAGED).exists():
        shutil.rmtree(root / STAGED)


def _replace(staged: Path, real: Path) -> None:
    real.parent.mkdir(parents=True, exist_ok=True)
    if staged.is_dir():
        _remove(real)
    if real.suffix == _DATABASE:
        for suffix in ("-wal", "-shm"):  # they belong to the old database, and hold pages of it
            real.with_name(real.name + suffix).unlink(missing_ok=True)
    staged.replace(real)
    paths.sync_folder(real.parent)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
