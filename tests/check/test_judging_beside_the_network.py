"""The judgement of a visit in processes of our own: real ones, which are killed, hang and stumble."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from linkarchive.check import pool
from linkarchive.check.assess import Assessment, Comparison, JudgeTask, assess
from linkarchive.check.pool import JudgePool
from linkarchive.errors import NotJudgedError
from linkarchive.judge.verdict import fingerprint
from linkarchive.model import Capture, Failure, Location, Origin, Page, Reason
from linkarchive.settings import NetworkSettings

NOW = datetime(2026, 11, 23, tzinfo=UTC)

ODD = """
    import os, signal, time
    from linkarchive.check.assess import serve
    from linkarchive.check.assess import assess

    def odd(task):
        match task.page.body:
            case b"die":
                os.kill(os.getpid(), signal.SIGKILL)
            case b"hang":
                signal.setitimer(signal.ITIMER_REAL, 0.1)  # as if it were at it for long
                time.sleep(60)
            case b"stumble":
                raise ZeroDivisionError("of a parser")
            case b"who":
                raise LookupError(os.getpid())
        return assess(task)

    import linkarchive.judge.difference, linkarchive.judge.parsed_page, linkarchive.judge.verdict
    serve(odd, seconds=60)
"""
TEXT = "".join(
    f"<p>The ferry number {n} crossed the river slowly that winter, and nobody on either bank complained about it.</p>"
    for n in range(40)
)


def task(body: str = TEXT, status: int = 200, **facts: Any) -> JudgeTask:
    url = "https://news.example/a/b"
    page = Page(url, status, {"content-type": "text/html; charset=utf-8"}, body.encode())
    known = {"rule": None, "archive": Path(), "network": NetworkSettings(), "known_good": False}
    return JudgeTask(page, (Comparison("x", url),), **(known | facts))


@pytest.fixture
def odd(tmp_path, monkeypatch) -> str:
    """A module whose workers do what the page's bytes say."""
    (tmp_path / "odd_worker.py").write_text(textwrap.dedent(ODD))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "odd_worker"


def answers(judges: JudgePool) -> dict[object, Assessment | NotJudgedError]:
    found = {}
    deadline = time.monotonic() + 60
    while judges.pending and time.monotonic() < deadline:
        judges.wait(10)
        found |= dict(judges.done())
    return found


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def ended(process: int) -> None:
    deadline = time.monotonic() + 20
    while is_alive(process) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(process)


def test_a_task_is_judged_elsewhere_as_it_is_here():
    tasks = [task(), task("<title>404 Not Found</title><h1>Not Found</h1>"), task("", 503), task(TEXT * 200)]
    with JudgePool(2) as judges:
        for number, each in enumerate(tasks):
            judges.submit(number, each)
        assert answers(judges) == {number: assess(each) for number, each in enumerate(tasks)}


