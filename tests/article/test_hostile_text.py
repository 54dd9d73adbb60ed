"""Broken encodings, huge and adversarial texts. A quadratic reader would hang the test run on them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from linkarchive.article.bare_urls import bare_urls
from linkarchive.article.document import read_document
from linkarchive.text import decode

TEXT = "Zoë said\n\nSee [the “source”](https://s.example/ä) there.\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        TEXT.encode("cp1252"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
    ],
)
def test_encodings_and_line_ends(data: bytes) -> None:
    (citation,) = read_document(data, "md", path="a.md").citations
    assert (citation.url, citation.text, citation.line) == ("https://s.example/ä", "the “source”", 3)


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="windows-1251">', "cp1251"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">', "shift_jis"),
        ('<?xml version="1.0" encoding="iso-8859-5"?>', "iso-8859-5"),
    ],
)
def test_declared_encodings_of_pages(head: str, encoding: str) -> None:
    page = f'{head}<p>Да <a href="https://a.example">Москва</a></p>'
    (citation,) = read_document(page.encode(encoding), "html", path="a.html").citations
    assert citation.text == "Москва"


def test_a_damaged_byte_costs_itself_only() -> None:
    assert decode("Zoë “x”".encode() + b"\xff!") == "Zoë “x”\ufffd!"


@given(st.binary(max_size=300), st.sampled_from(["md", "html", "txt"]))
@example(b"<?xml", "md")
@example(b"<!-- a --> <?XML version='1.0'\n?><p>a", "html")
def test_any_bytes_can_be_read(data: bytes, format: str) -> None:
    article = read_document(data, format, path="a")
    for citation in article.citations:
        assert citation.line >= 1
        assert citation.url is None or not any(char.isspace() for char in citation.url)


@given(st.text(max_size=200))
def test_bare_urls_are_slices_of_the_text(text: str) -> None:
    for start, end, url in bare_urls(f"{text} https://a.example/{text}"):
        shown = f"{text} https://a.example/{text}"[start:end]
        assert url in (shown, f"http://{shown}")


@pytest.mark.long
@pytest.mark.parametrize(
    "text",
    [
        "[" * 15_000,
        "[a](" * 4_000,
        "![" * 3_000,
        "[a](b" * 4_000,
        "[" * 10_000 + "](u)" * 10_000,
        "<" * 100_000,
        "<a " * 25_000,
        "<!--" * 25_000,
        "`" * 100_000,
        "> " * 25_000 + "x",
        "." * 250_000 + "[x](#)",
        "www." * 10_000,
        "http://a" * 10_000,
        "https://a.example/(((" * 1_000,
        "---\n" + "a: b\n" * 10_000,
        "Original url: " * 15_000,
        "original original original " * 10_000 + "x",
        "May 12, " * 25_000,
        "[x](#) word " * 2_000,
        "*a_ " * 7_500,
        r"*a* \*http://a.b " * 2_000,
        "first published [x](https://x.example/) " * 1_250,
        "<article>x</article><nav>y</nav>" * 1_500,
    ],
    ids=lambda text: f"{text[:12]!r}",
)
@pytest.mark.parametrize("format", ["md", "html", "txt"])
def test_adversarial_texts_are_read(text: str, format: str) -> None:
    assert read_document(text.encode(), format, path="a").path == "a"


@pytest.mark.long
def test_deeply_nested_html() -> None:
    page = "<div>" * 30_000 + '<a href="https://deep.example">deep</a>'
    assert [c.url for c in read_document(page.encode(), "html", path="a").citations] == ["https://deep.example"]


@pytest.mark.long
def test_contexts_of_one_endless_sentence_stay_small() -> None:
    article = read_document(("word [x](https://x.example) " * 5_000).encode(), "md", path="a")
    assert len(article.citations) == 5_000
    assert max(len(citation.context) for citation in article.citations) < 2000


@pytest.mark.long
def test_many_paragraphs_of_markdown() -> None:
    paragraph = "Some words of a sentence with [a link](https://x.example/page) in it.\nAnd *another* line.\n\n"
    count = 200_000 // len(paragraph)
    article = read_document((paragraph * count).encode(), "md", path="a")
    assert len(article.citations) == count
    assert article.citations[-1].line == 3 * count - 2


@pytest.mark.long
def test_four_megabytes_of_text() -> None:
    line = "A line of plain text that goes on for a while, as lines do, without a link in it.\n"
    data = (line * 50_000 + "https://last.example/x\n").encode()
    (citation,) = read_document(data, "txt", path="a").citations
    assert (citation.url, citation.line) == ("https://last.example/x", 50_001)
