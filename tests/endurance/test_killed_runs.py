"""`kill -9` at any moment costs no finished visit, and the run goes on where it was (issue 2, "Must show" 4)."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from bulk_sites import bulk_links, is_dead

from linkarchive.demo.server import DemoWeb

pytestmark = pytest.mark.long

LINKS = 2000
KILLS = 3
SEED = int(os.environ.get("ENDURANCE_SEED", "20261123"))
PATIENCE = 120


@dataclass(frozen=True)
class Moment:
    """What the database held, and what the web had been asked for, when the run was killed."""

    runs: tuple[str, ...]
    concluded: frozenset[str]
    hits: Counter[str]


def _kill_when(process: subprocess.Popen[bytes], web: DemoWeb, asked: int, seconds: float) -> None:
    """SIGKILL some time after the web was asked for so many pages."""
    end = time.monotonic() + PATIENCE
    while sum(web.hits.values()) < asked:
        assert process.poll() is None, "the run ended before it could be killed: it is quicker than the test thinks"
        assert time.monotonic() < end, "the run does not come forward"
        time.sleep(0.005)
    time.sleep(seconds)
    assert process.poll() is None, "the run ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _wait_for_a_verdict(process: subprocess.Popen[bytes], root: Path) -> None:
    """Until this or an earlier process has put a verdict on record: how long that takes is the machine's business."""
    connection = sqlite3.connect(f"{(root / 'archive' / 'archive.sqlite').as_uri()}?mode=ro", uri=True)
    end = time.monotonic() + PATIENCE
    try:
        while not connection.execute("SELECT count(*) FROM visits").fetchone()[0]:
            assert process.poll() is None, "the run ended before it could be killed"
            assert time.monotonic() < end, "the run does not come forward"
            time.sleep(0.02)
    finally:
        connection.close()


def _moment(root: Path, web: DemoWeb, copy: Path) -> Moment:
    """Read a copy of the database: opening the original would tidy it up."""
    copy.mkdir()
    for name in ("archive.sqlite", "archive.sqlite-wal"):
        if (root / "archive" / name).exists():
            shutil.copy(root / "archive" / name, copy / name)
    connection = sqlite3.connect(copy / "archive.sqlite")
    try:
        runs = tuple(row[0] for row in connection.execute("SELECT id FROM runs ORDER BY seq"))
        query = "SELECT sources.url FROM visits JOIN sources ON sources.id = visits.source"
        concluded = frozenset(row[0] for row in connection.execute(query))
    finally:
        connection.close()
    return Moment(runs, concluded, web.hits)


@pytest.fixture
def killed(project, web, tmp_path) -> list[Moment]:
    """The project after three kills, and each of its moments."""
    project.environ["ARCHIVE_NETWORK_TIMEOUT"] = "30"  # a slow machine is not what is tested
    project.write("links.txt", "".join(f"{url}\n" for url in bulk_links(LINKS)))
    dice = random.Random(SEED)
    moments = []
    for number in range(KILLS):
        process = project.start("check", "--no-progress")
        asked = sum(web.hits.values()) + dice.randint(1, LINKS // (2 * KILLS + 2))
        if number == KILLS - 1:
            _wait_for_a_verdict(process, project.root)
        _kill_when(process, web, asked, dice.uniform(0, 0.2))
        moments.append(_moment(project.root, web, tmp_path / f"kill-{number}"))
    return moments


def test_a_run_killed_three_times_is_finished_whole(killed: list[Moment], project, web) -> None:
    assert any(moment.concluded for moment in killed), "every kill came before the first verdict: nothing was tested"

    finished = project.run("check", "--no-progress", "--format", "json")

    assert finished.code == 1, finished.err  # some pages of the bulk web are dead
    report = finished.json
    assert report["run"]["complete"] is True
    assert [moment.runs for moment in killed] == [(report["run"]["id"],)] * KILLS, "one run, one id"
    assert {source["url"] for source in report["sources"]} == set(bulk_links(LINKS))
    for url, (verdict, reason) in finished.verdicts.items():
        assert (verdict, reason) == (("dead", "http-404") if is_dead(url) else ("ok", "first-seen")), url

    for moment in killed:
        repeated = [url for url in moment.concluded if web.hits[url] != moment.hits[url]]
        assert repeated == [], "what had a verdict when the run was killed was visited again"
    assert finished.peak < 300

    _is_clean(project)
    _is_the_same_rebuilt(project)


def _is_clean(project) -> None:
    verified = project.run("verify")
    assert verified.code == 0, verified.out
    warcs = sorted(map(str, (project.root / "archive" / "warc").glob("*.warc.gz")))
    checked = subprocess.run([sys.executable, "-m", "warcio.cli", "check", *warcs], capture_output=True, text=True)
    assert (checked.returncode, checked.stdout.strip()) == (0, ""), checked.stdout[:2000]
    journals = [path.name for path in (project.root / "archive" / "indexes").iterdir() if path.suffix != ".cdxj"]
    assert journals == [], "the index of every file is finished"


def _is_the_same_rebuilt(project) -> None:
    before = project.run("report", "--format", "json")
    for path in (project.root / "archive").glob("archive.sqlite*"):
        path.unlink()
    rebuilt = project.run("rebuild")
    assert (rebuilt.code, rebuilt.err) == (0, "")
    after = project.run("report", "--format", "json")
    assert after.json == before.json
    assert project.run("verify").code == 0
    assert json.loads(before.out)["run"]["complete"] is True
