"""The nouns of the house as frozen dataclasses, and the verdicts with their reasons.

Names of fields are those of the published JSON (DESIGN §8) wherever the thing is
published, so that one codec (msgspec) serves the report, the database and the
text files. Times are aware datetimes in UTC; absent facts are None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property


class Verdict(StrEnum):
    """What we conclude about a source; a closed set (DESIGN §7)."""

    OK = "ok"
    MOVED = "moved"
    DRIFTED = "drifted"
    DEAD = "dead"
    BLOCKED = "blocked"
    UNREACHABLE = "unreachable"
    UNRESOLVED = "unresolved"
    SKIPPED = "skipped"

    @property
    def is_finding(self) -> bool:
        return self not in (Verdict.OK, Verdict.SKIPPED)

    @property
    def is_alive(self) -> bool:
        """A page that is really there was seen."""
        return self in (Verdict.OK, Verdict.MOVED, Verdict.DRIFTED)

    @property
    def severity(self) -> int:
        """0 is the worst; the order in which reports list and a source's citations are ranked."""
        return _SEVERITY.index(self)


_SEVERITY = (
    Verdict.DEAD,
    Verdict.DRIFTED,
    Verdict.UNRESOLVED,
    Verdict.MOVED,
    Verdict.UNREACHABLE,
    Verdict.BLOCKED,
    Verdict.OK,
    Verdict.SKIPPED,
)


class Reason(StrEnum):
    """Why; each belongs to the verdicts that `REASONS` lists."""

    SAME = "same"
    MINOR_EDIT = "minor-edit"
    GREW = "grew"
    FIRST_SEEN = "first-seen"
    REDIRECT = "redirect"
    REWRITTEN = "rewritten"
    REPLACED = "replaced"
    SHRUNK = "shrunk"
    QUOTE_LOST = "quote-lost"
    DETAIL_LOST = "detail-lost"
    ANCHOR_LOST = "anchor-lost"
    CORRECTED = "corrected"
    RETRACTED = "retracted"
    HTTP_404 = "http-404"
    HTTP_410 = "http-410"
    DNS = "dns"
    SOFT_404 = "soft-404"
    HOMEPAGE_REDIRECT = "homepage-redirect"
    PARKED = "parked"
    USURPED = "usurped"
    UNREACHABLE_SINCE = "unreachable-since"
    CHALLENGE = "challenge"
    LOGIN = "login"
    PAYWALL = "paywall"
    CONSENT = "consent"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate-limited"
    LEGAL = "legal"
    ROBOTS = "robots"
    SCRIPT_ONLY = "script-only"
    ONLY_US = "only-us"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    RESET = "reset"
    TLS = "tls"
    HTTP_5XX = "http-5xx"
    REDIRECT_LOOP = "redirect-loop"
    PROTOCOL = "protocol"
    TOO_LARGE = "too-large"
    NO_ORIGINAL = "no-original"
    ORIGINAL_UNAVAILABLE = "original-unavailable"
    NO_MATCH = "no-match"
    AMBIGUOUS = "ambiguous"
    SCHEME = "scheme"
    RELATIVE = "relative"
    EXCLUDED = "excluded"
    PRIVATE_ADDRESS = "private-address"


