# ruff: noqa: E501
"""Short pages without known phrases: what they are follows from their build and their words together."""

from __future__ import annotations

import pytest

from linkarchive.judge.verdict import judge

NAV = "".join(
    f'<a href="/{name}/">{name}</a> '
    for name in ("essays", "recipes", "letters", "maps", "about", "shop", "tides", "press")
)


def page(title: str, body: str, frame: str = "") -> str:
    return f"<html><head><title>{title}</title></head><body>{frame}{body}</body></html>"


HOLDING = {
    "held at a hoster": page(
        "weir-club.example", "<h1>weir-club.example</h1><p>The domain weir-club.example is hosted on our servers; "
        "its owner has not uploaded a website yet.</p><a href='https://hoster.example/'>Hosting</a>"),
    "default page of a panel": page(
        "Welcome", "<h1>Welcome to your new website</h1><p>This placeholder is the file index.html in the web directory. "
        "Replace it by your own pages.</p><a href='https://panel.example/'>Powered by Plesk</a>"),
    "suspended": page("Notice", "<p>This hosting account was suspended. Ask the provider's billing desk.</p>"),
    "under construction": page("weir-club.example", "<h1>Coming soon</h1><p>A new website is under construction.</p>"),
}  # fmt: skip
HONEST = (
    page("Hosting a supper", "<h1>Hosting a supper for eleven</h1><p>Lay the table early, serve the soup late, and let the "
         "shy guest sit beside the cook. Our server for the evening was the neighbour's son, who spilled nothing.</p>", NAV),
    page("The lock is under construction", "<h1>The lock is under construction</h1><p>Boats wait at the north bank until "
         "June. The keeper lends ropes, and the ferry carries goods for the shops on Mondays and Fridays.</p>", NAV),
    page("Ropes", "<h1>Ropes</h1><p>Hemp, sisal and nylon, by the metre. Splicing while you wait.</p>", NAV),
)  # fmt: skip


@pytest.mark.parametrize("html", HOLDING.values(), ids=HOLDING)
def test_holding_pages_are_seen_with_and_without_a_baseline(case, article, html):
    for before in (None, article()):
        judgement = judge(case(html, before))
        assert (judgement.verdict, judgement.reason) == ("dead", "parked"), judgement


@pytest.mark.parametrize("html", HONEST)
def test_short_pages_of_a_site_are_pages(case, html):
    assert judge(case(html)).verdict == "ok"


def test_the_signs_are_the_evidence(case, article):
    judgement = judge(case(HOLDING["held at a hoster"], article()))
    assert any("host name" in line or "domain" in line for line in judgement.evidence)


def test_a_marker_of_a_parking_service_tells_in_a_tag_only(case):
    text = "<p>The town sold the name to sedoparking.com, said the clerk, and nobody wrote to the council again.</p>"
    assert judge(case(page("A name is sold", f"<style>[data-adblockkey] {{}}</style>{text}", NAV))).verdict == "ok"
    framed = page("weir.example", "<iframe src='https://sedoparking.com/frame'></iframe>")
    assert judge(case(framed)).reason == "parked"


def test_a_login_dialog_over_a_long_text_is_no_login_page(case, article, paragraphs):
    dialog = "<div class=dialog><h2>Log in</h2><form><input type=password></form></div>"
    assert judge(case(article(title="Log in", frame=dialog))).verdict == "ok"


def test_a_heading_that_is_hidden_says_nothing(case):
    hidden = (
        "<div style='display:none'><h1>An error occurred.</h1></div><div id=player></div><script src=p.js></script>"
    )
    assert judge(case(page("Tube", hidden))).verdict != "unreachable"


def test_headings_are_compared_with_headings(case, article):
    before = article(extra="<p>Our error page says Page not found, as it should.</p>")
    gone = page("News Example", f"{NAV}<h1>Page not found</h1>")
    assert judge(case(gone, before)).reason == "soft-404"


@pytest.mark.parametrize("notice", ["RETRACTED: Tides of the inner basin", "Retraction notice: tides"])
def test_a_page_that_was_retracted_before_it_was_first_seen(case, article, notice):
    judgement = judge(case(article(title=notice)))
    assert (judgement.verdict, judgement.reason) == ("drifted", "retracted")
    assert "before we first saw it" in judgement.evidence[0]
    assert judge(case(article(title="How papers are retracted"))).verdict == "ok"
