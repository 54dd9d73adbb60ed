"""Our WACZ files in programs that are not ours: pywb replays the demo's, py-wacz finds nothing wrong with it."""

from __future__ import annotations

import dataclasses
import gzip
import json
import re
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linkarchive import cli
from linkarchive.demo.story import run_demo
from linkarchive.model import Capture
from linkarchive.snapshot.reader import read_record, scan

pytestmark = pytest.mark.long

_PY_WACZ = "wacz>=0.5,<1"


@dataclasses.dataclass(frozen=True)
class Exported:
    root: Path
    wacz: Path


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """The archive of the demo's two days as a WACZ file."""
    root = tmp_path_factory.mktemp("wacz") / "demo"
    run_demo(root, say=lambda _: None)
    target = root.with_name("demo.wacz")
    assert cli.run(["export", "--project", str(root), "--wacz", str(target)]) == 0
    assert cli.run(["verify", "--wacz", str(target)]) == 0
    return Exported(root, target)


@pytest.fixture(scope="module")
def py_wacz(pywb: Path) -> Path:
    """The `wacz` of py-wacz, beside pywb."""
    program = pywb / "wacz"
    if not program.exists():
        command = [str(pywb / "python"), "-m", "pip", "install", "--quiet", _PY_WACZ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            pytest.skip(f"py-wacz cannot be installed here: {(done.stderr.strip() or '?').splitlines()[-1]}")
    return program


@pytest.fixture(scope="module")
def wayback(exported: Exported, pywb: Path, serve_pywb: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """pywb over what is in the WACZ file, and nothing else."""
    root = tmp_path_factory.mktemp("wacz-pywb")
    for command in (["init", "web"], ["add", "--unpack-wacz", "web", str(exported.wacz)]):
        done = subprocess.run([str(pywb / "wb-manager"), *command], cwd=root, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    (root / "config.yaml").write_text("framed_replay: false\nenable_memento: true\n")
    with serve_pywb(root) as served:
        yield served


def test_py_wacz_finds_nothing_wrong(exported: Exported, py_wacz: Path) -> None:
    command = [str(py_wacz), "validate", "-f", str(exported.wacz)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Validation succeeded" in done.stdout


def test_every_page_of_the_demo_is_replayed(exported: Exported, wayback: Any) -> None:
    """All that the page list names, of both days, revisits too: status and bytes are those of the capture."""
    with zipfile.ZipFile(exported.wacz) as file:
        listed = [json.loads(line) for line in file.read("pages/pages.jsonl").splitlines()[1:]]
    archive = exported.root / "archive"
    captures = {_shown(archive, record): record for record in scan(archive) if isinstance(record, Capture)}
    assert len(listed) > 80
    for entry in listed:
        capture = captures[entry["url"], entry["ts"]]
        record = read_record(archive, capture.original or capture.record)
        stored, coding = record.payload.read(), record.http.get("content-encoding")
        record.payload.close()
        answer = wayback.replay(re.sub(r"\D", "", entry["ts"]), entry["url"])
        assert (entry["url"], answer.status) == (entry["url"], capture.status)
        assert answer.body == _unpacked(stored, coding), entry["url"]
    assert any(capture.original is not None for capture in captures.values())


def _shown(archive: Path, capture: Capture) -> tuple[str, str]:
    """The address and time of its record: those of the archive's copy for one that another archive gave."""
    record = read_record(archive, capture.record)
    record.payload.close()
    return record.headers.get_header("WARC-Target-URI"), f"{record.headers.get_header('WARC-Date')[:19]}Z"


def _unpacked(data: bytes, coding: str) -> bytes:
    return gzip.decompress(data) if coding == "gzip" else zlib.decompress(data) if coding == "deflate" else data
