"""Row 8: a run whose clock was ahead keeps nothing from being visited for years, and is said."""

from __future__ import annotations

from typing import Any

URL = "http://alpha.example/report"


def test_after_a_run_ten_years_ahead_everything_is_due_and_it_is_said(folder: Any, stage: Any) -> None:
    stage[URL] = stage.html(URL)
    folder.article(URL)
    folder.check("article.md", now="2026-01-05")
    folder.check(now="2036-01-05")
    status = folder.run("status", "--due", "--all", "--format", "json", now="2026-01-12")
    assert [source["url"] for source in status.json["sources"]] == [URL]
    ran = folder.check("--due", now="2026-01-12")
    assert ran.told(URL)[0] == "ok"
    [notice] = ran.json["notices"]
    assert "in the future (5 January 2036, and now it is 12 January 2026)" in notice
    assert folder.check("--due", now="2026-01-13").json["sources"] == []
    assert folder.check(now="2026-01-20").json["notices"] == []
