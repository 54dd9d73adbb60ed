from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.judge.strikes import apply_strikes
from linkarchive.model import REASONS, History, Judgement, Reason, Verdict
from linkarchive.settings import JudgeSettings

START = datetime(2026, 11, 1, 6, tzinfo=UTC)
COUNTED = ["timeout", "refused", "reset", "http-5xx", "dns"]


def failing(reason="timeout"):
    return Judgement(Verdict.UNREACHABLE, Reason(reason), 0.95, ("no answer in time",))


def run(days, judgements=None, settings=None):
    """The verdicts of runs on these days (fractions allowed)."""
    history, verdicts = History(), []
    for day, judgement in zip(days, judgements or [failing()] * len(days), strict=True):
        settled, history = apply_strikes(judgement, history, START + timedelta(days=day), settings or JudgeSettings())
        verdicts.append(f"{settled.verdict}/{settled.reason}")
    return verdicts, history


@pytest.mark.parametrize("reason", COUNTED)
def test_three_failed_runs_over_seven_days_are_a_death(reason):
    verdicts, history = run([0, 3, 7], [failing(reason)] * 3)
    assert verdicts == [f"unreachable/{reason}"] * 2 + ["dead/unreachable-since"]
    assert history.strikes == 3


def test_three_failed_runs_in_six_days_are_not():
    assert run([0, 3, 6.9])[0][-1] == "unreachable/timeout"
    assert run([0, 3, 6, 7])[0][-1] == "dead/unreachable-since"


def test_a_run_by_hand_an_hour_later_is_no_strike():
    verdicts, history = run([0, 1 / 24, 2 / 24, 8, 8 + 1 / 24])
    assert history.strikes == 2
    assert set(verdicts) == {"unreachable/timeout"}


@pytest.mark.parametrize("verdict", ["ok", "moved", "drifted", "blocked", "dead"])
def test_any_answer_clears_the_strikes(verdict):
    reason = min(REASONS[Verdict(verdict)])
    answer = Judgement(Verdict(verdict), reason, 0.9, ("answered",))
    verdicts, history = run([0, 3, 6, 9, 12], [failing(), failing(), answer, failing(), failing()])
    assert history.strikes == 2
    assert history.first_strike == START + timedelta(days=9)
    assert verdicts[-1] == "unreachable/timeout"


@pytest.mark.parametrize("reason", ["protocol", "redirect-loop"])
def test_an_answer_that_cannot_be_used_is_no_strike_and_clears_them(reason):
    verdicts, history = run([0, 9, 18, 27, 36], [failing(reason)] * 5)
    assert set(verdicts) == {f"unreachable/{reason}"}
    verdicts, history = run([0, 3, 5, 8, 9], [failing(), failing(), failing(reason), failing(), failing()])
    assert verdicts[-1] == "unreachable/timeout"
    assert history.strikes == 2


@pytest.mark.parametrize("reason", ["tls", "too-large"])
def test_tls_and_too_large_never_die_and_never_clear(reason):
    verdicts, history = run([0, 9, 18, 27, 36], [failing(reason)] * 5)
    assert set(verdicts) == {f"unreachable/{reason}"}
    assert history.strikes == 0
    verdicts, history = run([0, 3, 5, 8], [failing(), failing(reason), failing(), failing()])
    assert verdicts[-1] == "dead/unreachable-since"


def test_a_skipped_source_has_no_history():
    skipped = Judgement(Verdict.SKIPPED, Reason.SCHEME, 1.0, ("mailto",))
    assert run([0, 3, 7], [failing(), skipped, failing()])[1].strikes == 2


def test_the_death_says_how_often_and_since_when():
    history = History()
    for day in (0, 4, 8):
        settled, history = apply_strikes(failing(), history, START + timedelta(days=day), JudgeSettings())
    assert settled.evidence == ("3 runs in a row have failed, the first on 2026-11-01", "no answer in time")
    assert settled.also == ("unreachable/timeout",)


@given(st.lists(st.floats(0, 400, allow_nan=False), min_size=1, max_size=30), st.integers(1, 6), st.floats(0, 60))
def test_never_dead_before_enough_strikes_and_days(days, strikes, span):
    settings = JudgeSettings(strikes=strikes, strike_days=span)
    days = sorted(days)
    verdicts, history = run(days, settings=settings)
    assert 1 <= history.strikes <= len(days)
    for number, verdict in enumerate(verdicts):
        if verdict == "dead/unreachable-since":
            assert days[number] - days[0] >= span - 1e-6
            assert number + 1 >= strikes
    # A gap of 20 hours lies between any two strikes.
    assert history.strikes <= (days[-1] - days[0]) * 24 / 20 + 1
