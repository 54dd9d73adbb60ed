"""Workers ask web archives what a run asks, and all of them together no faster than one run would."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from faulty_archive import Fault, FaultyArchive
from fleet_rig import Hub, Web, comparable, ended

from linkarchive.demo.wayback import DemoCapture
from linkarchive.demo.wire import Reply, Request, Response

NOW = "2026-01-05"
CHANGED, GONE, CLOSED, SAME = (f"http://h{number}.example/page" for number in range(4))


@pytest.fixture
def wayback(web: Web) -> FaultyArchive:
    archive = FaultyArchive(now=lambda: datetime(2026, 1, 5, tzinfo=UTC))
    web.sites |= {"web.archive.org": archive, "arquivo.pt": lambda _: Response(b"nothing", 404)}
    return archive


@pytest.fixture
def asking(hub: Hub) -> Hub:
    """A hub whose workers ask archives, as fast as they can."""
    hub.settings.update(
        ARCHIVE_WAYBACK_MODE="auto",
        ARCHIVE_WAYBACK_REPLAY_PER_MINUTE="0",
        ARCHIVE_WAYBACK_INDEX_PER_MINUTE="0",
        ARCHIVE_HUB_SEGMENT_SECONDS="60",
    )
    return hub


def hold(archive: FaultyArchive, url: str, day: str, page: Response) -> None:
    archive.captures.append(DemoCapture(url, datetime.fromisoformat(day).replace(tzinfo=UTC), page.body))


def test_a_worker_learns_from_archives_what_a_run_learns(
    asking: Hub, web: Web, wayback: FaultyArchive, stage: Any
) -> None:
    hold(wayback, CHANGED, "2025-06-02", stage.html("what the author saw"))
    hold(wayback, GONE, "2025-06-02", stage.html("what is gone"))
    hold(wayback, CLOSED, "2026-01-03", stage.html("what others see"))
    hold(wayback, SAME, "2025-06-02", stage.html(SAME))
    web.pages |= {GONE: Response(b"gone", 410), CLOSED: Response(b"no", 403)}
    folder = asking.folder("folder", ARCHIVE_HUB_DATABASE="")
    project = asking.project("politics")
    for root in (folder, project):
        root.article(CHANGED, GONE, CLOSED, SAME, published="2025-06-01")
    by_a_run = folder.check("article.md")
    assert project.run("push").code == 0
    asking.work(now=f"{NOW}T06:00:00Z")
    report = project.run("report", "--format", "json")
    verdicts = [report.told(url)[0] for url in (CHANGED, GONE, CLOSED, SAME)]
    assert verdicts == ["drifted", "dead", "blocked", "ok"], report.out
    assert report.source(GONE)["archived_url"].startswith("https://web.archive.org/web/20250602")
    assert report.source(CLOSED)["seen_elsewhere"]["archive"] == "wayback"
    asked = ("verdict", "reason", "archived_url", "archive_note", "seen_elsewhere", "baseline")
    for url in (CHANGED, GONE, CLOSED, SAME):
        mine, theirs = comparable(report.json), comparable(by_a_run.json)
        [here] = [source for source in mine["sources"] if source["url"] == url]
        [there] = [source for source in theirs["sources"] if source["url"] == url]
        assert {name: here[name] for name in asked} == {name: there[name] for name in asked}


@pytest.mark.long
def test_what_many_projects_cite_is_asked_about_once(asking: Hub, web: Web, wayback: FaultyArchive, stage: Any) -> None:
    """More of them than are written together."""
    hold(wayback, GONE, "2025-06-02", stage.html("what is gone"))
    hold(wayback, SAME, "2025-06-02", stage.html(SAME))
    web.pages[GONE] = Response(b"gone", 410)
    folder = asking.folder("folder", ARCHIVE_HUB_DATABASE="")
    projects = [asking.project(f"p{number:02}") for number in range(18)]
    for root in (folder, *projects):
        root.article(GONE, SAME, published="2025-06-01")
    folder.check("article.md")
    by_a_run = dict(wayback.counts)
    assert by_a_run
    wayback.counts.clear()
    for project in projects:
        assert project.run("push").code == 0
    asking.work(now=f"{NOW}T06:00:00Z")
    assert all(number <= by_a_run[service] for service, number in wayback.counts.items()), wayback.counts
    copies = {project.run("report", "--format", "json").source(GONE)["archived_url"] for project in projects}
    [copy] = copies
    assert copy.startswith("https://web.archive.org/web/20250602")
    assert asking.folder().run("hub", "verify", now=None).code == 0


def test_three_workers_ask_an_archive_as_fast_as_one_run_may(asking: Hub, web: Web, wayback: FaultyArchive) -> None:
    asking.settings["ARCHIVE_WAYBACK_REPLAY_PER_MINUTE"] = "120"
    project = asking.project("politics")
    project.article(*(f"http://h{number}.example/page" for number in range(12)), published="2025-06-01")
    assert project.run("push", now=None).code == 0
    for worker in [asking.worker(name, "--once") for name in ("a", "b", "c")]:
        assert ended(worker)[0] == 0
    visits = [visit.start for visit in web.asked if visit.host.endswith(".example")]
    asked = sorted(visit.start for visit in web.asked if visit.url.startswith("https://web.archive.org/web/"))
    assert len(asked) >= 12
    # Each came after its own turn, which came after the first visit: a slow machine makes them later.
    assert [start - min(visits) for place, start in enumerate(asked) if start < min(visits) + place * 0.5] == []


def test_an_archive_that_limits_one_worker_is_left_alone_by_all(asking: Hub, web: Web, wayback: FaultyArchive) -> None:
    wayback.fail("replay", Fault.RATE_LIMITED_WITH_WAIT)
    asking.settings["ARCHIVE_WAYBACK_REPLAY_PER_MINUTE"] = "1"
    for name in ("a", "b", "c"):
        asking.folder(f"worker-{name}").write("archive.toml", '[[archives]]\nname = "wayback"\n')
    project = asking.project("politics")
    project.article(*(f"http://h{number}.example/page" for number in range(12)), published="2025-06-01")
    assert project.run("push", now=None).code == 0
    for worker in [asking.worker(name, "--once") for name in ("a", "b", "c")]:
        assert ended(worker)[0] == 0
    assert wayback.counts["replay"] == 1
    [(name, seconds)] = asking.rows(
        "SELECT name, extract(epoch FROM closed_until - clock_timestamp()) FROM hub.archive_gates"
    )
    assert (name, 0 < seconds <= 3600) == ("web.archive.org", True)


def test_nobody_asks_about_the_sources_of_a_project_that_does_not_want_it(
    asking: Hub, web: Web, wayback: FaultyArchive
) -> None:
    project = asking.project("politics", ARCHIVE_WAYBACK_MODE="off")
    project.article(GONE, published="2025-06-01")
    web.pages[GONE] = Response(b"gone", 410)
    assert project.run("push").code == 0
    asking.work(now=f"{NOW}T06:00:00Z")
    assert project.run("report", "--format", "json").told(GONE)[0] == "dead"
    assert wayback.counts.total() == 0


def worked(hub: Hub, now: str, code: int = 0) -> None:
    """A worker has made what is due, in this process."""
    ran = hub.folder("worker").run("worker", "--once", now=now)
    assert ran.code == code, ran


def test_what_archives_could_not_tell_before_midnight_is_asked_after_it(
    asking: Hub, web: Web, wayback: FaultyArchive, stage: Any
) -> None:
    hold(wayback, GONE, "2025-06-02", stage.html("what is gone"))
    web.pages[GONE] = Response(b"gone", 410)
    for service in ("replay", "index"):
        wayback.fail(service, Fault.UNAVAILABLE)
    project = asking.project("politics")
    project.article(GONE, published="2025-06-01")
    assert project.run("push", now="2026-01-05T23:00:00Z").code == 0
    worked(asking, "2026-01-05T23:30:00Z")
    assert project.run("report", "--format", "json", now="2026-01-05T23:31:00Z").source(GONE)["archived_url"] is None
    wayback.heal()
    worked(asking, "2026-01-06T00:40:00Z")
    source = project.run("report", "--format", "json", now="2026-01-06T00:41:00Z").source(GONE)
    assert source["archived_url"].startswith("https://web.archive.org/web/20250602")
    assert source["checked"].startswith("2026-01-05T23:3"), "what an archive tells is no visit"


def test_a_source_that_somebody_wants_while_archives_are_asked_is_visited_again(
    asking: Hub, web: Web, wayback: FaultyArchive, stage: Any
) -> None:
    hold(wayback, SAME, "2025-06-02", stage.html(SAME))
    project = asking.project("politics")
    project.article(SAME, published="2025-06-01")
    assert project.run("push").code == 0

    def answer(request: Request) -> Reply:
        asking.execute("UPDATE hub.watched SET next_due = '2026-01-05T05:00:00Z'")
        web.sites["web.archive.org"] = wayback
        return wayback(request)

    web.sites["web.archive.org"] = answer
    worked(asking, f"{NOW}T06:00:00Z")
    assert web.by_url()[SAME] == 2
    assert asking.rows("SELECT count(*) FROM hub.watched WHERE next_due <= '2026-01-06'") == [(0,)]


def test_what_archives_told_of_earlier_visits_stays_when_our_network_is_in_trouble(
    asking: Hub, web: Web, wayback: FaultyArchive, stage: Any
) -> None:
    hold(wayback, GONE, "2025-06-02", stage.html("what is gone"))
    web.pages[GONE] = Response(b"gone", 410)
    for service in ("replay", "index"):
        wayback.fail(service, Fault.UNAVAILABLE)
    project = asking.project("politics")
    project.article(GONE, published="2025-06-01")
    assert project.run("push").code == 0
    worked(asking, "2026-01-05T06:00:00Z")
    asking.execute("UPDATE hub.sightings SET seen = seen - interval '7 days'")
    wayback.heal()
    worked(asking, "2026-01-05T08:00:00Z")
    sign_in = Response(b"<html><title>Welcome</title><p>Sign in to use the network of this hotel.</p></html>")
    web.pages |= dict.fromkeys([CHANGED, SAME, CLOSED, "http://canary.example/"], sign_in)
    project.article(GONE, CHANGED, SAME, CLOSED, published="2025-06-01")
    assert project.run("push", now="2026-01-05T08:10:00Z").code == 0
    worked(asking, "2026-01-05T08:20:00Z", code=3)
    report = project.run("report", "--format", "json", now="2026-01-05T08:30:00Z")
    assert report.told(GONE)[0] == "dead"
    assert report.source(GONE)["archived_url"].startswith("https://web.archive.org/web/20250602")
