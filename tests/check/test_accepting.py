"""A person's word that today's page is fine (docs/design.md §2: acceptance)."""

from __future__ import annotations

import json
from typing import Any

import pytest

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"


def _drifted(folder: Any, stage: Any) -> None:
    folder.article(ALPHA, name="one.md")
    folder.article(ALPHA, name="two.md")
    stage[ALPHA] = stage.html("alpha")
    folder.check("one.md", "two.md", now="2026-01-05")
    stage[ALPHA] = stage.html("beta")
    assert folder.check(now="2026-02-05").told(ALPHA)[0] == "drifted"


@pytest.fixture
def drifted(once: Any) -> Any:
    """The folder after ALPHA, cited by two articles, has become another page."""
    return once(_drifted)


def test_an_accepted_page_is_ok_and_the_baseline_stays(drifted: Any, stage: Any) -> None:
    accepted = drifted.run("accept", ALPHA, "--reason", "the new edition", now="2026-02-06")
    assert accepted.code == 0
    assert ALPHA in accepted.out
    decision = json.loads((drifted.root / "archive" / "decisions.jsonl").read_text())
    assert (decision["action"], decision["reason"]) == ("accept", "the new edition")
    assert decision["who"]
    ran = drifted.check(now="2026-02-12")
    assert ran.code == 0
    assert ran.told(ALPHA) == ("ok", "same", "none")  # nothing happened on the web: it is no news
    source = ran.source(ALPHA)
    assert source["baseline"]["time"].startswith("2026-01-05")
    assert source["citations"][0]["accepted"]["reason"] == "the new edition"
    assert drifted.check(now="2026-02-13").told(ALPHA) == ("ok", "same", "none")
    assert drifted.captures() == 2  # accepting and looking again cost nothing


def test_later_drift_is_measured_from_the_accepted_page(drifted: Any, stage: Any) -> None:
    drifted.run("accept", ALPHA, now="2026-02-06")
    drifted.check(now="2026-02-12")
    stage[ALPHA] = stage.html("beta", more=" ".join(stage.prose("a supplement", 16)))
    grown = drifted.check(now="2026-02-19").source(ALPHA)
    assert (grown["verdict"], grown["reason"]) == ("ok", "grew")
    stage[ALPHA] = stage.html("alpha")  # the baseline's own text, but not what was accepted
    ran = drifted.check(now="2026-02-26")
    assert ran.told(ALPHA)[::2] == ("drifted", "new")


def test_an_acceptance_can_be_for_one_article(drifted: Any) -> None:
    assert drifted.run("accept", ALPHA, "--article", "one.md", now="2026-02-06").code == 0
    cited = {
        citation["article"]: citation["verdict"]
        for citation in drifted.check(now="2026-02-12").source(ALPHA)["citations"]
    }
    assert cited == {"one.md": "ok", "two.md": "drifted"}
    wrong = drifted.run("accept", ALPHA, "--article", "three.md", now="2026-02-13")
    assert wrong.code == 2
    assert "three.md" in wrong.err


def test_there_is_nothing_to_accept_of_a_dead_page(folder: Any, stage: Any) -> None:
    folder.article(ALPHA, BETA)
    stage[BETA] = stage.html("beta")
    folder.check("article.md")
    refused = folder.run("accept", ALPHA, BETA)
    assert refused.code == 2
    assert "dead" in refused.err
    assert "beta.example" in refused.out  # the other one is accepted all the same
    assert "alpha.example" not in (folder.root / "archive" / "decisions.jsonl").read_text()


def test_an_unknown_source_is_named(folder: Any, stage: Any) -> None:
    folder.article(ALPHA)
    stage[ALPHA] = stage.html("alpha")
    folder.check("article.md")
    refused = folder.run("accept", "http://alpha.example/raport")
    assert refused.code == 2
    assert "raport" in refused.err
    assert refused.out == ""
