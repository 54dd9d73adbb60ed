"""What of a page is kept, and whether it looks the same again: on the pages of look_pages.py.

    python benchmarks/look_share.py                    the share of what Chromium asks for that is in the WARC files
    python benchmarks/look_share.py --wayback PROGRAM  also replayed by pywb with the web gone: what leaves, differs

Needs the extra `browser`, warcio and Chromium. The browser that measures is one of its own: it opens each page in a
window of 1,280 × 900 pixels and goes down to its foot.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from look_pages import PAGES, PRIVATE, STATIC
from playwright.sync_api import Browser, BrowserContext, Error, ProxySettings, sync_playwright
from warcio.archiveiterator import ArchiveIterator

PAGES_DAY = "2026-01-05T06:00:00Z"
TYPES = {"stylesheet": "styles", "image": "pictures", "font": "fonts", "script": "scripts", "document": "documents"}
OVER = "/film.mp4"
"""What is over the limit for one body."""
DIFFERENCE = """async ([one, two]) => {
  const [a, b] = await Promise.all([one, two].map(async data =>
    createImageBitmap(await (await fetch('data:image/png;base64,' + data)).blob())));
  const width = Math.max(a.width, b.width), height = Math.max(a.height, b.height);
  const [x, y] = [a, b].map(picture => {
    const context = new OffscreenCanvas(width, height).getContext('2d');
    context.drawImage(picture, 0, 0);
    return context.getImageData(0, 0, width, height).data});
  let different = 0;
  for (let i = 0; i < x.length; i += 4)
    if ([0, 1, 2, 3].some(j => Math.abs(x[i + j] - y[i + j]) > 16)) different++;
  return different / (width * height)}"""
"""The share of pixels that differ between two pictures."""


@dataclass(frozen=True)
class Look:
    """A page in the browser."""

    asked: dict[str, str]
    """Types by URL, of all that was asked for and answered."""
    picture: bytes


def wait_with(process: subprocess.Popen[bytes], program: str | Path) -> None:
    """For a moment, while a program that was started is not ready; ends the benchmark where it has ended."""
    if process.poll() is not None:
        raise SystemExit(f"{program} ended at its start: exit {process.returncode}")
    time.sleep(0.1)


@contextmanager
def web() -> Iterator[tuple[str, Path]]:
    """The proxy's address, and the file with what was asked and must not be."""
    script = Path(__file__).with_name("look_pages.py")
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "asked.txt")
        with log.open("w") as output:
            process = subprocess.Popen([sys.executable, str(script)], stdout=output, stderr=subprocess.DEVNULL)
            try:
                while not log.read_text().endswith("\n"):
                    wait_with(process, script)
                yield log.read_text().splitlines()[0], log
            finally:
                process.terminate()
                process.wait()


def look(context: BrowserContext, url: str) -> Look:
    page = context.new_page()
    asked: dict[str, str] = {}
    page.on("response", lambda answer: asked.setdefault(answer.url.partition("#")[0], answer.request.resource_type))
    try:
        page.goto(url, wait_until="domcontentloaded", timeout=60_000)
    except Error as error:
        print(f"  {url}: {error}".partition("\n")[0])
    for patience in (4000, 1500):  # a bot check gives way in the first
        page.wait_for_timeout(patience)
        page.wait_for_load_state("load", timeout=60_000)
        for top in range(0, 16_000, 700):
            height = page.evaluate("y => {scrollTo(0, y); return document.documentElement.scrollHeight}", top)
            page.wait_for_timeout(60)
            if top > height:
                break
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(500)
    picture = page.screenshot(full_page=True)
    page.close()
    return Look(asked, picture)


def looks(browser: Browser, addresses: dict[str, str], proxy: str | None = None) -> dict[str, Look]:
    """Each page at its address, in a context of its own."""
    looks = {}
    for name, url in addresses.items():
        server: ProxySettings | None = {"server": proxy, "bypass": "<-loopback>"} if proxy else None
        context = browser.new_context(
            viewport={"width": 1280, "height": 900},
            service_workers="block",
            proxy=server,
        )
        looks[name] = look(context, url)
        context.close()
    return looks


