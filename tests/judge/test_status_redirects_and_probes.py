from __future__ import annotations

import pytest
from msgspec.structs import replace

from linkarchive.judge.soft404 import probe_url
from linkarchive.judge.verdict import is_suspect, judge
from linkarchive.model import REASONS, Case, Failure, Hop, Page, Reason

URL = "https://news.example/2021/05/talks-on-the-border"


def said(judgement):
    return f"{judgement.verdict}/{judgement.reason}"


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (404, "dead/http-404"), (410, "dead/http-410"), (401, "blocked/login"), (402, "blocked/paywall"),
        (403, "blocked/forbidden"), (429, "blocked/rate-limited"), (451, "blocked/legal"), (999, "blocked/forbidden"),
        (400, "blocked/forbidden"),
        (500, "blocked/forbidden"), (503, "blocked/forbidden"), (408, "unreachable/protocol"), (302, "ok/same"),
        (304, "unreachable/protocol"), (None, "unreachable/protocol"),
    ],
)  # fmt: skip
def test_a_status_that_is_no_page(case, page, article, status, verdict):
    assert said(judge(case(page(article(), status=status), article()))) == verdict


@pytest.mark.parametrize(
    ("html", "verdict"),
    [
        ("<title>503</title><h1>Service Unavailable</h1><hr>nginx", "unreachable/http-5xx"),
        ("<title>Sorry</title><p>Please try again later.</p>", "unreachable/http-5xx"),
        ("<!-- For automated access write to our office. --><title>Sorry</title><p>Go back.</p>", "blocked/forbidden"),
        ("<title>Sorry</title><p>We noticed unusual traffic from your network.</p>", "blocked/forbidden"),
    ],
)
def test_a_server_error_that_speaks_of_programs_is_an_answer(case, page, html, verdict):
    assert said(judge(case(page(html, status=503)))) == verdict


@pytest.mark.parametrize(
    "reason", [*sorted(REASONS["unreachable"]), Reason.ROBOTS, Reason.SCHEME, Reason.PRIVATE_ADDRESS]
)
def test_a_failed_visit_keeps_its_reason(reason, case):
    page = Page(URL, None, failure=Failure(reason, "in words", URL))
    judgement = judge(case(page))
    assert judgement.reason is reason
    assert reason in REASONS[judgement.verdict]
    assert "in words" in judgement.evidence[0]


def test_only_a_name_that_does_not_exist_is_dead(case):
    gone = judge(case(Page(URL, None, failure=Failure(Reason.DNS, "no such host", URL, no_such_name=True))))
    silent = judge(case(Page(URL, None, failure=Failure(Reason.DNS, "resolver did not answer", URL))))
    assert (said(gone), said(silent)) == ("dead/dns", "unreachable/dns")


def test_a_bot_wall_hides_behind_its_status(case, page):
    html = "<html><title>Just a moment...</title><body><script>window._cf_chl_opt={}</script></body></html>"
    for status in (403, 429, 503, 200):
        assert said(judge(case(page(html, status=status)))) == "blocked/challenge"
    assert said(judge(case(page("ok", status=202, headers={"x-amzn-waf-action": "challenge"})))) == "blocked/challenge"


def test_a_dead_page_of_a_protected_site_is_dead(case, page):
    assert said(judge(case(page("<script>_cf_chl_opt</script>", status=404)))) == "dead/http-404"


def moved(article, page, final, status=301, start=URL):
    return page(article(frame="<p>new frame</p>"), final_url=final, hops=(Hop(start, status),))


def test_a_permanent_redirect_with_the_same_text_is_moved(case, page, article):
    final = "https://archive.news.example/talks"
    judgement = judge(case(moved(article, page, final), article()))
    assert said(judgement) == "moved/redirect"
    assert judgement.suggested_url == final
    first = judge(case(moved(article, page, final)))
    assert said(first) == "moved/redirect"
    assert first.confidence < judgement.confidence


@pytest.mark.parametrize(
    ("start", "final", "status"),
    [
        (URL, "https://archive.news.example/talks", 302),
        (URL, URL.replace("https://", "http://www.") + "/", 301),
        ("https://doi.org/10.1000/182", "https://publisher.example/182", 301),
        ("https://bit.ly/3abc", "https://news.example/2021/05/talks", 301),
    ],
)
def test_a_redirect_that_is_no_move(case, page, article, start, final, status):
    assert judge(case(moved(article, page, final, status, start), article(), url=start)).verdict == "ok"


def test_a_moved_page_that_changed_is_drifted_and_moved(case, page, article, paragraphs):
    after = page(article(paragraphs[:5]), final_url="https://archive.news.example/talks", hops=(Hop(URL, 301),))
    judgement = judge(case(after, article()))
    assert said(judgement) == "drifted/shrunk"
    assert judgement.also == ("moved/redirect",)


