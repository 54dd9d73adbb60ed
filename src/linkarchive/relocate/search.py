"""The search for the new addresses of a site's dead pages: what to visit next, and what the visited pages show.

In the order of what it costs: addresses that others name for a page (captured redirects), rules learnt on the site,
what pages that linked to it link to today, then what the site's listings name, by name and text. Every page that was
visited is compared with all that are looked for. The caller visits, politely, what `wanted` returns, and hands each
page to `take`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import quote, urljoin

from linkarchive.model import Page
from linkarchive.relocate.candidates import Candidates
from linkarchive.relocate.dead_page import DeadPage, Match
from linkarchive.relocate.folder_rules import rules_and_guesses
from linkarchive.relocate.likeness import TIE, Text, TextIndex, text_of
from linkarchive.relocate.listings import QUERY, NamedPage, read_listing
from linkarchive.relocate.parents import Parent, links_today, page_key
from linkarchive.relocate.rules import Example, Rule
from linkarchive.relocate.trials import PROVED, Trials
from linkarchive.urls import same_page, source_key

_A_LINK, _LEAST = 2.8, 12
"""Visits for each dead page of a site, and for a site with few of them."""
_GUESSING = 0.2
"""Share of the visits that rules of a single example may take."""
_AT_ONCE = 8
"""Visits wanted together, but for those of a rule that has proved true."""
_TRUSTED = 10
"""Pages on which a rule was right to be tried on all others at once."""
_MOST_EXAMPLES = 40
"""Pairs that rules are learnt from."""
_MOST_PARENTS = 5
"""Pages that linked to dead ones that are visited."""
_MOST_WORDS = 8
"""Words of a title that a site's search is asked for."""
_COST_OF_SEARCH = 2
"""Visits that a search takes: the answer, and a page that it names."""


