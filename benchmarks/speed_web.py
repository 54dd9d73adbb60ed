"""The web of the speed benchmark: nginx on loopback addresses, in a folder of its own.

    python benchmarks/speed_web.py --links 2000 --hosts 100 DIR                 generate and serve
    python benchmarks/speed_web.py --links 2000 --latency 200 DIR               with 200 ms of think time
    python benchmarks/speed_web.py --links 2000 --changed 0.02 --noisy 0.3 DIR  after some pages were rewritten
    python benchmarks/speed_web.py ... --project PROJECT DIR                    with a project folder beside it

Pages are files, so that nginx gives them its own ETag and Last-Modified; each link has a file of its
own (100,000 of them take 6.5 GB). Only files that are not there yet, or were rewritten, are
written. Needs nginx, and Debian's `libnginx-mod-http-lua` for a latency. DIR/urls.txt lists the links.
"""

from __future__ import annotations

import argparse
import os
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import speed_pages

MODIFIED = 1_740_100_000
"""When every page was written (February 2025); a rewritten one is a day younger."""
SEED = 6


class WebError(Exception):
    """The web cannot be served: nginx or its module is missing, or it did not start."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Numbers of the pages that are dead, and of those that a rewrite changes or makes noise in."""

    dead: frozenset[int]
    changed: frozenset[int]
    noisy: frozenset[int]


def shares(links: int, dead: float = 0.02, changed: float = 0.02, noisy: float = 0.30) -> Shares:
    """Disjoint choices, exact to the rounding; the dead are the same whatever else is asked."""
    order = list(range(links))
    random.Random(f"{SEED} shares").shuffle(order)
    first, second = round(dead * links), round(dead * links) + round(changed * links)
    third = second + round(noisy * links)
    return Shares(frozenset(order[:first]), frozenset(order[first:second]), frozenset(order[second:third]))


