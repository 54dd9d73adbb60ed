"""The JSON is the published schema's, for any report."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from linkarchive.model import (
    REASONS,
    Acceptance,
    ArticleReport,
    Baseline,
    CaptureRef,
    Change,
    CitationResult,
    Hop,
    LastGood,
    Loss,
    Origin,
    OriginalReport,
    Reason,
    Report,
    Result,
    RunInfo,
    SourceReport,
    Unresolved,
    Verdict,
)
from linkarchive.report.html import render_html
from linkarchive.report.json import render_json, render_jsonl
from linkarchive.report.markdown import render_markdown
from linkarchive.report.sanitize import escape_json
from linkarchive.report.terminal import render_terminal

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


NOW = datetime(2026, 11, 1, 3, 0, 3, 808444, tzinfo=UTC)


def _whole(report: Report) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("".join(render_json(report)))
    return found


# --- any report -----------------------------------------------------------------

# One lone surrogate, not two: a pair of them is another character in JSON.
_letters = st.characters(exclude_categories=["Cs"]) | st.sampled_from("\ud800\x1b\u202e\x9b\u2028")
_text = st.text(_letters, max_size=12)
_texts = st.lists(_text, max_size=2).map(tuple)
_count = st.integers(0, 10**6)
_share = st.floats(0, 1).map(lambda share: round(share, 3))  # shares below are spelled 1e-7 here and 1e-07 there
_url = st.one_of(st.builds("https://{}.example/{}".format, st.sampled_from("abc"), _text), _text)
_zone = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))
_time = st.datetimes(datetime(1000, 1, 1), datetime(9000, 1, 1), timezones=_zone)  # noqa: DTZ001  (bounds are naive)
_verdict_and_reason = st.sampled_from([(verdict, reason) for verdict in Verdict for reason in sorted(REASONS[verdict])])
_lost = st.lists(st.builds(Loss, st.sampled_from(["quote", "figure", "name", "anchor"]), _text), max_size=2).map(tuple)
_baseline = st.none() | st.builds(
    Baseline, st.sampled_from(Origin), _time, st.none() | st.integers(-999, 999), st.none() | _url
)


@st.composite
def citations(draw: st.DrawFn) -> CitationResult:
    verdict, reason = draw(_verdict_and_reason)
    return draw(
        st.builds(
            CitationResult, article=_text, line=_count, url=_url, text=_text, context=_text, recovered=st.booleans(),
            recovery_confidence=st.none() | _share, verdict=st.just(verdict), reason=st.just(reason),
            confidence=_share, baseline=_baseline, similarity=st.none() | _share, lost=_lost, evidence=_texts,
            accepted=st.none() | st.builds(Acceptance, _text, _time, st.none() | _text, _time),
        )
    )  # fmt: skip


@st.composite
def sources(draw: st.DrawFn) -> SourceReport:
    verdict, reason = draw(_verdict_and_reason)
    result = st.builds(
        Result, url=_url, verdict=st.just(verdict), reason=st.just(reason), confidence=_share,
        confirmed=st.booleans(), evidence=_texts, also=_texts, since=_time, last_ok=st.none() | _time, strikes=_count,
        first_strike=st.none() | _time, last_strike=st.none() | _time, status=st.none() | st.integers(100, 599),
        final_url=st.none() | _url, hops=st.lists(st.builds(Hop, _url, st.integers(100, 599)), max_size=2).map(tuple),
        similarity=st.none() | _share, lost=_lost, baseline=_baseline,
        capture=st.none() | st.builds(CaptureRef, _text, _count, _count, _text, _text, st.booleans()),
        last_good=st.none() | st.builds(LastGood, _time, _text, _count, _count),
        archived_url=st.none() | _url, archive_note=st.none() | _text, suggested_url=st.none() | _url,
        citations=st.lists(citations(), max_size=2).map(tuple),
    )  # fmt: skip
    return draw(
        st.builds(
            SourceReport, result, st.sampled_from(Change), st.none() | st.sampled_from(Verdict), st.none() | _time
        )
    )


_original = st.builds(lambda pair, evidence: OriginalReport(*pair, evidence), _verdict_and_reason, _texts)
_article = st.builds(
    ArticleReport, _text, _text, st.none() | _url, st.none() | st.dates(), st.none() | _original, _count, _count, _count
)
_unresolved = st.builds(
    Unresolved, _text, _count, _text, st.sampled_from(sorted(REASONS[Verdict.UNRESOLVED])), _text,
    st.sampled_from(Change),
)  # fmt: skip
_run = st.builds(
    RunInfo, _text, _time, st.none() | _time, st.booleans(), st.booleans(), st.booleans(), st.just("0.1.0")
)
reports = st.builds(
    Report,
    run=_run,
    articles=st.lists(_article, max_size=2).map(tuple),
    sources=st.lists(sources(), max_size=3).map(tuple),
    unresolved=st.lists(_unresolved, max_size=2).map(tuple),
    uncited=_texts,
    malformed=_texts,
    notices=_texts,
)
_few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.long
@_few
@given(reports)
def test_any_report_fits_the_published_schema(report: Report) -> None:
    whole = _whole(report)
    VALIDATOR.validate(whole)
    text = "".join(render_json(report))
    assert text == escape_json(text)
    lines = [json.loads(line.strip().rstrip(",")) for line in text.split("\n") if line.startswith("    ")]
    assert lines == [*whole["articles"], *whole["sources"], *whole["unresolved"]]


def test_texts_that_end_like_a_time_stay_as_they_are(report: Report) -> None:
    text = "seen at 2026-11-01T03:00:03.808444Z"
    finding = next(iter(report.sources))
    changed = replace(finding, result=replace(finding.result, title=text, evidence=(text[8:],), since=NOW))
    (source,) = _whole(replace(report, sources=(changed,)))["sources"]
    assert (source["title"], source["evidence"], source["since"]) == (text, [text[8:]], "2026-11-01T03:00:03Z")


@pytest.mark.long
@_few
@given(reports)
def test_every_format_renders_any_report_to_text_that_can_be_written(report: Report) -> None:
    for text in (
        "".join(render_json(report)),
        "".join(render_jsonl(report)),
        render_markdown(report),
        render_html(report),
        render_terminal(report, width=80, color=True, verbose=True),
        render_terminal(report, width=80, color=False, unicode=False),
    ):
        assert text.endswith("\n")
        assert not set("\x1b\u202e\x9b\x00") & set(text.replace("\x1b[", ""))
        text.encode("utf-8")


# --- the contract ------------------------------------------------------------------


def test_the_schema_is_itself_valid_and_names_every_verdict_and_reason() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    defined = SCHEMA["$defs"]
    assert set(defined["verdict"]["enum"]) == set(Verdict)
    assert set(defined["reason"]["enum"]) == set(Reason)
    assert set(defined["unresolved"]["properties"]["reason"]["enum"]) == REASONS[Verdict.UNRESOLVED]
    assert set(defined["changed"]["enum"]) == set(Change)


def test_no_key_is_printed_that_the_schema_does_not_describe(report: Report) -> None:
    undescribed: list[str] = []

    def walk(value: Any, schema: dict[str, Any], path: str) -> None:
        if "$ref" in schema:
            schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
        if "anyOf" in schema and value is not None:
            schema = next(option for option in schema["anyOf"] if option.get("type") != "null")
            walk(value, schema, path)
        elif isinstance(value, dict):
            for key, inner in value.items():
                if key in schema.get("properties", {}):
                    walk(inner, schema["properties"][key], f"{path}.{key}")
                else:
                    undescribed.append(f"{path}.{key}")
        elif isinstance(value, list):
            for inner in value:
                walk(inner, schema["items"], f"{path}[]")

    walk(_whole(report), SCHEMA, "")
    assert undescribed == []


def test_the_order_of_a_source_is_that_of_the_contract(report: Report) -> None:
    keys = list(_whole(report)["sources"][0])
    assert keys[:14] == [
        "url", "verdict", "reason", "confidence", "confirmed", "evidence", "also", "changed", "was", "since",
        "checked", "last_ok", "strikes", "status",
    ]  # fmt: skip
    assert keys[-8:] == [
        "first_strike", "last_strike", "ignored", "title", "title_then", "read", "settled", "seen_elsewhere",
    ]  # fmt: skip


def test_times_are_utc_to_the_second(report: Report) -> None:
    moment = datetime(2026, 11, 23, 8, 30, 4, 999999, tzinfo=timezone(timedelta(hours=2)))
    changed = replace(report, run=replace(report.run, started=moment, finished=None))
    run = _whole(changed)["run"]
    assert (run["started"], run["finished"]) == ("2026-11-23T06:30:04Z", None)


@pytest.mark.parametrize(
    ("verdict", "reason", "expected"),
    [
        (Verdict.OK, Reason.SAME, "2026-11-23T06:00:04Z"),
        (Verdict.MOVED, Reason.REDIRECT, "2026-11-23T06:00:04Z"),
        (Verdict.DEAD, Reason.DNS, None),
    ],
)
def test_a_source_that_is_fine_was_last_fine_at_this_visit(
    report: Report, make_source: Callable[..., SourceReport], verdict: Verdict, reason: Reason, expected: str | None
) -> None:
    source = make_source("https://a.example/", verdict, reason, Change.NONE)
    assert _whole(replace(report, sources=(source,)))["sources"][0]["last_ok"] == expected


def test_json_lines_end_with_the_run(report: Report) -> None:
    lines = [json.loads(line) for line in "".join(render_jsonl(report)).splitlines()]
    assert [line["type"] for line in lines] == ["source"] * 19 + ["unresolved"] * 2 + ["run"]
    assert lines[-1]["id"] == report.run.id
    assert lines[-1]["summary"]["dead"] == 5


def test_hostile_text_keeps_its_data_and_is_never_raw(poisoned: Report, hostile: str) -> None:
    text = "".join(render_json(poisoned))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert json.loads(text)["notices"][0].endswith(hostile.replace("hunter2", "REDACTED"))


def test_secrets_are_redacted_wherever_they_stand(report: Report) -> None:
    leaky = "see https://bob:pw1@x.example/?token=pw2 and https://web.archive.org/web/2021/https://bob:pw1@x.example/"
    first = report.sources[0]
    result = replace(first.result, evidence=(leaky,), archived_url=leaky.split(" ")[3])
    changed = replace(report, sources=(replace(first, result=result), *report.sources[1:]), notices=(leaky,))
    for text in (
        "".join(render_json(changed)),
        "".join(render_jsonl(changed)),
        render_markdown(changed),
        render_html(changed),
        render_terminal(changed, width=80, color=False, verbose=True),
    ):
        assert "pw1" not in text
        assert "pw2" not in text
        assert "hunter2" not in text
        assert "user:secret" not in text


def test_times_far_from_now_have_four_digits(report: Report) -> None:
    old = replace(report, run=replace(report.run, started=datetime(999, 1, 1, tzinfo=UTC)))
    assert _whole(old)["run"]["started"] == "0999-01-01T00:00:00Z"
