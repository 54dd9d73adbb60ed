"""Visits that found the page as it was: what is stored is a row, what it comes to is told here. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from linkarchive.model import CitationResult, Reason, Result

CONFIRMED_AFTER = timedelta(days=1)

DONE, NOT_YET, NEVER = "done", "not yet", "never"
"""Whether an outcome tells of a comparison: it does, or will once the page is seen again, or has nothing to be compared
with."""


def carry(outcome: Result, checked: datetime) -> Result:
    """The outcome of a page that was at `checked` what it was when the outcome was concluded."""
    return _seen_again(outcome, checked - outcome.since >= CONFIRMED_AFTER)


def compared_with_itself(outcome: Result) -> Result:
    """The outcome of a page that is what it was: where it was the first, it has been compared now, with itself."""
    return _seen_again(outcome, outcome.confirmed)


def _seen_again(outcome: Result, confirmed: bool) -> Result:
    if not (_is_uncompared(outcome) or any(map(_is_uncompared, outcome.citations))):
        return outcome if outcome.confirmed == confirmed else replace(outcome, confirmed=confirmed)
    cut = outcome.read is not None and outcome.read.cut is not None
    citations = tuple([replace(citation, **_with_itself(citation, cut)) for citation in outcome.citations])
    return replace(outcome, confirmed=confirmed, citations=citations, **_with_itself(outcome, cut))


def compared(outcome: Result) -> str:
    """DONE, NOT_YET or NEVER: what the column `outcomes.compared` says of it."""
    if not outcome.verdict.is_alive or outcome.similarity is not None:
        return DONE
    return NOT_YET if _is_uncompared(outcome) else NEVER


def _is_uncompared(result: Result | CitationResult) -> bool:
    return result.similarity is None and result.baseline is not None and result.verdict.is_alive


def _with_itself(result: Result | CitationResult, cut: bool) -> dict[str, Any]:
    """What the comparison of a page with itself tells; `cut`: of what was read of it, which is said beside."""
    if not _is_uncompared(result):
        return {}
    if result.reason is not Reason.FIRST_SEEN:
        return {"similarity": 1.0}
    evidence = (_AS_READ, *result.evidence[-1:]) if cut else (_WHOLE,)
    return {"reason": Reason.SAME, "similarity": 1.0, "evidence": evidence}


_WHOLE = "the page is what it was, byte for byte"
_AS_READ = "what was read of the page is what it was"
