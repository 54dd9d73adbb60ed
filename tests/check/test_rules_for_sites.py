"""`[[sites]]`: what a project says of single hosts, as seen on the web, in the verdicts and in the archive."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from linkarchive.judge.site_rule import apply_site_rule
from linkarchive.model import Page
from linkarchive.settings import SiteSettings

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"


def rule(folder: Any, text: str) -> None:
    folder.write("archive.toml", f"[[sites]]\n{text}\n")


# --- headers --------------------------------------------------------------------------


def test_headers_go_to_their_host_only_and_are_not_kept(folder: Any, stage: Any) -> None:
    rule(folder, 'host = "alpha.example"\nheaders = ["X-Api-Key: topsecret", "Accept-Language: de"]')
    stage[ALPHA] = stage.redirect(BETA, 302)
    stage[BETA] = stage.html("beta")
    folder.article(ALPHA)
    folder.check("article.md")
    sent = {request.url: {name.lower(): value for name, value in request.headers.items()} for request in stage.requests}
    assert sent[ALPHA]["x-api-key"] == "topsecret"
    assert sent[ALPHA]["accept-language"] == "de"
    assert "x-api-key" not in sent[BETA]  # it redirected to another host
    assert sent[BETA]["accept-language"] != "de"
    (warc,) = (folder.root / "archive" / "warc").iterdir()
    kept = gzip.decompress(warc.read_bytes())
    assert b"x-api-key: [removed]" in kept.lower()
    assert b"topsecret" not in kept


def test_the_rule_of_the_longest_host_counts(folder: Any, stage: Any) -> None:
    rule(folder, 'host = "example"\nfetch = false\n[[sites]]\nhost = "alpha.example"')
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA, BETA, "http://notalpha.exampleX/")
    ran = folder.check("article.md")
    assert ran.told(ALPHA)[0] == "ok"
    assert ran.told(BETA)[:2] == ("skipped", "excluded")
    assert stage.asked(BETA) == 0


# --- what is no substance -------------------------------------------------------------


def clock(stage: Any, name: str, text: str) -> Any:
    """A page with a box that says something else each time, in its main text."""
    return stage.html(name, more=f'</p><p class="live">{" ".join(stage.prose(text, 48))}</p><p>')


def test_ignored_elements_are_no_drift(folder: Any, stage: Any) -> None:
    folder.article(ALPHA)
    stage[ALPHA] = clock(stage, "alpha", "monday")
    folder.check("article.md")
    stage[ALPHA] = clock(stage, "alpha", "tuesday")
    assert folder.check(now="2026-01-12").told(ALPHA)[0] == "drifted"
    rule(folder, 'host = "alpha.example"\nignore = [".live"]')
    ran = folder.check(now="2026-01-19")
    assert ran.told(ALPHA) == ("ok", "same", "recovered")
    stage[ALPHA] = clock(stage, "alpha", "wednesday")
    assert folder.check(now="2026-01-26").told(ALPHA) == ("ok", "same", "none")
    captures = folder.captures()
    stage[ALPHA] = clock(stage, "alpha", "thursday")
    assert folder.check(now="2026-01-27").told(ALPHA) == ("ok", "same", "none")
    assert folder.captures() == captures  # noise is not worth a copy
    stage[ALPHA] = clock(stage, "beta", "thursday")
    assert folder.check(now="2026-02-02").told(ALPHA)[0] == "drifted"


def test_a_rule_taken_back_is_judged_again(folder: Any, stage: Any) -> None:
    """The page did not change in between: what the verdict depends on did."""
    rule(folder, 'host = "alpha.example"\nignore = [".live"]')
    folder.article(ALPHA)
    stage[ALPHA] = clock(stage, "alpha", "monday")
    folder.check("article.md")
    stage[ALPHA] = clock(stage, "alpha", "tuesday")
    assert folder.check(now="2026-01-12").told(ALPHA)[0] == "ok"
    (folder.root / "archive.toml").unlink()
    assert folder.check(now="2026-01-19").told(ALPHA)[0] == "drifted"


def test_the_case_of_a_source_is_what_was_judged(folder: Any, stage: Any) -> None:
    rule(folder, 'host = "alpha.example"\nignore = [".live"]')
    folder.article(ALPHA)
    stage[ALPHA] = clock(stage, "alpha", "monday")
    folder.check("article.md")
    stage[ALPHA] = clock(stage, "beta", "tuesday")
    folder.check(now="2026-01-12")
    case = folder.run("show", "--case", ALPHA, now="2026-01-13").out
    assert 'class=\\"live\\"' not in case
    judged = folder.run("judge", "-", stdin=case.encode())
    assert judged.json["verdict"] == "drifted"


def page(html: str, status: int = 200, kind: str = "text/html; charset=iso-8859-1") -> Page:
    return Page("http://alpha.example/", status, {"content-type": kind}, html.encode("latin-1"))


@pytest.mark.parametrize(
    ("selectors", "left"),
    [
        ((".a",), "é stays"),
        ((".a", "b", "p.a > b, .a, div"), "é stays"),
        (("i",), "one two é stays"),
        (("html",), ""),
    ],
)
def test_elements_go_with_what_is_in_them_and_once(selectors: tuple[str, ...], left: str) -> None:
    html = '<!doctype html><div class="a"><p class="a">one <b class="a">two</b></p></div><p>é stays</p>'
    trimmed = apply_site_rule(page(html), SiteSettings("alpha.example", ignore=selectors))
    from linkarchive.judge.parsed_page import ParsedPage

    assert " ".join(ParsedPage(trimmed).visible.split()) == left


def test_what_is_no_html_keeps_its_bytes() -> None:
    text = page("<p class='a'>%PDF</p>", kind="application/octet-stream")
    deep = page("<div class='a'>" * 3000)
    rule = SiteSettings("alpha.example", ignore=(".a",))
    assert apply_site_rule(text, rule).body == text.body
    assert apply_site_rule(deep, rule).body == deep.body
    assert apply_site_rule(page("<p>x"), None).body == b"<p>x"


# --- statuses, copies, visits ---------------------------------------------------------


def test_an_accepted_status_is_that_of_a_page(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha", status=403)
    folder.article(ALPHA)
    assert folder.check("article.md").told(ALPHA)[:2] == ("blocked", "forbidden")
    rule(folder, 'host = "alpha.example"\naccept_status = [403]')
    assert folder.check(now="2026-01-12").told(ALPHA) == ("ok", "first-seen", "recovered")
    source = folder.check(now="2026-01-19").source(ALPHA)
    assert (source["verdict"], source["reason"], source["status"]) == ("ok", "same", 403)
    stage[ALPHA] = stage.html("beta", status=403)
    assert folder.check(now="2026-01-26").told(ALPHA)[0] == "drifted"
    stage[ALPHA] = stage.html("gone", status=404)
    assert folder.check(now="2026-02-02").told(ALPHA)[:2] == ("dead", "http-404")


def test_a_site_without_captures_is_judged_for_being_there(folder: Any, stage: Any) -> None:
    rule(folder, 'host = "alpha.example"\ncapture = false')
    stage[ALPHA], stage[BETA] = stage.html("alpha"), stage.html("beta")
    folder.article(ALPHA, BETA)
    folder.check("article.md")
    assert folder.captures() == 1  # BETA
    stage[ALPHA] = stage.html("gamma")
    source = folder.check(now="2026-01-12").source(ALPHA)
    assert (source["verdict"], source["reason"], source["capture"]) == ("ok", "first-seen", None)
    stage[ALPHA] = stage.html("gone", status=410)
    assert folder.check(now="2026-01-19").told(ALPHA)[0] == "dead"
    stage[ALPHA] = stage.html("alpha")
    assert folder.check(now="2026-06-01").told(ALPHA)[0] == "ok"
    assert not any(b"alpha.example" in path.read_bytes() for path in (folder.root / "archive").rglob("*.cdxj"))


def test_a_site_that_is_never_fetched_is_skipped(folder: Any, stage: Any) -> None:
    rule(folder, 'host = "alpha.example"\nfetch = false')
    folder.article(ALPHA)
    ran = folder.check("article.md")
    assert ran.told(ALPHA)[:2] == ("skipped", "excluded")
    assert ran.code == 0
    assert stage.asked(ALPHA) == 0
    assert "visit 0 sources" in folder.run("check", "--dry-run").out
