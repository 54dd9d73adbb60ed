"""Readers take any text and any bytes: they give passages whose links lie within their text, or an ArticleError."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from linkarchive.article.formats import registry, sniff, spelling, tex
from linkarchive.article.markdown import with_cited_keys
from linkarchive.article.passage import ParsedDocument, Passage
from linkarchive.errors import ArticleError

IN_PLACE = [
    format.name
    for format in registry.FORMATS
    if not format.pandoc and not format.sandboxed and format.name not in ("md", "html", "txt")
]
# Pieces of the markup of all formats, so that texts of them look like documents.
PIECES = st.sampled_from(
    [
        r"\href{",
        r"\url{",
        r"}",
        r"{",
        r"\footnote{",
        r"\cite{a}",
        r"\begin{verbatim}",
        r"\end{verbatim}",
        r"\newcommand{\a}[1]{",
        r"#1",
        r"\a",
        r"%",
        r"$",
        r"&",
        r"~",
        r"\'",
        r"\verb|",
        r"`a",
        r"<https://x.example/b>`_",
        r"`a`_",
        r"a_",
        r"__",
        r"..",
        r"::",
        r"[1]_",
        r"..",
        r"_a:",
        r":role:`",
        r"|a|",
        r"**",
        r"``",
        r"===",
        r"---",
        r"+--+",
        r"..",
        r"note::",
        r"https://x.example/a[",
        r"link:a[",
        r"footnote:[",
        r"]",
        r"++",
        r"+++",
        r"|===",
        r"----",
        r"////",
        r":a:",
        r"{a}",
        r"image::x[link=",
        r"<<",
        r">>",
        r"*",
        r".",
        r"==",
        r"[[https://x.example/a][",
        r"]]",
        r"[fn:1]",
        r"[fn::",
        r"#+begin_src",
        r"#+end_src",
        r"#+TITLE:",
        r":PROPERTIES:",
        r":END:",
        r"=a=",
        r"~b~",
        r"*",
        r"COMMENT",
        r"{{cite|web|url=https://x.example/a",
        r"}}",
        r"<ref",
        r"name=a>",
        r"<ref>",
        r"</ref>",
        r"<ref/>",
        r"[https://x.example/a",
        r"{|",
        r"|}",
        r"|-",
        r"''",
        r"'''",
        r"<!--",
        r"-->",
        r"@misc{a,",
        r"url",
        r"=",
        r"{https://x.example/a}",
        r",",
        r"title",
        r"=",
        r'"',
        r"@string{",
        r"@comment{",
        r"#",
        r"TY---",
        r"UR---",
        r"ER---",
        r'{"a":',
        r"[",
        r'"https://x.example/a"',
        r",",
        r"}",
        r":",
        r"null",
        r"1",
        r"---",
        r"-",
        r"a:",
        r"&a",
        r"*a",
        r"?",
        r"|",
        r">",
        r"!!x",
        r'"',
        r"'",
        r";",
        r"{\rtf1",
        r"\field",
        r"\*\fldinst",
        r"\fldrslt",
        r"\footnote",
        r"\u1?",
        r"\'e4",
        r"\bin9",
        r"\par",
        r"From:",
        r"Content-Type:",
        r"boundary=",
        r"--b",
        r"<a",
        r'href="https://x.example/a">',
        r"</a>",
        r"<Card",
        r'to="https://x.example/a">',
        r"</Card>",
        r"import",
        r"export",
        r"{/*",
        r"*/}",
        r":::",
        r"```",
        r"<DT><A",
        r'HREF="https://x.example/a"',
        r'ADD_DATE="1">',
        r"<outline",
        r'url="https://x.example/a"/>',
        r"<opml>",
        r"<item>",
        r"<rss>",
        r"=>",
        r"#",
        "\n",
        "\n\n",
        " ",
        "   ",
        "\t",
        "https://x.example/a",
        "words",
    ]
)
TEXTS = st.one_of(
    st.text(max_size=200), st.lists(PIECES, max_size=40).map(" ".join), st.lists(PIECES, max_size=40).map("".join)
)


def check(document: ParsedDocument) -> None:
    for passage in document.passages:
        for place in (*passage.links, *passage.marks):
            assert 0 <= place.start <= place.end <= len(passage.text)
        assert all(link.line >= 1 and type(link.target) is str for link in passage.links)


@pytest.mark.parametrize("name", IN_PLACE)
@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
@example(text="")
def test_any_text(name: str, text: str) -> None:
    try:
        document = registry.parse(text.encode("utf-8", "surrogatepass"), name, everything=False)
    except ArticleError:
        return
    check(document)


@given(data=st.binary(max_size=300), name=st.sampled_from(IN_PLACE))
def test_any_bytes(data: bytes, name: str) -> None:
    try:
        check(registry.parse(data, name, everything=True))
    except ArticleError:
        return


@settings(deadline=None)
@given(data=st.binary(max_size=300), name=st.text(max_size=20), type=st.text(max_size=20))
def test_any_name_has_a_format_or_a_way_round(data: bytes, name: str, type: str) -> None:
    with contextlib.suppress(ArticleError):
        assert registry.format_of(name, type, data) in registry.BY_NAME
    for format in registry.BY_NAME:
        assert sniff.narrower(format, data) in (None, *registry.BY_NAME)


@settings(deadline=None)
@given(text=TEXTS)
def test_tex_and_keys_are_total(text: str) -> None:
    assert isinstance(tex.plain(text), str)
    assert isinstance(tex.url(text), str)
    check(ParsedDocument(passages=(with_cited_keys(Passage(1, text)),)))


@settings(deadline=None)
@given(url=st.text(min_size=1, max_size=60), format=st.sampled_from(sorted(spelling.SPELLINGS)), text=TEXTS)
def test_spellings_are_total(url: str, format: str, text: str) -> None:
    written = spelling.written(url, format, text, text)
    assert not set(written) & set(' \n\t"<>') or format == "rst"
    for start, end, target in spelling.occurrences(text, format, [url]):
        assert 0 <= start < end <= len(text)
        assert target == url
