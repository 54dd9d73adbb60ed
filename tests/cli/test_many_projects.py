"""`archive check` on several project folders: a line each, one politeness, the worst exit code."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from linkarchive.project import Project

ALPHA = "http://alpha.example/page"
BETA = "http://beta.example/page"
GONE = "http://gamma.example/gone"


def site(folder: Any, name: str, *urls: str) -> Any:
    """A project folder below the working folder, which cites these."""
    (folder.root / name).mkdir()
    project = replace(folder, root=folder.root / name)
    project.write("links.txt", "\n".join(urls) + "\n")
    return project


@pytest.fixture
def sites(folder: Any, stage: Any) -> Any:
    stage[ALPHA] = stage.html("alpha")
    stage[BETA] = stage.html("beta")
    site(folder, "one", ALPHA)
    site(folder, "two", BETA, GONE)
    site(folder, "three", ALPHA, BETA)
    folder.write("lists/all.txt", "# ours\n../one\n\n../two\n../three\n")
    return folder


def test_a_line_each_and_the_worst_exit_code(sites: Any) -> None:
    ran = sites.run("check", "--projects", "lists/all.txt")
    lines = ran.out.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["lists/../one", "lists/../two", "lists/../three"]
    assert lines[1].endswith(": Of 2 sources, 1 is dead (1 new) and 1 is fine. 1 was seen for the first time.")
    assert ran.code == 1
    assert sites.run("check", "--project", "one", "--project", "three").code == 0
    assert (sites.root / "two" / "archive" / "reports" / "latest").exists()


@pytest.mark.long
def test_quietly_only_those_with_news(sites: Any, stage: Any) -> None:
    sites.run("check", "--projects", "lists/all.txt", now="2026-01-05")
    quiet = sites.run("check", "--projects", "lists/all.txt", "-q", now="2026-02-05")
    assert (quiet.out, quiet.err, quiet.code) == ("", "", 1)
    del stage._pages[ALPHA]
    quiet = sites.run("check", "--projects", "lists/all.txt", "-q", now="2026-03-05")
    assert [line.partition(": ")[0] for line in quiet.out.splitlines()] == ["lists/../one", "lists/../three"]
    again = sites.run("check", "--projects", "lists/all.txt", "-q", now="2026-04-05")
    assert again.out == "", "it is told once"


def test_what_is_wrong_with_one_does_not_stop_the_others(sites: Any) -> None:
    sites.write("lists/all.txt", "../one\n../nowhere\n../two\n../three\n")
    (sites.root / "three" / "archive.toml").write_text("[chek]\n")
    with Project(sites.root / "two").lock():
        ran = sites.run("check", "--projects", "lists/all.txt")
    assert [line.partition(": ")[0] for line in ran.out.splitlines()] == ["lists/../one"]
    assert "archive: lists/../nowhere: there is no such folder" in ran.err
    assert "archive: lists/../two: " in ran.err
    assert "another run is at work" in ran.err
    assert "unknown section [chek]" in ran.err
    assert ran.code == 75, "of 2, 75 and 2"


def test_a_folder_that_the_system_refuses_does_not_stop_the_others(sites: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    is_file = Path.is_file

    def refused(path: Path) -> bool:
        if path.parent.name == "two":
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", refused)
    ran = sites.run("check", "--projects", "lists/all.txt")
    assert [line.partition(": ")[0] for line in ran.out.splitlines()] == ["lists/../one", "lists/../three"]
    assert "archive: lists/../two: lists/../two/pyproject.toml: Permission denied" in ran.err
    assert ran.code == 3


def test_a_folder_that_is_named_twice_is_checked_once(sites: Any, stage: Any) -> None:
    ran = sites.run("check", "--project", "one", "--project", "./one/", "--project", "three")
    assert [line.partition(": ")[0] for line in ran.out.splitlines()] == ["one", "three"]


@pytest.mark.parametrize("more", [["article.md"], ["-o", "report.html"], ["--format", "json"], ["--dry-run"]])
def test_what_is_for_one_project_is_refused(sites: Any, more: list[str]) -> None:
    ran = sites.run("check", "--project", "one", "--project", "two", *more)
    assert (ran.code, ran.out) == (2, "")
    assert "several projects are reported on a line each" in ran.err


def test_a_list_that_is_not_there(sites: Any) -> None:
    ran = sites.run("check", "--projects", "nowhere.txt")
    assert ran.code == 2
    assert "nowhere.txt: cannot be read" in ran.err


@pytest.mark.long
def test_the_host_is_asked_no_faster_by_two_projects_than_by_one(sites: Any, stage: Any) -> None:
    """Starts on a host stay apart by its delay, also from one project to the next."""
    asked: list[float] = []

    def page(request: Any) -> Any:
        asked.append(time.monotonic())
        return stage.html("alpha")

    stage[ALPHA] = page
    env = {"ARCHIVE_NETWORK_HOST_DELAY": "8"}
    assert sites.run("check", "--project", "one", "--project", "three", env=env).code == 0
    assert len(asked) == 2
    assert asked[1] - asked[0] >= 7.9
