"""Dead links whose pages stand elsewhere on their site: found, suggested, remembered; what is closed stays closed."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from linkarchive.demo.wire import Response

SITE = "http://alpha.example"
NAMES = ("ferry-returns", "salt-for-the-road", "the-old-crane", "night-market")


def raw(body: bytes) -> Response:
    return Response(body, content_type="text/plain")


def moved(stage: Any, folder: Any, *, gone: tuple[str, ...] = ()) -> list[str]:
    """Old addresses that were checked once, then a redesign that moved all pages but those that are gone."""
    old = [f"{SITE}/2019/{name.replace('-', '_')}.html" for name in NAMES]
    for url, name in zip(old, NAMES, strict=True):
        stage[url] = stage.html(name)
    folder.article(*old)
    folder.check("article.md")
    stage.clear()
    for name in NAMES:
        if name not in gone:
            stage[f"{SITE}/news/{name}/"] = stage.html(name)
    return old


def with_sitemap(stage: Any, names: tuple[str, ...] = NAMES) -> None:
    locations = "".join(f"<url><loc>{SITE}/news/{name}/</loc></url>" for name in names)
    stage[f"{SITE}/"] = stage.html("front")
    stage[f"{SITE}/maps/pages.xml.gz"] = raw(gzip.compress(f"<urlset>{locations}</urlset>".encode()))
    index = f"<sitemapindex><sitemap><loc>{SITE}/maps/pages.xml.gz</loc></sitemap></sitemapindex>"
    stage[f"{SITE}/index.xml"] = raw(f"<?xml version='1.0'?>{index}".encode())
    stage[f"{SITE}/robots.txt"] = raw(f"User-agent: *\nDisallow: /closed/\nSitemap: {SITE}/index.xml\n".encode())


def test_pages_are_found_where_a_redesign_put_them(stage: Any, folder: Any) -> None:
    old = moved(stage, folder, gone=(NAMES[3],))
    with_sitemap(stage, NAMES[:3])
    report = folder.check(now="2026-01-12")
    for url, name in zip(old[:3], NAMES, strict=False):
        source = report.source(url)
        assert (source["verdict"], source["suggested_url"]) == ("dead", f"{SITE}/news/{name}/")
        assert source["suggested_confidence"] >= 0.95
        assert source["suggested_by"]
        assert any(f"{SITE}/news/{name}/ now" in sentence for sentence in source["evidence"])
    assert report.source(old[3])["suggested_url"] is None
    assert f"{SITE}/news/{NAMES[0]}/" in folder.run("fix", "article.md", now="2026-01-12").out
    rules = folder.run("show", "alpha.example", now="2026-01-12")
    assert "pages moved from /2019/ferry_returns.html to /news/ferry-returns/; 2 others did" in rules.out
    assert folder.run("rebuild", now="2026-01-12").code == 0
    assert folder.run("show", "alpha.example", now="2026-01-12").out == rules.out


def test_pages_are_found_on_a_site_that_says_200_to_everything(stage: Any, folder: Any) -> None:
    old = moved(stage, folder, gone=(NAMES[3],))
    with_sitemap(stage, NAMES[:3])
    stage.otherwise = Response(b"<html><title>Not found</title><h1>Page not found</h1><p>It is not here.</p></html>")
    report = folder.check(now="2026-01-12")
    now = [f"{SITE}/news/{name}/" for name in NAMES[:3]]
    assert [report.source(url)["verdict"] for url in old] == ["dead"] * 4
    assert [report.source(url)["suggested_url"] for url in old] == [*now, None]


def test_what_was_looked_for_is_not_looked_for_every_night(stage: Any, folder: Any) -> None:
    moved(stage, folder, gone=NAMES)
    with_sitemap(stage, ())
    folder.check(now="2026-01-12")
    stage.requests.clear()
    folder.check(now="2026-01-13")
    assert stage.asked(f"{SITE}/index.xml") == 0
    folder.check(now="2026-02-20")
    assert stage.asked(f"{SITE}/index.xml") == 1


def test_a_page_that_another_took_the_place_of_is_looked_for_too(stage: Any, folder: Any) -> None:
    old = moved(stage, folder)
    with_sitemap(stage)
    stage[old[0]] = stage.html("what stands there today")
    report = folder.check(now="2026-01-12")
    source, now = report.source(old[0]), f"{SITE}/news/{NAMES[0]}/"
    assert (source["verdict"], source["reason"], source["suggested_url"]) == ("drifted", "replaced", now)
    assert f"+As [source 1]({now}) has it." in folder.run("fix", "article.md", now="2026-01-12").out
    assert "use this address" in folder.run("report", now="2026-01-12").out


@pytest.mark.parametrize("obey", ["true", "false"])
def test_what_robots_txt_closes_is_not_searched(stage: Any, folder: Any, obey: str) -> None:
    folder.write("archive.toml", f"[network]\nobey_robots = {obey}\n")
    [url, *_] = moved(stage, folder, gone=NAMES)
    with_sitemap(stage, ())
    stage[f"{SITE}/"] = stage.html("front", more=f'<a href="/closed/ferry-returns">{NAMES[0]}</a>')
    stage[f"{SITE}/closed/ferry-returns"] = stage.html(NAMES[0])
    assert folder.check(now="2026-01-12").source(url)["suggested_url"] is None
    assert stage.asked(f"{SITE}/closed/ferry-returns") == 0


@pytest.mark.parametrize("count", [1, 4])
def test_the_search_costs_few_visits(stage: Any, folder: Any, count: int) -> None:
    moved(stage, folder, gone=NAMES)
    others = "".join(f'<a href="/other/{number}/">Page {number}</a>' for number in range(100))
    stage[f"{SITE}/"] = stage.html("front", more=others)
    for number in range(100):
        stage[f"{SITE}/other/{number}/"] = stage.html(f"other {number}")
    if count == 1:
        (folder.root / "links.txt").unlink()
        folder.article(f"{SITE}/2019/ferry_returns.html")
    stage.requests.clear()
    folder.check("article.md", now="2026-01-12")
    asked = [request.url for request in stage.requests if "alpha" in request.url and "/2019/" not in request.url]
    probes = [url for url in asked if "/other/" not in url]
    assert len(asked) <= 14
    assert len(probes) <= 8


def test_what_pages_said_to_be_their_own_address_tells_a_rule(stage: Any, folder: Any) -> None:
    copies = [f"{SITE}/amp/{name}.html" for name in NAMES]
    for url, name in zip(copies, NAMES, strict=True):
        head = f'<link rel="canonical" href="{SITE}/news/{name}/"></head>'.encode()
        stage[url] = Response(stage.html(name).body.replace(b"</head>", head))
    folder.article(*copies)
    folder.check("article.md")
    stage.clear()
    for name in NAMES[1:]:
        stage[f"{SITE}/news/{name}/"] = stage.html(name)
    report = folder.check(now="2026-01-12")
    now = [report.source(url)["suggested_url"] for url in copies]
    assert now == [None, *(f"{SITE}/news/{name}/" for name in NAMES[1:])]


def test_a_stored_page_that_linked_to_it_says_what_it_was_called(stage: Any, folder: Any) -> None:
    lost, parent, now = f"{SITE}/x?id=4", f"{SITE}/guide", f"{SITE}/n/9"
    stage[lost] = stage.html("The keeper’s account")
    stage[parent] = stage.html("Guide", more='<a href="/x?id=4">what the lamp cost in oil</a>')
    folder.article(lost, parent)
    folder.check("article.md")
    account = stage.html("The keeper’s account")
    stage.clear()
    stage[parent] = stage.html("Guide", more='<a href="/n/9">what the lamp cost in oil</a> <a href="/n/8">more</a>')
    stage[now] = account
    stage[f"{SITE}/"] = stage.html("front")
    report = folder.check(now="2026-01-12")
    assert (report.source(lost)["verdict"], report.source(lost)["suggested_url"]) == ("dead", now)
    assert stage.asked(parent) >= 1


def test_what_two_hosts_lead_to_is_visited_once_and_searched_for_both(stage: Any, folder: Any) -> None:
    hosts = (SITE, "http://gamma.example")
    old = [f"{host}/2019/{name}.html" for host, name in zip(hosts, NAMES, strict=False)]
    for url, name in zip(old, NAMES, strict=False):
        stage[url] = stage.html(name)
    folder.article(*old)
    folder.check("article.md")
    stage.clear()
    now = [f"http://beta.example/news/{name}/" for name in NAMES[:2]]
    for url, name in zip(now, NAMES, strict=False):
        stage[url] = stage.html(name)
    for host in hosts:
        stage[f"{host}/"] = stage.redirect("http://beta.example/", 302)
    stage["http://beta.example/"] = stage.html("front")
    locations = "".join(f"<url><loc>{url}</loc></url>" for url in now)
    stage["http://beta.example/sitemap.xml"] = raw(f"<urlset>{locations}</urlset>".encode())
    stage.requests.clear()
    report = folder.check(now="2026-01-12")
    assert [report.source(url)["suggested_url"] for url in old] == now
    assert stage.asked("http://beta.example/sitemap.xml") == 1


def test_they_are_looked_for_where_remap_says(stage: Any, folder: Any) -> None:
    """Somebody who visits a copy of the site instead of the site is searched for there, and told of the site."""
    folder.write("archive.toml", '[network]\nremap = ["http://alpha.example(.*) http://beta.example$1"]\n')
    old = [f"{SITE}/2019/{name.replace('-', '_')}.html" for name in NAMES]
    there = SITE.replace("alpha", "beta")
    for name in NAMES:
        stage[f"{there}/2019/{name.replace('-', '_')}.html"] = stage.html(name)
    folder.article(*old)
    folder.check("article.md")
    stage.clear()
    links = "".join(f'<a href="{SITE}/news/{name}/">{name}</a>' for name in NAMES)
    stage[f"{there}/"] = stage.html("front", more=links)
    for name in NAMES:
        stage[f"{there}/news/{name}/"] = stage.html(name)
    report = folder.check(now="2026-01-12")
    assert [report.source(url)["suggested_url"] for url in old] == [f"{SITE}/news/{name}/" for name in NAMES]
    assert [request.url for request in stage.requests if request.url.startswith(SITE)] == []