def test_on_one_core_there_is_no_other_process(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    monkeypatch.setattr(subprocess, "Popen", None)
    with JudgePool() as judges:
        judges.submit("x", task())
        judges.submit("long", task("x" * 600_000))
        assert dict(judges.done()) == {"x": assess(task()), "long": assess(task("x" * 600_000))}


def test_no_process_is_started_before_there_is_a_task(monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", None)
    with JudgePool(2) as judges:
        assert list(judges.done()) == []
        judges.wait(5)


@pytest.mark.long
@pytest.mark.parametrize(
    ("body", "why"),
    [("die", "SIGKILL"), ("hang", "took more than"), ("stumble", "ZeroDivisionError: of a parser")],
)
def test_a_task_that_cannot_be_judged_costs_its_own_verdict_only(odd, body, why):
    with JudgePool(1, odd) as judges:
        for number in range(6):
            judges.submit(number, task(body if number in (2, 4) else f"<p>{number}</p>"))
        found = answers(judges)
    assert {number for number, answer in found.items() if isinstance(answer, NotJudgedError)} == {2, 4}
    assert why in str(found[2])
    assert len(found) == 6


def test_a_killed_worker_is_replaced(odd):
    with JudgePool(1, odd) as judges:
        pids = []
        for _ in range(2):
            judges.submit("who", task("who"))
            pids.append(int(str(answers(judges)["who"]).split()[-1]))
            os.kill(pids[-1], signal.SIGKILL)
            ended(pids[-1])
        judges.submit("last", task())
        assert answers(judges) == {"last": assess(task())}
    assert pids[0] != pids[1]


def test_interrupts_are_for_the_parent_to_decide_and_nothing_is_left(odd):
    with JudgePool(1, odd) as judges:
        judges.submit("who", task("who"))
        process = int(str(answers(judges)["who"]).split()[-1])
        os.kill(process, signal.SIGINT)
        os.kill(process, signal.SIGTERM)
        judges.submit("x", task())
        assert answers(judges) == {"x": assess(task())}
        judges.submit("hang", task("hang"))
    assert not is_alive(process)


def test_workers_end_with_a_parent_that_is_killed(odd):
    code = """
    import sys, time
    sys.path.insert(0, {here!r})
    from test_judging_beside_the_network import task
    from linkarchive.check.pool import JudgePool
    with JudgePool(1, "odd_worker") as judges:
        judges.submit("who", task("who"))
        judges.wait(30)
        print(str(dict(judges.done())["who"]).split()[-1], flush=True)
        time.sleep(60)
    """
    source = textwrap.dedent(code).format(here=str(Path(__file__).parent))
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        process = int(parent.stdout.readline())
        assert is_alive(process)
        parent.kill()
    ended(process)


def test_without_workers_that_can_start_everything_is_judged_here():
    with JudgePool(2, "linkarchive.no_such_module") as judges:
        for number in range(3):
            judges.submit(number, task())
        assert answers(judges) == dict.fromkeys(range(3), assess(task()))


@pytest.mark.long
def test_a_worker_that_ends_while_it_starts_is_replaced_once(tmp_path, odd):
    (tmp_path / "stillborn.py").write_text(
        "import os, pathlib, sys\n"
        "mark = pathlib.Path(__file__).with_name('mark')\n"
        "if not mark.exists():\n"
        "    mark.touch()\n"
        "    os._exit(1)\n"
        "import odd_worker\n"
    )
    with JudgePool(1, "stillborn") as judges:
        judges.submit("long", task("x" * 600_000))
        judges.submit("who", task("%PDF-1.4 who"))
        found = answers(judges)
        assert set(found) == {"long", "who"}
        judges.submit("who", task("who"))
        assert int(str(answers(judges)["who"]).split()[-1]) != os.getpid()


def test_there_is_no_room_while_much_is_under_way(monkeypatch):
    monkeypatch.setattr(pool, "MAX_WAITING", 100_000)
    with JudgePool(1) as judges:
        assert judges.room
        judges.submit("big", task(TEXT * 100))
        assert not judges.room
        answers(judges)
        assert judges.room
        for key in range(3):
            judges.submit(key, task(probe=PROBE))
        assert not judges.room


def test_a_few_tasks_are_judged_here_when_there_is_time(monkeypatch):
    monkeypatch.setattr(pool, "usual_workers", lambda: 1)
    monkeypatch.setattr(subprocess, "Popen", None)
    with JudgePool() as judges:
        for number in range(pool.FEW):
            judges.submit(number, task())
        assert dict(judges.done()) == {}  # whoever brings tasks is not held up
        judges.help()
        assert len(dict(judges.done())) == 1
        assert len(answers(judges)) == pool.FEW - 1


def stored(mime: str = "text/html", length: int = 20_000) -> Comparison:
    """A comparison with a stored page."""
    place = Location("archive/warc/gone.warc.gz", 0, length)
    then = Capture("https://news.example/a/b", NOW, Origin.LIVE, None, 200, "", mime, (), "sha1:X", "x", place)
    return Comparison("x", then.url, reference=then)


PROBE = Page("https://news.example/a/c", 404, {}, b"x" * 600_000)


@pytest.mark.parametrize(
    "tasks",
    [
        [task("who")] * (pool.FEW + 1),
        [task("x" * 600_000)],
        [task("%PDF-1.4 who")],
        [replace(task(), page=Page("https://news.example/a/b", 200, {"content-type": "application/zip"}, b"zip"))],
        [task("who", probe=PROBE)],
        [replace(task("who"), comparisons=(stored("application/pdf"),))],
        [replace(task("who"), comparisons=(stored(length=600_000),))],
    ],
    ids=["many", "long", "pdf", "zip", "long probe", "pdf then", "long then"],
)
def test_many_tasks_and_those_that_may_take_long_are_for_workers(monkeypatch, odd, tasks):
    monkeypatch.setattr(pool, "usual_workers", lambda: 1)
    with JudgePool(module=odd) as judges:
        for number, each in enumerate(tasks):
            judges.submit(number, each)
        deadline = time.monotonic() + 60
        found: dict[int, Assessment | NotJudgedError] = {}
        while len(found) < len(tasks) and time.monotonic() < deadline:
            found |= dict(judges.done())
            time.sleep(0.02)
    assert len(found) == len(tasks)


def test_after_a_few_tasks_the_others_are_for_workers_however_slowly_they_come(monkeypatch, odd):
    monkeypatch.setattr(pool, "usual_workers", lambda: 1)
    with JudgePool(module=odd) as judges:
        for number in range(pool.FEW):
            judges.submit(number, task())
            assert set(answers(judges)) == {number}
        judges.submit("who", task("who"))
        assert int(str(answers(judges)["who"]).split()[-1]) != os.getpid()


@pytest.mark.long
@pytest.mark.parametrize("stuck", ["stopped", "never ready"])
def test_a_worker_that_gives_no_sign_is_not_waited_for_for_ever(tmp_path, monkeypatch, odd, stuck):
    (tmp_path / "sleeper.py").write_text("import time\ntime.sleep(60)\n")
    with JudgePool(1, "sleeper" if stuck == "never ready" else odd) as judges:
        if stuck == "stopped":
            judges.submit("who", task("who"))
            os.kill(int(str(answers(judges)["who"]).split()[-1]), signal.SIGSTOP)
        monkeypatch.setattr(pool, "SILENCE", 2.0)
        judges.submit("x", task())
        judges.submit("y", task())
        found = {}
        while judges.pending:
            judges.wait(0.5)
            found |= dict(judges.done())
    assert set(found) == {"x", "y"}
    assert found["y"] == assess(task())
    if stuck == "stopped":
        assert "gave no sign for 2.0 seconds" in str(found["x"])
    else:
        assert found["x"] == assess(task())


def test_a_fingerprint_is_taken_where_it_is_needed():
    page = task().page
    same = (Comparison("x", page.final_url),)
    assert assess(task()).fingerprint == fingerprint(page)
    assert assess(task(known_good=True)).judgements[0].reason == "first-seen"
    assert assess(task(known_good=True)).fingerprint == fingerprint(page)
    failed = Page(page.final_url, None, failure=Failure(Reason.TIMEOUT, "", page.final_url))
    assert assess(JudgeTask(failed, same, None, Path(), NetworkSettings(), False)).fingerprint is None


def test_a_failed_visit_needs_no_stored_page(monkeypatch):
    monkeypatch.setattr("linkarchive.wayback.unwrap.stored_page", None)
    failed = Page("https://news.example/a/b", None, failure=Failure(Reason.TIMEOUT, "", "https://news.example/a/b"))
    [judgement] = assess(replace(task(), page=failed, comparisons=(stored(),))).judgements
    assert judgement.reason is Reason.TIMEOUT


def test_a_baseline_without_its_record_is_compared_by_digests(tmp_path):
    page = task().page
    known = assess(task())
    place = Location("archive/warc/gone.warc.gz", 0, 1)
    then = Capture(
        page.final_url, NOW, Origin.LIVE, None, 200, page.final_url, "text/html", (), "sha1:X", known.sha256, place
    )
    cases = (Comparison("x", page.final_url, reference=then),)
    [same] = assess(JudgeTask(page, cases, None, tmp_path, NetworkSettings(), False)).judgements
    assert (same.reason, same.similarity) == ("same", 1.0)
    other = replace(page, body=page.body.replace(b"winter", b"summer"))
    [unknown] = assess(JudgeTask(other, cases, None, tmp_path, NetworkSettings(), False)).judgements
    assert unknown.reason == "first-seen"


def test_a_long_document_is_left_to_the_workers(odd: str) -> None:
    with JudgePool(1, odd) as judges:
        judges.submit(1, task("hang"))
        for key in (2, 3):
            judges.submit(key, task("x" * 600_000))
        judges.help()
        assert dict(judges.done()) == {}
        judges.submit(4, task())
        judges.help()
        assert set(dict(judges.done())) == {4}
