"""What `archive check` was asked to cover, and when a source is due again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import PurePath

from msgspec import Struct
from msgspec.structs import force_setattr

from linkarchive.model.verdict import Verdict

ALIVE_EVERY = timedelta(days=7)
SUSPECT_EVERY = timedelta(days=1)
CLOCKS_APART = timedelta(hours=1)
"""That two clocks may differ, and that a run may have taken since it began."""
JITTER = timedelta(hours=1)
"""A cron job never starts at the very second of the day before."""


class Scope(Struct, frozen=True):
    """The arguments of `archive check` that choose sources. Without articles: all of links.txt."""

    articles: tuple[str, ...] = ()
    input_format: str | None = None
    """Of `-`."""
    stdin: bytes = b""
    due: bool = False
    limit: int | None = None
    only: tuple[str, ...] = ()
    """Verdicts: sources whose last verdict was one of these."""
    fresh: bool = False
    changed_since: str | None = None
    """A Git revision: only links that were added since."""
    sources: tuple[str, ...] = ()
    """Keys: only these sources (a re-check from the review page)."""

    def __post_init__(self) -> None:
        if all(PurePath(name).name == "links.txt" for name in self.articles):
            force_setattr(self, "articles", ())  # to name links.txt alone is to name nothing

    @property
    def is_partial(self) -> bool:
        """Not all sources of the articles are covered."""
        return self.due or self.limit is not None or bool(self.only or self.sources)

    @property
    def is_of_links(self) -> bool:
        """The sources are chosen from all that links.txt names."""
        return not self.articles and self.changed_since is None

    def signature(self, exclude: Sequence[str]) -> str:
        """Equal for two calls that cover the same: an interrupted run is continued by such a call only."""
        stdin = hashlib.sha256(self.stdin).hexdigest()
        parts: tuple[object, ...] = (self.articles, stdin, self.due, self.limit, self.only, tuple(exclude))
        parts = (*parts, self.changed_since, self.sources) if self.sources else (*parts, self.changed_since)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def next_due(checked: datetime | None, verdict: Verdict) -> datetime | None:
    """When a source is due after a visit; None for one that was not visited."""
    if checked is None:
        return None
    every = ALIVE_EVERY if verdict in (Verdict.OK, Verdict.MOVED) else SUSPECT_EVERY
    return checked + every - JITTER


def is_due(checked: datetime | None, verdict: Verdict, now: datetime) -> bool:
    """A source is due after its visit: in its time, and at once where the visit is in the future, of a wrong clock."""
    due = next_due(checked, verdict)
    return due is not None and checked is not None and (due <= now or checked - now > CLOCKS_APART)
