"""Findings in plain sentences: what happened, since when, how sure we are.

All functions expect a report that `sanitize.sanitize` has made safe, and give
text without markup; each format sets it in its own way.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from linkarchive.model import (
    ArticleReport,
    Baseline,
    CitationResult,
    Ignored,
    Loss,
    Origin,
    Reason,
    Result,
    SourceReport,
    Unit,
    Unresolved,
    Verdict,
)
from linkarchive.report.phrases.verdicts import ICON, LEGEND, MEANING, SHORT

__all__ = ["ICON", "LEGEND", "MEANING", "SHORT"]


def short_of(outcome: Result) -> str:
    """What happened to a page, in a word or three; of a lost detail, which kind it is."""
    kinds = {loss.kind for loss in outcome.lost}
    if outcome.reason is Reason.DETAIL_LOST and len(kinds) == 1 and kinds <= {"figure", "name"}:
        return f"{kinds.pop()} gone"
    return short(outcome.verdict, outcome.reason)


def short(verdict: Verdict, reason: Reason) -> str:
    """The reason in a word or three."""
    if reason is Reason.DNS and verdict is not Verdict.DEAD:
        return "no answer from DNS"
    return SHORT.get(reason, reason.value.replace("-", " "))


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def meaning(verdict: Verdict, reason: Reason) -> str:
    """What a verdict says, in a sentence."""
    if (verdict, reason) == (Verdict.DEAD, Reason.DNS):
        return "The host name does not exist any more."
    return MEANING[reason]


def further(also: str) -> str:
    """The sentence for a further finding on the same page, given as "verdict/reason"."""
    verdict, _, reason = also.partition("/")
    try:
        return meaning(Verdict(verdict), Reason(reason))
    except ValueError:
        return also


def day(moment: date) -> str:
    """12 May 2021 (a datetime: its day in UTC, as all times of the report are)."""
    return f"{moment.day}\u00a0{_MONTHS[moment.month - 1]}\u00a0{moment.year}"


def ago(moment: datetime, now: datetime) -> str:
    """How long before `now`, in whole calendar days, weeks, months or years."""
    days = (now.date() - moment.date()).days
    if days <= 0:
        return "today" if days == 0 else day(moment)
    if days == 1:
        return "yesterday"
    for unit, length, least in (("year", 365, 730), ("month", 30, 60), ("week", 7, 14)):
        if days >= least:
            return f"{days // length} {unit}s ago"
    return f"{days} days ago"


def percent(share: float) -> str:
    """Rounded down: “100%” is said of nothing less."""
    return f"{math.floor(share * 100 + 1e-9)}%"


def count(number: int, noun: str) -> str:
    """“1 source”, “3 sources”."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(parts: Iterable[str]) -> str:
    """“a”, “a and b”, “a, b and c”."""
    *head, last = list(parts) or [""]
    return f"{', '.join(head)} and {last}" if head else last


def more(shown: int, total: int) -> str:
    """Says that a section does not show all that it has."""
    return f"These are the first {shown:,} of {total:,}; `archive report --format json` has all of them."


# --- a source -----------------------------------------------------------------

FIELDS: Mapping[str, tuple[str, ...]] = {
    "meaning_of": ("verdict", "reason"),
    "since": ("verdict", "since", "was", "last_ok", "strikes"),
    "certainty": ("verdict", "confidence", "confirmed"),
    "compared": ("baseline", "similarity"),
    "losses": ("lost",),
    "recovery": ("was", "verdict", "reason"),
    "ignored": ("ignored",),
    "acceptance": ("citations",),
    "recovered_link": ("citations",),
}
"""The fields of a source's JSON that each sentence is made of, and nothing else: no number or date is anybody's guess
(tests/report/test_phrases_say_only_what_is_known.py). `since` also takes the time of the run, for “3 weeks ago”."""


def since(source: SourceReport, now: datetime) -> str:
    """When the verdict was first given, and when the page was last fine."""
    outcome = source.outcome
    text = f"Found {outcome.verdict.value} on {day(outcome.since)} ({ago(outcome.since, now)})"
    if source.was is not None and source.was is not outcome.verdict:
        text += f", {source.was.value} before"
    if outcome.last_ok is not None and outcome.verdict is not Verdict.MOVED:
        text += f"; last fine on {day(outcome.last_ok)}"
    if outcome.strikes:
        text += "; failed once" if outcome.strikes == 1 else f"; failed in {outcome.strikes:,} runs in a row"
    return text + "."


