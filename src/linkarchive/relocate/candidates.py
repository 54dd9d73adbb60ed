"""The pages that a site names today and that were not visited, with what speaks for a visit of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import islice
from urllib.parse import urlsplit

from linkarchive.relocate.dead_page import DeadPage
from linkarchive.relocate.listings import NamedPage
from linkarchive.relocate.names import Names, address_words, words_of

_MOST_SHARING = 200
"""Pages that share a word of a name that are looked at, and names for which that is done at a time."""
_MOST_COMPARED = 20
"""Names that one is compared with: those that share most with it."""
_MOST_TRIES = 4
"""Pages of a like name that are visited for one dead page."""
_ALIKE = 0.45
"""Likeness of names from which a page is worth a visit."""
_DECAY = 0.7
"""What a visit in vain leaves of the worth of the next one for the same page, or in the same folder …"""
_SLOW_DECAY = 0.9
"""… and for the sake of links and texts on the whole site."""
_AS_WELL = 0.5
"""What is visited together promises this share of what the best does."""
_BESIDE, _SECTION, _OTHER, _RELATED, _COMPLETE = 0.35, 0.35, 0.15, 0.3, 0.5
"""Worth of a page beside those that were found, of one above other pages, of any other; and what is added where its
address shares words with those of dead pages, and what is left of it once a sitemap was read."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A page worth a visit; `number` is the dead page that it has the name of."""

    url: str
    number: int | None


