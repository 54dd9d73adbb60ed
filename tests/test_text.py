"""Bytes as text by the WHATWG Encoding standard, the type of bytes, and the names of months."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.text import MONTHS, charset_of, decode, encoding_of, essence_of, media_type, month_names

HTML = "text/html"


@pytest.mark.parametrize(
    ("data", "content_type", "text"),
    [
        # A label means the encoding that the standard gives it.
        ("뚝 똠".encode("cp949"), "text/html; charset=EUC-KR", "뚝 똠"),
        ("뚝".encode("cp949"), "text/html; charset=ks_c_5601-1987", "뚝"),
        ("①㈱ 港".encode("cp932"), "text/html; charset=Shift_JIS", "①㈱ 港"),
        (b"\xad\xa1 \xb9\xc1 \xa1\xc1", "text/html; charset=EUC-JP", "① 港 ～"),
        (b"\x1b$B-!\x1b(B!", "text/html; charset=iso-2022-jp", "①!"),
        ("“€” Zoë".encode("cp1252"), "text/html; charset=ISO-8859-1", "“€” Zoë"),
        ("ğış".encode("cp1254"), "text/html; charset=iso-8859-9", "ğış"),
        ("\u4e02 \U00020087".encode("gb18030"), "text/html; charset=gb2312", "\u4e02 \U00020087"),
        ("嘅".encode("big5hkscs"), "text/html; charset=Big5", "嘅"),
        (b"a\x80\xff", "text/plain; charset=x-user-defined", "a\uf780\uf7ff"),
        ("Größe".encode(), "text/html; charset=utf8", "Größe"),
        ("Größe".encode("cp1252"), 'text/html;charset="latin1"', "Größe"),
        ("Größe".encode("cp1252"), "text/html; charset=no-such", "Größe"),
        # A mark goes before the header, the header before what the page says.
        ("\ufeffда".encode(), "text/html; charset=windows-1251", "да"),
        ("\ufeffда".encode("utf-16-le"), "text/html; charset=utf-8", "да"),
        ("\ufeffда".encode("utf-16-be"), HTML, "да"),
        ('<meta charset="koi8-r">да'.encode("cp1251"), "text/html; charset=windows-1251", '<meta charset="koi8-r">да'),
        ('<meta charset="koi8-r">да'.encode("koi8-r"), HTML, '<meta charset="koi8-r">да'),
        ("<meta charset=utf-16>да".encode(), HTML, "<meta charset=utf-16>да"),
        (b"<meta charset=x-user-defined>\x80", HTML, "<meta charset=x-user-defined>€"),
        (
            "<!-- <meta charset=big5> --><meta content='text/html; charset=cp1251' http-equiv=content-type>да".encode(
                "cp1251"
            ),
            HTML,
            "<!-- <meta charset=big5> --><meta content='text/html; charset=cp1251' http-equiv=content-type>да",
        ),
        (
            '<?xml version="1.0" encoding="iso-8859-5"?>да'.encode("iso-8859-5"),
            HTML,
            '<?xml version="1.0" encoding="iso-8859-5"?>да',
        ),
        # What nobody says is guessed, as Firefox does.
        ("Größe – да".encode(), HTML, "Größe – да"),
        ("Привет, мир".encode("cp1251"), HTML, "Привет, мир"),
        ("港汽船の会".encode("euc_jp"), HTML, "港汽船の会"),
        ("El niño comió".encode("cp1252"), HTML, "El niño comió"),
        ("Zoë “x”".encode() + b"\xff!", HTML, "Zoë “x”\ufffd!"),
        (b"a\r\nb\rc\0", HTML, "a\nb\nc\ufffd"),
        ("ends within a letter: д".encode()[:-1], HTML, "ends within a letter: \ufffd"),
    ],
)
def test_bytes_are_decoded_as_browsers_do(data: bytes, content_type: str, text: str) -> None:
    assert decode(data, content_type, markup=True) == text


def test_a_file_in_utf8_is_that_whatever_the_saved_page_says() -> None:
    saved = '<meta charset="windows-1251">да'
    assert decode(saved.encode(), markup=True) == saved
    assert decode(saved.encode(), HTML, markup=True) != saved
    assert encoding_of(saved.encode("cp1251"), markup=True) == ("cp1251", b"")


def test_a_file_in_ascii_is_in_the_charset_that_it_declares() -> None:
    japanese = '<meta charset="iso-2022-jp"><p>港の記録</p>'
    assert decode(japanese.encode("iso2022_jp"), markup=True) == japanese
    assert encoding_of(b'<meta charset="iso-8859-1">caf&eacute;', markup=True) == ("cp1252", b"")
    assert encoding_of(b"<p>caf&eacute;", markup=True) == ("utf-8", b"")


def test_what_is_no_markup_declares_nothing() -> None:
    assert decode("Größe, charset=big5, <meta charset=big5>".encode("cp1252"), HTML).startswith("Größe")


@given(st.binary(max_size=200), st.none() | st.text(max_size=60), st.booleans())
def test_any_bytes_are_text_and_have_a_type(data: bytes, content_type: str | None, markup: bool) -> None:
    text = decode(data, content_type, markup=markup)
    assert "\0" not in text
    assert "\r" not in text
    assert "/" in media_type(data, content_type or "")
    assert essence_of(content_type or "") == essence_of(essence_of(content_type or ""))


@given(
    st.binary(max_size=200),
    st.sampled_from(
        ["euc-jp", "iso-2022-jp", "euc-kr", "gbk", "big5", "shift_jis", "utf-16le", "x-user-defined", "hz"]
    ),
)
def test_any_bytes_are_text_in_any_encoding(data: bytes, label: str) -> None:
    assert isinstance(decode(data, f"text/html; charset={label}"), str)
    assert isinstance(decode(f'<meta charset="{label}">'.encode() + data, HTML, markup=True), str)


def test_the_charset_of_a_field() -> None:
    assert charset_of('text/html; x=y; Charset = "utf-8"; z') == "utf-8"
    assert charset_of("text/html; charset='koi8-r'") == "koi8-r"
    assert charset_of("text/html") == ""


@pytest.mark.parametrize(
    ("data", "content_type", "kind"),
    [
        (b"<!DOCTYPE html><p>x", "", "text/html"),
        (b"\n<!-- x --><html>", "application/octet-stream", "text/html"),
        (b"<p>A saved piece", "", "text/html"),
        (b"<html><body>x", "text/plain", "text/html"),
        (b"<b>is</b> how it is written", "text/plain", "text/plain"),
        (b"x", "Text/HTML; charset=utf-8", "text/html"),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">', "", "application/xhtml+xml"),
        (b'<?xml version="1.0"?><rss/>', "", "text/xml"),
        (b"{}", "application/json", "application/json"),
        (b"%PDF-1.7 x", "text/html", "application/pdf"),
        (b"junk %PDF-1.7 x", "", "application/pdf"),
        (b"<p>How a file begins: %PDF-1.7", "text/html", "text/html"),
        (b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/epub+zip", "", "application/epub+zip"),
        (b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.textPK", "",
         "application/vnd.oasis.opendocument.text"),
        (b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml ... word/document.xml", "application/zip",
         "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"PK\x03\x04" + bytes(26) + b"readme", "", "application/zip"),
        (b"\x89PNG\r\n\x1a\n", "text/plain", "image/png"),
        (b"\x1f\x8b\x08", "text/plain", "application/gzip"),
        (b"\0\1\2\3", "", "application/octet-stream"),
        ("\ufeffда".encode("utf-16-le"), "text/plain", "text/plain"),
        (b"plain words", "nonsense", "text/plain"),
        (b"x", "text/html, text/html; charset=utf-8", "text/html"),
        (b"x", "text/html, nonsense", "text/html"),
        (b"x", 'multipart/mixed; boundary="a,b"', "multipart/mixed"),
        (b"", "", "text/plain"),
    ],
)  # fmt: skip
def test_what_the_bytes_are(data: bytes, content_type: str, kind: str) -> None:
    assert media_type(data, content_type) == kind


def test_months_have_their_names_in_many_languages() -> None:
    assert [MONTHS[name] for name in ("may", "mai", "мая", "mayıs", "травня", "května", "toukokuuta", "μαΐου")] == [
        5
    ] * 8
    assert month_names("de")[2] == "märz"
    assert len(month_names("en", "fr")) == 24
