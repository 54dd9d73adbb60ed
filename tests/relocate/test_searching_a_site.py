"""The search of a site, on pages in memory: what it finds, what it leaves, how many visits it takes."""

from __future__ import annotations

import gzip
import random
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from linkarchive.model import Page
from linkarchive.relocate.candidates import Candidate, Candidates
from linkarchive.relocate.dead_page import DeadPage
from linkarchive.relocate.likeness import text_of
from linkarchive.relocate.listings import NamedPage, read_listing
from linkarchive.relocate.names import Names, address_words, words_of
from linkarchive.relocate.rules import Example
from linkarchive.relocate.search import SiteSearch

SITE = "http://site.example"
NOUNS = "harbour tide ledger lantern survey council ferry channel timber museum pilot orchard engine register".split()  # noqa: SIM905  (words read as words)
VERBS = "recorded described measured refused repaired carried opened counted followed promised".split()  # noqa: SIM905  (words read as words)


def prose(seed: object, sentences: int = 24) -> str:
    dice = random.Random(repr(seed))

    def sentence() -> str:
        words = [dice.choice(NOUNS), dice.choice(VERBS), dice.choice(NOUNS), str(dice.randint(1700, 1999))]
        return f"The {words[0]} {words[1]} the {words[2]} of {words[3]} beside a {dice.choice(NOUNS)}."

    return "".join(f"<p>{' '.join(sentence() for _ in range(4))}</p>" for _ in range(sentences // 4))


def html(title: str, body: str, head: str = "") -> bytes:
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body><main><h1>{title}</h1>{body}</main>"
        "</body></html>"
    ).encode()


def page(url: str, body: bytes | None, status: int = 200) -> Page:
    if body is None:
        return Page(
            final_url=url, status=404, headers={"content-type": "text/html"}, body=html("Not found", "<p>No</p>")
        )
    return Page(final_url=url, status=status, headers={"content-type": "text/html; charset=utf-8"}, body=body)


def dead(number: int, url: str, title: str, seed: object, named: tuple[str, ...] = ()) -> DeadPage:
    return DeadPage(number, url, text_of(page(url, html(title, prose(seed)))), named)


def searched(
    pages: list[DeadPage], site: dict[str, bytes], examples: list[Example] | None = None
) -> tuple[dict[int, str], int]:
    """The new address of each dead page that was found, and the visits."""
    search = SiteSearch({page.number: page for page in pages}, examples or [])
    while wanted := search.wanted():
        for url in wanted:
            search.take(url, page(url, site.get(url)))
    return {found.number: found.url for found in search.results()}, search.visits


def front(*links: tuple[str, str]) -> dict[str, bytes]:
    return {f"{SITE}/": html("Front", "".join(f'<a href="{url}">{text}</a>' for url, text in links))}


@pytest.mark.long
def test_one_rule_serves_a_thousand_pages() -> None:
    titles = [f"{NOUNS[n % 14]}-{NOUNS[n // 14 % 14]}-{n}" for n in range(1000)]
    site = {f"{SITE}/news/{title}/": html(title, prose(title, 16)) for title in titles}
    pages = [
        DeadPage(n, f"{SITE}/2019/{title.replace('-', '_')}.html", text_of(page("", site[f"{SITE}/news/{title}/"])))
        for n, title in enumerate(titles)
    ]
    listing = {f"{SITE}/": html("Front", "".join(f'<a href="/news/{title}/">{title}</a>' for title in titles[:8]))}
    found, visits = searched(pages, site | listing)
    assert found == {n: f"{SITE}/news/{title}/" for n, title in enumerate(titles)}
    assert visits <= 1000 + 20


def test_rules_of_earlier_runs_are_used_at_once() -> None:
    examples = [Example(f"{SITE}/a/{noun}.php", f"{SITE}/b/{noun}") for noun in NOUNS[:3]]
    site = {f"{SITE}/b/pilot": html("Pilot", prose("pilot"))}
    assert searched([dead(1, f"{SITE}/a/pilot.php", "Pilot", "pilot")], site, examples) == ({1: f"{SITE}/b/pilot"}, 1)


def test_a_rule_that_fails_twice_is_dropped() -> None:
    examples = [Example(f"{SITE}/a/{noun}.php", f"{SITE}/b/{noun}") for noun in NOUNS[:1]]
    pages = [dead(n, f"{SITE}/a/{noun}.php", noun, noun) for n, noun in enumerate(NOUNS[1:])]
    search = SiteSearch({page.number: page for page in pages}, examples)
    asked = []
    while wanted := search.wanted():
        for url in wanted:
            asked.append(url)
            search.take(url, page(url, html("Front", "") if url == f"{SITE}/" else None))
    assert sum(url.startswith(f"{SITE}/b/") for url in asked) == 2


def test_a_rule_that_is_right_more_often_than_not_serves_a_site_of_which_some_pages_are_gone() -> None:
    examples = [Example(f"{SITE}/a/{noun}.php", f"{SITE}/b/{noun}") for noun in NOUNS[:3]]
    pages = [dead(n, f"{SITE}/a/{noun}.php", noun, noun) for n, noun in enumerate(NOUNS[3:])]
    site = {f"{SITE}/b/{noun}": html(noun, prose(noun)) for noun in NOUNS[5:]}
    found, _ = searched(pages, site, examples)
    assert found == {n: f"{SITE}/b/{noun}" for n, noun in enumerate(NOUNS[3:]) if n >= 2}


def tried(site: dict[str, bytes]) -> list[str]:
    """The addresses that a rule of three examples made of ten dead pages and that were visited, in order."""
    examples = [Example(f"{SITE}/a/{noun}.php", f"{SITE}/b/{noun}") for noun in NOUNS[:3]]
    pages = [dead(n, f"{SITE}/a/{noun}.php", noun, noun) for n, noun in enumerate(NOUNS[3:13])]
    search = SiteSearch({page.number: page for page in pages}, examples)
    asked = []
    while wanted := search.wanted():
        for url in wanted:
            asked.append(url)
            search.take(url, page(url, site.get(url)))
    return [url for url in asked if url.startswith(f"{SITE}/b/")]


def test_a_rule_that_was_right_on_three_pages_and_leads_to_others_is_dropped() -> None:
    others = {f"{SITE}/b/{noun}": html(noun, prose(("another", noun))) for noun in NOUNS}
    assert len(tried(others)) == 6, "those that were wanted at once"
    right = {f"{SITE}/b/{noun}": html(noun, prose(noun)) for noun in NOUNS}
    assert len(tried(right)) == 10


def test_pages_that_are_gone_say_nothing_against_a_rule_that_was_right_on_three() -> None:
    right = {f"{SITE}/b/{noun}": html(noun, prose(noun)) for noun in NOUNS[5:]}
    assert len(tried(right)) == 10
    soft = html("Nothing here", prose("what the site says of pages that it does not have"))
    assert len(tried(right | {f"{SITE}/b/{noun}": soft for noun in NOUNS[:5]})) == 10


def test_a_rule_whose_pages_the_judge_rejects_has_failed() -> None:
    examples = [Example(f"{SITE}/a/{NOUNS[0]}.php", f"{SITE}/b/{NOUNS[0]}")]
    pages = [dead(n, f"{SITE}/a/{noun}.php", noun, noun) for n, noun in enumerate(NOUNS[1:])]
    site = {f"{SITE}/b/{noun}": html(noun, prose(noun)) for noun in NOUNS}
    search = SiteSearch({page.number: page for page in pages}, examples)
    asked = []
    while wanted := search.wanted():
        for url in wanted:
            asked.append(url)
            found = search.take(url, page(url, site.get(url)))
            if found is not None:
                search.reject(url, found)
    assert sum(url.startswith(f"{SITE}/b/") for url in asked) == 2


def test_a_target_that_two_redirects_name_is_the_address_of_the_right_page_only() -> None:
    target = f"{SITE}/new/tide"
    pages = [dead(1, f"{SITE}/a", "Ferry", "ferry", (target,)), dead(2, f"{SITE}/b", "Tide", "tide", (target,))]
    site = {target: html("Tide", prose("tide"))}
    assert searched(pages, site)[0] == {2: target}
    assert searched(pages[::-1], site)[0] == {2: target}


def test_a_print_copy_a_listing_and_a_namesake_are_no_new_address() -> None:
    pages = [dead(1, f"{SITE}/old/ferry.html", "The ferry", "ferry")]
    canonical = f'<link rel="canonical" href="{SITE}/new/ferry">'
    site = front(("/print/ferry", "The ferry"), ("/all", "The ferry and all else"), ("/ferry", "The ferry"))
    site[f"{SITE}/print/ferry"] = html("The ferry", prose("ferry"), canonical)
    site[f"{SITE}/all"] = html("All", prose("ferry") + prose("tide") + prose("pilot"))
    site[f"{SITE}/ferry"] = html("The ferry", prose("another ferry"))
    assert searched(pages, site)[0] == {}
    site[f"{SITE}/new/ferry"] = html("The ferry", prose("ferry"))
    assert searched(pages, site)[0] == {1: f"{SITE}/new/ferry"}


def test_copies_that_do_not_say_what_they_are_are_no_answer() -> None:
    pages = [dead(1, f"{SITE}/old/ferry.html", "The ferry", "ferry")]
    site = front(("/a4/ferry", "The ferry"), ("/new/ferry", "The ferry"))
    site |= {f"{SITE}/{name}/ferry": html("The ferry", prose("ferry")) for name in ("a4", "new")}
    assert searched(pages, site)[0] == {}
    site[f"{SITE}/a4/ferry"] = html("The ferry", prose("ferry")[:-900])
    assert searched(pages, site)[0] == {1: f"{SITE}/new/ferry"}


def test_a_print_copy_that_only_its_query_tells_is_no_answer() -> None:
    pages = [dead(1, f"{SITE}/old/ferry.html", "The ferry", "ferry")]
    site = front(("/ferry?print=1", "The ferry"), ("/ferry", "The ferry"))
    site |= {f"{SITE}/ferry{query}": html("The ferry", prose("ferry")) for query in ("", "?print=1")}
    assert searched(pages, site)[0] == {}


def test_two_pages_alike_are_no_answer() -> None:
    pages = [dead(1, f"{SITE}/old/ferry.html", "The ferry", "ferry"), dead(2, f"{SITE}/old/x.html", "Else", "else")]
    site = front(("/one/ferry", "The ferry"), ("/two/ferry", "The ferry"), ("/three", "Another"))
    site |= {f"{SITE}/{name}/ferry": html("The ferry", prose("ferry")) for name in ("one", "two")}
    assert 1 not in searched(pages, site)[0]


def test_a_page_that_is_there_again_is_no_new_address_of_its_neighbour() -> None:
    shared = prose("shared", 32)
    bodies = {name: html(f"{name} command", shared + prose(name, 16)) for name in ("install", "upgrade")}
    pages = [DeadPage(n, f"{SITE}/docs/{name}", text_of(page("", bodies[name]))) for n, name in enumerate(bodies)]
    listed = front((f"{SITE}/docs/install/", "install command"))
    assert searched(pages, listed | {f"{SITE}/docs/install/": bodies["install"]})[0] == {0: f"{SITE}/docs/install/"}
    named = [replace(pages[0], named=()), replace(pages[1], named=(pages[0].url,))]
    assert searched(named, {pages[0].url: bodies["install"]})[0] == {}


def test_of_two_dead_pages_with_one_text_the_one_that_is_meant_gets_the_address() -> None:
    first, second = (dead(n, f"{SITE}/v{n}/guide.html", "Guide", "guide") for n in (1, 2))
    named = replace(second, named=(f"{SITE}/docs/guide2",))
    site = {f"{SITE}/docs/guide2": html("Guide", prose("guide"))}
    assert searched([first, named], site)[0] == {2: f"{SITE}/docs/guide2"}


def test_where_a_page_was_found_before_is_asked_first() -> None:
    known = (f"{SITE}/moved/story", "as was found")
    search = SiteSearch({1: replace(dead(1, f"{SITE}/story", "Story", 1), known=known)}, [])
    assert search.wanted() == [known[0]]


def test_titles_are_sent_to_no_other_site() -> None:
    target = "https://elsewhere.example/?q={search_term_string}"
    head = '<script type="application/ld+json">{"@type": "WebSite", "potentialAction": {"@type": "SearchAction", '
    head += f'"target": "{target}"}}}}</script>'
    search = SiteSearch({1: dead(1, f"{SITE}/story", "Story of the harbour", 1)}, [])
    asked = []
    while wanted := search.wanted():
        asked += wanted
        for url in wanted:
            search.take(url, page(url, html("Front", "<p>News</p>", head) if url == f"{SITE}/" else None))
    assert f"{SITE}/" in asked
    assert not any("elsewhere.example" in url for url in asked)


def test_a_site_that_fails_has_not_answered() -> None:
    search = SiteSearch({1: dead(1, f"{SITE}/story", "Story", 1)}, [])
    for url in search.wanted():
        search.take(url, page(url, html("Busy", "<p>Later</p>"), status=503))
    assert not search.has_answered
    search.take(f"{SITE}/", page(f"{SITE}/", None))
    assert search.has_answered


def test_a_sitemap_with_addresses_that_cannot_be_taken_apart_names_the_others() -> None:
    text = "".join(f"<url><loc>{url}</loc></url>" for url in ("http://[", f"{SITE}/story", "http://[::1"))
    listing = read_listing(
        Page(
            final_url=f"{SITE}/sitemap.xml",
            status=200,
            headers={"content-type": "application/xml"},
            body=f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{text}</urlset>'.encode(),
        )
    )
    assert [named.url for named in listing.pages] == [f"{SITE}/story"]


def test_what_is_gone_is_not_found_and_costs_few_visits() -> None:
    pages = [dead(n, f"{SITE}/old/{noun}.html", noun, ("gone", n)) for n, noun in enumerate(NOUNS)]
    site = front(*((f"/new/{noun}/", noun) for noun in NOUNS))
    site |= {f"{SITE}/new/{noun}/": html(noun, prose(("another", noun))) for noun in NOUNS}
    found, visits = searched(pages, site)
    assert found == {}
    assert visits <= 3 * len(pages)
    assert searched(pages[:1], site)[1] <= 12


ACTION = """<script type="application/ld+json">{"@type": "WebSite", "potentialAction": {"@type": "SearchAction",
"target": {"urlTemplate": "http:\\/\\/site.example\\/find?q={search_term_string}"}}}</script>"""
DESCRIPTION = '<link rel="search" type="application/opensearchdescription+xml" href="/search.xml">'


@pytest.mark.parametrize("head", [ACTION, DESCRIPTION])
def test_a_site_is_asked_by_its_own_search_where_it_declares_one(head: str) -> None:
    described = '<OpenSearchDescription><Url type="text/html" template="/find?q={searchTerms}&amp;p={startPage?}"/>'
    title = "Lanterns of the north quay"
    answers = ("q=Lanterns%20of%20the%20north%20quay", "q=Lanterns%20of%20the%20north%20quay&p=")
    site = {f"{SITE}/": html("Front", "<p>Nothing is linked here.</p>", head)}
    site |= {f"{SITE}/search.xml": f"{described}</OpenSearchDescription>".encode()}
    site |= {f"{SITE}/find?{asked}": html("Results", f'<a href="/p/77">{title}</a>') for asked in answers}
    site[f"{SITE}/p/77"] = html(title, prose("lanterns"))
    found, visits = searched([dead(1, f"{SITE}/old/1.html", title, "lanterns")], site)
    assert found == {1: f"{SITE}/p/77"}
    assert visits <= 6
    site.pop(f"{SITE}/search.xml")
    site[f"{SITE}/"] = html("Front", "<p>Nothing is linked here.</p>")
    assert searched([dead(1, f"{SITE}/old/1.html", title, "lanterns")], site)[0] == {}


def test_what_others_called_a_page_leads_to_it() -> None:
    site = {f"{SITE}/": html("Front", "<p>Nothing.</p>")}
    site |= {f"{SITE}/guide": html("Guide", '<a href="/n/9">see the keeper’s own account</a> <a href="/n/8">more</a>')}
    site |= {f"{SITE}/n/9": html("Page nine", prose("keeper")), f"{SITE}/n/8": html("Page eight", prose("eight"))}
    lost = dead(1, f"{SITE}/x?id=4", "Untitled", "keeper")
    assert searched([lost], site)[0] == {}
    called = replace(lost, anchors=("see the keeper’s own account",))
    site[f"{SITE}/"] = html("Front", f'<a href="{SITE}/guide">Guide</a>')
    assert searched([called], site)[0] == {1: f"{SITE}/n/9"}


def test_sections_that_name_nothing_new_do_not_use_up_the_visits() -> None:
    sections = [f"/{section}/" for section in ("about", "basics", "commands", "guides")]
    site = front(*((section, section) for section in sections))
    for section in sections[:3]:
        pages = [(f"{section}{noun}/", noun) for noun in NOUNS]
        site[SITE + section] = html(section, "".join(f'<a href="{url}">{text}</a>' for url, text in pages))
        site |= {SITE + url: html(text, prose((section, text))) for url, text in pages}
    site[f"{SITE}/guides/"] = html("guides", "".join(f'<a href="/guides/{n}/">entry</a>' for n in range(5)))
    site |= {f"{SITE}/guides/{n}/": html("Entry", prose(("lost", n))) for n in range(5)}
    lost = [dead(n, f"{SITE}/guide/old{n}.html", f"Lost {VERBS[n]}", ("lost", n)) for n in range(5)]
    found, visits = searched(lost, site)
    assert found == {n: f"{SITE}/guides/{n}/" for n in range(5)}
    assert visits <= 15


def test_the_likest_name_is_found_among_hundreds_that_share_a_word() -> None:
    candidates = Candidates()
    for n in range(500):
        candidates.add(NamedPage(f"{SITE}/guide/entry-{n}", f"Guide of the {NOUNS[n % 12]} number {n}"))
    candidates.add(NamedPage(f"{SITE}/a/9", "Guide of the orchard keeper"))
    lost = dead(1, f"{SITE}/x.html", "Guide of the orchard keeper", "orchard")
    assert next(candidates.best([lost], 8)) == Candidate(f"{SITE}/a/9", 1)


def test_words_with_other_endings_are_the_same_name() -> None:
    assert words_of("Embedding properties") == words_of("embeds a property") - {"a"}


def test_sitemaps_are_read_nested_and_packed() -> None:
    index = b'<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap>' + (
        f"<loc>{SITE}/pages.xml.gz</loc></sitemap></sitemapindex>".encode()
    )
    inner = f"<urlset><url><loc>{SITE}/new/ferry</loc></url></urlset>".encode()
    site = front(("/about", "About us")) | {f"{SITE}/sitemap.xml": index, f"{SITE}/pages.xml.gz": gzip.compress(inner)}
    site[f"{SITE}/new/ferry"] = html("The ferry", prose("ferry"))
    assert searched([dead(1, f"{SITE}/old/ferry.html", "The ferry", "ferry")], site)[0] == {1: f"{SITE}/new/ferry"}


def test_a_small_file_that_unpacks_to_millions_of_tags_is_no_sitemap() -> None:
    body = gzip.compress(f"<urlset><url><loc>{SITE}/story</loc></url>{'<a/>' * 1_100_000}</urlset>".encode(), 1)
    headers = {"content-type": "application/xml"}
    assert read_listing(Page(final_url=f"{SITE}/sitemap.xml.gz", status=200, headers=headers, body=body)).pages == ()


def test_an_html_page_in_place_of_a_sitemap_is_none() -> None:
    soft = html("Nothing here", f'<a href="{SITE}/about">About</a>')
    urls = f"<urlset><url><loc>{SITE}/about</loc></url></urlset>".encode()
    text = structs.replace(
        page(f"{SITE}/sitemap.txt", f"{SITE}/about".encode()), headers={"content-type": "text/plain"}
    )
    listings = [read_listing(page(f"{SITE}/sitemap.xml", body)) for body in (soft, urls)] + [read_listing(text)]
    assert [listing.is_sitemap for listing in listings] == [False, True, True]
    assert {listing.pages[0].url for listing in listings} == {f"{SITE}/about"}


def test_feeds_are_read() -> None:
    feed = f"<?xml version='1.0'?><rss><channel><item><title>A</title><link>{SITE}/a</link></item></channel></rss>"
    atom = f"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>B</title><link href='{SITE}/b'/></entry></feed>"
    for text, url in ((feed, f"{SITE}/a"), (feed.partition("?>")[2], f"{SITE}/a"), (atom, f"{SITE}/b")):
        (named,) = read_listing(page(f"{SITE}/feed", text.encode())).pages
        assert (named.url, named.text) == (url, url[-1].upper())


@given(st.binary(max_size=400))
def test_any_bytes_are_a_listing(data: bytes) -> None:
    for start in (b"", b"<?xml version='1.0'?><urlset>", b"\x1f\x8b\x08", b"<html><a href='"):
        for named in read_listing(page(f"{SITE}/x", start + data)).pages:
            assert urlsplit(named.url).scheme


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_names_can_be_compared(first: str, second: str) -> None:
    scale = Names()
    for words in (words_of(first), address_words(f"{SITE}/{second}")):
        scale.add(words)
    assert 0.0 <= scale.likeness(words_of(first), address_words(f"{SITE}/{second}")) <= 1.0
    assert words_of("Über Größen") == words_of("ueber-groessen")
