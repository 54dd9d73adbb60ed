"""URLs and identifiers of documents in running text: where each begins and ends."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from linkarchive.article.identifiers import IDENTIFIER, arxiv_url, doi_url, handle_url, nbn_url, pubmed_url

_MARKERS = re.compile(r"://|www\.|10\.\d{4}|\b(?:arxiv|hdl|handle|pmid|pubmed)\b|urn:nbn:", re.IGNORECASE)
# A scheme begins a URL whatever stands before it, unless it is the end of a longer scheme (`git+https`).
_START = re.compile(
    r"(?<![A-Za-z0-9])(?<![A-Za-z0-9][+-])(?:https?|ftp)://|(?<![A-Za-z0-9_.@/:+-])www\.(?=\S)", re.IGNORECASE
)
_WRAPPED = re.compile(r"<(?:URL:)?\s*((?:https?|ftp)://[^<>\s]*(?:[ \t]*\n[ \t]*[^<>\s]+)+)[ \t]*>", re.IGNORECASE)
"""A URL that was broken at the end of a line: within `<…>` it is one (RFC 3986, appendix C)."""
_LONGEST = 4096
"""Characters. No URL is longer; hostile text stays linear."""
_TAIL = re.compile(rf'[^\s"<>`|\\^]{{1,{_LONGEST}}}')
_HOST = re.compile(
    r"(?:[^\s/?#@]*@)?(?:\[[0-9A-Fa-f:.]+\]|[^\W_](?:[\w.-]*\w)?\.?|(?![!-~])[^\s/?#:,]+)(?::\d{1,5})?(?=[/?#]|\Z|[^\w])"
)
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]*|#\d+|#x[0-9A-Fa-f]+)\Z")
_STOPS = ".,:;!?'*_~"
# Joiners of scripts, and the place where a word may be broken; other signs without a shape end a URL.
_JOINERS = frozenset("\u200c\u200d\u00ad")
# Punctuation that may stand within a word, as in the titles of encyclopedias.
_WITHIN_WORDS = frozenset("–—‐‑’·・ʼ")
_CLOSERS = {")": "(", "]": "[", "}": "{"}
# After a bracket that the URL did not open it goes on only with what no sentence goes on with.
_GOES_ON = frozenset("+&=/%")


def bare_urls(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, URL) of every http, https or ftp URL, every `www.` name and every identifier of a document (as
    the URL of its resolver) in the text, in order.

    A URL begins wherever its scheme does. It ends at what no URL may hold (RFC 3987; letters, marks and digits of
    any script go on), at closing brackets that it did not open, and before the punctuation that ends a sentence.
    """
    if not _MARKERS.search(text):
        return
    done = 0
    for start, kind, match in _candidates(text):
        if start < done:
            continue
        if kind == "wrapped":
            end = match.end(1)
            yield start, end, re.sub(r"\s+", "", match[1])
        else:
            link = _url(text, match) if kind == "url" else _identifier(text, match)
            if link is None:
                continue
            end, url = link
            yield start, end, url
        done = end


def _candidates(text: str) -> Iterator[tuple[int, str, re.Match[str]]]:
    candidates = [(match.start(1), "wrapped", match) for match in _WRAPPED.finditer(text)] if "<" in text else []
    candidates += [(match.start(), "url", match) for match in _START.finditer(text)]
    candidates += [(match.start(), "identifier", match) for match in IDENTIFIER.finditer(text)]
    return iter(sorted(candidates, key=lambda candidate: (candidate[0], candidate[1] != "wrapped")))


def _url(text: str, match: re.Match[str]) -> tuple[int, str] | None:
    """The end and the URL, None where no host follows."""
    begins_www = match[0][:4].lower() == "www."
    first = match.start() if begins_www else match.end()
    tail = _TAIL.match(text, first)
    if tail is None:
        return None
    shown = _ended(tail[0], text[match.start() - 1 : match.start()])
    if text.endswith("==", 0, match.start()):
        shown = shown.removesuffix("==")  # ==highlighted== in Markdown
    host = _HOST.match(shown)
    before, after = text[match.start() - 1 : match.start()], tail[0][len(shown) : len(shown) + 1]
    if (before == "_") != (after == "_") and (before == "_" or host is None or host.end() == len(shown)):
        return None  # underscores are emphasis in pairs; a single one belongs to a name that is no URL
    if host is None or (begins_www and "." not in host[0][4:].rstrip(".")):
        return None
    url = text[match.start() : first] + shown
    return first + len(shown), f"http://{url}" if begins_www else url


def _identifier(text: str, match: re.Match[str]) -> tuple[int, str] | None:
    """The end and the resolver's URL; None where nothing is left of the name."""
    kind = match.lastgroup
    if kind == "arxiv":
        return match.end(), arxiv_url(match["arxiv"])
    if kind == "pubmed":
        return match.end(), pubmed_url(match["pubmed"])
    tail = _TAIL.match(text, match.end())
    name = _ended(tail[0], "") if tail else ""
    if not name.rpartition("/")[2] and kind != "nbn":
        return None
    make = {"doi": doi_url, "handle": handle_url, "nbn": nbn_url}[str(kind)]
    return match.end() + len(name), make(name)


def _ended(tail: str, before: str) -> str:
    """What of a run of characters belongs to the URL; `before` is the character in front of it."""
    if not tail.isascii():
        tail = tail[: _foreign_end(tail)]
    if before == "'":
        tail = tail.partition("'")[0]
    tail = tail[: _unbalanced(tail)]
    while tail:
        shorter = tail.rstrip(_STOPS if tail.count("'") % 2 else _STOPS.replace("'", ""))
        if shorter != tail and (entity := _ENTITY.search(shorter)) and tail[len(shorter)] == ";":
            shorter = shorter[: entity.start()]
        if shorter[-1:] in ("(", "[", "{"):
            shorter = shorter[:-1]
        if shorter == tail:
            break
        tail = shorter
    return tail


def _foreign_end(tail: str) -> int:
    """Where a character stands that is not ASCII and no part of a URL: punctuation, white space, signs."""
    for at, char in enumerate(tail):
        if char < "\x80" or unicodedata.category(char)[0] in "LMN" or unicodedata.category(char) == "So":
            continue
        if char in _JOINERS and unicodedata.category(tail[at - 1])[0] in "LM":
            continue
        if char in _WITHIN_WORDS and tail[at - 1 : at].isalnum() and tail[at + 1 : at + 2].isalnum():
            continue
        return at
    return len(tail)


def _unbalanced(tail: str) -> int:
    """Where the URL ends for its brackets, or for another URL behind a comma or a semicolon."""
    opened: list[tuple[str, int]] = []
    in_query = False
    for at, char in enumerate(tail):
        if char in "?#":
            in_query = True
        elif char == "(" and _START.match(tail, at + 1):
            return opened[0][1] if opened else at
        elif char in "({" or (char == "[" and (in_query or at == 0 or tail[at - 1] in "_/-=")):
            opened.append((char, at))
        elif char in _CLOSERS:
            if opened and opened[-1][0] == _CLOSERS[char]:
                opened.pop()
            elif char != ")" or tail[at + 1 : at + 2] not in _GOES_ON:
                return opened[0][1] if opened else at
        elif (
            char == "[" or (char in ",;" and _START.match(tail, at + 1)) or (char == "*" and tail.startswith("**", at))
        ):
            return opened[0][1] if opened else at
    return opened[0][1] if opened else len(tail)
