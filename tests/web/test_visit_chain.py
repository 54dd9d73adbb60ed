"""What one visit does: redirects, refreshes, cookies, conditional requests, what it sends and what it keeps."""

from __future__ import annotations

import gzip

import pytest

from linkarchive.clock import Clock
from linkarchive.model import Hop, Reason
from linkarchive.web.exchange import VisitRequest


def test_a_page_comes_back_as_it_was_sent(web, visit_one):
    url = web.put(
        "/a", web.page(b"<p>h\xe9llo", "200 Fine", "X-Odd: caf\xe9", "x-odd: twice", "Content-Type: text/html")
    )
    visit = visit_one(url)
    page = visit.final
    assert (page.status, page.status_line, page.ip) == (200, "200 Fine", "127.0.0.1")
    assert page.headers[:2] == (("X-Odd", "caf\xe9"), ("x-odd", "twice"))
    assert page.header_map["x-odd"] == "caf\xe9, twice"
    assert page.body.read() == b"<p>h\xe9llo"
    assert (visit.failure, visit.tries, visit.hops, page.truncated) == (None, 1, (), None)


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
def test_the_version_of_the_answer_is_kept(web, visit_one, version):
    url = web.put("/a", web.page(b"x").replace(b"HTTP/1.1", version.encode(), 1))
    assert visit_one(url).final.version == version


def test_the_recorded_request_is_the_one_that_was_sent(web, visit_one):
    url = web.put("/a", web.page(b"x"))
    page = visit_one(VisitRequest(url, etag='W/"a b"', last_modified="Tue, 01 Jun 2021 08:00:00 GMT")).final
    (asked,) = web.asked
    assert asked.line == "GET /a HTTP/1.1"
    assert [f"{name}: {value}".encode() for name, value in page.request_headers] == list(asked.fields)


def test_an_honest_user_agent_names_a_contact(web, visit_one):
    visit_one(web.put("/a", web.page(b"x")), contact="https://me.example/bot")
    (asked,) = web.asked
    assert asked.value("user-agent").startswith("linkarchive/")
    assert "+https://me.example/bot" in asked.value("user-agent")
    assert asked.value("accept-encoding") == "gzip"
    assert asked.value("accept-language") == "en-US,en;q=0.8,*;q=0.5"


def test_redirects_are_followed_and_each_is_an_exchange(web, visit_one):
    start = web.put("/a", web.redirect("/b?x=1", "301 Moved Permanently"))
    web.put("/b", web.redirect(web.url("/c/d"), "307 Temporary Redirect"))
    web.put("/c/d", web.redirect("../e", "308 Permanent Redirect"))
    web.put("/e", web.page(b"there"))
    visit = visit_one(start)
    assert visit.hops == (Hop(start, 301), Hop(web.url("/b?x=1"), 307), Hop(web.url("/c/d"), 308))
    assert visit.final.url == web.url("/e")
    assert visit.final.body.read() == b"there"


def test_the_fragment_stays_at_home(web, visit_one):
    web.put("/b", web.page(b"x"))
    visit = visit_one(web.put("/a", web.redirect("/b#part")) + "#top")
    assert [exchange.url for exchange in visit.exchanges] == [web.url("/a"), web.url("/b")]


@pytest.mark.parametrize(
    ("location", "asked"),
    [
        ("/caf\xc3\xa9 au lait", "/caf%C3%A9%20au%20lait"),
        ("/caf\xe9", "/caf%E9"),
        ("\\b\\c", "/b/c"),
        ("?q=<a>", "/a?q=%3Ca%3E"),
        ("/x%2Fy%zz", "/x%2Fy%zz"),
        ("b//w", "/b//w"),
        ("to/http://other.example/w", "/to/http://other.example/w"),
        ("http:/w/x", "/w/x"),
        ("/w/\tx", "/w/x"),
        ("/b/../w/./x", "/w/x"),
    ],
)
def test_a_location_is_sent_as_browsers_send_it(web, visit_one, location, asked):
    web.answers["*"] = [web.page(b"x")]
    visit = visit_one(web.put("/a", web.redirect(location), web.page(b"x")))
    assert visit.failure is None
    assert web.asked[-1].target == asked


