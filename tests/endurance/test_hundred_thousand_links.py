"""A links.txt of 100,000 lines: every command stays under 300 MB, and none of them hangs (issue 2, "Must show" 5)."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.long

LINES = 100_000
MEMORY_LIMIT = 300
"""MB."""


def _lines(prefix: str = "", in_articles: bool = False) -> str:
    lines = []
    for number in range(LINES):
        if in_articles and number % 200 == 0:
            lines.append(f"\n[essays/essay-{number}.md]\npublished = 2021-05-12\n\n")
        lines.append(f"{prefix}https://h{number % 500}.example/page/{number}?q=w-{number}  anchor text {number}\n")
    return "".join(lines)


def test_a_run_that_skips_them_all_and_what_is_made_of_it(dark) -> None:
    """One folder for all of it: making a hundred thousand verdicts is what takes time."""
    dark.write("links.txt", _lines())
    everything = ["check", "--exclude", "*", "--fail-on", "none", "--no-progress"]

    first = dark.run(*everything, "--format", "json")
    assert first.code == 0, first.err
    report = first.json
    assert report["summary"]["skipped"] == len(report["sources"]) == LINES
    assert first.peak < MEMORY_LIMIT
    parts = sorted((dark.root / "archive" / "state").iterdir())
    state = [part.read_bytes() for part in parts]
    assert len(parts) > 1
    urls = [[json.loads(line)["url"] for line in part.splitlines()] for part in state]
    assert all(part == sorted(part) for part in urls)
    assert sum(map(len, urls)) == LINES

    second = dark.run(*everything, "-q")
    assert (second.code, second.out) == (0, ""), second.err
    assert second.peak < MEMORY_LIMIT
    assert [part.read_bytes() for part in parts] == state, "nothing changed, no line changes"

    rendered = dark.run("report", "--format", "jsonl", "-o", "report.html")
    lines = rendered.out.splitlines()
    assert [json.loads(line)["url"] for line in lines[:-1]] == [source["url"] for source in report["sources"]]
    assert rendered.peak < MEMORY_LIMIT
    html = (dark.root / "report.html").read_text()
    assert len(html) < 2_000_000
    assert "These are the first 2,000 of 100,000; `archive report --format json` has all of them." in html

    for path in (dark.root / "archive").glob("archive.sqlite*"):
        path.unlink()
    rebuilt = dark.run("rebuild")
    assert rebuilt.code == 0, rebuilt.err
    assert f"{2 * LINES:,} verdicts" in rebuilt.out
    assert rebuilt.peak < MEMORY_LIMIT


def test_excluded_lines_and_a_few_of_the_rest(dark) -> None:
    dark.write("links.txt", _lines("! ", in_articles=True))
    ran = dark.run("check", "--format", "json")
    assert (ran.code, ran.json["sources"]) == (0, [])
    assert ran.peak < MEMORY_LIMIT


def test_a_forecast_a_few_of_them_and_all_of_them_without_a_network(dark) -> None:
    dark.write("links.txt", _lines())
    forecast = dark.run("check", "--dry-run")
    assert f"would visit {LINES:,} sources on 500 hosts" in forecast.out
    assert forecast.peak < MEMORY_LIMIT
    for command in (["check", "--limit", "50"], ["check"]):  # the first finds no database, the second one
        ran = dark.run(*command, "--format", "json")
        assert ran.code == 3, ran.err
        assert ran.json["run"]["offline"] is True
        assert ran.json["sources"] == []
        assert ran.peak < MEMORY_LIMIT
