"""`--changed-since REF`: for pull requests, only the links that a change adds."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"
GAMMA = "http://gamma.example/list"
DELTA = "http://delta.example/table"


def git(root: Path, *args: str) -> None:
    who = ["-c", "user.name=author", "-c", "user.email=author@example.org"]
    subprocess.run(["git", *who, "-C", root, *args], check=True, capture_output=True)


def _repository(folder: Any, stage: Any) -> None:
    for url in (ALPHA, GAMMA, DELTA):
        stage[url] = stage.html(url)
    folder.article(ALPHA, BETA, head="The [old one](#) is lost.")
    git(folder.root, "init", "--quiet", "--initial-branch=main")
    assert folder.run("check", "article.md").code == 1
    git(folder.root, "add", "article.md", "links.txt", "archive/state.jsonl")
    git(folder.root, "commit", "--quiet", "-m", "published")
    git(folder.root, "switch", "--quiet", "--create", "change")
    stage.requests.clear()


@pytest.fixture
def repository(once: Any) -> Any:
    """A folder under Git, checked once: `main` has an article with a good link, a dead one and a lost one."""
    return once(_repository)


def urls(ran: Any) -> set[str]:
    return {source["url"] for source in ran.json["sources"]}


def test_only_the_links_that_a_branch_adds_are_visited(repository: Any, stage: Any) -> None:
    repository.article(ALPHA, GAMMA, BETA, head="The [old one](#) is lost.")
    git(repository.root, "commit", "--quiet", "--all", "-m", "one more source")
    ran = repository.check("article.md", "--changed-since", "main", now="2026-01-06")
    assert ran.code == 0  # the dead one and the lost one were there before
    assert urls(ran) == {GAMMA}
    assert ran.json["unresolved"] == []
    assert {request.url for request in stage.requests} == {GAMMA}


def test_what_is_not_committed_yet_and_new_files_count(repository: Any) -> None:
    repository.article(ALPHA, BETA, GAMMA, head="The [old one](#) is lost. So is the [new one](#).")
    repository.article(ALPHA, DELTA, name="second.md")
    ran = repository.check("article.md", "second.md", "--changed-since", "HEAD", now="2026-01-06")
    assert urls(ran) == {GAMMA, ALPHA, DELTA}  # ALPHA is new in the second article
    assert [target["text"] for target in ran.json["unresolved"]] == ["new one"]
    assert ran.code == 1


def test_a_dead_link_that_is_added_fails_the_pull_request(repository: Any) -> None:
    repository.article(ALPHA, BETA, "http://beta.example/gone")
    ran = repository.check("--changed-since", "main", now="2026-01-06")  # without names: what links.txt names
    assert ran.code == 1
    assert urls(ran) == {"http://beta.example/gone"}


def test_a_line_added_to_links_txt_counts(repository: Any) -> None:
    repository.write("links.txt", f"{GAMMA}\n{repository.links()}")
    assert urls(repository.check("--changed-since", "main", now="2026-01-06")) == {GAMMA}


def test_what_main_lost_since_the_branch_began_is_not_an_addition(repository: Any) -> None:
    repository.article(ALPHA, BETA, GAMMA, head="The [old one](#) is lost.")
    git(repository.root, "commit", "--quiet", "--all", "-m", "on the branch")
    git(repository.root, "switch", "--quiet", "main")
    repository.article(ALPHA)
    git(repository.root, "commit", "--quiet", "--all", "-m", "main goes on without the dead one")
    git(repository.root, "switch", "--quiet", "change")
    assert urls(repository.check("article.md", "--changed-since", "main", now="2026-01-06")) == {GAMMA}


def test_nothing_changed_is_nothing_to_do(repository: Any, stage: Any) -> None:
    ran = repository.check("--changed-since", "main", now="2026-01-06")
    assert ran.code == 0
    assert ran.json["sources"] == []
    assert stage.requests == []


def test_a_dry_run_says_the_same(repository: Any) -> None:
    repository.article(ALPHA, BETA, GAMMA)
    ran = repository.run("check", "article.md", "--changed-since", "main", "--dry-run", now="2026-01-06")
    assert "would visit 1 source on" in ran.out


def test_an_unknown_revision_is_named(repository: Any) -> None:
    for ref in ("mian", "--output=x", "HEAD~99"):
        ran = repository.run("check", f"--changed-since={ref}", now="2026-01-06")
        assert (ran.code, ran.out) == (2, "")
        assert ref in ran.err
    assert not (repository.root / "x").exists()


def test_no_repository_is_said(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA)
    ran = folder.run("check", "article.md", "--changed-since", "main", env={"GIT_CEILING_DIRECTORIES": "/"})
    assert ran.code == 2
    assert "not in a Git repository" in ran.err


def test_without_git_it_is_said(folder: Any) -> None:
    folder.article(ALPHA)
    ran = folder.run("check", "article.md", "--changed-since", "main", env={"PATH": "/nowhere"})
    assert ran.code == 2
    assert "`git` is not installed" in ran.err


def test_a_project_below_the_top_of_its_repository(folder: Any, stage: Any, tmp_path: Path) -> None:
    stage[ALPHA], stage[GAMMA] = stage.html("alpha"), stage.html("gamma")
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    folder.article(ALPHA, name="essays/ü x.md")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    folder.article(ALPHA, GAMMA, name="essays/ü x.md")
    assert urls(folder.check("essays", "--changed-since", "HEAD")) == {GAMMA}
