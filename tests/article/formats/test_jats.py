"""JATS: what its footnotes and references are cited for; and other marks of lists and targets of figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from linkarchive.model import Article

Read = Callable[..., Article]

ARTICLE = b"""<?xml version="1.0"?>
<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="research-article">
<front><journal-meta><self-uri xlink:href="https://journal.example/"/></journal-meta>
<article-meta><title-group><article-title>The <italic>tides</italic></article-title></title-group>
<pub-date><day>6</day><month>5</month><year>2024</year></pub-date>
<permissions><license><p><ext-link xlink:href="https://licence.example/by">CC BY</ext-link></p></license></permissions>
<self-uri content-type="pdf" xlink:href="https://paper.example/1.pdf"/><self-uri xlink:href="https://paper.example/1"/>
</article-meta></front>
<body><p>The ferry cost 41.6 million.<sup><xref ref-type="fn" rid="f1">1</xref></sup> The bridge was free
[<xref ref-type="bibr" rid="r1">2</xref>].<fn id="f2"><p>Noted at <uri>https://inline.example/</uri></p></fn></p>
<p>A list: <list><list-item><p><ext-link xlink:href="https://list.example/a">item</ext-link></p></list-item></list></p>
</body>
<back><fn-group><fn id="f1"><label>1</label><p>Council, <ext-link xlink:href="https://one.example/a">plan</ext-link></p></fn></fn-group>
<ref-list><title>References</title><ref id="r1"><element-citation><article-title>Bridges</article-title>
<pub-id pub-id-type="doi">10.1234/abc</pub-id><uri>https://two.example/b</uri></element-citation></ref></ref-list></back>
</article>"""


def test_notes_and_references_are_cited_by_the_sentence_that_bears_their_mark(read: Read) -> None:
    article = read("paper.xml", ARTICLE)
    contexts = {citation.url: citation.context for citation in article.citations}
    assert contexts == {
        "https://one.example/a": "The ferry cost 41.6 million.",
        "https://doi.org/10.1234/abc": "The bridge was free [2].",
        "https://two.example/b": "The bridge was free [2].",
        "https://inline.example/": "The bridge was free [2].",
        "https://list.example/a": "item",
    }
    assert (article.title, article.published) == ("The tides", date(2024, 5, 6))
    assert article.original_url == "https://paper.example/1"


def test_deep_and_damaged_journals_are_read_as_far_as_they_go(read: Read) -> None:
    deep = b"<article article-type='x'><body><p>" + b"<bold>" * 240 + b"x" + b"</article>"
    assert read("deep.xml", deep).citations == ()
    cut = ARTICLE[: ARTICLE.index(b"</fn-group>")]
    assert "https://one.example/a" in {citation.url for citation in read("cut.xml", cut).citations}


def test_round_marks_of_a_list_of_sources(read: Read) -> None:
    text = (
        "The ferry cost 41.6 million (1). The bridge was free.(2)\n\n"
        "Sources\n\n(1) https://one.example/a\n(2) https://two.example/b\n"
    )
    contexts = {citation.url: citation.context for citation in read("note.txt", text.encode()).citations}
    assert contexts == {
        "https://one.example/a": "The ferry cost 41.6 million.",
        "https://two.example/b": "The bridge was free.",
    }


def test_round_numbers_without_such_a_list_are_text(read: Read) -> None:
    text = "It has two parts (1) and (2): https://one.example/a\n\nSources\n\n1. https://two.example/b\n"
    assert "parts (1) and (2)" in str(read("note.txt", text.encode()).citations[0].context)


def test_the_target_of_a_figure_of_myst(read: Read) -> None:
    text = "```{figure} plan.png\n:width: 3\n:target: https://one.example/a\n\nThe [plan](https://two.example/b)\n```\n"
    assert [(c.line, c.url) for c in read("note.md", text.encode()).citations] == [
        (3, "https://one.example/a"),
        (5, "https://two.example/b"),
    ]
