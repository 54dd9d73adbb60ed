"""Replay of stored pages by pywb (the `[replay]` extra): a process of its own, on a port of its own.

pywb runs the scripts of a page, on its own origin: `localhost` is another site than the review page's `127.0.0.1`, so
a browser sends no cookie of ours there or back, and requests from there carry a foreign origin and no token.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from linkarchive.project import Project

_CONFIG = """\
framed_replay: false
enable_memento: true
collections:
  web:
    index_paths: {indexes}
    archive_paths: {warcs}
"""


def find_pywb() -> str | None:
    """The program `wayback` of an installed pywb: beside our own Python, else on the path."""
    beside = Path(sys.executable).parent / "wayback"
    return str(beside) if beside.exists() else shutil.which("wayback")


def replay_url(host: str, url: str, time: datetime) -> str:
    """Where pywb shows the capture of a URL nearest to a moment."""
    return f"http://{host}/web/{time:%Y%m%d%H%M%S}/{url}"


@contextmanager
def replaying(project: Project) -> Iterator[str | None]:
    """A running pywb over the project's archive as `localhost:PORT`; None where pywb is not installed, and in a
    project of a hub: pywb reads folders only."""
    program = find_pywb() if project.hub is None else None
    if program is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="archive-replay-") as folder:
        config = _CONFIG.format(indexes=_quoted(project.archive / "indexes"), warcs=_quoted(project.archive / "warc"))
        Path(folder, "config.yaml").write_text(config, encoding="utf-8")
        port = _free_port()
        process = subprocess.Popen(  # noqa: S603 - a program of this installation, fixed arguments
            [program, "-b", "127.0.0.1", "-p", str(port)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield f"localhost:{port}"
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _quoted(path: Path) -> str:
    """As YAML writes text that may hold anything (YAML 1.2 §7.3.2)."""
    return "'" + f"{path}/".replace("'", "''") + "'"


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
