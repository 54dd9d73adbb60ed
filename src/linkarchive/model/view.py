"""What a reader sees beside the report: what changed in a page, a source's life, an article with its verdicts."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from linkarchive.model.verdict import Verdict


class DiffRow(Struct, frozen=True):
    """One row of a side-by-side diff of main texts; `kind` is same, changed, removed, added or gap.

    Segments are (text, marked): what differs inside a changed block is marked. A gap
    stands for unchanged blocks that are not shown; its left text says how many.
    """

    kind: str
    left: tuple[tuple[str, bool], ...]
    right: tuple[tuple[str, bool], ...]


MAX_DIFFERENCES = 300
"""In one report; the rest is a click or an `archive diff` away."""


class Difference(Struct, frozen=True):
    """What changed in the substance between two pages."""

    url: str
    before_label: str
    after_label: str
    similarity: float | None
    rows: tuple[DiffRow, ...]


class Picture(Struct, frozen=True):
    """A picture of a page."""

    kind: str
    """Its media type."""
    data: bytes
    time: datetime
    """Of the capture that it shows."""


class Pictures(Struct, frozen=True):
    """How a page looked when it was cited, and how it looks now; None where that is not known."""

    then: Picture | None
    now: Picture | None


class Event(Struct, frozen=True):
    """One moment of a source's life; `kind` is published, capture, verdict or decision."""

    time: datetime
    kind: str
    text: str
    verdict: Verdict | None = None
    url: str | None = None
    """Where a capture can be seen by others."""


class Span(Struct, frozen=True):
    """A stretch of an article's text; with a verdict it is a citation, and `url` its source as the report has it."""

    text: str
    url: str | None = None
    verdict: Verdict | None = None


ArticleText = tuple[tuple[Span, ...], ...]
"""The paragraphs of an article."""
