"""Lists that programs export: bookmarks of browsers, OPML outlines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

from linkarchive.article.html import fragment
from linkarchive.article.package import parse_xml, text_of
from linkarchive.article.passage import Claim, ParsedDocument, Passage, PassageBuilder, fold
from linkarchive.article.text import write
from linkarchive.text import decode

_BOOKMARK = re.compile(
    r"""<(?P<tag>a|h3|h1|dd|title)\b(?P<attributes>(?:[^>"']|"[^"]*"|'[^']*')*)>(?P<text>[^<]*(?:<(?!/?(?:a|h3|h1|dd|dt|dl|title)\b)[^<]*)*)""",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"""([A-Za-z_-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_TAG = re.compile(r"<(?!https?:)[^>]*>")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def read_bookmarks(data: bytes, *, everything: bool = False) -> ParsedDocument:
    """The Netscape bookmark file that all browsers export; ADD_DATE is the day on which the reader looked."""
    text = decode(data, markup=True)
    text = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)
    passages: list[Passage] = []
    line, counted = 1, 0
    title = ""
    for match in _BOOKMARK.finditer(text):
        line += text.count("\n", counted, match.start())
        counted = match.start()
        shown = fold(unescape(_TAG.sub("", match["text"])))
        name = match["tag"].lower()
        attributes = {key.lower(): unescape(a or b or c) for key, a, b, c in _ATTRIBUTE.findall(match["attributes"])}
        if name in ("h1", "title"):
            title = title or shown
        elif name == "a":
            passages.append(_bookmark(attributes, shown, line))
        elif name == "dd" and passages and shown:
            passages.append(_described(shown, line))
    return ParsedDocument(title=title, passages=tuple(passages))


def _bookmark(attributes: dict[str, str], shown: str, line: int) -> Passage:
    builder = PassageBuilder(line)
    builder.link(attributes.get("href", ""), shown or attributes.get("href", ""), line)
    passage = builder.build()
    accessed = _day(attributes.get("add_date", ""))
    return replace(passage, links=tuple(replace(link, accessed=accessed) for link in passage.links))


def _described(shown: str, line: int) -> Passage:
    builder = PassageBuilder(line)
    write(builder, shown, line)
    return builder.build()


def _day(written: str) -> date | None:
    """The day of a moment in seconds since 1970; browsers have written milliseconds and microseconds as well."""
    if not written.isdecimal() or len(written) > 17:
        return None
    seconds = int(written)
    while seconds > 10**11:
        seconds //= 1000
    return datetime.fromtimestamp(seconds, UTC).date() if seconds > 0 else None


def read_opml(data: bytes, *, everything: bool = False) -> ParsedDocument:
    """The links of an outline; of a feed its page, where it has one. Raises ArticleError when it is no XML."""
    root = parse_xml(data.lstrip(), "the file")
    passages: list[Passage] = []
    for outline in root.iter("outline"):
        builder = PassageBuilder(outline.sourceline or 1)
        shown = fold(outline.get("text") or outline.get("title") or "")
        target = _target(outline)
        if target:
            builder.link(target, fold(_TAG.sub("", shown)) or target, builder.line)
        elif _TAG.search(shown):
            passages += fragment(shown, builder.line, everything=everything)
        elif shown:
            write(builder, shown, builder.line)
        in_html: list[Passage] = []
        for name in ("_note", "description"):
            words = outline.get(name) or ""
            if re.search(r"<a\s", words, re.IGNORECASE):
                in_html += fragment(words, builder.line, everything=everything)
            elif words:
                builder.text(" — ")
                write(builder, fold(_TAG.sub(" ", words)), builder.line)
        passages += [builder.build(), *in_html]
    return ParsedDocument(title=text_of(root, "title"), passages=tuple(passages), dates=tuple(_dates(root)))


def _target(outline: Any) -> str:
    names = ("htmlUrl", "htmlurl", "url", "xmlUrl", "xmlurl", "URL", "link", "href")
    return next((outline.get(name).strip() for name in names if (outline.get(name) or "").strip()), "")


def _dates(root: Any) -> Iterator[Claim]:
    for name in ("dateCreated", "dateModified"):
        if text := text_of(root, name):
            yield Claim(text, f"OPML `{name}`", 1)
            return
