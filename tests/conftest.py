"""Shared by the tests of the whole road: a web that a test changes between runs, a project folder, the real command."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import settings as hypothesis_settings
from private_postgresql import Files, database, empty_postgresql_url, postgresql, postgresql_url  # noqa: F401 - fixtures
from warcio.archiveiterator import ArchiveIterator

from linkarchive import cli
from linkarchive.demo.server import DemoWeb
from linkarchive.demo.wire import Reply, Request, Response, redirect
from linkarchive.snapshot import warcfile
from linkarchive.urls import source_key

# Commands that tests start would compile the program anew each time (0.3 s of CPU), and each pytest all tests.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shell starts what runs in the background deaf to Ctrl-C, and so would be the commands that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No test of this process cuts the power, so nobody waits for the disk here: a check has it write twenty times.
# `make endure` watches what is made to last, and in which order.
os.fsync = os.fdatasync = warcfile._sync_data = lambda handle: None

# A slow machine is no fault of what is tested. The examples of a property are the same in every run, so that a
# failure is the change's; `make properties` looks for new ones.
hypothesis_settings.register_profile("repeatable", deadline=None, derandomize=True)
# For `make test`; `.ci/run` looks at a hundred examples of each property.
hypothesis_settings.register_profile("quick", deadline=None, derandomize=True, max_examples=25)
hypothesis_settings.register_profile("search", deadline=None, max_examples=2_000)
hypothesis_settings.load_profile("repeatable")


def pytest_xdist_auto_num_workers() -> int:
    """One process more than cores: a third of the tests' time is spent waiting for clocks, sockets and browsers."""
    return (os.cpu_count() or 1) + 1


DAY = "2026-01-05"
"""A simulated day on which most tests begin."""

PYTHON = os.environ.get("ARCHIVE_PYTHON", sys.executable)
"""The interpreter that runs the command: that of another installation shows what a test finds in another revision."""

HOSTS = (
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
    "origin", "canary",
)  # fmt: skip

_NOUNS = "harbour tide ledger lantern survey council ferry channel timber museum pilot orchard engine register"
_VERBS = "recorded described measured refused repaired carried opened counted followed promised moved"
_KINDS = "slow northern careful public early narrow forgotten wooden steady distant bright patient unusual"


def prose(seed: str, sentences: int = 24) -> list[str]:
    """Paragraphs of sentences that no other seed has."""
    dice = random.Random(seed)

    def pick(words: str) -> str:
        return dice.choice(words.split())

    def sentence() -> str:
        year = dice.randint(1700, 1999)
        return (
            f"The {pick(_KINDS)} {pick(_NOUNS)} {pick(_VERBS)} a {pick(_KINDS)} {pick(_NOUNS)} in {year}, "
            f"and the {pick(_NOUNS)} {pick(_VERBS)} its {pick(_KINDS)} {pick(_NOUNS)}."
        )

    lines = [sentence() for _ in range(sentences)]
    return [" ".join(lines[start : start + 4]) for start in range(0, sentences, 4)]


def html(seed: str, *, more: str = "", ad: str = "", etag: str | None = None, status: int = 200) -> Response:
    """A page with a text of its own (`more` is a further paragraph of it) and an advertisement (noise)."""
    paragraphs = "".join(f"<p>{paragraph}</p>\n" for paragraph in (*prose(seed), *([more] if more else [])))
    aside = f'<aside class="ad">{ad}</aside>' if ad else ""
    body = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>On {seed}</title></head><body>'
        f"<header><nav><a href='/'>Front page</a></nav></header>{aside}"
        f"<main><article><h1>On {seed}</h1>\n{paragraphs}</article></main>"
        f"<footer>All rights reserved.</footer></body></html>"
    )
    return Response(body.encode(), status, headers=(("ETag", etag),) if etag else ())


_NOT_FOUND = Response(b"<h1>Not Found</h1>", 404)


