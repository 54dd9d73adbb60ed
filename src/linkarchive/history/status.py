"""The state of everything under watch: the last verdict on each source, whichever run gave it, and what is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
    findings: bool = False

    def fits(self, source: SourceStatus, now: datetime) -> bool:
        return (
            (not self.verdicts or source.verdict.value in self.verdicts)
            and (not self.articles or any(article in self.articles for article in source.articles))
            and (self.host is None or is_within(host_of(source.url), [self.host]))
            and (not self.due or source.is_due(now))
            and (not self.findings or (source.verdict.is_finding and source.ignored is None))
        )


def status_of(store: Store, made: Sequence[Decision], wanted: Filter, now: datetime) -> tuple[SourceStatus, ...]:
    """The sources that fit, the worst first, then by URL."""
    found = (source for source in _sources(store, made, now) if wanted.fits(source, now))
    return tuple(sorted(found, key=lambda source: (source.verdict.severity, source.url)))


def summary_of(sources: Collection[SourceStatus], now: datetime) -> dict[str, Any]:
    """Sources by verdict, and how many are due and ignored."""
    counts = Counter(source.verdict.value for source in sources)
    return {
        **{verdict.value: counts[verdict.value] for verdict in Verdict},
        "sources": len(sources),
        "due": sum(source.is_due(now) for source in sources),
        "ignored": sum(source.ignored is not None for source in sources),
    }


def _sources(store: Store, made: Sequence[Decision], now: datetime) -> Iterator[SourceStatus]:
    for _, key, report in standing.latest_reports(store):
        result = report.outcome
        if not result.citations and result.verdict is not Verdict.OK and not result.verdict.is_finding:
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
            ignored(made, key, now.date()) if result.verdict.is_finding else None,
        )
