"""What of a page was not read is said, in every output (docs/design.md §8)."""

from __future__ import annotations

import json
import zipfile
from typing import Any

import pytest

from linkarchive.demo.wire import Response

ALPHA = "http://alpha.example/report"


def test_a_page_over_the_limit_is_judged_on_what_was_read(folder: Any, stage: Any) -> None:
    body = stage.html("alpha", more="Long. " * 4000).body
    stage[ALPHA] = Response(body)
    folder.article(ALPHA)
    ran = folder.run("check", "article.md", "--max-body", "8000", "--format", "json", now="2026-01-05")
    source = ran.source(ALPHA)
    assert source["read"] == {"bytes": 8000, "of": len(body), "cut": "size"}
    assert source["confidence"] <= 0.9
    stage[ALPHA] = Response(body.replace(b"All rights reserved", b"Some rights reserved"))
    again = folder.run("check", "--max-body", "8000", "--format", "json", now="2026-01-06").source(ALPHA)
    assert again["verdict"] == "ok"
    assert not any("byte for byte" in sentence for sentence in again["evidence"])
    assert any(sentence.startswith("only the first 7.8 KiB of") for sentence in again["evidence"])
    assert "only the first 7.8 KiB" in folder.run("show", ALPHA, now="2026-01-07").out


@pytest.mark.long
def test_a_document_may_be_larger_than_a_page_unless_the_limit_is_set(folder: Any, stage: Any) -> None:
    body = b"%PDF-1.4\n" + b"0" * (21 * 1024 * 1024)
    stage[ALPHA] = Response(body, content_type="application/pdf")
    folder.article(ALPHA)
    assert folder.check("article.md").source(ALPHA)["read"] == {"bytes": len(body), "of": len(body), "cut": None}
    cut = folder.run("check", "--max-body", "100000", "--format", "json", now="2026-01-06").source(ALPHA)
    assert (cut["read"]["bytes"], cut["read"]["cut"]) == (100_000, "size")


def test_what_is_kept_of_an_unchanged_page_and_of_a_made_up_address_is_no_page_of_the_archive(
    folder: Any, stage: Any
) -> None:
    stage[ALPHA] = stage.html("alpha", etag='"a1"')
    folder.article(ALPHA)
    folder.check("article.md")
    folder.check(now="2026-06-01")  # a fresh record for an old capture
    lines = [
        line for index in (folder.root / "archive" / "indexes").iterdir() for line in index.read_text().splitlines()
    ]
    assert [line.count('"status": "304"') + line.count('"status":"304"') for line in lines] == [0]
    assert folder.run("verify", now="2026-06-02").code == 0
    short = "http://beta.example/a/notes"
    stage[short] = Response(b"<title>Notes</title><h1>Notes</h1><p>Sign in to read on, or look for another page.</p>")
    folder.article(ALPHA, short)
    folder.check("article.md", now="2026-06-03")
    assert len({request.url for request in stage.requests if "beta.example" in request.url}) == 2, "a probe was sent"
    assert folder.run("export", "--wacz", "site.wacz", now="2026-06-04").code == 0
    with zipfile.ZipFile(folder.root / "site.wacz") as package:
        pages = [json.loads(line)["url"] for line in package.read("pages/pages.jsonl").splitlines()[1:]]
    assert set(pages) == {ALPHA, short}
