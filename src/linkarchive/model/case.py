"""What is judged, and what comes of it."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from linkarchive.model.verdict import Reason, Verdict
from linkarchive.model.visit import Page


class Loss(Struct, frozen=True):
    """Something the citation took from the page that is gone: kind is quote, figure, name or anchor."""

    kind: str
    text: str


class History(Struct, frozen=True):
    """What earlier runs leave for the next verdict (strikes: docs/design.md §7)."""

    strikes: int = 0
    first_strike: datetime | None = None
    last_strike: datetime | None = None
    now: datetime | None = None


class Case(Struct, frozen=True):
    """All that a verdict depends on. `url` is the citation's own, with its fragment."""

    id: str
    url: str
    after: Page
    before: Page | None = None
    """The baseline (or the accepted page), from any origin."""
    quotes: tuple[str, ...] = ()
    """Passages that a person said the article takes from the page (links.txt `quote`)."""
    text: str = ""
    context: str = ""
    probe: Page | None = None
    """The answer to a made-up sibling address on the same host."""
    history: History | None = None


class Judgement(Struct, frozen=True):
    """The verdict on a case, with what it rests on."""

    verdict: Verdict
    reason: Reason
    confidence: float
    evidence: tuple[str, ...]
    similarity: float | None = None
    """Share of the baseline's substance that stands, 0…1; None where nothing was compared."""
    lost: tuple[Loss, ...] = ()
    also: tuple[str, ...] = ()
    """Further findings on the same page, as "verdict/reason"."""
    suggested_url: str | None = None

    @property
    def rank(self) -> tuple[int, float]:
        """A source shows the verdict of its worst citation: the first in this order (docs/design.md §3)."""
        return self.verdict.severity, -self.confidence
