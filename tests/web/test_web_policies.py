"""The pure parts: retry policy, pacing, cookies, content-codings, targets, names."""

from __future__ import annotations

import gzip
import importlib
import socket
import sys
import threading
import zlib
from contextlib import closing
from datetime import UTC, datetime, timedelta

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.model import Failure, Reason
from linkarchive.settings import NetworkSettings
from linkarchive.web.cookies import Cookies, without_value
from linkarchive.web.decoding import Decoded, decode, decode_start
from linkarchive.web.dns import Resolver
from linkarchive.web.exchange import Body, Exchange
from linkarchive.web.pacing import Pacing
from linkarchive.web.request_url import parse_redirect, parse_target
from linkarchive.web.retry import retry_after, retry_pause

zstd = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def answer(status: int, *headers: tuple[str, str]) -> Exchange:
    body = Body()
    body.close()
    return Exchange("http://a.example/", (), NOW, None, status, str(status), headers, body)


def decoded_of(data: bytes, coding: str, limit: int = 1_000_000) -> Decoded:
    with closing(Body.of(data)) as body:
        return decode(body, {"content-encoding": coding}, limit)


def start_of(data: bytes, coding: str, length: int) -> bytes:
    with closing(Body.of(data)) as body:
        return decode_start(body, {"content-encoding": coding}, length)


# --- retry --------------------------------------------------------------------

POLICY = NetworkSettings(retries=2, retry_wait=1.0, retry_after_cap=30.0)


@pytest.mark.parametrize("reason", [Reason.TIMEOUT, Reason.REFUSED, Reason.RESET])
def test_passing_failures_are_tried_again_with_a_doubling_pause(reason):
    failure = Failure(reason, "", "http://a.example/")
    assert retry_pause(failure, 1, POLICY, NOW, jitter=0) == 1.0
    assert retry_pause(failure, 2, POLICY, NOW, jitter=0) == 2.0
    assert retry_pause(failure, 2, POLICY, NOW, jitter=1) == 3.0
    assert retry_pause(failure, 3, POLICY, NOW) is None


@pytest.mark.parametrize("reason", [Reason.DNS, Reason.TLS, Reason.PROTOCOL, Reason.PRIVATE_ADDRESS, Reason.ROBOTS])
def test_lasting_failures_stand(reason):
    assert retry_pause(Failure(reason, "", "http://a.example/"), 1, POLICY, NOW) is None


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 599])
def test_passing_answers_are_tried_again(status):
    assert retry_pause(answer(status), 1, POLICY, NOW, jitter=0) == 1.0


@pytest.mark.parametrize(
    ("value", "pause"),
    [
        ("5", 5.0),
        ("0", 1.0),
        ("31", None),
        ("99999999999999999999", None),
        ("Mon, 23 Nov 2026 06:00:10 GMT", 10.0),
        ("Mon, 23 Nov 2026 05:00:00 GMT", 1.0),
        ("Mon, 23 Nov 2026 07:00:00 GMT", None),
        ("soon", 1.0),
        ("-3", 1.0),
        ("", 1.0),
        (f"Mon, 23 Nov {10**20} 06:00:10 GMT", 1.0),
        (f"Mon, 23 Nov 2026 06:00:10 +{10**20}", 1.0),
    ],
)
def test_retry_after_is_honoured_within_the_cap(value, pause):
    assert retry_pause(answer(429, ("Retry-After", value)), 1, POLICY, NOW, jitter=0) == pause


@given(st.text())
def test_no_retry_after_breaks_the_policy(value):
    assert (retry_after(answer(503, ("Retry-After", value)), NOW) or 0) >= 0


def test_a_challenge_is_not_tried_again():
    assert retry_pause(answer(503, ("CF-Mitigated", "challenge")), 1, POLICY, NOW) is None


# --- pacing -------------------------------------------------------------------


def paced(**settings) -> Pacing[str]:
    return Pacing(NetworkSettings(**{"per_host": 2, "host_delay": 1.0, "domain_delay": 0.0, **settings}))


def test_starts_on_a_host_are_apart_and_few_at_a_time():
    pacing = paced()
    for item in "abc":
        pacing.put("h.example", item)
    assert pacing.take(10.0) == "a"
    assert pacing.take(10.5) is None
    assert pacing.next_time() == 11.0
    assert pacing.take(11.0) == "b"
    assert pacing.next_time() is None
    assert pacing.take(20.0) is None
    pacing.done("h.example")
    assert pacing.take(20.0) == "c"


