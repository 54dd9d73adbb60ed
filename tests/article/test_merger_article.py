"""An article copied through other tools: lost targets, a dateline, its original URL at the end."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from linkarchive.article.document import read_document
from linkarchive.model import Article

REAL = Path(__file__).parents[3] / "shared" / "articles" / "russia-belarus-merger.md"

OWN = """

# The Harbour That Moved Twice

**Nobody asked the gulls.**

By [Ada Teller](#)

June 3, 2019

The council held [long talks](#) with the port, which threw the town [into doubt](<>). Mr. Smith
of the U.S. embassy said: “[no harbour, no fish](#),” as [the paper](https://paper.example/2019/fish#quote) wrote.
It ended there.

**Related article:** [Gulls Return to the Old Quay](#)

See [below](#notes) and [the talks](javascript:void(0)).

## Notes

*This article was first published by the Harbour Institute.*

Original url:

<https://news.example/2019/06/03/the-harbour-that-moved-twice-a1>
"""


def _lost(article: Article) -> list[tuple[int, str]]:
    return [(citation.line, citation.text) for citation in article.citations if citation.url is None]


def test_the_real_article() -> None:
    if not REAL.exists():
        pytest.skip("../shared/articles is not there")
    source = REAL.read_bytes()
    article = read_document(source, "md", path="merger.md")
    assert article.title == "Why Fears of a Russia-Belarus Merger Never Come True"
    assert article.published == date(2021, 5, 12)
    assert (
        article.original_url
        == "https://www.themoscowtimes.com/2021/05/12/why-fears-of-a-russia-belarus-merger-never-come-true-a73871"
    )
    assert article.remarks == ()
    assert [text for _, text in _lost(article)] == [
        "Dzianis Melyantsou",
        "tough negotiations",
        "into crisis",
        "Belarus Opposition Leader Calls on U.S. to Isolate Lukashenko",
        "anti-Russian",
        "Wagner mercenaries scandal",
        "Putin Did Not Discuss Russia–Belarus Union With Lukashenko, Kremlin Says",
        "China",
        "Western sanctions",
        "planned coup",
        "rerouted",
        "energy resources",
        "no equal conditions, no union",
        "Belarus Police Detain Protesters, Prevent Opposition Rally",
    ]
    assert len(article.citations) == source.count(b"](#)") == 14
    lines = source.decode().split("\n")
    for citation in article.citations:
        assert f"[{citation.text}](#)" in lines[citation.line - 1]
        assert citation.text in citation.context


def test_an_article_with_the_same_features() -> None:
    article = read_document(OWN.encode(), "md", path="harbour.md")
    assert article.title == "The Harbour That Moved Twice"
    assert article.published == date(2019, 6, 3)
    assert article.original_url == "https://news.example/2019/06/03/the-harbour-that-moved-twice-a1"
    assert _lost(article) == [
        (7, "Ada Teller"),
        (11, "long talks"),
        (11, "into doubt"),
        (12, "no harbour, no fish"),
        (15, "Gulls Return to the Old Quay"),
        (17, "the talks"),
    ]
    (kept,) = (citation for citation in article.citations if citation.url)
    assert (kept.url, kept.text, kept.line) == ("https://paper.example/2019/fish#quote", "the paper", 12)
    assert kept.context == "Mr. Smith of the U.S. embassy said: “no harbour, no fish,” as the paper wrote."