@pytest.mark.parametrize("before", ["\\\\", "http:///", "//", "http:\\\\"])
def test_a_location_may_name_its_host_in_the_ways_that_browsers_read(web, visit_one, before):
    web.put("/w", web.page(b"x"))
    visit = visit_one(web.put("/a", web.redirect(f"{before}127.0.0.1:{web.port}/w")))
    assert visit.failure is None
    assert web.asked[-1].target == "/w"


def test_a_redirect_in_a_circle_is_a_loop(web, visit_one):
    web.put("/b", web.redirect("/a"))
    visit = visit_one(web.put("/a", web.redirect("/b")), retries=2)
    assert visit.failure.reason is Reason.REDIRECT_LOOP
    assert visit.tries == 1
    assert [hop.status for hop in visit.hops] == [302, 302]
    assert visit.final is None
    assert visit.connected


def test_a_redirect_that_never_ends_is_a_loop(web, visit_one):
    web.answers["*"] = [lambda asked: web.redirect(asked.target + "x")]
    visit = visit_one(web.url("/a"), max_redirects=4)
    assert visit.failure.reason is Reason.REDIRECT_LOOP
    assert "more than 4" in visit.failure.detail
    assert len(web.asked) == 5


@pytest.mark.parametrize("location", ["http://a b/", "//[::g]/", "http://h:99999/"])
def test_a_redirect_to_what_is_no_web_address_is_a_protocol_failure(web, visit_one, location):
    visit = visit_one(web.put("/a", web.redirect(location)))
    assert visit.failure.reason is Reason.PROTOCOL
    assert visit.failure.detail.startswith("it redirects, but the address")
    assert [hop.status for hop in visit.hops] == [302]


@pytest.mark.parametrize("location", ["ftp://other.example/x", "itms-apps://apps.example/1", "intent:x", "mailto:a@b"])
def test_a_redirect_to_an_app_is_not_ours_to_follow(web, visit_one, location):
    visit = visit_one(web.put("/a", web.redirect(location)))
    assert visit.failure.reason is Reason.SCHEME
    assert visit.failure.detail.startswith("it redirects, but the address has the scheme")


def test_a_redirect_without_a_location_is_the_page(web, visit_one):
    visit = visit_one(web.put("/a", web.page(b"see elsewhere", "302 Found")))
    assert visit.final.status == 302


@pytest.mark.parametrize(
    "html",
    [
        b'<meta http-equiv="refresh" content="0;url=/b">',
        b"<META HTTP-EQUIV=Refresh CONTENT='3; URL=\"/b\"'>",
        b'<meta content="0, /b" http-equiv=refresh>',
        b'<meta http-equiv="refresh" content="0; url=&#47;b">',
    ],
)
def test_a_meta_refresh_is_followed(web, visit_one, html):
    web.put("/b", web.page(b"there"))
    visit = visit_one(web.put("/a", web.page(b"<html><head>" + html)))
    assert visit.final.body.read() == b"there"
    assert visit.hops == (Hop(web.url("/a"), 200),)


def test_a_refresh_field_and_a_compressed_refresh_are_followed(web, visit_one):
    packed = gzip.compress(b'<meta http-equiv="refresh" content="0;url=/c">' + b" " * 50_000)
    start = web.put("/a", web.page(b"", "200 OK", "Refresh: 0; url=/b"))
    web.put("/b", web.page(packed, "200 OK", "Content-Encoding: gzip"))
    web.put("/c", web.page(b"there"))
    assert visit_one(start).final.body.read() == b"there"


@pytest.mark.parametrize(
    "html",
    [
        b'<meta http-equiv="refresh" content="30;url=/b">',
        b'<meta http-equiv="refresh" content="5">',
        b'<noscript><meta http-equiv="refresh" content="0;url=/b"></noscript>',
        b'<!-- <meta http-equiv="refresh" content="0;url=/b"> -->',
        b'<script>\'<meta http-equiv="refresh" content="0;url=/b">\'</script>',
        b'<meta http-equiv="refresh" content="0;url=/a">',
        b'<meta http-equiv="refresh" content="0;url=ftp://x/">',
        b" " * 17_000 + b'<meta http-equiv="refresh" content="0;url=/b">',
    ],
)
def test_what_is_no_redirect_of_a_page_is_the_page(web, visit_one, html):
    visit = visit_one(web.put("/a", web.page(html)))
    assert visit.failure is None
    assert visit.final.url == web.url("/a")


