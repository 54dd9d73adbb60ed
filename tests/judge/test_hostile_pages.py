"""Whatever a server sends, the judge gives a verdict; nothing here may take more than moments."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkarchive.judge.cases import case_line, judge_line
from linkarchive.judge.difference import difference
from linkarchive.judge.verdict import fingerprint, is_suspect, judge
from linkarchive.model import REASONS, Case, Hop, Page

URL = "https://news.example/2021/05/talks"

HOSTILE = {
    "empty": b"",
    "invalid UTF-8": b"<title>\xff\xfe\xc3\x28</title><p>\xf0\x28\x8c\x28 word \x80\x81</p>" * 50,
    "NUL bytes": b"<p>a\0b\0c</p>" * 2000,
    "300 KB of div": b"<div>" * 60_000,
    "closed again": b"<div>" * 30_000 + b"text" + b"</div>" * 30_000,
    "nested lists": b"<ul><li>a" * 10_000,
    "nested tables": b"<table><tr><td>" * 20_000,
    "formatting": b"<b><i><a href=x>" * 15_000,
    "angle brackets": b"<" * 300_000,
    "ampersands": b"&" * 300_000,
    "attributes": b"<a " + b"x=1 " * 75_000,
    "paragraphs": b"<p>x" * 80_000,
    "digits": b"<p>" + b"1" * 300_000,
    "dates": b"<p>" + b"1 jan 2 feb 3 " * 20_000,
    "quotes": "<p>“".encode() + "„«“".encode() * 30_000,
    "one long word": b"<p>" + b"x" * 500_000,
    "comments": b"<!--" * 50_000,
    "classes": b"<p class='" * 30_000,
    "broken PDF": b"%PDF-1.7\n" + b"1 0 obj <<" * 5000,
    "broken ZIP": b"PK\x03\x04word/" + b"\x00" * 5000,
    "wrong UTF-16": b"\xff\xfe<\x00h\x00\x00\xd8\x00",
}


@pytest.mark.parametrize("share", [20, pytest.param(3, marks=pytest.mark.long)], ids=["a twentieth", "a third"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_gets_a_verdict(name, share, article, page):
    hostile, plain = page(HOSTILE[name][: len(HOSTILE[name]) // share]), page(article())
    context = "He said “no equal conditions, no union” of 1,240 lorries and Marta Lindqvist."
    for after, before in ((hostile, None), (hostile, plain), (plain, hostile)):
        case = Case("x", URL + "#frag:~:text=a,b", after, before, ("no union",), "text", context, probe=hostile)
        judgement = judge(case)
        assert judgement.reason in REASONS[judgement.verdict]
    assert len(difference(URL, plain, hostile, "then", "now").rows) <= 401
    assert len(fingerprint(hostile)) == 64


def test_a_citing_sentence_of_any_length_is_read_in_moments(article, page):
    context = "“" * 2000 + "1,234,567 " * 2000 + "A. Bc De " * 2000
    judgement = judge(Case("x", URL, page(article(extra="<p>x</p>")), page(article()), (), context, context))
    assert judgement.verdict == "ok"


PAGES = st.builds(
    Page,
    final_url=st.sampled_from([URL, "https://news.example/", "http://[::1", "", "mailto:x", "https://news.example/login?next=/"]),
    status=st.one_of(st.none(), st.integers(0, 1000)),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "cf-mitigated", "x-dd-b", "server"]),
        st.one_of(st.sampled_from(["text/html", "text/html; charset=utf-16", "application/pdf"]), st.text()),
    ),
    body=st.one_of(
        st.binary(max_size=400),
        st.lists(
            st.sampled_from(["<html>", "<title>", "</title>", "<h1>Page not found</h1>", "<p>", "word ",
                             "<input type=password>", "subscribe to continue reading", "<script>", "</script>", "\0",
                             "é", "页面不存在", "<a name=x>"]),
            max_size=60,
        ).map(lambda parts: "".join(parts).encode()),
    ),
    hops=st.lists(st.builds(Hop, st.sampled_from([URL, "x", "http://["]), st.integers(0, 999)), max_size=2).map(tuple),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    after=PAGES,
    before=st.one_of(st.none(), PAGES),
    probe=st.one_of(st.none(), PAGES),
    url=st.sampled_from(
        [URL, URL + "#a", "https://news.example/", "http://[broken", "", "x#:~:text=,-", "https://news.example/%zz#%"]
    ),
    text=st.text(max_size=60),
)
def test_the_judge_never_raises(after, before, probe, url, text):
    case = Case("x", url, after, before, (text,), text, f"“{text}” 12 %", probe)
    judgement = judge(case)
    assert judgement.reason in REASONS[judgement.verdict]
    assert 0 < judgement.confidence <= 1
    assert judgement.evidence
    assert judgement.similarity is None or 0 <= judgement.similarity <= 1
    is_suspect(case, judgement)
    if url:
        assert json.loads(judge_line(case_line(case)))["verdict"] == judgement.verdict
