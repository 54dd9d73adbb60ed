"""Workers that are killed, stopped or told to stop, and a database that crashes: nothing is lost, nothing is recorded
twice, and no host is asked faster for it."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import private_postgresql
import pytest
from fleet_rig import Hub, Web, ended

PAGES = [f"http://h{host}.example/{page}" for page in range(3) for host in range(12)]
DELAY = 0.6
PACE = {
    "ARCHIVE_NETWORK_HOST_DELAY": str(DELAY),
    "ARCHIVE_NETWORK_DOMAIN_DELAY": str(DELAY),
    "ARCHIVE_NETWORK_PER_HOST": "2",
}


def pushed(hub: Hub, ranges: int) -> Any:
    """A project of some seconds' work, in so many ranges."""
    hub.init(ranges)
    hub.settings.update(PACE)
    hub.web.latency = 0.15
    project = hub.project("politics")
    project.article(*PAGES)
    ran = project.run("push", now=None)
    assert ran.code == 0, ran
    return project


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_a_killed_worker(new_hub: Hub, web: Web, seed: int) -> None:
    project = pushed(new_hub, 3)
    dice = random.Random(seed)
    names = ("a", "b", "c")
    workers = {name: new_hub.worker(name, "--once") for name in names}
    victim = dice.choice(names)
    enough = dice.randint(1, 12)
    web.wait(lambda: len(web.by_worker()[victim]) >= enough or workers[victim].poll() is not None)
    workers[victim].kill()
    workers[victim].communicate()
    for name in names:
        if name != victim:
            assert ended(workers[name])[0] == 0
    new_hub.assert_kept(project, PAGES)
    web.assert_polite(DELAY, 2)


@pytest.mark.long
def test_a_worker_that_is_killed_when_its_segment_is_on_the_shelf(new_hub: Hub, web: Web) -> None:
    project = pushed(new_hub, 2)
    first = new_hub.worker("a", "--once")
    shelf = Path(new_hub.shelf)
    web.wait(lambda: any(shelf.glob("warc/*-0000-*")))
    first.kill()
    first.communicate()
    assert ended(new_hub.worker("b", "--once"))[0] == 0
    assert new_hub.status()["ranges"] == []
    new_hub.assert_kept(project, PAGES)
    assert new_hub.upgrade().code == 0
    named = {name for (name,) in new_hub.rows("SELECT name FROM hub.segments")}
    assert {f"archive/{path.relative_to(shelf)}" for path in shelf.glob("*/*")} == named
    new_hub.assert_kept(project, PAGES)


@pytest.mark.long
def test_a_worker_that_was_thought_dead_writes_nothing(new_hub: Hub, web: Web) -> None:
    """It is woken while another one is at its range."""
    project = pushed(new_hub, 1)
    first = stopped(new_hub, web)
    second = new_hub.worker("b", "--once")
    web.wait(lambda: len(web.by_worker()["b"]) >= 5)
    first.send_signal(signal.SIGCONT)
    (code, text), (other, _) = ended(first), ended(second)
    assert (code, other) == (0, 0)
    assert "was given to another worker" in text
    new_hub.assert_kept(project, PAGES)
    web.assert_polite(DELAY, 3)


@pytest.mark.long
def test_a_worker_that_slept_until_all_was_done_changes_nothing(new_hub: Hub, web: Web) -> None:
    project = pushed(new_hub, 1)
    first = stopped(new_hub, web)
    assert ended(new_hub.worker("b", "--once"))[0] == 0
    rows = new_hub.written()
    first.send_signal(signal.SIGCONT)
    code, text = ended(first)
    assert code == 0
    assert "was given to another worker" in text
    assert new_hub.written() == rows
    new_hub.assert_kept(project, PAGES)


def stopped(hub: Hub, web: Web) -> Any:
    """A worker that was stopped in the middle of its only range: nothing of it is written."""
    worker = hub.worker("a", "--once", ARCHIVE_HUB_SEGMENT_SECONDS="60")
    web.wait(lambda: len(web.by_worker()["a"]) >= 10)
    worker.send_signal(signal.SIGSTOP)
    assert hub.visits("politics") == []
    return worker


@pytest.mark.long
@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_stop_keeps_what_it_has(new_hub: Hub, web: Web, which: int) -> None:
    project = pushed(new_hub, 2)
    first = new_hub.worker("a", ARCHIVE_HUB_SEGMENT_SECONDS="60")
    web.wait(lambda: len(web.asked) >= 10)
    first.send_signal(which)
    assert ended(first)[0] == 0
    asked = set(web.by_url())
    assert len(asked) < len(PAGES)
    assert {url for url, _ in new_hub.visits("politics")} == asked
    assert not any(entry["worker"] for entry in new_hub.status()["ranges"])
    assert ended(new_hub.worker("b", "--once"))[0] == 0
    new_hub.assert_kept(project, PAGES)
    assert set(web.by_url().values()) == {1}
    web.assert_polite(DELAY, 2)


@pytest.fixture
def own_server() -> Iterator[private_postgresql.Server]:
    """A server that may crash."""
    server = private_postgresql.start()
    yield server
    server.stop()


@pytest.mark.long
def test_a_database_that_crashes_in_the_middle(new_hub: Hub, web: Web, own_server: private_postgresql.Server) -> None:
    hub = replace(new_hub, url=own_server.url(own_server.create()))
    project = pushed(hub, 2)
    workers = [hub.worker(name, "--once") for name in "ab"]
    web.wait(lambda: len(web.asked) >= 12)
    own_server.crash()
    time.sleep(1)  # they notice
    own_server.launch()
    assert [ended(worker)[0] for worker in workers] == [0, 0]
    hub.assert_kept(project, PAGES)
    web.assert_polite(DELAY, 2)
