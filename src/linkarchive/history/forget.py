"""Taking a source out of the archive: every file that holds its page is made anew, and all are replaced at once."""

from __future__ import annotations

import filecmp
import re
import secrets
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html import unescape
from pathlib import Path

from linkarchive.errors import StorageError, UnknownSourceError, UsageError
from linkarchive.history.probes import probe_of
from linkarchive.history.reports import differences, report_of
from linkarchive.history.timeline import article_texts, timelines
from linkarchive.project import Project
from linkarchive.report.html import render_html
from linkarchive.report.json import render_json
from linkarchive.snapshot import forget, manifest, paths, removal, staging
from linkarchive.snapshot.forget import Moves, Tombstone
from linkarchive.snapshot.removal import MadeUp, RemovalPlan
from linkarchive.snapshot.repair import repair
from linkarchive.store import decisions, runs, sources
from linkarchive.store.decisions import Decision
from linkarchive.store.forget import Forgetting
from linkarchive.store.opening import open_project, rebuild_project
from linkarchive.urls import redact

_ADDRESS = re.compile(r"https?://[^\s\"'<>\\]+")


@dataclass(frozen=True, slots=True)
class ForgetResult:
    """What was done. URLs are without secrets."""

    urls: tuple[str, ...]
    captures: int
    files: int
    """WARC files written anew."""
    also: tuple[str, ...]
    """Other sources that led to the page: those copies were taken out too."""
    same: tuple[str, ...]
    """Other sources whose own page has the same bytes: theirs stay."""
    problems: tuple[str, ...]
    """What the new database could not be made from."""


def forget_sources(project: Project, urls: Sequence[str], reason: str, *, who: str, now: datetime) -> ForgetResult:
    """Take all captures of these sources out of `archive/`, and record that and why; they are not visited any more.

    Call it with the lock held. All happens or nothing: what an interruption leaves is finished or
    cleared away by the next start (`snapshot.repair`). Raises UnknownSourceError, StorageError.
    """
    root, reason = project.root, " ".join(reason.split())
    repair(root)
    keys = _keys(project, urls)
    found = removal.find(root, frozenset(keys.values()), _made_up(keys.values()))
    _refuse_unknown(project, keys, found)
    safe = tuple(redact(key) for key in dict.fromkeys(keys.values()))
    tombstone = Tombstone(f"forget-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}", safe, reason, now)
    forgetting = Forgetting.of(keys.values(), found.captures, [one for places in found.gone.values() for one in places])
    try:
        staged = staging.begin(root)
        warcs, moves = forget.rewrite(root, staged, found, tombstone, forgetting.log_line)
        staging.mirror(root, staged)
        repair(staged)
        replace = [*warcs, *(paths.index_of(staged, warc) for warc in warcs)]
        replace += _write_texts(project, Project(staged), forgetting, moves, tombstone, who)
        replace += _seal(root, staged, replace, tombstone)
        rebuilt = rebuild_project(Project(staged))
        replace.append(Project(staged).database)
        reports, remove = _write_reports(project, Project(staged), forgetting)
        staging.commit(root, [*replace, *reports], remove)
    except OSError as error:
        raise paths.storage_error(error.filename or project.archive, error) from error
    finally:
        if not staging.is_pending(root):
            shutil.rmtree(root / staging.STAGED, ignore_errors=True)
    others = dict.fromkeys(redact(capture.url) for capture in found.captures if not found.touches(capture.url))
    same = tuple(sorted(map(redact, found.kept_by)))
    return ForgetResult(safe, len(found.captures), len(warcs), tuple(others), same, tuple(rebuilt.problems))


def lift(project: Project, url: str, reason: str | None, who: str, now: datetime) -> Decision:
    """Record that a forgotten source is visited again. Raises UsageError when it is not forgotten."""
    decision = decisions.forgotten(decisions.load(project.decisions), sources.key_of(url))
    if decision is None:
        raise UsageError(f"{redact(url)}: nothing to take back: it is not forgotten")
    undo = Decision("undo", decision.url, who, now, reason, undoes=decision.when)
    decisions.append(project.decisions, undo)
    return undo


