"""WARC files of other programs: every record that is whole is read, what is not costs itself."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import re
import struct
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.imports import warc
from linkarchive.imports.record import ForeignRecord, RecordError, read_time
from linkarchive.snapshot.record_reader import Problem

THEN = "2021-05-13T09:12:44Z"
TYPE = "text/html; charset=utf-8"
PAGES = [
    (f"http://host.example/{name}", f"<!DOCTYPE html><title>{name}</title><p>{name}</p>".encode())
    for name in ("first", "second", "third")
]


def members(data: bytes) -> list[bytes]:
    """The gzip members of a file, one a record."""
    records = []
    while data:
        inflate = zlib.decompressobj(31)
        inflate.decompress(data)
        rest = inflate.unused_data
        records.append(data[: len(data) - len(rest)])
        data = rest
    return records


def with_payload_digest(data: bytes, digest: str) -> bytes:
    """A file whose records give this digest."""
    return re.sub(rb"WARC-Payload-Digest: [^\r]+", b"WARC-Payload-Digest: " + digest.encode(), data)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("packing", ["a member a record", "one member", "plain"])
def test_records_of_warcio_are_read(foreign: Any, version: str, packing: str) -> None:
    data = foreign.written(PAGES, packed=packing == "a member a record", version=version)
    pages, problems = foreign.loaded(foreign.read_bytes(gzip.compress(data) if packing == "one member" else data))
    assert (pages, problems) == (dict(PAGES), [])


def test_a_record_has_its_own_time_and_head(foreign: Any) -> None:
    (record,) = foreign.read_bytes(foreign.written(PAGES[:1]))
    assert isinstance(record, ForeignRecord)
    assert record.time == datetime(2021, 5, 13, 9, 12, 44, tzinfo=UTC)
    assert (record.http.status, record.http.get("content-type")) == (200, TYPE)
    assert record.field("warc-record-id").startswith("<urn:uuid:")


def test_angle_brackets_of_old_writers_are_no_part_of_an_address(foreign: Any) -> None:
    data = foreign.written(PAGES[:1], packed=False, version="1.0")
    url = PAGES[0][0].encode()
    pages, problems = foreign.loaded(
        foreign.read_bytes(data.replace(b"WARC-Target-URI: " + url, b"WARC-Target-URI: <" + url + b">"))
    )
    assert (list(pages), problems) == ([PAGES[0][0]], [])


def test_a_wrong_digest_costs_its_record(foreign: Any) -> None:
    data = foreign.written(PAGES, packed=False)
    records = []
    for item in foreign.read_bytes(data.replace(b"<p>second</p>", b"<p>another</p>"[: len(b"<p>second</p>")])):
        assert isinstance(item, ForeignRecord)
        try:
            item.load().payload.close()
            records.append(item.urls[0])
        except RecordError:
            pass
    assert records == [PAGES[0][0], PAGES[2][0]]


@pytest.mark.parametrize("spelling", ["hexadecimal", "sha256", "md5"])
def test_digests_in_other_spellings_are_checked(foreign: Any, spelling: str) -> None:
    body = PAGES[0][1]
    name = "sha1" if spelling == "hexadecimal" else spelling
    digest = f"{name}:{hashlib.new(name, body).hexdigest()}"
    assert foreign.loaded(foreign.read_bytes(with_payload_digest(foreign.written(PAGES[:1], packed=False), digest)))[
        0
    ] == dict(PAGES[:1])
    (bad,) = foreign.read_bytes(with_payload_digest(foreign.written(PAGES[:1], packed=False), digest[:-2] + "zz"))
    assert isinstance(bad, ForeignRecord)
    with pytest.raises(RecordError, match="payload does not have the digest"):
        bad.load()


def test_a_payload_digest_may_be_that_of_the_body_without_its_codings(foreign: Any) -> None:
    body = b"<!DOCTYPE html><p>in chunks</p>" * 9
    packed = gzip.compress(body)
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed)
    headers = [("Content-Type", TYPE), ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]
    for digested in (chunked, packed, body):
        digest = "sha1:" + base64.b32encode(hashlib.sha1(digested).digest()).decode()  # noqa: S324 - what WARC has
        data = foreign.written(
            [("http://h.example/", chunked)], headers=headers, fields={"WARC-Payload-Digest": digest}
        )
        pages, problems = foreign.loaded(foreign.read_bytes(data))
        assert (pages, problems) == ({"http://h.example/": chunked}, []), digested


def test_a_torn_file_keeps_what_is_whole(foreign: Any) -> None:
    for packed in (True, False):
        data = foreign.written(PAGES, packed=packed)
        whole, problems = {}, []
        for item in foreign.read_bytes(data[:-60]):
            if isinstance(item, Problem):
                problems.append(item)
                continue
            try:
                whole[item.urls[0]] = item.load().payload.read()
            except RecordError:
                continue
        assert whole == dict(PAGES[:2]), packed
        assert [problem.message for problem in problems] == ["the file ends inside a record"]


def test_a_damaged_member_costs_itself(foreign: Any) -> None:
    parts = members(foreign.written(PAGES))
    broken = parts[2][:20] + b"\xff\x00\xff\x00" + parts[2][24:]
    lost, overwritten = b"".join([*parts[:2], broken, parts[3]]), b"".join([*parts[:2], b"\0" * 40, parts[3]])
    for data in (lost, overwritten):
        read = list(foreign.read_bytes(data))
        urls = [item.urls[0] for item in read if isinstance(item, ForeignRecord)]
        assert {PAGES[0][0], PAGES[2][0]} <= set(urls)
        assert any(isinstance(item, Problem) for item in read)


@pytest.mark.parametrize("packed", ["plain", "one member"])
@pytest.mark.parametrize("length", ["Content-Length: 7", "Content-Length: 99999", "Content-Length: -1", "No-Length: 1"])
def test_a_wrong_length_costs_its_record(foreign: Any, packed: str, length: str) -> None:
    data = foreign.written(PAGES, packed=False)
    start = data.index(b"second")
    at = data.index(b"Content-Length: ", start)
    data = data[:at] + length.encode() + data[data.index(b"\r\n", at) :]
    read = {}
    problems = 0
    for item in foreign.read_bytes(gzip.compress(data) if packed == "one member" else data):
        try:
            if isinstance(item, ForeignRecord):
                read[item.urls[0]] = item.load().payload.read()
            else:
                problems += 1
        except RecordError:
            pass
    wanted = dict(PAGES[:1] if (packed, length) == ("one member", "Content-Length: 99999") else PAGES[::2])
    assert read == wanted, "what a length beyond the file hides in one gzip member is lost with it"
    assert problems in (1, 2), "its head can be wrong too"


def test_an_impossible_time_is_a_problem(foreign: Any) -> None:
    for time in ("2031-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "yesterday"):
        pages, problems = foreign.loaded(foreign.read_bytes(foreign.written(PAGES[:1], time=time)))
        assert pages == {}
        assert len(problems) == 1, time


def test_records_that_are_no_pages_are_passed_over(foreign: Any) -> None:
    out = io.BytesIO()
    writer = foreign.writer(out)
    for url, kind, media in (
        ("dns:host.example", "response", "text/dns"),
        ("http://host.example/", "request", "application/http; msgtype=request"),
        ("http://host.example/", "metadata", "application/warc-fields"),
        ("urn:pageinfo:http://host.example/", "resource", "application/json"),
    ):
        payload = io.BytesIO(b"GET / HTTP/1.1\r\n\r\n")
        writer.write_record(writer.create_warc_record(url, kind, payload, warc_content_type=media))
    assert list(foreign.read_bytes(out.getvalue())) == []


def test_a_bomb_is_given_up(foreign: Any) -> None:
    head = b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: http://h.example/\r\nWARC-Date: " + THEN.encode()
    head += b"\r\nContent-Type: application/http\r\nContent-Length: "
    endless = gzip.compress(head + b"999999999999\r\n\r\n" + b"\0" * 40_000_000)
    pages, problems = foreign.loaded(foreign.read_bytes(endless))
    assert pages == {}
    assert "more than any page" in problems[0].message
    lines = gzip.compress(b"WARC/1.1\r\n" + b"X-Line: y\r\n" * 4_000_000)
    pages, problems = foreign.loaded(foreign.read_bytes(lines))
    assert (pages, [problem.message for problem in problems]) == ({}, ["its header has no end"])
    one_line = gzip.compress(b"WARC/1.1\r\nX-Line: " + b"y" * 40_000_000)
    assert [problem.message for problem in foreign.loaded(foreign.read_bytes(one_line))[1]] == [
        "a line of its header has no end"
    ]


@pytest.mark.long
def test_a_file_that_unpacks_without_measure_is_left(foreign: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc, "_ALLOWANCE", 1_000_000)
    data = gzip.compress(b"\r\n" * 20_000_000)
    (problem,) = foreign.read_bytes(data)
    assert isinstance(problem, Problem)
    assert "far more than its size" in problem.message


def test_after_a_thousand_faults_a_file_is_left(foreign: Any) -> None:
    data = b"".join(gzip.compress(b"WARC/1.1\r\nContent-Length: x\r\n\r\n") for _ in range(1500))
    read = list(foreign.read_bytes(data))
    assert len(read) == 1001
    assert isinstance(read[-1], Problem)
    assert "was not read" in read[-1].message


@given(data=st.binary(max_size=3000))
def test_any_bytes_end_in_records_or_problems(foreign: Any, data: bytes) -> None:
    for start in (b"", b"WARC/1.0\r\n", gzip.compress(b"WARC/1.1\r\n" + data), b"\x1f\x8b\x08"):
        _read_all(foreign, start + data)


@pytest.fixture(scope="module")
def whole_files(foreign: Any) -> tuple[bytes, bytes]:
    return foreign.written(PAGES, packed=False), foreign.written(PAGES)


@given(data=st.data())
def test_a_file_with_bytes_changed_is_read_to_its_end(
    foreign: Any, whole_files: tuple[bytes, bytes], data: st.DataObject
) -> None:
    whole = bytearray(whole_files[data.draw(st.booleans())])
    for _ in range(data.draw(st.integers(1, 4))):
        at = int(data.draw(st.floats(0, 1)) * len(whole))
        whole[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=30))
    pages = _read_all(foreign, bytes(whole))
    for url, body in pages.items():
        if url in dict(PAGES):
            assert body == dict(PAGES)[url], "a record that was changed has another digest"


def _read_all(foreign: Any, data: bytes) -> dict[str, bytes]:
    pages = {}
    for item in foreign.read_bytes(data):
        if isinstance(item, ForeignRecord):
            try:
                block = item.load()
            except RecordError:
                continue
            if item.field("WARC-Block-Digest"):
                pages[item.urls[0]] = block.payload.read()
            block.payload.close()
    return pages


@given(st.text(max_size=40) | st.from_regex(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z", fullmatch=True))
def test_any_text_is_a_time_or_none(text: str) -> None:
    time = read_time(text)
    assert time is None or time.utcoffset() is not None


def test_times_in_the_spellings_of_archives() -> None:
    moment = datetime(2021, 5, 13, 9, 12, 44, tzinfo=UTC)
    for text in ("2021-05-13T09:12:44Z", "20210513091244", "2021-05-13T11:12:44+02:00", "2021-05-13T09:12:44"):
        assert read_time(text) == moment
    assert read_time("2021-05") == datetime(2021, 5, 1, tzinfo=UTC)
    assert read_time("2021-05-13T09:12:44.123456789Z") == moment.replace(microsecond=123456)


def test_zstandard_is_told(foreign: Any) -> None:
    (problem,) = foreign.read_bytes(struct.pack("<I", 0xFD2FB528) + b"rest")
    assert isinstance(problem, Problem)
    assert "unpack it first" in problem.message
