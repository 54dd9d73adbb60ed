"""`state.jsonl`: where every source stands, a line a source, sorted by URL; made to be committed to Git.

A line is the source's outcome as in the report's JSON, with the captures and
baselines that it leans on. It holds no time of the last check, so that it changes
only when something did.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection

from linkarchive.errors import StorageError
from linkarchive.model import Capture, Origin, Outcome
from linkarchive.report.foreign import redacted, without_secrets
from linkarchive.snapshot.folder import storage_error, write_atomically
from linkarchive.store import captures, outcomes, sources
from linkarchive.store.captures import Kept
from linkarchive.store.codec import decode, encode

_AT_ONCE = 500
"""Sources whose rows are read together."""


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
    try:
        write_atomically(path, _lines(connection))
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


def _lines(connection: Connection) -> Iterator[bytes]:
    ordered = sorted((without_secrets(url), source) for source, url in sources.all_urls(connection))
    for start in range(0, len(ordered), _AT_ONCE):
        some = [source for _, source in ordered[start : start + _AT_ONCE]]
        standing = outcomes.standings(connection, some)
        kept = captures.of_sources(connection, some)
        based = captures.baselines_of_sources(connection, some)
        for source in some:
            if source in standing:
                yield _line(standing[source].outcome, kept.get(source, ()), based.get(source, ()))


def _line(outcome: Outcome, kept: Sequence[Kept], based: Sequence[tuple[str, date | None, Kept]]) -> bytes:
    needed = {one.id: one for one in (*(capture for *_, capture in based), *kept[-1:])}
    fields = {
        "digests": _digests(kept[-1]) if kept else None,
        "captures": [
            StateCapture(one.usable, one.good, redacted(one.capture))
            for one in sorted(needed.values(), key=lambda one: one.capture.time)
        ],
        "baselines": [
            StateBaseline(article, looked, one.capture.origin, one.capture.time) for article, looked, one in based
        ],
    }
    # One object of both: the fields of the outcome, then these.
    return f"{encode(redacted(outcome))[:-1]},{encode(fields)[1:]}\n".encode()


def _digests(kept: Kept) -> dict[str, str | None]:
    capture = kept.capture
    return {"payload": capture.digest, "sha256": capture.sha256, "fingerprint": capture.fingerprint}
