"""The judgement of a visit in processes of our own: real ones, which are killed, hang and stumble."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linkarchive.check import pool, weighing, worker
from linkarchive.check.pool import Scales
from linkarchive.check.weighing import Compare, Task, Weighed, weigh
from linkarchive.check.worker import NotWeighedError
from linkarchive.judge.verdict import fingerprint
from linkarchive.model import Capture, Failure, Location, Origin, Page, Reason

NOW = datetime(2026, 11, 23, tzinfo=UTC)

ODD = """
    import os, signal, time
    from linkarchive.check.worker import serve
    from linkarchive.check.weighing import weigh

    def odd(task):
        match task.page.body:
            case b"die":
                os.kill(os.getpid(), signal.SIGKILL)
            case b"hang":
                time.sleep(60)
            case b"stumble":
                raise ZeroDivisionError("of a parser")
            case b"who":
                raise LookupError(os.getpid())
        return weigh(task)

    serve(odd, seconds=1)
"""
TEXT = "".join(
    f"<p>The ferry number {n} crossed the river slowly that winter, and nobody on either bank complained about it.</p>"
    for n in range(40)
)


def task(body: str = TEXT, status: int = 200, **facts: object) -> Task:
    url = "https://news.example/a/b"
    page = Page(url, status, {"content-type": "text/html; charset=utf-8"}, body.encode())
    known = {"rule": None, "root": Path(), "max_body": 1_000_000, "known_good": False}
    return Task(page, (Compare("x", url),), **(known | facts))  # type: ignore[arg-type]


@pytest.fixture
def odd(tmp_path, monkeypatch) -> str:
    """A module whose workers do what the page's bytes say."""
    (tmp_path / "odd_worker.py").write_text(textwrap.dedent(ODD))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "odd_worker"


def answers(scales: Scales) -> dict[object, Weighed | NotWeighedError]:
    found = {}
    deadline = time.monotonic() + 60
    while scales.pending and time.monotonic() < deadline:
        scales.wait(10)
        found |= dict(scales.done())
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


def test_a_task_is_weighed_elsewhere_as_it_is_here():
    tasks = [task(), task("<title>404 Not Found</title><h1>Not Found</h1>"), task("", 503), task(TEXT * 200)]
    with Scales(2) as scales:
        for number, one in enumerate(tasks):
            scales.submit(number, one)
        assert answers(scales) == {number: weigh(one) for number, one in enumerate(tasks)}


