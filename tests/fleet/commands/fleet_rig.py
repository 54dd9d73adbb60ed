"""A hub of the tests' own: PostgreSQL, a shelf, workers that are processes, a web that notes who asked what when."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import subprocess
import threading
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
from warcio.archiveiterator import ArchiveIterator

from linkarchive.demo.wire import Reply, Request, Response, Stream, serialise

PATIENCE = 150.0
"""Seconds after which a test that waits gives up."""
LEASE = 4.0
"""Seconds of silence after which these workers are taken for dead."""


@dataclass
class Asked:
    """A request that came in; seconds of the monotonic clock."""

    host: str
    url: str
    worker: str
    start: float
    end: float | None = None


class Web:
    """What the hosts answer: `pages[url]`, else what `otherwise` makes of the address."""

    def __init__(self, otherwise: Callable[[str], Response]) -> None:
        self._otherwise = otherwise
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        self.pages: dict[str, Response | Callable[[Request], Reply]] = {}
        self.sites: dict[str, Callable[[Request], Reply]] = {}
        """What answers for whole hosts."""
        self.latency = 0.0
        self._asked: list[Asked] = []

    def site(self, request: Request) -> Reply:
        worker = re.search(r"worker-(\w+)\.example", request.headers.get("user-agent", ""))
        asked = Asked(request.host, request.url, worker[1] if worker else "", time.monotonic())
        with self._lock:
            self._asked.append(asked)
        page = self.pages.get(request.url) or self.sites.get(request.host)
        reply = page(request) if callable(page) else page or self._otherwise(request.url)
        if not isinstance(reply, Response):
            return reply
        data = serialise(reply, request.headers, keep=False)

        async def chunks() -> AsyncIterator[bytes]:
            await asyncio.sleep(self.latency)
            asked.end = time.monotonic()
            yield data

        return Stream(chunks)

    def forget(self) -> None:
        """What was asked so far."""
        with self._lock:
            self._asked = []

    @property
    def asked(self) -> list[Asked]:
        """What was asked so far, of hosts that are no canary."""
        with self._lock:
            return [visit for visit in self._asked if not visit.host.startswith("canary")]

    def by_url(self) -> Counter[str]:
        return Counter(visit.url for visit in self.asked)

    def by_worker(self) -> dict[str, list[Asked]]:
        groups: dict[str, list[Asked]] = defaultdict(list)
        for visit in self.asked:
            groups[visit.worker].append(visit)
        return groups

    def wait(self, ready: Callable[[], bool]) -> None:
        """Until that is so."""
        end = time.monotonic() + PATIENCE
        while not ready():
            assert time.monotonic() < end, f"in vain; {len(self.asked)} requests so far"
            time.sleep(0.01)

    def assert_polite(self, delay: float, per_host: int, *hosts: str) -> None:
        """No host was asked by more than `per_host` at once, nor sooner again than after `delay`.

        Two that ask without knowing of each other come at any time within the delay. A process that had to wait for
        its core between taking its turn and sending comes late itself, which makes the next gap look smaller: half of
        the delay is what is asked for of each, and nine tenths of all of them together.
        """
        for host in hosts or sorted({visit.host for visit in self.asked}):
            visits = sorted((visit for visit in self.asked if visit.host == host), key=lambda visit: visit.start)
            for visit in visits:
                others = [other for other in visits if other.start <= visit.start < (other.end or other.start)]
                assert len(others) <= per_host, (host, others)
            gaps = [(after.start - before.start, before, after) for before, after in pairwise(visits)]
            assert [gap for gap in gaps if gap[0] < delay / 2] == [], host
            assert sum(gap[0] for gap in gaps) >= delay * (len(gaps) - 1) * 0.9, (host, gaps)


@dataclass
class Hub:
    """A database, a shelf, and the projects and workers that use them."""

    url: str
    shelf: str
    template: Any
    """A folder, `conftest.Folder`, whose environment leads to the web."""
    web: Web
    settings: dict[str, str] = field(default_factory=dict)
    workers: list[subprocess.Popen[str]] = field(default_factory=list)

    def environ(self) -> dict[str, str]:
        hub = {"DATABASE": self.url, "SHELF": self.shelf, "LEASE": str(LEASE), "SEGMENT_SECONDS": "1"}
        return {
            **self.template.environ,
            "ARCHIVE_NETWORK_CANARIES": "http://canary.example/",
            **{f"ARCHIVE_HUB_{name}": value for name, value in hub.items()},
            **self.settings,
        }

    def project(self, name: str, **environ: str) -> Any:
        """A project folder of the hub, whose articles are all Markdown files in it."""
        project = self.folder(name, **{"ARCHIVE_HUB_PROJECT": name, **environ})
        project.write("links.txt", "articles *.md\n")
        return project

    def folder(self, name: str = "elsewhere", **environ: str) -> Any:
        """An empty folder that is no project."""
        root = self.template.root / name
        root.mkdir(exist_ok=True)
        return replace(self.template, root=root, environ={**self.environ(), **environ})

    def init(self, ranges: int = 8) -> None:
        ran = self.folder().run("hub", "init", "--ranges", str(ranges), now=None)
        assert ran.code == 0, ran

    def upgrade(self, now: str | None = None) -> Any:
        return self.folder().run("hub", "upgrade", now=now)

    def status(self) -> dict[str, Any]:
        ran = self.folder().run("hub", "status", "--format", "json", now=None)
        assert ran.code == 0, ran
        status: dict[str, Any] = ran.json
        return status

    def worker(self, name: str, *args: str, now: str | None = None, **environ: str) -> subprocess.Popen[str]:
        """A worker at work in a folder of its own; pages know it by its name."""
        contact = {"ARCHIVE_NETWORK_CONTACT": f"https://worker-{name}.example/"}
        process = self.folder(f"worker-{name}", **contact, **environ).start("worker", *args, now=now)
        self.workers.append(process)
        return process

    def work(self, count: int = 1, now: str | None = None) -> None:
        """Have so many workers make what is due."""
        for process in [self.worker(f"n{number}", "--once", now=now) for number in range(count)]:
            assert ended(process)[0] == 0

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement).fetchall()  # type: ignore[call-overload]  # text of ours

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute(statement)  # type: ignore[call-overload]  # text of ours

    def visits(self, project: str) -> list[tuple[Any, ...]]:
        """The address and the run of each visit."""
        sources, visits = (f"project_{project}.{name}" for name in ("sources", "visits"))
        query = f"SELECT s.key, v.run FROM {visits} v JOIN {sources} s ON s.id = v.source ORDER BY 1, 2"  # noqa: S608 - names of ours
        return self.rows(query)

    def written(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows that say what workers did."""
        names = [
            "hub.segments",
            *(f"{schema}.{table}" for (schema,) in self.schemas() for table in ("visits", "captures")),
        ]
        return {name: sorted(self.rows(f"SELECT * FROM {name}"), key=str) for name in names}  # noqa: S608 - names of ours

    def schemas(self) -> list[tuple[Any, ...]]:
        return self.rows(r"SELECT nspname FROM pg_namespace WHERE nspname LIKE 'project\_%' ORDER BY 1")

    def assert_kept(self, project: Any, urls: list[str]) -> None:
        """Every source has one visit and a copy whose bytes are on the shelf, and nothing is due."""
        ran = project.run("report", "--format", "json", now=None)
        assert ran.code in (0, 1), ran
        report = ran.json
        assert report["run"]["complete"]
        assert sorted(source["url"] for source in report["sources"]) == sorted(urls)
        visits = Counter(url for url, _ in self.visits(project.root.name))
        assert visits == Counter(dict.fromkeys(urls, 1))
        for source in report["sources"]:
            assert source["capture"] is not None, source
            self.assert_on_shelf(source["url"], source["capture"])
        for name, size, digest in self.rows("SELECT name, bytes, sha256 FROM hub.segments"):
            data = self.segment(name).read_bytes()
            assert (len(data), hashlib.sha256(data).hexdigest()) == (size, digest), name

    def segment(self, name: str) -> Path:
        path = Path(self.shelf) / re.sub(r"^archive/", "", name)
        if path.is_file():
            return path
        matches = list((Path(self.shelf) / "warc").glob(f"{name}*"))
        assert len(matches) == 1, (name, sorted(path.name for path in Path(self.shelf).rglob("*")))
        return matches[0]

    def assert_on_shelf(self, url: str, capture: dict[str, Any]) -> None:
        with self.segment(capture["warc"]).open("rb") as file:
            file.seek(capture["offset"])
            record = next(iter(ArchiveIterator(file)))
            assert record.rec_headers.get_header("WARC-Target-URI") == url
            assert record.length > 0
            body = record.content_stream().read()
            digest = record.rec_headers.get_header("WARC-Payload-Digest")
        assert digest.lower() == capture["digest"].lower()
        if record.rec_type == "response":
            page = self.web.pages.get(url) or self.web._otherwise(url)
            assert not isinstance(page, Response) or body == page.body


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Its exit code, and what it said."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"the worker does not end: {out} {err}") from None
    assert "Traceback" not in err, err
    return process.returncode, out + err


def comparable(report: dict[str, Any]) -> dict[str, Any]:
    """What a report says, but for times of day, the names of runs, and the places of captures in files."""
    text = json.dumps({name: part for name, part in report.items() if name != "run"}, sort_keys=True)
    text = re.sub(r"T\d\d:\d\d:\d\d(\.\d+)?Z", "", text)
    text = re.sub(r'"(offset|length)": \d+, ', "", re.sub(r'"warc": "[^"]*"', '"warc": ""', text))
    text = re.sub(r"\d{8}T\d{6}Z-\w+", "RUN", text)
    parts: dict[str, Any] = json.loads(text)
    parts["sources"].sort(key=lambda source: source["url"])
    return parts
