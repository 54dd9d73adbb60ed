"""What every command that writes does first: make whole what an interrupted one left half done."""

from __future__ import annotations

from linkarchive.project import Project
from linkarchive.snapshot import paths
from linkarchive.snapshot.repair import repair


def recover(project: Project) -> tuple[str, ...]:
    """Finish an interrupted `archive forget`, then WARC files of interrupted runs.

    Call it with the lock held, before anything is read. Returns a sentence for each thing done that a
    person may want to know; raises StorageError.
    """
    done = []
    if (project.root / paths.FORGETTING).exists():
        from linkarchive.history.forget import finish

        finish(project)
        done.append("an interrupted `archive forget` was finished")
    return (*done, *repair(project.root))
