from __future__ import annotations

import textwrap
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.article.document import read_document
from linkarchive.model import Article, LinkKind


def read(text: str, *, everything: bool = False, base_url: str | None = None) -> Article:
    source = textwrap.dedent(text)
    return read_document(source.encode(), "md", path="notes/a.md", base_url=base_url, everything=everything)


def links(article: Article) -> list[tuple[str | None, str, int]]:
    return [(citation.url, citation.text, citation.line) for citation in article.citations]


def test_every_way_to_write_a_link_with_its_line() -> None:
    article = read("""\
        # Title

        Inline [one](https://one.example/a "title"), then
        <https://two.example/b> and www.three.example/c.
        A [four][ref], a [ref] and https://five.example/d_(e).

        > quoted [*six*
        > and a half](https://six.example)

        | a | b |
        | - | - |
        | x | [seven](https://seven.example) |

        Raw <a href='https://eight.example/?a=1&amp;b=2'>eight</a>.

        <p>
        Block <a href="https://nine.example">nine</a></p>

        [ref]: https://four.example/r
        """)
    assert links(article) == [
        ("https://one.example/a", "one", 3),
        ("https://two.example/b", "https://two.example/b", 4),
        ("http://www.three.example/c", "www.three.example/c", 4),
        ("https://four.example/r", "four", 5),
        ("https://four.example/r", "ref", 5),
        ("https://five.example/d_(e)", "https://five.example/d_(e)", 5),
        ("https://six.example", "six and a half", 7),
        ("https://seven.example", "seven", 12),
        ("https://eight.example/?a=1&b=2", "eight", 14),
        ("https://nine.example", "nine", 17),
    ]


def test_equal_links_are_citations_of_their_own() -> None:
    article = read("[a](https://x.example)\nand [a](https://x.example)\n\n[a](https://x.example)\n")
    assert [citation.line for citation in article.citations] == [1, 2, 4]


def test_code_is_no_citation_but_a_link_may_hold_code() -> None:
    article = read("""\
        `https://a.example` and <code>https://b.example [c](https://c.example)</code>

            https://d.example

        ```
        [e](https://e.example)
        ```

        [`f()`](https://f.example) of it.
        """)
    assert links(article) == [("https://c.example", "c", 1), ("https://f.example", "f()", 9)]
    assert article.citations[1].context == "f() of it."


def test_images_only_on_request() -> None:
    source = "[![The moon](moon.jpg)](/moon) and ![sun](https://i.example/sun.png)\n"
    assert links(read(source, base_url="https://x.example/d/")) == [("https://x.example/moon", "The moon", 1)]
    everything = read(source, everything=True, base_url="https://x.example/d/")
    assert {(citation.url, citation.kind) for citation in everything.citations} == {
        ("https://x.example/moon", LinkKind.LINK),
        ("https://x.example/d/moon.jpg", LinkKind.IMAGE),
        ("https://i.example/sun.png", LinkKind.IMAGE),
    }


def test_front_matter_keeps_the_line_numbers() -> None:
    article = read("""\
        ---
        title: "A: B"
        date: 2020-02-29T23:30:00-08:00  # local
        tags:
          - x
        original_url: https://o.example/post
        ---

        [a](b.html)
        """)
    assert (article.title, article.published) == ("A: B", date(2020, 2, 29))
    assert links(article) == [("https://o.example/b.html", "a", 9)]


def test_toml_front_matter() -> None:
    article = read('+++\ntitle = "T"\ndate = 2020-01-02\n+++\n[a](https://a.example)\n')
    assert (article.title, article.published, article.citations[0].line) == ("T", date(2020, 1, 2), 5)


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    article = read("---\nSee [a](https://a.example) there.\n\n---\n")
    assert links(article) == [("https://a.example", "a", 2)]


def test_a_footnote_is_no_link_to_its_first_word() -> None:
    article = read("Text[^1] and more[^2].\n\n[^1]: Smith\n[^2]: https://n.example/2\n")
    assert [citation.url for citation in article.citations] == ["https://n.example/2"]


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("tel:+123", "tel:+123"),
        ("javascript:go('x')", "javascript:go('x')"),
        ("data:text/plain,x", "data:text/plain,x"),
        ("page.html", "page.html"),
        ("<a b.html>", "a%20b.html"),
        ("https://Ex.example/ä?q=%C3%A4#Frag", "https://Ex.example/ä?q=%C3%A4#Frag"),
        ("http://[broken/x", "http://[broken/x"),
        ("javascript:;", None),
        ("#", None),
        ("", None),
    ],
)
def test_targets_stay_as_written(target: str, url: str | None) -> None:
    assert [citation.url for citation in read(f"[text]({target})").citations] == [url]


def test_a_heading_in_html_is_a_title_and_a_caption_has_links() -> None:
    article = read("""\
        <h1 align="center">The <b>wall</b></h1>

        ![Map, from [the atlas](https://one.example/)](map.png)

        ![Not shown as [a link](/relative)](map.png)
        """)
    assert article.title == "The wall"
    assert [(citation.url, citation.text) for citation in article.citations] == [("https://one.example/", "the atlas")]


def test_a_lost_target_needs_a_text() -> None:
    assert links(read("[](#) [ ](<>) <a href='#'></a> <a name='x'>anchor</a>")) == []


def test_sections_of_the_article_are_no_citations() -> None:
    article = read("""\
        Original URL: https://o.example/post

        [a](#notes) [b](https://o.example/post#notes) [c](https://o.example/other#notes)
        """)
    assert links(article) == [("https://o.example/other#notes", "c", 3)]


@given(
    st.lists(
        st.sampled_from(
            ["word ", "\n", "*", "`", "[a](https://h.example/", ")", "<b>", "\\", "> ", "- ", "&amp;", "|"]
        ),
        max_size=40,
    )
)
def test_no_link_is_lost_or_invented_by_what_stands_around(parts: list[str]) -> None:
    """A link in a paragraph of its own is found at its line, whatever precedes it."""
    before = "".join(parts).replace("`", "")
    source = f"{before}\n\n# h\n\n[mark](https://mark.example/x)\n"
    marks = [c for c in read_document(source.encode(), "md", path="a.md").citations if c.text == "mark"]
    assert [(mark.url, mark.line) for mark in marks] == [("https://mark.example/x", source.count("\n"))]
