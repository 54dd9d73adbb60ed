"""Pages of a site that linked to its dead ones: what they called them, what they link to in their place today."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from linkarchive.article.anchors import Anchor, anchors_of
from linkarchive.article.recover import recover
from linkarchive.model import Article, Citation, Page
from linkarchive.relocate.listings import read_listing
from linkarchive.urls import loose_key, same_page

_LINK = re.compile(rb"<a[\s/]", re.I)
"""Where a link begins."""
_MOST_LINKS = 2_000
"""Links of a page that are told apart by the words around them; one of more is read for its names alone."""
_MOST_LOST = 100
"""Links of one page to dead pages that are looked for on it today."""
_NEIGHBOURS = 3
"""Links before and after each of them that tell where it stands."""


@dataclass(frozen=True, slots=True)
class Parent:
    """A page as it was when it linked to dead ones."""

    url: str
    links: tuple[Citation, ...]
    """Its links to dead pages, without their URL, and those beside them, in their order, with the words around."""
    numbers: tuple[int | None, ...]
    """For each link the number of the dead page that it led to, if any."""

    @property
    def names(self) -> dict[int, str]:
        """What it called each dead page: the text of the first link to it."""
        pairs = zip(self.numbers, self.links, strict=True)
        return {number: link.text for number, link in reversed([*pairs]) if number is not None}


def page_key(url: str) -> object:
    """A key that is equal for addresses of one page; an address without a source key is its own."""
    try:
        return loose_key(url)
    except ValueError:
        return url


def parent_of(page: Page, dead: Mapping[object, int]) -> Parent | None:
    """A stored or archived page with its links; None where it links to no dead page. `dead` has their numbers by
    `page_key`."""
    if _has_too_many_links(page) or not any(page_key(named.url) in dead for named in read_listing(page).pages):
        return None
    anchors = anchors_of(page)
    lost: dict[int, int] = {}
    for position, anchor in enumerate(anchors):
        number = dead.get(page_key(anchor.url))
        if number is not None and len(lost) < _MOST_LOST:
            lost.setdefault(number, position)
    numbers = {position: number for number, position in lost.items()}
    near = {place + off for place in numbers for off in range(-_NEIGHBOURS, _NEIGHBOURS + 1)}
    kept = sorted(near & set(range(len(anchors))))
    links = tuple(_link(anchors[place], place in numbers) for place in kept)
    return Parent(page.final_url, links, tuple(numbers.get(place) for place in kept)) if lost else None


def _link(anchor: Anchor, is_lost: bool) -> Citation:
    text = anchor.texts[0] if anchor.texts else ""
    context = " ".join((anchor.before, text, anchor.after)).strip()
    return Citation(None if is_lost else anchor.url, text, anchor.position + 1, context)


def links_today(parent: Parent, today: Page) -> dict[int, str]:
    """What the page of today links to where it linked to dead pages, by their numbers: found as an article's lost
    targets are, by the text of the link, the words around it, and the links before and after."""
    if _has_too_many_links(today):
        return {}
    article = Article(path=parent.url, title="", original_url=None, published=None, citations=parent.links)
    recovered = recover(article, today, found_in=parent.url)
    links: dict[int, str] = {}
    for number, link in zip(parent.numbers, recovered.citations, strict=True):
        if number is not None and link.url is not None and not same_page(link.url, today.final_url):
            links.setdefault(number, link.url)
    return links


def _has_too_many_links(page: Page) -> bool:
    return sum(1 for _ in _LINK.finditer(page.body)) > _MOST_LINKS
