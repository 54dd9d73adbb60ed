from __future__ import annotations

import json
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.errors import UsageError
from linkarchive.judge.cases import case_line, case_of, judge_line
from linkarchive.model import Case, Failure, History, Hop, Page, Reason

URL = "https://news.example/a"
TIMES = st.one_of(st.none(), st.datetimes(timezones=st.just(UTC), allow_imaginary=False))
FAILURES = st.builds(
    Failure, st.sampled_from(Reason), st.text(max_size=20), st.just(URL), st.booleans(), st.booleans(), st.booleans()
)
PAGES = st.one_of(
    st.builds(
        Page,
        st.just(URL),
        st.integers(100, 599),
        st.dictionaries(
            st.sampled_from(["content-type", "etag"]),
            st.sampled_from(["text/html", "text/html; charset=utf-8", "text/html;charset=latin-1", "application/pdf"]),
        ),
        st.one_of(st.binary(max_size=50), st.text(max_size=50).map(lambda text: text.encode())),
        st.lists(st.builds(Hop, st.just(URL), st.integers(300, 399)), max_size=2).map(tuple),
        truncated=st.booleans(),
        fragment=st.text(max_size=10),
    ),
    st.builds(Page, st.just(URL), st.none(), failure=FAILURES),
)


@given(
    st.builds(
        Case,
        id=st.text(max_size=10),
        url=st.just(URL),
        after=PAGES,
        before=st.one_of(st.none(), PAGES),
        quotes=st.lists(st.text(max_size=20), max_size=3).map(tuple),
        text=st.text(max_size=20),
        context=st.text(max_size=20),
        probe=st.one_of(st.none(), PAGES),
        history=st.one_of(st.none(), st.builds(History, st.integers(0, 5), TIMES, TIMES, TIMES)),
    )
)
def test_a_case_survives_the_way_through_a_line(case):
    line = case_line(case)
    assert "\n" not in line
    assert case_of(line) == case


def test_the_answer_has_the_published_keys(article):
    before = {"status": 200, "final_url": URL, "headers": {"Content-Type": "text/html"}, "html": article()}
    case = {"id": "x", "url": URL, "quotes": [], "before": before, "after": before, "unknown": [1]}
    answer = json.loads(judge_line(json.dumps(case)))
    assert {key: answer[key] for key in ("id", "verdict", "reason", "similarity", "lost")} == {
        "id": "x", "verdict": "ok", "reason": "same", "similarity": 1.0, "lost": []}  # fmt: skip
    assert answer["evidence"]
    assert 0 < answer["confidence"] <= 1


def test_html_is_text_already_whatever_charset_it_was_served_with(article):
    html = article(extra="<p>Größe „äöü“ überall</p>", head="<meta charset=iso-8859-1>")
    after = {"status": 200, "headers": {"content-type": "text/html; charset=iso-8859-1"}, "html": html}
    before = {"status": 200, "headers": {}, "html": html + " "}
    answer = json.loads(
        judge_line(json.dumps({"url": URL, "quotes": ["Größe äöü überall"], "before": before, "after": after}))
    )
    assert (answer["verdict"], answer["lost"]) == ("ok", [])


@pytest.mark.parametrize(
    ("error", "verdict", "reason"),
    [
        ("timeout", "unreachable", "timeout"),
        ("dns", "dead", "dns"),
        ({"reason": "dns", "detail": "resolver did not answer", "no_such_name": False}, "unreachable", "dns"),
        ({"reason": "tls", "detail": "certificate expired"}, "unreachable", "tls"),
    ],
)
def test_a_failed_visit_is_an_error(error, verdict, reason):
    answer = json.loads(judge_line(json.dumps({"id": 7, "url": URL, "before": None, "after": {"error": error}})))
    assert (answer["id"], answer["verdict"], answer["reason"]) == ("7", verdict, reason)


def test_the_history_counts():
    history = {"strikes": 2, "first_strike": "2026-11-01T06:00:00Z", "last_strike": "2026-11-05T06:00:00Z"}
    line = {"url": URL, "after": {"error": "timeout"}, "history": {**history, "now": "2026-11-09T06:00:00Z"}}
    assert json.loads(judge_line(json.dumps(line)))["reason"] == "unreachable-since"
    line["history"] = history
    assert json.loads(judge_line(json.dumps(line)))["reason"] == "timeout"


@pytest.mark.parametrize(
    "line",
    ["", "nonsense", "[]", "{}", '{"url": "https://a.example/"}', '{"url": 1, "after": {}}', '{"url": "x", "after": 3}',
     '{"url": "x", "after": {"error": "nonsense"}}', '{"url": "x", "after": {"body_base64": "§"}}',
     '{"url": "x", "after": {"status": "a"}}',
     '{"url": "x", "after": {"hops": [1]}}', '{"url": "x", "after": {"headers": []}, "quotes": 3}', "[" * 5000],
)  # fmt: skip
def test_a_malformed_line_is_named(line):
    with pytest.raises(UsageError, match="line 42 "):
        judge_line(line, 42)
