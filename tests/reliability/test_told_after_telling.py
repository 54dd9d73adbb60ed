"""Row 2: what nobody was told is told by the next run, to each reader apart."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.long

ALPHA, BETA = "http://alpha.example/report", "http://beta.example/notes"
DAYS = ("2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26")

# The command, killed when the first byte of its report is to be printed: all else of the run is on record.
_KILLED = """
import io, os, sys
from linkarchive import cli

class Killing(io.RawIOBase):
    def writable(self):
        return True

    def write(self, data):
        os._exit(9)

sys.stdout = io.TextIOWrapper(io.BufferedWriter(Killing()), "utf-8")
sys.exit(cli.run(sys.argv[1:]))
"""


def _lived(folder: Any, stage: Any) -> None:
    for url in (ALPHA, BETA):
        stage[url] = stage.html(url)
    folder.article(ALPHA, BETA)
    assert folder.run("check", "article.md", now=DAYS[0]).code == 0
    stage[ALPHA] = stage.html("gone", status=410)


@pytest.fixture
def lived(once: Any) -> Any:
    """One run that was told; then ALPHA is gone."""
    return once(_lived)


def kill(folder: Any, *args: str, now: str) -> None:
    command = [folder.python, "-c", _KILLED, "check", *args]
    done = subprocess.run(command, cwd=folder.root, env=folder.env(now, {}), capture_output=True, check=False)
    assert done.returncode == 9, done.stderr


def test_a_run_that_was_killed_before_it_told_is_told_by_the_next(lived: Any) -> None:
    kill(lived, "-q", now=DAYS[1])
    ran = lived.run("check", "-q", now=DAYS[2])
    assert ran.code == 1
    assert ALPHA in ran.out
    assert "nothing was told here since 5 January 2026" in ran.out
    assert lived.run("check", "-q", now=DAYS[3]).out == "", "it is told once"


def test_a_first_run_that_was_killed_is_told_by_the_next(folder: Any, stage: Any) -> None:
    stage[BETA] = stage.html(BETA)
    folder.article(ALPHA, BETA)
    kill(folder, "article.md", "-q", now=DAYS[0])
    assert ALPHA in folder.run("check", "-q", now=DAYS[1]).out
    assert folder.run("check", "-q", now=DAYS[2]).out == ""


def test_what_died_and_came_back_untold_is_no_news(lived: Any, stage: Any) -> None:
    kill(lived, "-q", now=DAYS[1])
    stage[ALPHA] = stage.html(ALPHA)
    assert lived.run("check", "-q", now=DAYS[2]).out == ""


def test_news_of_a_source_that_the_next_run_does_not_visit_is_told(lived: Any) -> None:
    lived.article("http://gamma.example/other", name="other.md")
    kill(lived, "-q", now=DAYS[1])
    assert ALPHA in lived.run("check", "other.md", "-q", now=DAYS[2]).out


def test_it_survives_a_rebuilt_database(lived: Any) -> None:
    kill(lived, "-q", now=DAYS[1])
    assert lived.run("rebuild", now=DAYS[1]).code == 0
    assert ALPHA in lived.run("check", "-q", now=DAYS[2]).out


def test_a_file_that_cannot_be_written_keeps_nobody_else_from_being_told(lived: Any) -> None:
    (lived.root / "report.md").mkdir()
    ran = lived.run("check", "-q", "-o", "report.md", now=DAYS[1])
    assert ran.code == 3
    assert "report.md cannot be written" in ran.err
    assert ALPHA in ran.out
    (lived.root / "report.md").rmdir()
    later = lived.run("check", "-q", "-o", "report.md", now=DAYS[2])
    assert later.out == ""
    text = (lived.root / "report.md").read_text()
    assert "nothing was told here" in text
    assert "the address" in text or "New" in text


# The disk is full when a file of that name is to take its place.
_FULL = """
import errno, os
real = os.replace

def replace(source, target, **more):
    if os.fspath(target).endswith({end!r}):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(target))
    real(source, target, **more)

