"""The benchmark of a million links makes many of few, which a check takes for its own."""

from __future__ import annotations

import importlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
URLS = [f"http://{host}.example/page-{number}.html" for host in ("alpha", "beta") for number in range(50)]


@pytest.fixture
def million(monkeypatch: pytest.MonkeyPatch) -> Any:
    if not (BENCHMARKS / "million.py").is_file():
        pytest.skip("benchmarks/ is not part of this distribution")
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("million")


def test_copies_are_unchanged_and_planned(
    folder: Any, stage: Any, million: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in URLS[:-1]:
        page = stage.html(url)
        for copy in ("", "?copy=1", "?copy=2"):
            stage[url + copy] = page
    for place in range(0, len(URLS), 20):
        folder.article(*URLS[place : place + 20], name=f"posts/essay-{place}.md")
    folder.write("links.txt", "articles posts\n")
    for day in ("05", "06"):
        folder.check(now=f"2026-01-{day}T08:00:00Z")
    monkeypatch.chdir(folder.root)
    million.multiply(folder.root, 3)
    captures = folder.captures()
    ran = folder.check(now="2026-01-07T08:00:00Z")
    assert ran.json["summary"]["visited"] == 300
    assert (ran.json["summary"]["dead"], ran.json["summary"]["ok"]) == (3, 297)
    assert folder.captures() == captures
    with closing(sqlite3.connect(folder.root / "archive" / "archive.sqlite")) as database:
        carried = "SELECT count(*) FROM visits WHERE carried AND run = (SELECT max(run) FROM visits)"
        assert database.execute(carried).fetchone() == (300,)
