"""A project folder at two moments of its life, and commands run on copies of it, each in a forked process."""

from __future__ import annotations

import gc
import gzip
import importlib
import io
import json
import os
import pkgutil
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.warcwriter import WARCWriter

import linkarchive
from linkarchive import cli

from . import shim
from .shim import NO_FAULT, Fault
from .web import CHANGED, GONE, URLS, Weather, set_weather

LONGEST = 120
"""Seconds after which a command counts as hanging."""
BETA = URLS[4]
"""Cited, and nothing ever happens to it."""
FORGOTTEN = URLS[5]
OTHER = URLS[6]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command did: its exit code (negative: the signal that ended it), its outputs, its file operations."""

    code: int
    out: str
    err: str
    operations: list[str]
    hung: bool = False


@dataclass
class Lab:
    """Where the folders are, and the web that their commands see."""

    folder: Path
    environ: Mapping[str, str]
    patch: Callable[[], None] | None = None
    """A fault that is planted in the code of each command …"""
    patch_only_first: bool = False
    """… or of the next one only."""
    setting: Callable[[], None] | None = None
    """What is another value in the code of all commands."""
    only: str = ""
    """A part of the names of the commands that kills and errors befall."""
    copies: int = 0
    templates: dict[str, Path] = field(default_factory=dict)

    def weather(self, **what: Any) -> None:
        set_weather(self.folder / "weather.json", Weather(**what))

    def copy(self, template: str) -> Path:
        self.copies += 1
        root = self.folder / f"copy{os.getpid()}-{self.copies}"
        shutil.copytree(self.templates[template], root, symlinks=True)
        return root

    def start(
        self, root: Path, args: Sequence[str], now: str, fault: Fault = NO_FAULT, outputs: Path | None = None
    ) -> int:
        """The command in a process forked from this one, which has everything imported; its number.

        What it says and does is kept beside `outputs`, by default beside the folder.
        """
        outputs = outputs or root
        process = os.fork()
        if process:
            if self.patch_only_first:
                self.patch = None
            return process
        code = 99
        try:
            os.setsid()
            for name, number in (("out", 1), ("err", 2)):
                handle = os.open(outputs.with_suffix(f".{name}"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
                os.dup2(handle, number)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.environ.clear()
            os.environ.update(self.environ, ARCHIVE_NOW=f"{now}T06:00:00Z")
            os.chdir(root)
            sys.stdin = io.TextIOWrapper(io.BytesIO())
            sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), encoding="utf-8")
            sys.stderr = io.TextIOWrapper(os.fdopen(2, "wb", closefd=False), encoding="utf-8", line_buffering=True)
            for change in filter(None, (self.setting, self.patch)):
                change()
            shim.begin(root, outputs.with_suffix(".log"), fault)
            code = cli.run(list(args))
            shim.end()
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException as error:  # noqa: BLE001 - of a process that is to end here, whatever it was
            os.write(2, f"Traceback: {error!r}".encode())
        os._exit(code)

    def finish(self, process: int, outputs: Path, longest: float = LONGEST) -> Ran:
        end, hung = time.monotonic() + longest, False
        while True:
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                break
            if time.monotonic() > end and not hung:
                hung = True
                os.killpg(process, signal.SIGKILL)
            time.sleep(0.005)
        out, err = (outputs.with_suffix(f".{name}").read_text(errors="replace") for name in ("out", "err"))
        return Ran(os.waitstatus_to_exitcode(status), out, err, shim.operations(outputs.with_suffix(".log")), hung)

    def run(self, root: Path, *args: str, now: str, fault: Fault = NO_FAULT, longest: float = LONGEST) -> Ran:
        return self.finish(self.start(root, args, now, fault), root, longest)

    def remove(self, root: Path) -> None:
        shutil.rmtree(root, ignore_errors=True)
        for name in ("out", "err", "log", "log.go"):
            root.with_suffix(f".{name}").unlink(missing_ok=True)


def _article(root: Path, name: str, urls: Sequence[str]) -> None:
    lines = "\n\n".join(f"As [source {number}]({url}) has it." for number, url in enumerate(urls, 1))
    (root / name).write_text(f"# On the harbour\n\n{lines}\n")


def _foreign_warc(path: Path) -> None:
    with gzip.open(path, "wb") as file:
        writer = WARCWriter(file, gzip=False, warc_version="1.1")
        http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>Then</title><p>" + b"Of old times. " * 60
        record = writer.create_warc_record(
            OTHER,
            "response",
            payload=io.BytesIO(http),
            warc_headers_dict={"WARC-Date": "2025-05-05T10:00:00Z"},
        )
        writer.write_record(record)


def _import_all() -> None:
    """So that a forked command need not."""
    for module in pkgutil.walk_packages(linkarchive.__path__, "linkarchive."):
        if ".browser" not in module.name and not module.name.endswith("__main__"):
            with suppress(ImportError):  # of an extra that is not installed
                importlib.import_module(module.name)
    for name in ("trafilatura", "htmldate", "resiliparse.parse.html", "tldextract", "bs4", "rich.console", "jinja2"):
        importlib.import_module(name)


def _warm_up(lab: Lab) -> None:
    """Checks in this process: templates and patterns are compiled, so that forked commands need not."""
    root, before, cwd = lab.copy("new"), dict(os.environ), Path.cwd()
    os.environ.update(lab.environ, ARCHIVE_NOW="2026-01-05T06:00:00Z")
    os.chdir(root)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        for later in (False, True):
            lab.weather(later=later)
            for args in (("check", "article.md"), ("report", "--format", "json"), ("verify",), ("rebuild",)):
                assert cli.run(list(args)) in (0, 1), args
    lab.weather()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(before)
    lab.remove(root)
    gc.collect()
    gc.freeze()
    assert threading.active_count() == 1, threading.enumerate()


def _memory() -> str | None:
    """A folder in memory, where there is one: what a power cut takes, the shim says, not the disk."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - files of this user alone