class Stage:
    """The hosts `alpha.example` … `canary.example`: a test says what each address answers, by its full URL."""

    def __init__(self) -> None:
        self._pages: dict[str, Reply | Callable[[Request], Reply]] = {}
        self.requests: list[Request] = []
        self.otherwise: Reply = _NOT_FOUND
        """The answer of all other addresses."""

    def __setitem__(self, url: str, answer: Reply | Callable[[Request], Reply]) -> None:
        self._pages[url] = answer

    def clear(self) -> None:
        self._pages = {"http://canary.example/": Response(b"here")}
        self.requests = []
        self.otherwise = _NOT_FOUND

    def site(self, request: Request) -> Reply:
        self.requests.append(request)
        answer = self._pages.get(request.url, self.otherwise)
        return answer(request) if callable(answer) else answer

    @property
    def answers(self) -> dict[str, Any]:
        """What the addresses answer now."""
        return dict(self._pages)

    def answer(self, pages: Mapping[str, Any]) -> None:
        """Answer as these `answers` say."""
        self._pages = dict(pages)

    def asked(self, url: str) -> int:
        """How often since the last `clear`."""
        return sum(request.url == url for request in self.requests)

    prose = staticmethod(prose)
    html = staticmethod(html)
    redirect = staticmethod(redirect)