REASONS: Mapping[Verdict, frozenset[Reason]] = {
    Verdict.OK: frozenset({Reason.SAME, Reason.MINOR_EDIT, Reason.GREW, Reason.FIRST_SEEN}),
    Verdict.MOVED: frozenset({Reason.REDIRECT}),
    Verdict.DRIFTED: frozenset(
        {
            Reason.REWRITTEN,
            Reason.REPLACED,
            Reason.SHRUNK,
            Reason.QUOTE_LOST,
            Reason.DETAIL_LOST,
            Reason.ANCHOR_LOST,
            Reason.CORRECTED,
            Reason.RETRACTED,
        }
    ),
    Verdict.DEAD: frozenset(
        {
            Reason.HTTP_404,
            Reason.HTTP_410,
            Reason.DNS,
            Reason.SOFT_404,
            Reason.HOMEPAGE_REDIRECT,
            Reason.PARKED,
            Reason.USURPED,
            Reason.UNREACHABLE_SINCE,
        }
    ),
    Verdict.BLOCKED: frozenset(
        {
            Reason.CHALLENGE,
            Reason.LOGIN,
            Reason.PAYWALL,
            Reason.CONSENT,
            Reason.FORBIDDEN,
            Reason.RATE_LIMITED,
            Reason.LEGAL,
            Reason.ROBOTS,
            Reason.SCRIPT_ONLY,
            Reason.ONLY_US,
        }
    ),
    Verdict.UNREACHABLE: frozenset(
        {
            Reason.TIMEOUT,
            Reason.REFUSED,
            Reason.RESET,
            Reason.TLS,
            Reason.DNS,
            Reason.HTTP_5XX,
            Reason.REDIRECT_LOOP,
            Reason.PROTOCOL,
            Reason.TOO_LARGE,
        }
    ),
    Verdict.UNRESOLVED: frozenset({Reason.NO_ORIGINAL, Reason.ORIGINAL_UNAVAILABLE, Reason.NO_MATCH, Reason.AMBIGUOUS}),
    Verdict.SKIPPED: frozenset({Reason.SCHEME, Reason.RELATIVE, Reason.EXCLUDED, Reason.PRIVATE_ADDRESS}),
}


# --- articles ---------------------------------------------------------------


class LinkKind(StrEnum):
    LINK = "link"
    IMAGE = "image"
    MEDIA = "media"
    EMBED = "embed"
    META = "meta"


@dataclass(frozen=True, slots=True)
class Citation:
    """One link of an article. `url` is absolute where it could be resolved, else as written; None is lost."""

    url: str | None
    text: str
    line: int
    """1-based line of the source text (for PDF, DOCX and EPUB: of its text, a paragraph a line)."""
    context: str
    """The sentence around the link, white space folded, the anchor text included."""
    kind: LinkKind = LinkKind.LINK
    recovered: bool = False
    recovery_confidence: float | None = None
    found_in: str | None = None
    """URL or file of the page in which a recovered target was found."""
    unresolved: Reason | None = None
    """For a lost target that was looked for in vain: no-original, original-unavailable, no-match, ambiguous."""
    accessed: date | None = None
    quote: str | None = None
    snapshot: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """A document that cites. `path` is from the project folder (posix), or the article's URL."""

    path: str
    title: str
    original_url: str | None
    published: date | None
    citations: tuple[Citation, ...]
    private: bool = False
    remarks: tuple[str, ...] = ()
    """What `-v` says about the reading: sources of origin and date that disagreed, parts left out."""


# --- visits -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hop:
    url: str
    status: int


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a visit saw no page. `reason` is of `unreachable`, or robots, or of `skipped` (address guard, scheme)."""

    reason: Reason
    detail: str
    """In words, for the evidence: “no such host name”, “certificate expired on 2026-01-02”."""
    url: str
    """The hop that failed."""
    no_such_name: bool = False
    """DNS only: the name does not exist (EAI_NONAME), as against a resolver that did not answer."""
    connected: bool = False
    """The host answered at TCP level (it counts as a host that is there)."""
    proxy: bool = False
    """The proxy itself could not be reached: it says nothing about the source."""


# --- captures ---------------------------------------------------------------


class Origin(StrEnum):
    """Whose capture: our own visit, the Wayback Machine's, another Memento archive's."""

    LIVE = "live"
    WAYBACK = "wayback"
    MEMENTO = "memento"


@dataclass(frozen=True, slots=True)
class Location:
    """A record in a WARC file; `warc` is a path from the project folder, the rest is bytes of the gzip member."""

    warc: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Capture:
    """A stored copy of a source at a moment; the last exchange of its chain holds the page."""

    url: str
    time: datetime
    origin: Origin
    public_url: str | None
    """Where others can see it: the memento's URL; None for our own."""
    status: int
    final_url: str
    mime: str
    hops: tuple[Hop, ...]
    """Every exchange of the chain before the last, with its status."""
    digest: str
    """Payload digest as in the WARC: `sha1:` and base32, over the body with its content-coding."""
    sha256: str
    """Hex SHA-256 of the body without content-coding."""
    record: Location
    """The response or revisit record of the last exchange."""
    original: Location | None = None
    """For a revisit: the response record that holds the payload."""
    scope: str = "document"
    truncated: bool = False
    fingerprint: str | None = None
    """Digest of the normalised main text (`judge.fingerprint`): equal means the same substance."""


