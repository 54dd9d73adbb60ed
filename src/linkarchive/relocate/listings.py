"""What pages a site names: in sitemaps, feeds, and the links of its pages."""

from __future__ import annotations

import gzip
import html
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from linkarchive.model import Page
from linkarchive.text import decode
from linkarchive.urls import host_of, resolve

_LARGEST = 50 * 1024 * 1024
"""Bytes of a sitemap, as sitemaps.org has it."""
_MOST = 50_000
"""Addresses of one listing, as sitemaps.org has it."""
_MOST_TAGS = 20 * _MOST
"""Of a listing in XML: each address of a sitemap takes ten, and more with pictures."""
_MOST_LINKS = 3_000
_LONGEST = 2_000
"""Characters of an address."""
QUERY = "QUERY"
"""What stands in the address of a search for the words that are looked for."""
_PARAMETER = re.compile(r"\{[\w:-]+\??\}")
_TARGET = re.compile(r"""(?:https?:)?\\?/[^\s"'<>]*\{[\w:-]+\??\}[^\s"'<>]*""")
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class NamedPage:
    """A page that a listing names, with the words of its link or the title of its entry, at most 300 characters; ""
    in sitemaps and text lists."""

    url: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What one page names; all addresses are absolute."""

    pages: tuple[NamedPage, ...] = ()
    further: tuple[str, ...] = ()
    """Other listings that it names: of an index its sitemaps (at most 100), of an HTML page its OpenSearch description,
    feeds and sitemaps."""
    canonical: str | None = None
    """The address that an HTML page says it has."""
    search: str | None = None
    """The address of the site's own search, with `QUERY` where the words go, where the page declares one."""
    is_sitemap: bool = False
    """It is a sitemap, or a text list in place of one, that names pages."""


def read_listing(page: Page) -> Listing:
    """What a sitemap (gzipped or not), a text list, a feed, an OpenSearch description or an HTML page names, pages of
    other sites too; an empty listing for anything else. Raises nothing."""
    body = _unpacked(page.body)
    start = body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if (
        start.startswith((b"<?xml", b"<rss", b"<feed"))
        or b"<urlset" in start
        or b"<sitemapindex" in start
        or b"<opensearchdescription" in start
    ):
        listing = _xml(body, page.final_url)
        if listing.pages or listing.further or listing.search:
            return listing
    if b"<html" in start or b"<!doctype html" in start or "html" in page.headers.get("content-type", ""):
        return _html(body, page)
    if page.headers.get("content-type", "").startswith("text/plain"):
        lines = body[:_LARGEST].decode("utf-8", "replace").split()
        pages = tuple(NamedPage(line) for line in lines[:_MOST] if _resolved(line, line) == line)
        return Listing(pages, is_sitemap=bool(pages))
    return Listing()


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(_GZIP):
        return body
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            return file.read(_LARGEST)
    except (OSError, EOFError, zlib.error):
        return b""


def _xml(body: bytes, base: str) -> Listing:
    """Sitemaps, sitemap indexes, RSS and Atom."""
    from lxml import etree

    if body.count(b"<") > _MOST_TAGS:  # a few bytes of gzip can be gigabytes of them
        return Listing()
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return Listing()
    if root is None:
        return Listing()
    pages: list[NamedPage] = []
    further: list[str] = []
    search = None
    is_sitemap = False
    for element in root.iter():
        name = _local(element)
        if name == "url" and search is None and "html" in (element.get("type") or ""):
            search = _template(element.get("template") or "", base)
        if name == "loc" and element.text:
            parent = _local(element.getparent())
            url = _resolved(base, element.text)
            if url is not None and parent == "sitemap":
                further.append(url)
            elif url is not None and parent == "url":
                is_sitemap = True
                pages.append(NamedPage(url))
        elif name in ("item", "entry"):
            pages += _entry(element, base)
        if len(pages) >= _MOST:
            break
    return Listing(tuple(pages), tuple(further[:100]), search=search, is_sitemap=is_sitemap)


def _entry(element: Any, base: str) -> Iterator[NamedPage]:
    title = link = ""
    for child in element:
        if _local(child) == "title":
            title = "".join(child.itertext()).strip()
        elif _local(child) == "link" and not link:
            link = child.get("href") or (child.text or "")
    url = _resolved(base, link) if link.strip() else None
    if url is not None:
        yield NamedPage(url, title[:300])


def _local(element: object) -> str:
    tag = getattr(element, "tag", "")
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _html(body: bytes, page: Page) -> Listing:
    from resiliparse.parse.html import HTMLTree

    source = decode(body[:4_000_000], page.headers.get("content-type", ""), markup=True)
    document: Any = HTMLTree.parse(source).document
    if document is None:
        return Listing()
    element = document.query_selector("base[href]")
    base = (resolve(page.final_url, element.getattr("href") or "") if element is not None else None) or page.final_url
    pages: dict[str, str] = {}
    for link in document.query_selector_all("a[href]")[:_MOST_LINKS]:
        url = _resolved(base, link.getattr("href") or "")
        if url is not None:
            text = " ".join((link.text or link.getattr("title") or "").split())[:300]
            pages.setdefault(url.partition("#")[0], text)
    further = []
    canonical = None
    for link in document.query_selector_all("link[href]")[:100]:
        relation = (link.getattr("rel") or "").lower().split()
        url = _resolved(base, link.getattr("href") or "")
        if url is None:
            continue
        if "canonical" in relation and canonical is None:
            canonical = url
        kind = (link.getattr("type") or "").lower()
        if ("alternate" in relation and ("rss" in kind or "atom" in kind)) or "sitemap" in relation:
            further.append(url)
        elif "search" in relation and "opensearch" in kind:
            further.insert(0, url)
    named = tuple(NamedPage(url, text) for url, text in pages.items())
    return Listing(named, tuple(further[:5]), canonical, _search_action(source, base))


def _search_action(source: str, base: str) -> str | None:
    """The search that schema.org's SearchAction declares (JSON-LD or microdata)."""
    start = source.find("SearchAction")
    target = _TARGET.search(source, start, start + 2_000) if start >= 0 else None
    return _template(target[0].replace("\\/", "/"), base) if target is not None else None


def _template(text: str, base: str) -> str | None:
    """An address with `QUERY` in place of its first parameter; optional ones go. None for what has none."""
    first, count = _PARAMETER.subn(QUERY, html.unescape(text), count=1)
    url = _resolved(base, _PARAMETER.sub("", first)) if count else None
    return url if url is not None and QUERY in url else None


def _resolved(base: str, reference: str) -> str | None:
    """As `resolve`; None too for what is no address of a web page that can be taken apart, or a very long one."""
    url = resolve(base, reference)
    if url is None or len(url) > _LONGEST or not url.startswith(("http://", "https://")):
        return None
    return url if host_of(url) else None
