"""WordPress's export file (WXR): the posts and pages of a blog, each with its title, day and address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from linkarchive.article.html import fragment
from linkarchive.article.package import local_name, parse_xml
from linkarchive.article.passage import Claim, ParsedDocument, Passage, PassageBuilder, fold
from linkarchive.errors import ArticleError
from linkarchive.mail_date import mail_date

_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_READ = frozenset({"post", "page", ""})
_LEFT_OUT = frozenset({"trash", "auto-draft", "inherit"})
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_SHORTCODE = re.compile(r"\[/?(?:caption|gallery|embed|audio|video|playlist|shortcode)\b[^\]]*\]", re.IGNORECASE)


def read_wxr(data: bytes, *, everything: bool = False) -> ParsedDocument:
    """One post gives the title, day and address; of several the blog's title. Raises ArticleError when it is no XML."""
    root = parse_xml(data.lstrip(), "the file")
    channel = next(iter(root.iter("channel")), None)
    if channel is None:
        raise ArticleError("it is not the export of a blog")
    posts = [item for item in channel.iter("item") if _text_of(item, "post_type") in _READ]
    posts = [item for item in posts if _text_of(item, "status") not in _LEFT_OUT]
    passages = tuple(passage for post in posts for passage in _passages(post, everything))
    if len(posts) != 1:
        return ParsedDocument(title=_text_of(channel, "title"), passages=passages)
    post = posts[0]
    address = _text_of(post, "link")
    return ParsedDocument(
        title=_text_of(post, "title"),
        passages=passages,
        origins=(Claim(address, "the post's address", 4),) if address else (),
        dates=tuple(_dates(post)),
    )


def _passages(post: Any, everything: bool) -> Iterator[Passage]:
    """The post's title, and its text: HTML in which an empty line ends a paragraph."""
    line = post.sourceline or 1
    title = PassageBuilder(line)
    title.text(_text_of(post, "title"))
    yield title.build()
    for content in post.iter(_CONTENT):
        first_line = content.sourceline or line
        text = _SHORTCODE.sub("", _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), content.text or ""))
        text = re.sub(r"\n[ \t]*\n", "\n<p>\n", text)
        prefix = f"{post.get('id') or line}:"
        for passage in fragment(text, first_line, everything=everything):
            yield replace(
                passage,
                marks=tuple(replace(mark, label=prefix + mark.label) for mark in passage.marks),
                note=None if passage.note is None else prefix + passage.note,
            )


def _text_of(element: Any, name: str) -> str:
    """The text of the first child of that local name."""
    return next((fold(child.text or "") for child in element if local_name(child) == name), "")


def _dates(post: Any) -> Iterator[Claim]:
    """WordPress's own day of the post, which is the author's, before that of the feed."""
    if day := _text_of(post, "post_date"):
        yield Claim(day, "WXR `post_date`", 1)
    if moment := mail_date(_text_of(post, "pubDate")):
        yield Claim(moment.date().isoformat(), "WXR `pubDate`", 2)
