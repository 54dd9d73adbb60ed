"""The real command in processes of its own, against a demo web in the test's process."""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

import bulk_sites
import hostile_sites
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
        parsed: dict[str, Any] = json.loads(self.out)
        return parsed

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
    with DemoWeb(extra={**bulk_sites.hosts(), **hostile_sites.hosts()}) as web:
        yield web
    assert web.errors == []


@pytest.fixture
def new_project(tmp_path: Path) -> Iterator[Callable[[DemoWeb], Project]]:
    """Makes an empty project folder in front of a demo web; other people's web archives are not part of it."""
    projects: list[Project] = []

    def new(web: DemoWeb) -> Project:
        root = tmp_path / "project"
        root.mkdir()
        projects.append(Project(root, {**web.environ(), "ARCHIVE_WAYBACK_MODE": "off"}))
        return projects[-1]

    yield new
    for process in (process for project in projects for process in project.started):
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


_PYWB = "pywb>=2.9,<3"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes
    """Unpacked."""


@dataclass(frozen=True)
class Wayback:
    """A running pywb with our files as its collection `web`."""

    port: int

    def get(self, path: str) -> Answer:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
            with connection.getresponse() as answer:
                body = answer.read()
        packed = answer.headers["Content-Encoding"] == "gzip"
        return Answer(answer.status, answer.headers, gzip.decompress(body) if packed else body)

    def replay(self, day: str, url: str) -> Answer:
        """The capture nearest to a day, without pywb's own changes (`id_`)."""
        return self.get(f"/web/{day}id_/{url}")


def _folder(config: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    cache = getattr(config, "cache", None)
    return cache.mkdir(f"pywb-{version}") if cache else tmp_path_factory.mktemp("pywb")


@pytest.fixture(scope="session")
def pywb(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of an installed pywb.

    It needs old libraries of its own, so it lives in a virtual environment beside the tests': the one whose Python
    PYWB_PYTHON names, else one that is built once and kept in pytest's cache folder.
    """
    named = os.environ.get("PYWB_PYTHON")
    if named:
        programs = Path(named).parent
        if not (programs / "wayback").exists():
            pytest.skip(f"PYWB_PYTHON names {named}, and there is no pywb beside it")
        return programs
    folder = _folder(request.config, tmp_path_factory)
    programs, built = folder / "venv" / "bin", folder / "built"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several workers want the same one
        if not built.exists():
            for command in (
                [sys.executable, "-m", "venv", "--clear", str(folder / "venv")],
                [str(programs / "python"), "-m", "pip", "install", "--quiet", _PYWB],
                [str(programs / "wayback"), "--version"],
            ):
                done = subprocess.run(command, capture_output=True, text=True, timeout=600)
                if done.returncode != 0:
                    pytest.skip(f"pywb cannot be installed here: {(done.stderr.strip() or '?').splitlines()[-1]}")
            built.touch()
    return programs


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _served(pywb: Path, folder: Path) -> Iterator[Wayback]:
    """`wayback` on a port of this machine only; its default would be open to everybody."""
    port = _free_port()
    with (folder / "wayback.log").open("wb") as log:
        process = subprocess.Popen(
            [str(pywb / "wayback"), "-b", "127.0.0.1", "-p", str(port)], cwd=folder, stdout=log, stderr=log
        )
    try:
        end = time.monotonic() + 60
        while True:
            assert process.poll() is None, (folder / "wayback.log").read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert time.monotonic() < end, "pywb does not answer"
            time.sleep(0.1)
        yield Wayback(port)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def serve_pywb(pywb: Path) -> Callable[[Path], contextlib.AbstractContextManager[Wayback]]:
    """Serves the collections of a folder."""
    return lambda folder: _served(pywb, folder)
