"""`[keep] folder`: a site that has an `archive/` of its own keeps it to itself."""

from __future__ import annotations

from typing import Any

import pytest

ALPHA = "http://alpha.example/page"
BETA = "http://beta.example/page"


def _named(folder: Any, stage: Any) -> None:
    folder.write("archive.toml", '[keep]\nfolder = "kept"\n')
    folder.write("archive/2019.md", "An old post of the site.\n")
    stage[ALPHA] = stage.html("first")
    stage[BETA] = stage.html("other")
    folder.article(ALPHA, BETA)
    assert folder.check("article.md", now="2026-01-05").code == 0
    stage[ALPHA] = stage.html("second")
    assert folder.check(now="2026-02-05").told(ALPHA)[0] == "drifted"


@pytest.fixture
def named(once: Any) -> Any:
    """A site with a section `archive/`, whose sources are kept in `kept/`; checked twice."""
    return once(_named)


def test_everything_is_kept_under_the_name_that_was_chosen(named: Any) -> None:
    assert [path.name for path in (named.root / "archive").iterdir()] == ["2019.md"]
    kept = {path.name for path in (named.root / "kept").iterdir()}
    assert kept >= {".gitignore", ".lock", "archive.sqlite", "state.jsonl", "warc", "indexes", "manifests", "reports"}
    capture = named.run("report", "--format", "json").source(ALPHA)["capture"]
    assert capture["warc"].startswith("kept/warc/")
    assert (named.root / capture["warc"]).exists()


def test_every_command_finds_it_there(named: Any) -> None:
    assert "second" in named.run("show", ALPHA, "--text").out
    assert "On second" in named.run("show", ALPHA, "--text").out
    diff = named.run("diff", ALPHA).out
    assert "- On first" in diff
    assert "+ On second" in diff
    assert named.run("verify").out == "2 WARC files: clean\n"
    assert "2 sources under watch: 1 ok and 1 drifted." in named.run("status").out
    (named.root / "kept" / "archive.sqlite").unlink()
    assert named.run("rebuild").code == 0
    assert named.run("report", "--format", "json").told(ALPHA)[0] == "drifted"
    assert named.run("accept", ALPHA).code == 0
    (decision,) = (named.root / "kept" / "decisions.jsonl").read_text().splitlines()
    assert ALPHA in decision
    cached = [line.strip() for line in named.run("schedule", "github").out.splitlines() if "archive.sqlite" in line]
    assert cached == ["./kept/archive.sqlite"]
    assert named.run("forget", BETA, "--reason", "asked by its owner").code == 0
    assert BETA not in (named.root / "kept" / "state.jsonl").read_text()
    assert named.run("verify").out.endswith(": clean\n")
    assert [path.name for path in (named.root / "archive").iterdir()] == ["2019.md"]


def test_a_first_run_says_that_it_takes_a_folder_of_the_site(folder: Any, stage: Any) -> None:
    folder.write("archive/2019.md", "An old post of the site.\n")
    stage[ALPHA] = stage.html("first")
    folder.article(ALPHA)
    for command in (("check", "no-such.md"), ("check", "article.md", "--dry-run"), ("forget", ALPHA, "--reason", "x")):
        folder.run(*command)
        assert [path.name for path in (folder.root / "archive").iterdir()] == ["2019.md"]
    first = folder.run("check", "article.md", now="2026-01-05")
    assert first.code == 0
    assert "archive has files of yours (2019.md)" in first.err
    assert "folder = " in first.err
    assert "files of yours" not in folder.run("check", now="2026-01-12").err


@pytest.mark.parametrize("left", ["state.jsonl", "state/00.jsonl", "decisions.jsonl", "manifests/r.json", ".gitignore"])
def test_a_clone_of_an_archive_is_no_folder_of_the_site(folder: Any, stage: Any, left: str) -> None:
    folder.write(f"archive/{left}", "")
    stage[ALPHA] = stage.html("first")
    folder.article(ALPHA)
    assert "files of yours" not in folder.run("check", "article.md", now="2026-01-05").err


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc", "a\nb"])
def test_a_path_is_no_name(folder: Any, name: str) -> None:
    ran = folder.run("status", env={"ARCHIVE_KEEP_FOLDER": name})
    assert ran.code == 2
    assert "give the name of a folder in the project folder" in ran.err


def test_a_file_of_that_name_is_said(folder: Any) -> None:
    folder.write("kept", "a file")
    ran = folder.run("status", env={"ARCHIVE_KEEP_FOLDER": "kept"})
    assert ran.code != 0
    assert "kept is a file" in ran.err
