"""Which part of a page an element stands in: its main text, its by-line, a related-article widget, or the frame.

HTML says so by elements and roles, sites by the words of classes and ids. Those are a weak sign
("layout has-sidebar" may wrap the whole page): a hint on an element that holds most of the page's text is no hint.
"""

# ruff: noqa: SIM905  (lists of words read as words)
from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from enum import Enum
from itertools import accumulate
from typing import NamedTuple

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag

from linkarchive.article.lost_targets import RELATED


class Region(Enum):
    """Where in a page; only `NAVIGATION` is sticky: what is inside it stays there."""

    MAIN = "main text"
    WIDGET = "related article"
    BYLINE = "by-line"
    OTHER = "elsewhere"
    ASIDE = "aside"
    NAVIGATION = "navigation"


RELATED_LABEL = re.compile(
    rf"(?:{RELATED}|(?:you\s+)?(?:may|might)\s+(?:also|like)\b.*|more\s+(?:on|about)\s+this.*|recommended\s+\w+)"
    r"\s*[:\-|»›>]*",
    re.I,
)
"""Words that announce a related article, as a whole label or in front of a title."""

_RELATED = re.compile(
    r"related|read-?_?(?:more|also|next)|recommend|recirc|see-?_?also|also-?_?read|more-?_?on\b", re.I
)
_MAIN = re.compile(
    r"(?:^|[\s_-])(?:article|post|entry|story|page|blog|news|main|rich)_*-*(?:body|content|text|copy)(?:$|[\s_-])", re.I
)
_BYLINE_WORDS = frozenset("byline bylines author authors contributor contributors writer".split())
_READER_WORDS = frozenset("comments comment commentlist respond disqus discussion replies".split())
_ASIDE_WORDS = _READER_WORDS | frozenset(
    "sidebar tags taglist tag topics topic share sharing sharedaddy social newsletter subscribe subscription trending"
    " popular mostread latest cookie cookies consent banner advert advertisement ad ads sponsored promo teaser teasers"
    " pagination pager search login rail tools popup modal editsection catlinks printfooter noprint navbox".split()
)
_NAVIGATION_WORDS = frozenset(
    "nav navbar navigation menu submenu megamenu breadcrumb breadcrumbs toolbar topbar masthead skip".split()
)
_ARTICLE_WORDS = frozenset(["article", "post", "entry", "story", "content"])
_FRAME_WORDS = frozenset(["header", "footer"])
_SITE_WORDS = frozenset(["site", "page"])
_ROLES = {
    "navigation": Region.NAVIGATION,
    "banner": Region.NAVIGATION,
    "contentinfo": Region.NAVIGATION,
    "menu": Region.NAVIGATION,
    "menubar": Region.NAVIGATION,
    "search": Region.NAVIGATION,
    "toolbar": Region.NAVIGATION,
    "complementary": Region.ASIDE,
    "dialog": Region.ASIDE,
    "main": Region.MAIN,
}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")

