"""Our rows: the real command on a project folder whose links.txt lists the URLs."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from speed_measure import Cost
from speed_rows import Row, Stage, clean_environment
from speed_web import Shares, Web, lay_project, served

ARCHIVE = Path(sys.executable).parent / "archive"
NIGHTS = 10
"""Unchanged nights after which the archive's size is looked at again."""
_FIRST_NIGHT = datetime(2026, 12, 1, 3, tzinfo=UTC)
_CHECK = [ARCHIVE, "check", "--no-progress"]
_TWO = {"ARCHIVE_NETWORK_PROCESSES": "2"}


def ours() -> list[Row]:
    return [
        Row("ours-first", "**archive check**, first archive", "first archive", first),
        Row("ours-again", "**archive check**, re-check, unchanged", "re-check", again),
        Row("ours-first-two", "archive check, first archive, two processes visit", "first archive", _first_two),
        Row("ours-again-two", "archive check, re-check, unchanged, two processes visit", "re-check", _again_two),
        Row(
            "ours-polite",
            "archive check, the same with our default politeness",
            "re-check",
            _polite,
            2000,
            2000,
            once=True,
            scales=False,
        ),
        Row("ours-changed", "**archive check**, re-check, 2 % changed, 30 % noise", "re-check", changed),
    ]


def first(stage: Stage, links: int) -> Cost:
    """Download, WARC, judge, store, report."""
    project = _project(stage, links)
    if project.exists():
        shutil.rmtree(project)
    lay_project(project, stage.web.urls[:links], stage.connections)
    return stage.run(project.name, _CHECK, exits=(0, 1))


def again(stage: Stage, links: int) -> Cost:
    """A run after which nothing is new."""
    _with_baseline(stage, links)
    return stage.run(_project(stage, links).name, _CHECK, exits=(0, 1))


def _first_two(stage: Stage, links: int) -> Cost:
    project = stage.folder / f"two-{links}"
    lay_project(project, stage.web.urls[:links], stage.connections)
    try:
        return stage.run(project.name, _CHECK, exits=(0, 1), **_TWO)
    finally:
        shutil.rmtree(project)


def _again_two(stage: Stage, links: int) -> Cost:
    _with_baseline(stage, links)
    return stage.run(_project(stage, links).name, _CHECK, exits=(0, 1), **_TWO)


def changed(stage: Stage, links: int) -> Cost:
    """A run after pages were rewritten; every changed page has to be found, and no noisy one."""
    _with_baseline(stage, links)
    chosen = stage.web.rewrite()
    try:
        cost = stage.run(_project(stage, links).name, _CHECK, exits=(0, 1))
        stage.notes.extend(_mistakes(_verdicts(_project(stage, links)), stage.web, chosen, links))
    finally:
        stage.web.write()
        shutil.rmtree(_project(stage, links))  # what it knows now is the rewritten web
    return cost


def _polite(stage: Stage, links: int) -> Cost:
    _with_baseline(stage, links)
    pace = ["--per-host", "2", "--host-delay", "0.5"]
    return stage.run(_project(stage, links).name, [*_CHECK, *pace], exits=(0, 1), ARCHIVE_NETWORK_DOMAIN_DELAY="0.1")


def _project(stage: Stage, links: int) -> Path:
    return stage.folder / f"project-{links}"


def _with_baseline(stage: Stage, links: int) -> None:
    if not (_project(stage, links) / "archive").is_dir():
        first(stage, links)


def _verdicts(project: Path) -> dict[str, str]:
    command = [str(ARCHIVE), "report", "--format", "jsonl"]
    process = subprocess.run(command, cwd=project, env=clean_environment(), capture_output=True, text=True, check=False)
    sources = (json.loads(line) for line in process.stdout.splitlines())
    return {source["url"]: source["verdict"] for source in sources if source["type"] == "source"}


def _mistakes(verdicts: dict[str, str], web: Web, chosen: Shares, links: int) -> list[str]:
    """A line for each page whose verdict is not what was done to it, and one that says how many were right."""
    wrong = []
    found = 0
    for number, url in enumerate(web.urls[:links]):
        expected = "drifted" if number in chosen.changed else "dead" if number in chosen.dead else "ok"
        verdict = verdicts.get(url, "missing")
        found += verdict == expected == "drifted"
        if verdict != expected:
            wrong.append(f"WRONG: {url} is {verdict}, not {expected}")
    asked = sum(number < links for number in chosen.changed)
    return [*wrong[:5], f"{found} of {asked} changed pages found; {len(wrong)} wrong verdicts in {links}"]


def start_up(web: Web, folder: Path, repeat: int) -> dict[str, float]:
    """Median seconds: `archive --help`, and a re-check of 20 unchanged links."""
    stage = Stage(web, 0, 128, folder)
    lay_project(folder / "twenty", [url for n, url in enumerate(web.urls) if n not in web.dead_pages][:20])
    stage.run("twenty", _CHECK)
    helps = [stage.run("help", [ARCHIVE, "--help"]).wall for _ in range(repeat)]
    twenties = [stage.run("twenty", _CHECK).wall for _ in range(repeat)]
    return {"help": median(helps), "twenty": median(twenties)}


def scaled(web: Web, folder: Path, connections: int, rounds: int) -> dict[str, Any]:
    """Cost and archive size with this many links: the first archive, `rounds` re-checks, ten unchanged nights."""
    folder.mkdir(parents=True)
    stage = Stage(web, 0, connections, folder)
    project = folder / "project"
    lay_project(project, web.urls, connections)

    def night(number: int) -> Cost:
        now = (_FIRST_NIGHT + timedelta(days=number)).isoformat()
        return stage.run("project", _CHECK, exits=(0, 1), ARCHIVE_NOW=now)

    with served(web):
        archived = night(0)
        after_first = _sizes(project / "archive")
        nights = [night(number) for number in range(1, NIGHTS + 1)]
        after_nights = _sizes(project / "archive")
    return {
        "links": web.links,
        "first": dataclasses.asdict(archived),
        "again": {what: median(getattr(cost, what) for cost in nights[:rounds]) for what in ("wall", "cpu", "peak")},
        "size_first_mb": after_first,
        "size_nights_mb": after_nights,
    }


def _sizes(archive: Path) -> dict[str, float]:
    """Megabytes of the WARC files, of the database and of the rest."""
    sizes = {"warc": 0.0, "database": 0.0, "rest": 0.0}
    for file in archive.rglob("*"):
        if file.is_file() and not file.is_symlink():
            kind = "warc" if file.name.endswith(".warc.gz") else "database" if ".sqlite" in file.name else "rest"
            sizes[kind] += file.stat().st_size / 1e6
    return sizes
