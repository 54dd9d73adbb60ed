"""The one clock: every time that is recorded or compared comes from here (waits use `time.monotonic`)."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import Struct, field

from linkarchive.errors import SettingsError


class Clock(Struct, frozen=True):
    """Wall-clock time in UTC; with `start`, a simulated time that runs on from there."""

    start: datetime | None = None
    _born: float = field(default_factory=time.monotonic)

    @property
    def simulated(self) -> bool:
        return self.start is not None

    def now(self) -> datetime:
        """The time, aware, in UTC, to the microsecond."""
        if self.start is None:
            return datetime.now(UTC)
        return datetime.fromtimestamp(self.start.timestamp() + time.monotonic() - self._born, UTC)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> Clock:
        """The clock that `ARCHIVE_NOW` (RFC 3339) asks for; raises SettingsError for anything else."""
        value = environ.get("ARCHIVE_NOW")
        if not value:
            return cls()
        try:
            start = datetime.fromisoformat(value)
        except ValueError:
            start = None
        if start is None or start.tzinfo is None:
            raise SettingsError(
                f"ARCHIVE_NOW is {value!r}: give an RFC 3339 time with its zone, such as 2026-11-23T06:00:00Z"
            )
        return cls(start.astimezone(UTC))
