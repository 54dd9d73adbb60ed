"""OpenDocument, RTF, PowerPoint, Excel, mail, MHTML, WordPress exports, and what pandoc reads."""

# ruff: noqa: E501 - documents stand here as they are

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable
from datetime import date

import pytest

from linkarchive.article.formats import pandoc, registry
from linkarchive.errors import ArticleError
from linkarchive.model import Article, Unit

Read = Callable[..., Article]

ODF = "urn:oasis:names:tc:opendocument:xmlns"
MAIN = "http://schemas.openxmlformats.org"
HYPERLINK = f"{MAIN}/officeDocument/2006/relationships/hyperlink"


def rows(article: Article) -> list[tuple[int, str | None, str]]:
    return [(citation.line, citation.url, citation.text) for citation in article.citations]


def packed(**parts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(name.replace("__", "/").replace("--", "."), text)
    return buffer.getvalue()


def odt(body: str) -> bytes:
    content = (
        f'<office:document-content xmlns:office="{ODF}:office:1.0" xmlns:text="{ODF}:text:1.0" '
        f'xmlns:draw="{ODF}:drawing:1.0" xmlns:xlink="http://www.w3.org/1999/xlink">'
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    meta = (
        f'<office:document-meta xmlns:office="{ODF}:office:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<office:meta><dc:title>A letter</dc:title></office:meta></office:document-meta>"
    )
    return packed(**{"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content, "meta.xml": meta})


def test_opendocument(read: Read) -> None:
    article = read(
        "letter.odt",
        odt(
            '<text:p>See <text:a xlink:href="https://one.example/?a=1&amp;b=2">the<text:s/><text:span>plan</text:span>'
            "</text:a><text:tab/>https://two.example/x<text:line-break/>and more.</text:p>"
            "<text:list><text:list-item><text:p>It costs 41.6 million.<text:note><text:note-citation>1</text:note-citation>"
            '<text:note-body><text:p>Council, <text:a xlink:href="https://note.example/">budget</text:a></text:p>'
            "</text:note-body></text:note> Nobody knows.</text:p></text:list-item></text:list>"
            '<text:p>Box <draw:frame><draw:text-box><text:p>in <text:a xlink:href="https://box.example/">a box</text:a>'
            "</text:p></draw:text-box></draw:frame> after.</text:p>"
            "<office:annotation><text:p>https://annotation.example/</text:p></office:annotation>"
        ),
    )
    assert article.title == "A letter"
    assert [(url, text) for _, url, text in rows(article)] == [
        ("https://one.example/?a=1&b=2", "the plan"),
        ("https://two.example/x", "https://two.example/x"),
        ("https://note.example/", "budget"),
        ("https://box.example/", "a box"),
    ]
    assert article.citations[2].context == "It costs 41.6 million."
    assert {citation.unit for citation in article.citations} == {Unit.PARAGRAPH}


RTF = r"""{\rtf1\ansi\ansicpg1251\deff0{\fonttbl{\f0\fcharset204 Times;}{\f1\fcharset0 Arial;}}
{\info{\title \u1057?\u1090?\u1077?\u1085?\u1072?}}{\header \pard https://header.example/\par}
\pard\f0 \'cf\'f0\'e8\'e2\'e5\'f2 \f1 text {\field{\*\fldinst { HYPERLINK "https://one.example/a?b=1&c=2" \\o "tip" }}
{\fldrslt {\ul link\~text}}} end.\line next https://two.example/x.\par
{\field{\*\fldinst HYPERLINK \\l "bm"}{\fldrslt internal}}{\v hidden https://hidden.example/}\par
Costs 5.{\footnote \chftn  See {\field{\*\fldinst HYPERLINK "https://note.example"}{\fldrslt fn}}} Next.\par
{\pict\pngblip 89504e47}emoji \u-10179?\u-8704? https://three.example/\par}"""


def test_rtf(read: Read) -> None:
    article = read("letter.rtf", RTF)
    assert article.title == "Стена"
    assert [(url, text) for _, url, text in rows(article)] == [
        ("https://one.example/a?b=1&c=2", "link text"),
        ("https://two.example/x", "https://two.example/x"),
        ("https://note.example", "fn"),
        ("https://three.example/", "https://three.example/"),
    ]
    assert article.citations[0].context.startswith("Привет text link text end.")
    assert article.citations[2].context == "Costs 5."
    assert "emoji 😀" in article.citations[3].context


def relations(*targets: str, more: str = "") -> str:
    links = "".join(
        f'<Relationship Id="l{number}" Type="{HYPERLINK}" Target="{target}" TargetMode="External"/>'
        for number, target in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{MAIN}/package/2006/relationships">{links}{more}</Relationships>'


def test_powerpoint(read: Read) -> None:
    names = (
        f'xmlns:a="{MAIN}/drawingml/2006/main" xmlns:p="{MAIN}/presentationml/2006/main" xmlns:r="{HYPERLINK[:-10]}"'
    )
    link = '<a:rPr><a:hlinkClick r:id="l1"/></a:rPr>'
    slide = (
        f'<p:sld {names}><p:sp><p:nvSpPr><p:cNvPr id="2" name="T"/><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr>'
        "<p:txBody><a:p><a:r><a:t>The wall</a:t></a:r></a:p></p:txBody></p:sp>"
        '<p:pic><p:nvPicPr><p:cNvPr id="3" name="P" descr="A map"><a:hlinkClick r:id="l2"/></p:cNvPr></p:nvPicPr></p:pic>'
        f"<p:sp><p:txBody><a:p><a:r><a:t>See </a:t></a:r><a:r>{link}<a:t>the </a:t></a:r><a:r>{link}<a:t>plan</a:t></a:r>"
        "<a:r><a:t> of https://bare.example/x.</a:t></a:r></a:p></p:txBody></p:sp></p:sld>"
    )
    notes = f"<p:notes {names}><a:p><a:r><a:t>Notes https://notes.example/</a:t></a:r></a:p></p:notes>"
    note = f'<Relationship Id="n" Type="{HYPERLINK[:-9]}notesSlide" Target="../notesSlides/n1.xml"/>'
    data = packed(
        **{
            "[Content_Types].xml": "<Types/>",
            "ppt/slides/slide2.xml": f"<p:sld {names}><a:p><a:r><a:t>https://second.example/</a:t></a:r></a:p></p:sld>",
            "ppt/slides/slide1.xml": slide,
            "ppt/slides/_rels/slide1.xml.rels": relations(
                "https://one.example/?a=1&amp;b=2", "https://map.example/", more=note
            ),
            "ppt/notesSlides/n1.xml": notes,
        }
    )
    article = read("talk.pptx", data)
    assert article.title == "The wall"
    assert rows(article) == [
        (1, "https://map.example/", "A map"),
        (1, "https://one.example/?a=1&b=2", "the plan"),
        (1, "https://bare.example/x", "https://bare.example/x"),
        (1, "https://notes.example/", "https://notes.example/"),
        (2, "https://second.example/", "https://second.example/"),
    ]


def test_excel(read: Read) -> None:
    names = f'xmlns="{MAIN}/spreadsheetml/2006/main" xmlns:r="{HYPERLINK[:-10]}"'
    sheet = (
        f'<worksheet {names}><sheetData><row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="inlineStr"><is><t>here</t></is></c>'
        '<c r="C2"><v>41.6</v></c></row><row r="3"><c r="A3" t="str"><f>_xlfn.HYPERLINK("https://formula.example/","F")</f>'
        '<v>F</v></c><c r="B3" t="s"><v>1</v></c><c r="C3" t="s"><v>99</v></c></row></sheetData>'
        '<hyperlinks><hyperlink ref="B2:B2" r:id="l1" location="top"/></hyperlinks></worksheet>'
    )
    cell = '<c r="A1" t="str"><v>https://ten.example/</v></c>'
    last = f'<worksheet {names}><sheetData><row r="1">{cell}</row></sheetData></worksheet>'
    strings = (
        f"<sst {names}><si><r><t>Plan of </t></r><r><t>1911</t></r></si><si><t>https://cell.example/</t></si></sst>"
    )
    article = read(
        "sources.xlsx",
        packed(
            **{
                "[Content_Types].xml": "<Types/>",
                "xl/worksheets/sheet10.xml": last,
                "xl/worksheets/sheet2.xml": sheet,
                "xl/worksheets/_rels/sheet2.xml.rels": relations("https://one.example/"),
                "xl/sharedStrings.xml": strings,
            }
        ),
    )
    assert rows(article) == [
        (2, "https://one.example/#top", "here"),
        (3, "https://formula.example/", "F"),
        (3, "https://cell.example/", "https://cell.example/"),
        (1, "https://ten.example/", "https://ten.example/"),
    ]
    assert article.citations[0].context == "Plan of 1911 · here · 41.6"


MAIL = """Return-Path: <x@y.example>
From: "A" <a@a.example>
Subject: =?utf-8?B?RGVyIFByZWlz?= and
 more
Date: Thu, 4 Mar 2021 23:30:00 -0800
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="x"

--x
Content-Type: multipart/alternative; boundary="z"

--z
Content-Type: text/plain; charset=utf-8

https://plain.example/
--z
Content-Type: text/html; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

<p>Der <a href=3D"https://one.example/?a=3D1">Pl=E4n=
e</a>.</p>
--z--
--x
Content-Type: text/plain; name="a.txt"
Content-Disposition: attachment; filename="a.txt"

https://attached.example/
--x
Content-Type: message/rfc822

Subject: inner
Content-Type: text/plain; format=flowed

Forwarded@
https://forwarded.example/
--x--
"""


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_mail(read: Read, ends: str) -> None:
    article = read("message.eml", MAIL.replace("@\n", " \n").replace("\n", ends))
    assert (article.title, article.published) == ("Der Preis and more", date(2021, 3, 4))
    assert [(url, text) for _, url, text in rows(article)] == [
        ("https://one.example/?a=1", "Pläne"),
        ("https://forwarded.example/", "https://forwarded.example/"),
    ]


def test_mhtml(read: Read) -> None:
    text = """From: <Saved by Blink>
Snapshot-Content-Location: https://paper.example/2024/harbour
Subject: Harbour
Date: Tue, 5 Mar 2024 10:00:00 -0000
Content-Type: multipart/related; type="text/html"; boundary="B"

--B
Content-Type: text/css
Content-Location: https://paper.example/x.css

a { background: url(https://css.example/) }
--B
Content-Type: text/html; charset="utf-8"
Content-Location: https://paper.example/2024/harbour

<title>Harbour plan</title><article><p>See <a href="/minutes">minutes</a> and <a href="b?c=1">b</a>.</p></article>
--B--
"""
    for name in ("saved.mhtml", "saved.html"):
        article = read(name, text)
        assert (article.title, article.original_url) == ("Harbour plan", "https://paper.example/2024/harbour")
        assert article.published is None
        assert [url for _, url, _ in rows(article)] == [
            "https://paper.example/minutes",
            "https://paper.example/2024/b?c=1",
        ]


def wxr(*items: str) -> str:
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>A blog</title><link>https://blog.example</link>'
        f"{''.join(items)}</channel></rss>"
    )


def test_wordpress_export(read: Read) -> None:
    post = (
        "<item><title>P &amp; Q</title><link>https://blog.example/2021/p/</link><pubDate>Thu, 04 Mar 2021 23:00:00 +0000"
        "</pubDate><wp:post_date>2021-03-05 01:00:00</wp:post_date><wp:post_type>post</wp:post_type>"
        '<content:encoded><![CDATA[<!-- wp:paragraph --><p>One. <a href="/rel">rel</a></p>\n\nTwo.\n\n[caption id="x"]Cap '
        '<a href="https://cap.example/">c</a>[/caption] https://bare.example/]]></content:encoded></item>'
    )
    other = "<item><title>x</title><wp:post_type>attachment</wp:post_type><content:encoded>https://a.example/</content:encoded></item>"
    article = read("blog.xml", wxr(post, other))
    assert (article.title, article.published) == ("P & Q", date(2021, 3, 5))
    assert article.original_url == "https://blog.example/2021/p/"
    assert [url for _, url, _ in rows(article)] == [
        "https://blog.example/rel",
        "https://cap.example/",
        "https://bare.example/",
    ]
    several = read("blog.xml", wxr(post, post))
    assert (several.title, several.original_url, several.published) == ("A blog", None, None)


@pytest.mark.skipif(not pandoc.reads("textile"), reason="pandoc is not here")
def test_what_pandoc_reads(read: Read) -> None:
    text = 'h1. The wall\n\nIt costs 41.6 million.[1] See "the _plan_":https://one.example/plan and @https://code.example/@.\n\nfn1. Council, "budget":https://note.example/\n'
    article = read("page.textile", text)
    assert article.title == "The wall"
    assert [(url, text) for _, url, text in rows(article)] == [
        ("https://one.example/plan", "the plan"),
        ("https://note.example/", "budget"),
    ]
    assert "41.6 million" in article.citations[1].context


def test_what_pandoc_would_read_is_refused_with_the_way_round(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pandoc, "_program", lambda: None)
    pandoc.reads.cache_clear()
    try:
        with pytest.raises(ArticleError, match=r"pip install 'linkarchive\[formats\]'"):
            read("page.textile", "h1. x")
    finally:
        pandoc.reads.cache_clear()


@pytest.mark.parametrize(("name", "way"), [("minutes.doc", "DOCX"), ("page.indd", "PDF"), ("x.zzz", "--formats")])
def test_a_file_that_nobody_reads_is_refused_with_the_way_round(name: str, way: str) -> None:
    with pytest.raises(ArticleError, match=way):
        registry.format_of(name, None, b"\xd0\xcf\x11\xe0")


@pytest.mark.parametrize(
    ("name", "type", "data", "format"),
    [
        ("a.tex", "text/plain", b"", "latex"),
        ("a.json", None, b'[{"type": "webpage", "URL": "x"}]', "csl-json"),
        ("a.json", None, b'{"type": "other"}', "json"),
        ("a.json", None, b'{"nbformat": 4, "cells": []}', "ipynb"),
        ("a.xml", None, b'<?xml version="1.0"?><opml version="2.0">', "opml"),
        ("a.xml", "text/xml", b'<article article-type="x"><front/>', "jats"),
        ("a.xml", None, b'<article xmlns="http://docbook.org/ns/docbook">', "docbook"),
        ("a.html", None, b"<!DOCTYPE NETSCAPE-Bookmark-file-1>", "bookmarks"),
        ("a", None, b"{\\rtf1", "rtf"),
        ("a", None, b"From: a\nSubject: b\n\nx", "eml"),
        ("https://x.example/a.ipynb?raw=1", "application/json", b"{}", "ipynb"),
    ],
)
def test_formats_by_name_type_and_content(name: str, type: str | None, data: bytes, format: str) -> None:
    assert registry.format_of(name, type, data) == format


def test_what_a_folder_gives() -> None:
    assert all(map(registry.has_article_suffix, ["a.tex", "a.bib", "a.odt", "a.Rmd", "a.ipynb"]))
    for name in ("a.csv", "a.xlsx", "a.eml", "a.json", "a.xml", "a.yaml"):
        assert not registry.has_article_suffix(name)
        assert registry.is_read_when_named(name)


def test_every_format_has_its_reader() -> None:
    for format in registry.FORMATS:
        if not format.pandoc and format.name != "pdf":
            with contextlib.suppress(ArticleError):
                registry.parse(b"", format.name, everything=False)
