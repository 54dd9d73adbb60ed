"""A run whose visits are made by two processes comes to what one comes to."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import demo_truth as truth
import pytest
from warcio.archiveiterator import ArchiveIterator

from linkarchive.check import processes
from linkarchive.check.plan import Policy
from linkarchive.check.processes import messages
from linkarchive.check.processes.messages import Channel
from linkarchive.clock import Clock
from linkarchive.demo import originals
from linkarchive.demo.wire import Epoch, Reset
from linkarchive.model.scope import Scope
from linkarchive.project import Project
from linkarchive.settings import NetworkSettings, Settings

QUICK = {
    "ARCHIVE_NETWORK_HOST_DELAY": "0",
    "ARCHIVE_NETWORK_DOMAIN_DELAY": "0",
    "ARCHIVE_NETWORK_RETRIES": "1",  # the demo has a page that fails once
    "ARCHIVE_NETWORK_RETRY_WAIT": "0.01",
    "ARCHIVE_BROWSER_WHEN": "never",
}
HOSTS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")
URLS = [f"http://{host}.example/{page}" for host in HOSTS for page in range(4)]
DAYS = ("2026-01-05", "2026-01-12")


def check(folder: Any, number: int, day: str, *articles: str) -> dict[str, Any]:
    """Of a command in a process of its own: this one has threads, and is not forked."""
    env = {**QUICK, "ARCHIVE_NETWORK_PROCESSES": str(number)}
    process = folder.start("check", *(articles or ("article.md",)), "--format", "json", now=day, env=env)
    out, err = process.communicate(timeout=100)
    assert process.returncode in (0, 1, 3), err
    report: dict[str, Any] = json.loads(out)
    return report


def in_folder(folder: Any, name: str) -> Any:
    folder.root = folder.root.parent / name
    folder.root.mkdir(exist_ok=True)
    return folder


def told(report: dict[str, Any]) -> list[Any]:
    """What a report says, but for the run's name, the seconds, and the places of captures in files."""
    text = json.dumps({name: part for name, part in report.items() if name != "run"}, sort_keys=True)
    text = re.sub(r"T\d\d:\d\d:\d\d(\.\d+)?Z", "", text)
    text = re.sub(r'"(offset|length)": \d+, ', "", re.sub(r"\d{8}T\d{6}Z-[0-9a-f]{4}(-\d{5}\.warc\.gz)?", "RUN", text))
    gathered: list[Any] = json.loads(text)
    return gathered


def records(root: Path) -> Counter[tuple[str, str, str]]:
    """The records of all WARC files: type, address, and what is kept of each, but for times and places."""
    gathered: Counter[tuple[str, str, str]] = Counter()
    for path in (root / "archive" / "warc").glob("*.warc.gz"):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                url = record.rec_headers.get_header("WARC-Target-URI") or ""
                digest = record.rec_headers.get_header("WARC-Payload-Digest") or ""
                if record.rec_type == "warcinfo" or url.startswith("urn:linkarchive:run:"):
                    continue
                if record.rec_type == "metadata":  # its digest is that of places and times
                    digest = ""
                gathered[record.rec_type, re.sub(r"/[a-z]{25}$", "/made-up", url), digest] += 1
    return gathered


def pages(stage: Any, edition: str) -> None:
    for number, url in enumerate(URLS):
        stage[url] = stage.html(f"{url} {edition}" if number % 5 == 2 else url, ad=edition if number % 3 else "")
    stage["http://alpha.example/0"] = stage.redirect("http://beta.example/0")
    stage["http://beta.example/1"] = stage.redirect("http://alpha.example/1")
    stage["http://gamma.example/0"] = stage.redirect("http://mu.example/elsewhere")
    stage["http://mu.example/elsewhere"] = stage.html("elsewhere")
    stage["http://gamma.example/1"] = stage.html("gone", status=404)
    stage["http://delta.example/1"] = Reset()
    stage["http://eta.example/2"] = stage.html(edition, status=404) if edition == "then" else stage.html("back")


@pytest.mark.long
def test_verdicts_reports_and_records_are_those_of_one_process(folder: Any, stage: Any) -> None:
    reports: dict[tuple[int, str], Any] = {}
    for day, edition in zip(DAYS, ("then", "now"), strict=True):
        pages(stage, edition)
        for number in (1, 2):
            in_folder(folder, f"of-{number}").article(*URLS)
            reports[number, day] = check(folder, number, day)
    assert reports[2, DAYS[1]]["summary"]["drifted"] > 3
    for day in DAYS:
        alone, divided = told(reports[1, day]), told(reports[2, day])
        assert alone.keys() == divided.keys()
        for name, part in alone.items():
            if isinstance(part, list):
                assert [pair for pair in zip(part, divided[name], strict=True) if pair[0] != pair[1]] == []
            assert part == divided[name]
    of_one, of_two = (records(folder.root.parent / f"of-{number}") for number in (1, 2))
    assert of_one == of_two
    in_folder(folder, "of-2")
    assert len(list((folder.root / "archive" / "warc").glob("*.warc.gz"))) > 2
    assert folder.run("verify").code == 0
    assert folder.run("rebuild").code == 0
    assert told(json.loads(folder.run("report", "--format", "json").out)) == told(reports[2, DAYS[1]])


