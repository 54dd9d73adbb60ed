"""Rows 3, 5, 11, 12: readers write nothing, writers hold a lock, a line is there whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import gzip
import json
import os
import re
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from linkarchive.project import Project
from linkarchive.store import connections, opening

ALPHA, BETA = "http://alpha.example/report", "http://beta.example/notes"


def _lived(folder: Any, stage: Any) -> None:
    for url in (ALPHA, BETA):
        stage[url] = stage.html(url)
    folder.article(ALPHA, BETA)
    assert folder.check("article.md").code == 0


@pytest.fixture
def lived(once: Any) -> Any:
    return once(_lived)


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


@pytest.fixture
def being_replaced(lived: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Whenever a reader has found the database, another command takes it away, as `forget` and `rebuild` do before
    they put a new one in its place, which is in this file until then."""
    old, new = lived.root / "archive" / "archive.sqlite", lived.root / "new.sqlite"
    is_lost = opening._is_lost

    def found(project: Project) -> bool:
        lost = is_lost(project)
        old.replace(new)
        return lost

    monkeypatch.setattr(opening, "_is_lost", found)
    return new


COMMANDS = [("report",), ("show", ALPHA), ("status", "--all"), ("verify",), ("ignore", ALPHA)]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_waits_for_the_database_that_takes_the_place_of_the_old_one(
    lived: Any, being_replaced: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    def wait(seconds: float) -> None:
        being_replaced.replace(lived.root / "archive" / "archive.sqlite")

    monkeypatch.setattr(time, "sleep", wait)
    ran = lived.run(*command)
    assert (ran.code, ran.err) == (0, "")
    assert ALPHA in ran.out or "clean" in ran.out or "2 sources" in ran.out


@pytest.mark.parametrize("command", COMMANDS)
def test_a_database_that_stays_away_is_told_as_what_it_is(
    lived: Any, being_replaced: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr(connections, "_TAKING_ITS_PLACE", 0)
    ran = lived.run(*command)
    assert (ran.code, "another command makes the database anew" in ran.err) == (75, True)
    assert "nothing was checked" not in ran.err
    assert not (lived.root / "archive" / "archive.sqlite").exists(), "no reader makes one"


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


@pytest.fixture
def read_only(lived: Any) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command in the folder on a file system that is read-only (also for root)."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("no mount namespaces here")

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        mount = f"mount --bind {lived.root} {lived.root} && mount -o remount,ro,bind {lived.root}"
        command = f"{mount} && cd {lived.root} && exec {lived.python} -m linkarchive {' '.join(args)}"
        shell, environ = ["unshare", "-m", "sh", "-c", command], lived.env("2026-01-12", {})
        done = subprocess.run(shell, cwd="/", env=environ, capture_output=True, text=True, check=False)
        if "mount:" in done.stderr:
            pytest.skip("nothing can be mounted here")
        return done

    return run


@pytest.mark.long
def test_a_folder_on_read_only_media_can_be_read(lived: Any, read_only: Any) -> None:
    expected = lived.run("report", "--format", "json").out
    done = read_only("report", "--format", "json")
    assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")
    verified = read_only("verify")
    assert (verified.returncode, "clean" in verified.stdout) == (0, True)


@pytest.mark.parametrize("args", [("check",), ("ignore", ALPHA), ("accept", ALPHA), ("rebuild",)])
def test_whoever_cannot_write_is_told_so_and_not_to_delete_a_file(read_only: Any, args: tuple[str, ...]) -> None:
    done = read_only(*args)
    assert done.returncode == 3
    assert "the disk is read-only; mount it for writing" in done.stderr
    assert not any(word in done.stderr + done.stdout for word in ("delete", "remove", "Traceback"))


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


def test_a_disk_that_fills_in_the_middle_of_a_line_leaves_the_lines_as_they_were(lived: Any) -> None:
    """The file may grow by twenty bytes: the first part of the line is written, the rest is refused."""
    assert lived.run("ignore", ALPHA).code == 0
    path = lived.root / "archive" / "decisions.jsonl"
    path.write_bytes(path.read_bytes() * 10_000)  # larger than any other file of the folder
    before = path.read_bytes()
    limit = len(before) + 20
    code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"
    done = lived.run_after(code, "ignore", BETA)
    assert (done.code, "cannot be written" in done.err) == (3, True)
    assert path.read_bytes() == before


# The command, killed when it has put the first file of a forget in its place.
_KILLED_FORGET = """
import os
real = os.replace

def replace(source, target, **more):
    real(source, target, **more)
    if os.path.dirname(target) == os.path.realpath("archive/warc"):
        os._exit(9)

os.replace = replace
"""


@pytest.fixture
def half_forgotten(lived: Any) -> Any:
    assert lived.run_after(_KILLED_FORGET, "forget", ALPHA, "--reason", "asked").code == 9
    return lived


@pytest.mark.long
def test_a_decision_after_a_killed_forget_stays(half_forgotten: Any) -> None:
    assert half_forgotten.run("ignore", BETA).code == 0
    assert f"ignore {BETA}" in decided(half_forgotten)
    assert half_forgotten.run("check", now="2026-01-12").code == 0
    assert sorted(decided(half_forgotten)) == [f"forget {ALPHA}", f"ignore {BETA}"]
    assert half_forgotten.run("verify").code == 0


def test_an_export_after_a_killed_forget_has_nothing_of_the_page(half_forgotten: Any) -> None:
    assert half_forgotten.run("export", "--wacz", "all.wacz").code == 0
    with zipfile.ZipFile(half_forgotten.root / "all.wacz") as exported:
        for name in exported.namelist():
            data = exported.read(name)
            text = gzip.decompress(data) if name.endswith(".gz") else data
            lines = [line for line in text.splitlines() if ALPHA.encode() in line and b"forget" not in line]
            assert not [line for line in lines if line.startswith((b"WARC-Target-URI", b"example,alpha"))], name


def _form_of(html: str) -> tuple[str, str]:
    """The token, and the mark of the source, of the first form with both."""
    found = re.search(r'name="token" value="([^"]+)">\s*<input type="hidden" name="source" value="([^"]+)"', html)
    assert found, html[-2000:]
    return found[1], found[2]


@pytest.mark.long
def test_a_decision_on_a_page_from_before_a_forget_is_on_no_other_source(lived: Any, stage: Any) -> None:
    gamma = "http://gamma.example/ledger"
    lived.article(ALPHA, BETA, gamma)
    for url in (BETA, gamma):
        stage[url] = stage.html("gone", status=410)
    assert lived.check(now="2026-01-12").code == 1
    running = lived.start("serve")
    url = next(part for line in running.stdout for part in line.split() if part.startswith("http://"))
    origin, session = url.partition("/?")[0], requests.Session()
    session.trust_env = False
    token, mark = _form_of(session.get(url, timeout=60).text)
    assert lived.run("forget", ALPHA, "--reason", "asked").code == 0
    form = {"token": token, "source": mark, "action": "ignore"}
    done = session.post(f"{origin}/decide", data=form, headers={"Origin": origin}, timeout=60, allow_redirects=False)
    assert (done.status_code, "load the page again" in done.text) == (400, True)
    assert decided(lived) == [f"forget {ALPHA}"]
    running.terminate()


@pytest.mark.long
def test_decisions_on_the_review_page_beside_a_forget_stay(lived: Any, stage: Any) -> None:
    stage[BETA] = stage.html("gone", status=410)
    assert lived.check(now="2026-01-12").told(BETA)[0] == "dead"
    running = lived.start("serve")
    url = next(part for line in running.stdout for part in line.split() if part.startswith("http://"))
    origin, session = url.partition("/?")[0], requests.Session()
    session.trust_env = False
    token, mark = _form_of(session.get(url, timeout=60).text)
    forget = lived.start("forget", ALPHA, "--reason", "asked")
    answered = 0
    while forget.poll() is None or not answered:
        form = {"token": token, "source": mark, "action": "ignore", "reason": f"number {answered}"}
        headers = {"Origin": origin}
        done = session.post(f"{origin}/decide", data=form, headers=headers, timeout=60, allow_redirects=False)
        if done.status_code != 303:  # the database was made anew, and has other numbers
            assert "has changed since the page was made" in done.text
            shown = session.get(f"{origin}/", timeout=60)
            token, mark = _form_of(shown.text)
            continue
        page = session.get(f"{origin}/", timeout=60)
        token, mark = _form_of(page.text)
        answered += f"Ignored {BETA}" in page.text
    running.terminate()
    assert forget.returncode == 0
    assert decided(lived).count(f"ignore {BETA}") == answered
    assert f"forget {ALPHA}" in decided(lived)
    assert lived.run("verify").code == 0


# --- locks ---------------------------------------------------------------------


def refusing(number: int) -> str:
    """Every lock is refused with that error."""
    return f"""
import fcntl, os

def refuse(handle, how):
    raise OSError({number}, os.strerror({number}))

fcntl.flock = refuse
"""


@pytest.mark.long
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_locked_by_a_file(lived: Any, number: int) -> None:
    assert lived.run_after(refusing(number), "check", now="2026-01-12").code == 0
    held = lived.root / "archive" / ".lock.held"
    assert not held.exists()
    held.write_text("another-host 1")
    busy = lived.run_after(refusing(number), "check", now="2026-01-12")
    assert (busy.code, "no locks" in busy.err) == (75, True)
    held.write_text(f"{os.uname().nodename} 999999999")  # of a process that is no more
    assert lived.run_after(refusing(number), "check", now="2026-01-19").code == 0


def test_a_disk_error_is_not_taken_for_a_lock(lived: Any) -> None:
    done = lived.run_after(refusing(errno.EIO), "check", now="2026-01-12")
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