@dataclass(frozen=True, slots=True)
class Page:
    """What `judge` and `recover` read: a page from any origin, or the failure to get one."""

    final_url: str
    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case; repeated fields joined with ", "."""
    body: bytes = b""
    """Without content-coding."""
    hops: tuple[Hop, ...] = ()
    """The redirects before the final response, oldest first, each with its own URL and status."""
    failure: Failure | None = None
    truncated: bool = False


# --- judging ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Loss:
    """Something the citation took from the page that is gone: kind is quote, figure, name or anchor."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class History:
    """What earlier runs leave for the next verdict (strikes: DESIGN §7)."""

    strikes: int = 0
    first_strike: datetime | None = None
    last_strike: datetime | None = None
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
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


@dataclass(frozen=True, slots=True)
class Judgement:
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
        """Of a source's citations the one that is first in this order tells its verdict (DESIGN §3: the worst)."""
        return self.verdict.severity, -self.confidence


# --- what is kept and reported (field order is the order of the JSON) -----------------


@dataclass(frozen=True, slots=True)
class Baseline:
    origin: Origin
    time: datetime
    days_off: int | None
    url: str | None


@dataclass(frozen=True, slots=True)
class CaptureRef:
    warc: str
    offset: int
    length: int
    digest: str
    scope: str
    truncated: bool


@dataclass(frozen=True, slots=True)
class LastGood:
    time: datetime
    warc: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Acceptance:
    who: str
    when: datetime
    reason: str | None
    capture_time: datetime
    """The capture that was accepted: later drift is measured from it."""


@dataclass(frozen=True, slots=True)
class CitationOutcome:
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run concluded about a source. Equal outcomes of successive runs are stored once."""

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
    citations: tuple[CitationOutcome, ...]

    @property
    def standard(self) -> datetime | None:
        """When the page was captured that this one is compared with: the accepted one, else the baseline."""
        worst = min(self.citations, key=lambda one: (one.verdict.severity, -one.confidence), default=None)
        if worst is not None and worst.accepted is not None:
            return worst.accepted.capture_time
        return self.baseline.time if self.baseline else None


class Change(StrEnum):
    """Against the source's last run."""

    NEW = "new"
    STILL = "still"
    RECOVERED = "recovered"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Ignored:
    """A person's word that a source is known: it is visited, judged and counted, but not reported."""

    who: str
    when: datetime
    until: date | None
    """The day from which on it is reported again; None: until somebody says so."""
    reason: str | None


@dataclass(frozen=True, slots=True)
class Kind:
    """What sources are counted by."""

    verdict: Verdict
    changed: Change
    is_news: bool
    is_ignored: bool
    uncompared: bool
    """Alive, but first seen now."""

    @classmethod
    def of(cls, verdict: Verdict, changed: Change, was: Verdict | None, is_ignored: bool, uncompared: bool) -> Kind:
        """News is what a person is to be told who has read the last report: also a finding that became another one."""
        is_news = was not in (None, verdict) if changed is Change.STILL else changed is not Change.NONE
        return cls(verdict, changed, is_news and not is_ignored, is_ignored, uncompared)


@dataclass(frozen=True, slots=True)
class SourceReport:
    """A source in a report: its outcome, and what is new about it."""

    outcome: Outcome
    changed: Change
    was: Verdict | None
    checked: datetime | None
    """None for a source that this run did not visit (skipped)."""
    ignored: Ignored | None = None

    @property
    def kind(self) -> Kind:
        outcome = self.outcome
        uncompared = outcome.verdict.is_alive and outcome.similarity is None
        return Kind.of(outcome.verdict, self.changed, self.was, self.ignored is not None, uncompared)

    @property
    def is_news(self) -> bool:
        return self.kind.is_news


@dataclass(frozen=True, slots=True)
class OriginalReport:
    verdict: Verdict
    reason: Reason
    evidence: tuple[str, ...] = ()
    ignored: Ignored | None = None


