"""`archive check` in a project of a hub, and `archive hub status`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fleet_rig import Hub, Web, ended

URL = "http://h1.example/council"
OTHER = "http://h2.example/harbour"


@pytest.fixture
def worker(hub: Hub) -> Iterator[None]:
    """A worker at work; it is told to stop in the end."""
    process = hub.worker("a")
    yield
    process.terminate()
    assert ended(process)[0] == 0


@pytest.fixture
def project(hub: Hub) -> Any:
    project = hub.project("politics")
    project.article(URL, OTHER)
    return project


@pytest.mark.long
def test_it_pushes_waits_and_reports(hub: Hub, project: Any, web: Web, stage: Any, worker: None) -> None:
    web.pages[OTHER] = stage.html("gone", status=404)
    ran = project.check("article.md", "--max-time", "120", now=None)
    assert ran.code == 1, ran
    assert {source["url"]: source["verdict"] for source in ran.json["sources"]} == {URL: "ok", OTHER: "dead"}
    assert ran.json["run"]["complete"]
    again = project.check("--max-time", "120", now=None)
    assert again.code == 1, "what was visited within the hour is reported as it stands"
    assert again.source(URL)["checked"] == ran.source(URL)["checked"]
    assert web.by_url()[URL] == 1
    named = project.run("check", "article.md", "--max-time", "120", now=None)
    assert (named.code, "dead" in named.out.lower()) == (1, True)


def test_without_a_worker_it_is_incomplete(project: Any, web: Web) -> None:
    ran = project.run("check", "article.md", "--max-time", "1", now=None)
    assert ran.code == 3, ran
    assert "2 sources are still to be visited: `archive worker` does that" in ran.err
    assert web.asked == []


@pytest.mark.parametrize(
    "option", [("--limit", "5"), ("--only", "dead"), ("--changed-since", "HEAD"), ("--fresh",), ("--dry-run",)]
)
def test_options_of_one_machine_are_refused(project: Any, option: tuple[str, ...]) -> None:
    ran = project.run("check", *option, now=None)
    assert (ran.code, ran.out) == (2, ""), ran
    assert option[0] in ran.err
    assert "hub" in ran.err


@pytest.mark.parametrize(
    "command",
    [("verify",), ("rebuild",), ("forget", URL, "--reason", "asked"), ("import", "x.warc"), ("export", "--wacz", "x")],
)
def test_commands_of_one_machine_are_refused(project: Any, command: tuple[str, ...]) -> None:
    project.write("x.warc", "")
    ran = project.run(*command, now=None)
    assert (ran.code, ran.out) == (2, ""), ran
    assert "hub" in ran.err


@pytest.mark.long
def test_the_status_of_the_hub(hub: Hub, project: Any) -> None:
    assert hub.status() == {"schema": 1, "projects": [], "ranges": [], "segments": {"number": 0, "bytes": 0}}
    assert project.run("push", now=None).code == 0
    status = hub.status()
    assert [(entry["name"], entry["sources"], entry["due"]) for entry in status["projects"]] == [("politics", 2, 2)]
    assert sum(entry["due"] for entry in status["ranges"]) == 2
    names = {"range", "due", "worker", "taken", "fence", "failures", "error", "parked"}
    assert all(entry.keys() == names for entry in status["ranges"])
    hub.work()
    status = hub.status()
    assert [(entry["sources"], entry["due"]) for entry in status["projects"]] == [(2, 0)]
    assert status["ranges"] == []
    assert status["segments"]["number"] >= 1
    text = hub.folder().run("hub", "status", now=None)
    assert (text.code, "politics" in text.out) == (0, True)


@pytest.mark.long
def test_workers_of_some_slots_leave_the_others(hub: Hub, web: Web) -> None:
    pages = [f"http://h{host}.example/" for host in range(24)]
    project = hub.project("politics")
    project.article(*pages)
    assert project.run("push", now=None).code == 0
    assert ended(hub.worker("low", "--once", "--slots", "0-2047"))[0] == 0
    asked = set(web.by_url())
    assert 0 < len(asked) < len(pages)
    assert ended(hub.worker("high", "--once", "--slots", "2048-4095"))[0] == 0
    assert web.by_url() == dict.fromkeys(pages, 1)
    hub.assert_kept(project, pages)


@pytest.mark.long
def test_a_page_is_due_again_after_a_week(hub: Hub, project: Any, web: Web) -> None:
    assert project.run("push", now="2026-01-05").code == 0
    for day, visits in (("2026-01-05", 1), ("2026-01-07", 1), ("2026-01-14", 2)):
        hub.work(now=f"{day}T06:00:00Z")
        assert web.by_url() == {URL: visits, OTHER: visits}, day
    assert len({run for _, run in hub.visits("politics")}) == 2
