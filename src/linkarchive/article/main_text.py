"""The main text of a page: its root element, and the furniture inside that does not belong to it."""

# ruff: noqa: SIM905  (lists of words read as words)
from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate

from bs4 import BeautifulSoup
from bs4.element import Tag

from linkarchive.article.page_elements import Span, attribute, measure
from linkarchive.article.page_elements import names as names_of
from linkarchive.article.page_elements import words as words_of
from linkarchive.article.regions import (
    ASIDE_WORDS,
    FRAME_WORDS,
    MAIN,
    NAVIGATION_WORDS,
    READER_WORDS,
    ROLES,
    SITE_WORDS,
    Region,
)

_APART = frozenset({"nav", "aside", "dialog", "menu", "button", "select", "template"})
"""Elements that HTML itself sets apart."""
_BOXES = frozenset("div section ul ol dl table aside article form header footer".split())
# docutils, EPUB and others set footnotes in `aside`.
_FOOTNOTE = re.compile(r"footnote|endnote|rearnote", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# Of pages made by blogs: `rel` by the microformats of authors and tags, and by HTML for a series of pages.
_RELS_OF_THE_FRAME = frozenset("author tag category prev next home".split())
_BYLINE_WORDS = frozenset("byline bylines author authors meta postmeta categories".split())
_INLINE_WORDS = frozenset("byline editsection sharing sharedaddy".split())
"""Words that set an element apart that is no box."""
_HEADINGS = ["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "figcaption"]
"""What in the header of an article is its text: title, summary, the caption of its picture."""
_MUCH_PROSE = 300
"""Characters outside links. A box with that much text is furniture only if its whole name says so."""


class MainText:
    """`root` holds the main text; what `excludes` names in it does not belong to it.

    Structure decides: the `main` element, and in it (or in the body) the `article`
    that holds at least half of the text (a fifth, when it is the only one); else the body. Navigation,
    asides, the page's header and footer, hidden elements and well-known furniture are
    left out.
    """

    def __init__(self, soup: BeautifulSoup) -> None:
        self._spans = measure(soup)
        body = soup.body or soup
        self._furniture = self._find_furniture(self._text_of(body))
        spans = [self._spans[key] for key in self._furniture]  # in document order, none inside another
        self._starts, self._ends = [span.start for span in spans], [span.end for span in spans]
        self._text_before = [0, *accumulate(span.text_end - span.text_start for span in spans)]
        self.root: Tag = self._find_root(body)

    def holds(self, tag: Tag) -> bool:
        """`tag` is the root or stands below it."""
        return self._contains(self.root, tag)

    def excludes(self, tag: Tag) -> bool:
        return id(tag) in self._furniture and tag is not self.root and self.holds(tag)

    def _contains(self, outer: Tag, inner: Tag) -> bool:
        first, last = self._spans[id(outer)], self._spans[id(inner)]
        return first.start <= last.start and last.end <= first.end

    def _text_of(self, tag: Tag) -> int:
        span = self._spans[id(tag)]
        return span.text_end - span.text_start

    def _own_text_of(self, tag: Tag) -> int:
        """How many characters of text an element has, without the page furniture in it."""
        span = self._spans[id(tag)]
        first, after = bisect_left(self._starts, span.start), bisect_left(self._starts, span.end)
        return self._text_of(tag) - (self._text_before[after] - self._text_before[first])

    def _in_furniture(self, tag: Tag) -> bool:
        start = self._spans[id(tag)].start
        place = bisect_right(self._starts, start) - 1
        return place >= 0 and start < self._ends[place]

    def _find_furniture(self, total: int) -> dict[int, Tag]:
        """The outermost elements that are page furniture, by identity."""
        furniture: dict[int, Tag] = {}
        furniture_end = article_end = header_end = -1
        mains = sorted(span.start for span in self._spans.values() if _is_main(span.tag))
        for span in self._spans.values():
            if span.start < furniture_end:
                continue
            holds_main = bisect_left(mains, span.start) < bisect_left(mains, span.end)
            if span.tag.name in ("html", "body", "head", "main", "[document]") or holds_main:
                pass
            elif _is_apart(span.tag, in_article=span.start < article_end) or (
                self._text_of(span.tag) <= total / 2
                and (self._is_named_furniture(span) or _is_link_of_frame(span.tag, in_header=span.start < header_end))
            ):
                furniture[id(span.tag)] = span.tag
                furniture_end = span.end
            if span.tag.name == "article" or _is_main(span.tag):
                article_end = max(article_end, span.end)
            elif _is_article_header(span.tag, in_article=span.start < article_end) and (
                self._text_of(span.tag) <= total / 2
            ):
                header_end = max(header_end, span.end)
        return furniture

    def _is_named_furniture(self, span: Span) -> bool:
        """Called so by the site: by a whole class or id, or by a word of one for a box that holds hardly any prose."""
        names = names_of(span.tag)
        if not names.strip() or _FOOTNOTE.search(names):
            return False
        known = NAVIGATION_WORDS | ASIDE_WORDS
        for name in names.split():
            words = words_of(name)
            if name.lower() in known or name.lower() == "related" or (words & FRAME_WORDS and words & SITE_WORDS):
                return True
            if words & _INLINE_WORDS:
                return True
            if span.tag.name in _BOXES and words & (known | _BYLINE_WORDS) and not MAIN.search(name):
                unlinked = span.text_end - span.text_start - span.linked
                if unlinked < _MUCH_PROSE or words & READER_WORDS:
                    return True
            if span.tag.name in _BOXES and re.search(r"related[-_]?(?:post|article|stor)", name, re.I):
                return True
        identity = attribute(span.tag, "id").lower()
        return identity in FRAME_WORDS

    def _find_root(self, body: Tag) -> Tag:
        tags = [span.tag for span in self._spans.values()]
        mains = [tag for tag in tags if _is_main(tag) and self._text_of(tag)]
        scope = max(mains, key=self._text_of, default=body)
        articles: list[Tag] = []
        for tag in tags:
            if tag.name != "article" or not self._contains(scope, tag) or not self._text_of(tag):
                continue
            if not self._in_furniture(tag) and not (articles and self._contains(articles[-1], tag)):
                articles.append(tag)
        best = max(articles, key=self._own_text_of, default=None)
        if best is None:
            return scope
        share = 5 if len(articles) == 1 else 2
        return best if self._own_text_of(best) * share >= self._own_text_of(scope) else scope


def _is_main(tag: Tag) -> bool:
    return tag.name == "main" or tag.get("role") == "main"


def _is_article_header(tag: Tag, *, in_article: bool) -> bool:
    """The header of an article, as an element or by the name of a box; and its footer, by its name."""
    words = words_of(names_of(tag)) if tag.name in ("div", "footer") else set()
    return (tag.name == "header" and in_article) or bool(words & FRAME_WORDS and words & {"post", "entry", "article"})


def _is_link_of_frame(tag: Tag, *, in_header: bool) -> bool:
    """A link to the author, to what is filed under the same word, to the next page, to the comments."""
    if tag.name != "a":
        return False
    if set(attribute(tag, "rel").lower().split()) & _RELS_OF_THE_FRAME:
        return True
    return in_header and tag.find_parent(_HEADINGS) is None


def _is_apart(tag: Tag, *, in_article: bool) -> bool:
    """Set apart from the main text by HTML itself."""
    if tag.has_attr("hidden") or _HIDDEN.search(str(tag.get("style", ""))):
        return True
    role = attribute(tag, "role").lower()
    if ROLES.get(role, Region.MAIN) is not Region.MAIN or tag.name in _APART:
        return not _FOOTNOTE.search(f"{role} {attribute(tag, 'epub:type')} {names_of(tag)}")
    return tag.name in FRAME_WORDS and not in_article
