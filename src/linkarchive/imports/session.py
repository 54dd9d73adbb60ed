"""An import from its lock to its manifest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from linkarchive.clock import Clock
from linkarchive.history.recovery import recover
from linkarchive.imports.recording import Recorder
from linkarchive.project import Project
from linkarchive.secrets import redact
from linkarchive.settings import Settings
from linkarchive.snapshot.manifest import write_manifest
from linkarchive.snapshot.paths import run_files
from linkarchive.snapshot.writer import WarcWriter
from linkarchive.store import runs
from linkarchive.store.opening import open_project
from linkarchive.store.rebuild import IMPORT_FACT
from linkarchive.store.run_writer import RunWriter
from linkarchive.store.state_file import write_state


@contextmanager
def recording(project: Project, settings: Settings, clock: Clock, paths: Sequence[Path]) -> Iterator[Recorder]:
    """A recorder, with the lock held; what it kept is finished and sealed when the block ends well. Raises LockedError,
    StorageError."""
    begun = clock.now()
    identifier = f"import-{runs.new_id(begun)}"
    with project.lock():
        recover(project)
        writer = WarcWriter(
            project.archive, identifier, clock=clock, size_limit=settings.keep.warc_size, simulated=clock.simulated
        )
        with open_project(project, write=True) as store, writer:
            recorder = Recorder(identifier, begun, store, writer, RunWriter(store, None), settings.network.max_body)
            yield recorder
            recorder.finish()
            if writer.digests:
                facts = {"started": begun, "finished": clock.now(), "simulated": clock.simulated}
                facts[IMPORT_FACT] = [redact(str(path)) for path in paths]
                if recorder.baselines:
                    facts["state"] = write_state(store, project)
                files = run_files(project.archive, identifier)
                write_manifest(project.archive, identifier, files, facts, created=clock.now(), known=writer.digests)
