"""`archive check` as a user sees it: exit codes, the two outputs, formats and options (docs/design.md §4)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"
GAMMA = "http://gamma.example/list"
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def cited(folder: Any, stage: Any) -> Any:
    """A folder whose article cites one good page and one that is dead."""
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA, BETA)
    return folder


# --- exit codes -----------------------------------------------------------------------


def test_nothing_to_report_is_0_and_a_finding_is_1(cited: Any, stage: Any) -> None:
    assert cited.run("check", "article.md").code == 1
    stage[BETA] = stage.html("beta")
    assert cited.run("check", now="2026-01-06").code == 0


@pytest.mark.parametrize(
    ("fail_on", "code"), [("dead", 1), ("drifted,unresolved", 0), ("none", 0), ("drifted, dead", 1), ("no", 2)]
)
def test_fail_on_says_which_verdicts_count(cited: Any, fail_on: str, code: int) -> None:
    ran = cited.run("check", "article.md", "--fail-on", fail_on)
    assert ran.code == code
    assert ("--fail-on is 'no'; did you mean" in ran.err) == (code == 2)


def test_new_only_counts_what_is_new(cited: Any) -> None:
    assert cited.run("check", "article.md", "--new-only").code == 1
    assert cited.run("check", "--new-only", now="2026-01-06").code == 0
    assert cited.run("check", now="2026-01-07").code == 1


def test_a_quiet_run_that_is_incomplete_says_why(cited: Any, stage: Any) -> None:
    ran = cited.run("check", "article.md", "-q", "--wayback", "off", env={"http_proxy": "http://127.0.0.1:9"})
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == "archive: the run is incomplete: the proxy cannot be reached\n"


@pytest.mark.parametrize("name", ["https://", "http://#part"])
def test_an_address_without_a_host_is_wrong_input_and_not_an_outage(cited: Any, name: str) -> None:
    ran = cited.run("check", name)
    assert ran.code == 2
    assert f"{name}: not a web address" in ran.err


def test_what_is_sent_to_whom_is_said_when_something_is_sent(cited: Any) -> None:
    assert "GET request" not in cited.run("check", "no-such.md").err
    assert "GET request" in cited.run("check", "article.md").err
    assert "GET request" not in cited.run("check", now="2026-01-06").err


def test_an_article_that_cannot_be_read_is_2_and_the_others_are_checked(cited: Any) -> None:
    ran = cited.check("article.md", "missing.md")
    assert ran.code == 2
    assert "missing.md" in ran.err
    assert len(ran.json["sources"]) == 2
    assert cited.run("check", "missing.md").code == 2


@pytest.mark.parametrize(
    "args",
    [
        ("check", "--format", "yaml"),
        ("check", "--only", "broken"),
        ("check", "--limit", "0"),
        ("chekc",),
        ("check", "--project", "no/such/folder"),
        ("check",),
        ("check", "-"),
        ("check", "."),
        ("check", ".", "--dry-run"),
        ("check", "--config", "no-such.toml"),
        ("report",),
        ("show", ALPHA),
        ("extract", "no-such.md", "--write"),
        ("recover", "no-such.md", "--write"),
        ("fix", "no-such.md", "--write"),
        ("export", "--wacz", "out.wacz"),
        ("forget", ALPHA, "--reason", "asked"),
        ("forget", ALPHA, "--undo"),
        ("import", "."),
    ],
)
def test_wrong_usage_is_2_with_words_on_stderr_only(folder: Any, args: tuple[str, ...]) -> None:
    ran = folder.run(*args)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.strip()
    assert "Traceback" not in ran.err
    assert not (folder.root / "archive").exists(), "nothing was made that somebody has to clear away"


@pytest.mark.skipif(not hasattr(click.exceptions, "NoSuchCommand"), reason="an older click suggests no commands")
def test_a_misspelt_command_is_told_its_name(folder: Any) -> None:
    assert "Did you mean 'check'?" in folder.run("chek").err


def test_incomplete_goes_before_wrong_input_and_findings(cited: Any) -> None:
    ran = cited.check("article.md", "missing.md", "--max-time", "0.000001")
    assert ran.code == 3
    assert not ran.json["run"]["complete"]


@pytest.mark.parametrize("value", ["yesterday", "2026-01-05", "2026-01-05T06:00:00"])
def test_a_time_that_is_none_is_refused(folder: Any, value: str) -> None:
    folder.article(ALPHA)
    ran = folder.run("check", "article.md", now=None, env={"ARCHIVE_NOW": value})
    assert ran.code == 2
    assert "RFC 3339" in ran.err


def test_simulated_and_real_runs_do_not_share_a_folder(cited: Any) -> None:
    assert cited.check("article.md").json["run"]["simulated"]
    real = cited.run("check", now=None)
    assert real.code == 2
    assert "ARCHIVE_NOW" in real.err
    mixed = cited.check(now=None, env={"ARCHIVE_KEEP_MIX_SIMULATED": "true"})
    assert mixed.code == 1
    assert not mixed.json["run"]["simulated"]


# --- the two outputs ------------------------------------------------------------------


def test_stdout_is_the_report_and_stderr_tells_the_progress(cited: Any) -> None:
    cited.run("check", "article.md", "--dry-run")
    ran = cited.run("check", "article.md")
    assert BETA in ran.out
    assert "article.md:" in ran.out
    notice, started, ended = ran.err.splitlines()
    assert "linkarchive/" in notice  # the first run says what is sent to whom
    assert "checking 2 sources" in started
    assert "checked 2 sources" in ended
    assert "\x1b" not in ran.out + ran.err
    assert len(cited.run("check", now="2026-01-06").err.splitlines()) == 2


def test_quiet_prints_only_what_changed(cited: Any, stage: Any) -> None:
    first = cited.run("check", "article.md", "-q")
    assert BETA in first.out
    assert first.err == ""
    silent = cited.run("check", "-q", now="2026-01-06")
    assert (silent.out, silent.err, silent.code) == ("", "", 1)
    assert cited.run("check", "-q", "--format", "json", now="2026-01-07").out == ""
    stage[BETA] = stage.html("beta")
    assert BETA in cited.run("check", "-q", now="2026-01-08").out


def test_colour_is_asked_for_and_no_color_refuses_it(cited: Any) -> None:
    assert "\x1b[" in cited.run("check", "article.md", "--color", "always").out
    assert "\x1b[" in cited.run("report", env={"FORCE_COLOR": "1"}).out
    assert "\x1b[" not in cited.run("report", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out
    assert "\x1b[" not in cited.run("report", "--color", "never", env={"FORCE_COLOR": "1"}).out


def test_json_is_the_schema_and_alone_on_stdout(cited: Any) -> None:
    cited.write("lost.md", "# L\n\nThe [lost one](#) is gone.\n")
    for ran in (cited.check("article.md", "lost.md"), cited.check(now="2026-01-06")):
        jsonschema.validate(ran.json, SCHEMA)
        assert ran.out.startswith("{")
    assert ran.json["schema"] == 1


def test_jsonl_ends_with_the_run(cited: Any) -> None:
    lines = [json.loads(line) for line in cited.run("check", "article.md", "--format", "jsonl").out.splitlines()]
    assert [line["type"] for line in lines] == ["source", "source", "run"]


def test_reports_are_written_by_suffix_beside_stdout(cited: Any) -> None:
    ran = cited.check("article.md", "-o", "r.json", "-o", "r.md", "-o", "sub/r.html", "-o", "r.txt", "-o", "r.jsonl")
    assert json.loads((cited.root / "r.json").read_text()) == ran.json
    assert BETA in (cited.root / "r.md").read_text()
    assert (cited.root / "sub" / "r.html").read_text().startswith("<!")
    assert BETA in (cited.root / "r.txt").read_text()
    assert len((cited.root / "r.jsonl").read_text().splitlines()) == 3


def test_an_unknown_suffix_is_told_before_anything_is_visited(cited: Any, stage: Any) -> None:
    ran = cited.run("check", "article.md", "-o", "r.docx")
    assert ran.code == 2
    assert ".html" in ran.err
    assert stage.requests == []


@pytest.mark.long
def test_a_reader_that_goes_away_is_no_trouble(cited: Any) -> None:
    cited.run("check", "article.md")
    for command, code in ((["report"], 0), (["report", "--format", "html"], 0), (["show", ALPHA], 0), (["check"], 1)):
        end, start = os.pipe()
        os.close(end)
        done = subprocess.run(
            [sys.executable, "-m", "linkarchive", *command],
            cwd=cited.root,
            env=cited.env("2026-01-06", {}),
            stdout=start,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.close(start)
        assert done.returncode == code, command
        assert "Error" not in done.stderr


def test_standard_input_is_an_article(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    page = f"<html><body><main><p>See <a href='{ALPHA}'>the report</a>.</p></main></body></html>".encode()
    ran = folder.run("check", "-", "--input-format", "html", "--format", "json", stdin=page)
    assert ran.code == 0
    assert ran.source(ALPHA)["citations"][0]["text"] == "the report"


# --- options that choose --------------------------------------------------------------


def test_a_dry_run_visits_and_writes_nothing(cited: Any, stage: Any) -> None:
    ran = cited.run("check", "article.md", "--dry-run")
    assert ran.code == 0
    assert "would visit 2 sources on 2 hosts" in ran.out
    assert stage.requests == []
    assert sorted(path.name for path in cited.root.iterdir()) == ["article.md"]
    assert cited.run("report").code == 2  # there was no run


def test_exclude_takes_a_host_or_a_pattern(cited: Any, stage: Any) -> None:
    ran = cited.check("article.md", "--exclude", "alpha.example", "--exclude", "http://beta.example/n*")
    assert {source["reason"] for source in ran.json["sources"]} == {"excluded"}
    assert ran.code == 0
    assert stage.requests == []


def test_only_takes_the_sources_of_a_verdict(cited: Any) -> None:
    cited.check("article.md")
    assert [source["url"] for source in cited.check("--only", "dead", now="2026-01-06").json["sources"]] == [BETA]


def test_limit_takes_the_longest_unvisited(cited: Any, stage: Any) -> None:
    stage[BETA] = stage.html("beta")
    stage[GAMMA] = stage.html("gamma")
    cited.article(ALPHA, BETA, GAMMA)
    seen = [
        [source["url"] for source in cited.check(*args, "--limit", "2", now=f"2026-01-{day}").json["sources"]]
        for day, args in (("05", ("article.md",)), ("06", ()), ("07", ()))
    ]
    assert [len(urls) for urls in seen] == [2, 2, 2]
    assert set(seen[0]) | set(seen[1]) == {ALPHA, BETA, GAMMA}
    assert set(seen[1]) != set(seen[2])


def test_due_visits_the_alive_weekly_and_suspects_daily(cited: Any) -> None:
    cited.check("article.md", now="2026-01-05")
    visited = {
        day: {source["url"] for source in cited.check("--due", now=f"2026-01-{day}").json["sources"]}
        for day in ("05", "06", "07", "12")
    }
    assert visited == {"05": set(), "06": {BETA}, "07": {BETA}, "12": {ALPHA, BETA}}


def test_a_private_address_is_not_visited_unless_asked(folder: Any) -> None:
    inside = "http://127.0.0.1:9/secret"
    folder.article(inside)
    ran = folder.check("article.md")
    assert ran.told(inside)[:2] == ("skipped", "private-address")
    assert "checked 0 sources" in ran.err
    told = folder.run("report", "-v").out
    assert "No source was checked: the only one was skipped." in told
    allowed = folder.check("--allow-private", now="2026-01-06", env={"no_proxy": "127.0.0.1"})
    assert allowed.told(inside)[:2] == ("unreachable", "refused")
