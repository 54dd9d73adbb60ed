"""What the review page shows: where every source stands, and what people have decided about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from linkarchive.history.pictures import pictures
from linkarchive.history.reports import difference_of
from linkarchive.history.timeline import article_texts, timelines
from linkarchive.model import (
    MAX_DIFFERENCES,
    ArticleText,
    Category,
    Difference,
    Event,
    Pictures,
    Report,
    SourceReport,
    Sources,
    Verdict,
)
from linkarchive.project import Project
from linkarchive.secrets import redact
from linkarchive.store import decisions, runs, standing
from linkarchive.store.database import Store
from linkarchive.store.decisions import Decision
from linkarchive.urls import host_of, is_within

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
    """`report` leaves out what is settled, and only counts what is fine as it was; `numbers` gives the number of each
    other source by its URL, as it is."""

    report: Report
    numbers: Mapping[str, int]
    settled: tuple[Settled, ...]
    differences: Mapping[str, Difference]
    timelines: Mapping[str, tuple[Event, ...]]
    texts: Mapping[str, ArticleText]
    pictures: Mapping[str, Pictures]


def gather(project: Project, store: Store, today: date, known: Compared) -> Review:
    """The present state of a project; `known` is filled. Raises UsageError when nothing was checked yet."""
    run = runs.latest(store)
    by_url: dict[str, list[Decision]] = {}
    for decision in decisions.load(project.decisions):
        by_url.setdefault(decision.url, []).append(decision)
    shown: list[SourceReport] = []
    settled: list[Settled] = []
    numbers: dict[str, int] = {}
    for number, key, source in standing.noted_reports(store):
        if not source.outcome.citations:
            continue
        numbers[source.outcome.url] = number
        settling = _in_force(by_url, key, source, today) if source.outcome.verdict.is_finding else None
        if settling is None:
            shown.append(source)
        else:
            settled.append(Settled(number, source.outcome.url, settling))
    shown.sort(key=_interest)
    articles, unresolved = standing.latest_articles(store)
    body = run.body
    counted = Counter(source.kind for source in shown)
    for one in standing.quiet_counts(store):
        counted[Category.of(one.verdict, one.changed, one.was, False, one.uncompared, one.standing)] += one.number
    report = Report(
        run=run.info,
        articles=articles,
        sources=Sources(lambda: iter(shown), lambda: counted),
        unresolved=unresolved,
        uncited=body.uncited,
        malformed=body.malformed,
        notices=body.notices,
        errors=body.errors,
    )
    settled.sort(key=lambda settlement: settlement.decision.when, reverse=True)
    return Review(
        report,
        numbers,
        tuple(settled),
        _differences(project, store, shown, known),
        timelines(store, report),
        article_texts(project.root, report, lambda paths: chain(shown, standing.quiet_reports(store, paths))),
        pictures(project.archive, store, report),
    )


def _differences(
    project: Project, store: Store, shown: Sequence[SourceReport], known: Compared
) -> Mapping[str, Difference]:
    """Those of the drifted sources; to compare two pages takes time, so each pair is compared once in a sitting."""
    differences: dict[str, Difference] = {}
    for source in shown:
        outcome = source.outcome
        if outcome.verdict is not Verdict.DRIFTED or len(differences) == MAX_DIFFERENCES:
            continue
        pair = (
            outcome.url,
            outcome.capture,
            outcome.baseline,
            tuple(citation.accepted for citation in outcome.citations),
        )
        if pair not in known:
            known[pair] = difference_of(project.archive, store, source)
        difference = known[pair]
        if difference is not None:
            differences[outcome.url] = difference
    return differences


def _in_force(by_url: Mapping[str, Sequence[Decision]], key: str, source: SourceReport, today: date) -> Decision | None:
    """The last decision that settles the finding: an acceptance counts here until the next visit judges by it."""
    mine = by_url.get(redact(key), ())
    for decision in reversed(decisions.in_force(mine, key)):
        if decision.action == "accept" and source.checked is not None and decision.when > source.checked:
            return decision
        if decision.action == "ignore" and (decision.until is None or today < decision.until):
            return decision
        if decision.action == "replace":
            return decision
    for name in by_url:  # a whole host
        if decisions.is_host(name) and is_within(host_of(key), [name]):
            for decision in reversed(decisions.in_force(by_url[name], name)):
                if decision.until is None or today < decision.until:
                    return decision
    return None


def _interest(source: SourceReport) -> tuple[bool, int, str]:
    return not source.is_news, source.outcome.verdict.severity, source.outcome.url


def in_group(review: Review, kind: str, name: str) -> list[str]:
    """The URLs of the findings of a group: kind is host, article or cause. What is settled is in none."""
    from linkarchive.report.phrases import meaning_of
    from linkarchive.report.sections import host

    def fits(source: SourceReport) -> bool:
        if kind == "host":
            return host(source.outcome.url) == name
        if kind == "cause":
            return meaning_of(source) == name
        return kind == "article" and any(citation.article == name for citation in source.outcome.citations)

    return [
        source.outcome.url for source in review.report.sources if source.outcome.verdict.is_finding and fits(source)
    ]
