"""How pages looked then and now: the small pictures that captures hold, for reports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from linkarchive.model import PartRecord, Picture, Pictures, Report
from linkarchive.project import Project
from linkarchive.secrets import redact
from linkarchive.snapshot import paths
from linkarchive.snapshot.parts import THUMBNAIL
from linkarchive.snapshot.record_reader import BadRecordError, StoredRecord
from linkarchive.store import parts
from linkarchive.store.captures import StoredCapture
from linkarchive.store.database import Store
from linkarchive.store.opening import open_project

_LARGEST = 15 * 1024
"""Bytes of a picture; a larger one would make the report too heavy to send."""
_MOST = 200
"""Findings with pictures."""
_KINDS = ("image/png", "image/webp", "image/jpeg")


def pictures(archive: Path, store: Store, report: Report) -> Mapping[str, Pictures]:
    """The pictures of the findings, by URL; a finding without any is left out."""
    stored: dict[str, list[tuple[StoredCapture, PartRecord]]] = {}
    for url, capture, part in parts.named(store, THUMBNAIL):
        stored.setdefault(redact(url), []).append((capture, part))
    found: dict[str, Pictures] = {}
    for source in report.findings if stored else ():
        outcome, then, now = source.outcome, None, None
        for capture, part in stored.get(redact(outcome.url), ()):
            if capture.capture.time == outcome.standard:
                then = _read(archive, part)
            if outcome.capture is not None and capture.place == (outcome.capture.warc, outcome.capture.offset):
                now = _read(archive, part)
        if then or now:
            found[outcome.url] = Pictures(then, now)
        if len(found) == _MOST:
            break
    return found


def stored_pictures(project: Project, report: Report) -> Mapping[str, Pictures]:
    """The pictures of a past report's findings. Raises StorageError."""
    with open_project(project) as store:
        return pictures(project.archive, store, report)


def _read(archive: Path, part: PartRecord) -> Picture | None:
    """None where the record is not in this folder, or is too large or no picture."""
    try:
        with paths.located(archive, part.record.warc).open("rb") as file:
            record = StoredRecord(file, part.record.offset)
            kind, data = record["Content-Type"].partition(";")[0].strip(), record.block.read(_LARGEST + 1)
    except (OSError, BadRecordError):
        return None
    return Picture(kind, data) if kind in _KINDS and 0 < len(data) <= _LARGEST else None
