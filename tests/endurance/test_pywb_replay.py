"""pywb, which is not ours, replays our WARC files (docs/design.md §6)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linkarchive.demo.server import DemoWeb
from linkarchive.demo.wire import Reply, Request, Response, redirect

pytestmark = pytest.mark.long

_HOST = "quay.example"
_PROSE = "<p>Прилив пришёл, как приходит каждый день — und niemand schrieb es auf.</p>\n" * 40
_PAGE = f"<!DOCTYPE html><title>Прилив</title><article><h1>The tide</h1>{_PROSE}</article>".encode()
_CYRILLIC = f"<!DOCTYPE html><title>Прилив</title><article>{_PROSE.replace('—', '-')}</article>".encode("cp1251")
_IMAGE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
_HTML = "text/html; charset=utf-8"

PAGES: dict[str, Response] = {
    "/page": Response(_PAGE, headers=(("ETag", '"one"'),)),
    "/same-bytes-elsewhere": Response(_PAGE),
    "/old-letters": Response(_CYRILLIC, content_type="text/html; charset=windows-1251"),
    "/in-chunks": Response(_PAGE + b"<!-- in chunks -->", chunked=True),
    "/packed": Response(_PAGE + b"<!-- packed -->", compress=True),
    "/picture.png": Response(_IMAGE, content_type="image/png"),
}


def _site(request: Request) -> Reply:
    return redirect("/page", 301) if request.path == "/moved" else PAGES.get(request.path, Response(b"gone", 404))


@pytest.fixture(scope="module")
def wayback(pywb: Path, serve_pywb: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """pywb over the archive of two runs, half a year apart."""
    root = tmp_path_factory.mktemp("quay")
    links = "".join(f"http://{_HOST}{path}\n" for path in (*PAGES, "/moved"))
    (root / "links.txt").write_text(links)
    with DemoWeb(extra={_HOST: _site}) as web:
        for day in ("2025-01-05", "2025-07-05"):
            kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
            env = {**kept, **web.environ(), "ARCHIVE_NOW": f"{day}T06:00:00Z", "ARCHIVE_WAYBACK_MODE": "off"}
            command = [sys.executable, "-m", "linkarchive", "check", "-q"]
            done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stderr
    assert web.errors == []
    for command in (["init", "web"], ["add", "web", *map(str, sorted(root.glob("archive/warc/*.warc.gz")))]):
        done = subprocess.run([str(pywb / "wb-manager"), *command], cwd=root, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    (root / "config.yaml").write_text("framed_replay: false\nenable_memento: true\n")
    with serve_pywb(root) as served:
        yield served


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_replayed_byte_for_byte(wayback: Any, path: str) -> None:
    _is_page(wayback.replay("20250105", f"http://{_HOST}{path}"), path, "Jan 2025")


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/page"])
def test_a_revisit_resolves_to_the_bytes_of_the_first_day(wayback: Any, path: str) -> None:
    _is_page(wayback.replay("20250705", f"http://{_HOST}{path}"), path, "Jul 2025")


def _is_page(answer: Any, path: str, month: str) -> None:
    assert answer.status == 200
    assert answer.body == PAGES[path].body
    assert answer.headers["Content-Type"] == PAGES[path].content_type
    assert month in answer.headers["Memento-Datetime"]


def test_what_the_server_called_unchanged_is_replayed_as_that(wayback: Any) -> None:
    """pywb does not resolve revisits of the profile server-not-modified, it repeats the 304 (2.10, 2026-11-23)."""
    answer = wayback.replay("20250705", f"http://{_HOST}/page")
    assert (answer.status, answer.body) == (304, b"")
    assert "Jul 2025" in answer.headers["Memento-Datetime"]


@pytest.mark.parametrize("day", ["20250105", "20250705"])
def test_a_redirect_is_replayed_as_one(wayback: Any, day: str) -> None:
    as_it_was = wayback.replay(day, f"http://{_HOST}/moved")
    assert (as_it_was.status, as_it_was.headers["Location"]) == (301, "/page")
    to_browse = wayback.get(f"/web/{day}/http://{_HOST}/moved")
    assert to_browse.status == 301
    place = to_browse.headers["Location"]
    assert f"/web/{day[:6]}" in place
    assert place.endswith(f"http://{_HOST}/page")


def test_the_timemap_lists_both_captures(wayback: Any) -> None:
    answer = wayback.get(f"/web/timemap/link/http://{_HOST}/same-bytes-elsewhere")
    assert answer.headers["Content-Type"] == "application/link-format"
    mementos = [line for line in answer.body.decode().splitlines() if "memento" in line and "datetime=" in line]
    assert ["Jan 2025" in line for line in mementos] == [True, False]


def test_pywb_knows_the_revisits_as_such(wayback: Any) -> None:
    answer = wayback.get(f"/web/cdx?url={_HOST}/*&output=json")
    lines = answer.body.decode().splitlines()
    assert sum('"mime": "warc/revisit"' in line for line in lines) >= len(PAGES), answer.body