@dataclass(frozen=True, slots=True)
class ArticleReport:
    path: str
    title: str
    original_url: str | None
    published: date | None
    original: OriginalReport | None
    citations: int
    lost: int
    """Citations whose target the article does not give."""
    recovered: int


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A lost target that was not recovered."""

    article: str
    line: int
    text: str
    reason: Reason
    context: str
    changed: Change


@dataclass(frozen=True, slots=True)
class RunInfo:
    id: str
    started: datetime
    finished: datetime | None
    complete: bool
    offline: bool
    simulated: bool
    version: str


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of a report, read anew at each pass: there may be too many to hold all at once."""

    read: Callable[[], Iterator[SourceReport]]
    counted: Callable[[], Counter[Kind]] | None = None
    """How many there are of each kind, without reading them."""
    of_kinds: Callable[[Collection[Kind]], Iterator[SourceReport]] | None = None
    """Those of some kinds in the same order, without reading the others."""

    def __iter__(self) -> Iterator[SourceReport]:
        return self.read()


@dataclass(frozen=True)
class Report:
    """The one view model that every format renders. Sources are in the order of the reader's interest."""

    run: RunInfo
    articles: tuple[ArticleReport, ...]
    sources: Iterable[SourceReport]
    """Can be gone through more than once (`Sources`, a tuple), but each pass takes its time: count with `kinds`."""
    unresolved: tuple[Unresolved, ...]
    uncited: tuple[str, ...] = ()
    """Sources still in links.txt whose link left its article."""
    malformed: tuple[str, ...] = ()
    """Lines of links.txt that could not be read, each named with its file and number."""
    notices: tuple[str, ...] = ()
    """What the reader should know about the run itself (what was left out, and why)."""
    errors: tuple[str, ...] = ()
    """Articles that could not be read; the exit code is 2 or higher in rank."""

    @property
    def summary(self) -> dict[str, int]:
        """Sources by verdict (unresolved: lost citations), `uncompared`: alive, but first seen now, and `ignored`:
        findings that somebody ignores, counted under their verdicts as well."""
        counts = {verdict.value: 0 for verdict in Verdict}
        for kind, number in self.kinds.items():
            counts[kind.verdict.value] += number
        counts[Verdict.UNRESOLVED.value] += len(self.unresolved)
        counts["uncompared"] = self.count(lambda kind: kind.uncompared)
        counts["ignored"] = self.count(lambda kind: kind.is_ignored and kind.verdict.is_finding)
        return counts

    @cached_property
    def kinds(self) -> Counter[Kind]:
        """How many sources there are of each kind."""
        if isinstance(self.sources, Sources) and self.sources.counted is not None:
            return self.sources.counted()
        return Counter(source.kind for source in self.sources)

    def count(self, wanted: Callable[[Kind], bool]) -> int:
        """How many sources are of a kind that is wanted."""
        return sum(number for kind, number in self.kinds.items() if wanted(kind))

    def of(self, wanted: Callable[[Kind], bool]) -> Iterator[SourceReport]:
        """The sources of the kinds that are wanted, in the order of the report; nothing is read after the last."""
        kinds = frozenset(kind for kind in self.kinds if wanted(kind))
        left = sum(self.kinds[kind] for kind in kinds)
        if not left:
            return
        quick = self.sources.of_kinds if isinstance(self.sources, Sources) else None
        for source in self.sources if quick is None else quick(kinds):
            if source.kind in kinds:
                yield source
                left -= 1
                if not left:
                    return


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One row of a side-by-side diff of main texts; `kind` is same, changed, removed, added or gap.

    Segments are (text, marked): what differs inside a changed block is marked. A gap
    stands for unchanged blocks that are not shown; its left text says how many.
    """

    kind: str
    left: tuple[tuple[str, bool], ...]
    right: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed in the substance between two pages."""

    url: str
    before_label: str
    after_label: str
    similarity: float | None
    rows: tuple[DiffRow, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One moment of a source's life; `kind` is published, capture, verdict or decision."""

    time: datetime
    kind: str
    text: str
    verdict: Verdict | None = None
    url: str | None = None
    """Where a capture can be seen by others."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an article's text; with a verdict it is a citation, and `url` its source as the report has it."""

    text: str
    url: str | None = None
    verdict: Verdict | None = None


ArticleText = tuple[tuple[Span, ...], ...]
"""The paragraphs of an article."""
