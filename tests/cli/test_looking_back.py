"""`report`, `show`, `diff`, `judge`, `verify`: the past of a source (docs/design.md §4, §8)."""

from __future__ import annotations

import json
from typing import Any

import pytest

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"
GAMMA = "http://gamma.example/list"


def _past(folder: Any, stage: Any) -> None:
    for url in (ALPHA, BETA, GAMMA):
        stage[url] = stage.html(url)
    folder.article(ALPHA, BETA, GAMMA)
    folder.check("article.md", now="2026-01-05")
    stage[BETA] = stage.html("something else altogether")
    stage[GAMMA] = stage.html("gone", status=410)
    folder.check(now="2026-02-05")


@pytest.fixture
def past(once: Any) -> Any:
    """Two runs: ALPHA stayed, BETA drifted, GAMMA died."""
    return once(_past)


def test_report_renders_the_latest_run_or_any_other(past: Any) -> None:
    latest = past.run("report", "--format", "json", now="2026-02-06")
    assert latest.code == 0
    assert latest.json["summary"]["drifted"] == 1
    first = min(path.stem for path in (past.root / "archive" / "manifests").glob("*.json"))
    assert past.run("report", "--run", first, "--format", "json").json["summary"]["ok"] == 3
    unknown = past.run("report", "--run", "20200101T000000Z-0000")
    assert (unknown.code, unknown.out) == (2, "")
    assert "20200101T000000Z-0000" in unknown.err


def test_a_report_into_files_is_not_printed_as_well(past: Any) -> None:
    ran = past.run("report", "-o", "report.html", "-o", "report.json")
    assert (ran.code, ran.out, ran.err) == (0, "", "report.html is written\nreport.json is written\n")
    both = past.run("report", "-o", "report.json", "--format", "json")
    assert both.out == (past.root / "report.json").read_text(encoding="utf-8")
    assert past.run("report", "-q", "-o", "report.json").err == ""


def test_the_reports_of_check_and_of_report_are_the_same(past: Any) -> None:
    ran = past.check(now="2026-02-07")
    assert past.run("report", "--format", "json", now="2026-03-01").out == ran.out


def test_latest_is_by_insertion_not_by_time(past: Any) -> None:
    earlier = past.check(now="2026-01-20").json["run"]["id"]
    assert past.run("report", "--format", "json").json["run"]["id"] == earlier


def test_what_a_dead_page_says_now_is_shown_as_no_version_of_it(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA)
    folder.check("article.md")
    stage.clear()
    folder.check(now="2026-01-06")
    folder.check(now="2026-01-08")
    assert "+++ 6 January 2026: dead, not found (404)" in folder.run("diff", ALPHA).out
    shown = folder.run("show", ALPHA).out
    assert "“source 1”  dead: not found (404)" in shown
    assert "http-404" not in shown


def test_show_tells_the_life_of_a_source(past: Any) -> None:
    shown = past.run("show", BETA)
    assert shown.code == 0
    assert shown.out.splitlines()[0] == BETA
    assert "article.md:7" in shown.out
    assert "2026-01-05" in shown.out
    assert "drifted" in shown.out
    assert ".warc.gz" not in shown.out
    assert past.run("show", BETA, "-v").out.count(".warc.gz") == 2
    assert past.run("show", BETA + "#part").out == shown.out
    unknown = past.run("show", "http://alpha.example/other")
    assert unknown.code == 2
    assert "not a source" in unknown.err


@pytest.mark.parametrize("url", [ALPHA, BETA, GAMMA], ids=["ok", "drifted", "dead"])
def test_a_case_of_show_is_judged_as_it_was_reported(past: Any, url: str) -> None:
    case = past.run("show", url, "--case", now="2026-02-06")
    assert case.code == 0
    judged = past.run("judge", "-", stdin=case.out.encode())
    assert judged.code == 0
    (line,) = judged.out.splitlines()
    reported = next(source for source in past.run("report", "--format", "json").json["sources"] if source["url"] == url)
    assert {key: json.loads(line)[key] for key in ("verdict", "reason", "similarity", "lost")} == {
        key: reported[key] for key in ("verdict", "reason", "similarity", "lost")
    }


def test_judge_reads_a_file_and_names_a_line_that_is_no_case(past: Any) -> None:
    cases = "".join(past.run("show", url, "--case").out for url in (ALPHA, BETA))
    path = past.write("cases.jsonl", cases)
    assert [json.loads(line)["verdict"] for line in past.run("judge", str(path)).out.splitlines()] == ["ok", "drifted"]
    past.write("cases.jsonl", cases + "{}\n")
    bad = past.run("judge", "cases.jsonl")
    assert bad.code == 2
    assert "cases.jsonl:3" in bad.err
    assert past.run("judge", "none.jsonl").code == 2


def test_diff_shows_old_and_new_words(past: Any, stage: Any) -> None:
    shown = past.run("diff", BETA)
    assert shown.code == 0
    assert stage.prose(BETA)[0][:30] in shown.out
    assert stage.prose("something else altogether")[0][:30] in shown.out
    assert "5 January 2026" in shown.out
    same = past.run("diff", ALPHA)
    assert same.code == 2
    assert "nothing to compare" in same.err


def test_verify_names_a_damaged_file(past: Any) -> None:
    assert past.run("verify").out.endswith("clean\n")
    warc = sorted((past.root / "archive" / "warc").glob("*.warc.gz"))[0]
    data = bytearray(warc.read_bytes())
    data[len(data) // 2] ^= 0xFF
    warc.write_bytes(data)
    shown = past.run("verify")
    assert shown.code == 1
    assert warc.name in shown.out
    warc.unlink()
    assert past.run("verify").code == 1


def test_a_report_survives_a_lost_warc(past: Any) -> None:
    for warc in (past.root / "archive" / "warc").glob("*.warc.gz"):
        warc.unlink()
    assert past.run("report", "--format", "html").code == 0
    case = past.run("show", BETA, "--case")
    assert (case.code, case.out) == (3, "")
    assert ".warc.gz" in case.err


def test_the_case_of_a_page_that_is_what_it_was_has_the_answer_that_gave_it_away(folder: Any, stage: Any) -> None:
    everywhere = stage.html("a new start page")
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA)
    folder.check("article.md", now="2026-01-05")
    stage[ALPHA] = everywhere
    stage.otherwise = everywhere
    assert folder.check(now="2026-02-05").told(ALPHA)[:2] == ("dead", "soft-404")
    assert folder.check(now="2026-02-07").source(ALPHA)["confirmed"]
    judged = folder.run("judge", "-", stdin=folder.run("show", ALPHA, "--case").out.encode())
    assert json.loads(judged.out)["reason"] == "soft-404"
