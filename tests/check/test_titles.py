"""The title of a source is that of its last usable page; the baseline's own is told when it was another one."""

from __future__ import annotations

from typing import Any

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"


def titles(ran: Any, url: str) -> tuple[str | None, str | None]:
    source = ran.source(url)
    return source["title"], source["title_then"]


def test_an_error_page_has_no_title_and_takes_none_away(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA, BETA)
    first = folder.check("article.md")
    (title, then) = titles(first, ALPHA)
    assert title
    assert then is None
    assert titles(first, BETA) == (None, None)
    stage[ALPHA] = stage.html("Page not found", status=404)
    assert titles(folder.check(now="2026-01-06"), ALPHA) == (title, None)
    assert titles(folder.check(now="2026-01-07"), ALPHA) == (title, None)


def test_another_page_at_the_address_has_both_titles(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA)
    title, _ = titles(folder.check("article.md"), ALPHA)
    stage[ALPHA] = stage.html("beta")
    now, then = titles(folder.check(now="2026-02-05"), ALPHA)
    assert then == title
    assert now not in (None, title)
