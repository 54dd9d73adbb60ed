"""The end of a run: its log, manifest, state file and report, each written after what it tells of."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from linkarchive.article.lost_targets import has_lost
from linkarchive.check.articles import Articles
from linkarchive.check.plan import Policy
from linkarchive.check.record import Recorder
from linkarchive.clock import Clock
from linkarchive.history.reports import differences, has_news, report_of
from linkarchive.links.entries import NAME as LINKS_NAME
from linkarchive.model import (
    Article,
    ArticleReport,
    Change,
    OriginalReport,
    Reason,
    Report,
    Unresolved,
)
from linkarchive.project import Project
from linkarchive.snapshot.manifest import read_chain, write_manifest
from linkarchive.snapshot.paths import run_files, storage_error, write_atomically
from linkarchive.store import previous, runs, sources
from linkarchive.store.database import Store
from linkarchive.store.runlog import log_lines
from linkarchive.store.runs import Run, RunBody
from linkarchive.store.state_file import write_state
from linkarchive.web.network import Network, Trouble
from linkarchive.wrappers import key_of

LATEST = "latest"
MOST_AT_HAND = 5000
"""Sources: some 25 MB."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run came to its end, when everything is visited and nothing more is judged."""

    articles: Articles
    complete: bool
    offline: Trouble | None
    """What is wrong with our own network: nothing was concluded."""
    troubles: tuple[str, ...]


def finish(
    project: Project, run: Run, resumed: bool, ending: Ending, recorder: Recorder, policy: Policy, clock: Clock
) -> Report:
    """Close the books of a run and return its report. Raises StorageError."""
    articles, offline, store, warc = ending.articles, ending.offline, recorder.store, recorder.archive.warc
    remarks = tuple(
        f"{article.path}: {remark}" for article in articles.articles for remark in (*article.gaps, *article.remarks)
    )
    troubles = (_said(offline),) if offline else ending.troubles
    body = RunBody(
        articles=tuple(_article(store, run, article) for article in articles.articles if article.path != LINKS_NAME),
        unresolved=_unresolved(store, run, articles),
        uncited=articles.uncited,
        malformed=articles.malformed,
        notices=(*troubles, *articles.notices, *remarks),
        errors=articles.errors,
        network=offline.network.value if offline else None,
    )
    info = replace(
        run.info, finished=clock.now(), complete=ending.complete, offline=offline is not None, network=body.network
    )
    run = replace(run, info=info, body=body)
    if offline is None or warc.has_written:  # what was kept until we knew is nobody's capture
        runs.save(store, run)
        warc.write_log(log_lines(store, run))
    warc.close()
    runs.save(store, run)
    store.commit()
    report = report_of(store, run, policy.decisions)
    if offline is None:
        archive = project.archive
        sealed = None if resumed else _sealed_state(archive, store, run)
        state = write_state(store, project.state, sealed, recorder.rows.touched)
        facts = {
            "started": info.started,
            "finished": info.finished,
            "complete": info.complete,
            "simulated": info.simulated,
            "state": state,
        }
        files = run_files(archive, info.id)
        write_manifest(archive, info.id, files, facts, created=info.finished or info.started, known=warc.digests)
        if has_news(report):
            trouble = _write_report(project, recorder, _at_hand(report), policy.settings.keep.reports)
            if trouble is not None:
                report = replace(report, notices=(*report.notices, trouble))
    return report


def _said(trouble: Trouble) -> str:
    return f"we are offline: {trouble.why}" if trouble.network is Network.OFFLINE else trouble.why


def _sealed_state(archive: Path, store: Store, run: Run) -> str | None:
    """SHA-256 of the state file, when it tells all but what this very process has written."""
    chain = read_chain(archive)
    whole = bool(chain) and chain[-1].run == runs.id_before(store, run.seq)
    return chain[-1].facts.get("state") if whole else None


