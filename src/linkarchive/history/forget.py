"""Taking a source out of the archive: what changes is written beside what is there, then all is put in its place."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html import unescape
from pathlib import Path

import msgspec

from linkarchive.errors import StorageError, UnknownSourceError, UsageError
from linkarchive.history.recovery import recover
from linkarchive.history.reports import differences, report_of
from linkarchive.history.timeline import article_texts, timelines
from linkarchive.judge.soft404 import probe_url
from linkarchive.project import Project
from linkarchive.report.html import render_html
from linkarchive.report.json import render_json
from linkarchive.secrets import redact
from linkarchive.snapshot import manifest, paths, removal
from linkarchive.snapshot.forget import Moves, Tombstone, prepare
from linkarchive.snapshot.removal import IsProbe, Removal
from linkarchive.snapshot.repair import finish_warc, repair
from linkarchive.store import captures, decisions, runs, sources
from linkarchive.store.decisions import Decision
from linkarchive.store.forget import Forgetting
from linkarchive.store.opening import open_project, rebuild_project
from linkarchive.wrappers import key_of

_ADDRESS = re.compile(r"https?://[^\s\"'<>\\]+")


@dataclass(frozen=True, slots=True)
class ForgetResult:
    """What was done. URLs are without secrets."""

    urls: tuple[str, ...]
    captures: int
    files: int
    """WARC files that changed."""
    also: tuple[str, ...]
    """Other sources that led to the page: those copies were taken out too."""
    same: tuple[str, ...]
    """Other sources whose own page has the same bytes: theirs stay."""
    problems: tuple[str, ...]
    """What the new database could not be made from."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """`archive/forgetting.json`: a forget of which all new files are on disk under temporary names."""

    id: str
    urls: tuple[str, ...]
    reason: str
    who: str
    when: datetime
    files: tuple[str, ...]
    """To be replaced, from the project folder."""


def forget_sources(project: Project, urls: Sequence[str], reason: str, *, who: str, now: datetime) -> ForgetResult:
    """Take all captures of these sources out of `archive/`, and record that and why; they are not visited any more.

    Call it with the lock held. All happens or nothing: what an interruption leaves is finished or
    cleared away by the next start (`recovery.recover`). Raises UnknownSourceError, StorageError.
    """
    recover(project)
    archive, reason = project.archive, " ".join(reason.split())
    keys = _keys(project, urls)
    gone = removal.find(archive, frozenset(keys.values()), _is_probe(keys.values()))
    _refuse_unknown(project, keys, gone)
    safe = tuple(redact(key) for key in dict.fromkeys(keys.values()))
    tombstone = Tombstone(f"forget-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}", safe, reason, now)
    forgetting = Forgetting.of(
        keys.values(), gone.captures, (place for places in gone.gone.values() for place in places)
    )
    files, problems = take_out(project, gone, tombstone, forgetting, who)
    also = dict.fromkeys(redact(capture.url) for capture in gone.captures if not gone.touches(capture.url))
    with open_project(project, write=True) as store:
        same = {redact(url) for url in captures.urls_with(store, {capture.digest for capture in gone.captures})}
    return ForgetResult(safe, len(gone.captures), files, tuple(also), tuple(sorted(same)), problems)


def take_out(
    project: Project, gone: Removal, tombstone: Tombstone, forgetting: Forgetting, who: str
) -> tuple[int, tuple[str, ...]]:
    """Write what changes beside what is there, then put all of it in its place: how many WARC files changed, and what
    the new database could not be made from. Raises StorageError."""
    archive = project.archive
    with _storage_errors(project):
        try:
            warcs, moves = prepare(archive, gone, tombstone, forgetting.log_line)
            files = [*warcs, *_prepare_state(project, forgetting, moves)]
            names = tuple(paths.relative(archive, path) for path in files)
            plan = _Plan(tombstone.id, tombstone.urls, tombstone.reason, who, tombstone.when, names)
            paths.write_atomically(archive / paths.FORGETTING, msgspec.json.encode(plan), opener=paths.private)
        except BaseException:
            repair(archive)  # clears the temporary files away
            raise
    return len(warcs), finish(project)


def finish(project: Project) -> tuple[str, ...]:
    """Do what `archive/forgetting.json` says: put the new files in place, and have everything else follow from them.

    It can be done again from any point at which it was interrupted. Returns what the new database could not be
    made from; raises StorageError.
    """
    with _storage_errors(project):
        return _finish(project, _read_plan(project.archive / paths.FORGETTING))


def _read_plan(path: Path) -> _Plan:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Plan)
    except msgspec.MsgspecError as error:
        raise StorageError(f"{path} cannot be read: {error}; remove it, and forget the sources again") from error


def _finish(project: Project, plan: _Plan) -> tuple[str, ...]:
    for name in plan.files:
        _replace(project.archive, paths.located(project.archive, name))
    made = decisions.load(project.decisions)
    for url in plan.urls:
        decision = Decision("forget", url, plan.who, plan.when, plan.reason)
        if decision not in made:
            decisions.append(project, decision)
    _seal(project.archive, plan)
    rebuilt = rebuild_project(project)
    _write_reports(project, Forgetting.of(plan.urls, (), ()))
    (project.archive / paths.FORGETTING).unlink()
    paths.sync_folder(project.archive)
    return tuple(rebuilt.problems)


def _replace(archive: Path, path: Path) -> None:
    new, index = paths.temporary(path), paths.index_of(archive, path)
    if path.name.endswith(paths.WARC_SUFFIX):
        index.unlink(missing_ok=True)  # a WARC file without an index is given one, whatever happens
        paths.sync_folder(index.parent)
    if new.exists():
        new.replace(path)
        paths.sync_folder(path.parent)
    if path.name.endswith(paths.WARC_SUFFIX):
        finish_warc(archive, path)


@contextmanager
def _storage_errors(project: Project) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise paths.storage_error(error.filename or project.archive, error) from error


def lift(project: Project, url: str, reason: str | None, who: str, now: datetime) -> Decision:
    """Record that a forgotten source is visited again. Raises UsageError when it is not forgotten."""
    decision = decisions.forgotten(decisions.load(project.decisions), key_of(url))
    if decision is None:
        raise UsageError(f"{redact(url)}: nothing to take back: it is not forgotten")
    undo = Decision("undo", decision.url, who, now, reason, undoes=decision.when)
    decisions.append(project, undo)
    return undo


def _keys(project: Project, urls: Sequence[str]) -> dict[str, str]:
    """The source key of each URL as a person writes it, secrets shown as REDACTED or not."""
    found = {}
    with open_project(project, write=True) as store:
        for url in urls:
            try:
                found[url] = sources.find(store, url).key
            except UnknownSourceError:
                found[url] = key_of(url)
    return found


def _is_probe(keys: Iterable[str]) -> IsProbe:
    @cache
    def names(run_id: str) -> set[str]:
        return {address.rpartition("/")[2] for key in keys if (address := probe_url(key, run_id)) is not None}

    return lambda url, run_id: url.rpartition("/")[2] in names(run_id)


def _refuse_unknown(project: Project, keys: dict[str, str], gone: Removal) -> None:
    """A URL that is no source, that no capture has and nobody has forgotten before is misspelt."""
    made = decisions.load(project.decisions)
    captured = {key_of(capture.url) for capture in gone.captures}
    with open_project(project, write=True) as store:
        for url, key in keys.items():
            if key not in captured and not gone.gone and decisions.forgotten(made, key) is None:
                sources.find(store, url)


def _prepare_state(project: Project, forgetting: Forgetting, moves: Moves) -> list[Path]:
    """Write `state.jsonl` without the sources beside itself; its path, when there is one."""
    if not project.state.exists():
        return []
    new = paths.temporary(project.state)
    with project.state.open("rb") as old, new.open("wb") as file:
        for number, line in enumerate(old, 1):
            try:
                file.write(forgetting.state_line(line, moves) or b"")
            except (ValueError, KeyError, TypeError) as error:
                place = f"{project.state}:{number}"
                raise StorageError(
                    f"{place}: cannot be read: {error!r}; restore the file from Git or a backup"
                ) from error
    paths.sync_file(new)
    return [project.state]


def _seal(archive: Path, plan: _Plan) -> None:
    """A manifest for the new files whose old ones were sealed; those of a run without a manifest stay without."""
    chain = manifest.read_chain(archive)
    if any(sealed.run == plan.id for sealed in chain):
        return
    named = {file.path for sealed in chain for file in sealed.files}
    warcs = [paths.located(archive, name) for name in plan.files if name.endswith(paths.WARC_SUFFIX)]
    files = (*warcs, *(paths.index_of(archive, warc) for warc in warcs))
    again = [path for path in files if paths.relative(archive, path) in named]
    if again:
        facts = {"forgotten": list(plan.urls), "simulated": chain[-1].facts.get("simulated", False)}
        why = f"archive forget, {plan.reason}" if plan.urls else plan.reason
        manifest.write_manifest(archive, plan.id, again, facts, created=plan.when, replaces=why)


def _write_reports(project: Project, forgetting: Forgetting) -> None:
    """Render again the reports that say something else now; remove those that nothing is left to make from."""
    made = decisions.load(project.decisions)
    with open_project(project, write=True) as store:
        for folder in sorted(project.reports.iterdir()) if project.reports.is_dir() else ():
            if folder.is_symlink() or not folder.is_dir():
                continue
            run = runs.find(store, folder.name)
            if run is None:
                if _mentions(folder, forgetting):
                    shutil.rmtree(folder)
                continue
            report = report_of(store, run, made)
            text = b"".join(map(str.encode, render_json(report)))
            stored = folder / "report.json"
            if stored.exists() and stored.read_bytes() == text:
                continue
            shown = differences(project.archive, store, report)
            html = render_html(
                report, shown, timelines(store, report), article_texts(project.root, report), name=project.root.name
            )
            paths.write_atomically(folder / "index.html", html.encode("utf-8"))
            paths.write_atomically(stored, text)  # last: it says that this report is done


def _mentions(report: Path, forgetting: Forgetting) -> bool:
    texts = (unescape(file.read_text(encoding="utf-8", errors="replace")) for file in report.iterdir())
    return any(forgetting.is_of(found[0]) for text in texts for found in _ADDRESS.finditer(text))
