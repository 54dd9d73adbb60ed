"""`archive forget` killed at any moment: the next start finds the archive as it was, or finishes the work."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from linkarchive.snapshot import forget

ALPHA = "http://alpha.example/page"
BETA = "http://beta.example/page"
MARK = "Zanzibarium"
DAYS = ("2026-01-05", "2026-02-05")

# Dies without a word, as `kill -9` does, at the step that argv[1] counts to: before a file of the archive is
# made, gets another name, or is removed.
_KILLED = """
import os, sys
from linkarchive import cli

left = int(sys.argv[1])

def watch(event, arguments):
    global left
    changes = event in ("os.rename", "os.remove", "os.rmdir") or (event == "open" and arguments[2] & os.O_TRUNC)
    if changes and "/archive/" in str(arguments[0]):
        if left == 0:
            os._exit(9)
        left -= 1

sys.addaudithook(watch)
sys.exit(cli.run(sys.argv[2:]))
"""


def holds_mark(root: Path) -> bool:
    for path in (root / "archive").rglob("*"):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if MARK.encode() in data or (path.suffix == ".gz" and MARK.encode() in gzip.decompress(data)):
                return True
    return False


def _lived(folder: Any, stage: Any) -> None:
    for day in DAYS:
        for url in (ALPHA, BETA):
            stage[url] = stage.html(f"{MARK} {day}" if url == ALPHA else url, more=day * 50)
        folder.article(ALPHA, BETA, published=DAYS[0])
        folder.check("article.md", now=day)


@pytest.fixture
def lived(once: Any) -> Any:
    return once(_lived)


def killed(folder: Any, step: int) -> int:
    command = [sys.executable, "-c", _KILLED, str(step), "forget", ALPHA, "--reason", "why not"]
    return subprocess.run(
        command, cwd=folder.root, env=folder.env(DAYS[1], {}), capture_output=True, timeout=60, check=False
    ).returncode


@pytest.mark.long
def test_a_kill_at_any_step_leaves_one_of_the_two_states(lived: Any, tmp_path: Path) -> None:
    root = lived.root
    shutil.copytree(root, tmp_path / "kept", symlinks=True)
    before = lived.run("report", "--format", "json").out
    states = []
    for step in range(40):
        shutil.rmtree(root)
        shutil.copytree(tmp_path / "kept", root, symlinks=True)
        code = killed(lived, step)
        pending = (root / "archive" / "forgetting.json").exists()
        assert (lived.run("verify").code == 1) == pending, "an archive between the two says so"
        repaired = lived.run("rebuild")
        assert repaired.code == 0, repaired.err
        assert ("an interrupted `archive forget` was finished" in repaired.err) == pending
        assert not list((root / "archive").rglob("*.tmp"))
        assert lived.run("verify").code == 0
        gone = not holds_mark(root)
        assert (root / "archive" / "decisions.jsonl").exists() == gone
        urls = [source["url"] for source in json.loads(lived.run("report", "--format", "json").out)["sources"]]
        assert (urls == [BETA]) if gone else (lived.run("report", "--format", "json").out == before)
        states.append(gone)
        if code == 0:
            break
        assert code == 9
    assert states == sorted(states), "once it has begun to replace files it is always finished"
    assert len(states) > 12, "many steps were tried"
    assert states.count(False) >= 3


def test_a_full_disk_leaves_the_archive_as_it_was(lived: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path: path.read_bytes() for path in (lived.root / "archive").rglob("*.*") if path.is_file()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(forget, "sync_file", full)
    done = lived.run("forget", ALPHA, "--reason", "why not")
    assert done.code == 3
    assert "the disk is full" in done.err
    assert {path: path.read_bytes() for path in before} == before
    assert not list((lived.root / "archive").rglob("*.tmp"))


def test_a_damaged_file_is_not_guessed_at(lived: Any) -> None:
    path = next((lived.root / "archive" / "warc").iterdir())
    data = bytearray(path.read_bytes())
    data[2000] ^= 0xFF
    path.write_bytes(data)
    done = lived.run("forget", ALPHA, "--reason", "why not")
    assert done.code == 3
    assert path.name in done.err
    assert "nobody can say what it held" in done.err
    assert path.read_bytes() == data


def test_a_plan_that_cannot_be_read_is_told(lived: Any) -> None:
    (lived.root / "archive" / "forgetting.json").write_bytes(b"{")
    done = lived.run("check")
    assert done.code == 3
    assert "forgetting.json cannot be read" in done.err
    assert "forget the sources again" in done.err