def _article(store: Store, run: Run, article: Article) -> ArticleReport:
    recovered = sum(citation.recovered for citation in article.citations)
    lost = recovered + sum(citation.url is None for citation in article.citations)
    return ArticleReport(
        path=article.path,
        title=article.title,
        original_url=article.original_url,
        published=article.published,
        original=_original(store, run, article),
        citations=len(article.citations),
        lost=lost,
        recovered=recovered,
    )


def _original(store: Store, run: Run, article: Article) -> OriginalReport | None:
    if article.original_url is None:
        return None
    key = key_of(article.original_url)
    number = sources.ensure_keys(store, {key: article.original_url})[key]
    result = previous.load(store, [number], run.seq + 1)[number].result
    return None if result is None else OriginalReport(result.verdict, result.reason, result.evidence)


def _unresolved(store: Store, run: Run, articles: Articles) -> tuple[Unresolved, ...]:
    found = []
    losing = list(filter(has_lost, articles.articles))
    earlier = _unresolved_before(store, run, (article.path for article in losing))
    for article in losing:
        before = earlier.get(article.path, Counter())
        known = Counter(articles.before[article.path].lost if articles.before is not None else ())
        for citation in article.citations:
            if citation.url is None and known[citation.text] > 0:  # not of this change
                known[citation.text] -= 1
            elif citation.url is None:
                changed = Change.STILL if before[citation.text] > 0 else Change.NEW
                before[citation.text] -= 1
                reason = citation.unresolved or Reason.NO_ORIGINAL
                found.append(Unresolved(article.path, citation.line, citation.text, reason, citation.context, changed))
    return tuple(found)


def _unresolved_before(store: Store, run: Run, paths: Iterable[str]) -> dict[str, Counter[str]]:
    """By article the texts that the last run over it could not resolve."""
    found: dict[str, Counter[str]] = {}
    wanted = set(paths)
    earlier = runs.before(store, run.seq) if wanted else None
    while wanted and earlier is not None:
        told: dict[str, Counter[str]] = {article.path: Counter() for article in earlier.body.articles}
        for one in earlier.body.unresolved:
            told.setdefault(one.article, Counter())[one.text] += 1
        found |= {path: told[path] for path in wanted & told.keys()}
        wanted -= told.keys()
        earlier = runs.before(store, earlier.seq)
    return found


def _at_hand(report: Report) -> Report:
    """The report with its sources read once for all formats, where they are few enough to be held."""
    few = report.kinds.total() <= MOST_AT_HAND
    return replace(report, sources=tuple(report.sources)) if few else report


def _write_report(project: Project, recorder: Recorder, report: Report, kept_reports: int) -> str | None:
    """`archive/reports/RUN/`, and `latest` beside it; the oldest go when there are more than are kept.

    What the disk refuses is returned in words: the run is recorded, and its report printed, all the same.
    """
    from linkarchive.history.timeline import article_texts, timelines
    from linkarchive.report.html import render_html
    from linkarchive.report.json import render_json

    folder = project.reports / report.run.id
    try:
        write_atomically(folder / "report.json", map(str.encode, render_json(report)))
        root, store = project.root, recorder.store
        shown = differences(project.archive, store, report, recorder.differences)
        html = render_html(report, shown, timelines(store, report), article_texts(root, report), name=root.name)
        write_atomically(folder / "index.html", html.encode("utf-8"))
        _point_latest(project.reports, report.run.id)
        kept = sorted(path for path in project.reports.iterdir() if path.is_dir() and path.name != LATEST)
        for old in kept[: max(0, len(kept) - kept_reports)]:
            shutil.rmtree(old)
    except OSError as error:
        return str(storage_error(error.filename or folder, error))
    return None


def _point_latest(reports: Path, run_id: str) -> None:
    """Have `latest` name a run's report: by a link, or by a copy where links cannot be made.

    In a project that was copied without links (a zip file, a cloud drive) it is a folder. Raises OSError.
    """
    latest, new = reports / LATEST, reports / f".{LATEST}"
    for path in (new, latest):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
    new.unlink(missing_ok=True)
    try:
        new.symlink_to(run_id)
    except OSError:
        shutil.copytree(reports / run_id, new)
        latest.unlink(missing_ok=True)
    new.replace(latest)
