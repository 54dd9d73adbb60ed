"""What the review page shows: where every source stands, and what people have decided about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from linkarchive.errors import UsageError
from linkarchive.history.reports import MAX_DIFFERENCES, difference_of
from linkarchive.history.timeline import article_texts, timelines
from linkarchive.model import ArticleText, Difference, Event, Report, SourceReport, Verdict
from linkarchive.project import Project
from linkarchive.store import decisions, runs, standing
from linkarchive.store.database import Store
from linkarchive.store.decisions import Decision
from linkarchive.urls import redact

Compared = dict[tuple[object, ...], Difference | None]
"""Differences by what was compared."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A decision in force on a source that would be a finding without it."""

    source: int
    url: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Review:
    """`report` leaves out what is settled; `numbers` gives each source's number by its URL, as it is."""

    report: Report
    numbers: Mapping[str, int]
    settled: tuple[Settled, ...]
    differences: Mapping[str, Difference]
    timelines: Mapping[str, tuple[Event, ...]]
    texts: Mapping[str, ArticleText]


def gather(project: Project, store: Store, today: date, known: Compared) -> Review:
    """The present state of a project; `known` is filled. Raises UsageError when nothing was checked yet."""
    run = runs.find(store)
    if run is None:
        raise UsageError("nothing was checked in this folder yet: `archive check ARTICLE`")
    made = decisions.load(project.decisions)
    by_url: dict[str, list[Decision]] = {}
    for one in made:
        by_url.setdefault(one.url, []).append(one)
    shown: list[SourceReport] = []
    settled: list[Settled] = []
    numbers: dict[str, int] = {}
    for number, key, source in standing.latest_reports(store):
        if not source.outcome.citations:
            continue
        numbers[source.outcome.url] = number
        told = _in_force(by_url, key, source, today) if source.outcome.verdict.is_finding else None
        if told is None:
            shown.append(source)
        else:
            settled.append(Settled(number, source.outcome.url, told))
    shown.sort(key=_interest)
    articles, unresolved = standing.latest_articles(store)
    body = run.body
    report = Report(
        run=run.info,
        articles=articles,
        sources=tuple(shown),
        unresolved=unresolved,
        uncited=body.uncited,
        malformed=body.malformed,
        notices=body.notices,
        errors=body.errors,
    )
    settled.sort(key=lambda one: one.decision.when, reverse=True)
    return Review(
        report,
        numbers,
        tuple(settled),
        _differences(project, store, shown, known),
        timelines(store, report),
        article_texts(project.root, report),
    )


def _differences(
    project: Project, store: Store, shown: Sequence[SourceReport], known: Compared
) -> Mapping[str, Difference]:
    """Those of the drifted sources; to compare two pages takes time, so each pair is compared once in a sitting."""
    found: dict[str, Difference] = {}
    for source in shown:
        outcome = source.outcome
        if outcome.verdict is not Verdict.DRIFTED or len(found) == MAX_DIFFERENCES:
            continue
        pair = (outcome.url, outcome.capture, outcome.baseline, tuple(one.accepted for one in outcome.citations))
        if pair not in known:
            known[pair] = difference_of(project.root, store, source)
        difference = known[pair]
        if difference is not None:
            found[outcome.url] = difference
    return found


def _in_force(by_url: Mapping[str, Sequence[Decision]], key: str, source: SourceReport, today: date) -> Decision | None:
    """The last decision that settles the finding: an acceptance counts here until the next visit judges by it."""
    mine = by_url.get(redact(key), ())
    for one in reversed(decisions.in_force(mine, key)):
        if one.action == "accept" and source.checked is not None and one.when > source.checked:
            return one
        if one.action == "ignore" and (one.until is None or today < one.until):
            return one
        if one.action == "replace":
            return one
    return None


def _interest(source: SourceReport) -> tuple[bool, int, str]:
    return not source.is_news, source.outcome.verdict.severity, source.outcome.url


def in_group(review: Review, kind: str, name: str) -> list[str]:
    """The URLs of the findings of a group: kind is host, article or cause. What is settled is in none."""
    from linkarchive.report.html import host
    from linkarchive.report.phrases import meaning_of

    def fits(source: SourceReport) -> bool:
        if kind == "host":
            return host(source.outcome.url) == name
        if kind == "cause":
            return meaning_of(source) == name
        return kind == "article" and any(one.article == name for one in source.outcome.citations)

    return [one.outcome.url for one in review.report.sources if one.outcome.verdict.is_finding and fits(one)]