@dataclass(slots=True)
class SiteSearch:
    """The search for the dead pages of one site on that site. `examples` are moves of its pages that are known,
    `parents` pages that linked to dead ones, as they were."""

    dead: Mapping[int, DeadPage]
    examples: list[Example]
    parents: Sequence[Parent] = ()
    visits: int = 0
    matches: dict[int, list[Match]] = field(default_factory=dict)
    """The pages of today that are the same as a dead one, by the number of the dead one."""
    _seen: set[str] = field(default_factory=set)
    _why: dict[str, tuple[int | None, str, Rule | None]] = field(default_factory=dict)
    """For each address to visit: the number of the dead page it is for, how it was found, and the rule that gave it."""
    _parents_by_key: dict[object, Parent] = field(default_factory=dict)
    _linked: list[tuple[int, str, str]] = field(default_factory=list)
    """What parents link to today in place of dead pages: number, address, and how that was found."""
    _candidates: Candidates = field(default_factory=Candidates)
    _listings: list[str] = field(default_factory=list)
    _trials: Trials = field(default_factory=Trials)
    _index: TextIndex | None = None
    hosts: set[str] = field(default_factory=set)
    """Where the site is now: scheme and host of what was visited."""
    _sitemaps: list[str] = field(default_factory=list)
    _search: str | None = None
    """The site's own search, as it declares it."""
    _searched: set[int] = field(default_factory=set)
    """The pages for whose titles it was asked."""
    _compared: set[int] = field(default_factory=set)
    """The dead pages whose matches were compared with a namesake, or came of a rule."""
    has_answered: bool = False
    """The site has answered as itself; else nobody knows what is on it."""
    _guesses: int = 0
    """Visits that rules of a single example may still take."""
    _stage: int = 0

    def __post_init__(self) -> None:
        self._guesses = round(self.budget * _GUESSING)
        self._parents_by_key = {page_key(parent.url): parent for parent in self.parents}

    @property
    def budget(self) -> int:
        return max(_LEAST, round(_A_LINK * len(self.dead)))

    @property
    def open(self) -> list[DeadPage]:
        """What is still looked for."""
        return [page for number, page in self.dead.items() if number not in self.matches]

    def wanted(self) -> list[str]:
        """The addresses to visit now; none when the search has ended."""
        left = self.budget - self.visits
        if left <= 0:
            return []
        steps = (
            self._named_by_others, self._namesakes, partial(self._by_rules, least=PROVED), self._parents,
            self._by_parents, self._front_and_sitemap, self._by_rules, self._further_listings, self._by_likeness,
            self._by_search,
        )  # fmt: skip
        for step in steps if self.open else (self._namesakes,):
            urls = list(step(left))
            if urls:
                self.visits += len(urls)
                return urls
        return []

    def take(self, url: str, page: Page) -> Match | None:
        """What the visit of a wanted address has shown: a dead page that it seems to be, if any."""
        number, how, rule = self._why.get(url, (None, "", None))
        self.has_answered |= page.status is not None and page.status < 500 and page.status != 429
        self._seen.add(page.final_url)
        alive = page.failure is None and page.status is not None and 200 <= page.status < 300 and bool(page.body)
        listing = read_listing(page) if alive else None
        if listing is not None:
            self.hosts.add(_root(page.final_url))
            if self._add_names(listing.pages, page.final_url):
                self._candidates.note_success(page.final_url, is_match=False)
            self._candidates.is_complete |= listing.is_sitemap
            if listing.search is not None and _root(listing.search) in self.hosts:
                self._search = self._search or listing.search
            self._listings += [further for further in listing.further if further not in self._seen]
        match = text = None
        canonical = listing.canonical if listing is not None else None
        if canonical is not None and not same_page(canonical, page.final_url):
            self._want_later(canonical, number, how)
        elif alive:
            text = text_of(page)
            match = self._compare(page.final_url, text, number, how)
            if match is not None and rule is not None:
                self._compared.add(match.number)
            self._read_parent(url if match is None else self.dead[match.number].url, page)
        if match is None or match.number != number:
            self._note_failure(number, rule, text)
        return match

    def reject(self, url: str, match: Match) -> None:
        """The judge says that what the visit of a wanted address has shown is not the page after all."""
        self.matches[match.number].remove(match)
        if not self.matches[match.number]:
            del self.matches[match.number]
        number, _, rule = self._why[url]
        if match.number == number:
            self._note_failure(number, rule, None)

    def name_sitemaps(self, urls: Iterable[str]) -> None:
        """The sitemaps that the robots.txt of one of the site's hosts names."""
        self._sitemaps += [url for url in urls if url not in self._sitemaps and url not in self._seen]

    def _named_by_others(self, left: int) -> Iterator[str]:
        for page in self.open:
            named = [(url, "a web archive saw a redirect to it") for url in page.named]
            for url, how in [*([] if page.known is None else [page.known]), *named]:
                if left > 0 and self._is_new(url):
                    left -= 1
                    yield self._want(url, page.number, how, None)

    def _namesakes(self, left: int) -> Iterator[str]:
        """A page of the same name as one that was found: a copy of it may be what was found, or be as good."""
        for number, group in self.matches.items():
            url = None if left <= 0 or number in self._compared else self._candidates.namesake(group[0].url)
            if url is not None:
                left -= 1
                self._compared.add(number)
                yield self._want(url, number, group[0].how, None)

    def _by_rules(self, left: int, least: int = 1) -> Iterator[str]:
        """A few pages of each rule that has so many examples; the more it was right on, the more at a time."""
        for rule in rules_and_guesses(self._known_examples()):
            right = len(rule.examples)
            if right < least or self._trials.is_dropped(rule):
                continue
            if right == 1:
                left = min(left, self._guesses)
            most = min(left, 2 if right < PROVED else left if right >= _TRUSTED else 2 * right)
            for page, url in self._addresses(rule)[:most] if most > 0 else ():
                left -= 1
                self._guesses -= right == 1
                yield self._want(url, page.number, rule.in_words(), rule)

    def _addresses(self, rule: Rule) -> list[tuple[DeadPage, str]]:
        """What the rule makes of the open pages: what the site names first, then by folders like the examples'."""
        folders = {folder for example in rule.examples for folder in example.old.split("/")[:-1]}
        addresses = [(page, rule.apply(page.url, page.text.title)) for page in self.open]
        new = {url: page for page, url in addresses if url and self._is_new(url) and not same_page(url, page.url)}
        ranked = sorted(
            new,
            key=lambda url: (not self._candidates.names(url), -len(folders.intersection(new[url].url.split("/")[:-1]))),
        )
        return [(new[url], url) for url in ranked]

    def _parents(self, left: int) -> Iterator[str]:
        """The pages that linked to most of what is looked for: today they may link to where it is."""
        wanted = {page.number for page in self.open}
        dead = {page_key(page.url) for page in self.dead.values()}
        alive = [parent for key, parent in self._parents_by_key.items() if key not in dead]
        counts = {parent.url: len(wanted & parent.names.keys()) for parent in alive}
        ranked = sorted((url for url, count in counts.items() if count), key=lambda url: -counts[url])
        most = min(left, _MOST_PARENTS - len(self._seen & counts.keys()))
        yield from self._list([url for url in ranked if self._is_new(url)][: max(0, most)])

    def _by_parents(self, left: int) -> Iterator[str]:
        """What those pages link to today in its place."""
        waiting, self._linked = self._linked, []
        for number, url, how in waiting:
            if left > 0 and number not in self.matches and self._is_new(url):
                left -= 1
                yield self._want(url, number, how, None)

    def _by_search(self, left: int) -> Iterator[str]:
        """The site's own search for a page's title, once for each page, a few at a time."""
        if self._search is None:
            return
        for page in self.open:
            title = " ".join(page.text.title.split()[:_MOST_WORDS])
            if left > 0 and title and page.number not in self._searched:
                self._searched.add(page.number)
                left -= _COST_OF_SEARCH
                yield self._want(self._search.replace(QUERY, quote(title, safe="")), None, "", None)
                if len(self._searched) % _AT_ONCE == 0:
                    return

    def _front_and_sitemap(self, left: int) -> Iterator[str]:
        """The front page; then a sitemap of where that led."""
        if self._stage == 0:
            self._stage = 1
            roots = dict.fromkeys(_root(page.url) for page in self.open)
            yield from self._list(list(roots)[:2])
            return
        if self._stage == 1:
            self._stage = 2
            if not self._sitemaps:
                self._sitemaps = [f"{host}sitemap.xml" for host in sorted(self.hosts)[:2]]
            yield from self._list(self._sitemaps[: min(left, 5)])

    def _further_listings(self, left: int) -> Iterator[str]:
        """What front page and sitemaps name: feeds, further sitemaps."""
        waiting, self._listings = self._listings, []
        yield from self._list(waiting[: min(left, 5)])

    def _by_likeness(self, left: int) -> Iterator[str]:
        """Pages that have the name of a dead one, pages that may name more, and pages beside those that were found."""
        for candidate in self._candidates.best(self.open, min(left, _AT_ONCE)):
            named = candidate.number is not None
            how = "a page of that name stands on the site" if named else "a page with its text stands on the site"
            yield self._want(candidate.url, candidate.number, how, None)

    def _read_parent(self, url: str, today: Page) -> None:
        """A page that linked to dead ones, and is still there or was found: what it links to in their place."""
        parent = self._parents_by_key.get(page_key(url))
        for number, link in links_today(parent, today).items() if parent is not None else ():
            if not same_page(link, self.dead[number].url):
                how = f"the page that linked to it, {today.final_url}, links to it there now"
                self._linked.append((number, link, how))

    def _compare(self, url: str, text: Text, number: int | None, how: str) -> Match | None:
        """The dead page that a page of today is the same as; none if it stands at that page's own address."""
        if self._index is None:
            self._index = TextIndex({dead_page.number: dead_page.text for dead_page in self.dead.values()})
        for other, likeness in self._index.same(text, number):
            known = self.matches.get(other, [])
            if source_key(url) == source_key(self.dead[other].url):
                return None
            if any(same_page(match.url, url) for match in known):
                return None
            words = how if other == number and how else "a page with its text stands on the site"
            match = Match(other, url, words, likeness)
            self._candidates.note_success(url, is_match=True)
            self.matches[other] = [*known, match]
            return match
        return None

    def results(self) -> Iterator[Match]:
        """For each dead page the page of today that is the same; none where two are alike."""
        for group in self.matches.values():
            best, *others = sorted(group, key=lambda match: -match.likeness.share)
            if not others or best.likeness.share - others[0].likeness.share > TIE:
                yield best

    def _known_examples(self) -> Sequence[Example]:
        matched = [
            Example(self.dead[number].url, group[0].url, self.dead[number].text.title)
            for number, group in self.matches.items()
        ]
        known, half = [*self.examples, *matched], _MOST_EXAMPLES // 2
        return known if len(known) <= _MOST_EXAMPLES else [*known[:half], *known[-half:]]

    def _note_failure(self, number: int | None, rule: Rule | None, text: Text | None) -> None:
        """The rule led to another page or, without a text, to none that is usable."""
        if rule is not None and number is not None and text is not None:
            self._trials.other(rule, self.dead[number].text, text)
        elif rule is not None:
            self._trials.absent(rule)

    def _is_new(self, url: str) -> bool:
        return url not in self._seen

    def _want(self, url: str, number: int | None, how: str, rule: Rule | None) -> str:
        self._seen.add(url)
        self._candidates.remove(url)
        self._why[url] = (number, how, rule)
        return url

    def _want_later(self, url: str, number: int | None, how: str) -> None:
        """A copy says that its page is elsewhere: that may be the one."""
        if number is not None and self._is_new(url):
            self._candidates.add(NamedPage(url, self.dead[number].text.title))
            self._candidates.once_more(number)

    def _list(self, urls: Iterable[str]) -> Iterator[str]:
        for url in urls:
            if self._is_new(url):
                yield self._want(url, None, "", None)

    def _add_names(self, pages: Iterable[NamedPage], base: str) -> int:
        """Take note of pages that the site names. Returns how many of them were not known."""
        count = 0
        passed = {base, *self._seen, *(page.url for page in self.dead.values())}
        roots = {*self.hosts, _root(base)}
        for named in pages:
            if named.url not in passed and _root(named.url) in roots:
                count += self._candidates.add(named)
        return count


def _root(url: str) -> str:
    return urljoin(url, "/")
