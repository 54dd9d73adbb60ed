"""`archive extract` and `archive recover` (docs/design.md §4, §8)."""

from __future__ import annotations

from typing import Any

import pytest

ORIGINAL = "http://origin.example/merger"
ARTICLE = f"""---
title: Merger
date: 2021-05-12
---
# Merger

Original url: {ORIGINAL}

There were [tough talks](#) for a [whole week](http://alpha.example/week#monday).
"""
SAVED = (
    "<html><body><article><p>There were <a href='/talks'>tough talks</a> for a "
    "<a href='http://alpha.example/week#monday'>whole week</a>.</p></article></body></html>"
)


@pytest.fixture
def merger(folder: Any) -> Any:
    folder.write("merger.md", ARTICLE)
    return folder


def test_extract_prints_origin_date_and_links(merger: Any, stage: Any) -> None:
    ran = merger.run("extract", "merger.md")
    assert ran.code == 0
    assert ORIGINAL in ran.out
    assert "2021-05-12" in ran.out
    assert "http://alpha.example/week#monday  whole week" in ran.out
    assert "?  tough talks" in ran.out
    assert not (merger.root / "links.txt").exists()
    assert stage.requests == []


def test_extract_as_json(merger: Any) -> None:
    ran = merger.run("extract", "merger.md", "--format", "json")
    assert ran.json["schema"] == 1
    (article,) = ran.json["articles"]
    assert {key: article[key] for key in ("path", "title", "original_url", "published")} == {
        "path": "merger.md",
        "title": "Merger",
        "original_url": ORIGINAL,
        "published": "2021-05-12",
    }
    sentence = "There were tough talks for a whole week."
    facts = {"line": 9, "context": sentence, "kind": "link", "unit": "line", "place": "body"}
    facts |= {"note": None, "accessed": None, "snapshot": None}
    assert article["citations"] == [
        {"url": None, "text": "tough talks", **facts},
        {"url": "http://alpha.example/week#monday", "text": "whole week", **facts},
    ]


def test_extract_writes_links_txt_once(merger: Any) -> None:
    assert merger.run("extract", "merger.md", "--write").code == 0
    written = merger.links()
    assert "[merger.md]" in written
    assert "tough talks" in written
    merger.run("extract", "merger.md", "--write")
    assert merger.links() == written


def test_extract_says_what_it_cannot_read(merger: Any) -> None:
    ran = merger.run("extract", "merger.md", "none.md")
    assert ran.code == 2
    assert "none.md" in ran.err
    assert ORIGINAL in ran.out
    assert merger.run("extract", "merger.md", "--prune").code == 2
    assert merger.run("extract", "-", stdin=b"x").code == 2


def test_extract_reads_standard_input_and_a_base_url(folder: Any) -> None:
    ran = folder.run(
        "extract", "-", "--input-format", "md", "--base-url", "http://alpha.example/dir/", "--format", "json",
        stdin=b"See [that](page.html).\n",
    )  # fmt: skip
    assert ran.json["articles"][0]["citations"][0]["url"] == "http://alpha.example/dir/page.html"


def test_recover_from_a_saved_page(merger: Any, stage: Any) -> None:
    merger.write("saved.html", SAVED)
    ran = merger.run("recover", "merger.md", "--original", "saved.html", "--format", "json")
    assert ran.code == 0
    citation = next(citation for citation in ran.json["articles"][0]["citations"] if citation["text"] == "tough talks")
    assert (citation["url"], citation["recovered"]) == ("http://origin.example/talks", True)
    assert citation["recovery_confidence"] > 0.8
    assert citation["found_in"] == "saved.html"
    assert stage.requests == []
    assert "http://origin.example/talks" in merger.run("recover", "merger.md", "--original", "saved.html").out


def test_recover_from_the_live_page_and_write(merger: Any, stage: Any) -> None:
    stage[ORIGINAL] = stage.html("x")
    stage[ORIGINAL] = type(stage.html("x"))(SAVED.encode())
    assert merger.run("recover", "merger.md", "--write").code == 0
    assert any(line.startswith("http://origin.example/talks") for line in merger.links().splitlines())


def test_recover_says_why_not(merger: Any) -> None:
    ran = merger.run("recover", "merger.md", "--format", "json")
    assert ran.code == 0
    assert "404" in ran.err
    lost = ran.json["articles"][0]["citations"][0]
    assert (lost["url"], lost["recovered"], lost["unresolved"]) == (None, False, "original-unavailable")
    assert merger.run("recover", "merger.md", "--original", "none.html").code == 2
    merger.write("plain.md", "There were [talks](#).\n")
    assert "no-original" in merger.run("recover", "plain.md").out
