"""What `archive check` takes as articles: files, globs, folders, feeds, URLs (docs/design.md §4)."""

from __future__ import annotations

from typing import Any

from linkarchive.demo.wire import Reset, Response

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"
ORIGIN = "http://origin.example/essay"
FEED = "http://origin.example/feed.xml"


def essay(*urls: str) -> Response:
    """An article as a page, with links in its main text and in its navigation."""
    text = "".join(
        f"<p>The keeper of the harbour wrote in <a href='{url}'>a report</a> that nobody had read until the winter, "
        f"when the lamps were lit early and the ferries stayed at their moorings for weeks on end.</p>"
        for url in urls
    )
    return Response(
        f"<html><head><title>Essay</title></head><body><nav><a href='/about'>About</a></nav>"
        f"<main><article><h1>Essay</h1>{text}</article></main></body></html>".encode()
    )


def urls(ran: Any) -> set[str]:
    return {source["url"] for source in ran.json["sources"]}


def test_files_globs_and_folders(folder: Any, stage: Any) -> None:
    stage[ALPHA], stage[BETA] = stage.html("alpha"), stage.html("beta")
    folder.article(ALPHA, name="essays/a.md")
    folder.article(BETA, name="essays/b.md")
    assert urls(folder.check("essays/a.md")) == {ALPHA}
    assert urls(folder.check("essays", now="2026-01-06")) == {ALPHA, BETA}
    assert urls(folder.check("essays/*.md", now="2026-01-07")) == {ALPHA, BETA}
    assert urls(folder.check(".", now="2026-01-08")) == {ALPHA, BETA}  # never archive/, whose reports cite them too
    written = folder.links()
    assert "[essays/a.md]" in written
    folder.check(now="2026-01-09")
    assert folder.links() == written


def test_a_url_is_an_article_and_is_remembered(folder: Any, stage: Any) -> None:
    stage[ORIGIN] = essay(ALPHA)
    stage[ALPHA] = stage.html("alpha")
    ran = folder.check(ORIGIN)
    assert ran.code == 0
    assert ran.source(ALPHA)["citations"][0]["article"] == ORIGIN
    assert "http://origin.example/about" not in urls(ran)
    assert f"[{ORIGIN}]" in folder.links()
    assert ran.source(ALPHA)["verdict"] == "ok"
    again = folder.check(now="2026-01-06")
    assert again.told(ALPHA) == ("ok", "same", "none")


def test_a_feed_is_a_list_of_articles(folder: Any, stage: Any) -> None:
    stage[FEED] = Response(
        f"<?xml version='1.0'?><rss version='2.0'><channel><title>F</title><link>http://origin.example/</link>"
        f"<item><title>E</title><link>{ORIGIN}</link></item></channel></rss>".encode(),
        content_type="application/rss+xml",
    )
    stage[ORIGIN] = essay(ALPHA)
    stage[ALPHA] = stage.html("alpha")
    ran = folder.check(FEED)
    assert ran.source(ALPHA)["citations"][0]["article"] == ORIGIN


def test_a_url_that_cannot_be_fetched_is_named(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    stage["http://beta.example/essay"] = Reset()
    folder.article(ALPHA)
    ran = folder.check("article.md", ORIGIN, "http://beta.example/essay")
    assert ran.code == 2
    assert f"{ORIGIN}: cannot be fetched: HTTP 404" in ran.err
    assert "http://beta.example/essay: cannot be fetched" in ran.err
    assert urls(ran) == {ALPHA}


def test_links_that_are_not_for_visiting_are_skipped_with_a_reason(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA, "mailto:harbour@alpha.example", "notes/next.md", "ftp://alpha.example/file")
    ran = folder.check("article.md")
    assert ran.code == 0
    reasons = {source["url"]: source["reason"] for source in ran.json["sources"]}
    assert reasons == {
        ALPHA: "first-seen",
        "mailto:harbour@alpha.example": "scheme",
        "notes/next.md": "relative",
        "ftp://alpha.example/file": "scheme",
    }
    assert ran.json["summary"]["skipped"] == 3


def test_one_source_cited_in_many_spellings_is_visited_once(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA + "#one", "HTTP://ALPHA.example:80/report", "http://alpha.example/%72eport#two")
    ran = folder.check("article.md")
    (source,) = ran.json["sources"]
    assert stage.asked(ALPHA) == 1
    assert [citation["url"] for citation in source["citations"]] == [
        ALPHA + "#one",
        "HTTP://ALPHA.example:80/report",
        "http://alpha.example/%72eport#two",
    ]