def test_other_hosts_are_not_held_up():
    pacing = paced()
    for host in ("a.example", "b.example", "a.example"):
        pacing.put(host, host)
    assert [pacing.take(0.0), pacing.take(0.0), pacing.take(0.0)] == ["a.example", "b.example", None]


def test_hosts_of_one_registered_domain_share_a_wider_pace():
    pacing = paced(domain_delay=0.25)
    for host in ("a.site.co.uk", "b.site.co.uk", "c.site.co.uk", "other.co.uk"):
        pacing.put(host, host)
    assert [pacing.take(0.0), pacing.take(0.0), pacing.take(0.0)] == ["a.site.co.uk", "other.co.uk", None]
    assert pacing.next_time() == 0.25
    assert pacing.take(0.25) == "b.site.co.uk"
    assert pacing.take(0.25) is None
    assert pacing.take(0.5) == "c.site.co.uk"


def test_a_throttled_host_is_slowed_down_for_the_run():
    pacing = paced(retry_wait=1.0)
    for item in "abcd":
        pacing.put("h.example", item)
    assert pacing.take(0.0) == "a"
    pacing.note("h.example", failed=False, throttled=True)
    pacing.done("h.example")
    assert pacing.take(1.0) == "b"
    assert pacing.take(2.9) is None
    pacing.done("h.example")
    assert pacing.take(2.9) is None
    assert pacing.take(3.0) == "c"
    assert pacing.take(99.0) is None, "one at a time now"


def test_only_failures_in_a_row_make_a_host_weary():
    pacing = paced(retries=0)
    for _ in range(3):
        pacing.note("h.example", failed=True, throttled=False)
    assert not pacing.is_down("h.example")
    pacing.note("h.example", failed=True, throttled=False)
    assert pacing.is_down("h.example")
    pacing.note("h.example", failed=False, throttled=False)
    assert not pacing.is_down("h.example")


def test_what_is_under_way_goes_first():
    pacing = paced(host_delay=0.0)
    pacing.put("h.example", "new")
    pacing.put("h.example", "next hop", first=True)
    assert pacing.take(0.0) == "next hop"


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 3)), max_size=60))
def test_everything_put_is_taken_once(puts):
    pacing = paced(host_delay=0.5, domain_delay=0.1)
    for number, (host, _) in enumerate(puts):
        pacing.put(f"{host}.example", (f"{host}.example", number))
    taken, now = [], 0.0
    while (next_time := pacing.next_time()) is not None:
        now = max(now, next_time)
        while (item := pacing.take(now)) is not None:
            taken.append(item[1])
            pacing.done(item[0])
    assert sorted(taken) == list(range(len(puts)))


# --- cookies ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "from_url", "to_url", "sent"),
    [
        ("a=1", "http://h.example/x/y", "http://h.example/x/z", "a=1"),
        ("a=1", "http://h.example/x/y", "http://h.example/z", None),
        ("a=1; Path=/", "http://h.example/x/y", "http://h.example/z", "a=1"),
        ("a=1; Path=/foo", "http://h.example/", "http://h.example/foobar", None),
        ("a=1", "http://h.example/", "http://www.h.example/", None),
        ("a=1; Domain=h.example", "http://www.h.example/", "http://h.example/", "a=1"),
        ("a=1; Domain=.h.example", "http://h.example/", "http://www.h.example/", "a=1"),
        ("a=1; Domain=other.example", "http://h.example/", "http://other.example/", None),
        ("a=1; Domain=0.0.1", "http://127.0.0.1/", "http://127.0.0.1/", None),
        ("a=1; Secure", "https://h.example/", "http://h.example/", None),
        ("a=1; Secure", "https://h.example/", "https://h.example/", "a=1"),
        ("a=1; Max-Age=0", "http://h.example/", "http://h.example/", None),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "http://h.example/", "http://h.example/", None),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60", "http://h.example/", "http://h.example/", "a=1"),
        ("a=1; Expires=whenever", "http://h.example/", "http://h.example/", "a=1"),
        (f"a=1; Expires=Thu, 01 Jan {10**20} 00:00:00 GMT", "http://h.example/", "http://h.example/", "a=1"),
        ("=1", "http://h.example/", "http://h.example/", "1"),
        ("=", "http://h.example/", "http://h.example/", None),
        ("noname", "http://h.example/", "http://h.example/", "noname"),
    ],
)
def test_cookies_go_where_they_belong(field, from_url, to_url, sent):
    cookies = Cookies()
    cookies.take(parse_target(from_url), (field,), NOW)
    assert cookies.header(parse_target(to_url)) == sent


