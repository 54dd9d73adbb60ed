"""What the review page shows: where every source stands, and what people have decided about it, a page at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b

from msgspec.structs import replace

from linkarchive.errors import UsageError
from linkarchive.history.differences import difference_of
from linkarchive.history.pictures import pictures
from linkarchive.history.timeline import article_texts, timelines
from linkarchive.model import (
    MAX_DIFFERENCES,
    ArticleReport,
    Category,
    Change,
    Difference,
    Report,
    SourceReport,
    Sources,
    Unresolved,
    Verdict,
)
from linkarchive.project import Project
from linkarchive.report.formats import View
from linkarchive.report.phrases import meaning
from linkarchive.report.sections import LOST_PLACE, host, place_of
from linkarchive.store import decisions, runs, standing
from linkarchive.store.database import Store
from linkarchive.store.decisions import Decision, DecisionIndex
from linkarchive.store.standing import Noted

A_PAGE = 200
"""Findings on a page."""
Compared = dict[tuple[object, ...], Difference | None]
"""Differences by what was compared."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A decision in force on a source that would be a finding without it."""

    mark: str
    url: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that is not simply fine as it was, as people have decided about it."""

    open: tuple[Noted, ...]
    """What is not settled, in the order of the page."""
    settled: tuple[Settled, ...]
    """The latest decision first."""
    kinds: Counter[Category] = field(default_factory=Counter)
    """How many there are of each kind, as people have decided about them."""

    @property
    def groups(self) -> Mapping[str, Counter[str]]:
        """How many findings each host, article and cause has."""
        groups: dict[str, Counter[str]] = {"host": Counter(), "article": Counter(), "cause": Counter()}
        for source in self.open:
            if source.kind.verdict.is_finding:
                groups["host"][host(source.url)] += 1
                groups["cause"][meaning(source.kind.verdict, source.reason)] += 1
                groups["article"].update(source.articles)
        return groups

    def in_group(self, kind: str, name: str) -> set[int]:
        """The numbers of the findings of a group: kind is host, article or cause. What is settled is in none."""
        return {source.number for source in self.open if source.kind.verdict.is_finding and _fits(source, kind, name)}


def _fits(source: Noted, kind: str, name: str) -> bool:
    if kind == "host":
        return host(source.url) == name
    if kind == "cause":
        return meaning(source.kind.verdict, source.reason) == name
    return kind == "article" and name in source.articles


@dataclass(frozen=True, slots=True)
class Review:
    """A page of the findings. `report` counts everything, `part` is what of it stands on this page; `numbers` gives
    the number of each source there by its URL, as it is."""

    report: Report
    part: Report
    numbers: Mapping[str, int]
    findings: Findings
    place: Place
    view: View
    """What is shown beside the findings."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which page of how many: its first item (from 1), its last, and how many there are."""

    page: int
    pages: int
    first: int
    last: int
    total: int

    @classmethod
    def of(cls, page: int, total: int) -> Place:
        """The page of that number; the last one if there are not so many."""
        pages = max(1, -(-total // A_PAGE))
        page = min(max(page, 1), pages)
        return cls(page, pages, min(A_PAGE * (page - 1) + 1, total), min(A_PAGE * page, total), total)


def mark_of(number: int, url: str) -> str:
    """What a form calls a source. Its number alone may be another one's: `archive forget` makes a new database."""
    return f"{number}-{blake2b(url.encode('utf-8', 'surrogateescape'), digest_size=8).hexdigest()}"


def numbered(store: Store, chosen: Collection[int]) -> dict[str, tuple[int, str]]:
    """Number and key of each of these sources, by its URL."""
    return {source.result.url: (number, key) for number, key, source in standing.latest_reports(store, chosen)}


def marked(store: Store, marks: Collection[str]) -> dict[str, tuple[int, str]]:
    """`numbered` of the sources that have these marks. Raises UsageError for a mark that no source has now."""
    names = [mark.partition("-")[0] for mark in marks]
    known = numbered(store, {int(name) for name in names if name.isdecimal() and len(name) < 16})
    chosen = {url: known[url] for url in known if mark_of(known[url][0], url) in marks}
    if len(chosen) < len(marks):
        raise UsageError("the list of findings has changed since the page was made: load the page again, then decide")
    return chosen


def findings_of(project: Project, store: Store, today: date) -> Findings:
    """What is not simply fine, by the last visit of each source."""
    index = DecisionIndex(decisions.load(project.decisions))
    shown: list[Noted] = []
    settled: list[Settled] = []
    kinds = Counter[Category]()
    for source in standing.noted(store):
        is_finding = source.kind.verdict.is_finding
        settling = index.on(source.key, source.checked, source.articles, today) if is_finding else None
        if settling is None:
            shown.append(source)
        else:
            settled.append(Settled(mark_of(source.number, source.url), source.url, settling))
        kinds[source.kind if settling is None else source.kind.decided(settling.action)] += 1
    shown.sort(key=lambda source: (place_of(source.kind), source.kind.verdict.severity, source.url))
    settled.sort(key=lambda settlement: settlement.decision.when, reverse=True)
    return Findings(tuple(shown), tuple(settled), kinds)


def gather(project: Project, store: Store, today: date, page: int, known: Compared) -> Review:
    """A page of the present state of a project; `known` is filled. Raises UsageError when nothing was checked yet."""
    run, last = runs.latest_online(store), runs.latest(store)
    findings = findings_of(project, store, today)
    articles, unresolved = standing.latest_articles(store)
    place = Place.of(page, len(findings.open) + len(unresolved))
    shown, lost = _on_page(findings.open, unresolved, place)
    by_number = {
        number: report for number, _, report in standing.latest_reports(store, [source.number for source in shown])
    }
    reports = [by_number[source.number] for source in shown]
    counted = standing.quiet_counts(store) + findings.kinds
    body = run.body
    report = Report(
        run=run.info,
        articles=articles,
        sources=Sources(lambda: iter(reports), lambda: counted),
        unresolved=unresolved,
        uncited=body.uncited,
        malformed=body.malformed,
        notices=last.body.notices,
        errors=body.errors,
    )
    part = replace(report, articles=_articles_of(articles, shown, lost, place), unresolved=lost)

    def citing(paths: Collection[str]) -> Iterator[SourceReport]:
        others = [source.number for source in findings.open if not source.articles.isdisjoint(paths)]
        yield from (source for _, _, source in standing.latest_reports(store, others))
        yield from standing.quiet_reports(store, paths)

    return Review(
        report,
        part,
        {report.result.url: source.number for source, report in zip(shown, reports, strict=True)},
        findings,
        place,
        View(
            differences=_differences(project, store, reports, known),
            timelines=timelines(store, report),
            texts=article_texts(project.root, part, citing),
            pictures=pictures(project.files, store, report),
            name=project.root.name,
        ),
    )


def _on_page(
    findings: Sequence[Noted], unresolved: Sequence[Unresolved], place: Place
) -> tuple[list[Noted], tuple[Unresolved, ...]]:
    """The sources and lost targets of a page: lost targets stand before what could not be seen."""
    at = next((n for n, source in enumerate(findings) if place_of(source.kind) > LOST_PLACE), len(findings))
    lost = sorted(unresolved, key=lambda target: target.changed is not Change.NEW)
    items = [*findings[:at], *lost, *findings[at:]][place.first - 1 : place.last]
    sources = [item for item in items if isinstance(item, Noted)]
    return sources, tuple([item for item in items if isinstance(item, Unresolved)])


def _articles_of(
    articles: Sequence[ArticleReport], shown: Sequence[Noted], lost: Sequence[Unresolved], place: Place
) -> tuple[ArticleReport, ...]:
    """The articles of what is on a page; on the first, those too whose original page is a finding. All, where there is
    one page."""
    if place.pages == 1 and len(articles) <= A_PAGE:
        return tuple(articles)
    named = {path for source in shown for path in source.articles} | {target.article for target in lost}
    return tuple(
        article
        for article in articles
        if article.path in named
        or (place.page == 1 and article.original is not None and article.original.verdict.is_finding)
    )


def _differences(
    project: Project, store: Store, shown: Sequence[SourceReport], known: Compared
) -> Mapping[str, Difference]:
    """Those of the drifted sources; to compare two pages takes time, so each pair is compared once in a sitting."""
    differences: dict[str, Difference] = {}
    for source in shown:
        result = source.result
        if result.verdict is not Verdict.DRIFTED or len(differences) == MAX_DIFFERENCES:
            continue
        pair = (result.url, result.capture, result.baseline, tuple(citation.accepted for citation in result.citations))
        if pair not in known:
            known[pair] = difference_of(project.files, store, source)
        difference = known[pair]
        if difference is not None:
            differences[result.url] = difference
    return differences
