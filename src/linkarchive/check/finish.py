"""The end of a run: its log, manifest, state file and report, each written after what it tells of."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from linkarchive.article.lost_targets import has_lost
from linkarchive.check.desk import Desk
from linkarchive.check.reading import Reading
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
from linkarchive.snapshot.manifest import read_chain, write_manifest
from linkarchive.snapshot.paths import run_files, storage_error, write_atomically
from linkarchive.store import outcomes, runs, sources
from linkarchive.store.database import Store
from linkarchive.store.runlog import log_lines
from linkarchive.store.runs import Run, RunBody
from linkarchive.store.state_file import write_state

MOST_AT_HAND = 5000
"""Sources: some 25 MB."""


def finish(desk: Desk, reading: Reading, complete: bool, offline: str | None, troubles: tuple[str, ...]) -> Report:
    """Close the books of a run and return its report. Raises StorageError."""
    notices = tuple(remark for article in reading.articles for remark in _remarks(article))
    told = (f"we are offline: {offline}",) if offline else troubles
    body = RunBody(
        articles=tuple(_article(desk, one) for one in reading.articles if one.path != LINKS_NAME),
        unresolved=_unresolved(desk, reading),
        uncited=reading.uncited,
        malformed=reading.malformed,
        notices=(*told, *reading.notices, *notices),
        errors=reading.errors,
    )
    info = replace(desk.run.info, finished=desk.clock.now(), complete=complete, offline=offline is not None)
    run = replace(desk.run, info=info, body=body)
    if offline is None:
        runs.save(desk.store, run)
        desk.writer.write_log(log_lines(desk.store, run))
    desk.writer.close()
    runs.save(desk.store, run)
    desk.store.commit()
    report = report_of(desk.store, run, desk.decisions)
    if offline is None:
        root = desk.project.root
        state = write_state(desk.store, desk.project.state, _sealed_state(desk), desk.ledger.touched)
        facts = {"started": info.started, "finished": info.finished, "complete": complete, "simulated": info.simulated}
        created = info.finished or info.started
        files, known = run_files(root, info.id), desk.writer.digests
        write_manifest(root, info.id, files, facts | {"state": state}, created=created, known=known)
        if has_news(report):
            _write_report(desk, _at_hand(report))
    return report


def _sealed_state(desk: Desk) -> str | None:
    """SHA-256 of the state file, when it tells all but what this very process has written."""
    chain = read_chain(desk.project.root)
    whole = bool(chain) and not desk.resumed and chain[-1].run == runs.id_before(desk.store, desk.run.seq)
    return chain[-1].facts.get("state") if whole else None


def _remarks(article: Article) -> tuple[str, ...]:
    return tuple(f"{article.path}: {remark}" for remark in article.remarks)


def _article(desk: Desk, article: Article) -> ArticleReport:
    recovered = sum(citation.recovered for citation in article.citations)
    lost = recovered + sum(citation.url is None for citation in article.citations)
    return ArticleReport(
        path=article.path,
        title=article.title,
        original_url=article.original_url,
        published=article.published,
        original=_original(desk, article),
        citations=len(article.citations),
        lost=lost,
        recovered=recovered,
    )


def _original(desk: Desk, article: Article) -> OriginalReport | None:
    if article.original_url is None:
        return None
    key = sources.key_of(article.original_url)
    number = sources.ensure_keys(desk.store, {key: article.original_url})[key]
    standing = outcomes.standing(desk.store, number, desk.run.seq + 1)
    if standing is None:
        return None
    return OriginalReport(standing.outcome.verdict, standing.outcome.reason, standing.outcome.evidence)


def _unresolved(desk: Desk, reading: Reading) -> tuple[Unresolved, ...]:
    found = []
    articles = list(filter(has_lost, reading.articles))
    earlier = _unresolved_before(desk.store, desk.run, (article.path for article in articles))
    for article in articles:
        before = earlier.get(article.path, Counter())
        known = Counter(reading.before[article.path].lost if reading.before is not None else ())
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


def _write_report(desk: Desk, report: Report) -> None:
    """`archive/reports/RUN/`, and `latest` beside it; the oldest go when there are more than are kept."""
    from linkarchive.history.timeline import article_texts, timelines
    from linkarchive.report.html import render_html
    from linkarchive.report.json import render_json

    folder = desk.project.reports / report.run.id
    latest = desk.project.reports / "latest"
    try:
        write_atomically(folder / "report.json", map(str.encode, render_json(report)))
        root, store = desk.project.root, desk.store
        shown = differences(root, store, report, desk.differences)
        html = render_html(report, shown, timelines(store, report), article_texts(root, report))
        write_atomically(folder / "index.html", html.encode("utf-8"))
        link = desk.project.reports / ".latest"
        link.unlink(missing_ok=True)
        link.symlink_to(report.run.id)
        link.replace(latest)
        kept = sorted(
            (path for path in desk.project.reports.iterdir() if path.is_dir() and not path.is_symlink()),
            key=lambda path: path.stat().st_mtime,
        )
        for old in kept[: max(0, len(kept) - desk.settings.keep.reports)]:
            shutil.rmtree(old)
    except OSError as error:
        raise storage_error(folder, error) from error
