"""Answers to a POST are indexed under what was sent, so that replay programs find them."""

from __future__ import annotations

import gzip
import json
from io import BytesIO
from typing import Any

import pytest
from cdxj_indexer.main import CDXJIndexer
from cdxj_indexer.postquery import append_method_query
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.snapshot import paths
from linkarchive.snapshot.repair import repair
from linkarchive.snapshot.request_body import request_body
from linkarchive.snapshot.surt import surt
from linkarchive.snapshot.verify import verify
from linkarchive.web.exchange import Body, Exchange

from .conftest import NOW

API = "https://figures.example/graphql"
FORM = b'--x\r\nContent-Disposition: form-data; name="town"\r\n\r\nK\xc3\xb6ln & more\r\n--x--\r\n'
BODIES = [
    ("application/json", b'{"query": "{ pilots }", "variables": {"year": "1897", "query": ["a", "b"]}}'),
    ("application/json; charset=utf-8", '{"town": "Köln"}'.encode()),
    ("application/json", b"{not json"),
    ("application/x-www-form-urlencoded", b"q=tide+table&town=K%C3%B6ln"),
    ("application/x-www-form-urlencoded", b"q=\xff"),
    ("multipart/form-data; boundary=x", FORM),
    ("multipart/form-data", FORM),
    ("text/plain;charset=UTF-8", b'{"page": 2}'.replace(b"2", b'"2"')),
    ("text/plain;charset=UTF-8", b"tide"),
    ("application/octet-stream", bytes(range(256))),
    ("", b"anything"),
    ("application/json", json.dumps({"long": "x" * 9000}).encode()),
    ("application/json", b""),
]


@pytest.mark.parametrize(("content_type", "body"), BODIES)
def test_bodies_are_spelled_as_cdxj_indexer_spells_them(content_type: str, body: bytes) -> None:
    query, appended = append_method_query("POST", content_type, len(body), BytesIO(body), API)
    ours = request_body("POST", content_type, body)
    assert ours is not None
    assert (ours.query, ours.address(API)) == (query, API + appended)


def test_plain_values_are_spelled_as_scripts_spell_them_which_is_what_replay_looks_for() -> None:
    body = request_body("POST", "application/json", b'{"a": true, "b": null, "c": 3.0, "d": 3.5, "e": {"a": 7}}')
    assert body is not None
    assert body.query == "a=true&b=null&c=3&d=3.5&a.2_=7"


@pytest.mark.parametrize("disposition", [b"form-data; name*", b"form-data; name*0*", b"form-data; name*=", b"("])
def test_a_form_whose_fields_cannot_be_read_has_a_query(disposition: bytes) -> None:
    form = b"--x\r\nContent-Disposition: " + disposition + b"\r\n\r\nvalue\r\n--x--\r\n"
    assert request_body("POST", "multipart/form-data; boundary=x", form) is not None


@given(st.sampled_from([kind for kind, _ in BODIES]) | st.text(), st.binary() | st.text().map(str.encode))
def test_any_body_has_a_query(content_type: str, body: bytes) -> None:
    spelled = request_body("POST", content_type, body)
    assert spelled is not None
    assert len(spelled.query) <= 4096
    assert " " not in surt(spelled.address(API))


def test_nested_bodies_and_large_numbers_have_one_too() -> None:
    for body in (b"[" * 100_000, b'{"n": 1e999}', b'{"n": ' + b"9" * 5000 + b"}", b'{"n": "\\ud800"}'):
        assert request_body("POST", "application/json", body) is not None


def _posted(archive: Any, pages: Any, body: bytes) -> Exchange:
    headers = (("Host", "figures.example"), ("Content-Type", "application/json"))
    exchange = Exchange(
        url=API,
        request_headers=headers,
        started=NOW,
        ip="192.0.2.7",
        status=200,
        status_line="200 OK",
        headers=(("Content-Type", "application/json"),),
        body=Body.of(b'{"data": %d}' % len(body)),
        method="POST",
        payload=body,
    )
    pages.exchanges.append(exchange)
    return exchange


def _problems(archive: Any) -> list[str]:
    return [problem.message for problem in verify(archive.folder) if not problem.note]


@pytest.fixture
def index(archive: Any, pages: Any) -> Any:
    """The path of the index of a file with two answers of one address, and a page."""
    with archive.writer() as writer:
        for body in (b'{"query": "pilots"}', b'{"query": "tolls of Marrick"}'):
            archive.write(writer, pages.visit(_posted(archive, pages, body)))
        archive.write(writer, pages.visit(pages.exchange("https://a.example/one")))
    (warc,) = archive.warcs()
    return paths.index_of(archive.folder, warc)


def test_each_answer_stands_under_what_was_asked(archive: Any, index: Any, tmp_path: Any) -> None:
    keys = [line.partition(" ")[0] for line in index.read_text().splitlines()]
    assert keys == [
        "example,a)/one",
        "example,figures)/graphql?__wb_method=post&query=pilots",
        "example,figures)/graphql?__wb_method=post&query=tolls+of+marrick",
    ]
    output = tmp_path / "reference.cdxj"
    (warc,) = archive.warcs()
    CDXJIndexer(str(output), [str(warc)], sort=True, post_append=True, records="response,revisit").process_all()
    assert index.read_text() == output.read_text()
    assert _problems(archive) == []


def test_an_index_that_was_lost_is_made_again_with_them(archive: Any, index: Any) -> None:
    before = index.read_bytes()
    index.unlink()
    repair(archive.folder)
    assert index.read_bytes() == before


def test_a_request_that_belongs_to_no_answer_is_no_trouble_for_a_repair(archive: Any, index: Any) -> None:
    (warc,) = archive.warcs()
    mark = b"WARC/1.1\r\n"
    first, *others = gzip.decompress(warc.read_bytes()).split(mark)[1:]
    request = next(record for record in others if b"WARC-Type: request" in record)
    lines = [line for line in request.split(b"\r\n") if not line.startswith(b"WARC-Concurrent-To")]
    warc.write_bytes(gzip.compress(mark + first) + gzip.compress(mark + b"\r\n".join(lines)))
    index.unlink()
    repair(archive.folder)
    assert index.read_bytes() == b""


def test_an_index_of_an_earlier_version_is_sound_and_a_missing_line_is_not(archive: Any, index: Any) -> None:
    lines = index.read_text().splitlines(keepends=True)
    earlier = []
    for line in lines:
        key, time, fields = line.split(" ", 2)
        body = json.loads(fields)
        body.pop("requestBody", None), body.pop("method", None)
        earlier.append(f"{key.partition('?')[0]} {time} {json.dumps(body)}\n")
    index.write_text("".join(sorted(earlier)))
    assert _problems(archive) == []
    index.write_text("".join(lines[:-1]))
    (message,) = _problems(archive)
    assert "does not have this record" in message