def check(folder: Path, proxy: str, scope: str) -> None:
    (folder / "links.txt").write_text("\n".join(PAGES) + "\n")
    environ = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environ |= {"http_proxy": proxy, "ARCHIVE_WAYBACK_MODE": "off", "ARCHIVE_NOW": PAGES_DAY}
    command = [sys.executable, "-m", "linkarchive", "check", "--scope", scope, "--no-progress", "-q"]
    ran = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    if ran.returncode not in (0, 1):
        raise SystemExit(f"{command}: exit {ran.returncode}: {ran.stderr[-500:]}")


def kept(folder: Path) -> set[str]:
    """The URLs with a response in the WARC files."""
    urls: set[str] = set()
    for path in sorted((folder / "archive" / "warc").glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                if record.rec_type in ("response", "revisit"):
                    urls.add(record.rec_headers.get_header("WARC-Target-URI").partition("#")[0])
    return urls


def report_share(live: dict[str, Look], urls: set[str], scope: str) -> None:
    total: Counter[str] = Counter()
    have: Counter[str] = Counter()
    missing = []
    for seen in live.values():
        for url, kind in seen.asked.items():
            if not url.startswith("http") or url in PRIVATE or url.endswith(OVER) or "192.168." in url:
                continue
            kind = TYPES.get(kind, "others")
            total[kind] += 1
            have[kind] += url in urls
            if url not in urls:
                missing.append(f"{kind}: {url}")
    shares = ", ".join(f"{kind} {have[kind]}/{total[kind]}" for kind in sorted(total))
    everything = f"{sum(have.values())}/{total.total()} ({sum(have.values()) / total.total():.1%})"
    print(f"{scope}: {everything} of what Chromium asked for; {shares}")
    for line in missing:
        print(f"  not kept: {line}")


@contextmanager
def replaying(program: str, folder: Path) -> Iterator[str]:
    """pywb over the archive of a project, as `http://localhost:PORT`."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    with tempfile.TemporaryDirectory() as place:
        places = {"index_paths": f"{folder}/archive/indexes/", "archive_paths": f"{folder}/archive/warc/"}
        config = {"framed_replay": False, "enable_memento": True, "collections": {"web": places}}
        Path(place, "config.yaml").write_text(json.dumps(config))
        command = [program, "-b", "127.0.0.1", "-p", str(port)]
        process = subprocess.Popen(command, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while True:
                with socket.socket() as asking:
                    if asking.connect_ex(("127.0.0.1", port)) == 0:
                        break
                wait_with(process, program)
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait()


def report_replay(browser: Browser, live: dict[str, Look], program: str, folder: Path, scope: str) -> None:
    with replaying(program, folder) as host:
        day = PAGES_DAY[:10].replace("-", "") + "060000"
        replayed = looks(browser, {url: f"{host}/web/{day}mp_/{url}" for url in live})
    blank = browser.new_page()
    leaving = [url for seen in replayed.values() for url in seen.asked if url.startswith("http") and host not in url]
    print(f"{scope}, replayed by pywb with the web gone: {len(leaving)} answers from elsewhere {leaving[:5]}")
    for url, seen in live.items():
        pictures = [base64.b64encode(picture).decode() for picture in (seen.picture, replayed[url].picture)]
        name = (urlsplit(url).hostname or "").partition(".")[0]
        static = "" if name in STATIC else "  (not static)"
        print(f"  {blank.evaluate(DIFFERENCE, pictures):7.2%} of the pixels differ: {url}{static}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scopes", default="page,rendered")
    parser.add_argument("--wayback", default=shutil.which("wayback"), help="the program of pywb")
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    options = parser.parse_args()
    scopes = options.scopes.split(",")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, chromium_sandbox=os.geteuid() != 0)
        with web() as (proxy, log):
            live = looks(browser, {url: url for url in PAGES}, proxy)
            before = len(log.read_text().splitlines())
            for scope in scopes:
                Path(place, scope).mkdir()
                check(Path(place, scope), proxy, scope)
                report_share(live, kept(Path(place, scope)), scope)
            asked = log.read_text().splitlines()[before:]
            print(f"private addresses asked by us: {len(asked)} {asked[:5]}")
        for scope in scopes if options.wayback else ():
            report_replay(browser, live, options.wayback, Path(place, scope), scope)
        browser.close()


if __name__ == "__main__":
    main()
