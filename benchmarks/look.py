"""What the look of pages costs: `archive check` under scope `document`, `page` and, where it can be had, `rendered`.

    python benchmarks/look.py                  300 pages of 2 MB with 40 requisites each, twice: see SHAPES
    python benchmarks/look.py --pages 30       a smaller one
    python benchmarks/look.py --weeks 80       growth: weekly runs over pages of the usual kind, of which each finds a
                                               tenth changed; without pauses between requests
    python benchmarks/look.py --shapes usual --scopes document,page,rendered
                                               one of the two, and with the browser: some seconds a page
    OTHER/bin/python benchmarks/look.py --scopes document --weeks 80
                                               the same of another version, installed there

The web stands on this machine, in a process of its own, behind a proxy for all host names. Settings are the defaults.
Memory is that of the program and all that it started, the browser too, twice a second (Linux).
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

HOSTS = 30
SHARED, OWN = 12, 28
"""Requisites of a page: those that a host's pages share (6 styles, 4 scripts, 2 pictures), and its own pictures."""
SCOPES = {"document": (), "page": ("--scope", "page"), "rendered": ("--scope", "rendered")}
"""Arguments; none for the default, so that versions without scopes can be measured too."""
CHANGING = 10
"""Of so many pages one has a new paragraph each week, and a new picture."""


@dataclass(frozen=True)
class Shape:
    title: str
    document: int
    """Bytes of a page's own HTML."""
    requisite: int
    """Bytes of each of its requisites."""


SHAPES = {
    "large": Shape("documents of 2 MB", 2_000_000, 20_000),
    "usual": Shape("2 MB in all", 120_000, 47_000),
}


@cache
def words() -> list[str]:
    chance = random.Random("words")
    return ["".join(chance.choices("abcdefghijklmnoprstuvw", k=chance.randint(2, 11))) for _ in range(20_000)]


