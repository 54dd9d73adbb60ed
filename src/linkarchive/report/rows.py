"""Findings as rows of a terminal: the verdict, why, where it is cited, which page, and what to do."""

from __future__ import annotations

from msgspec import Struct

from linkarchive.model import Change, Result, SourceReport, Unresolved, Verdict
from linkarchive.report import phrases
from linkarchive.report.sections import host
from linkarchive.report.suggestions import suggestions, suggestions_unresolved
from linkarchive.translation import gettext


class Row(Struct, frozen=True):
    """A finding in a line."""

    verdict: Verdict
    reason: str
    place: str
    address: str
    action: str
    host: str
    number: int | None = None


def of_finding(source: SourceReport, number: int | None, alone: str) -> Row:
    result = source.result
    step = next(iter(suggestions(source)), None)
    action = step.short if step else ""
    reason = phrases.short_of(result)
    return Row(result.verdict, reason, _place(result, alone), result.url, action, host(result.url), number)


def of_recovered(source: SourceReport, alone: str) -> Row:
    was = gettext("was {was}", was=phrases.word(source.was)) if source.was else gettext("again")
    return Row(source.result.verdict, was, _place(source.result, alone), source.result.url, "", "")


def of_decided(source: SourceReport, alone: str) -> Row:
    result = source.result
    why = phrases.decided(source.ignored, source.decision).rstrip(".")
    return Row(result.verdict, phrases.short_of(result), _place(result, alone), result.url, why, "")


def of_quiet(source: SourceReport, alone: str) -> Row:
    result = source.result
    return Row(result.verdict, phrases.short_of(result), _place(result, alone), result.url, "", "")


def of_lost(lost: Unresolved, alone: str) -> Row:
    reason = phrases.short(Verdict.UNRESOLVED, lost.reason)
    if lost.changed is Change.NEW:
        reason = gettext("new: {reason}", reason=reason)
    action = suggestions_unresolved(lost)[0].short
    return Row(Verdict.UNRESOLVED, reason, phrases.place(lost, alone), phrases.cited(lost), action, "")


def _place(result: Result, alone: str) -> str:
    """Where the source is cited: the first place, and how many more there are."""
    if not result.citations:
        return "links.txt"
    others = len(result.citations) - 1
    return phrases.place(result.citations[0], alone) + (f" +{others}" if others else "")