def test_a_cookie_is_replaced_and_taken_back():
    cookies, target = Cookies(), parse_target("http://h.example/")
    cookies.take(target, ("a=1", "b=2"), NOW)
    cookies.take(target, ("a=3",), NOW)
    assert cookies.header(target) == "a=3; b=2"
    cookies.take(target, ("b=; Max-Age=-1",), NOW)
    assert cookies.header(target) == "a=3"


@pytest.mark.parametrize(
    ("field", "kept"),
    [
        ("sid=x=y; Path=/", "sid=[removed]; Path=/"),
        ("s3cret", "[removed]"),
        ("a=", "a=[removed]"),
        ("s3cret; a=b", "[removed]"),
    ],
)
def test_what_is_kept_of_a_set_cookie_field(field, kept):
    assert without_value(field) == kept


@given(st.text())
def test_no_set_cookie_field_breaks_a_visit(field):
    Cookies().take(parse_target("http://h.example/"), (field,), NOW)
    without_value(field)


# --- content-codings ------------------------------------------------------------

TEXT = b"<p>what the page says</p>" * 400


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("packed", "coding"),
    [
        (TEXT, ""),
        (TEXT, "identity"),
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(TEXT), "X-GZIP"),
        (gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]), "gzip"),
        (gzip.compress(TEXT) + b"\0" * 600, "gzip"),
        (zlib.compress(TEXT), "deflate"),
        (raw_deflate(TEXT), "deflate"),
        (gzip.compress(zlib.compress(TEXT)), "deflate, gzip"),
        (gzip.compress(gzip.compress(TEXT)), "gzip, gzip"),
    ],
    # gzip.compress writes the time: two workers of pytest-xdist would name such a case differently.
    ids=["plain", "identity", "gzip", "x-gzip", "two members", "padded", "zlib", "raw", "deflate-gzip", "gzip-gzip"],
)
def test_a_body_comes_out_of_its_coding(packed, coding):
    decoded = decoded_of(packed, coding)
    assert (decoded.data, decoded.truncated, decoded.bomb, decoded.trouble) == (TEXT, False, False, None)
    assert start_of(packed, coding, 64) == TEXT[:64]


def test_of_a_broken_body_comes_what_could_be_read():
    packed = gzip.compress(bytes(range(256)) * 1000 + TEXT, 1)
    decoded = decoded_of(packed[: len(packed) // 2], "gzip")
    assert decoded.truncated
    assert decoded.data.startswith(bytes(range(256)))
    assert "ends early" in decoded.trouble


def test_a_plain_body_under_the_name_of_a_coding_is_read_as_it_is():
    decoded = decoded_of(TEXT, "gzip")
    assert decoded.data == TEXT
    assert not decoded.trouble


@pytest.mark.parametrize(
    "coding",
    ["none", "UTF-8", "aws-chunked", "binary", "base64", "text/html", "chunked, 8bit", "br", "zstd", "gzip, br"],
)
def test_an_unknown_coding_is_the_bytes_as_they_are(coding):
    decoded = decoded_of(TEXT, coding)
    assert (decoded.data, decoded.truncated, decoded.trouble) == (TEXT, False, None)
    assert start_of(TEXT, coding, 64) == TEXT[:64]


def test_of_a_list_with_an_unknown_coding_the_known_ones_are_undone():
    assert decoded_of(gzip.compress(TEXT), "gzip, aws-chunked").data == TEXT
    assert decoded_of(gzip.compress(TEXT), "utf-8,gzip").data == TEXT


@pytest.mark.parametrize(("coding", "packed"), [("br", brotli.compress(TEXT)), ("zstd", zstd.compress(TEXT))])
def test_what_was_not_asked_for_is_read_all_the_same(coding, packed):
    assert decoded_of(packed, coding).data == TEXT
    assert start_of(packed, coding, 64) == TEXT[:64]
    torn = decoded_of(packed[:-2], coding)
    assert torn.truncated
    assert "ends early" in torn.trouble
    assert decoded_of(gzip.compress(packed), f"{coding}, gzip").data == TEXT


def test_the_limit_holds_and_a_bomb_is_told_from_a_long_page():
    long = decoded_of(gzip.compress(b"x" * 30_000), "gzip", 10_000)
    assert (len(long.data), long.truncated, long.bomb) == (10_000, True, False)
    bomb = decoded_of(gzip.compress(b"x" * 50_000), "gzip", 10_000)
    assert (bomb.data, bomb.bomb) == (b"", True)
    nested = decoded_of(gzip.compress(gzip.compress(bytes(10**7))), "gzip, gzip", 10_000)
    assert nested.bomb


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "gzip, deflate", "br"]))
def test_no_bytes_break_the_decoder(data, coding):
    assert len(decoded_of(data, coding, 1000).data) <= 1000
    start_of(data, coding, 100)


