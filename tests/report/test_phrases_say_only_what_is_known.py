"""Each sentence on a source is made of the fields of its JSON that `FIELDS` names: dates and numbers are read back."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from linkarchive.model import (
    Acceptance,
    Baseline,
    Change,
    CitationResult,
    DecisionReport,
    Ignored,
    LastGood,
    Loss,
    Origin,
    Reason,
    Report,
    Result,
    RunInfo,
    SourceReport,
    Unit,
    Verdict,
)
from linkarchive.report import phrases
from linkarchive.report.json import source_facts
from linkarchive.report.suggestions import in_lines, suggestions
from linkarchive.report.summary import summary

FIELDS: Mapping[str, tuple[str, ...]] = {
    "meaning_of": ("verdict", "reason", "lost"),
    "short_of": ("verdict", "reason", "lost"),
    "since": ("verdict", "since", "was", "last_ok", "strikes"),
    "certainty": ("verdict", "confidence", "confirmed"),
    "compared": ("baseline", "similarity", "lost"),
    "losses": ("lost",),
    "recovery": ("was", "verdict", "reason", "lost"),
    "ignored": ("ignored",),
    "decided": ("ignored", "decision"),
    "last_visit": ("checked",),
    "acceptance": ("citations",),
    "recovered_link": ("citations",),
    "place": ("citations",),
    "suggestions": ("url", "verdict", "reason", "suggested_url", "final_url", "archived_url", "last_good"),
}
"""The fields of a source's JSON that each sentence is made of, and nothing else: no number or date is anybody's guess.
`since` also takes the time of the run, for “3 weeks ago”."""

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
DATE = re.compile(rf"(\d+)\u00a0({'|'.join(MONTHS)})\u00a0(\d{{4}})")
times = st.datetimes(datetime(1996, 1, 1), datetime(2026, 11, 22), timezones=st.just(UTC))  # noqa: DTZ001 - bounds of the hours
shares = st.floats(0, 1)
baselines = st.builds(
    Baseline, st.sampled_from(Origin), times, st.one_of(st.none(), st.integers(-9000, 9000)), st.none()
)
urls = st.one_of(st.none(), st.integers(0, 99).map("https://b.example/{}".format))
losses = st.lists(
    st.builds(
        Loss, st.sampled_from(["quote", "figure", "name", "anchor"]), st.integers(0, 10**6).map("{} tons".format)
    ),
    max_size=3,
).map(tuple)
citations = st.builds(
    CitationResult,
    article=st.just("a.md"), line=st.integers(1, 9000), url=st.just("https://a.example/"), text=st.just("so"),
    context=st.just("said so"), recovered=st.booleans(), recovery_confidence=st.one_of(st.none(), shares),
    verdict=st.sampled_from(Verdict), reason=st.sampled_from(Reason), confidence=shares, baseline=st.none(),
    similarity=st.none(), lost=st.just(()), evidence=st.just(()), unit=st.sampled_from(Unit),
    accepted=st.one_of(st.none(), st.builds(Acceptance, st.just("maria"), times, st.just("why"), times)),
)  # fmt: skip
ignored = st.one_of(
    st.none(),
    st.builds(Ignored, st.just("maria"), times, st.one_of(st.none(), st.dates(date(2026, 1, 1))), st.none()),
)
results = st.builds(
    Result,
    url=st.just("https://a.example/"), verdict=st.sampled_from(Verdict), reason=st.sampled_from(Reason),
    confidence=shares, confirmed=st.booleans(), evidence=st.just(()), also=st.just(()), since=times,
    last_ok=st.one_of(st.none(), times), strikes=st.integers(0, 5000), first_strike=st.none(), last_strike=st.none(),
    status=st.none(), final_url=urls, hops=st.just(()), similarity=st.one_of(st.none(), shares), lost=losses,
    baseline=st.one_of(st.none(), baselines), capture=st.none(), archived_url=urls, archive_note=st.none(),
    last_good=st.one_of(st.none(), st.builds(LastGood, times, st.just("a.warc.gz"), st.just(7), st.just(8))),
    suggested_url=urls, citations=st.tuples(citations),
)  # fmt: skip
decisions = st.one_of(
    st.none(),
    st.builds(DecisionReport, st.sampled_from(["accept", "replace"]), st.just("maria"), times, st.none(), urls),
)
sources = st.builds(
    SourceReport,
    results,
    st.sampled_from(Change),
    st.one_of(st.none(), st.sampled_from(Verdict)),
    times,
    ignored,
    decisions,
)
PHRASES: dict[str, Callable[[SourceReport], str | None]] = {
    "meaning_of": phrases.meaning_of,
    "since": lambda source: phrases.since(source, NOW),
    "certainty": lambda source: phrases.certainty(source.result),
    "compared": lambda source: phrases.compared(source.result),
    "recovery": phrases.recovery,
    "short_of": lambda source: phrases.short_of(source.result),
    "losses": lambda source: phrases.losses(source.result.lost),
    "ignored": lambda source: phrases.ignored(source.ignored) if source.ignored else None,
    "decided": lambda source: phrases.decided(source.ignored, source.decision),
    "last_visit": phrases.last_visit,
    "acceptance": lambda source: phrases.acceptance(source.result.citations[0]),
    "recovered_link": lambda source: phrases.recovered_link(source.result.citations[0]),
    "place": lambda source: phrases.place(source.result.citations[0]),
    "suggestions": lambda source: "\n".join(in_lines(suggestions(source))),
}


def dates_of(facts: object) -> set[date]:
    if isinstance(facts, datetime):
        return {facts.date()}
    if isinstance(facts, date):
        return {facts}
    if isinstance(facts, Baseline | LastGood):
        return {facts.time.date()}
    if isinstance(facts, Ignored):
        return dates_of(facts.until)
    if isinstance(facts, DecisionReport):
        return {facts.when.date()}
    if isinstance(facts, Acceptance):
        return {facts.when.date(), facts.capture_time.date()}
    if isinstance(facts, Mapping):
        return set().union(*map(dates_of, facts.values()))
    return set().union(*map(dates_of, facts)) if isinstance(facts, list | tuple) else set()


def numbers_of(facts: object) -> set[int]:
    if isinstance(facts, bool) or facts is None:
        return set()
    if isinstance(facts, int):
        return {facts}
    if isinstance(facts, float):
        return {math.floor(facts * 100 + 1e-9)}
    if isinstance(facts, Baseline):
        return set() if facts.days_off is None else {abs(facts.days_off)}
    if isinstance(facts, datetime):  # “3 weeks ago”
        days = (NOW.date() - facts.date()).days
        return {days, days // 7, days // 30, days // 365}
    if isinstance(facts, Mapping):
        return set().union(*map(numbers_of, facts.values()))
    if isinstance(facts, list | tuple):
        return set().union(*map(numbers_of, facts))
    return {int(number) for number in re.findall(r"\d+", str(facts))}


def test_each_phrase_of_a_source_is_read_back() -> None:
    assert set(PHRASES) == set(FIELDS)


@given(sources)
def test_dates_and_numbers_come_from_the_fields_that_are_named(source: SourceReport) -> None:
    facts: dict[str, Any] = source_facts(source)
    for name, phrase in PHRASES.items():
        text = phrase(source)
        if text is None:
            continue
        known = [facts[field] for field in FIELDS[name]]
        dates = {date(int(year), MONTHS.index(month) + 1, int(day)) for day, month, year in DATE.findall(text)}
        assert dates <= set().union(*map(dates_of, known)), text
        numbers = {int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", DATE.sub("", text))}
        codes = {404, 410, 451}  # of a reason's own name
        assert numbers <= set().union(codes, *map(numbers_of, known)), text


@given(sources)
def test_a_page_is_compared_only_when_it_was(source: SourceReport) -> None:
    assert phrases.compared(replace(source.result, similarity=None)) is None


@given(sources.filter(lambda source: source.result.baseline is not None))
def test_what_is_gone_is_not_said_to_stand(source: SourceReport) -> None:
    result = replace(source.result, similarity=1.0, lost=(Loss("figure", "12,004 crowns"),))
    assert "100%" not in str(phrases.compared(result))


@given(sources, st.integers(0, 4000))
def test_since_says_when_it_was_found_not_when_it_died(source: SourceReport, days: int) -> None:
    result = replace(source.result, since=NOW, last_ok=NOW - timedelta(days), verdict=Verdict.DEAD, strikes=0)
    text = phrases.since(replace(source, result=result, was=None), NOW)
    assert (
        text == f"Found dead on 23\u00a0November\u00a02026 (today); last fine on {phrases.day(NOW - timedelta(days))}."
    )


@given(times)
def test_ago_is_the_days_between(moment: datetime) -> None:
    """Read back, it is right to the day, the week, the month or the year that it names."""
    days, text = (NOW.date() - moment.date()).days, phrases.ago(moment, NOW)
    lengths = {"day": 1, "week": 7, "month": 30, "year": 365}
    match = re.fullmatch(r"(\d+) (day|week|month|year)s ago", text)
    told = {"today": 0, "yesterday": 1}.get(text)
    assert told == days or (match is not None and int(match[1]) == days // lengths[match[2]])


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_counts_are_read_back(shown: int, total: int) -> None:
    told = re.findall(r"\d[\d,]*", phrases.more(shown, total))
    assert [int(number.replace(",", "")) for number in told] == [shown, total]
    text = phrases.count(total, "source")
    assert int(text.split()[0].replace(",", "")) == total
    assert text.endswith("source") == (total == 1)


@given(shares)
def test_percent_never_promises_more_than_there_is(share: float) -> None:
    assert int(re.sub(r"\D", "", phrases.percent(share))) <= share * 100 + 1e-6


@given(st.integers(1, 10**6), st.sampled_from(Unit))
def test_a_place_is_counted_in_its_unit(number: int, unit: Unit) -> None:
    text = phrases.place_in("draft", number, unit)
    assert int(re.sub(r"\D", "", text)) == number
    assert text == f"draft:{number}" if unit is Unit.LINE else unit.value in text


COUNTED = {
    Verdict.DEAD: r"([\d,]+) (?:is|are) dead", Verdict.DRIFTED: r"([\d,]+) (?:has|have) drifted",
    Verdict.MOVED: r"([\d,]+) (?:has|have) moved", Verdict.UNREACHABLE: r"([\d,]+) did not answer",
    Verdict.BLOCKED: r"([\d,]+) (?:is|are) closed to us",
}  # fmt: skip
RUN = RunInfo("20261123T060000Z-0000", NOW, NOW, True, False, False, "0")


@given(st.lists(sources))
def test_the_summary_counts_what_the_sources_say(told: list[SourceReport]) -> None:
    report = Report(RUN, (), tuple(told), (), (), (), ())
    text = summary(report)
    for verdict, pattern in COUNTED.items():
        number = sum(source.result.verdict is verdict and not source.kind.is_decided for source in told)
        match = re.search(pattern, text)
        assert (int(match[1].replace(",", "")) if match else 0) == number, text
    seen = sum(source.result.verdict is not Verdict.SKIPPED for source in told)
    of = re.search(r"(?:Of|All) ([\d,]+) source", text)
    assert of is None or int(of[1].replace(",", "")) == seen
