"""Visits that found the page as it was: what is stored is a row, what it comes to is told here. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from linkarchive.model import CitationResult, Reason, Result

CONFIRMED_AFTER = timedelta(days=1)

DONE, NOT_YET, NEVER = "done", "not yet", "never"
"""Whether a result tells of a comparison: it does, or will once the page is seen again, or has nothing to be compared
with."""


def carry(result: Result, checked: datetime) -> Result:
    """The result of a page that was at `checked` what it was when that result was concluded."""
    return _seen_again(result, checked - result.since >= CONFIRMED_AFTER)


def compared_with_itself(result: Result) -> Result:
    """The result of a page that is what it was: where it was the first, it has been compared now, with itself."""
    return _seen_again(result, result.confirmed)


def _seen_again(result: Result, confirmed: bool) -> Result:
    if not (_is_uncompared(result) or any(map(_is_uncompared, result.citations))):
        return result if result.confirmed == confirmed else replace(result, confirmed=confirmed)
    cut = result.read is not None and result.read.cut is not None
    citations = tuple([replace(citation, **_with_itself(citation, cut)) for citation in result.citations])
    return replace(result, confirmed=confirmed, citations=citations, **_with_itself(result, cut))


def compared(result: Result) -> str:
    """DONE, NOT_YET or NEVER: what the column `outcomes.compared` says of it."""
    if not result.verdict.is_alive or result.similarity is not None:
        return DONE
    return NOT_YET if _is_uncompared(result) else NEVER


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
