"""The anchors of a page: text, absolute target, the words around, and the part of the page they stand in."""

# ruff: noqa: SIM905  (lists of words read as words)
from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct, field

from linkarchive.article.html_tree import html_tree
from linkarchive.model import Page
from linkarchive.text import HTML_TYPES, decode, media_type
from linkarchive.urls import host_of, resolve, same_page, source_key, unwrap

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from bs4.element import NavigableString, Tag

    from linkarchive.article.regions import Region

_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|[*`]|(?<!\w)_+|_+(?!\w)|\\(?=[^\w\s])")
_MARKS = {ord(mark): "'" for mark in '"“”„‟«»‹›″‶‘’‚‛′‵ʼʹʺ´＂＇'} | {ord(mark): "-" for mark in "‐‑‒–—―−﹘﹣－⸺⸻"}
_EDGES = re.compile(r"^\W+|\W+$")


def normalise(text: str) -> str:
    """The form in which anchor texts are compared: NFKC, no case, one kind of quote and dash, white space folded,
    invisible characters and Markdown or HTML markup left out."""
    text = text.translate(_MARKS)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_MARKS)
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_visible, text))
    text = _MARKUP.sub("", text).casefold()
    text = re.sub(r"\s*-+\s*", "-", text)
    return " ".join(text.split())


def _visible(character: str) -> str:
    """The character as far as a reader sees it: white space for every kind of it, nothing for format characters."""
    if " " <= character <= "~":
        return character
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    return "" if category in ("Cc", "Cf") else character


def trimmed(normalised: str) -> str:
    """A normalised text without punctuation at its ends, which editors move into and out of anchors."""
    return _EDGES.sub("", normalised) or normalised


class Anchor(Struct, frozen=True):
    """A link of a page with a target that leaves it. Texts are normalised."""

    url: str
    texts: tuple[str, ...]
    """Its text; then what else names it: a heading inside, its title, its label, the image's description."""
    before: str
    """The text of its paragraph up to it, "" when it is a block itself."""
    after: str
    region: Region
    position: int
    """Its number among the page's anchors, from 0."""
    is_author: bool = False
    """Marked as the author's page (rel, itemprop)."""


def anchors_of(page: Page) -> tuple[Anchor, ...]:
    """The anchors of an HTML page in their order; none for a failure or another type. Targets are absolute (`<base>`,
    the final URL) and freed of an archive's prefix; those that are no web address, or the page itself, are left out."""
    if not is_html(page):
        return ()
    soup = html_tree(decode(page.body, page.headers.get("content-type"), markup=True))
    return tuple(_Reading(soup, page.final_url).anchors())


def is_html(page: Page) -> bool:
    """There is a body, and it is HTML by its type or, without a type, by its looks."""
    if page.failure is not None or not page.body:
        return False
    return media_type(page.body, page.headers.get("content-type", "")) in HTML_TYPES


_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure footer"
    " form h1 h2 h3 h4 h5 h6 header hgroup hr html li main menu nav ol p pre section summary table tbody td tfoot th"
    " thead tr ul".split()
)
_SILENT = frozenset("script style template noscript head title textarea select svg".split())


class _Link(Struct):
    """An anchor while it is read: where its text begins and ends in its block."""

    tag: Tag
    block: int
    start: int
    end: int
    text: list[str] = field(default_factory=list)
    whole: bool = True
    """All of its text is in one block."""


class _Reading:
    """One pass over a parsed page: the text of each block, and the links within it."""

    def __init__(self, soup: BeautifulSoup, final_url: str) -> None:
        from linkarchive.article.regions import Regions

        self._soup = soup
        self._regions = Regions(soup)
        hrefs = [str(tag["href"]) for tag in soup.find_all("a", href=True)]
        self._targets = Targets(final_url, self._base(), hrefs)
        self._homes: dict[int, tuple[int, Tag | None, bool]] = {}
        self._blocks: dict[int, list[str]] = {}
        self._lengths: Counter[int] = Counter()

    def _base(self) -> str:
        tag = self._soup.find("base", href=True)
        return str(tag["href"]) if tag else ""

    def _home(self, tag: Tag) -> tuple[int, Tag | None, bool]:
        """The block an element's text belongs to, the link around it, and whether it is shown at all."""
        pending: list[Tag] = []
        current: Tag | None = tag
        while current is not None and id(current) not in self._homes:
            pending.append(current)
            current = current.parent
        home = self._homes[id(current)] if current is not None else (0, None, True)
        for element in reversed(pending):
            block, link, shown = home
            if element.name in _BLOCKS:
                block = id(element)
            if element.name == "a" and element.has_attr("href"):
                link = element
            home = (block, link, shown and element.name not in _SILENT)
            self._homes[id(element)] = home
        return home

    def _links(self) -> list[_Link]:
        from bs4.element import NavigableString, Tag

        links: dict[int, _Link] = {}
        for node in self._soup.descendants:
            if isinstance(node, Tag):
                if node.name == "a" and node.has_attr("href"):
                    block, _, shown = self._home(node)
                    if shown:
                        links[id(node)] = _Link(node, block, self._lengths[block], self._lengths[block])
                elif node.name == "br":
                    self._add(self._home(node)[0], " ")
            elif type(node) is NavigableString and node.parent is not None:
                self._text(node, node.parent, links)
        return list(links.values())

    def _text(self, node: NavigableString, parent: Tag, links: dict[int, _Link]) -> None:
        block, tag, shown = self._home(parent)
        if not shown:
            return
        self._add(block, node)
        link = links.get(id(tag))
        if link is None:
            return
        if link.text and link.block != block:
            link.whole = False
            link.text.append(" ")
        elif not link.text:
            link.block, link.start = block, self._lengths[block] - len(node)
        link.text.append(node)
        link.end = self._lengths[block]

    def _add(self, block: int, text: str) -> None:
        self._blocks.setdefault(block, []).append(text)
        self._lengths[block] += len(text)

    def anchors(self) -> Iterable[Anchor]:
        links = self._links()
        blocks = {block: "".join(pieces) for block, pieces in self._blocks.items()}
        for position, link in enumerate(links):
            url = self._targets.absolute(str(link.tag["href"]))
            if url is None:
                continue
            # A window: a page whose text is one block would cost its length for every link.
            before = blocks.get(link.block, "")[max(link.start - 300, 0) : link.start] if link.whole else ""
            after = blocks.get(link.block, "")[link.end : link.end + 300] if link.whole else ""
            rel, itemprop = link.tag.get("rel") or (), link.tag.get("itemprop") or ""
            yield Anchor(
                url,
                _names(link),
                normalise(before),
                normalise(after),
                self._regions.of(link.tag),
                position,
                "author" in rel or "author" in itemprop,
            )


def _names(link: _Link) -> tuple[str, ...]:
    """What the link is called: its text first, then the names that a card (a link around a box) has besides."""
    names = ["".join(link.text)]
    for inner in link.tag.find_all(re.compile(r"^h[1-6]$|^strong$|^span$|^div$|^p$|^img$"), limit=20):
        if inner.name == "img":
            names.append(str(inner.get("alt") or ""))
        elif inner.name[0] == "h" or re.search(r"title|headline", str(inner.get("class") or ""), re.I):
            names.append(inner.get_text(" "))
    names += [str(link.tag.get(name) or "") for name in ("title", "aria-label")]
    unique = dict.fromkeys(normalise(name) for name in names)
    return tuple(name for name in unique if name)


class Targets:
    """Makes the `href`s of one page absolute, as its own reader would follow them on the original site."""

    def __init__(self, final_url: str, base: str, hrefs: Iterable[str]) -> None:
        captured = unwrap(final_url)
        self._archive = final_url if captured else ""
        self._page = captured[1] if captured else final_url
        is_of_web = urlsplit(final_url).scheme in ("http", "https")
        self._stamp = _stamp(captured[0] if captured else "", list(hrefs), is_of_web)
        base = self._unwrapped(resolve(final_url, base) or base) if base else ""
        self._base = base if urlsplit(base).scheme in ("http", "https") else self._page

    def _unwrapped(self, url: str) -> str:
        capture = unwrap(url)
        return capture[1] if capture and capture[0] == self._stamp else url

    def absolute(self, href: str) -> str | None:
        """The target, or None: not of the web, not to be read, or the page itself."""
        href = href.strip()
        try:
            if not href or href.startswith("#"):
                return None
            url = self._unwrapped(self._rewritten(href) or resolve(self._base, href) or href)
            if urlsplit(url).scheme.lower() not in ("http", "https"):
                return None
            source_key(url)
            return None if urlsplit(self._page).scheme and same_page(url, self._page) else url
        except ValueError:
            return None

    def _rewritten(self, href: str) -> str | None:
        """A root-relative `/web/20210512000000/https://…` as the archive serves it, absolute."""
        if not href.startswith("/") or href.startswith("//"):
            return None
        url = resolve(self._archive or "https://web.archive.org/", href)
        return url if url and unwrap(url) else None


def _stamp(captured: str, hrefs: list[str], is_of_web: bool) -> str:
    """The time stamp that an archive wrote into the links of its copy, "" for a page that is no copy.

    A page that cites a web archive means that archive: only where the copy's own stamp is on
    its links, or (a saved copy that lost its address) one stamp on most of them, was it put there.
    """
    links = [f"https://web.archive.org{href}" if href.startswith("/web/") else href for href in map(str.strip, hrefs)]
    links = [link for link in links if re.match(r"https?:", link, re.I) and not _is_of_the_bar(link)]
    stamps = Counter(capture[0] for capture in map(unwrap, links) if capture)
    if captured in stamps or not stamps:
        return captured
    stamp, count = stamps.most_common(1)[0]
    return stamp if captured or count > max(len(links) / 2, 2 if is_of_web else 0) else ""


def _is_of_the_bar(link: str) -> bool:
    """A link of the Wayback Machine's own to no copy: its bar has many."""
    return host_of(link) in ("archive.org", "web.archive.org") and unwrap(link) is None
