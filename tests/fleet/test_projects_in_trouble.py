"""A project whose tables a worker cannot use is left out and named; the others that cite the same pages go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from linkarchive.store.hub import open_hub

SHARED, OWN = "http://alpha.example/shared", "http://alpha.example/own"
LATER = "INSERT INTO project_culture.migrations VALUES ('2031-01-01 a later step')"
TROUBLES = {
    LATER: "update this worker",
    "DELETE FROM project_culture.migrations WHERE name LIKE '%references'": "run `archive hub upgrade`",
    "DROP TABLE project_culture.runs CASCADE": 'relation "runs" does not exist',
    "ALTER TABLE project_culture.visits RENAME COLUMN checked TO seen": "does not exist",
    "UPDATE hub.projects SET body = '{}' WHERE name = 'culture'": "push it again",
}


@pytest.fixture
def projects(hub_project: Callable[[str], Any], stage: Any) -> tuple[Any, Any]:
    """Two that cite the same page, `culture` one more of that host; all was visited a week ago."""
    for url in (SHARED, OWN):
        stage[url] = stage.html(url)
    culture, politics = hub_project("culture"), hub_project("politics")
    culture.write("links.txt", f"{SHARED}\n{OWN}\n")
    politics.write("links.txt", f"{SHARED}\n")
    for project in (culture, politics):
        assert project.run("push", now="2026-01-05").code == 0
    assert politics.run("worker", "--once", now="2026-01-05").code == 0
    stage[SHARED] = stage.html("another subject")
    return culture, politics


def execute(project: Any, statement: str) -> None:
    with open_hub(project.environ["ARCHIVE_HUB_DATABASE"]) as store:
        store.execute(text(statement))
        store.commit()


@pytest.mark.parametrize(
    "statement", [LATER, *(pytest.param(key, marks=pytest.mark.long) for key in list(TROUBLES)[1:])]
)
def test_a_project_whose_tables_cannot_be_used_stops_no_other(projects: tuple[Any, Any], statement: str) -> None:
    culture, politics = projects
    execute(culture, statement)
    worked = politics.run("worker", "--once", now="2026-01-12")
    assert worked.code == 0, worked.err
    assert "culture is left out for an hour" in worked.err
    assert TROUBLES[statement] in worked.err
    assert politics.run("report", "--format", "json", now="2026-01-12").told(SHARED)[0] == "drifted"
    status = politics.run("hub", "status", now="2026-01-12").out
    assert "culture is left out by workers: " in status
    assert TROUBLES[statement] in status
    [of_culture, of_politics] = politics.run("hub", "status", "--format", "json", now="2026-01-12").json["projects"]
    assert (TROUBLES[statement] in of_culture["trouble"], of_politics["trouble"]) == (True, None)


def test_a_project_in_trouble_reads_why_and_goes_on_when_it_is_over(projects: tuple[Any, Any]) -> None:
    culture, _ = projects
    execute(culture, "UPDATE hub.projects SET body = '{}' WHERE name = 'culture'")
    culture.run("worker", "--once", now="2026-01-12")
    report = culture.run("report", "--format", "json", now="2026-01-12").json
    assert report["run"]["complete"] is False
    assert "workers leave this project out" in report["notices"][0]
    assert culture.run("push", now="2026-01-12").code == 0
    assert culture.run("worker", "--once", now="2026-01-12T07:30:00Z").code == 0
    report = culture.run("report", "--format", "json", now="2026-01-12T07:30:00Z")
    assert (report.told(SHARED)[0], report.json["run"]["complete"]) == ("drifted", True)
    assert "left out" not in culture.run("hub", "status", now="2026-01-12T07:30:00Z").out


def test_an_upgrade_brings_the_other_projects_to_this_version(projects: tuple[Any, Any]) -> None:
    culture, _ = projects
    execute(culture, LATER)
    execute(culture, "DELETE FROM project_politics.migrations WHERE name LIKE '%references'")
    upgraded = culture.run("hub", "upgrade", now="2026-01-12")
    assert upgraded.code == 0, upgraded.err
    assert "culture stays as it is: " in upgraded.out
    assert "politics: 2026-11-30 references" in upgraded.out


def test_a_hub_of_a_later_version_is_refused_in_plain_words(projects: tuple[Any, Any]) -> None:
    culture, _ = projects
    execute(culture, "INSERT INTO hub.migrations VALUES ('2031-01-01 a later step')")
    for command in (("worker", "--once"), ("push",), ("report",), ("hub", "status"), ("hub", "upgrade")):
        refused = culture.run(*command)
        assert (refused.code, "update the program on this machine" in refused.err) == (2, True), refused


def test_a_right_that_is_missing_is_not_waited_for(projects: tuple[Any, Any]) -> None:
    culture, _ = projects
    execute(culture, "DROP TABLE hub.turns")
    refused = culture.run("worker", "--once", now="2026-01-12")
    assert (refused.code, "trying again" in refused.err) == (3, False), refused
