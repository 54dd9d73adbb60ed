"""Of runs before the newest few only those visits stay that told something (`[keep] visits`)."""

from __future__ import annotations

from typing import Any

import pytest

from linkarchive.demo.wire import Reset

pytestmark = pytest.mark.usefixtures("database")  # on SQLite, and on PostgreSQL

FINE, GONE, FAILED = (f"http://{host}.example/page" for host in ("alpha", "beta", "gamma"))
DAYS = [f"2026-01-{day:02}" for day in range(5, 11)]


def _lived(folder: Any, stage: Any) -> None:
    folder.write("archive.toml", "[keep]\nvisits = 2\n[network]\nallow_private = true\n")
    folder.article(FINE, GONE, FAILED)
    for day in DAYS:
        for url in (FINE, GONE, FAILED):
            stage[url] = stage.html(url)
        if day >= DAYS[2]:
            stage[GONE] = stage.otherwise
        if day == DAYS[1]:
            stage[FAILED] = Reset()
        folder.run("check", "article.md", now=day)


@pytest.fixture
def lived(once: Any) -> Any:
    """Six days: one page is fine, one dies on the third day, one fails on the second."""
    return once(_lived)


def days_of(folder: Any, url: str) -> list[str]:
    """The days of the verdicts that `archive show` lists."""
    verdicts = folder.run("show", url, now=DAYS[-1]).out.partition("\nVerdicts\n")[2]
    return [line.split("T")[0].strip() for line in verdicts.splitlines() if line.startswith("  2")]


def test_what_told_something_stays(lived: Any) -> None:
    first, second, third, _, fifth, sixth = DAYS
    assert days_of(lived, FINE) == [first, fifth, sixth]
    assert days_of(lived, GONE) == [first, third, fifth, sixth]
    assert days_of(lived, FAILED) == [first, second, third, fifth, sixth]
    assert lived.run("verify", now=DAYS[-1]).code == 0


def test_a_report_says_what_it_lacks(lived: Any) -> None:
    runs = [run["id"] for run in reversed(lived.run("runs", "--format", "json", now=DAYS[-1]).json["runs"])]
    lacks = "sources that were in this run what they were before are neither listed nor counted"
    reports = [lived.run("report", "--run", run, "--format", "json", now=DAYS[-1]).json for run in runs]
    assert [sum(lacks in notice for notice in report["notices"]) for report in reports] == [0, 1, 1, 1, 0, 0]
    assert [len(report["sources"]) for report in reports] == [3, 1, 2, 0, 3, 3]
    assert "3 that were as before are no longer kept" in lived.run("runs", now=DAYS[-1]).out


def test_a_rebuilt_database_has_all_until_the_next_run(lived: Any) -> None:
    assert lived.run("rebuild", now=DAYS[-1]).code == 0
    assert days_of(lived, FINE) == DAYS
    latest = lived.run("report", "--format", "json", now=DAYS[-1]).json["sources"]
    assert [source["verdict"] for source in latest] == ["dead", "ok", "ok"]
    lived.run("check", now="2026-01-11")
    assert days_of(lived, FINE) == [DAYS[0], DAYS[-1], "2026-01-11"]


def test_no_limit_keeps_all(folder: Any, stage: Any) -> None:
    folder.write("archive.toml", "[keep]\nvisits = 0\n[network]\nallow_private = true\n")
    stage[FINE] = stage.html(FINE)
    folder.article(FINE)
    for day in DAYS[:3]:
        folder.run("check", "article.md", now=day)
    assert days_of(folder, FINE) == DAYS[:3]