_APART = frozenset({"nav", "aside", "dialog", "menu", "button", "select", "template"})
"""Elements that HTML itself sets apart."""
_BOXES = frozenset("div section ul ol dl table aside article form header footer".split())
# docutils, EPUB and others set footnotes in `aside`.
_FOOTNOTE = re.compile(r"footnote|endnote|rearnote", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MUCH_PROSE = 300
"""Characters outside links. A box with that much text is furniture only if its whole name says so."""


def attribute(tag: Tag, name: str) -> str:
    """The value of an attribute, the parts of one with several joined; "" where there is none."""
    value = tag.get(name)
    if value is None:
        return ""
    return value if isinstance(value, str) else " ".join(value)


def _names(tag: Tag) -> str:
    return f"{attribute(tag, 'class')} {attribute(tag, 'id')}"


def _words(names: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(names)}


def _is_author(tag: Tag) -> bool:
    return "author" in attribute(tag, "rel").split() or "author" in attribute(tag, "itemprop").split()


class _Span(NamedTuple):
    """An element's place in document order, and the text before its start and its end, in characters."""

    tag: Tag
    start: int
    end: int
    text_start: int
    text_end: int
    linked: int
    """Characters of its text within links."""
    has_prose: bool
    """It holds paragraphs."""


def _measure(soup: BeautifulSoup) -> dict[int, _Span]:
    """The spans of all elements by identity, in document order; no recursion, one pass."""
    spans: dict[int, _Span] = {}
    count = text = linked = prose = 0
    link_depth = 0
    stack: list[tuple[Tag, int, int]] = []

    def enter(tag: Tag) -> None:
        nonlocal link_depth
        link_depth += tag.name == "a"
        spans[id(tag)] = _Span(tag, count, -1, text, -1, 0, False)
        stack.append((tag, linked, prose))

    def leave() -> None:
        nonlocal link_depth, prose
        tag, linked_before, prose_before = stack.pop()
        link_depth -= tag.name == "a"
        spans[id(tag)] = spans[id(tag)]._replace(
            end=count + 1, text_end=text, linked=linked - linked_before, has_prose=prose > prose_before
        )
        prose += tag.name in ("p", "article", "main")

    enter(soup)
    for node in soup.descendants:
        while node.parent is not stack[-1][0]:
            leave()
        if isinstance(node, Tag):
            count += 1
            enter(node)
        elif type(node) is NavigableString:
            length = len(node.strip())
            text += length
            linked += length if link_depth else 0
    while stack:
        leave()
    return spans


class MainText:
    """`root` holds the main text; what `excludes` names in it does not belong to it.

    Structure decides: the `main` element, and in it (or in the body) the `article`
    that holds at least half of the text (a fifth, when it is the only one); else the body. Navigation,
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
        furniture: dict[int, Tag] = {}
        furniture_end = article_end = -1
        mains = sorted(span.start for span in self._spans.values() if _is_main(span.tag))
        for span in self._spans.values():
            if span.start < furniture_end:
                continue
            holds_main = bisect_left(mains, span.start) < bisect_left(mains, span.end)
            if span.tag.name in ("html", "body", "head", "main", "[document]") or holds_main:
                pass
            elif _is_apart(span.tag, in_article=span.start < article_end) or (
                self._text_of(span.tag) <= total / 2 and self._is_named_furniture(span)
            ):
                furniture[id(span.tag)] = span.tag
                furniture_end = span.end
            if span.tag.name == "article" or _is_main(span.tag):
                article_end = max(article_end, span.end)
        return furniture

    def _is_named_furniture(self, span: _Span) -> bool:
        """Called so by the site: by a whole class or id, or by a word of one for a box that holds hardly any prose."""
        names = _names(span.tag)
        if not names.strip() or _FOOTNOTE.search(names):
            return False
        known = _NAVIGATION_WORDS | _ASIDE_WORDS
        for name in names.split():
            words = _words(name)
            if name.lower() in known or name.lower() == "related" or (words & _FRAME_WORDS and words & _SITE_WORDS):
                return True
            if span.tag.name in _BOXES and words & known and not _MAIN.search(name):
                unlinked = span.text_end - span.text_start - span.linked
                if unlinked < _MUCH_PROSE or words & _READER_WORDS:
                    return True
            if span.tag.name in _BOXES and re.search(r"related[-_](?:post|article|stor)", name, re.I):
                return True
        identity = attribute(span.tag, "id").lower()
        return identity in _FRAME_WORDS

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


def _is_apart(tag: Tag, *, in_article: bool) -> bool:
    """Set apart from the main text by HTML itself."""
    if tag.has_attr("hidden") or _HIDDEN.search(str(tag.get("style", ""))):
        return True
    role = attribute(tag, "role").lower()
    if _ROLES.get(role, Region.MAIN) is not Region.MAIN or tag.name in _APART:
        return not _FOOTNOTE.search(f"{role} {attribute(tag, 'epub:type')} {_names(tag)}")
    return tag.name in _FRAME_WORDS and not in_article


class Regions:
    """The regions of one page. Linear in the page: each element is looked at once, sizes are sums over the tree."""

    def __init__(self, soup: BeautifulSoup) -> None:
        self._spans = _measure(soup)
        self._whole = max(self._size(soup), 1)
        self._known: dict[int, Region] = {id(soup): Region.OTHER}
        self._in_main: dict[int, bool] = {id(soup): False}
        self._article = max(soup.find_all("article"), key=self._size, default=None)
        self._widgets = {id(tag) for tag in self._labelled(soup)}

    def _size(self, tag: Tag) -> int:
        span = self._spans.get(id(tag))
        return span.text_end - span.text_start if span else 0

    def of(self, tag: Tag) -> Region:
        """The region of an element of the page."""
        pending: list[Tag] = []
        current: Tag | None = tag
        while current is not None and id(current) not in self._known:
            pending.append(current)
            current = current.parent
        for element in reversed(pending):
            parent = element.parent
            above = self._known[id(parent)] if parent is not None else Region.OTHER
            in_main = self._in_main[id(parent)] if parent is not None else False
            own = above if above is Region.NAVIGATION else self._own(element, above, in_main)
            self._known[id(element)] = above if own is None else own
            self._in_main[id(element)] = in_main or own is Region.MAIN
        return self._known[id(tag)]

    def _own(self, tag: Tag, above: Region, in_main: bool) -> Region | None:
        """What the element itself says, None for nothing."""
        if id(tag) in self._widgets:
            return Region.WIDGET
        role = _ROLES.get(attribute(tag, "role").lower())
        if role is not None:
            return role
        if tag.name in ("html", "body"):
            return None
        names = _names(tag)
        if tag.name == "nav":
            return Region.WIDGET if _RELATED.search(names) else Region.NAVIGATION
        if tag.name == "article":
            if tag is self._article:
                return Region.MAIN
            return Region.WIDGET if above is Region.WIDGET or _RELATED.search(names) else Region.ASIDE
        if tag.name == "main" or "articleBody" in attribute(tag, "itemprop"):
            return Region.MAIN
        span = self._spans.get(id(tag))
        if span is not None and span.has_prose and self._size(tag) > self._whole / 2:
            return Region.MAIN if _MAIN.search(names) else None
        return _by_name(tag, names, above, in_main)

    def _labelled(self, soup: BeautifulSoup) -> list[Tag]:
        """Elements under a label such as "Related article": the small box around it, else what follows it."""
        boxes = []
        for string in soup.find_all(string=lambda text: text is not None and 4 < len(text) < 200):
            text = string.strip()
            if string.parent is None or len(text) > 40 or not RELATED_LABEL.fullmatch(text):
                continue
            label: Tag = string.parent
            while label.parent is not None and self._size(label.parent) <= self._size(label):
                label = label.parent
            box = label.parent
            if box is not None and self._size(box) * 4 < self._whole and box is not self._article:
                boxes.append(box)
            else:
                after = label.find_next_sibling()
                if isinstance(after, Tag):
                    boxes.append(after)
        return boxes


def _by_name(tag: Tag, names: str, above: Region, in_main: bool) -> Region | None:
    words = _words(names)
    if words & _NAVIGATION_WORDS:
        return Region.NAVIGATION
    if tag.name == "address" or words & _BYLINE_WORDS or _is_author(tag):
        return Region.BYLINE
    if _RELATED.search(names):
        return Region.WIDGET
    if _MAIN.search(names):
        return Region.MAIN
    if tag.name in _FRAME_WORDS or words & _FRAME_WORDS:
        # An article's own header and footer hold its title and by-line; the page's hold its menus.
        if in_main or above is Region.WIDGET or words & _ARTICLE_WORDS:
            return None
        return Region.NAVIGATION if tag.name in _FRAME_WORDS else Region.ASIDE
    if tag.name == "aside" or words & _ASIDE_WORDS:
        return None if above is Region.WIDGET else Region.ASIDE
    return None
