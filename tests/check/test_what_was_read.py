"""What of a page was not read is said, in every output (docs/design.md §8)."""

from __future__ import annotations

from typing import Any

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


def test_a_document_may_be_larger_than_a_page_unless_the_limit_is_set(folder: Any, stage: Any) -> None:
    body = b"%PDF-1.4\n" + b"0" * (21 * 1024 * 1024)
    stage[ALPHA] = Response(body, content_type="application/pdf")
    folder.article(ALPHA)
    assert folder.check("article.md").source(ALPHA)["read"] == {"bytes": len(body), "of": len(body), "cut": None}
    cut = folder.run("check", "--max-body", "100000", "--format", "json", now="2026-01-06").source(ALPHA)
    assert (cut["read"]["bytes"], cut["read"]["cut"]) == (100_000, "size")
