"""Every way in which a visit can fail, over real sockets, and the limits that end it."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.model import Reason
from linkarchive.web import lenient
from linkarchive.web.page import page_of

LIMIT = 20 * 1024 * 1024
# A label of 64 letters cannot be: the resolver says so by itself, with or without a network.
NO_NAME = "a" * 64 + ".invalid"


@pytest.fixture
def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return port


async def silence(_asked, writer):
    await asyncio.sleep(30)


async def drip(_asked, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await asyncio.sleep(0.05)


async def endless(_asked, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        writer.write(b"<p>more</p>" * 5000)
        await writer.drain()


async def reset(_asked, writer):
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def hang_up(_asked, writer):
    return


async def break_off(_asked, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
    await writer.drain()


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nno colon here\r\nSet-Cookie: a=b\r\nContent-Length: 9\r\n\r\n", b"only this"),
        (b"HTTP/1.1 200 OK\nno colon here\n\n", b"only this"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 400_000 + b"\r\n\r\n", b"only this"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", b"only this"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", b"only this"),
        (b"HTTP/1.1 200 OK\r\nbad\r\nTransfer-Encoding: chunked\r\n\r\n", b"4\r\nonly\r\n5\r\n this\r\n0\r\n\r\n"),
        (b"ICY 200 OK\r\nContent-Type: text/html\r\n\r\n", b"only this"),
        (b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nbad\r\n\r\n", b"only this"),
    ],
    ids=["no colon", "bare line feeds", "long line", "length", "negative", "chunks", "icy", "interim"],
)
def test_a_head_that_browsers_read_is_read(web, visit_one, head, body):
    async def answer(_asked, writer):
        writer.write(head + body)
        await writer.drain()

    visit = visit_one(web.put("/a", answer))
    page = page_of(visit, 1000)
    assert (page.status, page.body, page.cut, page.failure) == (200, b"only this", None, None)
    assert not any(name == "no colon here" for name, _ in visit.final.headers)
    assert web.times("/a") == 2


async def nothing_of_it(_asked, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    await writer.drain()


async def broken_chunk(_asked, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\nzz\r\n")
    await writer.drain()


async def no_last_chunk(_asked, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n")
    await writer.drain()


@pytest.mark.parametrize("answer", [break_off, broken_chunk, no_last_chunk])
def test_a_body_that_breaks_off_is_a_page_of_what_came(web, visit_one, answer):
    visit = visit_one(web.put("/a", answer), retries=1)
    assert visit.tries == 2
    page = page_of(visit, 1000)
    assert (page.status, page.body, page.truncated, page.cut) == (200, b"only this", True, "closed")


def test_a_body_that_takes_too_long_is_a_page_of_what_came(web, visit_one):
    page = page_of(visit_one(web.put("/a", drip), timeout=1.0, retries=1), 1000)
    assert page.status == 200
    assert page.body
    assert page.cut == "time"


def test_the_status_is_enough_where_the_body_does_not_come(web, visit_one):
    async def answer(_asked, writer):
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\n")
        await writer.drain()

    assert page_of(visit_one(web.put("/a", answer)), 1000).status == 404


@pytest.mark.parametrize(
    ("answer", "reason", "words"),
    [
        (silence, Reason.TIMEOUT, "no answer"),
        (reset, Reason.RESET, "reset"),
        (hang_up, Reason.RESET, "without an answer"),
        (nothing_of_it, Reason.RESET, "within the body"),
        (b"220 ftp.example ready\r\n\r\n", Reason.PROTOCOL, "HTTP/0.9"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Reason.PROTOCOL, "hex"),
        (b"HTTP/1.1 200 OK\r\n" + b"X-Header: x\r\n" * 100_000 + b"\r\n", Reason.PROTOCOL, "headers"),
        (b"HTTP/1.1 000 Odd\r\n\r\n", Reason.PROTOCOL, "HTTP"),
    ],
    ids=[
        "silent",
        "reset",
        "empty",
        "no body",
        "not http",
        "chunks",
        "100,000 fields",
        "status 000",
    ],
)
def test_a_server_that_misbehaves(web, visit_one, answer, reason, words):
    visit = visit_one(web.put("/a", answer), timeout=1.0)
    assert visit.failure.reason is reason
    assert words in visit.failure.detail
    assert visit.failure.connected
    assert visit.connected
    assert not visit.failure.proxy
    assert visit.failure.url == web.url("/a")


def test_nobody_listens(visit_one, closed_port):
    visit = visit_one(f"http://127.0.0.1:{closed_port}/")
    assert visit.failure.reason is Reason.REFUSED
    assert not visit.connected


def test_a_name_that_does_not_exist(visits):
    pages = visits(f"http://{NO_NAME}/a", f"http://{NO_NAME}/b")
    for visit in pages:
        assert visit.failure.reason is Reason.DNS
        assert visit.failure.no_such_name
        assert "no such host name" in visit.failure.detail
        assert not visit.connected


def test_a_certificate_of_an_unknown_authority(secure_web, visit_one):
    visit = visit_one(secure_web.put("/a", secure_web.page(b"x")))
    assert visit.failure.reason is Reason.TLS
    assert "certificate" in visit.failure.detail
    assert visit.failure.connected


def test_a_certificate_of_our_authority_and_of_another_host(secure_web, authority, visit_one, tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(authority.cert_pem.bytes())
    good = visit_one(secure_web.put("/a", secure_web.page(b"safe")), ca_file=str(bundle))
    assert good.final.body.read() == b"safe"
    bad = visit_one(secure_web.url("/a", host="localhost"), ca_file=str(bundle))
    assert bad.failure.reason is Reason.TLS
    assert "localhost" in bad.failure.detail


def test_plain_http_on_a_tls_port(web, visit_one):
    visit = visit_one(web.url("/a").replace("http:", "https:"), timeout=1.0)
    assert visit.failure is not None
    assert visit.failure.reason in (Reason.TLS, Reason.TIMEOUT, Reason.RESET)
    assert visit.failure.connected


def test_an_endless_body_is_cut_and_is_no_failure(web, visit_one):
    visit = visit_one(web.put("/a", endless), max_body=1_000_000)
    assert visit.failure is None
    assert visit.final.truncated == "length"
    assert visit.final.body.length == 1_000_000
    page = page_of(visit, 1_000_000)
    assert page.truncated
    assert page.body.startswith(b"<p>more</p>")


def test_a_body_of_exactly_the_limit_is_whole(web, visit_one):
    visit = visit_one(web.put("/a", web.page(b"x" * 50_000)), max_body=50_000)
    assert visit.final.truncated is None
    assert visit.final.body.length == 50_000


def test_a_gzip_bomb_is_too_large(web, visit_one):
    # Gzip members may follow each other: 1,024 of 1 MiB of zeros, 1 GiB in all.
    bomb = gzip.compress(bytes(1024 * 1024)) * 1024
    visit = visit_one(web.put("/a", web.page(bomb, "200 OK", "Content-Encoding: gzip")))
    assert visit.failure is None
    page = page_of(visit, LIMIT)
    assert page.failure.reason is Reason.TOO_LARGE
    assert page.body == b""


def test_bytes_that_are_no_utf8_anywhere(web, visit_one):
    url = web.put(
        "/a", b"HTTP/1.1 200 \xff\xfe\r\nX-\x80: \xff\xfe\r\nContent-Type: \xff\r\nContent-Length: 2\r\n\r\n\xff\xfe"
    )
    page = visit_one(url).final
    assert page.status_line == "200 \xff\xfe"
    assert ("X-\x80", "\xff\xfe") in page.headers
    assert page.body.read() == b"\xff\xfe"


def test_a_failure_after_a_redirect_keeps_the_redirect(web, visit_one, closed_port):
    visit = visit_one(web.put("/a", web.redirect(f"http://127.0.0.1:{closed_port}/b")))
    assert visit.failure.reason is Reason.REFUSED
    assert visit.failure.url == f"http://127.0.0.1:{closed_port}/b"
    assert [hop.url for hop in visit.hops] == [web.url("/a")]
    assert visit.connected
    page = page_of(visit, LIMIT)
    assert page.failure is visit.failure
    assert page.status is None


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_none(data):
    for answer in (
        data,
        b"HTTP/1.1 200 OK\r\n" + data,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + data,
    ):
        head, body = lenient.split_answer(answer)
        lines = lenient._lines(head)
        assert all(b":" in line for line in lines[1:])
        assert len(lenient._content(body, {"transfer-encoding": "chunked"})[0]) <= len(data)
