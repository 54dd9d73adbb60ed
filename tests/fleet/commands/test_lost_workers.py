"""Workers that are killed, stopped or told to stop, and a database that crashes: nothing is lost, nothing is recorded
twice, and no host is asked faster for it."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import private_postgresql
import pytest
from fleet_rig import Hub, Web, ended

PAGES = [f"http://h{host}.example/{page}" for page in range(4) for host in range(12)]
DELAY = 0.6
PACE = {
    "ARCHIVE_NETWORK_HOST_DELAY": str(DELAY),
    "ARCHIVE_NETWORK_DOMAIN_DELAY": str(DELAY),
    "ARCHIVE_NETWORK_PER_HOST": "2",
}


@pytest.fixture
def project(hub: Hub) -> Any:
    """A project of some minutes' work, that was pushed."""
    return pushed(hub)


def pushed(hub: Hub) -> Any:
    hub.settings.update(PACE)
    hub.web.latency = 0.15
    project = hub.project("politics")
    project.article(*PAGES)
    ran = project.run("push", now=None)
    assert ran.code == 0, ran
    return project


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_a_killed_worker(hub: Hub, project: Any, web: Web, seed: int) -> None:
    dice = random.Random(seed)
    names = ("a", "b", "c")
    workers = {name: hub.worker(name, "--once") for name in names}
    victim = dice.choice(names)
    enough = dice.randint(1, 12)
    web.wait(lambda: len(web.by_worker()[victim]) >= enough or workers[victim].poll() is not None)
    workers[victim].kill()
    workers[victim].communicate()
    for name in names:
        if name != victim:
            assert ended(workers[name])[0] == 0
    hub.assert_kept(project, PAGES)
    web.assert_polite(DELAY, 2)


@pytest.mark.long
def test_a_worker_that_comes_later_takes_over_what_a_killed_one_had(hub: Hub, project: Any, web: Web) -> None:
    first = hub.worker("a", "--once")
    web.wait(lambda: len(web.asked) >= 15)
    first.kill()
    first.communicate()
    assert any(entry["worker"] for entry in hub.status()["ranges"])
    assert ended(hub.worker("b", "--once"))[0] == 0
    hub.assert_kept(project, PAGES)
    assert hub.status()["ranges"] == []
    web.assert_polite(DELAY, 2)


@pytest.mark.long
@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_stop_keeps_what_it_has(hub: Hub, project: Any, web: Web, which: int) -> None:
    first = hub.worker("a", ARCHIVE_HUB_SEGMENT_SECONDS="60")
    web.wait(lambda: len(web.asked) >= 15)
    first.send_signal(which)
    assert ended(first)[0] == 0
    asked = set(web.by_url())
    assert len(asked) < len(PAGES)
    assert {url for url, _ in hub.visits("politics")} == asked
    assert not any(entry["worker"] for entry in hub.status()["ranges"])
    assert ended(hub.worker("b", "--once"))[0] == 0
    hub.assert_kept(project, PAGES)
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
    hub.init()
    project = pushed(hub)
    workers = [hub.worker(name, "--once") for name in "ab"]
    web.wait(lambda: len(web.asked) >= 15)
    own_server.crash()
    time.sleep(1)  # they notice
    own_server.launch()
    assert [ended(worker)[0] for worker in workers] == [0, 0]
    hub.assert_kept(project, PAGES)
    web.assert_polite(DELAY, 2)
