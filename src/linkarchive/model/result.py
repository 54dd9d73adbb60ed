"""What a run concluded, as it is kept and reported. The order of the fields is that of the JSON."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct

from linkarchive.model.article import Place, Unit
from linkarchive.model.capture import Capture, CaptureScope, Origin
from linkarchive.model.case import Loss
from linkarchive.model.verdict import Reason, Verdict
from linkarchive.model.visit import Hop


class Baseline(Struct, frozen=True):
    """What a page was compared with, as reports show it."""

    origin: Origin
    time: datetime
    days_off: int | None
    url: str | None


class CaptureRef(Struct, frozen=True):
    """A capture that a result names."""

    warc: str
    offset: int
    length: int
    digest: str
    scope: CaptureScope
    truncated: bool
    """Its page is cut, or what the page needs to be shown is not all there."""

    @classmethod
    def of(cls, capture: Capture) -> CaptureRef:
        place, truncated = capture.record, capture.truncated or capture.left_out > 0
        return cls(place.warc, place.offset, place.length, capture.digest, capture.scope, truncated)


class LastGood(Struct, frozen=True):
    """The last capture of a source that was ok."""

    time: datetime
    warc: str
    offset: int
    length: int


class Acceptance(Struct, frozen=True):
    """A person took a page for what the source says now."""

    who: str
    when: datetime
    reason: str | None
    capture_time: datetime
    """The capture that was accepted: later drift is measured from it."""


class Read(Struct, frozen=True):
    """What was read of a page."""

    bytes: int
    """Without content-coding."""
    of: int | None
    """Bytes of the whole, where the server says so."""
    cut: str | None
    """Why there is more: "size" (our limit), "time" (it took too long) or "closed" (it broke off)."""


class Settled(Struct, frozen=True):
    """The usable copy that an article itself gives for a dead or unreachable link: nothing is left to do about it."""

    url: str
    time: datetime | None


class SeenElsewhere(Struct, frozen=True):
    """What a web archive saw of a page that is closed to us, judged as our own visit would be."""

    archive: str
    time: datetime
    url: str
    verdict: Verdict
    reason: Reason
    similarity: float | None


class CitationResult(Struct, frozen=True):
    """One citation of a source with its own comparison."""

    article: str
    line: int
    url: str
    text: str
    context: str
    recovered: bool
    recovery_confidence: float | None
    verdict: Verdict
    reason: Reason
    confidence: float
    baseline: Baseline | None
    similarity: float | None
    lost: tuple[Loss, ...]
    evidence: tuple[str, ...]
    accepted: Acceptance | None
    note: str | None = None
    """The words of the note in which the link stands, or what links.txt notes of it."""
    accessed: date | None = None
    """The day on which the author looked, as the article or links.txt says it."""
    snapshot: str | None = None
    """The archived copy that the article or links.txt gives beside the link."""
    unit: Unit = Unit.LINE
    """What `line` counts."""
    place: Place = Place.BODY
    settled: Settled | None = None
    seen_elsewhere: SeenElsewhere | None = None


_NO_SITE = frozenset({Reason.DNS, Reason.PARKED, Reason.USURPED, Reason.UNREACHABLE_SINCE})


class Result(Struct, frozen=True):
    """What a run concluded about a source. Equal results of successive runs are stored once."""

    url: str
    verdict: Verdict
    reason: Reason
    confidence: float
    confirmed: bool
    evidence: tuple[str, ...]
    also: tuple[str, ...]
    since: datetime
    """When the present verdict was first given."""
    last_ok: datetime | None
    """The last visit that was ok or moved; None while it is (then: the visit itself), and when there was none."""
    strikes: int
    first_strike: datetime | None
    last_strike: datetime | None
    status: int | None
    final_url: str | None
    hops: tuple[Hop, ...]
    similarity: float | None
    lost: tuple[Loss, ...]
    baseline: Baseline | None
    capture: CaptureRef | None
    last_good: LastGood | None
    archived_url: str | None
    archive_note: str | None
    suggested_url: str | None
    citations: tuple[CitationResult, ...]
    title: str | None = None
    """Of the last usable page; never of an error page."""
    title_then: str | None = None
    """Of the baseline, where it is another one."""
    suggested_by: str | None = None
    """How the suggested address was found, in words; None where a redirect led to it."""
    suggested_confidence: float | None = None
    """That the page there is the one that was cited, 0…1."""
    read: Read | None = None
    """None where no page was read."""
    settled: Settled | None = None
    """Where all dead and unreachable citations are settled: the first copy."""
    seen_elsewhere: SeenElsewhere | None = None
    """The worst of its citations."""

    @property
    def may_be_elsewhere(self) -> bool:
        """The page is not at its address, and there is a site that may have it at another one."""
        if self.verdict is Verdict.DEAD:
            return self.reason not in _NO_SITE
        return (self.verdict, self.reason) == (Verdict.DRIFTED, Reason.REPLACED)

    @property
    def standard(self) -> datetime | None:
        """When the page was captured that this one is compared with: the accepted one, else the baseline."""
        worst = min(
            self.citations, key=lambda citation: (citation.verdict.severity, -citation.confidence), default=None
        )
        if worst is not None and worst.accepted is not None:
            return worst.accepted.capture_time
        return self.baseline.time if self.baseline else None
