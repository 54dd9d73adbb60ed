"""Pages that linked to dead ones: what they link to in their place today, by words, neighbours and order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from moved_sites import answer, page_of, prose

from linkarchive.model import Page
from linkarchive.relocate.dead_page import DeadPage
from linkarchive.relocate.likeness import text_of
from linkarchive.relocate.parents import Parent, links_today, page_key, parent_of
from linkarchive.relocate.search import SiteSearch

SITE = "http://guide.example"
PARENT = f"{SITE}/guide/"
THEN = (
    '<p>What the lamp cost in oil is told <a href="/x?id=3">here</a>.</p>'
    '<p>Who kept it through the winter of the flood is told <a href="/x?id=4">here</a>.</p>'
    '<p>How the tower was built is told <a href="/x?id=5">here</a>.</p><a href="/about">About us</a>'
)
NOW = (
    '<p>How the tower was built is told <a href="/n/a5">here</a>.</p><a href="/about">About us</a>'
    '<p>And who kept it through the winter of the flood is told <a href="/n/q4">here</a>.</p>'
    '<p>What the lamp cost in oil is told <a href="/n/z3">here</a>.</p>'
)


def keys(*numbers: int) -> dict[object, int]:
    return {page_key(f"{SITE}/x?id={number}"): number for number in numbers}


def parent(*numbers: int, then: str = THEN) -> Parent:
    found = parent_of(answer(PARENT, page_of("Guide", then, "then")), keys(*numbers))
    assert found is not None
    return found


def lost(number: int) -> DeadPage:
    return DeadPage(number, f"{SITE}/x?id={number}", text_of(answer("", page_of("Untitled", prose(number), "then"))))


def visits(search: SiteSearch, site: dict[str, bytes]) -> list[str]:
    """The addresses that the search visited, in order."""
    asked: list[str] = []
    while wanted := search.wanted():
        asked += wanted
        for url in wanted:
            search.take(url, answer(url, site.get(url)))
    return asked


def test_a_link_is_found_by_the_words_around_it_wherever_they_stand_today() -> None:
    today = answer(PARENT, page_of("The guide", NOW, "now"))
    assert links_today(parent(3, 4, 5), today) == {
        number: f"{SITE}/n/{name}{number}" for number, name in enumerate("zqa", 3)
    }
    assert links_today(parent(4), today) == {4: f"{SITE}/n/q4"}


def test_links_of_one_text_are_told_apart_by_their_neighbours() -> None:
    items = [f'<li><a href="/kept/{n}">Year {n}</a> <a href="/x?id={n}">more</a></li>' for n in range(3, 6)]
    then, now = f"<ul>{''.join(items)}</ul>", f"<ul>{''.join(items).replace('/x?id=', '/n/')}</ul>"
    found = links_today(parent(3, 4, 5, then=then), answer(PARENT, page_of("Guide", now, "now")))
    assert found == {n: f"{SITE}/n/{n}" for n in range(3, 6)}


def test_a_page_that_links_to_none_is_no_parent() -> None:
    assert parent_of(answer(PARENT, page_of("Guide", THEN, "then")), keys(9)) is None


def test_what_a_parent_links_to_today_is_visited_first_and_said() -> None:
    site = {
        f"{SITE}/n/{name}{number}": page_of(f"{number}", prose(number), "now") for number, name in enumerate("zqa", 3)
    }
    others = "".join(f'<a href="/m/{n}">{n}</a>' for n in range(90))
    site |= {PARENT: page_of("Guide", others + NOW, "now"), f"{SITE}/": page_of("Front", "", "now")}
    search = SiteSearch({4: lost(4)}, [], [parent(4)])
    assert visits(search, site) == [PARENT, f"{SITE}/n/q4"]
    (found,) = search.results()
    assert (found.url, found.how) == (f"{SITE}/n/q4", f"the page that linked to it, {PARENT}, links to it there now")


def test_a_dead_page_that_was_found_leads_to_those_that_it_linked_to() -> None:
    now = f"{SITE}/handbook"
    site = {now: page_of("Guide", prose("guide") + NOW, "now"), f"{SITE}/n/q4": page_of("4", prose(4), "now")}
    guide = DeadPage(1, PARENT, text_of(answer("", page_of("Guide", prose("guide") + THEN, "then"))), (now,))
    search = SiteSearch({1: guide, 4: lost(4)}, [], [parent(4)])
    assert visits(search, site) == [now, f"{SITE}/n/q4"]
    assert {found.number: found.url for found in search.results()} == {1: now, 4: f"{SITE}/n/q4"}


def test_a_parent_that_still_links_to_the_dead_address_says_nothing() -> None:
    search = SiteSearch({4: lost(4)}, [], [parent(4)])
    asked = visits(search, {PARENT: page_of("Guide", THEN, "now")})
    assert f"{SITE}/x?id=4" not in asked
    assert not list(search.results())


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_can_have_been_a_parent(then: bytes, now: bytes) -> None:
    head = b"<html><body><a href='/x?id=4'>here</a>"
    for start in (b"", head):
        page = Page(final_url=PARENT, status=200, headers={"content-type": "text/html"}, body=start + then)
        found = parent_of(page, keys(4))
        if found is not None:
            links_today(found, Page(final_url=PARENT, status=200, headers={}, body=start + now))