@contextmanager
def lab() -> Iterator[Lab]:
    """The web up, and the folders "new" (an article) and "lived" (two runs, decisions) made."""
    _import_all()
    with tempfile.TemporaryDirectory(prefix="endure-", dir=_memory()) as name:
        folder = Path(name).resolve()
        environ = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG")}
        path = os.pathsep.join(filter(None, sys.path))
        web = subprocess.Popen(
            [sys.executable, "-m", "endure.web", str(folder)],
            env={**environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert web.stdout is not None
        try:
            environ |= json.loads(web.stdout.readline())
            environ |= {
                "ARCHIVE_NETWORK_RETRIES": "0",
                "ARCHIVE_NETWORK_TIMEOUT": "20",  # of a busy machine
                "ARCHIVE_NETWORK_CANARIES": "http://canary.example/",
                "ARCHIVE_WAYBACK_MODE": "off",
            }
            lab = Lab(folder, environ)
            _make_templates(lab)
            yield lab
        finally:
            web.communicate()


def _make_templates(lab: Lab) -> None:
    new = lab.templates["new"] = lab.folder / "new"
    new.mkdir()
    _article(new, "article.md", URLS[:6])
    _article(new, "other.md", URLS[5:8])
    _foreign_warc(new / "foreign.warc.gz")
    _warm_up(lab)
    lived = lab.folder / "lived"
    shutil.copytree(new, lived)
    for args, now in (
        (("check", "article.md"), "2026-01-05"),
        (("check", "-q"), "2026-01-12"),
        (("ignore", BETA, "--reason", "known"), "2026-01-13"),
        (("accept", CHANGED, "--reason", "fine"), "2026-01-13"),
        (("check", "-q"), "2026-01-14"),
    ):
        ran = lab.run(lived, *args, now=now)
        assert ran.code in (0, 1), (args, ran)
    lab.templates["lived"] = lived
    clone = lab.folder / "clone"
    shutil.copytree(lived, clone, symlinks=True)
    for path in clone.glob("archive/archive.sqlite*"):
        path.unlink()
    lab.templates["clone"] = clone
    assert GONE in (lived / "links.txt").read_text()


def records(root: Path) -> set[tuple[str, str]]:
    """The captures in the WARC files: URL and time. A torn last record, as a kill leaves it, is no capture."""
    seen = set()
    for path in root.glob("archive/warc/*.warc.gz"):
        with path.open("rb") as file, suppress(Exception):  # a torn record; `verify` says what else is wrong
            for record in ArchiveIterator(file):
                if record.rec_type in ("response", "revisit"):
                    header = record.rec_headers
                    seen.add((header.get_header("WARC-Target-URI"), header.get_header("WARC-Date")))
    return seen


def decisions(root: Path) -> list[str]:
    path = root / "archive" / "decisions.jsonl"
    return path.read_text().splitlines() if path.exists() else []
