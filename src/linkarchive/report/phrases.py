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

ICON: Mapping[Verdict, str] = {
    Verdict.DEAD: "✗",
    Verdict.DRIFTED: "≠",
    Verdict.UNRESOLVED: "?",
    Verdict.MOVED: "→",
    Verdict.UNREACHABLE: "◌",
    Verdict.BLOCKED: "▣",
    Verdict.OK: "✓",
    Verdict.SKIPPED: "–",
}

MEANING: Mapping[Reason, str] = {
    Reason.SAME: "The page is what it was.",
    Reason.MINOR_EDIT: "Only small edits since the article cited it.",
    Reason.GREW: "The page has grown; what was there still stands.",
    Reason.FIRST_SEEN: "Seen for the first time: there is nothing to compare it with yet.",
    Reason.REDIRECT: "The page has moved for good to another address.",
    Reason.REWRITTEN: "The page has been rewritten since the article cited it.",
    Reason.REPLACED: "Another page stands at this address now.",
    Reason.SHRUNK: "Much of the page that the article cited is gone.",
    Reason.QUOTE_LOST: "A passage that the article quotes is no longer on the page.",
    Reason.DETAIL_LOST: "A figure or name that the article took from the page is no longer there.",
    Reason.ANCHOR_LOST: "The part of the page that the link points to is no longer there.",
    Reason.CORRECTED: "The page now carries a correction that it did not have.",
    Reason.RETRACTED: "The page has been retracted since the article cited it.",
    Reason.HTTP_404: "The server says that the page does not exist (404).",
    Reason.HTTP_410: "The server says that the page was removed for good (410).",
    Reason.DNS: "The host name could not be looked up.",
    Reason.SOFT_404: "The server answers, but with a page that says there is nothing here.",
    Reason.HOMEPAGE_REDIRECT: "The address now leads to a front page; the cited page is gone.",
    Reason.PARKED: "The domain shows a parking or sales page.",
    Reason.USURPED: "The domain belongs to somebody else now and shows another site.",
    Reason.UNREACHABLE_SINCE: "It has not answered for several runs over many days.",
    Reason.CHALLENGE: "The site wants proof that we are human; we could not see the page.",
    Reason.LOGIN: "The page asks for a login; we could not see it.",
    Reason.PAYWALL: "The page is behind a paywall; we could not read it.",
    Reason.CONSENT: "A consent form stands before the page; we could not see it.",
    Reason.FORBIDDEN: "The server refuses us; a reader may well see the page.",
    Reason.RATE_LIMITED: "The server says that we ask too often.",
    Reason.LEGAL: "The page is withheld for legal reasons (451), at least from where we are.",
    Reason.ROBOTS: "The site’s robots.txt asks programs to stay away.",
    Reason.SCRIPT_ONLY: "The page is drawn by scripts, which we do not run.",
    Reason.ONLY_US: "It does not answer us, but a web archive has seen it since.",
    Reason.TIMEOUT: "The server did not answer in time.",
    Reason.REFUSED: "The server refused the connection.",
    Reason.RESET: "The connection broke off.",
    Reason.TLS: "No secure connection could be made: the server’s certificate or encryption is at fault.",
    Reason.HTTP_5XX: "The server reports an error of its own.",
    Reason.REDIRECT_LOOP: "The address redirects in a circle.",
    Reason.PROTOCOL: "The answer was not proper HTTP.",
    Reason.TOO_LARGE: "The answer unpacks to more than we accept.",
    Reason.NO_ORIGINAL: "The article names no original page in which to look for the target.",
    Reason.ORIGINAL_UNAVAILABLE: "The original page could not be read.",
    Reason.NO_MATCH: "No link with these words was found on the original page.",
    Reason.AMBIGUOUS: "Several links on the original page have these words; we do not guess.",
    Reason.SCHEME: "Not a web address.",
    Reason.RELATIVE: "A relative address, and nothing to resolve it against.",
    Reason.EXCLUDED: "Excluded in this project.",
    Reason.PRIVATE_ADDRESS: "An address of a private network.",
    Reason.OTHER_NETWORK: "A name or address of another network, to which this machine has no way.",
}

LEGEND: Mapping[Verdict, str] = {
    Verdict.DEAD: "The page is gone for a reader.",
    Verdict.DRIFTED: "The page is there, but no longer says what the article cited it for.",
    Verdict.UNRESOLVED: "The article’s link has no target, and none was found.",
    Verdict.MOVED: "The same page is at another address now: the link should be updated.",
    Verdict.UNREACHABLE: "It did not answer this time and may come back; that says nothing about the page.",
    Verdict.BLOCKED: "It answers readers, but not programs; that says nothing about the page.",
    Verdict.OK: "The page is there, and in substance what it was.",
    Verdict.SKIPPED: "Not visited.",
}
"""What each verdict means, for a reader who knows none of them."""

SHORT: Mapping[Reason, str] = {
    Reason.REDIRECT: "to a new address",
    Reason.REWRITTEN: "rewritten",
    Reason.REPLACED: "another page now",
    Reason.SHRUNK: "much is gone",
    Reason.QUOTE_LOST: "quotation gone",
    Reason.DETAIL_LOST: "figure or name gone",
    Reason.ANCHOR_LOST: "section gone",
    Reason.CORRECTED: "corrected",
    Reason.RETRACTED: "retracted",
    Reason.HTTP_404: "not found (404)",
    Reason.HTTP_410: "removed (410)",
    Reason.DNS: "host is gone",
    Reason.SOFT_404: "says “not found”",
    Reason.HOMEPAGE_REDIRECT: "leads to home page",
    Reason.PARKED: "parked domain",
    Reason.USURPED: "another site now",
    Reason.UNREACHABLE_SINCE: "silent for days",
    Reason.CHALLENGE: "robot check",
    Reason.LOGIN: "needs a login",
    Reason.PAYWALL: "paywall",
    Reason.CONSENT: "consent form",
    Reason.FORBIDDEN: "refuses us",
    Reason.RATE_LIMITED: "too many requests",
    Reason.LEGAL: "withheld by law",
    Reason.ROBOTS: "robots.txt",
    Reason.SCRIPT_ONLY: "needs scripts",
    Reason.ONLY_US: "silent to us only",
    Reason.TIMEOUT: "no answer in time",
    Reason.REFUSED: "connection refused",
    Reason.RESET: "connection broke",
    Reason.TLS: "bad certificate",
    Reason.HTTP_5XX: "server error",
    Reason.REDIRECT_LOOP: "redirect loop",
    Reason.PROTOCOL: "not proper HTTP",
    Reason.TOO_LARGE: "too large",
    Reason.NO_ORIGINAL: "no original page",
    Reason.ORIGINAL_UNAVAILABLE: "original not readable",
    Reason.NO_MATCH: "no such link there",
    Reason.AMBIGUOUS: "several such links",
}
"""A reason in three words, for lists."""


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


def place(citation: CitationResult | Unresolved) -> str:
    """Where an article cites: “essay.md:12”, which editors open, or “draft.docx, paragraph 12”."""
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
