"""Feeds and sitemaps: documents that list articles."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from linkarchive.article.package import local_name, parse_xml
from linkarchive.errors import ArticleError
from linkarchive.urls import is_web, resolve

_ATOM = "http://www.w3.org/2005/Atom"
_MAX_BYTES = 64 * 1024 * 1024  # sitemaps.org allows 50 MB unpacked


@dataclass(frozen=True, slots=True)
class Listing:
    """What a feed or a sitemap lists, absolute and each URL once, in its order."""

    articles: tuple[str, ...] = ()
    listings: tuple[str, ...] = ()
    """The further sitemaps that a sitemap index names."""


def list_articles(data: bytes, url: str) -> Listing | None:
    """The listing, when `data` is RSS, Atom, RDF (RSS 1.0), JSON Feed, a sitemap or a sitemap index; else None. `url`
    is where it came from: relative links resolve against it. A gzipped sitemap is unpacked."""
    if data[:2] == b"\x1f\x8b":
        unpacked = _unpack(data)
        if unpacked is None:
            return None
        data = unpacked
    if b"wordpress.org/export" in data[:8192]:
        return None  # not a feed: the export of a blog, its posts inside
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"{"):
        return _json_feed(data, url)
    return _xml(data, url) if start.startswith(b"<") or data[:2] in (b"\xff\xfe", b"\xfe\xff") else None


def _unpack(data: bytes) -> bytes | None:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            unpacked = packed.read(_MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        return None
    return unpacked if len(unpacked) <= _MAX_BYTES else None


def _json_feed(data: bytes, url: str) -> Listing | None:
    try:
        feed = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(feed, dict) or "jsonfeed.org" not in str(feed.get("version")):
        return None
    items = feed.get("items")
    addresses = (item.get("url") for item in items if isinstance(item, dict)) if isinstance(items, list) else ()
    return Listing(articles=_absolute(addresses, url))


def _xml(data: bytes, url: str) -> Listing | None:
    from lxml import etree

    try:
        root = parse_xml(data.lstrip(), url)
    except (ArticleError, ValueError):
        return None
    match local_name(root).lower():
        case "rss" | "rdf":
            return Listing(articles=_absolute(_rss(root), url))
        case "feed" if etree.QName(root).namespace in (_ATOM, None, "http://purl.org/atom/ns#"):
            return Listing(articles=_absolute(_atom(root), url))
        case "urlset":
            return Listing(articles=_absolute(_locations(root, "url"), url))
        case "sitemapindex":
            return Listing(listings=_absolute(_locations(root, "sitemap"), url))
    return None


def _children(element: Any, name: str) -> Iterator[Any]:
    return (child for child in element if local_name(child) == name)


def _below(root: Any, name: str) -> Iterator[Any]:
    return (element for element in root.iter() if local_name(element) == name)


def _rss(root: Any) -> Iterator[str | None]:
    for item in _below(root, "item"):
        links = [link.text for link in _children(item, "link") if link.text and link.text.strip()]
        # A guid is an address unless it says otherwise (RSS 2.0).
        ids = [guid.text for guid in _children(item, "guid") if guid.get("isPermaLink", "true") == "true"]
        yield next(iter([*links, *ids]), None)


def _atom(root: Any) -> Iterator[str | None]:
    for entry in _below(root, "entry"):
        # A link without `rel` is the alternate one (RFC 4287 §4.2.7.2).
        links = [link for link in _children(entry, "link") if link.get("rel", "alternate") == "alternate"]
        pages = [link for link in links if "html" in (link.get("type") or "html")]
        yield next((link.get("href") for link in pages or links), None)


def _locations(root: Any, name: str) -> Iterator[str | None]:
    for entry in _below(root, name):
        yield next((location.text for location in _children(entry, "loc")), None)


def _absolute(addresses: Iterable[str | None], base: str) -> tuple[str, ...]:
    urls: dict[str, None] = {}
    for url in addresses:
        if not isinstance(url, str) or not url.strip():
            continue
        joined = resolve(base, url)
        if joined and is_web(joined):
            urls[joined] = None
    return tuple(urls)