FRONT = "<html><title>News Example</title><body>" + "".join(
    f"<p><a href=/{n}>Headline number {n} of today</a></p>" for n in range(60)
)


@pytest.mark.parametrize(
    "final", ["https://news.example/", "https://www.news.example/en/", "https://news.example/index.html"]
)
def test_a_deep_link_that_ends_at_the_front_page_is_dead(case, page, article, final):
    assert said(judge(case(page(FRONT, final_url=final), article()))) == "dead/homepage-redirect"
    assert said(judge(case(page(FRONT, final_url=final)))) == "dead/homepage-redirect"


def test_the_front_page_itself_may_redirect_to_a_language(case, page):
    assert judge(case(page(FRONT, final_url="https://news.example/en/"), url="https://news.example/")).verdict == "ok"


def test_a_front_page_that_has_the_text_is_the_page(case, page, article):
    after = page(article(frame="<p>Welcome</p>"), final_url="https://news.example/")
    assert judge(case(after, article())).verdict == "ok"


def test_a_deep_link_that_ends_at_its_section_is_dead(case, page, article):
    assert said(judge(case(page(FRONT, final_url="https://news.example/2021/"), article()))) == "dead/soft-404"


def test_login_pages_cited_as_such_are_pages(case, page):
    html = "<title>Log in</title><form><input type=password></form>"
    assert (
        judge(case(page(html, final_url="https://news.example/login"), url="https://news.example/login")).verdict
        == "ok"
    )


@pytest.mark.parametrize(
    ("html", "verdict"),
    [
        ("", "unreachable/protocol"),
        ("  \n ", "unreachable/protocol"),
        ("<html><body><div id=root></div><script src=app.js></script></body></html>", "blocked/script-only"),
        (
            "<html><body><noscript>You need to enable JavaScript to run this app.</noscript></body></html>",
            "blocked/script-only",
        ),
    ],
)
def test_empty_shells(case, html, verdict):
    assert said(judge(case(html))) == verdict


def test_a_paywall_leaves_the_beginning(case, page, article, paragraphs):
    wall = article(paragraphs[:3], extra="<div>Subscribe to continue reading</div>")
    assert said(judge(case(wall, article()))) == "blocked/paywall"
    honest = page("<h1>Not found</h1>", status=404)
    few = article(paragraphs[:1], extra="<div>Subscribe to continue reading</div>")
    assert said(judge(case(few, article(), probe=honest))) == "blocked/paywall", "an honest host may ask for money"


def test_a_site_of_another_owner(case, article):
    words = " ".join(f"kata{n} baru{n}" for n in range(200))
    classes = "".join(f'<div class="slot-{n} promo{n}">' for n in range(30)) + "</div>" * 30
    own = "".join(f'<div class="news-{n} col{n}">' for n in range(30)) + "</div>" * 30
    now = f'<html lang="id"><head><title>Berita</title></head><body>{classes}<p>{words}</p></body></html>'
    judgement = judge(case(now, article(frame=own)))
    assert said(judgement) == "dead/usurped"


# --- the probe ------------------------------------------------------------------------


def test_the_probe_is_a_sibling_that_cannot_exist():
    probe = probe_url("https://news.example/a/b/c.html?q=1#x", "run-1")
    directory, _, name = probe.rpartition("/")
    assert directory == "https://news.example/a/b"
    assert len(name) == 25
    assert name.isalpha()
    assert probe == probe_url("https://news.example/a/b/c.html?q=1#x", "run-1")
    assert probe != probe_url("https://news.example/a/b/c.html", "run-2")
    assert probe_url("https://news.example/", "run-1") is None
    assert probe_url("https://news.example", "run-1") is None


SORRY = (
    "<html><title>News Example</title><body><nav>Home World</nav><p>Sorry! Here are our most read stories instead.</p>"
)
SORRY += (
    "<p>The bridge in winter, a walk to the sea, ten soups for cold days, and what the mayor said about the trees.</p>"
)


def test_a_made_up_address_that_answers_the_same_page_gives_it_away(case, page, article):
    plain = case(SORRY + "<p>1</p>", article())
    first = judge(plain)
    assert first.verdict == "drifted"
    assert is_suspect(plain, first)
    probed = case(SORRY + "<p>1</p>", article(), probe=page(SORRY + "<p>2</p>"))
    assert said(judge(probed)) == "dead/soft-404"
    assert "a made-up address on this host answers the same page" in judge(probed).evidence
    assert not is_suspect(probed, judge(probed))