@dataclass(frozen=True, slots=True)
class Web:
    """Pages in `folder`, to be served to `hosts` loopback addresses."""

    folder: Path
    links: int
    hosts: int = 100
    port: int = 8199
    dead: float = 0.02

    @property
    def urls(self) -> list[str]:
        return [f"http://{address(n % self.hosts)}:{self.port}/{place(n)}" for n in range(self.links)]

    @property
    def dead_pages(self) -> frozenset[int]:
        return shares(self.links, self.dead).dead

    def write(self) -> None:
        """The pages as they are at first, rewritten ones restored with their old ETag, and urls.txt."""
        gone = self.dead_pages
        self._check_room()
        for number in range(self.links):
            path = self.folder / "www" / place(number)
            if number in gone:
                path.unlink(missing_ok=True)
            elif not path.is_file() or path.stat().st_mtime != MODIFIED + number:
                self._put(number)
        (self.folder / "urls.txt").write_text("\n".join(self.urls) + "\n", encoding="utf-8")

    def rewrite(self, changed: float = 0.02, noisy: float = 0.30, time: int = 1) -> Shares:
        """Rewrite shares of the pages in place: new bytes, so a new Last-Modified and ETag."""
        chosen = shares(self.links, self.dead, changed, noisy)
        for number in sorted(chosen.changed):
            self._put(number, edition=time, noise=time)
        for number in sorted(chosen.noisy):
            self._put(number, noise=time)
        return chosen

    def _put(self, number: int, edition: int = 0, noise: int = 0) -> None:
        path = self.folder / "www" / place(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(speed_pages.page(number, edition, noise, SEED))
        modified = MODIFIED + number + 86_400 * max(edition, noise)
        os.utime(path, (modified, modified))

    def _check_room(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        needed = self.links * 66_000
        if not (self.folder / "www").exists() and shutil.disk_usage(self.folder).free < 2 * needed:
            raise WebError(f"{self.links} pages need {2 * needed / 1e9:.1f} GB on {self.folder}, archive included")


def address(host: int) -> str:
    return f"127.0.{1 + host // 250}.{1 + host % 250}"


def place(number: int) -> str:
    """The path of a page: a thousand files a folder."""
    return f"stories/{number // 1000:03}/{speed_pages.slug(number, SEED)}"


@contextmanager
def served(web: Web, latency: int = 0) -> Iterator[int]:
    """nginx while the block runs, with `latency` milliseconds of think time; gives its process id."""
    with socket.socket() as free:
        if free.connect_ex((address(0), web.port)) == 0:
            raise WebError(f"port {web.port} is in use already")
    prefix = web.folder / "nginx"
    prefix.mkdir(parents=True, exist_ok=True)
    (prefix / "nginx.conf").write_text(_configuration(web, latency), encoding="utf-8")
    command = [_nginx(), "-p", f"{prefix.resolve()}/", "-e", "error.log", "-c", "nginx.conf"]
    process = subprocess.Popen(command, start_new_session=True)
    try:
        _await_start(process, web)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def can_serve(latency: int = 0) -> str:
    """Why this machine cannot serve such a web, or nothing."""
    try:
        _nginx()
        if latency:
            _modules()
    except WebError as error:
        return str(error)
    return ""


def _await_start(process: subprocess.Popen[bytes], web: Web) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((address(0), web.port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    log = web.folder / "nginx" / "error.log"
    output = log.read_text(encoding="utf-8", errors="replace")[-500:] if log.is_file() else ""
    raise WebError(f"nginx did not start on port {web.port}: {output}")


def _nginx() -> str:
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise WebError("nginx is not installed (Debian: apt-get install nginx-light)")
    return program


def _modules() -> list[Path]:
    """The Lua module and what it needs: nginx itself has no think time."""
    output = subprocess.run([_nginx(), "-V"], capture_output=True, text=True, check=True).stderr
    where = re.search(r"--modules-path=(\S+)", output)
    files = [Path(where[1]) / name for name in ("ndk_http_module.so", "ngx_http_lua_module.so")] if where else []
    if not files or not all(file.is_file() for file in files):
        raise WebError("nginx's Lua module is not installed (Debian: apt-get install libnginx-mod-http-lua)")
    return files


def _configuration(web: Web, latency: int) -> str:
    # No open_file_cache: pages are rewritten between runs. The error log tells of crashes only, not of 404s.
    modules = "".join(f"load_module {file};\n" for file in _modules()) if latency else ""
    think = f"access_by_lua_block {{ ngx.sleep({latency / 1000}) }}" if latency else ""
    user = f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else ""
    temporary = "\n  ".join(
        f"{name}_temp_path tmp_{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""{modules}{user}
daemon off;
pid nginx.pid;
error_log error.log crit;
worker_processes 2;
worker_rlimit_nofile 16384;
events {{ worker_connections 8192; }}
http {{
  {temporary}
  types {{ text/html html; text/plain txt; }}
  default_type application/octet-stream;
  charset utf-8;
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 60;
  keepalive_requests 100000;
  server {{
    listen 0.0.0.0:{web.port} backlog=4096;
    root {(web.folder / "www").resolve()};
    location / {{ {think} }}
  }}
}}
"""


def lay_project(folder: Path, urls: list[str], connections: int = 128) -> None:
    """A project folder whose links.txt lists the URLs; no pauses, and no limit a host, as the others have none."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "links.txt").write_text("\n".join(urls) + "\n", encoding="utf-8")
    (folder / "archive.toml").write_text(
        f"[network]\nallow_private = true\nconcurrency = {connections}\nper_host = {connections}\nhost_delay = 0\n"
        'domain_delay = 0\n\n[wayback]\nmode = "off"\n',
        encoding="utf-8",
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--links", type=int, default=2000)
    parser.add_argument("--hosts", type=int, default=100)
    parser.add_argument("--port", type=int, default=8199)
    parser.add_argument("--latency", type=int, default=0, help="think time in milliseconds")
    parser.add_argument("--dead", type=float, default=0.02, help="share of pages that are 404")
    parser.add_argument("--changed", type=float, default=0.0, help="share of pages to rewrite in substance")
    parser.add_argument("--noisy", type=float, default=0.0, help="share of pages to rewrite in noise only")
    parser.add_argument("--project", type=Path, help="also write a project folder here")
    options = parser.parse_args()
    web = Web(options.folder, options.links, options.hosts, options.port, options.dead)
    web.write()
    if options.changed or options.noisy:
        web.rewrite(options.changed, options.noisy, time=1)
    if options.project:
        lay_project(options.project, web.urls)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with served(web, options.latency):
            print(f"{web.links} pages on {web.hosts} hosts, such as {web.urls[0]}; stop with Ctrl-C", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except WebError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