def test_on_one_core_there_is_no_other_process(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    monkeypatch.setattr(subprocess, "Popen", None)
    with Scales() as scales:
        scales.submit("x", task())
        scales.submit("long", task("x" * 600_000))
        assert dict(scales.done()) == {"x": weigh(task()), "long": weigh(task("x" * 600_000))}


def test_no_process_is_started_before_there_is_a_task(monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", None)
    with Scales(2) as scales:
        assert list(scales.done()) == []
        scales.wait(5)


@pytest.mark.parametrize(
    ("body", "why"),
    [("die", "SIGKILL"), ("hang", "took more than"), ("stumble", "ZeroDivisionError: of a parser")],
)
def test_a_task_that_cannot_be_weighed_costs_its_own_verdict_only(odd, body, why):
    with Scales(1, odd) as scales:
        for number in range(6):
            scales.submit(number, task(body if number in (2, 4) else f"<p>{number}</p>"))
        found = answers(scales)
    assert {number for number, answer in found.items() if isinstance(answer, NotWeighedError)} == {2, 4}
    assert why in str(found[2])
    assert len(found) == 6


def test_a_killed_worker_is_replaced(odd):
    with Scales(1, odd) as scales:
        pids = []
        for _ in range(2):
            scales.submit("who", task("who"))
            pids.append(int(str(answers(scales)["who"]).split()[-1]))
            os.kill(pids[-1], signal.SIGKILL)
            ended(pids[-1])
        scales.submit("last", task())
        assert answers(scales) == {"last": weigh(task())}
    assert pids[0] != pids[1]


def test_interrupts_are_for_the_parent_to_decide_and_nothing_is_left(odd):
    with Scales(1, odd) as scales:
        scales.submit("who", task("who"))
        process = int(str(answers(scales)["who"]).split()[-1])
        os.kill(process, signal.SIGINT)
        os.kill(process, signal.SIGTERM)
        scales.submit("x", task())
        assert answers(scales) == {"x": weigh(task())}
        scales.submit("hang", task("hang"))
    assert not is_alive(process)


def test_workers_end_with_a_parent_that_is_killed(odd):
    code = """
    import sys, time
    sys.path.insert(0, {here!r})
    from test_judging_beside_the_network import task
    from linkarchive.check.pool import Scales
    with Scales(1, "odd_worker") as scales:
        scales.submit("who", task("who"))
        scales.wait(30)
        print(str(dict(scales.done())["who"]).split()[-1], flush=True)
        time.sleep(60)
    """
    source = textwrap.dedent(code).format(here=str(Path(__file__).parent))
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        process = int(parent.stdout.readline())
        assert is_alive(process)
        parent.kill()
    ended(process)


def test_without_workers_that_can_start_everything_is_weighed_here():
    with Scales(2, "linkarchive.no_such_module") as scales:
        for number in range(3):
            scales.submit(number, task())
        assert answers(scales) == dict.fromkeys(range(3), weigh(task()))


def test_a_worker_that_ends_while_it_starts_is_replaced_once(tmp_path, odd):
    (tmp_path / "stillborn.py").write_text(
        "import os, pathlib, sys\n"
        "mark = pathlib.Path(__file__).with_name('mark')\n"
        "if not mark.exists():\n"
        "    mark.touch()\n"
        "    os._exit(1)\n"
        "import odd_worker\n"
    )
    with Scales(1, "stillborn") as scales:
        scales.submit("long", task("x" * 600_000))
        scales.submit("who", task("%PDF-1.4 who"))
        found = answers(scales)
        assert set(found) == {"long", "who"}
        scales.submit("who", task("who"))
        assert int(str(answers(scales)["who"]).split()[-1]) != os.getpid()


def test_there_is_no_room_while_much_is_under_way(monkeypatch):
    monkeypatch.setattr(pool, "MAX_WAITING", 100_000)
    with Scales(1) as scales:
        assert scales.room
        scales.submit("big", task(TEXT * 100))
        assert not scales.room
        answers(scales)
        assert scales.room
        for key in range(3):
            scales.submit(key, task(probe=PROBE))
        assert not scales.room


def test_a_few_tasks_are_weighed_here_when_there_is_time(monkeypatch):
    monkeypatch.setattr(pool, "usual_workers", lambda: 1)
    monkeypatch.setattr(subprocess, "Popen", None)
    with Scales() as scales:
        for number in range(pool.FEW):
            scales.submit(number, task())
        assert dict(scales.done()) == {}  # whoever brings tasks is not held up
        scales.help()
        assert len(dict(scales.done())) == 1
        assert len(answers(scales)) == pool.FEW - 1


def stored(mime: str = "text/html", length: int = 20_000) -> Compare:
    """A comparison with a stored page."""
    place = Location("archive/warc/gone.warc.gz", 0, length)
    then = Capture("https://news.example/a/b", NOW, Origin.LIVE, None, 200, "", mime, (), "sha1:X", "x", place)
    return Compare("x", then.url, standard=then)


PROBE = Page("https://news.example/a/c", 404, {}, b"x" * 600_000)


@pytest.mark.parametrize(
    "tasks",
    [
        [task("who")] * (pool.FEW + 1),
        [task("x" * 600_000)],
        [task("%PDF-1.4 who")],
        [replace(task(), page=Page("https://news.example/a/b", 200, {"content-type": "application/zip"}, b"zip"))],
        [task("who", probe=PROBE)],
        [replace(task("who"), cases=(stored("application/pdf"),))],
        [replace(task("who"), cases=(stored(length=600_000),))],
    ],
    ids=["many", "long", "pdf", "zip", "long probe", "pdf then", "long then"],
)
def test_many_tasks_and_those_that_may_take_long_are_for_workers(monkeypatch, odd, tasks):
    monkeypatch.setattr(pool, "usual_workers", lambda: 1)
    with Scales(module=odd) as scales:
        for number, one in enumerate(tasks):
            scales.submit(number, one)
        deadline = time.monotonic() + 60
        found: dict[int, Weighed | NotWeighedError] = {}
        while len(found) < len(tasks) and time.monotonic() < deadline:
            found |= dict(scales.done())
            time.sleep(0.02)
    assert len(found) == len(tasks)


def test_after_a_few_tasks_the_others_are_for_workers_however_slowly_they_come(monkeypatch, odd):
    monkeypatch.setattr(pool, "usual_workers", lambda: 1)
    with Scales(module=odd) as scales:
        for number in range(pool.FEW):
            scales.submit(number, task())
            assert set(answers(scales)) == {number}
        scales.submit("who", task("who"))
        assert int(str(answers(scales)["who"]).split()[-1]) != os.getpid()


@pytest.mark.parametrize("stuck", ["stopped", "never ready"])
def test_a_worker_that_gives_no_sign_is_not_waited_for_for_ever(tmp_path, monkeypatch, odd, stuck):
    (tmp_path / "sleeper.py").write_text("import time\ntime.sleep(60)\n")
    with Scales(1, "sleeper" if stuck == "never ready" else odd) as scales:
        if stuck == "stopped":
            scales.submit("who", task("who"))
            os.kill(int(str(answers(scales)["who"]).split()[-1]), signal.SIGSTOP)
        monkeypatch.setattr(worker, "SILENCE", 2.0)
        scales.submit("x", task())
        scales.submit("y", task())
        found = {}
        while scales.pending:
            scales.wait(0.5)
            found |= dict(scales.done())
    assert set(found) == {"x", "y"}
    assert found["y"] == weigh(task())
    if stuck == "stopped":
        assert "gave no sign for 2.0 seconds" in str(found["x"])
    else:
        assert found["x"] == weigh(task())


def test_a_fingerprint_is_taken_where_it_is_needed():
    page = task().page
    same = (Compare("x", page.final_url),)
    assert weigh(task()).fingerprint == fingerprint(page)
    assert weigh(task(known_good=True)).judgements[0].reason == "first-seen"
    assert weigh(task(known_good=True)).fingerprint == fingerprint(page)
    failed = Page(page.final_url, None, failure=Failure(Reason.TIMEOUT, "", page.final_url))
    assert weigh(Task(failed, same, None, Path(), 1, False)).fingerprint is None


def test_a_failed_visit_needs_no_stored_page(monkeypatch):
    monkeypatch.setattr(weighing, "stored_page", None)
    failed = Page("https://news.example/a/b", None, failure=Failure(Reason.TIMEOUT, "", "https://news.example/a/b"))
    [judgement] = weigh(replace(task(), page=failed, cases=(stored(),))).judgements
    assert judgement.reason is Reason.TIMEOUT


def test_a_baseline_without_its_record_is_compared_by_digests(tmp_path):
    page = task().page
    known = weigh(task())
    place = Location("archive/warc/gone.warc.gz", 0, 1)
    then = Capture(
        page.final_url, NOW, Origin.LIVE, None, 200, page.final_url, "text/html", (), "sha1:X", known.sha256, place
    )
    cases = (Compare("x", page.final_url, standard=then),)
    [same] = weigh(Task(page, cases, None, tmp_path, 1, False)).judgements
    assert (same.reason, same.similarity) == ("same", 1.0)
    other = replace(page, body=page.body.replace(b"winter", b"summer"))
    [unknown] = weigh(Task(other, cases, None, tmp_path, 1, False)).judgements
    assert unknown.reason == "first-seen"


def test_a_long_document_is_left_to_the_workers(odd: str) -> None:
    with Scales(1, odd) as scales:
        scales.submit(1, task("hang"))
        for key in (2, 3):
            scales.submit(key, task("x" * 600_000))
        scales.help()
        assert dict(scales.done()) == {}
        scales.submit(4, task())
        scales.help()
        assert set(dict(scales.done())) == {4}