os.replace = replace
"""


@pytest.mark.parametrize("end", ["archive/state.jsonl", ".json", "reports/latest"], ids=["state", "manifest", "report"])
def test_a_disk_that_is_full_at_the_end_of_a_run_costs_no_news(lived: Any, end: str) -> None:
    first = lived.run_after(_FULL.format(end=end), "check", "-q", now=DAYS[1])
    assert (first.code, "the disk is full" in first.err) == (3, True)
    second = lived.run("check", "-q", now=DAYS[2])
    assert ALPHA in first.out + second.out
    assert "Traceback" not in first.err
    assert lived.run("check", "-q", now=DAYS[3]).out == "", "it is told once"


def test_a_full_standard_output_is_told_again(lived: Any) -> None:
    with Path("/dev/full").open("w") as full:
        command = [lived.python, "-m", "linkarchive", "check", "-q"]
        done = subprocess.run(
            command, cwd=lived.root, env=lived.env(DAYS[1], {}), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 3
    assert b"standard output cannot be written: the disk is full" in done.stderr
    assert b"Traceback" not in done.stderr
    assert ALPHA in lived.run("check", "-q", now=DAYS[2]).out


@pytest.mark.parametrize("closing", [">&-", ">&- 2>&-"])
def test_a_closed_standard_output_is_no_bug(lived: Any, closing: str) -> None:
    command = f"{lived.python} -m linkarchive check -q {closing}"
    done = subprocess.run(
        ["sh", "-c", command], cwd=lived.root, env=lived.env(DAYS[1], {}), capture_output=True, check=False
    )
    assert done.returncode == 3
    assert b"bug" not in done.stderr
    assert ALPHA in lived.run("check", "-q", now=DAYS[2]).out


def test_a_notification_that_fails_is_sent_with_the_next_news(lived: Any) -> None:
    script = lived.write("tell.sh", "#!/bin/sh\ncat > told-$$.md\n[ ! -e fail ] || exit 7\n")
    script.chmod(0o755)
    settings = {"ARCHIVE_NOTIFY_COMMAND": f"sh {script}"}
    (lived.root / "fail").touch()
    first = lived.run("check", "-q", now=DAYS[1], env=settings)
    assert "exit code 7" in first.err
    assert ALPHA in first.out
    (lived.root / "fail").unlink()
    for sent in lived.root.glob("told-*.md"):
        sent.unlink()
    second = lived.run("check", "-q", now=DAYS[2], env=settings)
    assert (second.out, second.err) == ("", ""), "standard output has been told"
    [sent] = lived.root.glob("told-*.md")
    assert ALPHA in sent.read_text()
    sent.unlink()
    lived.run("check", "-q", now=DAYS[3], env=settings)
    assert list(lived.root.glob("told-*.md")) == []


def test_new_only_goes_by_what_was_told(lived: Any) -> None:
    kill(lived, "--new-only", now=DAYS[1])
    assert lived.run("check", "--new-only", now=DAYS[2]).code == 1
    assert lived.run("check", "--new-only", now=DAYS[3]).code == 0


def test_json_says_what_changed_since_the_last_run(lived: Any) -> None:
    kill(lived, now=DAYS[1])
    assert lived.check(now=DAYS[2]).told(ALPHA) == ("dead", "http-410", "still")


def test_a_report_of_the_past_tells_nobody(lived: Any) -> None:
    before = (lived.root / "archive" / "told.json").read_bytes()
    kill(lived, now=DAYS[1])
    assert lived.run("report").code == 0
    assert (lived.root / "archive" / "told.json").read_bytes() == before
    assert set(json.loads(before)) == {"stdout"}


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_a_damaged_record_of_who_was_told_ends_no_run(lived: Any, data: bytes) -> None:
    path = lived.root / "archive" / "told.json"
    path.write_bytes(data)
    ran = lived.run("check", "-q", now=DAYS[1])
    assert (ran.code, ALPHA in ran.out) == (1, True)
    assert f"{path} could not be read" in ran.err
    again = lived.run("check", "-q", now=DAYS[2])
    assert (again.code, again.out, again.err) == (1, "", "")