def text(seed: str, size: int) -> str:
    chance = random.Random(seed)
    return " ".join(chance.choices(words(), k=size // 7))[:size]


class Site(BaseHTTPRequestHandler):
    """Answers by the path: /KIND/SIZE/NAME, for pages /page/SIZE/SIZE OF A REQUISITE/NUMBER; /week/N sets the week."""

    protocol_version = "HTTP/1.1"
    week = 0

    def do_GET(self) -> None:
        try:
            status, (body, media) = 200, self._answer(urlsplit(self.path).path.split("/")[1:])
        except (ValueError, IndexError):  # a made-up address, to see how the host says no
            status, body, media = 404, b"<h1>Not found</h1>", "text/html"
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:  # whoever asked has gone
            self.close_connection = True

    def _answer(self, words: list[str]) -> tuple[bytes, str]:
        kind, *numbers = words
        if kind == "page":
            document, requisite, number = map(int, numbers)
            return self._page(document, requisite, number), "text/html; charset=utf-8"
        if kind == "week":
            Site.week = int(numbers[0])
            return b"", "text/plain"
        size = int(numbers[0])
        if kind in ("css", "js"):
            return text(self.path, size).encode(), "text/css" if kind == "css" else "text/javascript"
        return random.Random(self.path).randbytes(size), "image/jpeg"

    def _page(self, size: int, each: int, number: int) -> bytes:
        edition = Site.week - (Site.week + number) % CHANGING if Site.week else 0
        head = "".join(f'<link rel="stylesheet" href="/css/{each}/{name}.css">' for name in range(6))
        head += "".join(f'<script src="/js/{each}/{name}.js"></script>' for name in range(4))
        pictures = "".join(f'<img src="/jpg/{each}/shared-{name}.jpg">' for name in range(2))
        pictures += "".join(f'<img src="/jpg/{each}/{number}-{name}.jpg">' for name in range(OWN - 1))
        pictures += f'<img src="/jpg/{each}/{number}-of-{edition}.jpg">'
        room = max(1000, size - len(head) - len(pictures) - 300)
        prose = text(f"{number} {edition}", 600) + text(f"{number}", room - 600)
        paragraphs = "".join(f"<p>{prose[start : start + 600]}.</p>" for start in range(0, room, 600))
        page = f"<!doctype html><html lang=en><head><title>Page {number}</title>{head}</head><body><main>"
        return f"{page}<h1>Page {number}</h1>{pictures}{paragraphs}</main></body></html>".encode()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def web() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def serve() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


@dataclass(frozen=True)
class Cost:
    wall: float
    cpu: float
    memory: int
    disk: int


def memory_of(process: int) -> int:
    """Bytes that a process and its descendants hold, what they share counted once; of those that are there now."""
    held, waiting = 0, [process]
    while waiting:
        number = waiting.pop()
        try:
            lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
            held += next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
            for task in Path(f"/proc/{number}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return held * 1024


def check(folder: Path, proxy: str, day: str, *arguments: str) -> Cost:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    memory = 0
    started = time.monotonic()
    environ = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environ |= {"http_proxy": proxy, "ARCHIVE_WAYBACK_MODE": "off", "ARCHIVE_NOW": f"{day}T06:00:00Z"}
    command = [sys.executable, "-m", "linkarchive", "check", *arguments, "--no-progress"]
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=printed, stderr=printed)
        while process.poll() is None:
            memory = max(memory, memory_of(process.pid))
            time.sleep(0.5)
        wall = time.monotonic() - started
        printed.seek(0)
        words = printed.read().decode()
    if process.returncode not in (0, 1):
        raise SystemExit(f"{command}: exit {process.returncode}: {words[-500:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    disk = sum(path.stat().st_size for path in (folder / "archive").rglob("*") if path.is_file())
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu, memory, disk)


def measure(shape: Shape, pages: int, scopes: list[str], weeks: int) -> None:
    print(f"\n{shape.title}: {pages} pages, {SHARED + OWN} requisites each", flush=True)
    for scope in scopes:
        with web() as proxy, tempfile.TemporaryDirectory() as name:
            urls = (f"http://h{n % HOSTS}.example/page/{shape.document}/{shape.requisite}/{n}" for n in range(pages))
            (Path(name) / "links.txt").write_text("\n".join(urls) + "\n")
            day, grown = date(2026, 1, 5), []
            for week in range(max(1, weeks)):
                if week:
                    subprocess.run(
                        [sys.executable, "-c", f"import urllib.request as r;r.urlopen('{proxy}/week/{week}')"],
                        check=True,
                    )
                cost = check(Path(name), proxy, f"{day + timedelta(days=7 * week)}", *SCOPES[scope], "-q")
                grown.append(cost.disk)
                if week == 0:
                    print(
                        f"  {scope:<9} wall {cost.wall:6.1f} s  CPU {cost.cpu:6.1f} s  "
                        f"memory {cost.memory / 1e6:5.0f} MB  disk {cost.disk / 1e6:7.1f} MB",
                        flush=True,
                    )
            if weeks > 1:
                each = (grown[-1] - grown[0]) / (weeks - 1)
                print(
                    f"  {scope:<9} {weeks} weekly runs: {grown[-1] / 1e6:.1f} MB, {each / 1e6:.2f} MB a week; "
                    f"so 80 runs: {(grown[0] + 79 * each) / 1e6:.0f} MB",
                    flush=True,
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--scopes", default="document,page")
    parser.add_argument("--shapes", default="")
    parser.add_argument("--weeks", type=int, default=0)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return
    if options.weeks:
        os.environ |= {"ARCHIVE_NETWORK_HOST_DELAY": "0", "ARCHIVE_NETWORK_DOMAIN_DELAY": "0"}
    for shape in (options.shapes or ("usual" if options.weeks else ",".join(SHAPES))).split(","):
        measure(SHAPES[shape], options.pages, options.scopes.split(","), options.weeks)


if __name__ == "__main__":
    main()
