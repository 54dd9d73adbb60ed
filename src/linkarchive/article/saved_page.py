"""A page that somebody saved: HTML, MHTML, SingleFile, Safari's webarchive, WARC, WACZ; with its own address."""

from __future__ import annotations

import io
import json
import plistlib
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from linkarchive.article.formats.mail import page_of_mhtml
from linkarchive.article.formats.registry import format_of
from linkarchive.article.html_metadata import own_addresses
from linkarchive.article.package import Package
from linkarchive.errors import ArticleError
from linkarchive.model import Page
from linkarchive.text import HTML_TYPES, decode, essence_of, media_type
from linkarchive.urls import same_page

KINDS = "HTML, MHTML, WARC, WACZ, webarchive"
_WARC = re.compile(rb"WARC/\d")
_LARGEST = 64 * 1024 * 1024
"""Bytes of a page."""
_MOST_RECORDS = 100_000


def saved_page(data: bytes, name: str, known_url: str | None) -> Page:
    """The page in the bytes of a saved file; `final_url` is its own address, else `known_url`, else the file's name.

    `known_url` is the address at which it is thought to have been; of a file with many pages it names the one.
    Raises ArticleError when no page is in it.
    """
    if data[:8] == b"bplist00":
        return _from_webarchive(data, name, known_url)
    if data[:4] == b"PK\x03\x04" and (warcs := _warcs_of_wacz(data, name)) is not None:
        return _from_warcs(warcs[0], name, known_url or warcs[1])
    if _WARC.match(_unpacked_head(data)):
        return _from_warcs([data], name, known_url)
    kind = _kind(data, name)
    if kind == "mhtml":
        body, content_type, address = page_of_mhtml(data)
        return _page(body, content_type, address or None, name, known_url)
    if kind != "html":
        raise ArticleError(f"{name}: {kind} is not a saved page; what can be read as one: {KINDS}")
    return _page(data, "", None, name, known_url)


def _kind(data: bytes, name: str) -> str:
    try:
        return format_of(name, None, data)
    except ArticleError:
        return media_type(data) if media_type(data) not in HTML_TYPES else "html"


def _page(body: bytes, content_type: str, address: str | None, name: str, known_url: str | None) -> Page:
    """The page at the address that the container gives, that it was saved from, that is known, that it says itself."""
    saved_from, canonical = own_addresses(decode(body, content_type or None, markup=True))
    url = address or saved_from or known_url or canonical or name
    return Page(url, 200, {"content-type": content_type or "text/html"}, body)


def _from_webarchive(data: bytes, name: str, known_url: str | None) -> Page:
    try:
        resource = plistlib.loads(data)["WebMainResource"]
        body, kind, url = (resource.get(f"WebResource{key}") for key in ("Data", "MIMEType", "URL"))
        encoding = resource.get("WebResourceTextEncodingName") or "utf-8"
    except (plistlib.InvalidFileException, KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise ArticleError(f"{name}: cannot be read as a webarchive") from error
    if not isinstance(body, bytes):
        raise ArticleError(f"{name}: no page is in it")
    content_type = f"{kind if kind in HTML_TYPES else 'text/html'}; charset={encoding}"
    return _page(body, content_type, str(url) if url else None, name, known_url)


def _unpacked_head(data: bytes) -> bytes:
    if data[:2] != b"\x1f\x8b":
        return data[:16]
    try:
        return zlib.decompressobj(31).decompress(data[:4096], 16)
    except zlib.error:
        return b""


def _warcs_of_wacz(data: bytes, name: str) -> tuple[list[bytes], str | None] | None:
    """The WARC files of a WACZ and the address of its first page; None for another package."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as names:
            warcs = [member for member in names.namelist() if re.search(r"\.warc(\.gz)?$", member)]
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise ArticleError(f"{name}: a damaged package: {error}") from error
    if not warcs:
        return None
    package = Package(data)
    url = None
    if "pages/pages.jsonl" in package.names:
        for line in package.read("pages/pages.jsonl").splitlines():
            try:
                entry: Any = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(entry, dict) and isinstance(entry.get("url"), str):
                url = entry["url"]
                break
    return [package.read(member) for member in warcs], url


def _from_warcs(warcs: list[bytes], name: str, known_url: str | None) -> Page:
    """The page at the known address, else the first one that was answered with 200."""
    first: Page | None = None
    for page in (page for warc in warcs for page in _pages_of_warc(warc, name)):
        if known_url is not None and same_page(page.final_url, known_url):
            return page
        first = first or page
    if first is None:
        raise ArticleError(f"{name}: no HTML page is in it")
    return first


def _pages_of_warc(data: bytes, name: str) -> Iterator[Page]:
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    try:
        for number, record in enumerate(ArchiveIterator(io.BytesIO(data))):
            if number >= _MOST_RECORDS:
                return
            url = record.rec_headers.get_header("WARC-Target-URI") or ""
            headers = record.http_headers
            if record.rec_type == "resource":
                status, content_type = "200", record.rec_headers.get_header("Content-Type") or ""
            elif record.rec_type == "response" and headers is not None:
                status, content_type = headers.get_statuscode(), headers.get_header("Content-Type") or ""
            else:
                continue
            if status == "200" and (not content_type or essence_of(content_type) in HTML_TYPES):
                body = record.content_stream().read(_LARGEST)
                yield Page(url.strip("<>"), 200, {"content-type": content_type}, body)
    except (ArchiveLoadFailed, EOFError, OSError, ValueError, zlib.error) as error:
        raise ArticleError(f"{name}: damaged: {error}") from error
