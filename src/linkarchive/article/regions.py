"""Which part of a page an element stands in: its main text, its by-line, a related-article widget, or the frame.

HTML says so by elements and roles, sites by the words of classes and ids. Those are a weak sign
("layout has-sidebar" may wrap the whole page): a hint on an element that holds most of the page's text is no hint.
"""

# ruff: noqa: SIM905  (lists of words read as words)
from __future__ import annotations

import re
from enum import Enum

from bs4 import BeautifulSoup
from bs4.element import Tag

from linkarchive.article.lost_targets import RELATED
from linkarchive.article.page_elements import attribute, measure
from linkarchive.article.page_elements import names as names_of
from linkarchive.article.page_elements import words as words_of


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
MAIN = re.compile(
    r"(?:^|[\s_-])(?:article|post|entry|story|page|blog|news|main|rich)_*-*(?:body|content|text|copy)(?:$|[\s_-])", re.I
)
_BYLINE_WORDS = frozenset("byline bylines author authors contributor contributors writer".split())
READER_WORDS = frozenset("comments comment commentlist respond disqus discussion replies".split())
ASIDE_WORDS = READER_WORDS | frozenset(
    "sidebar tags taglist tag topics topic share sharing sharedaddy social newsletter subscribe subscription trending"
    " popular mostread latest cookie cookies consent banner advert advertisement ad ads sponsored promo teaser teasers"
    " pagination pager search login rail tools popup modal editsection catlinks printfooter noprint navbox".split()
)
NAVIGATION_WORDS = frozenset(
    "nav navbar navigation menu submenu megamenu breadcrumb breadcrumbs toolbar topbar masthead skip".split()
)
_ARTICLE_WORDS = frozenset(["article", "post", "entry", "story", "content"])
FRAME_WORDS = frozenset(["header", "footer"])
SITE_WORDS = frozenset(["site", "page"])
ROLES = {
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


def _is_author(tag: Tag) -> bool:
    return "author" in attribute(tag, "rel").split() or "author" in attribute(tag, "itemprop").split()


class Regions:
    """The regions of one page. Linear in the page: each element is looked at once, sizes are sums over the tree."""

    def __init__(self, soup: BeautifulSoup) -> None:
        self._spans = measure(soup)
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
        role = ROLES.get(attribute(tag, "role").lower())
        if role is not None:
            return role
        if tag.name in ("html", "body"):
            return None
        names = names_of(tag)
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
            return Region.MAIN if MAIN.search(names) else None
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
    words = words_of(names)
    if words & NAVIGATION_WORDS:
        return Region.NAVIGATION
    if tag.name == "address" or words & _BYLINE_WORDS or _is_author(tag):
        return Region.BYLINE
    if _RELATED.search(names):
        return Region.WIDGET
    if MAIN.search(names):
        return Region.MAIN
    if tag.name in FRAME_WORDS or words & FRAME_WORDS:
        # An article's own header and footer hold its title and by-line; the page's hold its menus.
        if in_main or above is Region.WIDGET or words & _ARTICLE_WORDS:
            return None
        return Region.NAVIGATION if tag.name in FRAME_WORDS else Region.ASIDE
    if tag.name == "aside" or words & ASIDE_WORDS:
        return None if above is Region.WIDGET else Region.ASIDE
    return None
