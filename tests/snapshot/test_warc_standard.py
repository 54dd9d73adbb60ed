"""What other people's tools say about our WARC files."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cdxj_indexer.main import CDXJIndexer
from fastwarc.warc import ArchiveIterator as FastIterator
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs
from surt import surt as reference_surt
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from linkarchive.snapshot import paths
from linkarchive.snapshot.surt import surt

LOG_KEY = "urn:linkarchive:run:20261123t060000z-4f2a"


def test_warcio_check_passes_every_digest(archive: Any, capsys: pytest.CaptureFixture[str]) -> None:
    archive.fill()
    checker = Checker(SimpleNamespace(inputs=[str(path) for path in archive.warcs()], verbose=True))
    assert checker.process_all() == 0
    output = capsys.readouterr()
    assert output.out.count("digest pass") >= 8
    assert output.err == ""


def test_a_response_begins_with_the_version_that_came(archive: Any) -> None:
    old = structs.replace(archive.pages.exchange("https://a.example/"), version="HTTP/1.0")
    with archive.writer() as writer:
        archive.write(writer, archive.pages.visit(old))
    (warc,) = archive.warcs()
    with warc.open("rb") as file:
        (head,) = [record.http_headers for record in ArchiveIterator(file) if record.rec_type == "response"]
    assert (head.protocol, head.statusline) == ("HTTP/1.0", "200 OK")


def test_fastwarc_reads_the_same_records(archive: Any) -> None:
    archive.fill()
    (warc,) = archive.warcs()
    with warc.open("rb") as file:
        ours = [(r.rec_headers["WARC-Record-ID"], r.rec_type) for r in ArchiveIterator(file)]
    with warc.open("rb") as file:
        theirs = [(record.headers["WARC-Record-ID"], record.headers["WARC-Type"]) for record in FastIterator(file)]
    assert theirs == ours
    assert ours[0][1] == "warcinfo"
    assert [kind for _, kind in ours].count("revisit") == 2


def test_our_index_is_what_cdxj_indexer_writes(archive: Any, tmp_path: Path) -> None:
    archive.fill()
    (warc,) = archive.warcs()
    output = tmp_path / "reference.cdxj"
    CDXJIndexer(str(output), [str(warc)], sort=True, records="response,revisit").process_all()
    # A kept 304 stays out of our index: it would replay as an empty page.
    expected = [line for line in output.read_text().splitlines() if '"status": "304"' not in line]
    # A redirect without a content type: CDXJ 0.1.0 wants the field, cdxj-indexer leaves it out.
    found = paths.index_of(archive.folder, warc).read_text().replace('"mime": "unk", ', "").splitlines()
    assert found == expected
    assert len(found) == 5


def test_an_indexer_with_its_defaults_takes_no_metadata_for_a_page(archive: Any, tmp_path: Path) -> None:
    archive.fill()
    output = tmp_path / "reference.cdxj"
    CDXJIndexer(str(output), [str(path) for path in archive.warcs()], sort=True).process_all()
    urls = {line.split(" ")[0] for line in output.read_text().splitlines()}
    assert urls == {"example,a)/one", "example,b)/old", "example,b)/new", "example,c)/", LOG_KEY}


@pytest.mark.parametrize(
    "url",
    [
        "http://www.Example.COM:80/A//b/../c/?b=2&a=1&B#frag",
        "https://www2.example.org/x/?",
        "https://example.org/?jsessionid=0123456789abcdef0123456789ABCDEF&q=1",
        "https://example.org/a?q=1&PHPSESSID=0123456789abcdef0123456789abcdef",
        "https://example.org/(S(0123456789abcdefghijklmn))/page.aspx?x",
        "https://bücher.example/%C3%BC/ü?q=%25%32%30",
        "http://127.0.0.1:8791/b.html",
        "http://user:secret@example.org:8080/",
        "http://2130706433/",
        "https://example.org/a%2Fb/%7Euser?x=a+b&x=%26",
        "https://web.archive.org/web/20210513id_/https://www.example.org/a",
        "https://www.",
        "https://example.org/...",
        "https://example.org/a/..",
    ],
)
def test_surt_keys_are_those_of_the_surt_package(url: str) -> None:
    assert surt(url) == reference_surt(url)


_SEGMENT = st.text(st.characters(codec="ascii", min_codepoint=33, exclude_characters="?#[]\\"), max_size=12)


@given(path=_SEGMENT, query=_SEGMENT, host=st.from_regex(r"(www[0-9]?\.)?[a-z]{1,5}\.[a-z]{2,3}", fullmatch=True))
def test_surt_keys_agree_for_any_path_and_query(path: str, query: str, host: str) -> None:
    url = f"https://{host}/{path}?{query}"
    assert surt(url) == reference_surt(url)


@given(
    st.from_regex(
        r"https?://(www1?\.)?[a-z0-9-]{1,5}(\.[a-z]{1,4}){1,2}(:[1-9][0-9]{0,3})?(/[A-Za-z0-9._~-]{0,3}){0,4}(\?[A-z0-9=&/]{0,9})?",
        fullmatch=True,
    )
)
def test_surt_keys_agree_for_plain_urls(url: str) -> None:
    assert surt(url) == reference_surt(url)


@given(st.text(max_size=60))
@example(f"http://{'1' * 5000}/")
def test_a_surt_key_never_breaks_an_index_line(url: str) -> None:
    key = surt(url)
    assert key.isascii()
    assert not set(key) & set(" \r\n\t")


def test_records_carry_what_the_standard_asks(archive: Any) -> None:
    pages = archive.pages
    with archive.writer(simulated=True) as writer:
        chunked = (
            ("Content-Type", "text/html"),
            ("Transfer-Encoding", "chunked"),
            ("content-length", "999"),
            ("X-Name", "caf\xe9"),
            ("Set-Cookie", "session=hunter2; Path=/"),
        )
        secrets = (("Host", "a.example"), ("Cookie", "session=hunter2"), ("Authorization", "Basic aHVudGVyMg=="))
        page = pages.exchange("https://a.example/ö?x=1", b"cut", 200, chunked, "length", request_headers=secrets)
        archive.write(writer, pages.visit(page))
    (warc,) = archive.warcs()
    raw = io.BytesIO()
    kept = {}
    with warc.open("rb") as file:
        for record in ArchiveIterator(file):
            block = record.raw_stream.read()
            raw.write(block)
            kept[record.rec_type] = (record.rec_headers, record.http_headers, block)
    info, response, request, metadata = (kept[kind] for kind in ("warcinfo", "response", "request", "metadata"))
    assert b"isPartOf: 20261123T060000Z-4f2a" in info[2]
    assert b"simulated: true" in info[2]
    assert response[0].protocol == "WARC/1.1"
    assert response[0]["WARC-Date"] == "2026-11-23T06:00:00.123456Z"
    assert {request[0]["WARC-Date"], metadata[0]["WARC-Date"]} == {response[0]["WARC-Date"]}
    assert response[0]["WARC-IP-Address"] == "192.0.2.7"
    assert response[0]["WARC-Target-URI"] == "https://a.example/%C3%B6?x=1"
    assert response[0]["WARC-Truncated"] == "length"
    assert response[0]["WARC-Payload-Digest"] == page.body.digest
    assert response[1]["Content-Length"] == "3"
    assert response[1]["Transfer-Encoding"] is None
    assert response[1]["X-Name"] == "caf\xe9"
    assert request[0]["WARC-Concurrent-To"] == response[0]["WARC-Record-ID"]
    assert request[1].statusline == "/%C3%B6?x=1 HTTP/1.1"
    assert metadata[0]["WARC-Refers-To"] == response[0]["WARC-Record-ID"]
    assert b"hunter2" not in raw.getvalue()
    assert b"aHVudGVyMg" not in raw.getvalue()
    assert response[1]["Set-Cookie"] == "session=REDACTED; Path=/"


def test_the_request_on_record_is_the_one_on_the_wire(archive: Any) -> None:
    pages = archive.pages
    with archive.writer() as writer:
        archive.write(writer, pages.visit(pages.exchange("https://a.example/{w}?q=a|b^`c%7E&d='", b"text")))
    (warc,) = archive.warcs()
    with warc.open("rb") as file:
        (request,) = [record for record in ArchiveIterator(file) if record.rec_type == "request"]
    assert request.http_headers.statusline == "/{w}?q=a|b^`c%7E&d=' HTTP/1.1"
    assert request.rec_headers["WARC-Target-URI"] == "https://a.example/%7Bw%7D?q=a%7Cb%5E%60c%7E&d='"
