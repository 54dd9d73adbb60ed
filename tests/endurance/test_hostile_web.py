"""A web that means harm costs a verdict, never the run (issue 2, "Must show" 5)."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hostile_sites import DOMAIN, EXPECTED

from linkarchive.demo.server import DemoWeb
from linkarchive.demo.wire import Request, Response, redirect

MEMORY_LIMIT = 300
"""MB: what a run may need, however hostile its input (issue 2)."""

_RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What must never reach a terminal or a page as it is: controls but for tab and line feed, and bidirectional marks."""

_SHORT = {"ARCHIVE_NETWORK_TIMEOUT": "5", "ARCHIVE_NETWORK_RETRIES": "0"}
"""The limits on bodies are those of every user."""


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in (".html", ".json", ".jsonl", ".md", ".txt"):
            yield path.name, path.read_bytes().decode("utf-8")


@pytest.mark.long
def test_every_hostile_site_in_one_run(project) -> None:
    project.write("links.txt", "".join(f"{url}\n" for url in EXPECTED))
    outputs = ["out.html", "out.md", "out.jsonl", "out.json"]
    options = [part for name in outputs for part in ("-o", name)]

    first = project.run("check", "--format", "terminal", "-v", *options, env=_SHORT)

    assert first.code == 0, first.err
    report = json.loads((project.root / "out.json").read_text())
    assert report["run"]["complete"] is True
    verdicts = {source["url"]: (source["verdict"], source["reason"]) for source in report["sources"]}
    assert set(verdicts) == set(EXPECTED)
    wrong = {
        url: verdicts[url] for url, expected in EXPECTED.items() if expected is not None and verdicts[url] != expected
    }
    assert wrong == {}
    for name, text in [("stdout", first.out), ("stderr", first.err), *_texts(project.root)]:
        assert (name, _RAW.findall(text)) == (name, [])
    slow = next(source for source in report["sources"] if source["url"].startswith("http://drip."))
    assert "proxy" not in " ".join(slow["evidence"]), "a slow host on a reused connection is not our proxy's fault"
    assert first.peak < MEMORY_LIMIT
    assert project.run("verify").code == 0

    again = project.run("check", "--format", "json", env=_SHORT)
    assert again.json["run"]["complete"] is True
    assert again.peak < MEMORY_LIMIT
    for args in (["show", f"http://escapes.{DOMAIN}/"], ["report", "-v"], ["report", "--format", "markdown"]):
        shown = project.run(*args)
        assert (args, shown.code, _RAW.findall(shown.out)) == (args, 0, [])


_LOCAL = ("127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]", "[::1]", "localhost")


@contextmanager
def _listener() -> Iterator[tuple[int, list[object]]]:
    """A port of this machine and who knocked there."""
    knocks: list[object] = []
    if socket.has_dualstack_ipv6():
        server = socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    else:
        server = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        while True:
            try:
                peer, address = server.accept()
            except OSError:
                return
            knocks.append(address)
            peer.close()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1], knocks
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


@pytest.mark.parametrize("through_the_proxy", [True, False])
def test_no_redirect_reaches_this_machine(new_project, through_the_proxy: bool) -> None:
    """With the local addresses in no_proxy the last hop goes without the proxy, which could have stopped it."""
    with _listener() as (port, knocks):

        def site(request: Request) -> Response:
            return redirect(f"http://{_LOCAL[int(request.path[1:])]}:{port}/")

        with DemoWeb(extra={"harbour.example": site}) as web:
            project = new_project(web)
            links = [f"http://harbour.example/{number}" for number in range(len(_LOCAL))]
            direct = [f"http://{host}:{port}/" for host in _LOCAL]
            project.write("links.txt", "".join(f"{url}\n" for url in (*links, *direct)))
            without = {} if through_the_proxy else {"no_proxy": ",".join(host.strip("[]") for host in _LOCAL)}
            ran = project.run("check", "--format", "json", env=without)
        assert web.errors == []
    assert ran.code == 0, ran.err
    assert set(ran.verdicts.values()) == {("skipped", "private-address")}
    assert len(ran.verdicts) >= len(links) + 1  # some spellings of the direct ones are one and the same source
    assert knocks == []
