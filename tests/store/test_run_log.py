"""The log of a run over pages that did not change is one list of them, and says all that it said as lines."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

URLS = tuple(f"http://{name}.example/page" for name in ("alpha", "beta", "gamma"))


@pytest.fixture
def nights(folder: Any, stage: Any) -> Any:
    """Three runs over three pages; one of them is dead from the second on."""
    for url in URLS:
        stage[url] = stage.html(url)
    folder.article(*URLS)
    folder.check("article.md", now="2026-01-05")
    stage[URLS[2]] = stage.html("gone", status=410)
    for day in ("06", "07"):
        folder.check(now=f"2026-01-{day}")
    return folder


def logs(folder: Any) -> list[list[dict[str, Any]]]:
    """The lines of each run's log, in order of time."""
    by_run = []
    for path in sorted((folder.root / "archive" / "warc").glob("*.warc.gz")):
        lines = gzip.decompress(path.read_bytes()).split(b"\n")
        by_run.append([json.loads(line) for line in lines if line.startswith((b'{"run"', b'{"visit"', b'{"repeats"'))])
    return by_run


def reports(folder: Any) -> list[Any]:
    runs = [run["id"] for run in folder.run("runs", "--format", "json").json["runs"]]
    return [folder.run("report", "--run", run, "--format", "json").json for run in runs]


def test_what_did_not_change_is_listed_and_has_no_line(nights: Any) -> None:
    kinds = [[next(iter(line)) for line in log] for log in logs(nights)]
    assert kinds == [["run", "visit", "visit", "visit"], ["run", "visit", "repeats"], ["run", "repeats", "repeats"]]
    repeats = logs(nights)[1][-1]["repeats"]
    assert (len(repeats["sources"]), repeats["was"], repeats["carried"]) == (2, "ok", True)
    assert "example" not in json.dumps(repeats)


def test_a_rebuilt_database_says_the_same_to_the_second(nights: Any) -> None:
    before = reports(nights)
    (nights.root / "archive" / "archive.sqlite").unlink()
    assert nights.run("rebuild").code == 0
    assert reports(nights) == before
    nights.check(now="2026-01-08")
    (nights.root / "archive" / "archive.sqlite").unlink()
    assert reports(nights)[1:] == before, "what a rebuilt database logs is as good"


def test_a_forgotten_source_is_in_no_list(nights: Any) -> None:
    assert nights.run("forget", URLS[0], "--reason", "asked to").code == 0
    listed = [line["repeats"]["sources"] for log in logs(nights) for line in log if "repeats" in line]
    assert sorted(map(len, listed)) == [1, 1, 1]
    (nights.root / "archive" / "archive.sqlite").unlink()
    assert nights.run("rebuild").code == 0
    assert [len(report["sources"]) for report in reports(nights)] == [2, 2, 2]
