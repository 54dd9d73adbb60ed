"""The one view model that every format renders. The order of the fields is that of the JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from linkarchive.model.article import Unit
from linkarchive.model.result import Result
from linkarchive.model.verdict import Reason, Verdict


class Change(StrEnum):
    """Against the source's last run."""

    NEW = "new"
    STILL = "still"
    RECOVERED = "recovered"
    NONE = "none"


class Ignored(Struct, frozen=True):
    """A person's word that a source is known: it is visited, judged and counted, but not reported."""

    who: str
    when: datetime
    until: date | None
    """The day from which on it is reported again; None: until somebody says so."""
    reason: str | None


class DecisionReport(Struct, frozen=True):
    """What a person decided about a source beside ignoring it, as reports show it."""

    action: str
    """accept or replace."""
    who: str
    when: datetime
    reason: str | None
    replacement: str | None
    """Of replace: the URL that articles shall cite instead."""


class Standing(StrEnum):
    """How a source counts beside its verdict."""

    PLAIN = ""
    SETTLED = "settled"
    """The article itself gives a usable copy for what is dead or unreachable: not at all."""
    DRIFTED_ELSEWHERE = "drifted"
    """A web archive saw that a page which is closed to us has drifted: for `--fail-on` as if it were drifted."""
    ACCEPTED = "accepted"
    """Somebody accepted the page after it was visited: not at all."""
    REPLACED = "replaced"
    """Somebody said what to cite instead: for `--fail-on` as long as the articles cite it, and no news."""

    @classmethod
    def of(cls, result: Result) -> Standing:
        if result.settled is not None:
            return cls.SETTLED
        seen = result.seen_elsewhere
        return cls.DRIFTED_ELSEWHERE if seen is not None and seen.verdict is Verdict.DRIFTED else cls.PLAIN


_DECIDED = {"accept": Standing.ACCEPTED, "replace": Standing.REPLACED}


class Category(Struct, frozen=True):
    """What sources are counted by."""

    verdict: Verdict
    changed: Change
    is_news: bool
    is_ignored: bool
    uncompared: bool
    """Alive, but first seen now."""
    standing: Standing = Standing.PLAIN
    earlier: bool = False
    """Of an earlier run: this one did not visit it."""
    undecided: Standing = Standing.PLAIN
    """The standing of a decided one before somebody decided."""

    @property
    def counts_as(self) -> Standing:
        """The standing for `--fail-on`: what is to be replaced counts as it did before."""
        return self.undecided if self.standing is Standing.REPLACED else self.standing

    @property
    def is_decided(self) -> bool:
        """A finding that somebody ignores, has accepted or wants to replace."""
        is_decided = self.is_ignored or self.standing in (Standing.ACCEPTED, Standing.REPLACED)
        return is_decided and self.verdict.is_finding

    def decided(self, action: str) -> Category:
        """The kind of a source about which somebody decided so: accept, ignore or replace."""
        standing = _DECIDED.get(action, self.standing)
        return replace(self, is_news=False, is_ignored=action == "ignore", standing=standing, undecided=self.standing)

    @classmethod
    def of(
        cls,
        verdict: Verdict,
        changed: Change,
        was: Verdict | None,
        uncompared: bool,
        standing: Standing = Standing.PLAIN,
        earlier: bool = False,
    ) -> Category:
        """That of a source about which nobody decided. News is what a person is to be told who has read the last
        report: also a finding that became another one."""
        is_news = was not in (None, verdict) if changed is Change.STILL else changed is not Change.NONE
        is_news = is_news and standing is not Standing.SETTLED
        return cls(verdict, changed, is_news, False, uncompared, standing, earlier)


class SourceReport(Struct, frozen=True):
    """A source in a report: the result of its last visit, and what is new about it."""

    result: Result
    changed: Change
    was: Verdict | None
    checked: datetime | None
    """None for a source that is not visited (skipped)."""
    ignored: Ignored | None = None
    decision: DecisionReport | None = None
    """That a person accepted the page since it was visited, or what they want to be cited instead."""
    earlier: bool = False
    """The verdict is that of an earlier run: this one did not visit the source."""

    @property
    def kind(self) -> Category:
        result = self.result
        uncompared = result.verdict.is_alive and result.similarity is None and not self.earlier
        standing = Standing.of(result)
        kind = Category.of(result.verdict, self.changed, self.was, uncompared, standing, self.earlier)
        if self.ignored is not None:
            return kind.decided("ignore")
        return kind if self.decision is None else kind.decided(self.decision.action)

    def as_earlier(self) -> SourceReport:
        """The source in the report of a later run that did not visit it: nothing is new about it."""
        verdict = self.result.verdict
        changed = Change.STILL if verdict.is_finding else Change.NONE
        return replace(self, changed=changed, was=verdict, earlier=True)

    @property
    def is_news(self) -> bool:
        return self.kind.is_news

    @property
    def url(self) -> str:
        return self.result.url

    @property
    def verdict(self) -> Verdict:
        return self.result.verdict

    @property
    def reason(self) -> Reason:
        return self.result.reason

    @property
    def confidence(self) -> float:
        """0…1: how often a verdict with such evidence is right."""
        return self.result.confidence

    @property
    def evidence(self) -> tuple[str, ...]:
        return self.result.evidence

    @property
    def archived_url(self) -> str | None:
        """A public copy from before the page died, nearest to the article's date."""
        return self.result.archived_url


