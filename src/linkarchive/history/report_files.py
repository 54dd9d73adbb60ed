"""The reports of runs with news, kept as files: `archive/reports/RUN/`. Only the newest is there as JSON, too."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from datetime import datetime
from html import unescape
from pathlib import Path
from types import MappingProxyType

from msgspec.structs import replace

from linkarchive.files import storage_error, write_atomically
from linkarchive.history.differences import differences
from linkarchive.history.pictures import pictures
from linkarchive.history.reports import report_of
from linkarchive.history.timeline import article_texts, timelines
from linkarchive.model import Difference, Report
from linkarchive.project import Project
from linkarchive.report.formats import View, render
from linkarchive.report.json import render_json
from linkarchive.store import decisions, runs
from linkarchive.store.database import Store
from linkarchive.store.forget import Forgetting
from linkarchive.store.opening import open_project

LATEST = "latest"
_PAGE, _JSON = "index.html", "report.json"
MOST_AT_HAND = 5000
"""Sources: some 25 MB."""
_ADDRESS = re.compile(r"https?://[^\s\"'<>\\]+")


def write_report(
    project: Project, store: Store, report: Report, kept_reports: int, known: Mapping[tuple[str, datetime], Difference]
) -> str | None:
    """`archive/reports/RUN/`, and `latest` beside it; the oldest go when there are more than are kept.

    `known` are the differences that were seen when the pages were judged. What the disk refuses is returned in words:
    the run is recorded, and its report printed, all the same.
    """
    folder = project.reports / report.run.id
    try:
        if report.kinds.total() <= MOST_AT_HAND:  # few enough to be held: they are read once for all formats
            report = replace(report, sources=tuple(report.sources))
        write_atomically(folder / _JSON, map(str.encode, render_json(report)))
        page = render("html", report, html_view(project, store, report, known))
        write_atomically(folder / _PAGE, map(str.encode, page))
        _point_latest(project.reports, report.run.id)
        kept = [path for path in _folders(project) if path != folder]
        for old in kept[: max(0, len(kept) + 1 - kept_reports)]:
            shutil.rmtree(old)
        for old in kept:  # `archive report --run` renders it again
            (old / _JSON).unlink(missing_ok=True)
    except OSError as error:
        return str(storage_error(error.filename or folder, error))
    return None


def rewrite_reports(project: Project, forgetting: Forgetting) -> None:
    """Render again the reports that say something else now; remove those that nothing is left to make from."""
    log = decisions.load(project.decisions)
    with open_project(project, write=True) as store:
        for folder in _folders(project):
            run = runs.find(store, folder.name)
            if run is None:
                if _mentions(folder, forgetting):
                    shutil.rmtree(folder)
                continue
            _rewrite(project, store, report_of(store, run, log))


def _folders(project: Project) -> list[Path]:
    """The folders of the runs, in order of time."""
    if not project.reports.is_dir():
        return []
    return sorted(path for path in project.reports.iterdir() if path.is_dir() and path.name != LATEST)


def _rewrite(project: Project, store: Store, report: Report) -> None:
    """Render the files of a stored report again, where they say something else now. Raises StorageError."""
    folder = project.reports / report.run.id
    for name in (_PAGE, _JSON):
        stored = folder / name
        if stored.exists():
            html = name == _PAGE
            pieces = render("html", report, html_view(project, store, report)) if html else render_json(report)
            text = "".join(pieces).encode()
            if stored.read_bytes() != text:
                write_atomically(stored, text)


def html_view(
    project: Project,
    store: Store,
    report: Report,
    known: Mapping[tuple[str, datetime], Difference] = MappingProxyType({}),
) -> View:
    """What HTML shows beside a report: what changed in the texts of pages, and the lives of sources, the articles, how
    pages looked. `known` as for `write_report`."""
    return View(
        differences=differences(project.files, store, report, known),
        timelines=timelines(store, report),
        texts=article_texts(project.root, report),
        pictures=pictures(project.files, store, report),
        name=project.root.name,
    )


def _point_latest(reports: Path, run_id: str) -> None:
    """Have `latest` name a run's report: by a link, or by a copy where links cannot be made. In a project that was
    copied without links (a zip file, a cloud drive) it is a folder. Raises OSError."""
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


def _mentions(report: Path, forgetting: Forgetting) -> bool:
    texts = (unescape(file.read_text(encoding="utf-8", errors="replace")) for file in report.iterdir())
    return any(forgetting.is_of(match[0]) for text in texts for match in _ADDRESS.finditer(text))
