"""Reports from the store: the view model of a run, past or present, and the diffs that go with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import date

from msgspec.structs import replace

from linkarchive.errors import UsageError
from linkarchive.model import ArticleReport, Category, Change, DecisionReport, Ignored, Report, SourceReport, Sources
from linkarchive.secrets import redact
from linkarchive.store import reported, results, runs
from linkarchive.store.database import Store, open_store
from linkarchive.store.decisions import Decision, DecisionIndex, ignored
from linkarchive.store.reported import Kind
from linkarchive.store.runs import Run
from linkarchive.wrappers import key_of


def load_report(store: Store, log: Sequence[Decision], run_id: str | None = None) -> Report:
    """The report of a run, by default the latest that is over, in the light of the decisions that were made by now.
    Raises UsageError when there is none."""
    run = runs.find(store, run_id) if run_id else runs.latest(store)
    if run is None:
        raise UsageError(f"no run has the id {run_id}")
    return report_of(store, run, log)


def numbered_report(store: Store, log: Sequence[Decision]) -> Report:
    """The report whose numbers name findings: that of the latest run that is over and saw the network. Raises
    UsageError."""
    return report_of(store, runs.latest_online(store), log)


def report_of(store: Store, run: Run, log: Sequence[Decision]) -> Report:
    """The report of a run; its sources are read from the committed rows of the database whenever they are gone through.
    Doing that raises StorageError when the database refuses."""
    body, day = run.body, (run.info.finished or run.info.started).date()
    index = DecisionIndex(log)
    return Report(
        run=run.info,
        articles=tuple(_with_ignored(article, log, day) for article in body.articles),
        sources=() if run.info.offline else _sources(store, run, index, day),
        unresolved=() if run.info.offline else body.unresolved,
        uncited=body.uncited,
        malformed=body.malformed,
        notices=(*body.notices, *_thinned_words(run)),
        errors=body.errors,
    )


def _thinned_words(run: Run) -> Iterator[str]:
    if run.thinned:
        yield (
            f"{run.thinned:,} sources that were in this run what they were before are neither listed nor counted: old "
            "visits that changed nothing are no longer kept ([keep] visits)"
        )


def _sources(store: Store, run: Run, index: DecisionIndex, day: date) -> Sources:
    def read(kinds: Collection[Kind] | None = None) -> Iterator[SourceReport]:
        with open_store(store.url, read_only=True) as reader:
            for source in reported.reported_sources(reader, run, kinds):
                yield with_decision(source, key_of(source.url), index, day) if index else source

    def counted() -> Counter[Category]:
        with open_store(store.url, read_only=True) as reader:
            counts = reported.counts(reader, run)
            for key, source in reported.of_keys(reader, run, keys or ()):
                counts[source.kind] -= 1
                counts[with_decision(source, key, index, day).kind] += 1
            return +counts

    def by_category(kinds: Collection[Category]) -> Iterator[SourceReport]:
        return read({(kind.verdict, kind.changed, kind.earlier) for kind in kinds})

    keys = index.keys
    return Sources(read, None if keys is None else counted, by_category)


def with_decision(source: SourceReport, key: str, index: DecisionIndex, day: date) -> SourceReport:
    """The source with what somebody decided about it, where that settles what was found; of what is none any more only
    that it is ignored."""
    decision = index.on(key, source.checked, [citation.article for citation in source.result.citations], day)
    if decision is None or not (source.verdict.is_finding or decision.action == "ignore"):
        return source
    who, when, reason = decision.who, decision.when, decision.reason
    if decision.action == "ignore":
        return replace(source, ignored=Ignored(who, when, decision.until, reason))
    return replace(source, decision=DecisionReport(decision.action, who, when, reason, decision.replacement))


def _with_ignored(article: ArticleReport, ignores: Sequence[Decision], day: date) -> ArticleReport:
    if article.original is None or article.original_url is None:
        return article
    note = ignored(ignores, key_of(article.original_url), day)
    return replace(article, original=replace(article.original, ignored=note))


def has_news(report: Report) -> bool:
    return any(kind.is_news for kind in report.kinds) or any(
        lost.changed is not Change.STILL for lost in report.unresolved
    )


def latest_of(store: Store, source: int, url: str) -> tuple[str, SourceReport]:
    """The last report on a source, with the id of its run. Raises UsageError where there is none."""
    past = results.history(store, source)
    if not past:
        raise UsageError(f"{redact(url)}: not checked yet: `archive check` first")
    return past[-1]
