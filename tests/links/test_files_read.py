"""Whether the files that a reading depended on are what was read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from linkarchive.links import files_read
from linkarchive.links.files_read import FilesRead, are_as_read


def noted(root: Path) -> FilesRead:
    """A folder of two articles, of which one was read, and a list that is not there."""
    (root / "posts").mkdir()
    (root / "posts" / "one.md").write_bytes(b"one")
    (root / "posts" / "two.md").write_bytes(b"two")
    files = FilesRead(root)
    files.note_folder(root / "posts", ["one.md", "two.md"])
    files.note("posts/one.md", b"one")
    files.note(root / "posts" / "references.bib", None)
    return files


def test_what_is_as_it_was(tmp_path: Path) -> None:
    files = list(noted(tmp_path).files())
    assert are_as_read(tmp_path, files)
    os.utime(tmp_path / "posts" / "one.md", (0, 0))
    (tmp_path / "posts" / "two.md").write_bytes(b"not read")
    (tmp_path / "posts" / ".one.md.swp").touch()
    assert are_as_read(tmp_path, files)


@pytest.mark.parametrize("name", ["one.md", "three.md", "references.bib", ".gitignore"])
def test_what_changed_is_seen(tmp_path: Path, name: str) -> None:
    files = list(noted(tmp_path).files())
    (tmp_path / "posts" / name).write_bytes(b"new")
    assert not are_as_read(tmp_path, files)


def test_what_is_gone_is_seen(tmp_path: Path) -> None:
    files = list(noted(tmp_path).files())
    (tmp_path / "posts" / "two.md").unlink()
    assert not are_as_read(tmp_path, files)


def test_a_file_changed_after_it_was_read_is_seen(tmp_path: Path) -> None:
    files = noted(tmp_path)
    (tmp_path / "posts" / "one.md").write_bytes(b"eno")  # before its size and times are taken
    assert not are_as_read(tmp_path, list(files.files()))


def test_a_file_changed_long_before_the_reading_ends_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_read, "_SETTLED", 0)  # as if the reading had taken a day
    files = noted(tmp_path)
    while (tmp_path / "posts" / "one.md").stat().st_ctime_ns <= files.began:
        (tmp_path / "posts" / "one.md").write_bytes(b"eno")
    assert not are_as_read(tmp_path, list(files.files()))


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    files = list(noted(tmp_path).files())
    (tmp_path / "posts" / "one.md").unlink()
    os.mkfifo(tmp_path / "posts" / "one.md")
    assert not are_as_read(tmp_path, files)


def test_files_that_were_left_alone_for_a_while_are_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_read, "_SETTLED", 0)
    files = noted(tmp_path)
    files.note("posts/two.md", b"what it never held")
    stamped = list(files.files())
    assert are_as_read(tmp_path, stamped)
    (tmp_path / "posts" / "two.md").write_bytes(b"another size")
    assert not are_as_read(tmp_path, stamped)
