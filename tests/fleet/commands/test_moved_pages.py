"""Workers look for where pages are now, as a run in a folder does."""

from __future__ import annotations

from typing import Any

import pytest
from fleet_rig import Hub, Web

from linkarchive.demo.wire import Reply, Request, Response

SITE = "http://h1.example"
OLD, NEW = f"{SITE}/2019/harbour-budget.html", f"{SITE}/news/harbour-budget/"
GONE = f"{SITE}/2019/lantern-survey.html"
MISSING = Response(b"<title>Not found</title><h1>Not found</h1>", 404)


def moves(web: Web, stage: Any, *, has_moved: bool) -> None:
    """The site has one of its pages elsewhere, and one no more."""
    page, other = stage.html("harbour budget"), stage.html("lantern survey")
    front = Response(f'<h1>Front</h1><a href="{NEW}">On harbour budget</a>'.encode())
    answers = {NEW: page, f"{SITE}/": front} if has_moved else {OLD: page, GONE: other}

    def site(request: Request) -> Reply:
        return answers.get(request.url, MISSING)

    web.sites["h1.example"] = site


def test_a_worker_finds_where_a_page_is_now_as_a_run_does(hub: Hub, web: Web, stage: Any) -> None:
    hub.settings["ARCHIVE_HUB_SEGMENT_SECONDS"] = "60"
    folder = hub.folder("folder", ARCHIVE_HUB_DATABASE="")
    project = hub.project("politics")
    for root in (folder, project):
        root.article(OLD, GONE)
    moves(web, stage, has_moved=False)
    assert folder.check("article.md").code == 0
    assert project.run("push").code == 0
    hub.work(now="2026-01-05T06:00:00Z")
    moves(web, stage, has_moved=True)
    by_a_run = folder.check(now="2026-01-12")
    assert by_a_run.source(OLD)["suggested_url"] == NEW
    hub.work(now="2026-01-12T06:00:00Z")
    report = project.run("report", "--format", "json", now="2026-01-12T08:00:00Z")
    for url in (OLD, GONE):
        told = ("verdict", "reason", "suggested_url", "evidence")
        assert [report.source(url)[name] for name in told] == [by_a_run.source(url)[name] for name in told]
    assert report.source(GONE)["suggested_url"] is None
    asked = len(web.asked)
    hub.work(now="2026-01-12T09:00:00Z")
    assert len(web.asked) == asked, "nothing is asked again"


def test_a_site_is_searched_once_for_all_projects(hub: Hub, web: Web, stage: Any) -> None:
    hub.settings["ARCHIVE_HUB_SEGMENT_SECONDS"] = "60"
    folder = hub.folder("folder", ARCHIVE_HUB_DATABASE="")
    projects = [hub.project(name) for name in ("politics", "sport", "culture")]
    for root in (folder, *projects):
        root.article(OLD, GONE)
    moves(web, stage, has_moved=False)
    folder.check("article.md")
    for project in projects:
        assert project.run("push").code == 0
    hub.work(now="2026-01-05T06:00:00Z")
    moves(web, stage, has_moved=True)
    web.forget()
    folder.check(now="2026-01-12")
    by_a_run = web.by_url()
    web.forget()
    hub.work(now="2026-01-12T06:00:00Z")
    assert web.by_url() == by_a_run
    for project in projects:
        report = project.run("report", "--format", "json", now="2026-01-12T08:00:00Z")
        assert report.source(OLD)["suggested_url"] == NEW


def test_a_search_that_has_no_time_goes_on_later(hub: Hub, web: Web, stage: Any) -> None:
    """The time of a segment is over before a page of the search is there."""
    hub.settings["ARCHIVE_HUB_SEGMENT_SECONDS"] = "1"
    project = hub.project("politics")
    project.article(OLD, GONE)
    moves(web, stage, has_moved=False)
    assert project.run("push").code == 0
    hub.work(now="2026-01-05T06:00:00Z")
    moves(web, stage, has_moved=True)
    web.latency = 1.5
    hub.work(now="2026-01-12T06:00:00Z")
    told = project.run("report", "--format", "json", now="2026-01-12T06:30:00Z").source(OLD)
    assert (told["verdict"], told["suggested_url"]) == ("dead", None)
    web.latency = 0.0
    hub.settings["ARCHIVE_HUB_SEGMENT_SECONDS"] = "60"
    hub.work(now="2026-01-12T08:00:00Z")
    told = project.run("report", "--format", "json", now="2026-01-12T08:30:00Z").source(OLD)
    assert (told["verdict"], told["suggested_url"]) == ("dead", NEW)


@pytest.mark.parametrize("who", ["a run in a folder", "a worker"])
def test_the_search_keeps_the_pace_of_the_visits(hub: Hub, web: Web, stage: Any, who: str) -> None:
    hub.settings.update(ARCHIVE_HUB_SEGMENT_SECONDS="60", ARCHIVE_NETWORK_HOST_DELAY="0.3")
    is_worker = who == "a worker"
    root = hub.project("politics") if is_worker else hub.folder("folder", ARCHIVE_HUB_DATABASE="")
    root.article(OLD, GONE)
    for day, has_moved in (("2026-01-05", False), ("2026-01-12", True)):
        moves(web, stage, has_moved=has_moved)
        web.forget()
        if is_worker:
            assert root.run("push", now=f"{day}T05:00:00Z").code == 0
            hub.work(now=f"{day}T06:00:00Z")
        else:
            root.check("article.md", now=day)
    assert len([visit for visit in web.asked if visit.host == "h1.example"]) > 4
    web.assert_polite(0.3, 2, "h1.example")