def test_a_made_up_address_with_the_same_redirect_target_gives_it_away(case, page):
    final = "https://news.example/welcome"
    html = "<html><title>Welcome</title><body>" + "".join(f"<p>Story {n} of the day is here.</p>" for n in range(40))
    after = page(html, final_url=final, hops=(Hop(URL, 302),))
    probe = page(html.replace("Story 7", "Tale 9"), final_url=final, hops=(Hop(URL[:-5], 302),))
    assert is_suspect(case(after), judge(case(after)))
    assert said(judge(case(after, probe=probe))) == "dead/soft-404"


LINKS = "".join(f"<li><a href=/{n}>Nuntii de rebus gestis {n}</a></li>" for n in range(80))
NOTHING_HERE = "Nihil hic est. Scriptum quod quaesivisti abiit."


def in_large_frame(title: str, text: str) -> str:
    return f"<html><title>{title} | Acta</title><body><ul>{LINKS}</ul><h1>{title}</h1><p>{text}</p><ul>{LINKS}</ul>"


def test_few_words_of_no_known_language_in_a_large_frame_are_asked_about(case, page):
    nothing = in_large_frame("Heu", NOTHING_HERE)
    assert judge(case(nothing)).verdict == "ok"
    assert is_suspect(case(nothing), judge(case(nothing)))
    assert said(judge(case(nothing, probe=page(nothing)))) == "dead/soft-404"


def test_a_short_page_in_the_frame_of_the_answer_to_a_made_up_address_is_a_page(case, page):
    short = in_large_frame("Officium", "Cubiculum duodecimum. Hora octava usque ad tertiam decimam patet.")
    assert judge(case(short, probe=page(in_large_frame("Heu", NOTHING_HERE)))).verdict == "ok"


@pytest.mark.parametrize("status", [404, 410])
def test_an_honest_host_clears_the_suspicion(case, page, article, status):
    honest = page("<h1>Not found</h1>", status=status)
    assert judge(case(SORRY, article(), probe=honest)).verdict == "drifted"
    words = "<title>Page not found</title><p>Sorry.</p>"
    assert judge(case(words, article(), probe=honest)).confidence < judge(case(words, article())).confidence


def test_pages_that_need_no_probe(case, page, article):
    for after in (article(), page("gone", status=404), Page(URL, None, failure=Failure(Reason.TIMEOUT, "", URL))):
        facts = case(after, article())
        assert not is_suspect(facts, judge(facts))
    root = Case("x", "https://news.example/", page(SORRY, final_url="https://news.example/"), page(article()))
    assert not is_suspect(root, judge(root))


def test_a_shell_is_not_taken_for_a_soft_404(case, page):
    shell = "<html><body><div id=root></div><script src=app.js></script></body></html>"
    assert said(judge(case(shell, probe=page(shell)))) == "blocked/script-only"


def test_a_shell_where_a_page_was_is_not_taken_for_a_missing_page(case, article):
    shell = "<html><title>Visitor System</title><body><div id=root></div><script src=app.js></script></body></html>"
    assert said(judge(case(shell, article()))) == "blocked/script-only"


@pytest.mark.parametrize("title", ["404 — orri hau ez dago", "Villa 404", "Tamal oxkin (404)"])
def test_the_status_in_a_heading_tells_in_any_language(case, article, title):
    html = f"<html><title>{title} | News Example</title><body><h1>{title}</h1><p>Barkatu.</p>"
    assert said(judge(case(html))) == "dead/soft-404"
    assert judge(case(article(title="The 404 miles to the coast"))).verdict == "ok"
    assert judge(case(html.replace("404", "1404"))).verdict == "ok"


@pytest.mark.parametrize(("cut", "words"), [("size", "larger"), ("time", "in time"), ("closed", "broke off")])
def test_of_a_page_that_was_not_read_to_its_end_less_is_sure(case, page, article, cut, words):
    after = replace(page(article()), truncated=True, cut=cut)
    judgement = judge(case(after, article()))
    assert said(judgement) == "ok/same"
    assert judgement.confidence == 0.75
    assert words in judgement.evidence[-1]
    assert f"{len(after.body) / 1024:.1f} KiB" in judgement.evidence[-1]


WALLS = {
    "blocked/paywall": "<p>{}</p><p>{}</p><p>Subscribe to continue reading.</p><p>Already a subscriber? Sign in.</p>",
    "blocked/consent": "<h1>Before you continue</h1><p>We and our 412 partners use cookies and process personal data "
    "for advertising and measurement. Accept all cookies, or manage your privacy choices, before you continue.</p>",
}


@pytest.mark.parametrize("expected", list(WALLS))
def test_an_honest_host_may_still_wall_the_pages_it_has(case, page, article, paragraphs, expected):
    wall = f"<title>Talks on the border | News Example</title>{WALLS[expected].format(*paragraphs)}"
    honest = page("<h1>Not found</h1>", status=404)
    assert said(judge(case(wall, article(), probe=honest))) == expected
