"""Runs that end early: what was done is kept, and the next run goes on under the same id (docs/design.md §4)."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytest

from linkarchive.project import Project

URLS = [f"http://{host}.example/{number}" for number in range(4) for host in ("alpha", "beta")]


class Gate:
    """Tells when the first page is asked for."""

    def __init__(self, stage: Any) -> None:
        self.stage = stage
        self.asked = threading.Event()

    def answer(self, request: Any) -> Any:
        self.asked.set()
        return self.stage.html(request.url)


@pytest.fixture
def gate(folder: Any, stage: Any) -> Gate:
    """An article whose sources take their time: one start a host each second."""
    gate = Gate(stage)
    for url in URLS:
        stage[url] = gate.answer
    folder.article(*URLS)
    return gate


SLOW = {"ARCHIVE_NETWORK_HOST_DELAY": "1.0"}


def finish(folder: Any) -> Any:
    return folder.run("check", "article.md", "--format", "json", now="2026-01-05T07:00:00Z")


def run_id(text: str) -> str:
    return next(line.split("run ")[1].split(":")[0] for line in text.splitlines() if "checking" in line)


@pytest.mark.long
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 3), (signal.SIGINT, 130)], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_ends_the_run_and_the_next_goes_on(
    folder: Any, stage: Any, gate: Gate, number: int, code: int
) -> None:
    process = folder.start("check", "article.md", "--format", "json", env=SLOW)
    assert gate.asked.wait(20)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == code, err
    assert "Traceback" not in err
    assert (out == "") == (code == 130)
    assert ("not reached before the run was stopped" in err) == (code == 3)
    assert len(stage.requests) < len(URLS)
    done = finish(folder)
    assert done.code == 0
    assert done.json["run"]["complete"]
    assert done.json["run"]["id"] == run_id(err) == run_id(done.err)
    assert "continuing" in done.err
    assert len(done.json["sources"]) == len(URLS)
    assert folder.run("verify", now="2026-01-05T08:00:00Z").code == 0


def test_max_time_ends_the_run_and_the_next_goes_on(folder: Any, stage: Any, gate: Gate) -> None:
    cut = folder.run("check", "article.md", "--format", "json", "--max-time", "0.8", env=SLOW)
    assert cut.code == 3
    assert "not reached in time" in " ".join(cut.json["notices"])
    seen = {source["url"] for source in cut.json["sources"]}
    assert 0 < len(seen) < len(URLS)
    done = finish(folder)
    assert done.json["run"]["id"] == cut.json["run"]["id"]
    assert done.code == 0
    assert {stage.asked(url) for url in URLS} == {1}  # nothing that was finished is visited again
    assert folder.run("verify", now="2026-01-05T08:00:00Z").code == 0
    assert finish(folder).json["run"]["id"] != cut.json["run"]["id"]


def test_fresh_another_scope_and_a_day_later_start_anew(folder: Any, gate: Gate) -> None:
    def cut(now: str, *args: str) -> str:
        ran = folder.run("check", *args, "--format", "json", "--max-time", "0.000001", now=now)
        assert ran.code == 3
        identifier: str = ran.json["run"]["id"]
        return identifier

    first = cut("2026-01-05T06:00:00Z", "article.md")
    assert cut("2026-01-05T07:00:00Z", "article.md") == first
    fresh = cut("2026-01-05T08:00:00Z", "article.md", "--fresh")
    other = cut("2026-01-05T09:00:00Z", "article.md", "--exclude", "nothing.example")
    later = cut("2026-01-06T09:00:01Z", "article.md", "--exclude", "nothing.example")
    assert len({first, fresh, other, later}) == 4


def test_another_run_holds_the_lock(folder: Any, gate: Gate) -> None:
    with Project(folder.root).lock():
        for command in (
            ("check", "article.md"),
            ("check", "--dry-run"),
            ("rebuild",),
            ("extract", "article.md", "--write"),
        ):
            ran = folder.run(*command)
            assert (ran.code, ran.out) == (75, ""), command
            assert "another run" in ran.err
    assert folder.run("check", "article.md").code == 0


@pytest.mark.long
def test_a_past_report_is_read_while_a_run_is_at_work(folder: Any, gate: Gate) -> None:
    earlier = folder.check("article.md", now="2026-01-04").json["run"]["id"]
    gate.asked.clear()
    process = folder.start("check", "article.md", "--format", "json", env=SLOW)
    assert gate.asked.wait(20)
    ran = folder.run("report", "--run", earlier, "--format", "json")
    assert ran.code == 0
    assert len(ran.json["sources"]) == len(URLS)
    assert folder.run("show", URLS[0]).code == 0
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 3
