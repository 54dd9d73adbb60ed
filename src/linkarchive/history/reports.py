"""Reports from the store: the view model of a run, past or present, and the diffs that go with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType

from linkarchive.errors import StorageError, UsageError
from linkarchive.model import (
    MAX_DIFFERENCES,
    ArticleReport,
    Category,
    Change,
    Difference,
    Report,
    SourceReport,
    Sources,
    Verdict,
)
from linkarchive.project import Project
from linkarchive.report.phrases import day, short_of, word
from linkarchive.secrets import redact
from linkarchive.store import captures, results, runs, sources
from linkarchive.store.database import Store, open_store
from linkarchive.store.decisions import Decision, ignored, is_host
from linkarchive.store.opening import open_project
from linkarchive.store.runs import Run
from linkarchive.wrappers import key_of


def load_report(store: Store, log: Sequence[Decision], run_id: str | None = None) -> Report:
    """The report of a run, the latest by default, in the light of the decisions that were made by now.

    Raises UsageError when there is none.
    """
    run = runs.find(store, run_id) if run_id else runs.latest(store)
    if run is None:
        raise UsageError(f"no run has the id {run_id}")
    return report_of(store, run, log)


def report_of(store: Store, run: Run, log: Sequence[Decision]) -> Report:
    """The report of a run; its sources are read from the committed rows of the database whenever they are gone through.

    Doing that raises StorageError when the database refuses.
    """
    body, day = run.body, (run.info.finished or run.info.started).date()
    ignores = [decision for decision in log if decision.action in ("ignore", "undo")]
    return Report(
        run=run.info,
        articles=tuple(_with_ignored(article, ignores, day) for article in body.articles),
        sources=() if run.info.offline else _sources(store, run, ignores, day),
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


def _sources(store: Store, run: Run, ignores: Sequence[Decision], day: date) -> Sources:
    def with_note(source: SourceReport) -> SourceReport:
        note = ignored(ignores, key_of(source.result.url), day) if ignores else None
        return replace(source, ignored=note) if note else source

    def read(news: Collection[tuple[Verdict, Change]] | None = None) -> Iterator[SourceReport]:
        with open_store(store.url, read_only=True) as again:
            yield from map(with_note, results.of_run(again, run.info.id, news))

    def counted() -> Counter[Category]:
        with open_store(store.url, read_only=True) as again:
            counts = results.counts(again, run.info.id)
            for source in (
                results.of_keys(again, run.info.id, {decision.url for decision in ignores}) if ignores else ()
            ):
                counts[source.kind] -= 1
                counts[with_note(source).kind] += 1
            return +counts

    def by_category(kinds: Collection[Category]) -> Iterator[SourceReport]:
        return read({(kind.verdict, kind.changed) for kind in kinds})

    # Secrets are not in the file of decisions, and a host is no URL: such sources cannot be found by their keys.
    by_key = not any("REDACTED" in decision.url or is_host(decision.url) for decision in ignores)
    return Sources(read, counted if by_key else None, by_category)


def _with_ignored(article: ArticleReport, ignores: Sequence[Decision], day: date) -> ArticleReport:
    if article.original is None or article.original_url is None:
        return article
    note = ignored(ignores, key_of(article.original_url), day)
    return replace(article, original=replace(article.original, ignored=note))


def has_news(report: Report) -> bool:
    return any(kind.is_news for kind in report.kinds) or any(
        lost.changed is not Change.STILL for lost in report.unresolved
    )


def differences(
    archive: Path,
    store: Store,
    report: Report,
    known: Mapping[tuple[str, datetime], Difference] = MappingProxyType({}),
) -> Mapping[str, Difference]:
    """What changed in the text of each drifted source, by URL; a source whose copies are not here is left out.

    `known` are those that were found when the page was judged (`Recorder.differences`).
    """
    by_url: dict[str, Difference] = {}
    for source in report.of(lambda kind: kind.verdict is Verdict.DRIFTED):
        if len(by_url) == MAX_DIFFERENCES:
            break
        difference = _known(source, known) or difference_of(archive, store, source)
        if difference is not None:
            by_url[source.result.url] = difference
    return by_url


def _known(source: SourceReport, known: Mapping[tuple[str, datetime], Difference]) -> Difference | None:
    start = source.result.standard
    difference = known.get((source.result.url, start)) if start is not None else None
    if difference is None or start is None or source.checked is None:
        return None
    return replace(difference, url=source.result.url, before_label=_label(start), after_label=_label(source.checked))


def _label(time: datetime) -> str:
    return day(time).replace("\u00a0", " ")


def difference_of(archive: Path, store: Store, source: SourceReport) -> Difference | None:
    """The baseline of the source's worst citation beside its evidence; None when one of the two is not here."""
    from linkarchive.judge.difference import difference
    from linkarchive.snapshot.reader import read_page

    result = source.result
    kept = captures.of_source(store, sources.find(store, result.url).id)
    before = next((stored for stored in kept if stored.capture.time == result.standard), None)
    after = captures.capture_of(kept, result)
    if before is None or after is None or before.id == after.id:
        return None
    try:
        pages = [read_page(archive, stored.capture) for stored in (before, after)]
    except StorageError:
        return None
    labels = [_label(stored.capture.time) for stored in (before, after)]
    if not result.verdict.is_alive:  # what is there now is no version of the page
        labels[1] += f": {word(result.verdict)}, {short_of(result)}"
    return difference(result.url, pages[0], pages[1], labels[0], labels[1], similarity=result.similarity)


def latest_of(store: Store, source: int, url: str) -> tuple[str, SourceReport]:
    """The last report on a source, with the id of its run. Raises UsageError where there is none."""
    past = results.history(store, source)
    if not past:
        raise UsageError(f"{redact(url)}: not checked yet: `archive check` first")
    return past[-1]


def stored_differences(project: Project, report: Report) -> Mapping[str, Difference]:
    """`differences`, for a caller without an open database."""
    if not report.count(lambda kind: kind.verdict is Verdict.DRIFTED):
        return {}
    with open_project(project) as store:
        return differences(project.archive, store, report)
