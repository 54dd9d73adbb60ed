"""Where everything stands, what was done, and what `archive` alone says."""

from __future__ import annotations

import json
from typing import Any

import pytest

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"


def _watched(folder: Any, stage: Any) -> None:
    stage[ALPHA], stage[BETA] = stage.html("alpha"), stage.html("beta")
    folder.article(ALPHA, BETA)
    folder.run("check", "article.md", now="2026-01-05")
    stage.clear()
    stage[ALPHA] = stage.html("alpha")
    folder.run("check", now="2026-01-06")
    folder.run("check", "--due", now="2026-01-07")


@pytest.fixture
def watched(once: Any) -> Any:
    """One page that is fine and one that died on the second day, after three runs."""
    return once(_watched)


def test_the_state_is_that_of_all_sources_and_not_of_the_last_run(watched: Any) -> None:
    ran = watched.run("status", now="2026-01-07T12:00:00Z")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"✗ not found (404)      since 2026-01-06  due 2026-01-08  checked today  {BETA}  article.md",
        "",
        "2 sources under watch: 1 ok and 1 dead.",
    ]
    later = watched.run("status", "--all", now="2026-01-20").out
    assert later.count("due now") == 3
    assert later.splitlines()[-1] == "2 sources under watch: 1 ok and 1 dead. 2 due now."


def test_the_state_as_json(watched: Any) -> None:
    watched.run("ignore", BETA, now="2026-01-07")
    status = json.loads(watched.run("status", "--format", "json", now="2026-01-08").out)
    assert list(status) == ["schema", "summary", "sources"]
    assert (status["summary"]["dead"], status["summary"]["sources"], status["summary"]["ignored"]) == (1, 2, 1)
    dead, fine = status["sources"]
    assert list(dead) == [
        "url", "title", "verdict", "reason", "since", "checked", "next_due", "articles", "ignored",
        "decision", "short",
    ]  # fmt: skip
    assert (dead["url"], dead["title"], dead["verdict"], dead["articles"]) == (BETA, "On beta", "dead", ["article.md"])
    assert dead["ignored"]["who"]
    assert fine["since"].startswith("2026-01-05T06:00:")


@pytest.mark.parametrize(
    ("args", "urls"),
    [
        (("--verdict", "ok"), [ALPHA]),
        (("--host", "beta.example"), [BETA]),
        (("--article", "other.md"), []),
        (("--due",), [BETA]),
    ],
)
def test_filters(watched: Any, args: tuple[str, ...], urls: list[str]) -> None:
    status = json.loads(watched.run("status", "--format", "json", *args, now="2026-01-08").out)
    assert [source["url"] for source in status["sources"]] == urls
    assert ("No source fits." in watched.run("status", *args, now="2026-01-08").out) == (not urls)


def test_a_run_in_which_nothing_is_due_says_so(watched: Any) -> None:
    ran = watched.run("check", "--due", now="2026-01-07T12:00:00Z")
    assert "nothing is due: archive status --all says when each source is" in ran.err
    assert watched.run("check", "--due", "-q", now="2026-01-07T13:00:00Z").err == ""
    assert "nothing is due" not in watched.run("check", "--due", now="2026-01-08T12:00:00Z").err


def test_runs_are_listed_and_their_reports_can_be_had(watched: Any) -> None:
    lines = watched.run("runs").out.splitlines()
    assert [line.partition("  ")[2] for line in lines] == [
        "2026-01-07 06:00  1 source, 1 finding",
        "2026-01-06 06:00  2 sources, 1 finding",
        "2026-01-05 06:00  2 sources, 0 findings",
    ]
    oldest = lines[-1].partition(" ")[0]
    assert watched.run("report", "--run", oldest, "--format", "json").json["run"]["id"] == oldest
    status = json.loads(watched.run("runs", "--format", "json", "--limit", "1").out)
    assert [(run["sources"], run["findings"], run["complete"]) for run in status["runs"]] == [(1, 1, True)]


def test_an_empty_folder_has_neither(folder: Any) -> None:
    assert folder.run("status").out == "0 sources under watch.\n"
    assert folder.run("runs").out == "No run yet: archive check ARTICLE\n"


def test_archive_alone_greets_with_three_examples(folder: Any) -> None:
    ran = folder.run()
    assert ran.code == 0
    examples = [line.split("  ")[1] for line in ran.out.splitlines() if line.startswith("  archive ")]
    assert examples == ["archive demo", "archive check article.md", "archive status"]
