"""A report in the order of the reader's interest; every format shows these sections."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from msgspec import Struct

from linkarchive.model import ArticleReport, Category, Change, Report, SourceReport, Unresolved, Verdict
from linkarchive.report.sanitize import sanitize
from linkarchive.translation import gettext

UNSEEN = (Verdict.BLOCKED, Verdict.UNREACHABLE)
"""Findings that say nothing about the page: shown apart, without alarm."""


MOST = 2000
"""Sources that one section shows: a document is for people. JSON has all of them."""


class Group(Struct, frozen=True):
    """The sources of a section: how many there are, and the first `MOST`, safe to show (`sanitize`)."""

    total: int = 0
    shown: tuple[SourceReport, ...] = ()

    def __bool__(self) -> bool:
        return self.total > 0


class Sections(Struct, frozen=True):
    """The sources of a report, each in exactly one section; `unseen` and `unresolved` list the new ones first."""

    news: Group
    standing: Group
    recovered: Group
    unseen: Group
    fine: Group
    skipped: Group
    ignored: Group
    """Findings that somebody ignores: listed apart, never news."""
    decided: Group
    """Findings whose page somebody has accepted since the visit, or wants to replace: so as well."""
    unresolved: tuple[Unresolved, ...]
    originals: tuple[ArticleReport, ...]
    """Articles whose own original URL is a finding."""
    numbers: Mapping[str, int]
    """Those of the findings that are shown (`numbers.url_of`), by the URL as reports show it."""

    @property
    def groups(self) -> tuple[Group, ...]:
        """The sections of sources, in the order of the report."""
        return (self.news, self.standing, self.recovered, self.unseen, self.ignored, self.decided)

    @property
    def empty(self) -> bool:
        return not (self.news or self.standing or self.recovered or self.unseen or self.unresolved)


def divide(report: Report, only_changed: bool = False, whole: bool = True) -> Sections:
    """The sections of a report, their texts safe to show; within each, the order of the report stays.

    `only_changed` leaves what is new against the last run, and nothing else. Without `whole`, what is fine or
    skipped is only counted.
    """
    totals, shown, numbers = _groups(report, only_changed, whole)
    unseen = (*shown["unseen, new"], *shown["unseen"])[:MOST]
    unresolved = (lost for lost in report.unresolved if lost.changed is Change.NEW or not only_changed)
    return Sections(
        **{
            name: Group(totals[name], tuple(shown[name]))
            for name in ("news", "standing", "recovered", "fine", "skipped", "ignored", "decided")
        },
        unseen=Group(totals["unseen, new"] + totals["unseen"], unseen),
        unresolved=sanitize(tuple(sorted(unresolved, key=lambda lost: lost.changed is not Change.NEW))),
        originals=sanitize(
            tuple(
                article
                for article in report.articles
                if article.original and article.original.verdict.is_finding and article.original.ignored is None
            )
            if not only_changed
            else ()
        ),
        numbers=numbers,
    )


def _groups(
    report: Report, only_changed: bool, whole: bool
) -> tuple[Counter[str], Mapping[str, list[SourceReport]], Mapping[str, int]]:
    """How many sources are in each section, those to show, and the numbers of the findings among these."""
    totals: Counter[str] = Counter()
    for kind, number in report.kinds.items():
        if not only_changed or _section(kind) in _NEWS:
            totals[_section(kind)] += number
    limits = {name: min(MOST, number) for name, number in totals.items() if whole or name not in _AT_REST}
    shown: dict[str, list[SourceReport]] = defaultdict(list)
    numbers: dict[str, int] = {}
    missing, number = sum(limits.values()), 0
    for source in report.of(lambda kind: _section(kind) in limits or kind.verdict.is_finding) if missing else ():
        name = _section(source.kind)
        number += source.verdict.is_finding
        if len(shown[name]) < limits.get(name, 0):
            source = sanitize(source)
            shown[name].append(source)
            if source.verdict.is_finding:
                numbers[source.url] = number
            missing -= 1
            if not missing:
                break
    return totals, shown, numbers


_NEWS = ("news", "recovered", "unseen, new")
_PLACES = ("news", "standing", "recovered", "lost", "unseen, new", "unseen", "ignored", "decided", "fine", "skipped")
LOST_PLACE = _PLACES.index("lost")
"""Where lost targets stand among the sections."""
_AT_REST = ("fine", "skipped")


def _section(kind: Category) -> str:
    if kind.is_ignored and kind.verdict.is_finding:
        return "ignored"
    if kind.is_decided:
        return "decided"
    if kind.verdict in UNSEEN:
        return "unseen, new" if kind.is_news else "unseen"
    if kind.verdict.is_finding:
        return "news" if kind.is_news else "standing"
    if kind.changed is Change.RECOVERED and not kind.is_ignored:
        return "recovered"
    return "skipped" if kind.verdict is Verdict.SKIPPED else "fine"


def place_of(kind: Category) -> int:
    """Where the section of a kind of sources stands on the page: from 0."""
    return _PLACES.index(_section(kind))


def day_of(report: Report) -> datetime:
    """The moment that “today” and “3 weeks ago” of a report refer to."""
    return report.run.finished or report.run.started


def host(url: str) -> str:
    """The host that a finding is grouped under."""
    try:
        return urlsplit(url).hostname or gettext("no host")
    except ValueError:
        return gettext("no host")
