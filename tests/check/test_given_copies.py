"""The archived copy that an article gives beside its link is a candidate for the baseline."""

from __future__ import annotations

from typing import Any

import pytest
from faulty_archive import Fault

from linkarchive.demo.wire import Response

ALPHA = "http://alpha.example/report"
SOFT_404 = Response(b"<title>404 Not Found</title><h1>Page not found</h1>")


def copy_at(day: str, url: str = ALPHA, archive: str = "https://web.archive.org/web") -> str:
    return f"{archive}/{day.replace('-', '')}000000/{url}"


def robust_link(copy: str, looked: str, url: str) -> tuple[str, str]:
    return "article.html", (
        f'<html><head><title>On the harbour</title><meta property="article:published_time" content="{looked}"></head>'
        f'<body><article><h1>On the harbour</h1><p>As <a href="{url}" data-versionurl="{copy}"'
        f' data-versiondate="2020-06-01">the report</a> has it.</p></article></body></html>'
    )


def template(copy: str, looked: str, url: str) -> tuple[str, str]:
    return "article.wikitext", (
        f"The harbour grew.<ref>{{{{cite web |url={url} |title=The report |access-date={looked}"
        f" |archive-url={copy} |archive-date=2020-06-01}}}}</ref>\n"
    )


@pytest.fixture(params=[robust_link, template])
def cite(request: Any, project: Any) -> Any:
    """Writes an article that gives a copy beside its link, and returns its name."""

    def written(copy: str, looked: str = "2021-05-12", url: str = ALPHA) -> str:
        name, text = request.param(copy, looked, url)
        project.write(name, text)
        return str(name)

    return written


def baseline(ran: Any) -> tuple[str, str]:
    """Origin and day of the source's baseline."""
    baseline = ran.source(ALPHA)["baseline"]
    return baseline["origin"], baseline["time"][:10]


def test_the_copy_is_the_baseline_where_archives_have_none_near_the_day(
    project: Any, stage: Any, archives: Any, cite: Any
) -> None:
    archives.hold(ALPHA, "2020-06-01", stage.html("as it was"))
    stage[ALPHA] = stage.html("something else entirely")
    ran = project.check(cite(copy_at("2020-06-01")), now="2026-01-05")
    assert baseline(ran) == ("wayback", "2020-06-01")
    assert ran.source(ALPHA)["baseline"]["url"] == copy_at("2020-06-01")
    assert ran.told(ALPHA) == ("drifted", "replaced", "new")


def test_the_nearer_copy_wins_over_what_the_first_archive_has(
    project: Any, stage: Any, archives: Any, cite: Any
) -> None:
    archives.hold(ALPHA, "2021-07-01", stage.html("rewritten"))
    archives.hold_elsewhere(ALPHA, "2021-05-20", stage.html("as it was"))
    stage[ALPHA] = stage.html("rewritten")
    ran = project.check(cite(copy_at("2021-05-20", archive="https://arquivo.pt/wayback")), now="2026-01-05")
    assert baseline(ran) == ("memento", "2021-05-20")
    assert ran.source(ALPHA)["verdict"] == "drifted"


def test_a_copy_further_from_the_day_does_not(project: Any, stage: Any, archives: Any, cite: Any) -> None:
    archives.hold(ALPHA, "2021-05-13", stage.html("as it was"))
    archives.hold_elsewhere(ALPHA, "2021-09-01", stage.html("rewritten"))
    stage[ALPHA] = stage.html("as it was")
    ran = project.check(cite(copy_at("2021-09-01", archive="https://arquivo.pt/wayback")), now="2026-01-05")
    assert baseline(ran) == ("wayback", "2021-05-13")
    assert not archives.arquivo.counts


def test_nor_one_that_is_further_from_it_than_today(project: Any, stage: Any, archives: Any, cite: Any) -> None:
    archives.hold(ALPHA, "2020-06-01", stage.html("as it was"))
    stage[ALPHA] = stage.html("rewritten since")
    name = cite(copy_at("2020-06-01"), looked="2025-12-20")
    assert baseline(project.check(name, now="2026-01-05")) == ("live", "2026-01-05")
    stage[ALPHA] = Response(b"<h1>gone</h1>", 410)
    ran = project.check(name, now="2026-03-20")
    assert baseline(ran) == ("live", "2026-01-05"), "our own capture stays, though the copy settles the link"
    assert ran.source(ALPHA)["settled"]["url"] == copy_at("2020-06-01")


@pytest.mark.parametrize("given", ["2021-05-13", "2021-05-10"])
def test_nor_one_that_is_unusable_or_not_there(project: Any, stage: Any, archives: Any, cite: Any, given: str) -> None:
    archives.hold(ALPHA, "2021-07-01", stage.html("as it was"))
    archives.hold_elsewhere(ALPHA, "2021-05-13", SOFT_404)
    stage[ALPHA] = stage.html("as it was")
    ran = project.check(cite(copy_at(given, archive="https://arquivo.pt/wayback")), now="2026-01-05")
    assert archives.arquivo.counts
    assert baseline(ran) == ("wayback", "2021-07-01")


