"""The project folder's lock: one run at a time, and no lock outlives its process (docs/design.md §4, §6)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from linkarchive.errors import LockedError, StorageError
from linkarchive.project import Project

HOLDER = """
import sys, time
from pathlib import Path
from linkarchive.project import Project
with Project(Path(sys.argv[1])).lock():
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_is_held_by_one(tmp_path: Path) -> None:
    with Project(tmp_path).lock():
        with pytest.raises(LockedError, match="another run"), Project(tmp_path).lock():
            pass
        with Project(tmp_path / "another").lock():
            pass
    with Project(tmp_path).lock():
        pass


def test_the_lock_ends_with_its_process_however_it_ends(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockedError), Project(tmp_path).lock():
            pass
        holder.kill()
    with Project(tmp_path).lock():
        pass
    assert (tmp_path / "archive" / ".lock").exists()  # the file stays; only its being held counts


def test_the_lock_is_released_by_an_error_within(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Project(tmp_path).lock():
        raise ZeroDivisionError
    with Project(tmp_path).lock():
        pass


def test_a_gitignore_of_the_user_stays(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.prepare()
    assert "warc/" in (tmp_path / "archive" / ".gitignore").read_text()
    (tmp_path / "archive" / ".gitignore").write_text("mine\n")
    project.prepare()
    assert (tmp_path / "archive" / ".gitignore").read_text() == "mine\n"


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="cannot be written"), Project(tmp_path).lock():
        pass
