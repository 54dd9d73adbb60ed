from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from linkarchive.article.folder import find_articles
from linkarchive.article.formats.registry import format_of
from linkarchive.article.listing import Listing, list_articles
from linkarchive.errors import ArticleError

BASE = "https://s.example/blog/feed"
RSS = b"""\xef\xbb\xbf<?xml version="1.0"?><rss version="2.0"><channel><link>https://s.example/</link>
<item><title>A</title><link> /a </link></item>
<item><guid isPermaLink="true">https://s.example/b</guid></item>
<item><guid isPermaLink="false">tag:c</guid></item><item><link>/a</link></item></channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><link href="https://s.example/"/>
<entry><link rel="edit" href="/edit/a"/><link rel="alternate" type="text/html" href="a"/></entry>
<entry><link href="https://s.example/b"/></entry></feed>"""
RDF = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel><link>https://s.example/</link></channel><item><link>https://s.example/a</link></item></rdf:RDF>"""
JSON = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [{"url": "/a"}, {"id": "1"}, 7]}).encode()
SITEMAP = b"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://i.example/">
<url><loc>https://s.example/a</loc><image:image><image:loc>https://s.example/i.png</image:loc></image:image></url>
<url><loc>ftp://s.example/b</loc></url></urlset>"""
INDEX = b"""<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>https://s.example/1.xml</loc>
</sitemap></sitemapindex>"""


@pytest.mark.parametrize(
    ("data", "listing"),
    [
        (RSS, Listing(articles=("https://s.example/a", "https://s.example/b"))),
        (ATOM, Listing(articles=("https://s.example/blog/a", "https://s.example/b"))),
        (RDF, Listing(articles=("https://s.example/a",))),
        (JSON, Listing(articles=("https://s.example/a",))),
        (SITEMAP, Listing(articles=("https://s.example/a",))),
        (gzip.compress(SITEMAP), Listing(articles=("https://s.example/a",))),
        (INDEX, Listing(listings=("https://s.example/1.xml",))),
        (b"<rss><channel/></rss>", Listing()),
    ],
    ids=["rss", "atom", "rdf", "json", "sitemap", "sitemap.gz", "index", "empty"],
)
def test_listings(data: bytes, listing: Listing) -> None:
    assert list_articles(data, BASE) == listing


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"# Text",
        b"<html><body><p>x</p></body></html>",
        b"{}",
        b"{",
        b"[1]",
        b"\x1f\x8bnot gzip",
        b"<",
        b"\xff\xfe<",
    ],
)
def test_no_listing(data: bytes) -> None:
    assert list_articles(data, BASE) is None


def test_entities_of_a_feed_are_not_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("https://secret.example/")
    feed = (
        f'<!DOCTYPE rss [<!ENTITY file SYSTEM "{secret.as_uri()}"><!ENTITY a "https://a.example/">'
        + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
        + "]><rss><item><link>&file;</link></item><item><link>&i;</link></item></rss>"
    )
    assert list_articles(feed.encode(), BASE) == Listing()


def test_the_articles_of_a_folder(tmp_path: Path) -> None:
    for name in (
        "b.md", "a.HTML", "sub/c.docx", "links.txt", "notes.txt", "image.png", ".hidden.md", ".git/x.md",
        "archive/archive.sqlite", "archive/old.md", "sub/archive/old.md", "node_modules/p/readme.md", ".venv/l.txt",
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    contents = find_articles(tmp_path)
    paths = [path.relative_to(tmp_path).as_posix() for path in contents.articles]
    assert paths == ["a.HTML", "b.md", "notes.txt", "sub/archive/old.md", "sub/c.docx"]
    assert contents.left_out == "not read: 1 .png; not entered: archive, node_modules"
    with pytest.raises(ArticleError):
        find_articles(tmp_path / "nowhere")


def test_what_git_ignores_is_not_read(tmp_path: Path) -> None:
    files = {
        ".git/HEAD": "", ".gitignore": "build/\n*.tmp.md\n", "texts/.gitignore": "!keep.tmp.md\n/own.md\n",
        "texts/a.md": "", "texts/b.tmp.md": "", "texts/keep.tmp.md": "", "texts/own.md": "", "texts/build/c.md": "",
        "texts/sub/own.md": "",
    }  # fmt: skip
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    paths = [path.relative_to(tmp_path).as_posix() for path in find_articles(tmp_path / "texts").articles]
    assert paths == ["texts/a.md", "texts/keep.tmp.md", "texts/sub/own.md"]


@pytest.mark.parametrize(
    ("name", "content_type", "data", "format"),
    [
        ("a.markdown", None, b"", "md"),
        ("A.MDOWN", None, b"", "md"),
        ("a.rst", None, b"", "rst"),
        ("a.xhtml", None, b"", "html"),
        ("https://x.example/a.md?raw=1#top", "text/plain; charset=utf-8", b"", "md"),
        ("https://x.example/a.pdf", "text/html", b"", "html"),
        ("https://x.example/a.md", "application/octet-stream", b"", "md"),
        ("https://x.example/essay", "text/html; charset=utf-8", b"", "html"),
        ("essay", None, b"%PDF-1.7", "pdf"),
        ("essay", None, b"\xef\xbb\xbf\n<!-- x --><!DOCTYPE html><p>", "html"),
        ("essay", None, b"PK\x03\x04....mimetypeapplication/epub+zip", "epub"),
        ("essay", None, b"PK\x03\x04....[Content_Types].xml word/document.xml", "docx"),
    ],
)
def test_formats(name: str, content_type: str | None, data: bytes, format: str) -> None:
    assert format_of(name, content_type, data) == format


@pytest.mark.parametrize("name", ["photo.jpg", "essay", "https://x.example/a"])
def test_an_unknown_format_is_an_error(name: str) -> None:
    with pytest.raises(ArticleError, match="not a known format"):
        format_of(name, None, b"\x89PNG")