def _keys(project: Project, urls: Sequence[str]) -> dict[str, str]:
    """The source key of each URL as a person writes it, secrets shown as REDACTED or not."""
    found = {}
    with open_project(project) as store:
        for url in urls:
            try:
                found[url] = sources.find(store, url).key
            except UnknownSourceError:
                found[url] = sources.key_of(url)
    return found


def _made_up(keys: Iterable[str]) -> MadeUp:
    @cache
    def names(run_id: str) -> set[str]:
        return {address.rpartition("/")[2] for key in keys if (address := probe_of(key, run_id)) is not None}

    return lambda url, run_id: url.rpartition("/")[2] in names(run_id)


def _refuse_unknown(project: Project, keys: dict[str, str], found: RemovalPlan) -> None:
    """A URL that is no source, that no capture has and nobody has forgotten before is misspelt."""
    made = decisions.load(project.decisions)
    captured = {sources.key_of(capture.url) for capture in found.captures}
    with open_project(project) as store:
        for url, key in keys.items():
            if key not in captured and not found.gone and decisions.forgotten(made, key) is None:
                sources.find(store, url)


def _write_texts(
    project: Project, staged: Project, forgetting: Forgetting, moves: Moves, tombstone: Tombstone, who: str
) -> list[Path]:
    """`state.jsonl` without the sources, and `decisions.jsonl` with what was decided."""
    made = []
    if project.state.exists():
        kept = bytearray()
        with project.state.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    kept += forgetting.state_line(line, moves) or b""
                except (ValueError, KeyError, TypeError) as error:
                    place = f"{project.state}:{number}"
                    raise StorageError(
                        f"{place}: cannot be read: {error!r}; restore the file from Git or a backup"
                    ) from error
        paths.write_atomically(staged.state, bytes(kept))
        made.append(staged.state)
    if project.decisions.exists():
        shutil.copyfile(project.decisions, staged.decisions)
    for url in tombstone.urls:
        decisions.append(staged.decisions, Decision("forget", url, who, tombstone.when, tombstone.reason))
    return [*made, staged.decisions]


def _seal(root: Path, staged: Path, files: Sequence[Path], tombstone: Tombstone) -> list[Path]:
    """A manifest for the new files whose old ones were sealed; those of a run without a manifest stay without."""
    chain = manifest.read_chain(root)
    sealed = {file.path for one in chain for file in one.files}
    again = [path for path in files if paths.relative(staged, path) in sealed]
    if not again:
        return []
    told = {"forgotten": list(tombstone.urls), "simulated": chain[-1].facts.get("simulated", False)}
    why = f"archive forget, {tombstone.reason}"
    return [manifest.write_manifest(staged, tombstone.id, again, told, created=tombstone.when, replaces=why)]


def _write_reports(project: Project, staged: Project, forgetting: Forgetting) -> tuple[list[Path], list[Path]]:
    """Reports that say something else now, rendered again, and those to remove: nothing is left to make them from."""
    again, remove = [], []
    made = decisions.load(staged.decisions)
    with open_project(staged) as store:
        for old in sorted(project.reports.iterdir()) if project.reports.is_dir() else ():
            if old.is_symlink() or not old.is_dir():
                continue
            run = runs.find(store, old.name)
            if run is None:
                if _mentions(old, forgetting):
                    remove.append(old)
                continue
            report = report_of(store, run, made)
            new = staged.reports / old.name
            paths.write_atomically(new / "report.json", map(str.encode, render_json(report)))
            if (old / "report.json").exists() and filecmp.cmp(old / "report.json", new / "report.json", shallow=False):
                shutil.rmtree(new)
            else:
                shown = differences(staged.root, store, report)
                texts = article_texts(project.root, report)
                html = render_html(report, shown, timelines(store, report), texts)
                paths.write_atomically(new / "index.html", html.encode("utf-8"))
                shutil.copystat(old, new)  # the oldest go first
                again.append(new)
    return again, remove


def _mentions(report: Path, forgetting: Forgetting) -> bool:
    texts = (unescape(file.read_text(encoding="utf-8", errors="replace")) for file in report.iterdir())
    return any(forgetting.is_of(found[0]) for text in texts for found in _ADDRESS.finditer(text))
