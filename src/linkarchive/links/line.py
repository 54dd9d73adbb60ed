"""Words of a line of `links.txt`: how URLs and texts are written, and what is no URL."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote

from linkarchive.urls import source_key

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
# The common case without a look inside; all others are parsed.
_PLAIN_URL = re.compile(
    r"https?://[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+(?::[0-9]{1,4})?(?:[/?#]\S*)?", re.IGNORECASE | re.ASCII
)
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
# Characters that turn the reading direction of what follows them (Unicode UAX #9).
_TURNS = frozenset(["LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"])
_COLUMN = 33
"""Where anchor texts begin when their URL leaves room."""


def lines_of(text: str) -> list[str]:
    """The lines with their ends (`\\n`, `\\r\\n` or `\\r`; nothing else ends a line)."""
    return _LINES.findall(text)


def each_line(text: str) -> Iterator[str]:
    """`lines_of`, one at a time."""
    return (match[0] for match in _LINES.finditer(text))


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
    """The URL as a word of a line: without line breaks and tabs, as browsers read it; other white space and
    characters that are not seen are percent-encoded."""
    if url.isascii() and url.isprintable() and " " not in url:
        return url
    url = re.sub(r"[\t\r\n]", "", url.strip())
    return "".join(quote(char, errors="replace") if _is_hidden(char) else char for char in url)


def _is_hidden(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Cs")


def folded(text: str) -> str:
    """Foreign text as part of a line: one line, no control characters, none that turn the reading direction."""
    folded = " ".join(text.split())
    if folded.isascii() and folded.isprintable():
        return folded
    kept = (
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) == "Cs" else char
        for char in folded
        if unicodedata.category(char) != "Cc" and unicodedata.bidirectional(char) not in _TURNS
    )
    return " ".join("".join(kept).split())


def link_line(url: str | None, text: str) -> str:
    """The line of a link, without its end; `?` stands for an unknown target."""
    return f"{'?' if url is None else written(url):<{_COLUMN - 2}}  {folded(text)}".rstrip()


def filled(line: str, url: str) -> str:
    """The line with the URL in place of its `?`; the text stays in its column where there is room."""
    before, _, after = line.partition("?")
    text = after.lstrip(" ")
    gap = len(after) - len(text)
    if gap and text.strip():
        gap = max(gap + 1 - len(written(url)), 2)
    return before + written(url) + " " * gap + text
