"""Visits that found the page as it was: what is stored is a row, what it comes to is told here. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from linkarchive.model import CitationOutcome, Outcome, Reason

CONFIRMED_AFTER = timedelta(days=1)

DONE, NOT_YET, NEVER = "done", "not yet", "never"
"""Whether an outcome tells of a comparison: it does, or will once the page is seen again, or has nothing to be compared
with."""


def carry(outcome: Outcome, checked: datetime) -> Outcome:
    """The outcome of a page that was at `checked` what it was when the outcome was concluded."""
    confirmed = checked - outcome.since >= CONFIRMED_AFTER
    outcome = unchanged(outcome)
    return outcome if outcome.confirmed == confirmed else replace(outcome, confirmed=confirmed)


def unchanged(outcome: Outcome) -> Outcome:
    """The outcome of a page that is what it was: where it was the first, it has been compared now, with itself."""
    if not (_is_uncompared(outcome) or any(map(_is_uncompared, outcome.citations))):
        return outcome
    citations = tuple(_compared_with_itself(one) for one in outcome.citations)
    return replace(_compared_with_itself(outcome), citations=citations)


def compared(outcome: Outcome) -> str:
    if not outcome.verdict.is_alive or outcome.similarity is not None:
        return DONE
    return NOT_YET if _is_uncompared(outcome) else NEVER


_Compared = TypeVar("_Compared", Outcome, CitationOutcome)


def _is_uncompared(one: Outcome | CitationOutcome) -> bool:
    return one.baseline is not None and one.similarity is None and one.verdict.is_alive


def _compared_with_itself(one: _Compared) -> _Compared:
    if not _is_uncompared(one):
        return one
    if one.reason is not Reason.FIRST_SEEN:
        return replace(one, similarity=1.0)
    return replace(one, reason=Reason.SAME, similarity=1.0, evidence=("the page is what it was, byte for byte",))
