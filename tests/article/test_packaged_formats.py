"""PDF, DOCX and EPUB, made here, read in their limited process."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pypdf import PdfWriter
from pypdf.annotations import Link
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from linkarchive.article.document import read_document
from linkarchive.article.sandbox import OUTPUT, read_limited
from linkarchive.errors import ArticleError
from linkarchive.model import Article, Place

_HYPERLINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"


def _found(article: Article) -> list[tuple[str | None, str, int]]:
    return [(citation.url, citation.text, citation.line) for citation in article.citations]


# --- PDF: one page of 10-point Courier (6 points a character), 14 points a line -------------------


def _pdf(lines: list[str], links: list[tuple[int, int, int, str]], title: str | None = None) -> bytes:
    """`links` are (line from 0, first character, character after the last, URL)."""
    writer = PdfWriter()
    page = writer.add_blank_page(600, 800)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Courier"),
        }
    )
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    shown = " ".join("({}) Tj T*".format(line.replace("(", r"\(").replace(")", r"\)")) for line in lines)
    content = StreamObject()
    content.set_data(f"BT /F1 10 Tf 50 750 Td 14 TL {shown} ET".encode("latin-1"))
    page[NameObject("/Contents")] = writer._add_object(content)
    for line, start, end, url in links:
        baseline = 750 - 14 * line
        writer.add_annotation(0, Link(rect=(50 + start * 6, baseline - 3, 50 + end * 6, baseline + 10), url=url))
    if title:
        writer.add_metadata({"/Title": title})
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_pdf_annotations_and_bare_urls_across_lines() -> None:
    data = _pdf(
        [
            "A Short Report",
            "May 12, 2021",
            "See the ministry report of May. Then read",
            "https://example.org/a/very-long-path-that-breaks-",
            "off/here.html (and https://example.net/x). Next to",
            "https://example.org/ and",
            "a link that spans two",
            "lines of https://linked.example/z",
        ],
        [
            (2, 8, 23, "https://min.example/report"),
            (6, 7, 21, "https://two.example/"),
            (7, 0, 5, "https://two.example/"),
            (7, 9, 33, "https://linked.example/z"),
        ],
    )
    article = read_document(data, "pdf", path="report.pdf")
    assert article.title == "A Short Report"
    assert article.published == date(2021, 5, 12)
    assert _found(article) == [
        ("https://min.example/report", "ministry report", 3),
        ("https://example.org/a/very-long-path-that-breaks-off/here.html",) * 2 + (4,),
        ("https://example.net/x", "https://example.net/x", 5),
        ("https://example.org/", "https://example.org/", 6),
        ("https://two.example/", "that spans two lines", 7),
        ("https://linked.example/z", "https://linked.example/z", 8),
    ]
    assert "See the ministry report of May." in article.citations[0].context


def test_pdf_title_of_its_information() -> None:
    assert read_document(_pdf(["x"], [], "From the Information"), "pdf", path="a.pdf").title == "From the Information"


def test_an_encrypted_pdf_is_an_error() -> None:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    with pytest.raises(ArticleError, match=r"a\.pdf.*encrypted"):
        read_document(buffer.getvalue(), "pdf", path="a.pdf")


# --- DOCX -------------------------------------------------------------------------------------------


def _docx() -> bytes:
    document = Document()
    document.add_heading("A Letter", 0)
    paragraph = document.add_paragraph("Before ")
    relation = document.part.relate_to("https://docx.example/a", _HYPERLINK, is_external=True)
    paragraph._p.append(
        parse_xml(f'<w:hyperlink {nsdecls("w", "r")} r:id="{relation}"><w:r><w:t>the link</w:t></w:r></w:hyperlink>')
    )
    paragraph.add_run(" after. Bare https://exa")
    paragraph.add_run("mple.com/b here.")
    field = document.add_paragraph()
    for inner in (
        '<w:fldChar w:fldCharType="begin"/>',
        '<w:instrText xml:space="preserve"> HYPERLINK "https://field.example/q" \\l "part" </w:instrText>',
        '<w:fldChar w:fldCharType="separate"/>',
        "<w:t>a field</w:t>",
        '<w:fldChar w:fldCharType="end"/>',
        '<w:t xml:space="preserve"> ends.</w:t>',
    ):
        field._p.append(parse_xml(f"<w:r {nsdecls('w')}>{inner}</w:r>"))
    bookmark = document.add_paragraph()
    bookmark._p.append(parse_xml(f'<w:hyperlink {nsdecls("w")} w:anchor="top"><w:r><w:t>up</w:t></w:r></w:hyperlink>'))
    document.add_table(1, 1).cell(0, 0).text = "In a cell: www.cell.example/x"
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_docx_links_fields_and_bare_urls() -> None:
    article = read_document(_docx(), "docx", path="letter.docx")
    assert article.title == "A Letter"
    assert _found(article) == [
        ("https://docx.example/a", "the link", 2),
        ("https://example.com/b", "https://example.com/b", 2),
        ("https://field.example/q#part", "a field", 3),
        ("http://www.cell.example/x", "www.cell.example/x", 5),
    ]
    assert article.citations[0].context == "Before the link after."


def test_docx_footnotes() -> None:
    source = io.BytesIO(_docx())
    target = io.BytesIO()
    namespaces = nsdecls("w", "r")
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "[Content_Types].xml":
                kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
                entry = f'<Override PartName="/word/footnotes.xml" ContentType="{kind}"/></Types>'
                data = data.replace(b"</Types>", entry.encode())
            if name == "word/_rels/document.xml.rels":
                entry = f'<Relationship Id="rIdN" Type="{office}/footnotes" Target="footnotes.xml"/></Relationships>'
                data = data.replace(b"</Relationships>", entry.encode())
            new.writestr(name, data)
        new.writestr(
            "word/footnotes.xml",
            f'<w:footnotes {namespaces}><w:footnote><w:p><w:r><w:t xml:space="preserve">See </w:t></w:r>'
            '<w:hyperlink r:id="n1"><w:r><w:t>the note</w:t></w:r></w:hyperlink></w:p></w:footnote></w:footnotes>',
        )
        new.writestr(
            "word/_rels/footnotes.xml.rels",
            f'<Relationships xmlns="{relations}"><Relationship Id="n1" Type="{office}/hyperlink"'
            ' Target="https://note.example/" TargetMode="External"/></Relationships>',
        )
    article = read_document(target.getvalue(), "docx", path="letter.docx")
    assert ("https://note.example/", "the note") in [(url, text) for url, text, _ in _found(article)]


# --- EPUB -------------------------------------------------------------------------------------------

_CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OPS/book.opf"/></rootfiles></container>"""
_OPF = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>
<dc:title>The Book</dc:title><dc:date>2021-05-12</dc:date><dc:source>https://o.example/book</dc:source></metadata>
<manifest><item id="two" href="ch%202.xhtml"/><item id="one" href="one.xhtml"/><item id="gone" href="gone.xhtml"/>
</manifest><spine><itemref idref="one"/><itemref idref="two"/><itemref idref="gone"/></spine></package>"""


def _epub(chapters: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        package.writestr("META-INF/container.xml", _CONTAINER)
        package.writestr("OPS/book.opf", _OPF)
        for name, text in chapters.items():
            package.writestr(name, text)
    return buffer.getvalue()


def test_epub_chapters_in_order_without_links_inside_the_book() -> None:
    data = _epub(
        {
            "OPS/ch 2.xhtml": "<html><body><p>Second <a href='https://b.example'>b</a></p></body></html>",
            "OPS/one.xhtml": "<html><body><h1>One</h1><p>First <a href='https://a.example'>a</a>, "
            "<a href='ch%202.xhtml#x'>chapter two</a>, <a href='#'>lost</a>.</p></body></html>",
        }
    )
    article = read_document(data, "epub", path="book.epub")
    assert (article.title, article.published) == ("The Book", date(2021, 5, 12))
    assert article.original_url == "https://o.example/book"
    assert _found(article) == [("https://a.example", "a", 2), (None, "lost", 2), ("https://b.example", "b", 3)]
    assert any("gone.xhtml" in remark for remark in article.gaps)


# --- hostile ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["pdf", "docx", "epub"])
@pytest.mark.parametrize("data", [b"", b"garbage", b"%PDF-1.7\n%%EOF", b"PK\x03\x04 torn", b"\0" * 10_000])
def test_damaged_files_are_errors_that_name_the_file(format: str, data: bytes) -> None:
    with pytest.raises(ArticleError, match=r"thing\.bin"):
        read_document(data, format, path="thing.bin")


@pytest.mark.long
def test_a_zip_bomb_is_an_error() -> None:
    data = _epub({"OPS/one.xhtml": "<p>" + " " * 70_000_000})
    assert len(data) < 100_000
    article = read_document(data, "epub", path="bomb.epub")
    assert any("unpacks to more" in remark for remark in article.gaps)


def _docx_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_docx())) as whole, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name in whole.namelist():
            package.writestr(name, b" " * 70_000_000 if name == "word/document.xml" else whole.read(name))
    return buffer.getvalue()


def _deep_page_tree() -> bytes:
    """A page tree that is its own child."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 9/Kids[2 0 R]>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF"
    )


