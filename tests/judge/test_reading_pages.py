from __future__ import annotations

import io

import docx
import pytest

from linkarchive.judge import extractor
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.judge.verdict import judge

TEXT = "Größe und Maß der Brücke, über die der Zug nach Köln fährt"


@pytest.mark.parametrize(
    ("encoding", "mime", "head"),
    [
        ("utf-8", "text/html; charset=utf-8", ""),
        ("utf-8", "text/html", ""),
        ("iso-8859-1", "text/html; charset=ISO-8859-1", ""),
        ("windows-1252", "text/html", "<meta charset=windows-1252>"),
        ("iso-8859-1", "text/html", '<meta http-equiv="content-type" content="text/html; charset=iso-8859-1">'),
        ("utf-8-sig", "text/html; charset=iso-8859-1", ""),
        ("utf-16", "text/html", ""),
        ("utf-8", "text/html; charset=nonsense", "<meta charset=utf-8>"),
        ("utf-8", "", ""),
    ],
)
def test_the_charset_is_found(page, encoding, mime, head):
    html = f"<html><head>{head}<title>{TEXT}</title></head><body><p>{TEXT}</p></body></html>"
    reading = ParsedPage(page(html.encode(encoding), mime=mime))
    assert reading.title == TEXT
    assert TEXT in reading.visible


@pytest.mark.parametrize(
    ("body", "mime", "kind"),
    [
        (b"<!doctype html><html>", "", "html"),
        (b"<p>x", "application/xhtml+xml", "html"),
        (b"plain words", "text/plain", "text"),
        (b'{"a": 1}', "application/json", "text"),
        (b"%PDF-1.4", "application/octet-stream", "pdf"),
        (b"PK\x03\x04 word/document.xml", "", "docx"),
        (b"PK\x03\x04", "application/zip", "bytes"),
        (b"\x89PNG", "image/png", "bytes"),
        (b"\0\1\2", "", "bytes"),
    ],
)
def test_the_kind_of_a_page(page, body, mime, kind):
    assert ParsedPage(page(body, mime=mime)).kind == kind


def test_the_main_text_leaves_the_frame_out(article, page, paragraphs):
    main = ParsedPage(page(article())).main
    assert set(paragraphs) <= set(main)
    assert not any("all rights reserved" in line for line in main)
    assert extractor().startswith("trafilatura ")


def docx_bytes(paragraphs) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def pdf_bytes(lines) -> bytes:
    """A PDF of one page, written by hand: the standard's own minimal file."""
    text = "BT /F1 9 Tf 20 800 Td 11 TL " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 820] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    out += f"xref\n0 6\n0000000000 65535 f \n{table}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out.encode("latin-1")


@pytest.mark.long
@pytest.mark.parametrize("make", [docx_bytes, pdf_bytes])
def test_documents_are_compared_by_their_text(case, page, paragraphs, make):
    plain = [p.replace("“", "").replace("”", "") for p in paragraphs]
    then = page(make(plain), mime="application/octet-stream")
    same = page(make([*plain, "A line more than before."]), mime="application/octet-stream")
    other = page(
        make([f"Bulb {n} wants dry soil and a patient gardener." for n in range(12)]), mime="application/octet-stream"
    )
    assert judge(case(same, then)).verdict == "ok"
    assert judge(case(other, then)).reason == "replaced"
    shorter = page(make([p for p in plain if "union" not in p]), mime="application/octet-stream")
    assert judge(case(shorter, then, quotes=("No equal conditions, no union",))).reason == "quote-lost"
