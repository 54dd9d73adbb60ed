"""The whole road: projects are pushed, workers visit, each project reads its own report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from linkarchive.store.hub import open_hub, projects

URLS = ("http://alpha.example/a", "http://beta.example/b", "http://gamma.example/gone")


@pytest.fixture
def politics(hub_project: Callable[[str], Any], stage: Any) -> Any:
    """A project that cites three pages, one of which is gone."""
    project = hub_project("politics")
    stage[URLS[0]] = stage.html("harbours")
    stage[URLS[1]] = stage.html("tides")
    project.article(*URLS)
    project.run("extract", "article.md", "--write")
    return project


def test_a_project_is_pushed_visited_and_reported(politics: Any) -> None:
    pushed = politics.run("push")
    assert (pushed.code, pushed.out) == (0, "pushed politics: 1 article, 3 sources (3 new)\n"), pushed.err
    worked = politics.run("worker", "--once")
    assert worked.code == 0, worked.err
    report = politics.run("report", "--format", "json")
    assert [report.told(url)[0] for url in URLS] == ["ok", "ok", "dead"]
    assert report.json["run"]["complete"]
    assert report.json["articles"][0]["path"] == "article.md"
    assert "harbours" in politics.run("show", URLS[0], "--text").out
    assert "3 sources under watch" in politics.run("status").out
    assert "politics: 3 sources, 0 due" in politics.run("hub", "status").out


def test_pushing_again_adds_what_is_new_and_takes_out_what_left(politics: Any) -> None:
    politics.run("push")
    politics.write("links.txt", f"{URLS[0]}\nhttp://delta.example/new\n")
    (politics.root / "article.md").unlink()
    assert "2 sources (1 new)" in politics.run("push").out
    [project] = politics.run("hub", "status", "--format", "json").json["projects"]
    assert (project["name"], project["sources"], project["due"]) == ("politics", 2, 2)


def test_a_page_that_two_projects_cite_is_visited_once_and_judged_for_each(
    hub_project: Callable[[str], Any], politics: Any, stage: Any
) -> None:
    culture = hub_project("culture")
    culture.write("links.txt", f"{URLS[0]}\n")
    for project in (politics, culture):
        project.run("push")
    assert politics.run("worker", "--once").code == 0
    assert stage.asked(URLS[0]) == 1
    theirs = culture.run("report", "--format", "json")
    assert [source["url"] for source in theirs.json["sources"]] == [URLS[0]]
    assert theirs.told(URLS[0])[0] == "ok"
    assert "harbours" in culture.run("show", URLS[0], "--text").out


def test_what_changed_by_the_next_round_is_news_and_what_did_not_is_a_row(politics: Any, stage: Any) -> None:
    politics.run("push", now="2026-01-05")
    politics.run("worker", "--once", now="2026-01-05")
    stage[URLS[1]] = stage.html("another subject")
    assert politics.run("worker", "--once", now="2026-01-12").code == 0
    report = politics.run("report", "--format", "json", now="2026-01-12")
    assert report.told(URLS[1]) == ("drifted", "replaced", "new")
    assert report.told(URLS[2])[0::2] == ("dead", "still")
    assert stage.asked(URLS[0]) == 2
    assert len(politics.run("runs", "--format", "json", now="2026-01-12").json["runs"]) == 2


def test_without_a_hub_and_with_a_faulty_name_the_command_says_what_to_do(folder: Any, politics: Any) -> None:
    assert "[hub] in archive.toml" in folder.run("worker", "--once").err
    assert politics.run("hub", "init").code == 2
    refused = politics.run("push", env={"ARCHIVE_HUB_PROJECT": "Politics!"})
    assert refused.code == 2
    assert "lower-case letters" in refused.err
    assert politics.run("verify").code == 2


def test_a_check_waits_for_the_workers_and_reports_all_sources(politics: Any) -> None:
    worker = politics.start("worker")
    try:
        report = politics.check("--max-time", "600")
    finally:
        worker.terminate()
    assert report.code == 1, report.err
    assert [report.told(url)[0] for url in URLS] == ["ok", "ok", "dead"]
    assert worker.wait(300) == 0
    assert politics.check("--limit", "1").code == 2


def test_a_project_that_was_not_pushed_says_so(hub_project: Callable[[str], Any]) -> None:
    refused = hub_project("politics").run("report")
    assert (refused.code, "archive push" in refused.err) == (2, True)


def test_dead_pages_of_a_slow_host_are_concluded_on(politics: Any) -> None:
    pages = [f"http://gamma.example/{number}" for number in range(15)]
    politics.article(*pages)
    politics.run("push")
    pace = {"ARCHIVE_NETWORK_HOST_DELAY": "0.1", "ARCHIVE_HUB_SEGMENT_SECONDS": "1"}
    assert politics.run("worker", "--once", env=pace).code == 0
    report = politics.run("report", "--format", "json")
    assert {report.told(url)[0] for url in pages} == {"dead"}


def test_headers_of_a_site_stay_in_the_folder(politics: Any) -> None:
    politics.write("archive.toml", '[[sites]]\nhost = "alpha.example"\nheaders = ["Cookie: s3cret"]\n')
    pushed = politics.run("push")
    assert (pushed.code, "the headers for alpha.example are not told to the hub" in pushed.err) == (0, True), pushed
    with open_hub(politics.environ["ARCHIVE_HUB_DATABASE"]) as store:
        [project] = projects(store)
    assert ("alpha.example" in project.body, "s3cret" in project.body) == (True, False)
