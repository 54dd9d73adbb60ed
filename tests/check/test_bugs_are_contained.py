"""A bug in judging one source costs one verdict, not the run (docs/design.md §3: check isolates failures)."""

from __future__ import annotations

from typing import Any

import pytest

from linkarchive.judge import verdict

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"


class Bug(Exception):
    """Of a kind that nobody foresaw."""


def test_one_verdict_is_lost_and_the_next_run_makes_up_for_it(
    folder: Any, stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = verdict.judge

    def breaks(case: Any, **how: Any) -> Any:
        if b"On alpha" in case.after.body:
            raise Bug("a page that no parser can stand")
        return judged(case, **how)

    stage[ALPHA], stage[BETA] = stage.html("alpha"), stage.html("beta")
    folder.article(ALPHA, BETA)
    monkeypatch.setattr(verdict, "judge", breaks)
    ran = folder.check("article.md")
    assert ran.code == 3
    assert not ran.json["run"]["complete"]
    assert [source["url"] for source in ran.json["sources"]] == [BETA]
    (notice,) = ran.json["notices"]
    assert ALPHA in notice
    assert "Bug: a page that no parser can stand" in notice
    assert notice in ran.err
    monkeypatch.undo()
    fixed = folder.check("article.md", now="2026-01-05T07:00:00Z")
    assert (fixed.code, fixed.json["run"]["id"]) == (0, ran.json["run"]["id"])
    assert len(fixed.json["sources"]) == 2
    assert stage.asked(BETA) == 1
    assert folder.run("verify", now="2026-01-05T08:00:00Z").code == 0
