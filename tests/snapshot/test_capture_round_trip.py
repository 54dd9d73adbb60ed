"""A visit becomes a capture, and the capture the page that was seen."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from linkarchive.errors import StorageError
from linkarchive.model import Capture, Hop, Location, Origin
from linkarchive.snapshot.reader import LogLine, ScannedRun, read_page, read_record, scan
from linkarchive.snapshot.record_reader import Problem
from linkarchive.snapshot.verify import verify
from linkarchive.snapshot.writer import Memento

HTML = (("Content-Type", "text/html"),)
TEXT = "Переговоры, “quoted”, 25 %. ".encode() * 400


@pytest.mark.parametrize(
    ("coding", "stored"),
    [
        (None, TEXT),
        ("gzip", gzip.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", zlib.compress(TEXT, wbits=-15)),
    ],
    ids=["identity", "gzip", "deflate", "raw-deflate"],
)
def test_the_page_comes_back_decoded(archive: Any, coding: str | None, stored: bytes) -> None:
    headers = (*HTML, ("Content-Encoding", coding)) if coding else HTML
    with archive.writer() as writer:
        capture = archive.write(
            writer, archive.pages.visit(archive.pages.exchange("https://a.example/", stored, headers=headers))
        )
    page = read_page(archive.folder, capture)
    assert page.body == TEXT
    assert (page.status, page.final_url, page.truncated) == (200, "https://a.example/", False)
    assert page.headers["content-type"] == "text/html"
    record = read_record(archive.folder, capture.record)
    assert record.payload.read() == stored
    record.payload.close()


def test_a_cut_compressed_body_gives_what_could_be_read(archive: Any) -> None:
    stored = gzip.compress(bytes(range(256)) * 4000)
    headers = (*HTML, ("Content-Encoding", "gzip"))
    exchange = archive.pages.exchange(
        "https://a.example/", stored[: len(stored) // 2], headers=headers, truncated="time"
    )
    with archive.writer() as writer:
        capture = archive.write(writer, archive.pages.visit(exchange))
    page = read_page(archive.folder, capture)
    assert capture.truncated
    assert page.truncated
    assert page.body.startswith(bytes(range(256)))
    assert all(problem.note for problem in verify(archive.folder))  # only that the run is not sealed yet


def test_a_body_over_the_limit_is_cut(archive: Any) -> None:
    with archive.writer() as writer:
        exchange = archive.pages.exchange("https://a.example/", b"x" * 5000)
        capture = archive.write(writer, archive.pages.visit(exchange))
    page = read_page(archive.folder, capture, limit=1000)
    assert (len(page.body), page.truncated) == (1000, True)


def test_a_redirect_chain_is_kept_hop_by_hop(archive: Any) -> None:
    pages = archive.pages
    visit = pages.visit(
        pages.redirect("http://a.example/", "https://a.example/"),
        pages.redirect("https://a.example/", "/home", 302),
        pages.exchange("https://a.example/home", b"home"),
    )
    with archive.writer() as writer:
        capture = archive.write(writer, visit)
    assert capture.hops == (Hop("http://a.example/", 301), Hop("https://a.example/", 302))
    page = read_page(archive.folder, capture)
    assert (page.hops, page.final_url, page.body) == (capture.hops, "https://a.example/home", b"home")


def test_framing_never_changes_the_digest(archive: Any) -> None:
    """The same body, chunked or counted: one digest, and the second visit is a revisit (facts 3.2)."""
    pages = archive.pages
    chunked = pages.exchange("https://a.example/", b"same", headers=(*HTML, ("Transfer-Encoding", "chunked")))
    counted = pages.exchange("https://a.example/", b"same", headers=(*HTML, ("Content-Length", "4")))
    with archive.writer() as writer:
        first = archive.write(writer, pages.visit(chunked))
        second = archive.write(writer, pages.visit(counted, at=60), revisit_of=first)
    assert first.digest == second.digest
    assert second.original == first.record


def test_revisits_always_point_at_the_response(archive: Any) -> None:
    pages = archive.pages
    captures: list[Capture] = []
    with archive.writer() as writer:
        for number in range(4):
            visit = pages.visit(pages.exchange("https://a.example/", b"same page"), at=number)
            captures.append(archive.write(writer, visit, revisit_of=captures[-1] if captures else None))
    first, *later = captures
    assert first.original is None
    assert [capture.original for capture in later] == [first.record] * 3
    response = read_record(archive.folder, first.record)
    response.payload.close()
    for capture in later:
        record = read_record(archive.folder, capture.record)
        assert record.type == "revisit"
        assert record.headers["WARC-Refers-To"] == response.headers["WARC-Record-ID"]
        assert record.headers["WARC-Refers-To-Date"] == response.headers["WARC-Date"]
        assert record.headers["WARC-Refers-To-Target-URI"] == "https://a.example/"
        assert record.headers["WARC-Truncated"] == "length"
        assert record.payload.length == 0
        record.payload.close()
        assert read_page(archive.folder, capture).body == b"same page"


def test_a_304_is_the_page_it_was(archive: Any) -> None:
    pages = archive.pages
    old = (*HTML, ("ETag", '"1"'), ("X-Cache", "miss"))
    with archive.writer() as writer:
        first = archive.write(writer, pages.visit(pages.exchange("https://a.example/", b"page", headers=old)))
        answer = pages.exchange(
            "https://a.example/", b"", 304, (("ETag", '"1"'), ("X-Cache", "hit")), reason="Not Modified"
        )
        again = archive.write(writer, pages.visit(answer, at=9), revisit_of=first)
    assert (again.status, again.digest, again.mime, again.original) == (200, first.digest, "text/html", first.record)
    record = read_record(archive.folder, again.record)
    record.payload.close()
    assert record.headers["WARC-Profile"].endswith("server-not-modified")
    assert record.http.status == 304
    page = read_page(archive.folder, again)
    assert (page.status, page.body) == (200, b"page")
    assert page.headers == {"content-type": "text/html", "etag": '"1"', "x-cache": "hit", "content-length": "4"}


def test_another_payload_is_never_a_revisit(archive: Any) -> None:
    pages = archive.pages
    with archive.writer() as writer:
        first = archive.write(writer, pages.visit(pages.exchange("https://a.example/", b"one")))
        second = archive.write(writer, pages.visit(pages.exchange("https://a.example/", b"two")), revisit_of=first)
    assert second.original is None
    assert read_page(archive.folder, second).body == b"two"


def test_a_payload_whose_original_is_gone_is_kept_again(archive: Any) -> None:
    pages = archive.pages
    with archive.writer() as writer:
        first = archive.write(writer, pages.visit(pages.exchange("https://a.example/", b"same")))
    lost = replace(first, record=Location("archive/warc/forgotten-00000.warc.gz", 0, 10))
    with archive.writer() as writer:
        second = archive.write(writer, pages.visit(pages.exchange("https://a.example/", b"same")), revisit_of=lost)
    assert second.original is None
    assert second.record.warc.endswith("-00001.warc.gz")
    assert read_page(archive.folder, second).body == b"same"


def test_a_memento_is_kept_as_what_it_is(archive: Any) -> None:
    pages = archive.pages
    seen = pages.visit(pages.exchange("https://web.archive.example/web/20210513091244id_/https://source.example/page"))
    when = seen.time.replace(year=2021)
    memento = Memento(
        Origin.WAYBACK, when, "https://web.archive.example/web/20210513091244/https://source.example/page"
    )
    with archive.writer() as writer:
        capture = archive.write(writer, seen, memento=memento)
    assert (capture.url, capture.time, capture.origin) == ("https://source.example/page", when, Origin.WAYBACK)
    assert (capture.final_url, capture.hops, capture.public_url) == (capture.url, (), memento.public_url)
    record = read_record(archive.folder, capture.record)
    record.payload.close()
    assert record.headers["WARC-Target-URI"] == seen.exchanges[0].url
    assert [event for event in scan(archive.folder) if isinstance(event, Capture)] == [capture]


def test_a_scan_gives_back_every_capture_and_log_line(archive: Any) -> None:
    first = archive.fill("20270101T000000Z-aaaa")
    second = archive.fill("20260101T000000Z-bbbb")  # a later run with an earlier clock
    events = list(scan(archive.folder))
    assert [event for event in events if isinstance(event, Capture)] == first + second
    runs = [event for event in events if isinstance(event, ScannedRun)]
    assert [run.id for run in runs] == ["20270101T000000Z-aaaa", "20260101T000000Z-bbbb"]
    assert runs[0].facts == {"complete": True}
    lines = [event for event in events if isinstance(event, LogLine)]
    assert [line.line for line in lines] == [b'{"visit":1}', b'{"visit":2}'] * 2
    assert not [event for event in events if isinstance(event, Problem)]


def test_a_scan_goes_on_behind_damage(archive: Any) -> None:
    captures = archive.fill()
    (warc,) = archive.warcs()
    data = bytearray(warc.read_bytes())
    data[captures[1].record.offset + 30] ^= 0xFF
    warc.write_bytes(data)
    events = list(scan(archive.folder))
    assert [event for event in events if isinstance(event, Capture)] == [captures[0], *captures[2:]]
    assert next(event.offset for event in events if isinstance(event, Problem)) == captures[1].record.offset


def test_an_unreadable_record_is_named(archive: Any) -> None:
    (capture, *_) = archive.fill()
    elsewhere = replace(capture, record=replace(capture.record, offset=capture.record.offset + 1))
    with pytest.raises(StorageError, match=rf"{capture.record.warc}, the record at byte {elsewhere.record.offset}"):
        read_page(archive.folder, elsewhere)
    changed = replace(capture, digest="sha1:AAAA")
    with pytest.raises(StorageError, match="not the one that was captured"):
        read_page(archive.folder, changed)
    archive.warcs()[0].unlink()
    with pytest.raises(StorageError, match="No such file"):
        read_page(archive.folder, capture)


_FIELD = st.tuples(
    st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,15}", fullmatch=True),
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=30).map(
        lambda text: text.strip(" \t")
    ),
)


@pytest.mark.long
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=3000), fields=st.lists(_FIELD, max_size=6), reason=st.text(max_size=20), url=st.text())
def test_whatever_a_server_sends_is_kept(
    archive: Any, body: bytes, fields: list[tuple[str, str]], reason: str, url: str
) -> None:
    special = {"content-encoding", "transfer-encoding", "content-length", "set-cookie"}
    fields = [field for field in fields if field[0].lower() not in special]
    exchange = archive.pages.exchange(f"https://a.example/{url}", body, 200, tuple(fields), reason=reason)
    with archive.writer() as writer:
        capture = archive.write(writer, archive.pages.visit(exchange))
    page = read_page(archive.folder, capture)
    assert page.body == body
    assert {**exchange.header_map, "content-length": str(len(body))} == page.headers
    assert not [problem for problem in verify(archive.folder) if not problem.note]
    archive.warcs()[0].unlink()
    for path in (archive.folder / "indexes").iterdir():
        path.unlink()