def test_a_copy_of_another_page_is_no_baseline(project: Any, stage: Any, archives: Any, cite: Any) -> None:
    archives.hold("http://beta.example/ledger", "2021-05-12", stage.html("a ledger"))
    stage[ALPHA] = stage.html("the report")
    ran = project.check(cite(copy_at("2021-05-12", "http://beta.example/ledger")), now="2026-01-05")
    assert ran.told(ALPHA) == ("ok", "first-seen", "none")


def test_a_far_copy_waits_until_archives_can_say_whether_they_have_a_nearer_one(
    project: Any, stage: Any, archives: Any, cite: Any
) -> None:
    archives.hold(ALPHA, "2021-05-13", stage.html("as it was"))
    archives.hold_elsewhere(ALPHA, "2020-06-01", stage.html("as it had been"))
    for service in ("replay", "index", "timemap"):
        archives.wayback.fail(service, Fault.UNAVAILABLE)
    stage[ALPHA] = stage.html("as it was")
    name = cite(copy_at("2020-06-01", archive="https://arquivo.pt/wayback"))
    assert baseline(project.check(name, now="2026-01-05"))[0] == "live"
    archives.wayback.heal()
    assert baseline(project.check(name, now="2026-01-06")) == ("wayback", "2021-05-13")


def test_a_near_copy_need_not_wait_for_them(project: Any, stage: Any, archives: Any, cite: Any) -> None:
    archives.hold_elsewhere(ALPHA, "2021-05-20", stage.html("as it was"))
    archives.wayback.fail("replay", Fault.UNAVAILABLE)
    stage[ALPHA] = stage.html("as it was")
    ran = project.check(cite(copy_at("2021-05-20", archive="https://arquivo.pt/wayback")), now="2026-01-05")
    assert baseline(ran) == ("memento", "2021-05-20")


def test_an_archive_that_we_do_not_know_is_not_asked(project: Any, stage: Any, archives: Any, cite: Any) -> None:
    stage[ALPHA] = stage.html("the report")
    project.check(cite(copy_at("2021-05-12", archive="http://beta.example/web")), now="2026-01-05")
    assert not [request for request in stage.requests if "beta.example" in request.url]


def test_nothing_private_is_asked_for(project: Any, stage: Any, archives: Any, cite: Any) -> None:
    stage[ALPHA] = stage.html("the report")
    name = cite(copy_at("2020-06-01"))
    project.check(name, "--wayback", "off", now="2026-01-05")
    project.write("links.txt", f"[{name}]\nprivate = true\n")
    project.check(name, now="2026-01-06")
    assert not archives.wayback.counts
    assert not archives.arquivo.counts


def test_a_copy_of_an_address_with_a_token_is_not_asked_for(project: Any, stage: Any, archives: Any, cite: Any) -> None:
    stage[ALPHA] = Response(b"<h1>gone</h1>", 410)
    secret = f"{ALPHA}?token=s3cr3t"
    archives.hold(secret, "2021-05-12", stage.html("the report"))
    ran = project.check(cite(copy_at("2021-05-12", secret)), now="2026-01-05")
    assert ran.source(ALPHA)["settled"] is None, "whether it is there was not asked"


@pytest.mark.parametrize("style", ["append", "robust"])
def test_what_the_article_then_gives_settles_the_link_at_the_next_check(
    project: Any, stage: Any, archives: Any, style: str
) -> None:
    stage[ALPHA] = stage.html(ALPHA)
    archives.hold(ALPHA, "2025-12-24", stage.html(ALPHA))
    project.article(ALPHA, published="2025-12-20")
    project.write("references.bib", f"@misc{{k,\n  title = {{The list}},\n  url = {{{ALPHA}}},\n}}\n")
    assert project.check("article.md", "references.bib", now="2026-01-05").code == 0
    stage[ALPHA] = Response(b"<h1>gone</h1>", 410)
    ran = project.check(now="2026-02-05")
    assert (ran.source(ALPHA)["verdict"], ran.source(ALPHA)["settled"], ran.code) == ("dead", None, 1)
    names = ("article.md", "references.bib") if style == "append" else ("references.bib",)
    assert project.run("fix", *names, "--style", style, "--write", now="2026-02-05").code == 0
    written = [(project.root / name).read_bytes() for name in names]
    assert all(ALPHA.encode() in data and b"web.archive.org/web/2025" in data for data in written)
    again = project.run("fix", *names, "--style", style, "--write", now="2026-02-05")
    assert (again.code, again.out) == (0, "")
    assert [(project.root / name).read_bytes() for name in names] == written
    settled = project.check(*names, now="2026-02-06")
    mine = [citation for citation in settled.source(ALPHA)["citations"] if citation["article"] in names]
    assert [citation["settled"] is not None for citation in mine if citation["url"] == ALPHA] == [True] * len(names)
    if style == "append":
        assert (settled.source(ALPHA)["verdict"], settled.code) == ("dead", 0)
    third = project.run("fix", *names, "--write", now="2026-02-06")
    assert (third.code, third.out) == (0, ""), "what is settled is left as it is, in every style"