class OriginalReport(Struct, frozen=True):
    """What is known of the original page of an article."""

    verdict: Verdict
    reason: Reason
    evidence: tuple[str, ...] = ()
    ignored: Ignored | None = None


class ArticleReport(Struct, frozen=True):
    """An article as the report shows it: how many of its links are how."""

    path: str
    title: str
    original_url: str | None
    published: date | None
    original: OriginalReport | None
    citations: int
    lost: int
    """Citations whose target the article does not give."""
    recovered: int


class Unresolved(Struct, frozen=True):
    """A lost target that was not recovered."""

    article: str
    line: int
    text: str
    reason: Reason
    context: str
    changed: Change
    unit: Unit = Unit.LINE
    """What `line` counts."""


class RunInfo(Struct, frozen=True):
    """A run: which one, when, and how it ended."""

    id: str
    started: datetime
    finished: datetime | None
    complete: bool
    offline: bool
    simulated: bool
    version: str
    network: str | None = None
    """What was wrong with our own network: offline, proxy, portal, ca, dns, middlebox or rate-limit. Then nothing
    was concluded (`offline`)."""


class Sources(Struct, frozen=True):
    """The sources of a report, read anew at each pass: there may be too many to hold all at once."""

    read: Callable[[], Iterator[SourceReport]]
    counted: Callable[[], Counter[Category]] | None = None
    """How many there are of each kind, without reading them."""
    by_category: Callable[[Collection[Category]], Iterator[SourceReport]] | None = None
    """Those of some kinds in the same order, without reading the others."""

    def __iter__(self) -> Iterator[SourceReport]:
        return self.read()


class Report(Struct, frozen=True, dict=True):
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
    unstored: str = ""
    """What the disk refused when the report was to be kept in `archive/reports`; the exit code is 3."""

    @property
    def summary(self) -> dict[str, int]:
        """Sources by verdict (unresolved: lost citations), `uncompared`: alive, but first seen now, `ignored`: findings
        that somebody ignores, counted under their verdicts as well, and `visited`: those that this run visited."""
        counts = {verdict.value: 0 for verdict in Verdict}
        for kind, number in self.kinds.items():
            counts[kind.verdict.value] += number
        counts[Verdict.UNRESOLVED.value] += len(self.unresolved)
        counts["uncompared"] = self.count(lambda kind: kind.uncompared)
        counts["ignored"] = self.count(lambda kind: kind.is_ignored and kind.verdict.is_finding)
        counts["visited"] = self.count(lambda kind: kind.verdict is not Verdict.SKIPPED and not kind.earlier)
        return counts

    @cached_property
    def kinds(self) -> Counter[Category]:
        """How many sources there are of each kind."""
        if isinstance(self.sources, Sources) and self.sources.counted is not None:
            return self.sources.counted()
        return Counter(source.kind for source in self.sources)

    @property
    def visited(self) -> Iterable[SourceReport]:
        """The sources on which the run itself concluded."""
        if not any(kind.earlier for kind in self.kinds):
            return self.sources
        return self.of(lambda kind: not kind.earlier)

    @property
    def findings(self) -> Iterator[SourceReport]:
        """The sources with something to report: neither fine nor skipped, and nobody has decided about them."""
        return self.of(lambda kind: kind.verdict.is_finding and not kind.is_decided)

    def count(self, fits: Callable[[Category], bool]) -> int:
        """How many sources are of a kind that is wanted."""
        return sum(number for kind, number in self.kinds.items() if fits(kind))

    def of(self, fits: Callable[[Category], bool]) -> Iterator[SourceReport]:
        """The sources of the kinds that are wanted, in the order of the report; nothing is read after the last."""
        kinds = frozenset(kind for kind in self.kinds if fits(kind))
        left = sum(self.kinds[kind] for kind in kinds)
        if not left:
            return
        quick = self.sources.by_category if isinstance(self.sources, Sources) else None
        for source in self.sources if quick is None else quick(kinds):
            if source.kind in kinds:
                yield source
                left -= 1
                if not left:
                    return
