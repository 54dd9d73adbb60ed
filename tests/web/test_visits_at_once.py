"""Many visits at a time: retries, politeness, robots.txt, stopping, closing, and nothing left behind."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time

import pytest
from msgspec.structs import replace

from linkarchive.clock import Clock
from linkarchive.errors import SettingsError
from linkarchive.model import Reason
from linkarchive.settings import NetworkSettings
from linkarchive.web.connectivity import is_online
from linkarchive.web.exchange import VisitRequest
from linkarchive.web.scheduler import fetch_all

NETWORK = NetworkSettings(
    allow_private=True, host_delay=0.0, domain_delay=0.0, retries=0, retry_wait=0.01, timeout=5.0, per_host=1000
)


async def reset(_asked, writer):
    writer.transport.abort()


def open_files() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


# --- retries ------------------------------------------------------------------


def test_a_503_and_then_a_200_is_a_200(web, visit_one):
    url = web.put("/a", web.page(b"busy", "503 Busy"), web.page(b"there"))
    visit = visit_one(url, retries=2)
    assert visit.final.status == 200
    assert visit.tries == 2
    assert len(visit.exchanges) == 1


def test_a_retry_begins_the_chain_anew(web, visit_one):
    start = web.put("/a", web.redirect("/b"))
    web.put("/b", web.page(b"", "500 Oops"), web.page(b"there"))
    visit = visit_one(VisitRequest(start, etag='"e"'), retries=1)
    assert [asked.target for asked in web.asked] == ["/a", "/b", "/a", "/b"]
    assert [asked.value("if-none-match") for asked in web.asked] == ['"e"', None, '"e"', None]
    assert [exchange.status for exchange in visit.exchanges] == [302, 200]


def test_a_reset_connection_is_tried_again_and_given_up(web, visit_one):
    once = visit_one(web.put("/a", reset, web.page(b"there")), retries=1)
    assert (once.final.status, once.tries) == (200, 2)
    never = visit_one(web.put("/b", reset), retries=2)
    assert (never.failure.reason, never.tries) == (Reason.RESET, 3)


def test_a_429_waits_as_long_as_it_is_told_within_the_cap(web, visit_one):
    url = web.put("/a", web.page(b"", "429 Slow down", "Retry-After: 0"), web.page(b"there"))
    assert visit_one(url, retries=1).final.status == 200
    long = web.put("/b", web.page(b"", "429 Slow down", "Retry-After: 3600"), web.page(b"there"))
    visit = visit_one(long, retries=2)
    assert (visit.final.status, visit.tries, web.times("/b")) == (429, 1, 1)


@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "410 Gone", "200 OK", "501 Never"])
def test_a_lasting_answer_is_not_asked_for_again(web, visit_one, status):
    visit = visit_one(web.put("/a", web.page(b"x", status)), retries=2)
    assert (visit.tries, len(web.asked)) == (1, 1)


def test_a_host_that_only_throttles_is_soon_not_tried_again(web, visits):
    web.answers["*"] = [web.page(b"", "503 Busy")]
    ended = visits(*(web.url(f"/{number}") for number in range(12)), retries=1, retry_wait=1e-6, per_host=1)
    assert all(visit.final.status == 503 for visit in ended)
    assert 12 < len(web.asked) < 24


# --- politeness ---------------------------------------------------------------


async def linger(_asked, writer):
    await asyncio.sleep(0.02)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


@pytest.mark.parametrize("per_host", [1, 3])
def test_no_more_than_per_host_at_a_time(web, visits, per_host):
    web.put("*", linger)
    ended = visits(*(web.url(f"/{number}") for number in range(12)), per_host=per_host)
    assert len(ended) == 12
    assert web.most_at_once == per_host


def test_one_host_that_hangs_does_not_hold_the_others(web, visits):
    async def hang(_asked, writer):
        """Until all others were asked for: if they waited for it, there would be no answer."""
        while web.times("/ok") < 20:
            await asyncio.sleep(0.005)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    web.put("/hang", hang)
    web.put("/ok", web.page(b"x"))
    slow = [web.url("/hang")] * 2
    quick = [web.url("/ok", host="localhost")] * 20
    ended = visits(*slow, *quick, concurrency=2, per_host=1, timeout=30.0)
    assert [visit.failure for visit in ended] == [None] * 22


@pytest.mark.parametrize("links", [300, 900], ids=["within the window", "more than the window holds"])
def test_one_slow_host_with_many_links_does_not_hold_fast_ones(web, links):
    release = threading.Event()

    async def hang(_asked, writer):
        while not release.is_set():
            await asyncio.sleep(0.005)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    web.put("/slow", hang)
    web.put("/fast", web.page(b"x"))
    slow = [VisitRequest(web.url(f"/slow?{number}")) for number in range(links)]
    fast = [VisitRequest(web.url(f"/fast?{number}", f"h{number % 50}.localhost")) for number in range(150)]
    visits = fetch_all([*slow, *fast], replace(NETWORK, concurrency=16, per_host=2), Clock())
    first = []
    for visit in visits:
        first.append(visit.request)
        visit.close()
        if len(first) == len(fast):
            break
    release.set()
    visits.close()
    assert {id(request) for request in first} == {id(request) for request in fast}


def test_connections_are_used_again_by_the_next_visit_to_their_host(web, visits):
    web.answers["*"] = [web.page(b"x")]
    ended = visits(
        *(web.url(f"/{number}", f"h{number % 40}.localhost") for number in range(400)), concurrency=20, per_host=1
    )
    assert all(visit.final is not None for visit in ended)
    assert web.connections <= 40


def test_no_connection_waits_for_the_caller(web):
    web.answers["*"] = [web.page(b"x")]
    requests = [VisitRequest(web.url(f"/{number}")) for number in range(9)]
    visits = fetch_all(requests, replace(NETWORK, concurrency=4), Clock())
    next(visits).close()
    patience = time.monotonic() + 5
    while not web.times("/4") and time.monotonic() < patience:
        time.sleep(0.005)  # nobody looks at the network now, yet the free connection was used before we were called
    assert web.times("/4") == 1
    visits.close()


def test_a_redirect_counts_for_the_host_that_it_leads_to(web, visits):
    web.put("/a", lambda asked: web.redirect(web.url("/b" + asked.target[2:], host="127.0.0.1")))
    web.put("/b", linger)
    ended = visits(*(web.url(f"/a?{number}", host="localhost") for number in range(8)), per_host=2)
    assert all(visit.final is not None and visit.final.url.startswith(web.url("/b")) for visit in ended)
    assert web.most_at_once <= 4


# --- robots.txt ---------------------------------------------------------------


def test_robots_txt_is_obeyed_when_asked_for_and_read_once(web, visits):
    web.put("/robots.txt", web.page(b"User-agent: *\nDisallow: /private\n", "200 OK", "Content-Type: text/plain"))
    web.answers["*"] = [web.page(b"x")]
    urls = [web.url(f"/private/{number}") for number in range(5)] + [web.url(f"/open/{number}") for number in range(5)]
    ended = {visit.request.url: visit for visit in visits(*urls, obey_robots=True)}
    assert all(ended[url].failure.reason is Reason.ROBOTS for url in urls[:5])
    assert all(ended[url].final.status == 200 for url in urls[5:])
    assert web.times("/robots.txt") == 1
    assert not any(asked.target.startswith("/private") for asked in web.asked)


def test_robots_txt_can_be_for_us_alone(web, visit_one):
    web.put("/robots.txt", web.page(b"User-agent: linkarchive\nDisallow: /\n\nUser-agent: *\nAllow: /\n"))
    assert visit_one(web.put("/a", web.page(b"x")), obey_robots=True).failure.reason is Reason.ROBOTS


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", reset, b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"],
)
def test_no_readable_robots_txt_allows_everything(web, visit_one, answer):
    web.put("/robots.txt", answer)
    assert visit_one(web.put("/a", web.page(b"x")), obey_robots=True).final.status == 200


def test_a_server_that_cannot_give_its_robots_txt_allows_nothing(web, visit_one):
    web.put("/robots.txt", b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
    assert visit_one(web.put("/a", web.page(b"x")), obey_robots=True).failure.reason is Reason.ROBOTS


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("Disallow: /a/\nAllow: /a/b", "/a/b", True),
        ("Disallow: /*.pdf$", "/a.pdf", False),
        ("Disallow: /*.pdf$", "/a.pdf?x", True),
        ("Disallow: /x\n\nUser-agent: *\nDisallow: /a", "/a", False),
        ("Allow: /a\nDisallow: /a", "/a", True),
    ],
)
def test_robots_txt_is_read_by_rfc_9309(web, visit_one, rules, path, allowed):
    web.put("/robots.txt", web.page(f"User-agent: *\n{rules}\n".encode()))
    assert (visit_one(web.put(path, web.page(b"x")), obey_robots=True).final is not None) is allowed


def test_robots_txt_is_not_asked_for_by_default(web, visit_one):
    visit_one(web.put("/a", web.page(b"x")))
    assert [asked.target for asked in web.asked] == ["/a"]


# --- all of them --------------------------------------------------------------


def test_two_thousand_requests_give_two_thousand_visits(web, visits):
    web.answers["*"] = [web.page(b"<p>text</p>" * 100)]
    web.put("/gone", web.page(b"", "404 Not Found"))
    requests = [VisitRequest(web.url("/gone" if number % 50 == 0 else f"/{number}")) for number in range(2000)]
    ended = visits(*requests, concurrency=128)
    assert {id(visit.request) for visit in ended} == {id(request) for request in requests}
    assert len(ended) == 2000
    assert sum(visit.final.status == 404 for visit in ended) == 40
    assert 1 < web.connections <= 256


def test_requests_are_read_as_needed(web):
    read = []

    def requests():
        for number in range(100_000):
            read.append(number)
            yield VisitRequest(web.url(f"/{number}"))

    web.answers["*"] = [web.page(b"x")]
    visits = fetch_all(requests(), replace(NETWORK, concurrency=2), Clock())
    for _ in range(10):
        next(visits).close()
    visits.close()
    assert len(read) <= 200


def test_requests_that_fail_at_once_do_not_pile_up():
    read = []

    def requests():
        for number in range(100_000):
            read.append(number)
            yield VisitRequest(f"nonsense {number}")

    visits = fetch_all(requests(), replace(NETWORK, concurrency=4), Clock())
    assert next(visits).failure.reason is Reason.PROTOCOL
    visits.close()
    assert len(read) < 100


def test_no_request_no_visit():
    assert list(fetch_all([], NETWORK, Clock())) == []


def test_once_stopped_what_is_under_way_ends_and_nothing_begins(web):
    release = threading.Event()

    async def wait(_asked, writer):
        while not release.is_set():
            await asyncio.sleep(0.005)
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /end\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()

    web.put("/end", web.page(b"end"))
    web.answers["*"] = [wait]
    asked_to_stop = []

    def stop() -> bool:
        if not asked_to_stop and web.at_once == 4:
            asked_to_stop.append(True)
            release.set()
        return bool(asked_to_stop)

    requests = [VisitRequest(web.url(f"/{number}")) for number in range(50)]
    ended = list(fetch_all(iter(requests), replace(NETWORK, concurrency=4), Clock(), stop=stop))
    assert [visit.final.url for visit in ended] == [web.url("/end")] * 4
    assert {visit.request.url for visit in ended} == {request.url for request in requests[:4]}
    for visit in ended:
        visit.close()


def test_once_stopped_a_visit_that_waits_to_be_tried_again_is_left_out(web):
    web.put("/a", web.page(b"", "503 Busy"))
    network = replace(NETWORK, retries=2, retry_wait=60.0)
    assert list(fetch_all([VisitRequest(web.url("/a"))], network, Clock(), stop=lambda: bool(web.asked))) == []


def test_a_generator_that_is_closed_early_leaves_nothing_open(web):
    web.answers["*"] = [web.page(b"x" * 400_000)]
    web.put("/hang", linger)
    before = open_files()
    requests = [VisitRequest(web.url("/hang" if number % 3 else f"/{number}")) for number in range(200)]
    visits = fetch_all(requests, replace(NETWORK, concurrency=32), Clock())
    for _ in range(5):
        next(visits).close()
    visits.close()
    patience = time.monotonic() + 5
    while open_files() > before and time.monotonic() < patience:
        time.sleep(0.01)  # the server's own ends are still closing
    assert open_files() <= before
    assert not any(thread.name == "linkarchive-names" for thread in threading.enumerate())


def test_a_bug_in_one_visit_is_a_failure_of_that_visit(web, visits, monkeypatch, caplog):
    import linkarchive.web.visit as module

    real = module.refresh_of

    def broken(exchange):
        if exchange.url.endswith("/3"):
            raise RuntimeError("bug")
        return real(exchange)

    monkeypatch.setattr(module, "refresh_of", broken)
    web.answers["*"] = [web.page(b"x")]
    ended = visits(*(web.url(f"/{number}") for number in range(6)))
    assert [visit.failure.reason for visit in ended if visit.failure] == [Reason.PROTOCOL]
    assert len(ended) == 6
    assert "bug" in caplog.text


def test_an_impossible_date_of_one_server_costs_no_other_visit(web, visits):
    impossible = f"Mon, 23 Nov {10**20} 06:00:10 GMT"
    busy = web.put("/busy", web.page(b"busy", "503 Busy", f"Retry-After: {impossible}"))
    cookie = web.put("/cookie", web.page(b"x", "200 OK", f"Set-Cookie: a=1; Expires={impossible}"))
    ended = visits(busy, cookie, web.put("/plain", web.page(b"x")))
    assert sorted(visit.final.status for visit in ended) == [200, 200, 503]


def test_a_ca_file_that_is_not_there_is_a_setting_to_correct():
    with pytest.raises(SettingsError, match="no such file"):
        next(fetch_all([VisitRequest("http://a.example/")], replace(NETWORK, ca_file="/nowhere.pem"), Clock()))


# --- canaries -----------------------------------------------------------------


def test_any_answer_of_a_canary_is_a_sign_of_life(web):
    url = web.put("/a", web.redirect("/b", "301 Moved"))
    silent = "http://127.0.0.1:1/"
    assert is_online(replace(NETWORK, canaries=(silent, url)), Clock())
    assert is_online(replace(NETWORK, canaries=(web.put("/c", web.page(b"", "500 Oops")),)), Clock())


def test_silent_canaries_mean_that_nobody_is_there():
    network = replace(NETWORK, canaries=("http://127.0.0.1:1/", f"http://{'a' * 64}.invalid/"))
    assert not is_online(network, Clock())
    assert not is_online(replace(network, canaries=()), Clock())


# --- work beside the network --------------------------------------------------


def test_what_the_caller_has_to_do_is_done_while_an_answer_is_awaited(web):
    """The second answer comes once forty pieces of work are done, long before forty ordinary looks would be."""
    pieces: list[str] = []
    done = threading.Event()

    async def held(_asked, writer):
        while not done.is_set():
            await asyncio.sleep(0.005)
        writer.write(web.page(b"there", "200 OK", "Connection: close"))
        await writer.drain()

    def work() -> bool:
        if ended:
            pieces.append(ended[-1])
        if len(pieces) == 40:
            done.set()
        return bool(ended) and not done.is_set()

    ended: list[str] = []
    urls = [web.put("/quick", web.page(b"here")), web.put("/held", held)]
    for visit in fetch_all([VisitRequest(url) for url in urls], NETWORK, Clock(), before_waiting=work):
        assert visit.failure is None
        ended.append(visit.request.url)
        visit.close()
    assert ended == urls
    assert len(pieces) >= 40