@pytest.mark.long
def test_verdicts_on_the_web_of_the_demo_are_those_of_one_process(folder: Any, demo_web: Any) -> None:
    verdicts: list[Any] = []
    demo_web.epoch = Epoch.YEAR_LATER
    for number in (1, 2):
        in_folder(folder, f"of-{number}")
        for name in truth.ARTICLES:
            folder.write(name, originals.article(name))
        report = check(folder, number, "2026-04-20", *truth.ARTICLES)
        names = ("url", "verdict", "reason", "also", "status", "final_url", "hops", "suggested_url")
        verdicts.append([[source[name] for name in names] for source in report["sources"]])
    assert len(verdicts[0]) > 40
    assert verdicts[0] == verdicts[1]


@pytest.mark.long
def test_without_a_network_both_end_and_nothing_is_recorded(folder: Any, stage: Any) -> None:
    for url in (*URLS, "http://canary.example/"):
        stage[url] = Reset()
    folder.article(*URLS)
    report = check(folder, 2, DAYS[0])
    assert (report["run"]["network"], report["sources"]) == ("offline", [])
    assert stage.asked("http://canary.example/") == 1
    assert folder.run("verify").code == 0


@pytest.mark.long
def test_a_run_that_is_stopped_among_redirects_to_a_domain_of_the_other_process_ends(folder: Any, stage: Any) -> None:
    alpha = [f"http://alpha.example/{page}" for page in range(30)]
    beta = [f"http://beta.example/{page}" for page in range(20)]
    stopped = threading.Event()
    run: Any = None

    def stop(request: Any) -> Any:
        if run is not None and not stopped.is_set():
            stopped.set()
            run.send_signal(signal.SIGTERM)
        return page

    page = stage.html("page")
    for url in alpha:
        stage[url] = page
    for number, url in enumerate(beta):
        stage[url] = stage.redirect(f"http://alpha.example/from/{number}")
        stage[f"http://alpha.example/from/{number}"] = stop
    folder.article(*alpha, *beta)
    env = {**QUICK, "ARCHIVE_NETWORK_HOST_DELAY": "0.2", "ARCHIVE_NETWORK_PROCESSES": "2"}
    run = folder.start("check", "article.md", now=DAYS[0], env=env)
    _, err = run.communicate(timeout=100)
    assert stopped.is_set()
    assert run.returncode == 3, err


@pytest.mark.long
@pytest.mark.parametrize("refused", [1, 2])
def test_a_run_for_which_no_process_can_be_made_goes_without(folder: Any, stage: Any, refused: int) -> None:
    pages(stage, "then")
    folder.article(*URLS)
    code = f"""
import errno, os, runpy, sys
fork, calls = os.fork, []
def refuse():
    calls.append(1)
    if len(calls) >= {refused}:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
    return fork()
os.fork = refuse
sys.argv = ["archive", "check", "article.md", "--format", "json"]
runpy.run_module("linkarchive", run_name="__main__")
"""
    env = folder.env(DAYS[0], {**QUICK, "ARCHIVE_NETWORK_PROCESSES": "2"})
    run = subprocess.run(
        [folder.python, "-c", code], cwd=folder.root, env=env, capture_output=True, text=True, check=False, timeout=100
    )
    assert len(json.loads(run.stdout)["sources"]) == len(URLS), run.stderr


@pytest.mark.long
def test_a_folder_whose_name_is_no_text_is_checked_whole(folder: Any, stage: Any) -> None:
    pages(stage, "then")
    try:
        folder = in_folder(folder, os.fsdecode(b"caf\xe9"))
    except OSError as error:
        pytest.skip(f"this file system has no such names: {error}")
    folder.article(*URLS)
    assert check(folder, 2, DAYS[0])["run"]["complete"]


