"""A URL as a word of a line of `links.txt`: how it is written, and what is none."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from linkarchive.urls import source_key

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
# The common case without a look inside; all others are parsed.
_PLAIN_URL = re.compile(
    r"https?://[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+(?::[0-9]{1,4})?(?:[/?#]\S*)?", re.IGNORECASE | re.ASCII
)


def why_no_url(url: str) -> str | None:
    """What is wrong with a link's URL, None for nothing."""
    if _PLAIN_URL.fullmatch(url):
        return None
    scheme = _SCHEME.match(url)
    if scheme is None or re.match(r"[\w.-]+:\d+(?:[/?#]|$)", url):
        return "not a URL (write https:// and the rest), nor anything else that a line can be"
    if not re.fullmatch(r"(?i)https?:", scheme[0]):
        return None if len(url) > scheme.end() else "nothing follows the scheme"
    try:
        source_key(url)
    except ValueError as error:
        return f"not a URL that can be fetched ({error})"
    return None


def written(url: str) -> str:
    """The URL as a word of a line: line breaks and tabs left out, as browsers do, other white space
    and characters that are not seen percent-encoded."""
    if url.isascii() and url.isprintable() and " " not in url:
        return url
    url = re.sub(r"[\t\r\n]", "", url.strip())
    return "".join(quote(char, errors="replace") if _is_hidden(char) else char for char in url)


def _is_hidden(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Cs")
