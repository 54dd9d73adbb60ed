"""`state.jsonl`: where every source stands, a line a source, sorted by URL; made to be committed to Git.

A line is the source's outcome as in the report's JSON, with the captures and
baselines that it leans on. It holds no time of the last check, so that it changes
only when something did.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from linkarchive.errors import StorageError
from linkarchive.model import Capture, Origin, Outcome
from linkarchive.report.foreign import redacted
from linkarchive.snapshot.folder import storage_error, write_atomically
from linkarchive.store import captures, outcomes
from linkarchive.store.captures import Kept
from linkarchive.store.codec import decode, encode


@dataclass(frozen=True, slots=True)
class StateCapture:
    usable: bool
    good: bool
    capture: Capture


@dataclass(frozen=True, slots=True)
class StateBaseline:
    article: str
    looked: date | None
    origin: Origin
    time: datetime


@dataclass(frozen=True, slots=True)
class StateLine:
    """What a line tells beside the outcome."""

    captures: tuple[StateCapture, ...] = ()
    baselines: tuple[StateBaseline, ...] = ()


def write_state(connection: Connection, path: Path) -> None:
    """Write the state of all sources, atomically. Raises StorageError."""
    lines = sorted(_lines(connection))
    try:
        write_atomically(path, "".join(line for _, line in lines).encode("utf-8"))
    except OSError as error:
        raise storage_error(path, error) from error


def read_state(path: Path) -> Iterator[tuple[Outcome, StateLine]]:
    """Raises StorageError naming the line that cannot be read."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield decode(line, Outcome), decode(line, StateLine)
            except StorageError as error:
                raise StorageError(f"{path}:{number}: {error}; restore the file from Git or a backup") from error


def _lines(connection: Connection) -> Iterator[tuple[str, str]]:
    for source, outcome, _ in outcomes.latest(connection):
        kept = captures.of_source(connection, source)
        based = captures.baselines_of_source(connection, source)
        needed = {one.id: one for one in (*(capture for *_, capture in based), *kept[-1:])}
        outcome = redacted(outcome)
        fields: dict[str, Any] = json.loads(encode(outcome)) | {
            "digests": _digests(kept[-1]) if kept else None,
            "captures": [
                json.loads(encode(StateCapture(one.usable, one.good, redacted(one.capture))))
                for one in sorted(needed.values(), key=lambda one: one.capture.time)
            ],
            "baselines": [
                json.loads(encode(StateBaseline(article, looked, one.capture.origin, one.capture.time)))
                for article, looked, one in based
            ],
        }
        yield outcome.url, json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n"


def _digests(kept: Kept) -> dict[str, str | None]:
    capture = kept.capture
    return {"payload": capture.digest, "sha256": capture.sha256, "fingerprint": capture.fingerprint}
