"""A site of 3,000 dead links with one rewrite: what `archive check` proposes, the requests and the time of it.

    python benchmarks/moved.py [--links 3000] [--archive .venv/bin/archive]

The site is served on loopback behind a proxy, first with its old addresses, then with the new ones, no redirects and
no sitemap. Python's standard library is enough.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HOST = "http://moved.example"
# A word a line would be sixty lines.
NOUNS = "harbour tide ledger lantern survey council ferry channel timber museum pilot orchard engine register".split()  # noqa: SIM905  (words read as words)
VERBS = "recorded described measured refused repaired carried opened counted followed promised".split()  # noqa: SIM905  (the same)
Pages = dict[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--links", type=int, default=3000)
    parser.add_argument("--archive", default="archive", help="the program")
    options = parser.parse_args()
    archive = os.path.abspath(options.archive) if "/" in options.archive else options.archive
    names = [f"{NOUNS[n % 14]}-{VERBS[n // 14 % 10]}-{n}" for n in range(options.links)]
    old = [f"/{2001 + n % 20}/{1 + n % 12:02}/{name.replace('-', '_')}.html" for n, name in enumerate(names)]
    new = [f"/articles/{name}/" for name in names]
    texts = [_page(name) for name in names]
    listed = "".join(f'<a href="{path}">{name}</a> ' for path, name in zip(new[:20], names, strict=False))
    front = f"<!DOCTYPE html><html><head><title>Front</title></head><body>{listed}</body></html>"
    with tempfile.TemporaryDirectory() as folder:
        article = "".join(f"- [{name}]({HOST}{path})\n" for name, path in zip(names, old, strict=True))
        Path(folder, "article.md").write_text(article)
        _check(archive, folder, dict(zip(old, texts, strict=True)), "2025-01-12")
        today = {**dict(zip(new, texts, strict=True)), "/": front}
        report, requests, seconds = _check(archive, folder, today, "2026-01-12")
    right = {f"{HOST}{path}": f"{HOST}{to}" for path, to in zip(old, new, strict=True)}
    proposals = {source["url"]: source["suggested_url"] for source in report["sources"]}
    proposed = sum(url is not None for url in proposals.values())
    correct = sum(proposals.get(url) == to for url, to in right.items())
    print(f"{options.links:,} dead links: {proposed:,} new addresses proposed, {correct:,} right")
    others = [path for path in requests if path not in old]
    print(f"{len(others):,} further requests ({len(others) / options.links:.2f} a link) of {len(requests):,}")
    print(f"{seconds:.0f} s for the whole run")


def _page(name: str) -> str:
    dice = random.Random(name)
    sentences = (
        f"The {dice.choice(NOUNS)} {dice.choice(VERBS)} the {dice.choice(NOUNS)} of {dice.randint(1700, 1999)}."
        for _ in range(30)
    )
    title = name.replace("-", " ").capitalize()
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title></head><body><main><h1>{title}</h1><p>{' '.join(sentences)}"
        "</p></main></body></html>"
    )


def _check(archive: str, folder: str, pages: Pages, day: str) -> tuple[dict[str, Any], list[str], float]:
    requests: list[str] = []

    class Site(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            requests.append(path)
            page = pages.get(path)
            body = (page or "<html><title>Not found</title><p>This page is not here.</p></html>").encode()
            self.send_response(200 if page is not None else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    proxy = f"http://127.0.0.1:{server.server_address[1]}"
    env = os.environ | {"http_proxy": proxy, "https_proxy": proxy, "no_proxy": "", "ARCHIVE_NOW": f"{day}T06:00:00Z"}
    env["ARCHIVE_NETWORK_DOMAIN_DELAY"] = "0"
    command = [
        os.path.abspath(archive) if "/" in archive else archive,
        "check",
        "--project",
        folder,
        "--format",
        "json",
        "--no-progress",
        "--wayback",
        "off",
    ]
    command += ["--host-delay", "0", "--per-host", "8", "article.md"]
    began = time.monotonic()
    process = subprocess.run(command, env=env, cwd=folder, capture_output=True, check=False)
    seconds = time.monotonic() - began
    server.shutdown()
    if not process.stdout:
        raise SystemExit(process.stderr.decode()[-2000:])
    return json.loads(process.stdout), requests, seconds


if __name__ == "__main__":
    main()