@pytest.mark.long
@pytest.mark.parametrize(("format", "make"), [("docx", _docx_bomb), ("pdf", _deep_page_tree)])
def test_bombs_are_errors(format: str, make: Callable[[], bytes]) -> None:
    with pytest.raises(ArticleError, match="bomb"):
        read_document(make(), format, path="bomb")


def test_time_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linkarchive.article.sandbox.SECONDS", 0.01)
    with pytest.raises(ArticleError, match="seconds"):
        read_limited(_docx(), "docx", path="a.docx")


@pytest.mark.long
def test_memory_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linkarchive.article.sandbox.MEMORY", 120_000_000)
    with pytest.raises(ArticleError):
        read_limited(_epub({"OPS/one.xhtml": "<p>" + "word " * 10_000_000}), "epub", path="a")


@pytest.mark.long
def test_what_would_be_more_output_than_a_document_may_give_is_left_out() -> None:
    with pytest.raises(ArticleError, match="more memory, time or output"):
        read_limited(b"x" * (OUTPUT + 1), "gemtext", path="a.gmi")


def test_notes_of_a_book_in_a_file_of_their_own() -> None:
    mark = '<p>It costs 41.6 million.<a epub:type="noteref" href="ch%202.xhtml#n1">1</a> Nobody knows.</p>'
    note = '<aside epub:type="footnote" id="n1"><p>See <a href="https://n.example/">it</a>.</p></aside>'
    article = read_document(_epub({"OPS/one.xhtml": mark, "OPS/ch 2.xhtml": note}), "epub", path="b.epub")
    [citation] = article.citations
    assert (citation.context, citation.place) == ("It costs 41.6 million.", Place.NOTE)
