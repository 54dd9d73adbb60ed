"""Which part of a page is its main text, decided by structure."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_APART = frozenset({"nav", "aside", "dialog", "menu", "button", "select", "template"})
_PAGE_FRAME = frozenset({"header", "footer"})
"""Of the page; inside an article they hold its title, its author, its notes."""

_ROLES = frozenset(
    {"navigation", "banner", "contentinfo", "complementary", "search", "menu", "menubar", "toolbar", "dialog"}
)
# Whole tokens of `class` and `id` that name page furniture on sites that do without HTML5 elements.
_FURNITURE = frozenset(
    """
    nav navbar navigation nav-menu main-nav menu sidebar site-header site-footer page-header page-footer masthead
    breadcrumb breadcrumbs pagination pager comments comment-list comment-respond disqus_thread social social-share
    social-links share sharing share-buttons sharedaddy newsletter newsletter-signup cookie-banner cookie-notice
    advertisement advert ad ads related related-posts related-articles jp-relatedposts skip-link
    mw-editsection navbox catlinks printfooter noprint
    """.split()  # noqa: SIM905  (a list of words read as words)
)  # fmt: skip
# docutils and others set footnotes in `aside`.
_FOOTNOTE = re.compile(r"footnote|endnote", re.IGNORECASE)
_FRAME_IDS = frozenset({"header", "footer"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


class MainText:
    """`root` holds the main text; what `excludes` names in it does not belong to it.

    Structure decides: the `main` element, and in it (or in the body) the `article`
    that is the only one or holds at least half of the text; else the body. Navigation,
    asides, the page's header and footer, hidden elements and well-known furniture are
    left out.
    """

    def __init__(self, soup: BeautifulSoup) -> None:
        self._spans = _measure(soup)
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
        """Characters of text without the furniture inside."""
        span = self._spans[id(tag)]
        first, after = bisect_left(self._starts, span.start), bisect_left(self._starts, span.end)
        return self._text_of(tag) - (self._text_before[after] - self._text_before[first])

    def _in_furniture(self, tag: Tag) -> bool:
        start = self._spans[id(tag)].start
        place = bisect_right(self._starts, start) - 1
        return place >= 0 and start < self._ends[place]

    def _find_furniture(self, total: int) -> dict[int, Tag]:
        """The outermost elements that are page furniture, by identity."""
        found: dict[int, Tag] = {}
        furniture_end = article_end = -1
        mains = sorted(span.start for span in self._spans.values() if _is_main(span.tag))
        for span in self._spans.values():
            if span.start < furniture_end:
                continue
            holds_main = bisect_left(mains, span.start) < bisect_left(mains, span.end)
            if span.tag.name in ("html", "body", "head", "main", "[document]") or holds_main:
                pass
            elif _is_apart(span.tag, in_article=span.start < article_end) or (
                _is_named_furniture(span.tag) and self._text_of(span.tag) <= total / 2
            ):
                found[id(span.tag)] = span.tag
                furniture_end = span.end
            if span.tag.name == "article" or _is_main(span.tag):
                article_end = max(article_end, span.end)
        return found

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
        if best is not None and (len(articles) == 1 or self._own_text_of(best) * 2 >= self._own_text_of(scope)):
            return best
        return scope


class _Span(NamedTuple):
    """An element's place in document order, and the text before its start and its end, in characters."""

    tag: Tag
    start: int
    end: int
    text_start: int
    text_end: int


def _measure(soup: BeautifulSoup) -> dict[int, _Span]:
    """The spans of all elements by identity, in document order; no recursion, one pass."""
    from bs4.element import NavigableString, Tag

    spans: dict[int, _Span] = {}
    count = text = 0
    stack: list[Tag] = []

    def enter(tag: Tag) -> None:
        spans[id(tag)] = _Span(tag, count, -1, text, -1)
        stack.append(tag)

    def leave() -> None:
        tag = stack.pop()
        spans[id(tag)] = spans[id(tag)]._replace(end=count + 1, text_end=text)

    enter(soup)
    for node in soup.descendants:
        while node.parent is not stack[-1]:
            leave()
        if isinstance(node, Tag):
            count += 1
            enter(node)
        elif type(node) is NavigableString:
            text += len(node.strip())
    while stack:
        leave()
    return spans


def _is_main(tag: Tag) -> bool:
    return tag.name == "main" or tag.get("role") == "main"


def _is_apart(tag: Tag, *, in_article: bool) -> bool:
    """Set apart from the main text by HTML itself."""
    if tag.has_attr("hidden") or _HIDDEN.search(str(tag.get("style", ""))):
        return True
    if tag.get("role") in _ROLES or tag.name in _APART:
        return not _FOOTNOTE.search(f"{tag.get('role')} {tag.get('class')}")
    return tag.name in _PAGE_FRAME and not in_article


def _is_named_furniture(tag: Tag) -> bool:
    names = tag.get("class") or ""
    tokens = set((names if isinstance(names, str) else " ".join(names)).lower().split())
    identity = str(tag.get("id") or "").lower()
    return bool(_FURNITURE & (tokens | {identity})) or identity in _FRAME_IDS
