"""Which part of a page an element stands in: its text, its by-line, a related-article widget, or the furniture.

Decided per element by its tag, role and the words of its class and id; an element without
such a hint is where its parent is. Class names are a weak sign ("layout has-sidebar" may wrap
the whole page), so a hint on an element that holds most of the page's text is no hint.
"""

# ruff: noqa: SIM905  (lists of words read as words)
from __future__ import annotations

import re
from enum import Enum

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag


class Region(Enum):
    """Where in a page; only `NAVIGATION` is sticky: what is inside it stays there."""

    MAIN = "main text"
    WIDGET = "related article"
    BYLINE = "by-line"
    OTHER = "elsewhere"
    ASIDE = "aside"
    NAVIGATION = "navigation"


RELATED_LABEL = re.compile(
    r"(?:related(?:\s+(?:article|story|news|content|post|reading|coverage|link|topic)\w*)?"
    r"|(?:you\s+)?(?:may|might)\s+(?:also|like)\b.*|(?:read|see|watch)\s+(?:more|also|next)|also\s+(?:read|see)"
    r"|more\s+(?:on\s+this.*|about\s+this.*)|further\s+reading|recommended(?:\s+\w+)?|don.t\s+miss)\s*[:\-|»›>]*",
    re.I,
)
"""Words that announce a related article, as a whole label or in front of a title."""

_RELATED_CLASS = re.compile(
    r"related|read-?_?(?:more|also|next)|recommend|recirc|see-?_?also|also-?_?read|more-?_?on\b", re.I
)
_MAIN_CLASS = re.compile(
    r"(?:^|[\s_-])(?:article|post|entry|story|page|blog|news|main|rich)_*-*(?:body|content|text|copy)(?:$|[\s_-])", re.I
)
_BYLINE_WORDS = frozenset("byline bylines author authors contributor contributors writer".split())
_ASIDE_WORDS = frozenset(
    "sidebar tags taglist tag topics topic share sharing social comments comment disqus newsletter subscribe"
    " subscription trending popular mostread latest cookie cookies consent banner advert advertisement ad ads"
    " sponsored promo teaser teasers pagination pager search login rail".split()
)
_NAVIGATION_WORDS = frozenset(
    "nav navbar navigation menu submenu megamenu breadcrumb breadcrumbs toolbar topbar masthead skip".split()
)
_ARTICLE_WORDS = frozenset(["article", "post", "entry", "story", "content"])
_FRAME_WORDS = frozenset(["header", "footer"])
_ROLES = {
    "navigation": Region.NAVIGATION,
    "banner": Region.NAVIGATION,
    "contentinfo": Region.NAVIGATION,
    "menu": Region.NAVIGATION,
    "menubar": Region.NAVIGATION,
    "search": Region.NAVIGATION,
    "complementary": Region.ASIDE,
    "main": Region.MAIN,
}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


class Regions:
    """The regions of one page. Linear in the page: each element is looked at once, sizes are sums over the tree."""

    def __init__(self, soup: BeautifulSoup) -> None:
        self._sizes, self._prose = _measures(soup)
        self._whole = max(self._sizes.get(id(soup), 0), 1)
        self._known: dict[int, Region] = {id(soup): Region.OTHER}
        self._in_main: dict[int, bool] = {id(soup): False}
        articles = soup.find_all("article")
        self._article = max(articles, key=lambda tag: self._sizes.get(id(tag), 0), default=None)
        self._widgets = {id(tag) for tag in self._labelled(soup)}

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
        role = _ROLES.get(_attribute(tag, "role").lower())
        if role is not None:
            return role
        if tag.name in ("html", "body"):
            return None
        names = f"{_attribute(tag, 'class')} {_attribute(tag, 'id')}"
        if tag.name == "nav":
            return Region.WIDGET if _RELATED_CLASS.search(names) else Region.NAVIGATION
        if tag.name == "article":
            if tag is self._article:
                return Region.MAIN
            return Region.WIDGET if above is Region.WIDGET or _RELATED_CLASS.search(names) else Region.ASIDE
        if tag.name == "main" or "articleBody" in _attribute(tag, "itemprop"):
            return Region.MAIN
        if self._sizes.get(id(tag), 0) > self._whole / 2 and id(tag) in self._prose:
            return Region.MAIN if _MAIN_CLASS.search(names) else None
        return self._by_name(tag, names, above, in_main)

    def _by_name(self, tag: Tag, names: str, above: Region, in_main: bool) -> Region | None:
        words = {word.lower() for word in _WORD.findall(names)}
        if words & _NAVIGATION_WORDS:
            return Region.NAVIGATION
        if tag.name == "address" or words & _BYLINE_WORDS or _is_author(tag):
            return Region.BYLINE
        if _RELATED_CLASS.search(names):
            return Region.WIDGET
        if _MAIN_CLASS.search(names):
            return Region.MAIN
        if tag.name in _FRAME_WORDS or words & _FRAME_WORDS:
            # An article's own header and footer hold its title and by-line; the page's hold its menus.
            if in_main or above is Region.WIDGET or words & _ARTICLE_WORDS:
                return None
            return Region.NAVIGATION if tag.name in _FRAME_WORDS else Region.ASIDE
        if tag.name == "aside" or words & _ASIDE_WORDS:
            return None if above is Region.WIDGET else Region.ASIDE
        return None

    def _labelled(self, soup: BeautifulSoup) -> list[Tag]:
        """Elements under a label such as "Related article": the small box around it, else what follows it."""
        found = []
        for string in soup.find_all(string=lambda text: text is not None and 4 < len(text) < 200):
            text = string.strip()
            if string.parent is None or len(text) > 40 or not RELATED_LABEL.fullmatch(text):
                continue
            label: Tag = string.parent
            while label.parent is not None and self._sizes[id(label.parent)] <= self._sizes[id(label)]:
                label = label.parent
            box = label.parent
            if box is not None and self._sizes[id(box)] * 4 < self._whole and box is not self._article:
                found.append(box)
            else:
                after = label.find_next_sibling()
                if isinstance(after, Tag):
                    found.append(after)
        return found


def _measures(soup: BeautifulSoup) -> tuple[dict[int, int], set[int]]:
    """Letters of text below each element, and which elements hold paragraphs; by identity (equal ones are many)."""
    sizes: dict[int, int] = {id(soup): 0}
    prose: set[int] = set()
    elements: list[Tag] = [soup]
    for node in soup.descendants:
        if isinstance(node, Tag):
            sizes[id(node)] = 0
            elements.append(node)
        elif type(node) is NavigableString and node.parent is not None:
            sizes[id(node.parent)] += len(node.strip())
    for element in reversed(elements):
        if element.parent is not None:
            sizes[id(element.parent)] += sizes[id(element)]
            if id(element) in prose or element.name in ("p", "article", "main"):
                prose.add(id(element.parent))
    return sizes, prose


def _is_author(tag: Tag) -> bool:
    return "author" in _attribute(tag, "rel").split() or "author" in _attribute(tag, "itemprop").split()


def _attribute(tag: Tag, name: str) -> str:
    value = tag.get(name)
    if value is None:
        return ""
    return value if isinstance(value, str) else " ".join(value)