def certainty(outcome: Result) -> str:
    """How sure we are, and whether a second run has agreed. A page that we could not see is nothing to be sure of."""
    if outcome.verdict in (Verdict.UNREACHABLE, Verdict.BLOCKED):
        return "The same in two runs at least a day apart." if outcome.confirmed else "Seen in one run so far."
    agreed = "two runs at least a day apart agree" if outcome.confirmed else "seen in one run so far"
    return f"{percent(outcome.confidence)} sure; {agreed}."


def compared(baseline: Baseline | None, similarity: float | None) -> str | None:
    """What the page was compared with, and how much of it still stands; None where there was nothing to compare."""
    if baseline is None or similarity is None:
        return None
    whose = {
        Origin.LIVE: "our own copy",
        Origin.WAYBACK: "the Wayback Machine’s copy",
        Origin.IMPORTED: "the imported copy",
    }
    text = f"Compared with {whose.get(baseline.origin, 'a web archive’s copy')} of {day(baseline.time)}"
    if baseline.days_off is not None:
        off = abs(baseline.days_off)
        text += (
            ", the day the author looked"
            if off == 0
            else f", {count(off, 'day')} {'after' if baseline.days_off > 0 else 'before'} the day the author looked"
        )
    return f"{text}; {percent(similarity)} of its text still stands."


def loss(lost: Loss) -> str:
    """What the sentence took from the page and is gone: “the quotation “…””."""
    kind = {"quote": "the quotation", "figure": "the figure", "name": "the name", "anchor": "the section"}
    return f"{kind.get(lost.kind, lost.kind)} “{lost.text}”"


def losses(lost: tuple[Loss, ...]) -> str | None:
    return f"No longer on the page: {listed(loss(loss_) for loss_ in lost)}." if lost else None


def acceptance(citation: CitationResult) -> str | None:
    accepted = citation.accepted
    if accepted is None:
        return None
    why = f": {accepted.reason}" if accepted.reason else "."
    return f"Accepted by {accepted.who} on {day(accepted.when)}, as the page was on {day(accepted.capture_time)}{why}"


def ignored(ignored_: Ignored) -> str:
    """Who does not want to hear of it, until when and why."""
    until = f" until {day(ignored_.until)}" if ignored_.until else ""
    return f"Ignored by {ignored_.who}{until}{f': {ignored_.reason}' if ignored_.reason else '.'}"


def place(citation: CitationResult | Unresolved, alone: str = "") -> str:
    """Where an article cites: “essay.md:12”, which editors open, or “draft.docx, paragraph 12”; of the article `alone`
    only “line 12” or “paragraph 12”."""
    if alone and citation.article == alone:
        return f"{citation.unit.value} {citation.line}"
    return place_in(citation.article, citation.line, citation.unit)


def place_in(article: str, number: int, unit: Unit) -> str:
    return f"{article}:{number}" if unit is Unit.LINE else f"{article}, {unit.value} {number}"


def recovered_link(citation: CitationResult) -> str | None:
    """Says that the target is ours, not the article's."""
    if not citation.recovered:
        return None
    sure = "" if citation.recovery_confidence is None else f" ({percent(citation.recovery_confidence)} sure)"
    return f"The article gives no target; we recovered it{sure}."


def recovery(source: SourceReport) -> str:
    """A finding that is none any more."""
    was = f"was {source.was.value}, " if source.was else ""
    return f"Back again: {was}now {source.outcome.verdict.value}. {meaning_of(source)}"


def meaning_of(source: SourceReport) -> str:
    return meaning(source.outcome.verdict, source.outcome.reason)


def original(article: ArticleReport) -> str:
    """What became of an article's own page."""
    if article.original is None:
        return ""
    verdict, reason = article.original.verdict, article.original.reason
    return f"The original page is {verdict.value}: {meaning(verdict, reason)}"
