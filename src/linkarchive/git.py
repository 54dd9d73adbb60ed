"""What Git knows of a project folder: the files that changed since a revision, and how they were."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from linkarchive.errors import UsageError

_SECONDS = 60.0
"""For one call; none of them asks a network."""


def base_of(folder: Path, ref: str) -> str:
    """The commit to compare with: where this branch left `ref`, else (a shallow clone) `ref` itself. Raises UsageError
    when the folder is in no repository, the revision is unknown, or there is no Git."""
    if not _git(folder, "rev-parse", "--is-inside-work-tree"):
        raise UsageError(f"{folder}: not in a Git repository; --changed-since compares with a revision of one")
    revision = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if not revision:
        raise UsageError(f"--changed-since {ref}: no such revision in this repository (a shallow clone has few)")
    commit = revision.decode().strip()
    fork = _git(folder, "merge-base", commit, "HEAD")
    return fork.decode().strip() if fork else commit


def changed_files(folder: Path, base: str) -> list[Path]:
    """Files of the folder that are new or different since then, in the working tree too; what is ignored is not."""
    changed = _git(
        folder, "diff", "--name-only", "--relative", "--no-renames", "--diff-filter=d", "-z", base, "--", "."
    )
    new = _git(folder, "ls-files", "--others", "--exclude-standard", "-z", "--", ".")
    names = ((changed or b"") + (new or b"")).split(b"\0")
    return sorted(folder / os.fsdecode(name) for name in names if name)


def content_at(folder: Path, base: str, path: str) -> bytes | None:
    """The bytes of a file at a commit, by its path from the folder; None when it was not there."""
    return _git(folder, "cat-file", "blob", f"{base}:./{path}")


def path_from_top(folder: Path) -> str | None:
    """The folder as seen from the top of its repository, "" for the top itself; None in no repository."""
    try:
        prefix = _git(folder, "rev-parse", "--show-prefix")
    except UsageError:  # no Git here
        return None
    return None if prefix is None else os.fsdecode(prefix).strip("\n").rstrip("/")


def _git(folder: Path, *arguments: str) -> bytes | None:
    """The output of a command that only reads; None when it fails. Raises UsageError when Git cannot be run."""
    quiet = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments; what comes from outside cannot be an option
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - the user's own Git
            env=quiet,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise UsageError("--changed-since needs Git, and `git` is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"Git did not answer within {_SECONDS:.0f} s") from error
    return done.stdout if done.returncode == 0 else None
