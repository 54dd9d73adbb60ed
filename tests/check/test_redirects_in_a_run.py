"""Redirects of pages that were seen before: what is a new address, and which place of the page the reader gets."""

from __future__ import annotations

from typing import Any

from linkarchive.demo.wire import Response

PAGE = "http://alpha.example/notes"
SESSION = "http://alpha.example/(S(lit3py55t21z5v55vlm25s55))/notes"


def with_place(stage: Any, name: str) -> Response:
    page = stage.html("alpha")
    return Response(page.body.replace(b"<h1>", f'<h1 id="{name}">'.encode()), page.status)


def test_a_session_in_the_path_is_no_new_address(folder: Any, stage: Any) -> None:
    folder.article(PAGE)
    stage[PAGE] = stage.html("alpha")
    folder.check("article.md")
    stage[PAGE], stage[SESSION] = stage.redirect(SESSION, 301), stage.html("alpha")
    source = folder.check(now="2026-01-12").source(PAGE)
    assert (source["verdict"], source["suggested_url"]) == ("ok", None)


def test_the_fragment_of_a_redirect_is_the_place_that_the_reader_gets(folder: Any, stage: Any) -> None:
    folder.article(f"{PAGE}#old")
    stage[PAGE] = with_place(stage, "old")
    folder.check("article.md")
    stage[PAGE], stage["http://alpha.example/new"] = stage.redirect("/new#tariffs"), with_place(stage, "tariffs")
    assert folder.check(now="2026-01-12").told(PAGE) == ("ok", "same", "none")


def test_a_redirect_that_names_no_place_loses_the_cited_one_with_the_page(folder: Any, stage: Any) -> None:
    folder.article(f"{PAGE}#old")
    stage[PAGE] = with_place(stage, "old")
    folder.check("article.md")
    stage[PAGE], stage["http://alpha.example/new"] = stage.redirect("/new"), with_place(stage, "tariffs")
    assert folder.check(now="2026-01-12").told(PAGE) == ("drifted", "anchor-lost", "new")
