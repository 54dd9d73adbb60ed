"""A run that changes nothing does not read the files of the state; one that somebody changed is noticed anyway."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pytest

from linkarchive.links import files_read

ALPHA = "http://alpha.example/page"


@pytest.fixture
def settled(folder: Any, stage: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A folder whose state was written long ago, as far as the runs can tell, and read by one of them since."""
    monkeypatch.setattr(files_read, "_SETTLED", -(10**15))
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA)
    for day in ("05", "06"):
        folder.check("article.md", now=f"2026-01-{day}")
    return folder


def test_the_state_is_known_by_its_size_and_times(settled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> None:
        raise AssertionError("the state was read")

    monkeypatch.setattr(files_read, "hashlib", SimpleNamespace(file_digest=read, sha256=files_read.hashlib.sha256))
    assert settled.check(now="2026-01-07").code == 0
    assert "clean" in settled.run("verify").out


def test_a_state_of_the_same_size_and_time_with_other_bytes_is_written_anew(settled: Any) -> None:
    state = settled.root / "archive" / "state.jsonl"
    before, status = state.read_bytes(), state.stat()
    state.write_bytes(before.replace(b"alpha", b"gamma"))
    os.utime(state, ns=(status.st_atime_ns, status.st_mtime_ns))
    settled.check(now="2026-01-07")
    assert state.read_bytes() == before
