"""What is stored of pages that are not at their addresses any more, and of where pages of their sites have gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from linkarchive.model import Capture, Page, Result, Verdict
from linkarchive.relocate.dead_page import DeadPage
from linkarchive.relocate.likeness import text_of
from linkarchive.relocate.listings import read_listing
from linkarchive.relocate.parents import Parent, page_key, parent_of
from linkarchive.relocate.rules import Example
from linkarchive.relocate.search import SiteSearch
from linkarchive.store import previous
from linkarchive.store.database import Store
from linkarchive.store.lookups import MOVED, new_address
from linkarchive.store.previous import AT_ONCE, Previous
from linkarchive.urls import same_page

Stored = Callable[[Capture], Page | None]
"""The page of a capture; None when its record cannot be read."""
MOST_EXAMPLES = 20
"""Known pairs of a site that its rules are learnt from."""
_MOST_READ = 40
"""Stored pages of a site that are looked through for links to its dead ones, and for their canonical links."""


def searches_for(
    store: Store,
    run: int,
    stored: Stored,
    lost: Sequence[int],
    urls: Mapping[int, str],
    named: Mapping[int, Sequence[str]],
    archived: Sequence[Page],
) -> list[SiteSearch]:
    """A search for each site that has lost some of these pages, by what this run concluded, whose baselines we have.

    `urls` are all sources of the run by their numbers, `named` the addresses that others name for a source, `archived`
    archives' copies of pages that may have linked to dead ones.
    """
    sites: dict[str, dict[int, DeadPage]] = {}
    for number, before in _concluded(store, run, lost):
        others = tuple(named.get(number, ()))
        baseline = _baseline(before) if _is_lost(before.result, others) else None
        page = None if baseline is None else stored(baseline)
        text = None if page is None else text_of(page)
        if text is not None and text.is_plenty:
            answer = before.answers.get(MOVED)
            found_at = None if answer is None or answer.url is None else (answer.url, new_address(answer).how or "")
            lost_page = DeadPage(number, urls[number], text, others, found_at, baseline=baseline)
            sites.setdefault(_site(urls[number]), {})[number] = lost_page
    keys = {site: {page_key(page.url): number for number, page in pages.items()} for site, pages in sites.items()}
    parents: dict[str, list[Parent]] = {site: [] for site in sites}
    for page in archived:
        _note_parent(page, keys, parents)
    examples: dict[str, list[Example]] = {site: [] for site in sites}
    read: Counter[str] = Counter()
    for number, before in _concluded(store, run, [number for number, url in urls.items() if _site(url) in sites]):
        site = _site(urls[number])
        known = examples[site]
        wanted = len(known) < MOST_EXAMPLES
        example = example_of(stored, urls[number], before) if wanted else None
        if read[site] < _MOST_READ and (number in sites[site] or _is_alive(before.result)):
            read[site] += 1
            page = _baseline_page(stored, before)
            if page is not None:
                _note_parent(page, keys, parents)
                example = example or _by_canonical(urls[number], page)
        if example is not None and wanted:
            known.append(example)
    return [SiteSearch(_called(pages, parents[site]), examples[site], parents[site]) for site, pages in sites.items()]


def of_same_sites(sources: Iterable[tuple[str, int]], urls: Iterable[str]) -> dict[int, str]:
    """Those of these sources, given as URL and number, that are on the sites of these URLs, by their numbers."""
    sites = {_site(url) for url in urls}
    return {number: url for url, number in sources if _site(url) in sites}


def _note_parent(page: Page, keys: Mapping[str, Mapping[object, int]], parents: Mapping[str, list[Parent]]) -> None:
    """Add a page as it was to the parents of its site, if it linked to dead pages there."""
    site = _site(page.final_url)
    parent = parent_of(page, keys[site]) if site in keys else None
    if parent is not None:
        parents[site].append(parent)


def _called(pages: Mapping[int, DeadPage], parents: Sequence[Parent]) -> dict[int, DeadPage]:
    """The dead pages, with what the pages that linked to them called them."""
    names = [parent.names for parent in parents]
    return {
        number: replace(page, anchors=tuple(dict.fromkeys(name[number] for name in names if number in name)))
        for number, page in pages.items()
    }


def _concluded(store: Store, run: int, numbers: Sequence[int]) -> Iterator[tuple[int, Previous]]:
    """These sources with what is known of them by now."""
    for start in range(0, len(numbers), AT_ONCE):
        batch = numbers[start : start + AT_ONCE]
        known = previous.load(store, batch, run + 1)
        yield from ((number, known[number]) for number in batch)


def _site(url: str) -> str:
    """Empty for what is no URL."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def example_of(stored: Stored, url: str, before: Previous) -> Example | None:
    """Where a page has gone, as a redirect told or as it was found before."""
    result, answer = before.result, before.answers.get(MOVED)
    to = answer.url if answer is not None else None
    if result is not None and result.verdict is Verdict.MOVED:
        to = result.suggested_url or result.final_url
    if to is None:
        return None
    page = _baseline_page(stored, before)
    return Example(url, to, "" if page is None else text_of(page).title)


def _by_canonical(url: str, page: Page) -> Example | None:
    """Where else a page is, as it said itself by its canonical link."""
    canonical = read_listing(page).canonical
    if canonical is None or same_page(canonical, url):
        return None
    return Example(url, canonical, text_of(page).title)


def _baseline_page(stored: Stored, before: Previous) -> Page | None:
    baseline = _baseline(before)
    return None if baseline is None else stored(baseline)


def _baseline(before: Previous) -> Capture | None:
    """The first baseline, else the first usable capture."""
    based = sorted(before.baseline_ids, key=lambda cited: (cited[0], str(cited[1] or "")))
    first = before.baseline(*based[0]) if based else next((kept for kept in before.captures if kept.usable), None)
    return None if first is None else first.capture


def _is_alive(result: Result | None) -> bool:
    return result is not None and result.verdict.is_alive


def _is_lost(result: Result | None, named: Sequence[str]) -> bool:
    """The page is not at its address, and its site, or an address that others name, may have it."""
    return result is not None and (result.may_be_elsewhere or (result.verdict is Verdict.DEAD and bool(named)))
