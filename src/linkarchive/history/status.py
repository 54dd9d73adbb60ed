"""The state of everything under watch: the last verdict on each source, whichever run gave it, and what is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from linkarchive.history.reports import with_decision
from linkarchive.model import DecisionReport, Ignored, Reason, Verdict
from linkarchive.model.scope import is_due, next_due
from linkarchive.report.phrases import short_of
from linkarchive.store import standing
from linkarchive.store.database import Store
from linkarchive.store.decisions import Decision, DecisionIndex
from linkarchive.urls import host_of, is_within


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """Where one source stands. The order of the fields is that of the JSON."""

    url: str
    title: str | None
    verdict: Verdict
    reason: Reason
    since: datetime
    checked: datetime | None
    next_due: datetime | None
    """When `archive check --due` visits it next; None for what is never visited."""
    articles: tuple[str, ...]
    ignored: Ignored | None
    decision: DecisionReport | None
    """That somebody accepted the page since, or wants it replaced."""
    short: str
    """The reason in a word or three, as reports say it."""

    @property
    def is_open(self) -> bool:
        """A finding about which nobody decided."""
        return self.verdict.is_finding and self.ignored is None and self.decision is None

    def is_due(self, now: datetime) -> bool:
        return is_due(self.checked, self.verdict, now)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which sources are asked about; everything where nothing is said."""

    verdicts: Collection[str] = ()
    articles: Collection[str] = ()
    host: str | None = None
    due: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.verdicts or self.articles or self.host or self.due)

    def fits(self, source: SourceStatus, now: datetime) -> bool:
        return (
            (not self.verdicts or source.verdict.value in self.verdicts)
            and (not self.articles or any(article in self.articles for article in source.articles))
            and (self.host is None or is_within(host_of(source.url), [self.host]))
            and (not self.due or source.is_due(now))
        )


@dataclass(frozen=True, slots=True)
class Status:
    """Where the sources stand that fit a filter."""

    sources: tuple[SourceStatus, ...]
    """The worst first, then by URL."""
    summary: Mapping[str, int]
    """How many have each verdict; of how many sources; how many are due, ignored, accepted since, to be replaced."""


def status_of(store: Store, log: Sequence[Decision], criteria: Filter, now: datetime) -> Status:
    """All sources that fit."""
    listed = _sorted(source for source in _sources(store, log, now) if criteria.fits(source, now))
    counts = Counter(source.verdict for source in listed)
    return Status(listed, _summary(counts, sum(source.is_due(now) for source in listed), listed))


def open_findings(store: Store, log: Sequence[Decision], now: datetime) -> Status:
    """The findings about which nobody decided, and the summary of all sources, which are counted by the database."""
    findings = _sorted(_sources(store, log, now, [verdict for verdict in Verdict if verdict.is_finding]))
    counts = standing.verdict_counts(store, now)
    numbers = Counter({verdict: number for verdict, (number, _) in counts.items()})
    summary = _summary(numbers, sum(due for _, due in counts.values()), findings)
    return Status(tuple(source for source in findings if source.is_open), summary)


def _sorted(sources: Iterable[SourceStatus]) -> tuple[SourceStatus, ...]:
    return tuple(sorted(sources, key=lambda source: (source.verdict.severity, source.url)))


def _summary(counts: Counter[Verdict], due: int, sources: Iterable[SourceStatus]) -> dict[str, int]:
    by_verdict = {verdict.value: counts[verdict] for verdict in Verdict}
    decided = Counter(
        "ignore" if source.ignored is not None else source.decision.action if source.decision is not None else ""
        for source in sources
    )
    return {
        **by_verdict,
        "sources": counts.total(),
        "due": due,
        "ignored": decided["ignore"],
        "accepted": decided["accept"],
        "to_be_replaced": decided["replace"],
    }


def _sources(
    store: Store, log: Sequence[Decision], now: datetime, verdicts: Collection[Verdict] | None = None
) -> Iterator[SourceStatus]:
    index = DecisionIndex(log)
    for _, key, report in standing.latest_reports(store, verdicts=verdicts):
        result = report.result
        if not result.citations and result.verdict is Verdict.SKIPPED:
            continue
        if result.verdict.is_finding:
            report = with_decision(report, key, index, now.date())
        yield SourceStatus(
            result.url,
            result.title,
            result.verdict,
            result.reason,
            result.since,
            report.checked,
            next_due(report.checked, result.verdict),
            tuple(dict.fromkeys(citation.article for citation in result.citations)),
            report.ignored,
            report.decision,
            short_of(result),
        )
