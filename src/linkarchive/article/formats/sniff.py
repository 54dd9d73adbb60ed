"""Formats by their content: suffixes that several share, and files without one that tells."""

from __future__ import annotations

import re

_HEAD = 8192
_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_BOOKMARKS = re.compile(rb"\s*<!doctype\s+netscape-bookmark-file", re.I)
_XML = re.compile(
    rb"\s*(?:<\?[^>]*>\s*|<!--.*?-->\s*|<!doctype\b[^>\[]*(?:\[.*?\])?\s*>\s*)*<([A-Za-z][\w:.-]*)([^>]*)", re.I | re.S
)
_DOCBOOK_ROOTS = frozenset(
    {"book", "article", "chapter", "section", "sect1", "part", "refentry", "set", "appendix", "preface"}
)
_MIME = re.compile(rb"(?:[A-Za-z][A-Za-z0-9-]*:[^\n]*\r?\n(?:[ \t][^\n]*\r?\n)*){2,}\r?\n", re.S)
_MIME_FIELD = re.compile(
    rb"^(?:from|mime-version|content-type|subject|date|message-id|return-path|received):", re.I | re.M
)
_CSL = re.compile(rb'"(?:DOI|URL|issued|accessed|container-title|author|citation-key)"\s*:')
_CSL_TYPE = re.compile(
    rb'"type"\s*:\s*"(?:article(?:-[a-z]+)?|webpage|post(?:-weblog)?|report|book|chapter|thesis|paper-conference|dataset'
    rb'|entry(?:-[a-z]+)?|legislation|legal_case|manuscript|map|motion_picture|broadcast|document|software|speech|song'
    rb'|standard|patent|personal_communication|pamphlet|interview|graphic|figure|review(?:-book)?|bill|collection'
    rb'|treaty|hearing|event|performance|periodical|regulation|classic)"'
)  # fmt: skip


def narrower(format: str, data: bytes) -> str | None:
    """The format that a file of `format` really is; None when the content says nothing more."""
    head = _head(data)
    match format:
        case "html" if _BOOKMARKS.match(head):
            return "bookmarks"
        case "html" if _is_mime(head):
            return "mhtml"
        case "json" if b'"nbformat"' in data and b'"cells"' in data:
            return "ipynb"
        case "json" if _CSL_TYPE.search(data) and _CSL.search(data):
            return "csl-json"
        case "docbook" | "jats" | "opml" | "wxr":
            return _xml(head)
        case "eml" if b"multipart/related" in head.lower() and b"snapshot-content-location:" in head.lower():
            return "mhtml"
    return None


def by_content(data: bytes) -> str | None:
    """The format of a file of an unknown name that is markup or a message; None when it is neither."""
    head = _head(data)
    if _BOOKMARKS.match(head):
        return "bookmarks"
    if _HTML.match(head):
        return "html"
    if format := _xml(head):
        return format
    if _is_mime(head):
        return "mhtml" if b"snapshot-content-location:" in head.lower() else "eml"
    return None


def _head(data: bytes) -> bytes:
    return data[:_HEAD].removeprefix(b"\xef\xbb\xbf")


def _xml(head: bytes) -> str | None:
    match = _XML.match(head)
    if match is None:
        return None
    name, attributes = match[1].rpartition(b":")[2].lower(), match[2]
    if name == b"opml":
        return "opml"
    if name == b"rss":
        return "wxr" if b"wordpress.org/export" in head else None
    if name == b"html":
        return "html"
    if (
        b"docbook.org/ns/docbook" in attributes
        or b"//OASIS//DTD DocBook" in head
        or b"//OASIS//DTD Simplified DocBook" in head
    ):
        return "docbook"
    is_of_jats = name == b"article" and (b"article-type" in attributes or b"<front" in head)
    if is_of_jats or b"//DTD JATS" in head or b"//NLM//DTD" in head:
        return "jats"
    if name == b"fictionbook":
        return "fb2"
    if name == b"document-content" or (name == b"document" and b"opendocument" in attributes):
        return "odt"
    return "docbook" if name.decode("ascii", "replace") in _DOCBOOK_ROOTS else None


def _is_mime(head: bytes) -> bool:
    match = _MIME.match(head)
    return match is not None and len(_MIME_FIELD.findall(match[0])) >= 2
