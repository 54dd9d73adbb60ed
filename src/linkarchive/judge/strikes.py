"""Strikes: a source that keeps failing is dead after a while, and not before (docs/design.md §7)."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from linkarchive.model import History, Judgement, Reason, Verdict
from linkarchive.settings import JudgeSettings

_COUNTED = frozenset(
    {
        Reason.TIMEOUT,
        Reason.REFUSED,
        Reason.RESET,
        Reason.HTTP_5XX,
        Reason.DNS,
    }
)
_ANSWERED = frozenset({Reason.PROTOCOL, Reason.REDIRECT_LOOP})


def apply_strikes(
    judgement: Judgement, history: History, now: datetime, settings: JudgeSettings
) -> tuple[Judgement, History]:
    """The verdict in the light of earlier runs, and the history for the next run.

    A failed run is a strike unless it comes sooner than `strike_gap_hours` after the last one. Strikes are for silence,
    and for a server error that lasts: an answer that cannot be used (`protocol`, `redirect-loop`) clears them as any
    other answer does. `tls` and `too-large` are neither a strike nor a success; `skipped` says nothing.
    """
    if judgement.verdict is Verdict.SKIPPED:
        return judgement, history
    if judgement.verdict is not Verdict.UNREACHABLE or judgement.reason in _ANSWERED:
        return judgement, History(now=history.now)
    if judgement.reason not in _COUNTED:
        return judgement, history
    counted = _strike(history, now, timedelta(hours=settings.strike_gap_hours))
    if counted.first_strike is None or counted.strikes < settings.strikes:
        return judgement, counted
    if now - counted.first_strike < timedelta(days=settings.strike_days):
        return judgement, counted
    return _dead(judgement, counted, counted.first_strike), counted


def _strike(history: History, now: datetime, gap: timedelta) -> History:
    if history.first_strike is None or history.last_strike is None or history.strikes == 0:
        return replace(history, strikes=1, first_strike=now, last_strike=now)
    if now - history.last_strike < gap:
        return history
    return replace(history, strikes=history.strikes + 1, last_strike=now)


def _dead(judgement: Judgement, history: History, since: datetime) -> Judgement:
    evidence = f"{history.strikes} runs in a row have failed, the first on {since.date().isoformat()}"
    return replace(
        judgement,
        verdict=Verdict.DEAD,
        reason=Reason.UNREACHABLE_SINCE,
        confidence=0.9,
        evidence=(evidence, *judgement.evidence),
        also=(*judgement.also, f"unreachable/{judgement.reason.value}"),
    )
