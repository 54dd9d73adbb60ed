"""Pages of a site that linked to its dead ones: what they called them, what they link to in their place today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from linkarchive.article.anchors import anchors_of
from linkarchive.article.recover import recover
from linkarchive.model import Article, Citation, Page
from linkarchive.relocate.listings import read_listing
from linkarchive.urls import loose_key, same_page


@dataclass(frozen=True, slots=True)
class Parent:
    """A page as it was when it linked to dead ones."""

    url: str
    links: tuple[Citation, ...]
    """All its links in their order, with the words around; those to dead pages without their URL."""
    numbers: tuple[int | None, ...]
    """For each link the number of the dead page that it led to, if any."""

    @property
    def names(self) -> dict[int, str]:
        """What it called each dead page: the text of the first link to it."""
        pairs = zip(self.numbers, self.links, strict=True)
        return {number: link.text for number, link in reversed([*pairs]) if number is not None}


def page_key(url: str) -> object:
    """Equal for addresses of one page; what has no key is equal to itself only."""
    try:
        return loose_key(url)
    except ValueError:
        return url


def parent_of(page: Page, dead: Mapping[object, int]) -> Parent | None:
    """A stored or archived page with its links; None where it links to no dead page. `dead` has their numbers by
    `page_key`."""
    if not any(page_key(named.url) in dead for named in read_listing(page).pages):
        return None
    anchors = anchors_of(page)
    numbers = tuple(dead.get(page_key(anchor.url)) for anchor in anchors)
    if not any(number is not None for number in numbers):
        return None
    links = tuple(
        Citation(
            url=anchor.url if number is None else None,
            text=text,
            line=position,
            context=" ".join((anchor.before, text, anchor.after)).strip(),
        )
        for position, (anchor, number) in enumerate(zip(anchors, numbers, strict=True), 1)
        for text in (anchor.texts[0] if anchor.texts else "",)
    )
    return Parent(page.final_url, links, numbers)


def links_today(parent: Parent, today: Page) -> dict[int, str]:
    """What the page of today links to where it linked to dead pages, by their numbers: found as an article's lost
    targets are, by the text of the link, the words around it, and the links before and after."""
    article = Article(path=parent.url, title="", original_url=None, published=None, citations=parent.links)
    recovered = recover(article, today, found_in=parent.url)
    links: dict[int, str] = {}
    for number, link in zip(parent.numbers, recovered.citations, strict=True):
        if number is not None and link.url is not None and not same_page(link.url, today.final_url):
            links.setdefault(number, link.url)
    return links
