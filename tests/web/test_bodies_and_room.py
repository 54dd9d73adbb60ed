"""Bodies in memory and in files, pages without one, and the room that a limit on open files leaves."""

from __future__ import annotations

import base64
import hashlib
import os
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.web.exchange import SPOOL_AT, Body, VisitRequest
from linkarchive.web.limits import ConnectionLimits, room_for
from linkarchive.web.page import page_of


def filled(pieces: list[bytes]) -> Body:
    body = Body()
    for piece in pieces:
        body.write(piece)
    return body


def digest_of(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


LENGTHS = st.sampled_from([0, 1, 1000, SPOOL_AT // 2, SPOOL_AT - 1, SPOOL_AT, SPOOL_AT + 1])


@given(st.lists(LENGTHS, max_size=4))
def test_a_body_is_what_came_however_long_it_is(lengths):
    pieces = [bytes([65 + number]) * length for number, length in enumerate(lengths)]
    whole = b"".join(pieces)
    with closing(filled(pieces)) as body:
        assert b"".join(body.chunks()) == whole
        assert (body.length, body.digest) == (len(whole), digest_of(whole))
        assert body.read() == whole
        assert body.open().read(10) == whole[:10]
        assert body.open().read() == whole
        assert (b"".join(body.chunks()), body.digest) == (whole, digest_of(whole))


@pytest.mark.parametrize("length", [10, SPOOL_AT + 1])
def test_only_a_long_body_has_a_file_and_a_closed_one_cannot_be_read(length):
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
    body = filled([b"x" * length])
    if before is not None:
        assert len(os.listdir("/proc/self/fd")) == before + (length > SPOOL_AT)
    body.close()
    body.close()
    for use in (body.read, body.open, lambda: list(body.chunks())):
        with pytest.raises(ValueError, match="closed"):
            use()


def test_a_digest_that_was_asked_for_outlives_the_body():
    body = filled([b"abc"])
    asked = body.digest
    body.close()
    assert body.digest == asked == digest_of(b"abc")


def test_the_page_of_a_304_has_its_status_alone(web, visit_one):
    url = web.put("/a", b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nX-A: 1\r\nx-a: 2\r\n\r\n')
    page = page_of(visit_one(VisitRequest(url, etag='"x"')), 1000)
    assert (page.status, page.body, page.failure, page.truncated) == (304, b"", None, False)
    assert page.headers == {}


@pytest.mark.parametrize(
    ("hard", "room"),
    [
        (1_000_000, ConnectionLimits(visits=128, connections=512)),
        (1024, ConnectionLimits(visits=128, connections=512)),
        (700, ConnectionLimits(visits=128, connections=380)),
        (264, ConnectionLimits(visits=50, connections=100)),
        (64, ConnectionLimits(visits=1, connections=2)),
    ],
)
def test_the_limit_on_open_files_is_kept(monkeypatch, hard, room):
    resource = pytest.importorskip("resource")
    limits = [(64, hard)]
    monkeypatch.setattr(resource, "getrlimit", lambda _which: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _which, new: limits.append(new))
    assert room_for(128) == room
    soft = limits[-1][0]
    assert soft <= hard
    # Behind each connection in use may be a spooled body and a resolver's socket.
    assert room.connections + 2 * room.visits + 64 <= soft or room.visits == 1