@dataclass(slots=True)
class Candidates:
    """Named pages of a site, of which `best` picks those to visit."""

    is_complete: bool = False
    """A sitemap was read: no page has to be visited for the sake of its links."""
    _names: dict[str, NamedPage] = field(default_factory=dict)
    _scale: Names = field(default_factory=Names)
    _by_word: dict[str, list[str]] = field(default_factory=dict)
    """The addresses of named pages, by each word of their names."""
    _tries: Counter[int] = field(default_factory=Counter)
    """How often a page of a like name was visited for a dead one."""
    _in_vain: Counter[str] = field(default_factory=Counter)
    """Visits in a folder since one of them showed something new."""
    _vain: int = 0
    """Visits without a dead page's name since one of them showed something new."""
    _above: Counter[str] = field(default_factory=Counter)
    """How many pages were named below a folder."""
    _near: set[str] = field(default_factory=set)
    """The folders of pages that were found."""

    def add(self, named: NamedPage) -> bool:
        """Add a page that the site names; returns whether its URL is new. A longer name replaces a shorter one."""
        known = self._names.get(named.url)
        if known is not None and len(named.text) <= len(known.text):
            return False
        words = address_words(named.url) | words_of(named.text)
        self._names[named.url] = named
        self._scale.add(words)
        for word in words:
            self._by_word.setdefault(word, []).append(named.url)
        if known is None:
            self._above.update(_folders(named.url))
        return known is None

    def names(self, url: str) -> bool:
        """Whether the site names this URL, and it was not visited yet."""
        return url in self._names

    def namesake(self, url: str) -> str | None:
        """A page not visited yet whose address has the same name as this one, in another folder, or but for a query."""
        words = address_words(url.partition("?")[0])
        sharing = min((self._by_word.get(word, []) for word in words), key=len, default=[])
        unvisited = (other for other in sharing[:_MOST_SHARING] if other in self._names)
        return next((other for other in unvisited if other != url and _are_namesakes(url, other)), None)

    def remove(self, url: str) -> None:
        """Take the URL out of the candidates, since it is visited."""
        self._names.pop(url, None)

    def note_success(self, url: str, *, is_match: bool) -> None:
        """Note that the visit of this URL showed a dead page (`is_match`), or names of pages that were not known: pages
        of its folder go on being candidates."""
        folder = _folder(url)
        self._in_vain[folder] = self._vain = 0
        if is_match:
            self._near.add(folder)

    def once_more(self, number: int) -> None:
        """Do not count the last page that was visited for this dead page."""
        self._tries[number] -= 1

    def best(self, pages: Sequence[DeadPage], most: int) -> Iterator[Candidate]:
        """At most `most` pages to visit now, the likeliest first, at most one for each dead page."""
        choices = [*self._by_name(pages), *self._by_place(pages, most)]
        urls: set[str] = set()
        least = max((worth for worth, _ in choices), default=0.0) * _AS_WELL
        for worth, candidate in sorted(choices, key=lambda choice: (-choice[0], choice[1].url)):
            if worth < least or candidate.url in urls:
                continue
            urls.add(candidate.url)
            if candidate.number is not None:
                self._tries[candidate.number] += 1
            else:
                self._in_vain[_folder(candidate.url)] += 1
                self._vain += 1
            yield candidate
            if len(urls) >= most:
                return

    def _by_name(self, pages: Iterable[DeadPage]) -> Iterator[tuple[float, Candidate]]:
        waiting = (page for page in pages if self._tries[page.number] < _MOST_TRIES)
        for page in islice(waiting, _MOST_SHARING):
            names = self._like(page)
            best = max(((self._likeness(page, named), named.url) for named in names), default=(0.0, ""))
            if best[0] >= _ALIKE:
                yield best[0] * _DECAY ** self._tries[page.number], Candidate(best[1], page.number)

    def _by_place(self, pages: Iterable[DeadPage], most: int) -> Iterator[tuple[float, Candidate]]:
        """The most promising of each folder, whose worth falls with each that is chosen."""
        related = frozenset(word for page in pages for folder in _folders(page.url) for word in words_of(folder))
        groups: dict[str, list[tuple[float, str]]] = {}
        for url in self._names:
            path = urlsplit(url).path
            worth = _BESIDE if _folder(url) in self._near else _SECTION if self._above[path] else _OTHER
            worth += _RELATED if related and words_of(path) & related else 0.0
            worth *= _COMPLETE if self.is_complete else 1.0
            groups.setdefault(_folder(url), []).append((worth, url))
        for folder, members in groups.items():
            ranked = sorted(members, key=lambda member: (-member[0], member[1].count("/"), member[1]))
            for n, (worth, url) in enumerate(ranked[:most]):
                yield worth * _DECAY ** (self._in_vain[folder] + n) * _SLOW_DECAY**self._vain, Candidate(url, None)

    def _like(self, page: DeadPage) -> list[NamedPage]:
        """The pages that share most words with a dead one, and such as few others have."""
        words = words_of(" ".join((page.text.title, *page.anchors))) | address_words(page.url)
        shared: dict[str, float] = {}
        for word in sorted(words):
            weight = self._scale.weight(word)
            for url in self._by_word.get(word, ())[:_MOST_SHARING]:
                shared[url] = shared.get(url, 0.0) + weight
        unvisited = (url for url in shared if url in self._names)
        return [self._names[url] for url in nlargest(_MOST_COMPARED, unvisited, key=lambda url: (shared[url], url))]

    def _likeness(self, page: DeadPage, named: NamedPage) -> float:
        """The best of: title and link, title and address, address and address, what it was called and link."""
        title, link = words_of(page.text.title), words_of(named.text)
        old, new = address_words(page.url), address_words(named.url)
        like = self._scale.likeness
        anchors = (like(words_of(anchor), link) for anchor in page.anchors)
        return max(like(title, link), like(title, new), like(old, new), *anchors)


def _are_namesakes(first: str, second: str) -> bool:
    """The addresses have the same words; those of a query, which may ask for a print copy, where both have one."""
    if "?" not in first or "?" not in second:
        first, second = first.partition("?")[0], second.partition("?")[0]
    return address_words(first) == address_words(second)


def _folder(url: str) -> str:
    """The path of the folder that a page is in."""
    return urlsplit(url).path.rstrip("/").rpartition("/")[0] + "/"


def _folders(url: str) -> list[str]:
    """The paths of all folders that a page is in, except the top one."""
    parts = urlsplit(url).path.rstrip("/").split("/")[1:-1]
    return ["/" + "/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
