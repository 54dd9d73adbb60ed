"""`decisions.jsonl`: what people decided, appended only, with who and when."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from linkarchive.errors import StorageError
from linkarchive.model import Acceptance
from linkarchive.store.codec import decode, encode
from linkarchive.urls import redact


@dataclass(frozen=True, slots=True)
class Decision:
    """One line. `capture_time` names the capture that was accepted; `article` None means every article."""

    action: str
    url: str
    who: str
    when: datetime
    reason: str | None = None
    article: str | None = None
    capture_time: datetime | None = None
    sha256: str | None = None
    """Of the accepted page."""


def append(path: Path, decision: Decision) -> None:
    """Raises StorageError."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(encode(decision) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}") from error


def load(path: Path) -> list[Decision]:
    """Oldest first. Raises StorageError naming the line that cannot be read."""
    if not path.exists():
        return []
    found = []
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    found.append(decode(line, Decision))
                except StorageError as error:
                    raise StorageError(f"{path}:{number}: {error}; correct or remove the line") from error
    return found


def acceptance(decisions: list[Decision], url: str, article: str) -> Acceptance | None:
    """The last acceptance of a source for an article. The file is made to be committed: no secrets in its URLs."""
    for decision in reversed(decisions):
        mine = decision.action == "accept" and decision.url == redact(url) and decision.article in (None, article)
        if mine and decision.capture_time is not None:
            return Acceptance(decision.who, decision.when, decision.reason, decision.capture_time)
    return None
