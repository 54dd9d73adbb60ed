"""The demo's folder."""

from __future__ import annotations

from pathlib import Path

import demo_truth as truth
import pytest

from linkarchive.demo.story import prepare
from linkarchive.errors import UsageError


def test_a_new_folder_gets_the_articles(tmp_path: Path) -> None:
    prepare(tmp_path / "demo")
    assert {path.name for path in (tmp_path / "demo").iterdir()} == {"DEMO.md", *truth.ARTICLES}


def test_an_earlier_demo_is_made_anew(tmp_path: Path) -> None:
    prepare(tmp_path)
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "archive.sqlite").write_bytes(b"old")
    (tmp_path / "links.txt").write_text("https://old.example/\n")
    prepare(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"DEMO.md", *truth.ARTICLES}


def test_somebodys_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "links.txt").write_text("https://mine.example/\n")
    with pytest.raises(UsageError, match="not empty"):
        prepare(tmp_path)
    assert (tmp_path / "links.txt").read_text() == "https://mine.example/\n"
    assert [path.name for path in tmp_path.iterdir()] == ["links.txt"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        prepare(tmp_path / "demo")
