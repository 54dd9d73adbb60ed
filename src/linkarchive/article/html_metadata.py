"""What an HTML page says about itself: title, original URL, dates."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import Tag

from linkarchive.article.html_tree import html_tree
from linkarchive.article.page_elements import attribute
from linkarchive.article.passage import Claim, fold

# Ranks among the claims of an original URL: see origin.py. Of claims of one rank the first stands.
_SAVED, _CANONICAL, _MAIN_ENTITY, _OG_URL = 4, 5, 6, 6
_SAVED_FROM = re.compile(
    r"<!--\s*(?:saved from url=\(\d+\)|Page saved with SingleFile\s+url:\s*)(?P<url>\S+)"
    r"|<!--\s*Mirrored from (?P<mirrored>\S+) by HTTrack"
)

_PUBLISHED_META = ("article:published_time", "og:published_time", "article:published")
_DATE_META = (
    "datepublished", "citation_publication_date", "citation_date", "dc.date.issued", "dcterms.issued",
    "dc.date.created", "dcterms.created", "parsely-pub-date", "sailthru.date", "pubdate", "publishdate",
    "publish-date", "publication_date", "date", "dc.date", "dcterms.date",
)  # fmt: skip
_ARTICLE_TYPE = re.compile(r"Article|Posting|Report|Review")
_MAX_JSON = 1_000_000
_LONGEST_BYLINE = 120
"""Characters of a line with a date that is not a sentence."""


def title(soup: BeautifulSoup, main: Tag) -> str:
    headings = main.find_all("h1")
    if len(headings) == 1 and (text := fold(headings[0].get_text(" "))):
        return text
    for name in ("og:title", "twitter:title"):
        if text := fold(_meta(soup).get(name, "")):
            return text
    if soup.title is not None and (text := fold(soup.title.get_text())):
        return text
    called_so = soup.find(["p", "div", "h1", "h2"], class_="title")
    return fold(called_so.get_text(" ")) if called_so is not None else ""


def origins(soup: BeautifulSoup, text: str) -> tuple[Claim, ...]:
    claims = []
    if saved := _SAVED_FROM.search(text[:20_000]):
        claims.append(Claim(saved["url"] or f"http://{saved['mirrored']}", "the address it was saved from", _SAVED))
    for link in soup.find_all(["link", "a"], href=True):
        classes = attribute(link, "class").split()
        if (link.name == "link" and "canonical" in attribute(link, "rel").lower()) or "p-canonical" in classes:
            claims.append(Claim(str(link["href"]), "canonical", _CANONICAL))
            break
    entry = soup.find(class_="h-entry")
    address = entry.find("a", class_="u-url", href=True) if isinstance(entry, Tag) else None
    if isinstance(address, Tag):
        claims.append(Claim(str(address["href"]), "the address of the h-entry", _MAIN_ENTITY))
    for element in soup.find_all(itemprop="mainEntityOfPage", limit=3):
        page = attribute(element, "itemid") or attribute(element, "href") or attribute(element, "content")
        if page:
            claims.append(Claim(page, "itemprop mainEntityOfPage", _MAIN_ENTITY))
    if main_entity := _main_entity(soup):
        claims.append(Claim(main_entity, "JSON-LD mainEntityOfPage", _MAIN_ENTITY))
    if url := _meta(soup).get("og:url"):
        claims.append(Claim(url, "og:url", _OG_URL))
    if url := _address_of_article(soup):
        claims.append(Claim(url, "JSON-LD url", _OG_URL))
    return tuple(claims)


def own_addresses(text: str) -> tuple[str | None, str | None]:
    """Of a page that was saved: the address that it was saved from, and the one that it calls its own."""
    claims = origins(html_tree(text), text)
    web = [claim for claim in claims if claim.value.startswith(("http://", "https://"))]
    saved = next((claim.value for claim in web if claim.rank == _SAVED), None)
    return saved, next((claim.value for claim in web if claim.rank != _SAVED), None)


def dates(soup: BeautifulSoup) -> tuple[Claim, ...]:
    meta = _meta(soup)
    claims = [Claim(meta[name], f"meta `{name}`", 1) for name in _PUBLISHED_META if name in meta]
    claims.extend(Claim(value, "JSON-LD datePublished", 2) for value in _json_ld_dates(soup))
    claims.extend(Claim(meta[name], f"meta `{name}`", 3) for name in _DATE_META if name in meta)
    for element in soup.find_all(itemprop="datePublished", limit=10):
        values = (element.get("datetime"), element.get("content"), element.get_text())
        claims.extend(Claim(str(value), "itemprop datePublished", 3) for value in values if value)
    if value := _time(soup):
        claims.append(Claim(value, "`time` element", 4))
    return tuple(claims)


def _meta(soup: BeautifulSoup) -> dict[str, str]:
    values: dict[str, str] = {}
    for tag in soup.find_all("meta", content=True):
        name = str(tag.get("property") or tag.get("name") or tag.get("itemprop") or "").lower()
        value = str(tag["content"]).strip()
        if name and value:
            values.setdefault(name, value)
    return values


def _time(soup: BeautifulSoup) -> str | None:
    """The `time` element marked as publication, else the first of the main article, else the only one; one within a
    sentence tells of something else."""
    times = soup.find_all("time", datetime=True, limit=50)
    marked = [tag for tag in times if tag.has_attr("pubdate") or "publish" in str(tag.get("class")).lower()]
    apart = [tag for tag in times if not _is_in_a_sentence(tag)]
    in_article = [tag for tag in apart if tag.find_parent(["article", "main"])]
    chosen = marked or in_article or (apart if len(apart) == 1 else [])
    return str(chosen[0]["datetime"]) if chosen else None


def _is_in_a_sentence(tag: Tag) -> bool:
    block = tag.find_parent(["p", "li", "td", "dd", "blockquote", "figcaption"])
    return block is not None and len(fold(block.get_text(" "))) > _LONGEST_BYLINE


def _address_of_article(soup: BeautifulSoup) -> str:
    """The `url` of the only article that JSON-LD tells of, "" where it tells of none or of several."""
    articles = [node for node in _json_ld(soup) if _ARTICLE_TYPE.search(str(node.get("@type")))]
    url = articles[0].get("url") if len(articles) == 1 else None
    return url if isinstance(url, str) else ""


def _json_ld(soup: BeautifulSoup) -> Iterator[dict[str, Any]]:
    """Yields the JSON-LD nodes of the page, those of articles first."""
    others = []
    for script in soup.find_all("script", type="application/ld+json"):
        text = script.get_text()
        if len(text) > _MAX_JSON:
            continue
        try:
            parsed = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        for node in _objects(parsed):
            if _ARTICLE_TYPE.search(str(node.get("@type"))):
                yield node
            else:
                others.append(node)
    yield from others


def _json_ld_dates(soup: BeautifulSoup) -> list[str]:
    dates = (node.get("datePublished") for node in _json_ld(soup))
    return [value for value in dates if isinstance(value, str)]


def _main_entity(soup: BeautifulSoup) -> str:
    """The address of the page of which the first node with a `mainEntityOfPage` is the subject; "" without one."""
    for node in _json_ld(soup):
        page = node.get("mainEntityOfPage")
        if isinstance(page, dict):
            page = page.get("@id") or page.get("url")
        if isinstance(page, str) and page.startswith(("http://", "https://")):
            return page
    return ""


def _objects(parsed: Any) -> Iterator[dict[str, Any]]:
    waiting = deque([parsed])
    while waiting:
        node = waiting.popleft()
        if isinstance(node, dict):
            yield node
            waiting.extend(value for value in node.values() if isinstance(value, (dict, list)))
        elif isinstance(node, list):
            waiting.extend(value for value in node if isinstance(value, (dict, list)))


def searched_date(text: str) -> str | None:
    """The date that htmldate finds by looking everywhere (Barbaresi 2020, doi:10.21105/joss.02439), or None; the first
    of January too is none: the library says it where it knows the year alone."""
    from htmldate import find_date

    try:
        day = find_date(text, original_date=True, extensive_search=False, outputformat="%Y-%m-%d")
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, AssertionError, OverflowError):
        return None  # a library that searches foreign pages with a hundred patterns; no date is a fine answer
    return str(day) if day and not str(day).endswith("-01-01") else None
