"""Projects that share a hub: one visit of a page serves all, and each has a report of its own."""

from __future__ import annotations

from typing import Any

import pytest
from fleet_rig import Hub, Web

URL = "http://h1.example/council"


def push(project: Any, now: str | None = None) -> Any:
    ran = project.run("push", now=now)
    assert (ran.code, "Traceback" in ran.err) == (0, False), ran
    return ran


def report(project: Any) -> Any:
    ran = project.run("report", "--format", "json", now=None)
    assert ran.code in (0, 1), ran
    return ran


@pytest.mark.long
def test_one_visit_two_baselines_two_reports(hub: Hub, web: Web, stage: Any) -> None:
    early, late = hub.project("early"), hub.project("late")
    web.pages[URL] = stage.html("then")
    early.article(URL, published="2026-01-04")
    push(early, now="2026-01-05")
    hub.work(now="2026-01-05T06:00:00Z")
    web.pages[URL] = stage.html("now")
    late.article(URL, published="2026-01-13")
    push(late, now="2026-01-14")
    hub.work(now="2026-01-14T06:00:00Z")
    assert web.by_url()[URL] == 2
    of_early, of_late = report(early).source(URL), report(late).source(URL)
    assert (of_early["verdict"], of_late["verdict"]) == ("drifted", "ok")
    assert [source["baseline"]["time"][:10] for source in (of_early, of_late)] == ["2026-01-05", "2026-01-14"]
    assert of_early["capture"] == of_late["capture"]
    hub.assert_on_shelf(URL, of_early["capture"])
    assert (len(hub.visits("early")), len(hub.visits("late"))) == (2, 1)


def test_push_says_what_it_told(hub: Hub) -> None:
    project = hub.project("politics")
    project.article(URL, "http://h2.example/")
    assert project.run("push", now=None).out.strip() == "pushed politics: 1 article, 2 sources (2 new)"
    project.article(URL, name="second.md")
    assert project.run("push", now=None).out.strip() == "pushed politics: 2 articles, 2 sources (0 new)"


@pytest.mark.long
def test_a_source_that_another_project_has_seen_is_due_for_the_one_that_cites_it_now(hub: Hub, web: Web) -> None:
    first, second = hub.project("first"), hub.project("second")
    for project in (first, second):
        project.article(URL)
    push(first)
    hub.work()
    push(second)
    hub.work()
    assert report(second).source(URL)["verdict"] == "ok"
    assert report(first).source(URL)["verdict"] == "ok"


@pytest.mark.long
def test_what_is_no_longer_cited_is_no_longer_visited(hub: Hub, web: Web) -> None:
    other = "http://h2.example/"
    project = hub.project("politics")
    project.article(URL, other)
    push(project)
    assert [entry["due"] for entry in hub.status()["projects"]] == [2]
    project.article(URL)
    project.write("links.txt", "articles *.md\n")
    push(project)
    hub.work()
    assert (web.by_url()[URL], web.by_url()[other]) == (1, 0)
    assert [source["url"] for source in report(project).json["sources"]] == [URL]


@pytest.mark.long
def test_rules_of_one_project_do_not_hold_in_another(hub: Hub, web: Web, stage: Any) -> None:
    plain, strict = hub.project("plain"), hub.project("strict", ARCHIVE_CHECK_EXCLUDE="h1.example")
    for project in (plain, strict):
        project.article(URL)
        push(project)
    hub.work()
    assert report(plain).source(URL)["verdict"] == "ok"
    assert report(strict).source(URL)["verdict"] == "skipped"


@pytest.mark.long
def test_decisions_reach_the_workers_with_the_next_push(hub: Hub, web: Web, stage: Any) -> None:
    project = hub.project("politics")
    project.article(URL)
    push(project, now="2026-01-05")
    hub.work(now="2026-01-05T06:00:00Z")
    web.pages[URL] = stage.html("another")
    hub.work(now="2026-01-14T06:00:00Z")
    assert report(project).source(URL)["verdict"] == "drifted"
    ran = project.run("accept", URL, "--reason", "as the author wants it", now="2026-01-14T07:00:00Z")
    assert ran.code == 0, ran
    assert (project.root / "decisions.jsonl").exists() or list(project.root.rglob("decisions.jsonl"))
    push(project, now="2026-01-14T08:00:00Z")
    hub.work(now="2026-01-23T06:00:00Z")
    assert report(project).source(URL)["verdict"] == "ok"


@pytest.mark.long
def test_reports_status_and_the_rest_are_as_in_a_folder(hub: Hub, web: Web, stage: Any) -> None:
    web.pages[URL] = stage.html("gone", status=404)
    alive = "http://h2.example/"
    project = hub.project("politics")
    project.article(URL, alive)
    push(project)
    hub.work()
    assert report(project).json["run"]["complete"]
    assert report(project).source(URL)["verdict"] == "dead"
    status = project.run("status", "--all", "--format", "json", now=None)
    assert {source["url"]: source["verdict"] for source in status.json["sources"]} == {URL: "dead", alive: "ok"}
    runs = project.run("runs", "--format", "json", now=None)
    assert (runs.code, "-round" in runs.out) == (0, True)
    shown = project.run("show", URL, now=None)
    assert (shown.code, "404" in shown.out) == (0, True), shown
    text = project.run("show", alive, "--text", now=None)
    assert (text.code, stage.prose(alive)[0][:40] in text.out.replace("\n", " ")) == (0, True), text
    word = next(word for word in stage.prose(alive)[0].split() if len(word) > 6)
    assert alive in project.run("search", word, now=None).out
    page = project.root / "page.html"
    assert project.run("export", "--html", str(page), alive, now=None).code == 0
    assert f"On {alive}" in page.read_text()


@pytest.mark.long
@pytest.mark.parametrize("role", ["reader_first"])
def test_a_project_is_read_by_those_only_who_have_the_right(hub: Hub, web: Web, postgresql: Any, role: str) -> None:
    secret = "http://h3.example/unpublished"
    first, second = hub.project("first"), hub.project("second")
    first.article(URL)
    second.article(secret, URL)
    push(first)
    push(second)
    hub.work()
    assert secret not in report(first).out
    assert secret in report(second).out
    postgresql.run(f"DROP ROLE IF EXISTS {role}")
    postgresql.run(f"CREATE ROLE {role} LOGIN")
    try:
        for statement in (
            f"GRANT USAGE ON SCHEMA hub, project_first TO {role}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA hub, project_first TO {role}",
        ):
            hub.execute(statement)
        as_reader = {"ARCHIVE_HUB_DATABASE": hub.url.replace("postgres@", f"{role}@")}
        allowed = hub.project("first", **as_reader).run("report", "--format", "json", now=None)
        assert (allowed.code, allowed.source(URL)["verdict"]) == (0, "ok"), allowed
        for command in (("report",), ("status",), ("show", secret), ("search", "harbour"), ("runs",)):
            refused = hub.project("second", **as_reader).run(*command, now=None)
            assert refused.code in (2, 3), (command, refused)
            assert "Traceback" not in refused.err
            assert refused.err.startswith("archive: "), refused
            assert secret not in refused.out
    finally:
        hub.execute(f"DROP OWNED BY {role}")
        postgresql.run(f"DROP ROLE {role}")
