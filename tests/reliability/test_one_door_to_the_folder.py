"""Rows 3, 5, 11, 12: readers write nothing, writers hold a lock, a line is there whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from linkarchive import files

ALPHA, BETA = "http://alpha.example/report", "http://beta.example/notes"


@pytest.fixture
def lived(folder: Any, stage: Any) -> Any:
    for url in (ALPHA, BETA):
        stage[url] = stage.html(url)
    folder.article(ALPHA, BETA)
    assert folder.check("article.md").code == 0
    return folder


def contents(root: Path) -> dict[str, bytes]:
    """Every file of the archive but the locks and what SQLite keeps beside its file."""
    found = {}
    for path in (root / "archive").rglob("*"):
        if path.is_file() and not path.name.startswith((".lock", "archive.sqlite-")):
            found[path.relative_to(root).as_posix()] = path.read_bytes()
    return found


READERS: tuple[tuple[str, ...], ...] = (
    ("report",),
    ("report", "--format", "json"),
    ("show", ALPHA),
    ("diff", ALPHA),
    ("verify",),
    ("fix", "article.md"),
    ("extract", "article.md"),
    ("config",),
)


@pytest.mark.parametrize("command", READERS)
def test_a_reader_changes_no_file(lived: Any, command: tuple[str, ...]) -> None:
    before = contents(lived.root)
    assert lived.run(*command).code in (0, 1, 2)
    assert contents(lived.root) == before


@pytest.mark.parametrize("command", [("report",), ("show", ALPHA), ("verify",)])
def test_a_reader_makes_nothing_in_a_folder_without_a_past(folder: Any, command: tuple[str, ...]) -> None:
    folder.run(*command)
    assert list(folder.root.iterdir()) == []


def test_a_reader_beside_a_run_in_a_clone_leaves_the_database_to_it(lived: Any) -> None:
    """The lock is held, the database is missing: the report is made without it."""
    then = lived.run("report", "--format", "json").out
    (lived.root / "archive" / "archive.sqlite").unlink()
    with (lived.root / "archive" / ".lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert lived.run("report", "--format", "json").out == then
        assert not (lived.root / "archive" / "archive.sqlite").exists()


@pytest.mark.long
@pytest.mark.parametrize("second", [("report",), ("check",), ("show", ALPHA), ("accept", ALPHA), ("rebuild",)])
def test_two_commands_at_once_in_a_clone_without_a_database(lived: Any, second: tuple[str, ...]) -> None:
    for path in (lived.root / "archive").glob("archive.sqlite*"):
        path.unlink()
    both = [lived.start("check", now="2026-01-12"), lived.start(*second, now="2026-01-12T08:00:00Z")]
    errors = [process.communicate(timeout=120)[1] for process in both]
    assert all("Traceback" not in error for error in errors)
    assert both[0].returncode in (0, 75)
    ran = lived.check(now="2026-01-19")
    assert ran.told(ALPHA) == ("ok", "same", "none")
    assert ran.source(ALPHA)["baseline"]["time"].startswith("2026-01-05"), "the baselines are those of the past"
    assert lived.run("verify").code == 0


@pytest.mark.parametrize("content", [b"", None])
def test_an_emptied_or_deleted_database_costs_no_baseline(lived: Any, content: bytes | None) -> None:
    database = lived.root / "archive" / "archive.sqlite"
    for path in (lived.root / "archive").glob("archive.sqlite*"):
        path.unlink()
    if content is not None:
        database.write_bytes(content)
    ran = lived.check(now="2026-01-12")
    assert ran.told(ALPHA) == ("ok", "same", "none")
    assert ran.source(ALPHA)["baseline"]["time"].startswith("2026-01-05")


def test_a_read_only_folder_can_be_read(lived: Any) -> None:
    """Also by root, for whom no permission counts: the test then says what a read-only file system does."""
    expected = lived.run("report", "--format", "json").out
    if os.getuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
        pytest.skip("root without mount namespaces: nothing is read-only here")
    if os.getuid() == 0:
        mount = f"mount --bind {lived.root} {lived.root} && mount -o remount,ro,bind {lived.root}"
        command = f"{mount} && exec python -m linkarchive report --format json"
        environ = {**lived.env(None, {}), "PATH": f"{Path(os.sys.executable).parent}:{os.environ['PATH']}"}  # type: ignore[attr-defined]
        shell = ["unshare", "-m", "sh", "-c", command]
        done = subprocess.run(shell, cwd="/", env=environ | {"PWD": "/"}, capture_output=True, text=True, check=False)
        if "mount:" in done.stderr:
            pytest.skip("nothing can be mounted here")
    else:
        for path in (lived.root / "archive", *(lived.root / "archive").rglob("*")):
            path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
        assert lived.run("report", "--format", "json").out == expected


# --- decisions -----------------------------------------------------------------


def decided(folder: Any) -> list[str]:
    lines = (folder.root / "archive" / "decisions.jsonl").read_text().splitlines()
    return [f"{line['action']} {line['url']}" for line in map(json.loads, lines)]


def test_a_decision_is_taken_while_a_run_is_at_work(lived: Any) -> None:
    with (lived.root / "archive" / ".lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert lived.run("ignore", ALPHA).code == 0
        assert lived.run("check", now="2026-01-12").code == 75
    assert decided(lived) == [f"ignore {ALPHA}"]


def test_a_line_torn_by_an_interruption_is_passed_over_and_not_glued_to(lived: Any) -> None:
    path = lived.root / "archive" / "decisions.jsonl"
    assert lived.run("ignore", ALPHA).code == 0
    with path.open("ab") as file:
        file.write(b'{"action":"ignore","url":"http://be')
    assert lived.run("report").code == 0
    assert lived.run("ignore", BETA).code == 0
    assert decided(lived) == [f"ignore {ALPHA}", f"ignore {BETA}"]


def test_a_last_line_without_its_end_is_kept(lived: Any) -> None:
    path = lived.root / "archive" / "decisions.jsonl"
    assert lived.run("ignore", ALPHA).code == 0
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().rstrip(b"\n"))  # an editor's
    assert lived.run("ignore", BETA).code == 0
    assert lived.run("report").code == 0
    assert path.read_text(encoding="utf-8-sig").count("\n") == 2


def test_a_disk_that_fills_in_the_middle_of_a_line_leaves_the_lines_as_they_were(
    lived: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lived.run("ignore", ALPHA).code == 0
    path = lived.root / "archive" / "decisions.jsonl"
    before, write = path.read_bytes(), os.pwrite

    def short(handle: int, data: bytes, offset: int) -> int:
        if len(data) > 20:
            return write(handle, data[:20], offset)
        raise OSError(errno.ENOSPC, "No space left on device")

    def limited(handle: int, data: bytes, offset: int) -> int:
        if offset > len(before):
            raise OSError(errno.ENOSPC, "No space left on device")
        return short(handle, data, offset)

    monkeypatch.setattr(files.os, "pwrite", limited)
    done = lived.run("ignore", BETA)
    assert (done.code, "the disk is full" in done.err) == (3, True)
    assert path.read_bytes() == before


# --- locks ---------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_locked_by_a_file(
    lived: Any, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(handle: int, how: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert lived.run("check", now="2026-01-12").code == 0
    held = lived.root / "archive" / ".lock.held"
    assert not held.exists()
    held.write_text("another-host 1")
    busy = lived.run("check", now="2026-01-12")
    assert (busy.code, "no locks" in busy.err) == (75, True)
    held.write_text(f"{os.uname().nodename} 999999999")  # of a process that is no more
    assert lived.run("check", now="2026-01-19").code == 0


def test_a_disk_error_is_not_taken_for_a_lock(lived: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int, how: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(fcntl, "flock", refuse)
    done = lived.run("check", now="2026-01-12")
    assert done.code == 3
    assert "cannot be locked" in done.err
    assert "another run" not in done.err


# --- Git -------------------------------------------------------------------------


@pytest.mark.parametrize("found", [b"", b"# The database and the WARC files can be large\narchive.sqlite*\n"])
def test_git_takes_no_database_no_warc_file_and_no_index(lived: Any, found: bytes) -> None:
    if shutil.which("git") is None:
        pytest.skip("no git here")
    (lived.root / "archive" / ".gitignore").write_bytes(found)  # as a full disk, or an older version, left it
    assert lived.check(now="2026-01-12").code == 0
    subprocess.run(["git", "init", "-q", "."], cwd=lived.root, check=True)
    subprocess.run(["git", "add", "-A", "."], cwd=lived.root, check=True)
    listed = subprocess.run(["git", "ls-files"], cwd=lived.root, check=True, capture_output=True, text=True).stdout
    assert "archive/state.jsonl" in listed
    assert not [name for name in listed.split() if name.endswith((".gz", ".cdxj", ".sqlite", ".lock"))]
