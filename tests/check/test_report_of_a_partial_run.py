"""A run over some of all sources (`--due`, `--limit`): its report tells where all of them stand."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from linkarchive.project import Project
from linkarchive.store import runs
from linkarchive.store.opening import open_project

ALPHA, BETA = "http://alpha.example/report", "http://beta.example/notes"
GAMMA, DELTA = "http://gamma.example/list", "http://delta.example/members"


def _watched(folder: Any, stage: Any) -> None:
    for url in (ALPHA, BETA, GAMMA):
        stage[url] = stage.html(url)
    stage[DELTA] = stage.html("closed", status=403)
    folder.article(ALPHA, BETA, GAMMA, DELTA)
    folder.check("article.md", now="2026-01-05")
    stage[BETA] = stage.html("gone", status=410)
    stage[GAMMA] = stage.html("another list altogether")
    folder.check(now="2026-01-10")


@pytest.fixture
def watched(once: Any) -> Any:
    """Four sources: a fine one, a dead one, a drifted one and one that is closed to us, all visited on 10 January."""
    return once(_watched)


def numbered(text: str) -> dict[str, str]:
    """The number of each finding of a report on the terminal, by its URL."""
    return {url: number for number, url in re.findall(r"#(\d+).*?(http://\S+)", text)}


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_when_nothing_is_due_all_findings_still_stand(watched: Any) -> None:
    before = numbered(watched.run("report", now="2026-01-10").out)
    assert set(before) == {BETA, GAMMA, DELTA}
    ran = watched.run("check", "--due", now="2026-01-10T08:00:00Z")
    assert ran.code == 1, "the exit code is that of the report"
    assert "None of the 4 sources was visited in this run." in one_line(ran.out)
    assert "All 4 sources are fine" not in ran.out
    assert "Still open (2)" in ran.out
    again = watched.run("report", now="2026-01-10T09:00:00Z").out
    assert numbered(ran.out) == numbered(again) == before
    assert watched.run("diff", before[GAMMA]).out.startswith(GAMMA)


def test_what_was_not_visited_says_when_it_was(watched: Any) -> None:
    watched.check("--limit", "1", now="2026-01-11")
    text = watched.run("report", "-v", now="2026-01-11").out
    assert "1 of 4 sources was visited in this run." in one_line(text)
    assert "Not visited in this run; last on 10 January 2026." in one_line(text)
    for form in ("html", "markdown", "junit"):
        told = watched.run("report", "--format", form, now="2026-01-11").out
        assert all(url in told for url in (BETA, GAMMA, DELTA))
        assert "Not visited in this run; last on" in told


def test_json_lists_what_was_visited_and_the_findings_of_earlier_runs_apart(watched: Any) -> None:
    report = watched.check("--limit", "1", now="2026-01-11").json
    visited = {source["url"] for source in report["sources"]}
    assert len(visited) == 1
    assert {source["url"] for source in report["earlier"]} == {BETA, GAMMA, DELTA} - visited
    assert {source["checked"] for source in report["earlier"]} == {"2026-01-10T06:00:00Z"}
    assert {source["changed"] for source in report["earlier"]} == {"still"}
    summary = report["summary"]
    assert [summary[name] for name in ("ok", "dead", "drifted", "blocked", "visited")] == [1, 1, 1, 1, 1]
    lines = watched.run("report", "--format", "jsonl", now="2026-01-11").out.splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["source", *["earlier"] * len(report["earlier"]), "run"]


def test_news_is_what_changed_in_this_run(watched: Any, stage: Any) -> None:
    assert watched.run("check", "--due", "-q", now="2026-01-10T08:00:00Z").out == ""
    new_only = watched.run("check", "--due", "--new-only", now="2026-01-10T09:00:00Z")
    assert (new_only.code, "\nNew (" in new_only.out) == (0, False)
    stage[BETA] = stage.html(BETA)
    ran = watched.run("check", "--only", "dead", "-q", now="2026-01-11")
    assert BETA in ran.out
    assert GAMMA not in ran.out, "that it still drifts is no news"
    whole = watched.run("report", now="2026-01-11").out
    assert "Recovered (1)" in whole
    assert GAMMA in whole


def test_the_report_of_an_earlier_partial_run_tells_what_stood_then(watched: Any, stage: Any) -> None:
    partial = watched.check("--limit", "1", now="2026-01-11").json["run"]["id"]
    for url in (ALPHA, BETA, GAMMA, DELTA):
        stage[url] = stage.html(url)
    assert watched.check(now="2026-01-12").code == 0
    then = watched.run("report", "--run", partial, "--format", "json").json
    assert (then["summary"]["dead"], then["summary"]["drifted"], then["summary"]["blocked"]) == (1, 1, 1)
    watched.run("rebuild", now="2026-01-12")
    rebuilt = watched.run("report", "--run", partial, "--format", "json").json
    assert rebuilt["earlier"] == then["earlier"]
    assert rebuilt["summary"] == then["summary"]


def test_a_link_that_left_links_txt_stands_nowhere_any_more(watched: Any) -> None:
    watched.write("article.md", "Nothing is left but [this](http://alpha.example/report).\n")
    links = [line for line in watched.links().splitlines() if ALPHA in line or "http" not in line]
    watched.write("links.txt", "\n".join(links) + "\n")
    report = watched.check("--limit", "1", now="2026-01-11").json
    assert (report["earlier"], report["summary"]["dead"]) == ([], 0)
    assert "1 source under watch" in watched.run("status", now="2026-01-11").out


def test_to_name_links_txt_is_to_name_nothing(watched: Any) -> None:
    report = watched.check("links.txt", "--limit", "1", now="2026-01-11").json
    [visited] = report["sources"]
    assert {source["url"] for source in report["earlier"]} == {BETA, GAMMA, DELTA} - {visited["url"]}


@pytest.mark.parametrize("name", ["article.docx", "links.txt"])
def test_what_an_unreadable_article_or_line_cited_still_stands(watched: Any, name: str) -> None:
    if name == "links.txt":
        watched.write(name, watched.links().replace(BETA, "http://", 1))
        watched.write("article.md", f"Only [this]({ALPHA}) is left.\n")
    else:
        watched.write(name, "half of a file")
        watched.write("links.txt", watched.links().replace("[article.md]", f"[{name}]"))
    before = watched.run("status", now="2026-01-10").out
    assert "4 sources under watch" in before
    assert watched.check("--limit", "1", now="2026-01-11").code == (1 if name == "links.txt" else 2)
    assert "4 sources under watch" in watched.run("status", now="2026-01-11").out


def test_a_run_that_has_not_ended_leaves_the_report_and_its_numbers(watched: Any) -> None:
    before = watched.run("report", now="2026-01-10").out
    with open_project(Project(watched.root), write=True) as store:
        run = runs.start(store, datetime(2026, 1, 11, 6, tzinfo=UTC), "another", simulated=True)
        store.commit()
    assert watched.run("report", now="2026-01-10").out == before
    for url, number in numbered(before).items():
        assert watched.run("show", number).out.startswith(url)
    watched.check(now="2026-01-12")
    killed = watched.run("report", "--run", run.info.id, "--format", "json").json
    assert {source["url"] for source in killed["earlier"]} == {BETA, GAMMA, DELTA}, "it ended without a visit"


def test_a_run_over_named_articles_tells_of_these(watched: Any, stage: Any) -> None:
    other = "http://epsilon.example/new"
    stage[other] = stage.html(other)
    watched.article(other, name="other.md")
    report = watched.check("other.md", now="2026-01-11").json
    assert [source["url"] for source in report["sources"]] == [other]
    assert (report["earlier"], report["summary"]["visited"]) == ([], 1)
