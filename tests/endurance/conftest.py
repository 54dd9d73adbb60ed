"""The real command in processes of its own, against a demo web in the test's process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from linkarchive.demo.server import DemoWeb

LONGEST = 150
"""Seconds after which a command that does not end fails the test."""

# A small process between: the peak of a child of pytest would count the memory that pytest had when it forked.
_MEASURED = """
import resource, subprocess, sys
peak, largest_file, *command = sys.argv[1:]
if largest_file != "0":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest_file), int(largest_file)))
code = subprocess.call(command)
used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
open(peak, "w").write(str(used // 1024 if sys.platform != "darwin" else used >> 20))
sys.exit(code)
"""


@dataclass(frozen=True)
class Ran:
    """What a user sees of a command. `peak` is its resident memory in MB."""

    code: int
    out: str
    err: str
    peak: int

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def verdicts(self) -> dict[str, tuple[str, str]]:
        return {source["url"]: (source["verdict"], source["reason"]) for source in self.json["sources"]}


@dataclass
class Project:
    """A project folder, and the command as its user calls it."""

    root: Path
    environ: dict[str, str]
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def env(self, more: Mapping[str, str]) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        return {**kept, "PYTHONUTF8": "1", **self.environ, **more}

    def run(self, *args: str, env: Mapping[str, str] | None = None, stdin: bytes = b"", largest_file: int = 0) -> Ran:
        """`archive ARGS`; with `largest_file` (bytes) the disk refuses to hold longer ones, as a full one would.

        No outcome of it may be a traceback.
        """
        peak = self.root.with_name("peak")
        command = [sys.executable, "-m", "linkarchive", *args]
        if not largest_file:
            peak.unlink(missing_ok=True)
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, "/dev/null" if largest_file else str(peak), str(largest_file), *command],
            cwd=self.root,
            env=self.env(env or {}),
            input=stdin,
            capture_output=True,
            timeout=LONGEST,
        )
        out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
        assert "Traceback" not in err, err
        return Ran(done.returncode, out, err, 0 if largest_file else int(peak.read_text()))

    def start(self, *args: str) -> subprocess.Popen[bytes]:
        """The command, to be killed; its own process group, so that nothing of it is left."""
        process = subprocess.Popen(
            [sys.executable, "-m", "linkarchive", *args],
            cwd=self.root,
            env=self.env({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def write(self, name: str, data: bytes | str) -> Path:
        path = self.root / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
        return path


@pytest.fixture
def web() -> Iterator[DemoWeb]:
    with DemoWeb() as web:
        yield web
    assert web.errors == []


@pytest.fixture
def new_project(tmp_path: Path) -> Iterator[Callable[[DemoWeb], Project]]:
    """Makes an empty project folder in front of a demo web; other people's web archives are not part of it."""
    made: list[Project] = []

    def new(web: DemoWeb) -> Project:
        root = tmp_path / "project"
        root.mkdir()
        made.append(Project(root, {**web.environ(), "ARCHIVE_WAYBACK_MODE": "off"}))
        return made[-1]

    yield new
    for process in (process for project in made for process in project.started):
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
def project(web: DemoWeb, new_project: Callable[[DemoWeb], Project]) -> Project:
    return new_project(web)


@pytest.fixture
def dark(tmp_path: Path) -> Project:
    """An empty project folder without a network: its proxy and its canaries are ports where nobody listens."""
    root = tmp_path / "project"
    root.mkdir()
    nobody = "http://127.0.0.1:9"
    return Project(root, {"http_proxy": nobody, "https_proxy": nobody, "ARCHIVE_NETWORK_RETRIES": "0"})