# --- targets ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("HTTP://Example.COM", "http://example.com/"),
        ("http://example.com:80/a#b", "http://example.com/a"),
        ("http://example.com/a?#b", "http://example.com/a?"),
        ("https://example.com:8443?x=1", "https://example.com:8443/?x=1"),
        ("http://bücher.example/ü?ü=ü", "http://xn--bcher-kva.example/%C3%BC?%C3%BC=%C3%BC"),
        ("http://u:p@example.com/", "http://example.com/"),
        ("http://[2001:DB8::1]:81/", "http://[2001:db8::1]:81/"),
        ("http://a_b.example/%zz/%e4", "http://a_b.example/%zz/%e4"),
        ('http://example.com/a b"<c>', "http://example.com/a%20b%22%3Cc%3E"),
    ],
)
def test_a_url_is_made_fit_for_sending(url, sent):
    assert parse_target(url).url == sent


@given(st.text(), st.text())
def test_a_target_is_sendable_or_a_value_error(base, location):
    for make in (lambda: parse_target(base), lambda: parse_redirect(parse_target("http://h.example/a/b"), location)):
        try:
            target = make()
        except ValueError:
            continue
        assert target.url.isascii()
        assert not any(character <= " " for character in target.url)
        assert target.origin in ("http://" + target.netloc, "https://" + target.netloc)


@given(
    st.sampled_from(["a.example", "127.0.0.1", "1.2.3.4.5", "a_b", "a..b", "[::1]", "a.example.", "u:p@a.example"]),
    st.sampled_from(["", ":80", ":443", ":080", ":8080", ":65536", ":"]),
    st.text(alphabet="/?#[]@!$&'()*+,;=%aZ0:<> \"\\^`{|}~é", max_size=12),
)
def test_the_short_way_through_an_address_leads_to_the_same_target(host, port, rest):
    def parsed(scheme):
        try:
            return parse_target(f"{scheme}://{host}{port}/{rest}")
        except ValueError as error:
            return str(error)

    # A scheme in capitals is taken apart by the general parser.
    assert parsed("http") == parsed("HTTP")
    assert parsed("https") == parsed("HTTPS")


# --- names --------------------------------------------------------------------


def test_a_second_look_tells_a_missing_name_and_asks_once(monkeypatch):
    asked, told, woken = [], [], threading.Event()

    def resolve(host, *_args, **_keywords):
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME if host == b"gone.example" else socket.EAI_AGAIN, "no")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    names = Resolver(30.0, woken.set)
    for host in ("gone.example", "gone.example", "later.example"):
        names.ask(host, lambda missing, host=host: told.append((host, missing)))
    while names.waiting:
        woken.wait(5)
        woken.clear()
        names.collect()
    names.ask("gone.example", lambda missing: told.append(("again", missing)))
    names.close()
    assert sorted(told) == [("again", True), ("gone.example", True), ("gone.example", True), ("later.example", False)]
    assert sorted(asked) == [b"gone.example", b"later.example"]


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_keywords: release.wait(30))
    told = []
    names = Resolver(0.0, lambda: None)
    names.ask("slow.example", told.append)
    names.collect()
    assert told == [False]
    names.close()
    release.set()


def test_an_http_date_without_a_zone_is_utc():
    assert retry_after(answer(503, ("Retry-After", "Mon, 23 Nov 2026 06:00:10 -0000")), NOW) == 10.0
    assert retry_after(answer(503), NOW + timedelta(days=1)) is None
