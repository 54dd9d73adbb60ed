"""Runs that have ended and have no manifest: it was removed, or the run was killed before it wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from linkarchive.errors import StorageError
from linkarchive.project import Project
from linkarchive.snapshot import manifest, paths
from linkarchive.snapshot.capture_metadata import is_log

if TYPE_CHECKING:
    from linkarchive.snapshot.record_reader import StoredRecord

_OFFSET = re.compile(rb'"offset": "([0-9]{1,18})"')


def seal_ended(project: Project, now: datetime) -> tuple[str, ...]:
    """Seal the files of such runs as they are; a sentence for each. Hold the folder's lock. Raises StorageError."""
    return tuple(_seal_ended(project, now))


def _seal_ended(project: Project, now: datetime) -> Iterator[str]:
    archive = project.archive
    sealed = {file.path for earlier in manifest.read_chain(archive) for file in earlier.files}
    unsealed = [warc for warc in paths.warc_files(archive) if paths.relative(archive, warc) not in sealed]
    if not unsealed:
        return
    from linkarchive.store.rebuild import IMPORT_FACT  # late, as what reads records: seldom wanted
    from linkarchive.store.runlog_reading import read_line

    for warc in unsealed:
        line = _first_line_of_log(archive, warc)
        if line is None:
            continue
        run = paths.run_of(warc)
        info = read_line(line).run
        facts: dict[str, object] = {manifest.LATE: True}
        if info is None:
            facts[IMPORT_FACT] = []
        else:
            facts |= {"started": info.info.started, "finished": info.info.finished, "simulated": info.info.simulated}
        manifest.write_manifest(archive, run, paths.run_files(archive, run), facts, created=now)
        yield (
            f"{archive / paths.MANIFESTS / run}.json was missing: it was removed, or its run was killed before it was "
            "written; the files of the run are sealed as they are now"
        )


def _first_line_of_log(archive: Path, warc: Path) -> bytes | None:
    """What begins the log at the end of a WARC file; None: there is none, as long as its run has not ended. A file that
    nobody seals is looked at again by each run: it is read from its last page on."""
    from linkarchive.snapshot.record_reader import BadRecordError, walk

    line = None
    try:
        with warc.open("rb") as file:
            for item in walk(file, _log_line, _last_page(paths.index_of(archive, warc))):
                if not isinstance(item, BadRecordError) and item[1]:
                    line = item[1]
    except OSError as error:
        raise StorageError(f"{warc}: cannot be read: {error.strerror}") from error
    return line


def _last_page(index: Path) -> int:
    """The place of the last record that an index names; 0 without one. Raises OSError."""
    return max(map(int, _OFFSET.findall(index.read_bytes())), default=0) if index.exists() else 0


def _log_line(record: StoredRecord) -> bytes:
    return record.block.readline() if is_log(record["WARC-Target-URI"]) else b""
