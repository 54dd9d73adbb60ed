from __future__ import annotations

from typing import Any

from linkarchive.article.document import read_document
from linkarchive.model import Article, LinkKind


def read(text: str, **options: Any) -> Article:
    return read_document(text.encode(), "html", path="a.html", **options)


def urls(article: Article) -> list[str | None]:
    return [citation.url for citation in article.citations]


PAGE = """<!doctype html>
<html><head><title>Site | The Title</title>
<link rel="stylesheet" href="/s.css"><link rel="preconnect" href="https://cdn.example">
<meta property="og:image" content="/og.png">
<meta http-equiv="refresh" content="5; url='/next'">
</head><body>
<header><a href="/home">Home</a></header>
<nav><a href="/nav">Nav</a> <a href="#">Menu</a></nav>
<div class="sidebar"><a href="/side">Side</a></div>
<main><article>
<header><h1>The
 Title</h1><p>By <a href="#">Name</a></p></header>
<p>First sentence. The <a rel="nofollow ugc" href="/source?a=1&amp;b=2#part">second <b>one</b></a>
 cites <a href="https://pic.example"><img alt="A chart" src="chart.png" srcset="c1.png 1x, c2.png 2x"></a>.</p>
<pre><a href="/pre">pre</a></pre> <code>https://code.example</code>
<p>Bare https://bare.example/x. <a href="javascript:void(0)">lost</a> <a href="#sec">section</a>
<a role="button" href="#">Share</a><a href="#"><i></i></a></p>
<aside><a href="/aside">Aside</a></aside>
<video src="v.mp4" poster="p.jpg"></video><iframe src="https://embed.example/e"></iframe>
<p hidden><a href="/hidden">Hidden</a></p>
</article></main>
<footer><a href="/foot">Foot</a> <a href="#">Top</a></footer>
</body></html>"""


def test_the_main_text_by_default() -> None:
    article = read(PAGE, base_url="https://site.example/d/page")
    assert article.title == "The Title"
    assert [(c.url, c.text, c.line) for c in article.citations] == [
        (None, "Name", 12),
        ("https://site.example/source?a=1&b=2#part", "second one", 13),
        ("https://pic.example", "A chart", 14),
        ("https://site.example/pre", "pre", 15),
        ("https://bare.example/x", "https://bare.example/x", 16),
        (None, "lost", 16),
    ]
    assert article.citations[1].context == "The second one cites ."


def test_the_whole_page_on_request() -> None:
    article = read(PAGE, base_url="https://site.example/d/page", everything=True)
    kinds = {(c.url or "").removeprefix("https://site.example"): c.kind for c in article.citations}
    assert {"/home", "/nav", "/side", "/aside", "/foot", "/hidden"} <= kinds.keys()
    assert {url for url, kind in kinds.items() if kind is LinkKind.IMAGE} == {
        "/d/chart.png", "/d/c1.png", "/d/c2.png", "/d/p.jpg",
    }  # fmt: skip
    assert kinds["/d/v.mp4"] is LinkKind.MEDIA
    assert kinds["https://embed.example/e"] is LinkKind.EMBED
    assert {url for url, kind in kinds.items() if kind is LinkKind.META} == {"/s.css", "/og.png", "/next"}
    assert kinds["/pre"] is LinkKind.LINK
    assert "https://cdn.example" not in kinds
    # Menus that lead to nothing are controls of the page, not lost targets.
    assert [c.text for c in article.citations if c.url is None] == ["Name", "lost"]


def test_without_structure_the_body_less_its_furniture() -> None:
    article = read(
        '<body><div id="header"><a href="https://h.example">h</a></div><div class="content"><p>Text of some length '
        '<a href="https://a.example">a</a></p></div><ul class="Menu main-nav"><a href="https://m.example">m</a></ul>'
    )
    assert urls(article) == ["https://a.example"]


def test_the_page_is_read_when_everything_looks_like_furniture() -> None:
    article = read('<body><div class="related"><p>All of the text <a href="https://a.example">a</a></p></div>')
    assert urls(article) == ["https://a.example"]


def test_a_list_of_articles_is_read_whole() -> None:
    cards = "".join(f'<article><p>Card {n} <a href="https://{n}.example">n</a></p></article>' for n in "abc")
    assert urls(read(f"<body><main>{cards}</main>")) == ["https://a.example", "https://b.example", "https://c.example"]


def test_the_longest_article_is_the_main_one() -> None:
    long = "<article><p>" + "Words and words. " * 30 + '<a href="https://long.example">x</a></p></article>'
    card = '<article><a href="https://card.example">Read this too</a></article>'
    assert urls(read(f"<body>{card}{long}{card}")) == ["https://long.example"]


def test_footnotes_in_asides_are_text() -> None:
    article = read('<main><p>Text</p><aside class="footnote"><a href="https://n.example">n</a></aside></main>')
    assert urls(article) == ["https://n.example"]


def test_base_wins_over_the_address() -> None:
    article = read('<base href="/root/"><p><a href="x">x</a>', base_url="https://b.example/d/page")
    assert urls(article) == ["https://b.example/root/x"]


def test_relative_links_resolve_against_the_original() -> None:
    page = '<link rel=canonical href="https://c.example/2020/a.html"><p><a href="b.html">b</a>'
    assert urls(read(page)) == ["https://c.example/2020/b.html"]
    assert urls(read('<p><a href="b.html">b</a>')) == ["b.html"]


def test_an_article_read_from_the_web_is_its_own_original() -> None:
    article = read_document(
        b"<p>Text <a href='/b'>b</a>", "html", path="https://w.example/a", base_url="https://w.example/a"
    )
    assert (article.original_url, urls(article)) == ("https://w.example/a", ["https://w.example/b"])


def test_unclosed_and_nested_links() -> None:
    article = read('<p><a href="https://a.example">one <a href="https://b.example">two</p><p>three')
    assert [(c.url, c.text) for c in article.citations] == [("https://a.example", "one"), ("https://b.example", "two")]


def test_line_breaks_are_spaces_in_texts() -> None:
    (citation,) = read('<p>Before.<br><a href="https://a.example">One<br>two</a> after.').citations
    assert (citation.text, citation.context) == ("One two", "One two after.")


def test_a_page_without_a_body_tag_is_read_like_any_other():
    page = b'<!doctype html><title>T</title><article><p>As <a href="https://a.example/x">the report</a> has it.</p>'
    (citation,) = read_document(page, "html", path="a.html").citations
    assert (citation.text, citation.context) == ("the report", "As the report has it.")


def test_a_closing_quotation_mark_is_not_part_of_a_bare_url():
    text = "See “https://x.example/a”, «https://x.example/b» and ‘https://x.example/c’.".encode()
    urls = [citation.url for citation in read_document(text, "txt", path="a.txt").citations]
    assert urls == ["https://x.example/a", "https://x.example/b", "https://x.example/c"]


def test_a_list_may_start_at_any_number():
    link = '<li><a href="https://a.example/x">x</a></li></ol>'
    for start in ("7", "-3", "x", "9" * 5000):
        assert urls(read(f'<ol start="{start}">{link}')) == ["https://a.example/x"]
