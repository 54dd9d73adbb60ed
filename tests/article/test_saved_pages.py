"""Any saved page gives lost targets back: HTML, MHTML, WARC, WACZ, webarchive; another file is a clear error."""

from __future__ import annotations

import gzip
import io
import json
import plistlib
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.article.document import read_document
from linkarchive.article.recover import recover
from linkarchive.article.saved_page import saved_page
from linkarchive.errors import ArticleError

URL = "https://paper.example/2024/03/plan"
SENTENCE = "The council voted for {} in the end, and the port answered."
COPY = f"# Plan\n\n{SENTENCE.format('[the new wall](#)')}\n"


def html(head: str = "", link: str = '<a href="/2024/02/vote">the new wall</a>') -> str:
    head = f"<!DOCTYPE html><html><head><title>Plan</title>{head}</head>"
    return f"{head}<body><article><p>{SENTENCE.format(link)}</p></article></body></html>"


def warc(*pages: tuple[str, str]) -> bytes:
    records = b""
    for url, body in pages:
        http = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{body}".encode()
        head = (
            f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Date: 2024-03-05T10:00:00Z\r\n"
            f"WARC-Target-URI: {url}\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}"
            "\r\n\r\n"
        )
        records += gzip.compress(head.encode() + http + b"\r\n\r\n")
    return records


def wacz() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr(
            "pages/pages.jsonl",
            "\n".join((json.dumps({"format": "json-pages-1.0"}), "no JSON", "[" * 100_000, json.dumps({"url": URL}))),
        )
        package.writestr("archive/data.warc.gz", warc(("https://paper.example/", "<p>Front page</p>"), (URL, html())))
    return buffer.getvalue()


def mhtml() -> bytes:
    page = html().replace("=", "=3D")
    return (
        f"From: <Saved by Blink>\r\nSnapshot-Content-Location: {URL}\r\nSubject: Plan\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\n'
        f"Content-Transfer-Encoding: quoted-printable\r\nContent-Location: {URL}\r\n\r\n{page}\r\n--b--\r\n"
    ).encode()


WEBARCHIVE = plistlib.dumps(
    {
        "WebMainResource": {
            "WebResourceData": html().encode(),
            "WebResourceURL": URL,
            "WebResourceMIMEType": "text/html",
        }
    },
    fmt=plistlib.FMT_BINARY,
)
SAVED = {
    "canonical.html": html(f'<link rel="canonical" href="{URL}">').encode(),
    "og.html": html(f'<meta property="og:url" content="{URL}">').encode(),
    "base.html": html('<base href="https://paper.example/">').encode(),
    "saved.html": html().replace("<html>", f"<!-- saved from url=(0034){URL} --><html>").encode(),
    "single.html": html().replace("<html>", f"<html><!--\n Page saved with SingleFile \n url: {URL} \n-->").encode(),
    "httrack.html": html()
    .replace("<html>", f"<html>\n<!-- Mirrored from {URL[8:]} by HTTrack Website Copier/3.x, Tue, 05 Mar 2024 -->")
    .replace('"/2024', '"https://paper.example/2024')
    .encode(),
    "wayback.html": html(
        '<link rel="canonical" href="https://web.archive.org/web/20240305100000/https://paper.example/x">',
        '<a href="https://web.archive.org/web/20240305100000/https://paper.example/2024/02/vote">the new wall</a>'
        '<div id="wm-ipp"><a href="https://web.archive.org/">Home</a> <a href="/web/20240305100000*/x">All</a></div>',
    ).encode(),
    "absolute.html": html(link='<a href="https://paper.example/2024/02/vote">the new wall</a>').encode(),
    "page.mhtml": mhtml(),
    "page.webarchive": WEBARCHIVE,
    "page.warc.gz": warc((URL, html())),
    "page.wacz": wacz(),
}


@pytest.mark.parametrize("name", SAVED)
def test_a_saved_page_gives_the_targets_at_its_own_address(name: str) -> None:
    article = read_document(COPY.encode(), "md", path="copy.md")
    [citation] = recover(article, saved_page(SAVED[name], name, None), found_in=name).citations
    assert citation.url == "https://paper.example/2024/02/vote"


def test_the_known_address_names_the_page_of_a_warc() -> None:
    data = warc(("https://paper.example/", "<p>Front page</p>"), (URL, html()))
    assert saved_page(data, "a.warc.gz", URL.replace("https", "http")).final_url == URL
    assert saved_page(data, "a.warc.gz", None).final_url == "https://paper.example/"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("saved.pdf", b"%PDF-1.7 x"),
        ("saved.md", COPY.encode()),
        ("saved.png", b"\x89PNG\r\n\x1a\nx"),
        ("x.warc", b"WARC/1.0\r\n"),
    ],
)
def test_another_file_is_a_clear_error(name: str, data: bytes) -> None:
    with pytest.raises(ArticleError, match=name):
        saved_page(data, name, None)


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: b"bplist00" + tail))
def test_any_bytes_are_a_page_or_an_error(data: bytes) -> None:
    for head in (b"", b"WARC/1.0\r\n", b"PK\x03\x04", b"From: x\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n"):
        try:
            saved_page(head + data, "saved", None)
        except ArticleError:
            continue


def test_related_articles_of_which_only_the_title_is_left() -> None:
    text = f"{COPY}\nRelated article: Why the old pier fell\n\nRead also [it](https://x.example/).\n"
    article = read_document(text.encode(), "md", path="copy.md")
    assert [citation.text for citation in article.citations if citation.url is None] == [
        "the new wall",
        "Why the old pier fell",
    ]
    related = '<p><strong>Related article:</strong> <a href="/2024/01/pier">Why the old pier fell</a></p>'
    page = saved_page(html().replace("</article>", f"{related}</article>").encode(), "a.html", URL)
    targets = {citation.text: citation.url for citation in recover(article, page, found_in="a.html").citations}
    assert targets["Why the old pier fell"] == "https://paper.example/2024/01/pier"


def test_where_no_target_was_lost_a_title_is_no_lost_target() -> None:
    article = read_document(b"See [it](https://x.example/).\n\nRelated article: Why it fell\n", "md", path="a.md")
    assert [citation.url for citation in article.citations] == ["https://x.example/"]