def test_cookies_live_within_a_visit_and_their_values_are_not_kept(web, visit_one, caplog):
    def shop(asked):
        if asked.value("cookie") == "sid=s3cret":
            return web.page(b"welcome")
        return web.redirect("/a", "302 Found", "Set-Cookie: sid=s3cret; Path=/; HttpOnly")

    web.put("/a", shop)
    with caplog.at_level("DEBUG"):
        visit = visit_one(web.url("/a"))
        again = visit_one(web.url("/a"))
    assert visit.final.body.read() == b"welcome"
    assert visit.exchanges[0].header_map["set-cookie"] == "sid=[removed]; Path=/; HttpOnly"
    assert ("Cookie", "[removed]") in visit.exchanges[1].request_headers
    assert web.asked[2].value("cookie") is None
    assert again.final is not None
    assert "s3cret" not in repr(visit) + repr(again) + caplog.text


def test_user_info_is_sent_to_its_own_origin_only_and_never_kept(web, proxy, visit_one):
    web.put("/a", web.redirect("/b"))
    web.put("/b", web.redirect("http://other.example/c"))
    web.put("/c", web.page(b"x"))
    start = "http://me:pa%40ss@site.example/a"
    visit = visit_one(start, http_proxy=proxy.url, allow_private=False)
    assert [asked.value("authorization") for asked in web.asked] == ["Basic bWU6cGFAc3M=", "Basic bWU6cGFAc3M=", None]
    assert "bWU6" not in repr(visit)
    assert "ass@" not in repr(visit.exchanges)


def test_validators_go_back_byte_for_byte_on_the_first_hop_only(web, visit_one):
    web.put("/a", web.redirect("/b"))
    web.put("/b", web.page(b"x"))
    visit_one(VisitRequest(web.url("/a"), etag='"\xe9 odd"', last_modified="tuesday, sometime"))
    assert b'If-None-Match: "\xe9 odd"' in web.asked[0].fields
    assert b"If-Modified-Since: tuesday, sometime" in web.asked[0].fields
    assert web.asked[1].value("if-none-match") is None
    assert web.asked[1].value("if-modified-since") is None


def test_a_304_is_not_modified(web, visit_one):
    url = web.put("/a", b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n')
    visit = visit_one(VisitRequest(url, etag='"x"'))
    assert visit.not_modified
    assert visit.final.body.length == 0


def test_a_validator_cannot_smuggle_a_field(web, visit_one):
    visit_one(VisitRequest(web.put("/a", web.page(b"x")), etag='"x"\r\nX-Evil: 1'))
    assert web.asked[0].value("x-evil") is None


def test_interim_answers_and_trailers_are_not_the_answer(web, visit_one):
    url = web.put(
        "/a",
        b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: z\r\n\r\n",
    )
    page = visit_one(url).final
    assert page.headers == (("X", "y"), ("Transfer-Encoding", "chunked"))
    assert page.body.read() == b"abcde"


def test_the_time_of_a_visit_is_that_of_its_first_exchange(web, visit_one):
    web.put("/b", web.page(b"x"))
    before = Clock().now()
    visit = visit_one(web.put("/a", web.redirect("/b")))
    assert before <= visit.time == visit.exchanges[0].started <= visit.exchanges[1].started <= Clock().now()


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "nonsense",
        "http://[::1",
        "http://a..b/",
        "http://h:99999/",
        "http://1.2.3.4.5/",
        "http://\x00/",
        "",
    ],
)
def test_an_address_that_cannot_be_is_a_protocol_failure_and_asks_nobody(visit_one, url):
    visit = visit_one(url)
    assert visit.failure.reason is Reason.PROTOCOL
    assert "the address" in visit.failure.detail
    assert visit.exchanges == ()
