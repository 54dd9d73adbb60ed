"""A report in the order of the reader's interest; every format shows these sections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from linkarchive.model import ArticleReport, Change, Report, SourceReport, Unresolved, Verdict

UNSEEN = (Verdict.BLOCKED, Verdict.UNREACHABLE)
"""Findings that say nothing about the page: shown apart, without alarm."""


@dataclass(frozen=True, slots=True)
class Sections:
    """The sources of a report, each in exactly one section; `unseen` and `unresolved` list the new ones first."""

    news: tuple[SourceReport, ...]
    standing: tuple[SourceReport, ...]
    recovered: tuple[SourceReport, ...]
    unseen: tuple[SourceReport, ...]
    fine: tuple[SourceReport, ...]
    skipped: tuple[SourceReport, ...]
    ignored: tuple[SourceReport, ...]
    """Findings that somebody ignores: listed apart, never news."""
    unresolved: tuple[Unresolved, ...]
    originals: tuple[ArticleReport, ...]
    """Articles whose own original URL is a finding."""

    def only_changed(self) -> Sections:
        """What is new against the last run, nothing else."""
        return Sections(
            news=self.news,
            standing=(),
            recovered=self.recovered,
            unseen=tuple(source for source in self.unseen if source.is_news),
            fine=(),
            skipped=(),
            ignored=(),
            unresolved=tuple(lost for lost in self.unresolved if lost.changed is Change.NEW),
            originals=(),
        )

    @property
    def empty(self) -> bool:
        return not (self.news or self.standing or self.recovered or self.unseen or self.unresolved)


def divide(report: Report) -> Sections:
    """The sections of a report; within each, the order of the report stays."""
    parts: dict[str, list[SourceReport]] = {
        name: [] for name in ("news", "standing", "recovered", "unseen", "fine", "skipped", "ignored")
    }
    for source in report.sources:
        parts[_section(source)].append(source)
    parts["unseen"].sort(key=lambda source: not source.is_news)
    return Sections(
        **{name: tuple(sources) for name, sources in parts.items()},
        unresolved=tuple(sorted(report.unresolved, key=lambda lost: lost.changed is not Change.NEW)),
        originals=tuple(
            one
            for one in report.articles
            if one.original and one.original.verdict.is_finding and one.original.ignored is None
        ),
    )


def _section(source: SourceReport) -> str:
    verdict = source.outcome.verdict
    if source.ignored is not None and verdict.is_finding:
        return "ignored"
    if verdict in UNSEEN:
        return "unseen"
    if verdict.is_finding:
        return "news" if source.is_news else "standing"
    if source.changed is Change.RECOVERED and source.ignored is None:
        return "recovered"
    return "skipped" if verdict is Verdict.SKIPPED else "fine"


def day_of(report: Report) -> datetime:
    """The moment that “today” and “3 weeks ago” of a report refer to."""
    return report.run.finished or report.run.started
