"""The state of everything under watch: the last verdict on each source, whichever run gave it, and what is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from linkarchive.model import Ignored, Reason, Verdict
from linkarchive.model.scope import is_due, next_due
from linkarchive.store import standing
from linkarchive.store.database import Store
from linkarchive.store.decisions import Decision, ignored
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
    """How many have each verdict; of how many sources; how many are due and ignored."""


def status_of(store: Store, log: Sequence[Decision], criteria: Filter, now: datetime) -> Status:
    """All sources that fit."""
    listed = _sorted(source for source in _sources(store, log, now) if criteria.fits(source, now))
    counts = Counter(source.verdict for source in listed)
    due = sum(source.is_due(now) for source in listed)
    return Status(listed, _summary(counts, due, sum(source.ignored is not None for source in listed)))


def open_findings(store: Store, log: Sequence[Decision], now: datetime) -> Status:
    """The findings that are not ignored, and the summary of all sources, which are counted by the database."""
    findings = _sorted(_sources(store, log, now, [verdict for verdict in Verdict if verdict.is_finding]))
    counts = standing.verdict_counts(store, now)
    shown = tuple(source for source in findings if source.ignored is None)
    numbers = Counter({verdict: number for verdict, (number, _) in counts.items()})
    return Status(shown, _summary(numbers, sum(due for _, due in counts.values()), len(findings) - len(shown)))


def _sorted(sources: Iterable[SourceStatus]) -> tuple[SourceStatus, ...]:
    return tuple(sorted(sources, key=lambda source: (source.verdict.severity, source.url)))


def _summary(counts: Counter[Verdict], due: int, ignored_sources: int) -> dict[str, int]:
    by_verdict = {verdict.value: counts[verdict] for verdict in Verdict}
    return {**by_verdict, "sources": counts.total(), "due": due, "ignored": ignored_sources}


def _sources(
    store: Store, log: Sequence[Decision], now: datetime, verdicts: Collection[Verdict] | None = None
) -> Iterator[SourceStatus]:
    for _, key, report in standing.latest_reports(store, verdicts=verdicts):
        result = report.result
        if not result.citations and result.verdict is Verdict.SKIPPED:
            continue
        yield SourceStatus(
            result.url,
            result.title,
            result.verdict,
            result.reason,
            result.since,
            report.checked,
            next_due(report.checked, result.verdict),
            tuple(dict.fromkeys(citation.article for citation in result.citations)),
            ignored(log, key, now.date()) if result.verdict.is_finding else None,
        )