@pytest.mark.parametrize(("asked", "connections", "wanted"), [(2, 128, 2), (2, 1, 1), (3, 2, 2), (1, 1, 1)])
def test_there_are_no_more_processes_than_connections(
    asked: int, connections: int, wanted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = NetworkSettings(processes=asked, concurrency=connections)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setattr(processes, "_cores", lambda: 4)
    assert processes._wanted(network, Scope(), False) == wanted


@pytest.mark.parametrize("asked", [0, 2, 8])
def test_on_one_core_there_is_one_process(asked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setattr(processes, "_cores", lambda: 1)
    assert processes._wanted(NetworkSettings(processes=asked), Scope(), True) == 1


@pytest.mark.parametrize(
    ("scope", "is_long", "wanted"),
    [
        (Scope(), True, 2),
        (Scope(), False, 1),
        (Scope(due=True), True, 2),
        (Scope(limit=100), True, 1),
        (Scope(limit=9000), True, 2),
        (Scope(sources=("a",)), True, 1),
    ],
)
def test_by_default_there_are_two_for_a_run_that_may_be_long(
    scope: Scope, is_long: bool, wanted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setattr(processes, "_cores", lambda: 2)
    monkeypatch.setattr(sys, "platform", "linux")
    assert processes._wanted(NetworkSettings(), scope, is_long) == wanted


@pytest.mark.parametrize(
    ("hosts", "network", "wanted"),
    [
        (dict.fromkeys(map(str, range(100)), 50), NetworkSettings(processes=0, host_delay=0.0), True),
        (dict.fromkeys(map(str, range(5000)), 1), NetworkSettings(processes=0), True),
        (dict.fromkeys(map(str, range(100)), 50), NetworkSettings(processes=0), False),  # pauses longer than the work
        ({"a.example": 3999}, NetworkSettings(processes=0, host_delay=0.0), False),
        ({"a.example": 2}, NetworkSettings(processes=2), True),
        ({}, NetworkSettings(processes=0), False),
    ],
)
def test_two_are_wanted_for_many_visits_that_keep_this_machine_busy(
    hosts: dict[str, int], network: NetworkSettings, wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_cores", lambda: 2)
    monkeypatch.setattr(processes, "_busy", lambda: 1)
    assert processes.pays(network, hosts) is wanted
    monkeypatch.setattr(processes, "_busy", lambda: 2)
    assert processes.pays(network, hosts) is (network.processes > 0), "no core is free"


def test_a_process_with_threads_is_not_forked(tmp_path: Path) -> None:
    policy = Policy(Settings(network=NetworkSettings(processes=2)), ())
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    try:
        with processes.spare_processes(Project(tmp_path), Scope(), policy, Clock(), True) as others:
            assert others == []
    finally:
        end.set()
        thread.join()


def test_two_ends_that_say_more_than_a_socket_holds_do_not_wait_for_each_other() -> None:
    ours, theirs = map(Channel, socket.socketpair())
    said = [messages.Turn(f"host-{number}.example") for number in range(5000)]
    for message in said:
        ours.post(message)
    assert ours.unsent, "nobody has listened yet"
    heard: list[messages.Message] = []
    while len(heard) < len(said):
        ours.flush()
        heard += theirs.poll()
    assert heard == said
    ours.close()
    with pytest.raises(EOFError):
        list(theirs.poll())
    with pytest.raises(EOFError):
        theirs.receive()
    theirs.close()


def children(process: int) -> list[int]:
    """The processes that a process has started, those that have ended left out."""
    gathered = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if int(parent) == process and state != "Z":
            gathered.append(int(path.parent.name))
    return sorted(gathered)


@pytest.mark.long
@pytest.mark.skipif(processes._cores() < 2, reason="on one core there is one process")
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc")
@pytest.mark.parametrize("victim", ["one that visits", "the one that writes"])
def test_a_process_that_is_killed_costs_no_more_than_its_own_visits(folder: Any, stage: Any, victim: str) -> None:
    pages(stage, "then")
    is_waiting, may_go_on = threading.Event(), threading.Event()
    page = stage.html("last")

    def slow(request: Any) -> Any:
        is_waiting.set()
        may_go_on.wait(60)
        return page

    slow_ones = [f"http://{host}.example/3" for host in HOSTS]
    for url in slow_ones:
        stage[url] = slow
    folder.article(*URLS)
    env = {**QUICK, "ARCHIVE_NETWORK_PROCESSES": "2"}
    run = folder.start("check", "article.md", "--format", "json", now=DAYS[0], env=env)
    try:
        assert is_waiting.wait(60)
        at_work = children(run.pid)
        assert len(at_work) == 2
        os.kill(at_work[0] if victim == "one that visits" else run.pid, signal.SIGKILL)
    finally:
        may_go_on.set()
    out, err = run.communicate(timeout=100)
    if victim == "one that visits":
        assert run.returncode == 3
        assert "ended before its time (SIGKILL)" in err
        assert not json.loads(out)["run"]["complete"]
    else:
        until = time.monotonic() + 60
        while any(Path(f"/proc/{process}").exists() for process in at_work):
            assert time.monotonic() < until, "they end with the one that started them"
            time.sleep(0.05)
    report = check(folder, 2, f"{DAYS[0]}T09:00:00Z")
    assert report["run"]["complete"]
    assert len(report["sources"]) == len(URLS)
    again = check(folder, 1, DAYS[1])
    assert again["summary"]["ok"] + again["summary"]["moved"] >= len(URLS) - 3
    assert folder.run("verify").code == 0
    assert all(
        number == 1 for (kind, url, _), number in records(folder.root).items() if kind == "response" and "/3" in url
    )
