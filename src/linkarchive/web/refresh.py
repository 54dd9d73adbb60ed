"""Redirects that a page asks for itself: `<meta http-equiv="refresh">` and the `Refresh` field."""

from __future__ import annotations

import html
import re

from linkarchive.web.decoding import decode_start
from linkarchive.web.exchange import Exchange

LOOK_AT = 16 * 1024
"""Bytes of the (decoded) page in which a refresh is looked for."""
LONGEST_DELAY = 10.0
"""Seconds; a longer one is a page that reloads, not a redirect."""

# What a reader with scripts does not get to see is not an instruction: Facebook, Google and others
# put a refresh to a "please enable JavaScript" page into <noscript>.
_HIDDEN = re.compile(rb"<!--.*?(?:-->|\Z)|<(script|noscript|template|textarea)\b.*?(?:</\1\s*>|\Z)", re.I | re.S)
_META = re.compile(rb"<meta\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.I)
_ATTRIBUTE = re.compile(rb"([a-z-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.I)
_CONTENT = re.compile(r"\s*([0-9]*\.?[0-9]*)\s*(?:[;,\s]\s*(?:url\s*=\s*)?([\"']?)(.*?)\2\s*)?$", re.I | re.S)


def refresh_of(exchange: Exchange) -> str | None:
    """Where the page sends its reader at once (bytes as latin-1 text, not resolved), or None."""
    if not 200 <= exchange.status <= 299:
        return None
    headers = exchange.header_map
    if "refresh" in headers:
        return _destination(headers["refresh"])
    if "html" not in headers.get("content-type", "html").lower():
        return None
    start = decode_start(exchange.body, headers, LOOK_AT)
    return _meta_refresh(start) if b"refresh" in start.lower() else None


def _meta_refresh(start: bytes) -> str | None:
    for tag in _META.finditer(_HIDDEN.sub(b"", start)):
        attributes = {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(tag[1])}
        if attributes.get(b"http-equiv", b"").lower() == b"refresh":
            return _destination(html.unescape(attributes.get(b"content", b"").decode("latin-1")))
    return None


def _destination(content: str) -> str | None:
    match = _CONTENT.match(content)
    if match is None or not match[3]:
        return None
    try:
        delay = float(match[1] or 0)
    except ValueError:
        return None
    return match[3].strip() if delay <= LONGEST_DELAY else None
