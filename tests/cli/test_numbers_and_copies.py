"""The number of a finding stands for its URL; a stored copy as text and in the browser."""

from __future__ import annotations

import urllib.request
from typing import Any

import pytest

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"
GAMMA = "http://gamma.example/list"


def _findings(folder: Any, stage: Any) -> None:
    for url, name in ((ALPHA, "alpha"), (BETA, "beta"), (GAMMA, "gamma")):
        stage[url] = stage.html(name)
    folder.article(ALPHA, BETA, GAMMA)
    assert folder.run("check", "article.md").code == 0
    stage.clear()
    stage[GAMMA] = stage.html("gamma")
    ran = folder.run("check", now="2026-01-06")
    assert f"#1 ✗ not found (404)  article.md:5  {ALPHA}" in ran.out
    assert f"#2 ✗ not found (404)  article.md:7  {BETA}" in ran.out


@pytest.fixture
def findings(once: Any) -> Any:
    """A folder in which #1 and #2 of the last report are dead, after a run in which all was fine."""
    return once(_findings)


def test_a_number_is_the_url_of_the_last_report_whatever_is_decided_meanwhile(findings: Any) -> None:
    assert findings.run("show", "#2").out.startswith(BETA)
    assert findings.run("ignore", "1", now="2026-01-07").out == f"ignored {ALPHA}\n"
    assert findings.run("ignore", "2", now="2026-01-07").out == f"ignored {BETA}\n"
    assert findings.run("ignore", "#1", "#2", "--undo", now="2026-01-08").out.splitlines() == [
        f"reported again {ALPHA}", f"reported again {BETA}",
    ]  # fmt: skip


def test_a_number_that_is_not_there_names_those_that_are(findings: Any) -> None:
    for command in ("show", "diff", "accept", "ignore", "open"):
        ran = findings.run(command, "7")
        assert ran.code == 2
        assert "#7 is not in the last report: its findings are #1 to #2" in ran.err


def test_the_stored_text_of_a_page_that_is_gone(findings: Any) -> None:
    ran = findings.run("show", "--text", "1")
    assert ran.code == 0
    first, *text = ran.out.splitlines()
    assert first == f"{ALPHA}, as stored on 5\u00a0January\u00a02026 (HTTP 200)"
    assert any("alpha" in line for line in text)
    gone = findings.run("show", "--text", "1", "--at", "2026-02-01").out
    assert "(HTTP 404)" in gone.splitlines()[0]


@pytest.mark.long
def test_a_stored_copy_opens_on_an_address_of_its_own_and_ends_by_itself(findings: Any) -> None:
    process = findings.start("open", "1", "--idle", "30")
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url.startswith("http://localhost:")
    with urllib.request.urlopen(url) as answer:
        assert "alpha" in answer.read().decode("utf-8")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    process.terminate()
    assert process.wait() == 0
    assert findings.run("open", "1", "--idle", "0").code == 0


def test_numbers_stand_while_we_are_offline(findings: Any, stage: Any) -> None:
    from linkarchive.demo.wire import Reset

    for url in (ALPHA, BETA, GAMMA, "http://canary.example/"):
        stage[url] = Reset()
    assert findings.run("check", now="2026-01-08").code == 3
    assert findings.run("show", "#2").out.startswith(BETA)