@dataclass(frozen=True)
class Ran:
    """What a user sees of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.out)
        return parsed

    def source(self, url: str) -> dict[str, Any]:
        """The source of that URL in the report."""
        parsed: dict[str, Any] = next(
            source for source in self.json["sources"] if source_key(source["url"]) == source_key(url)
        )
        return parsed

    def told(self, url: str) -> tuple[str, str, str]:
        """Verdict, reason and what changed."""
        source = self.source(url)
        return source["verdict"], source["reason"], source["changed"]


@dataclass
class Folder:
    """A project folder and the command run in it, against the stage."""

    root: Path
    environ: Mapping[str, str]
    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    python: str = PYTHON

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def article(self, *urls: str, name: str = "article.md", head: str = "", published: str | None = None) -> Path:
        """A Markdown article that cites the URLs, a line each."""
        date = f"---\ndate: {published}\n---\n" if published else ""
        lines = "\n\n".join(f"As [source {number}]({url}) has it." for number, url in enumerate(urls, 1))
        return self.write(name, f"{date}# On the harbour\n\n{head}\n\n{lines}\n")

    def env(self, now: str | None, more: Mapping[str, str]) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        clock = {"ARCHIVE_NOW": f"{now}T06:00:00Z" if "T" not in now else now} if now else {}
        return {**kept, **self.environ, **clock, **more}

    def run(self, *args: str, now: str | None = DAY, env: Mapping[str, str] | None = None, stdin: bytes = b"") -> Ran:
        """The command in this process: its exit code, and the bytes on its two outputs."""
        if self.python != sys.executable:
            return self._run_elsewhere(args, self.env(now, env or {}), stdin)
        streams = {name: io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n") for name in ("out", "err")}
        with (
            mock.patch.dict(os.environ, self.env(now, env or {}), clear=True),
            mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")),
            contextlib.chdir(self.root),
            contextlib.redirect_stdout(streams["out"]),
            contextlib.redirect_stderr(streams["err"]),
        ):
            code = cli.run(list(args))
            texts = {}
            for name, stream in streams.items():
                stream.flush()
                texts[name] = stream.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined]  # wrapped in a stream above
        return Ran(code, texts["out"], texts["err"])

    def _run_elsewhere(self, args: Sequence[str], env: Mapping[str, str], stdin: bytes) -> Ran:
        command = [self.python, "-m", "linkarchive", *args]
        done = subprocess.run(command, cwd=self.root, env=env, input=stdin, capture_output=True, check=False)
        return Ran(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))

    def run_after(self, code: str, *args: str, now: str | None = DAY) -> Ran:
        """The command in a process of its own that has run `code` before."""
        program = f"{code}\nimport sys\nfrom linkarchive import cli\nsys.exit(cli.run(sys.argv[1:]))"
        command = [self.python, "-c", program, *args]
        done = subprocess.run(command, cwd=self.root, env=self.env(now, {}), capture_output=True, check=False)
        return Ran(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))

    def check(self, *args: str, now: str | None = DAY, env: Mapping[str, str] | None = None) -> Ran:
        """`archive check --format json`."""
        return self.run("check", *args, "--format", "json", now=now, env=env)

    def start(self, *args: str, now: str | None = DAY, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """The command in a process of its own, as installed; ended with the test if it is still there."""
        process = subprocess.Popen(
            [self.python, "-m", "linkarchive", *args],
            cwd=self.root,
            env=self.env(now, env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def state(self) -> bytes:
        return (self.root / "archive" / "state.jsonl").read_bytes()

    def state_of(self, url: str) -> dict[str, Any]:
        """The line of a source in state.jsonl."""
        for line in self.state().decode("utf-8").splitlines():
            parsed: dict[str, Any] = json.loads(line)
            if parsed["url"] == url:
                return parsed
        raise KeyError(url)

    def captures(self) -> int:
        """Records of pages (responses and revisits) that the indexes list, without the answers to made-up addresses."""
        indexes = (self.root / "archive" / "indexes").glob("*.cdxj")
        lines = (line for path in indexes for line in path.read_text().splitlines())
        return sum(re.search(r'/[a-z]{25}"', line) is None for line in lines)

    def revisits(self) -> int:
        """Revisit records in the WARC files; the indexes leave out those of a 304."""
        count = 0
        for path in (self.root / "archive" / "warc").glob("*.warc.gz"):
            with path.open("rb") as file:
                count += sum(record.rec_type == "revisit" for record in ArchiveIterator(file))
        return count

    def links(self) -> str:
        return (self.root / "links.txt").read_text(encoding="utf-8")


Life = Callable[[Folder, Stage], None]
"""What happens in a project folder before a test."""


@pytest.fixture(scope="session")
def _staged() -> Iterator[tuple[DemoWeb, Stage]]:
    stage = Stage()
    with DemoWeb(extra={f"{host}.example": stage.site for host in HOSTS}) as web:
        yield web, stage


@pytest.fixture
def stage(_staged: tuple[DemoWeb, Stage]) -> Iterator[Stage]:
    """The web of a test, empty at first but for the canary."""
    web, stage = _staged
    stage.clear()
    web.epoch = "publication"
    yield stage
    assert web.errors == []


@pytest.fixture
def demo_web(_staged: tuple[DemoWeb, Stage], stage: Stage) -> DemoWeb:
    """The web that the stage stands in, with all hosts of the demo."""
    return _staged[0]


@pytest.fixture
def folder(tmp_path: Path, demo_web: DemoWeb) -> Iterator[Folder]:
    """An empty project folder."""
    root = tmp_path / "project"
    root.mkdir()
    environ = {
        **demo_web.environ(),
        "ARCHIVE_NETWORK_RETRIES": "0",
        "ARCHIVE_NETWORK_CANARIES": "http://canary.example/",
        "ARCHIVE_WAYBACK_MODE": "off",  # what web archives add has tests of its own
    }
    made = Folder(root, environ)
    yield made
    for process in made.processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def _lives() -> dict[tuple[Life, str], tuple[Path, Mapping[str, Any]]]:
    """The folders that `once` copies, by what happened in them and by the kind of their database, and what their web
    answered in the end."""
    return {}


@pytest.fixture
def once(
    request: pytest.FixtureRequest,
    folder: Folder,
    stage: Stage,
    _lives: dict[tuple[Life, str], tuple[Path, Mapping[str, Any]]],
    tmp_path_factory: Any,
) -> Callable[[Life], Folder]:
    """`once(life)`: the project folder and its web after `life(folder, stage)`, which happens once and is copied."""
    kind = request.getfixturevalue("database") if "database" in request.fixturenames else Files()

    def after(life: Life) -> Folder:
        if (life, kind.name) in _lives:
            kept, pages = _lives[life, kind.name]
            kind.copytree(kept, folder.root)
            stage.answer(pages)
        else:
            life(folder, stage)
            kept = tmp_path_factory.mktemp("life") / "project"
            kind.copytree(folder.root, kept, lasting=True)
            _lives[life, kind.name] = kept, stage.answers
        stage.requests.clear()
        return folder

    return after
