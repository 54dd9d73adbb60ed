"""What a person decides shows at once, before the next check: in the report, in `status`, `show` and their JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

ALPHA, BETA = "http://alpha.example/page", "http://beta.example/gone"


def _drifted(folder: Any, stage: Any) -> None:
    for url in (ALPHA, BETA):
        stage[url] = stage.html(url)
    folder.article(ALPHA, BETA)
    folder.check("article.md", now="2026-01-05")
    stage[ALPHA] = stage.html("something else altogether")
    stage[BETA] = stage.html("gone", status=410)
    assert folder.check(now="2026-01-06").code == 1


@pytest.fixture
def drifted(once: Any) -> Any:
    """A page that drifted and one that is dead."""
    return once(_drifted)


def test_an_accepted_page_is_open_no_more(drifted: Any) -> None:
    assert drifted.run("accept", ALPHA, "--reason", "still fine", now="2026-01-07").code == 0
    status = drifted.run("status", now="2026-01-07").out
    assert ALPHA not in status
    assert BETA in status
    assert "1 accepted." in status
    assert "which the next check goes by: still fine" in drifted.run("status", "--all", now="2026-01-07").out
    report = drifted.run("report", now="2026-01-07").out
    assert "Accepted, or to be replaced (1)" in report
    assert "1 is accepted" in report
    for form in ("html", "markdown", "junit"):
        assert "still fine" in drifted.run("report", "--format", form, now="2026-01-07").out
    source = drifted.run("report", "--format", "json", now="2026-01-07").source(ALPHA)
    assert (source["decision"]["action"], source["decision"]["reason"]) == ("accept", "still fine")
    listed = json.loads(drifted.run("status", "--format", "json", now="2026-01-07").out)
    assert listed["summary"]["accepted"] == 1
    assert {source["url"]: source["decision"] is not None for source in listed["sources"]} == {ALPHA: True, BETA: False}


def test_the_next_check_goes_by_it(drifted: Any) -> None:
    drifted.run("accept", ALPHA, now="2026-01-07")
    assert "Accepted, or" not in drifted.run("check", now="2026-01-08").out
    source = drifted.run("report", "--format", "json").source(ALPHA)
    assert (source["verdict"], source["decision"]) == ("ok", None)
    assert "accepted" not in drifted.run("status", now="2026-01-08").out


def test_what_is_taken_back_is_open_again(drifted: Any) -> None:
    drifted.run("accept", ALPHA, now="2026-01-07")
    drifted.run("accept", ALPHA, "--undo", now="2026-01-07T01:00:00Z")
    assert ALPHA in drifted.run("status", now="2026-01-08").out


def test_an_acceptance_for_one_of_two_articles_leaves_it_open(drifted: Any) -> None:
    drifted.article(ALPHA, name="other.md")
    drifted.check("other.md", now="2026-01-07")
    drifted.run("accept", ALPHA, "--article", "article.md", now="2026-01-08")
    assert ALPHA in drifted.run("status", now="2026-01-08").out


def test_show_tells_what_was_decided(drifted: Any) -> None:
    assert "Decisions" not in drifted.run("show", ALPHA).out
    drifted.run("accept", ALPHA, "--reason", "still fine", now="2026-01-07")
    drifted.run("ignore", "beta.example", "--until", "2027-01-01", now="2026-01-07")
    told = drifted.run("show", ALPHA, now="2026-01-07").out
    assert "\nDecisions\n  2026-01-07T00:00:00Z  accepted    by " in told or "\nDecisions\n  2026-01-07T06" in told
    assert "still fine (the next check goes by it)" in told
    assert "until 2027-01-01" in drifted.run("show", BETA, now="2026-01-07").out


def test_a_replacement_counts_until_it_is_written(drifted: Any) -> None:
    from datetime import UTC, datetime

    from linkarchive.history.decisions import replace_source
    from linkarchive.project import Project
    from linkarchive.store.opening import open_project

    project = Project(drifted.root)
    with open_project(project) as store:
        now = datetime(2026, 1, 7, tzinfo=UTC)
        replace_source(project, store, BETA, "http://gamma.example/instead", None, "maria", now)
    status = drifted.run("status", now="2026-01-07").out
    assert BETA not in status
    assert "1 to be replaced." in status
    ran = drifted.run("check", "--fail-on", "dead", now="2026-01-08")
    assert "maria wants http://gamma.example/instead cited instead" in ran.out
    assert ran.code == 1, "the article still cites what is dead"
    assert "archive fix article.md" in ran.out
