"""Plain text, and the bare URLs in any running text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from linkarchive.article.passage import ParsedDocument, Passage, PassageBuilder

_WORD = re.compile(r"\S+")
_MARKERS = re.compile(r"://|www\.", re.IGNORECASE)
_MAX_WORD = 4096
"""Characters. No URL is longer; a longer word is read in pieces, so that hostile input stays linear."""
_MAX_PASSAGE = 50_000
_TITLE = 200
_CLOSING_QUOTES = "”’“‘»«›‹」』〉》"


@cache
def _linkify() -> Any:
    from linkify_it import LinkifyIt

    linkify = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False}).add("//", None).add("mailto:", None)

    def name_after_www(text: str, position: int) -> int:
        """How much of the text after `www.` belongs to the URL; nothing inside a longer name."""
        if text[: position - len("www.")].endswith("."):
            return 0
        length: int = linkify.test_schema_at(f"//www.{text[position:]}", "http:", 0)
        return max(0, length - len("//www."))

    # linkify-it-py binds a validating function to its class: hence the first argument.
    return linkify.add("www.", {"validate": lambda _, text, position: name_after_www(text, position)})


def bare_urls(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, URL) of every http, https or ftp URL and every `www.` name in the text, in order.

    Where a URL ends (brackets, quotes, closing punctuation) is decided by linkify-it,
    and as in GitHub Flavored Markdown (autolinks extension) for `www.` and for a
    trailing entity such as `&hl;`.
    """
    if not _MARKERS.search(text):
        return
    for word in _WORD.finditer(text):
        for offset in range(word.start(), word.end(), _MAX_WORD):
            piece = text[offset : min(offset + _MAX_WORD, word.end())]
            if _MARKERS.search(piece):
                yield from ((offset + start, offset + end, url) for start, end, url in _in_word(piece))


def _in_word(word: str) -> Iterator[tuple[int, int, str]]:
    for match in _linkify().match(word) or ():
        start, end = match.index, match.last_index
        shown = word[start:end]
        if word[end : end + 1] == ";" and (entity := re.search(r"&[A-Za-z0-9]+$", shown)):
            end -= len(entity[0])
        # Inside brackets linkify-it keeps the full stop: "(see https://example.com/ok.)"; it knows no typographic
        # quotation marks, so it keeps the closing one of “https://example.com/ok”.
        shown = word[start:end].rstrip("?!.,:" + _CLOSING_QUOTES)
        end = start + len(shown)
        yield start, end, f"http://{shown}" if shown[:4].lower() == "www." else shown


def write(builder: PassageBuilder, text: str, line: int) -> None:
    """Put running text into a passage, with its bare URLs as links. `line` is that of the text's first character."""
    done = 0
    counted = 0
    for start, end, url in bare_urls(text):
        line += text.count("\n", counted, start)
        counted = start
        builder.text(text[done:start])
        builder.bare(url, text[start:end], line)
        done = end
    builder.text(text[done:])


def read_text(text: str) -> ParsedDocument:
    """Plain text: paragraphs are separated by empty lines."""
    passages = []
    builder = PassageBuilder(1)
    size = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or size > _MAX_PASSAGE:
            if not builder.is_empty:
                passages.append(builder.build())
            builder, size = PassageBuilder(number), 0
        if line.strip():
            write(builder, line.strip(), number)
            builder.line_break()
            size += len(line)
    if not builder.is_empty:
        passages.append(builder.build())
    return ParsedDocument(title=_title(passages), passages=tuple(passages))


def _title(passages: list[Passage]) -> str:
    """The first line, when it can be one: short, and not a URL."""
    first = passages[0].text.split("\n", 1)[0].strip() if passages else ""
    return first if len(first) <= _TITLE and not _MARKERS.search(first) else ""
