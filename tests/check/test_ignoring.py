"""Known findings: judged and counted, listed apart, no news, no alarm; until a day, and taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"
GAMMA = "http://gamma.example/list"


def _known(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA, BETA)
    assert folder.check("article.md").code == 1
    ran = folder.run("ignore", BETA, "--reason", "cited as dead", now="2026-01-06")
    assert (ran.code, ran.out) == (0, f"ignored {BETA}\n")


@pytest.fixture
def known(once: Any) -> Any:
    """A folder with a good page and a dead one that is ignored."""
    return once(_known)


def test_an_ignored_finding_is_judged_and_counted_but_not_reported(known: Any, stage: Any) -> None:
    stage.requests.clear()
    ran = known.check(now="2026-01-12")
    assert ran.code == 0
    assert stage.asked(BETA) >= 1
    source = ran.source(BETA)
    assert (source["verdict"], source["changed"]) == ("dead", "still")
    assert source["ignored"]["reason"] == "cited as dead"
    assert source["ignored"]["until"] is None
    assert source["ignored"]["who"]
    assert (ran.json["summary"]["dead"], ran.json["summary"]["ignored"]) == (1, 1)
    assert ran.source(ALPHA)["ignored"] is None


def test_it_does_not_vanish_from_any_report(known: Any) -> None:
    text = known.run("check", now="2026-01-12").out
    assert "\nOf 2 sources, 1 is fine and 1 is ignored.\n" in text
    assert "Ignored (1)" in text
    assert "cited as dead" in text
    assert "Still open" not in text
    markdown = known.run("report", "--format", "markdown").out
    assert "## Ignored" in markdown
    assert "all findings are ignored" in markdown
    assert "Ignored by" in known.run("report", "--format", "junit").out
    assert "Ignored by" in known.run("report", "--format", "html").out


def test_the_last_report_knows_at_once(known: Any) -> None:
    """`archive report` renders the past run in the light of what was decided since."""
    assert "Ignored (1)" in known.run("report", now="2026-01-06").out


def test_a_death_after_ignoring_is_no_news(folder: Any, stage: Any) -> None:
    for url in (ALPHA, BETA):
        stage[url] = stage.html(url)
    folder.article(ALPHA, BETA)
    folder.check("article.md")
    assert folder.run("ignore", BETA, now="2026-01-06").code == 0
    stage[BETA] = stage.html("gone", status=410)
    ran = folder.run("check", "-q", now="2026-01-12")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    stage[BETA] = stage.html(BETA)
    assert folder.run("check", "-q", now="2026-01-19").out == ""
    stage[ALPHA] = stage.html("gone", status=410)
    ran = folder.run("check", "-q", now="2026-01-26")
    assert ran.code == 1
    assert ALPHA in ran.out
    assert BETA not in ran.out


def test_from_its_day_on_it_is_reported_again_once(known: Any) -> None:
    assert known.run("ignore", BETA, "--until", "2026-02-01", now="2026-01-07").code == 0
    assert known.check(now="2026-01-31").code == 0
    ran = known.check(now="2026-02-01")
    assert ran.code == 1
    assert ran.told(BETA) == ("dead", "http-404", "new")
    assert ran.source(BETA)["ignored"] is None
    assert known.check(now="2026-02-02").told(BETA)[2] == "still"


def test_undo_takes_it_back(known: Any) -> None:
    known.run("ignore", BETA, "--until", "2026-06-01", now="2026-01-07")
    assert known.check(now="2026-01-12").code == 0
    undone = known.run("ignore", "--undo", BETA, "--reason", "settled", now="2026-01-13")
    assert (undone.code, undone.out) == (0, f"reported again {BETA}\n")
    ran = known.check(now="2026-01-19")
    assert ran.code == 1
    assert ran.told(BETA)[2] == "new"
    lines = [json.loads(line) for line in (known.root / "archive" / "decisions.jsonl").read_text().splitlines()]
    assert [line["action"] for line in lines] == ["ignore", "ignore", "undo", "undo"]
    nothing = known.run("ignore", "--undo", BETA, now="2026-01-20")
    assert nothing.code == 2
    assert "nothing to take back" in nothing.err


def test_an_acceptance_is_taken_back_and_the_one_before_counts_again(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("first")
    folder.article(ALPHA)
    folder.check("article.md")
    for name, day in (("second", "02"), ("third", "03")):
        stage[ALPHA] = stage.html(name)
        assert folder.check(now=f"2026-{day}-01").told(ALPHA)[0] == "drifted"
        assert folder.run("accept", ALPHA, now=f"2026-{day}-02").code == 0
    assert folder.check(now="2026-03-08").told(ALPHA)[0] == "ok"
    undone = folder.run("accept", "--undo", ALPHA, now="2026-03-09")
    assert (undone.code, undone.out) == (0, f"acceptance withdrawn: {ALPHA}\n")
    assert folder.check(now="2026-03-15").told(ALPHA) == ("drifted", "replaced", "none")
    stage[ALPHA] = stage.html("second")
    assert folder.check(now="2026-03-22").told(ALPHA)[0] == "ok"  # the first acceptance
    assert folder.run("accept", "--undo", ALPHA, "--article", "other.md", now="2026-03-23").code == 2


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("http://beta.example/nots",), "not a source"),
        ((BETA, "--until", "2026-01-06"), "not a day in the future"),
        ((BETA, "--until", "tomorrow"), "does not match"),
        ((BETA, "--until", "2027-01-01", "--undo"), "--until"),
    ],
)
def test_what_cannot_be_ignored_is_said(known: Any, args: tuple[str, ...], words: str) -> None:
    ran = known.run("ignore", *args, now="2026-01-06")
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_an_original_page_that_is_ignored_needs_no_look(folder: Any, stage: Any) -> None:
    folder.article(ALPHA)
    stage[ALPHA] = stage.html("alpha")
    folder.write("links.txt", f"[article.md]\noriginal = {GAMMA}\n\n{ALPHA}\n")
    assert "original page needs a look" in folder.run("check").out
    assert folder.run("ignore", GAMMA, now="2026-01-06").code == 0
    ran = folder.run("check", now="2026-01-12")
    assert "original page needs a look" not in ran.out


def test_secrets_of_an_ignored_address_are_not_written(folder: Any, stage: Any) -> None:
    url = "http://beta.example/notes?token=hunter2"
    folder.article(url)
    folder.check("article.md")
    assert folder.run("ignore", url, now="2026-01-06").code == 0
    assert "hunter2" not in (folder.root / "archive" / "decisions.jsonl").read_text()
    assert folder.check(now="2026-01-12").code == 0


@pytest.mark.usefixtures("database")
def test_a_host_is_ignored_with_all_that_is_below_it_and_with_what_comes_later(folder: Any, stage: Any) -> None:
    folder.article(BETA, "http://beta.example/other", ALPHA)
    stage[ALPHA] = stage.html("alpha")
    assert folder.check("article.md").code == 1
    wrong = folder.run("ignore", "nobody.example", now="2026-01-06")
    assert (wrong.code, "no source is on a host of that name" in wrong.err) == (2, True)
    assert folder.run("ignore", "Beta.example", "--reason", "known", now="2026-01-06").out == "ignored Beta.example\n"
    folder.article(BETA, "http://beta.example/other", ALPHA, "http://beta.example/later")
    ran = folder.check("article.md", now="2026-01-07")
    assert ran.code == 0
    assert ran.json["summary"]["ignored"] == 3
    assert {source["url"] for source in ran.json["sources"] if source["ignored"]} == {
        BETA, "http://beta.example/other", "http://beta.example/later",
    }  # fmt: skip
    assert "Ignored (3)" in folder.run("report").out
    assert folder.run("rebuild").code == 0
    assert folder.run("report", "--format", "json").json["summary"]["ignored"] == 3
    assert folder.run("ignore", "beta.example", "--undo", now="2026-01-08").code == 0
    assert folder.check(now="2026-01-09").code == 1


@pytest.mark.parametrize(
    ("pattern", "skipped"), [(r"/beta\.example/n/", 1), ("/^http://(alpha|beta)/", 2), ("/nothing/", 0)]
)
def test_regular_expressions_exclude(folder: Any, stage: Any, pattern: str, skipped: int) -> None:
    folder.article(ALPHA, BETA)
    assert folder.check("article.md", "--exclude", pattern).json["summary"]["skipped"] == skipped


def test_a_regular_expression_that_is_none_is_named(folder: Any) -> None:
    folder.article(ALPHA)
    ran = folder.run("check", "article.md", "--exclude", "/(/")
    assert (ran.code, "exclude: /(/ is not a regular expression" in ran.err) == (2, True)
