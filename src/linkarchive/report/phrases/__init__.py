"""Findings in plain sentences: what happened, since when, how sure we are.

All functions expect a report that `sanitize.sanitize` has made safe, and give
text without markup; each format sets it in its own way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from linkarchive.model import (
    ArticleReport,
    Citation,
    CitationResult,
    Difference,
    Loss,
    Origin,
    Reason,
    Result,
    SourceReport,
    Unit,
    Unresolved,
    Verdict,
)
from linkarchive.report.phrases.days import ago, day
from linkarchive.report.phrases.decisions import acceptance, decided, ignored
from linkarchive.report.phrases.verdicts import ICON, LEGEND, MEANING, SHORT, WORD
from linkarchive.translation import N_, gettext, ngettext

__all__ = ["ICON", "acceptance", "ago", "day", "decided", "ignored"]


def word(verdict: Verdict) -> str:
    """The verdict, as its readers call it."""
    return gettext(WORD[verdict])


def legend(verdict: Verdict) -> str:
    """What the verdict means, for a reader who knows none of them."""
    return gettext(LEGEND[verdict])


def short_of(result: Result | CitationResult) -> str:
    """What happened to a page, in a word or three; of a lost detail, which kind it is."""
    kind = _detail(result)
    if kind is not None:
        return gettext("figure gone") if kind == "figure" else gettext("name gone")
    return short(result.verdict, result.reason)


def _detail(result: Result | CitationResult) -> str | None:
    """Which kind of detail alone was lost: figure or name."""
    kinds = {loss.kind for loss in result.lost}
    is_one = result.reason is Reason.DETAIL_LOST and len(kinds) == 1 and kinds <= {"figure", "name"}
    return next(iter(kinds)) if is_one else None


def short(verdict: Verdict, reason: Reason) -> str:
    """The reason in a word or three."""
    if reason is Reason.DNS and verdict is not Verdict.DEAD:
        return gettext("no answer from DNS")
    return gettext(SHORT[reason])


def meaning(verdict: Verdict, reason: Reason) -> str:
    """What a verdict says, in a sentence."""
    if (verdict, reason) == (Verdict.DEAD, Reason.DNS):
        return gettext("The host name does not exist any more.")
    return gettext(MEANING[reason])


def further(also: str) -> str:
    """The sentence for a further finding on the same page, given as "verdict/reason"."""
    verdict, _, reason = also.partition("/")
    try:
        return meaning(Verdict(verdict), Reason(reason))
    except ValueError:
        return also


def percent(share: float) -> str:
    """A share (0…1) as “87%”, rounded down: “100%” is said of nothing less."""
    return gettext("{percent}%", percent=math.floor(share * 100 + 1e-9))


_COUNTED: Mapping[str, Callable[[int], str]] = {
    "answer": lambda number: ngettext("{number:,} answer", "{number:,} answers", number),
    "article": lambda number: ngettext("{number:,} article", "{number:,} articles", number),
    "day": lambda number: ngettext("{number:,} day", "{number:,} days", number),
    "finding": lambda number: ngettext("{number:,} finding", "{number:,} findings", number),
    "host": lambda number: ngettext("{number:,} host", "{number:,} hosts", number),
    "link": lambda number: ngettext("{number:,} link", "{number:,} links", number),
    "other version": lambda number: ngettext("{number:,} other version", "{number:,} other versions", number),
    "page": lambda number: ngettext("{number:,} page", "{number:,} pages", number),
    "part": lambda number: ngettext("{number:,} part", "{number:,} parts", number),
    "source": lambda number: ngettext("{number:,} source", "{number:,} sources", number),
    "stored page": lambda number: ngettext("{number:,} stored page", "{number:,} stored pages", number),
}


def count(number: int, noun: str) -> str:
    """“1 source”, “3 sources”."""
    return _COUNTED[noun](number)


def listed(parts: Iterable[str]) -> str:
    """“a”, “a and b”, “a, b and c”."""
    *head, last = list(parts) or [""]
    return gettext("{head} and {last}", head=", ".join(head), last=last) if head else last


def more(shown: int, total: int) -> str:
    """Says that a section does not show all that it has."""
    return gettext(
        "These are the first {shown:,} of {total:,}; `archive report --format json` has all of them.",
        shown=shown,
        total=total,
    )


# --- a source -----------------------------------------------------------------


def since(source: SourceReport, now: datetime) -> str:
    """When the verdict was first given, and when the page was last fine."""
    result = source.result
    since, verdict, ago_ = day(result.since), word(result.verdict), ago(result.since, now)
    text = gettext("Found {verdict} on {since} ({ago})", verdict=verdict, since=since, ago=ago_)
    if source.was is not None and source.was is not result.verdict:
        text += gettext(", {was} before", was=word(source.was))
    if result.last_ok is not None and result.verdict is not Verdict.MOVED:
        text += gettext("; last fine on {last_ok}", last_ok=day(result.last_ok))
    if result.strikes:
        text += ngettext("; failed once", "; failed in {number:,} runs in a row", result.strikes)
    return text + "."


def certainty(result: Result) -> str:
    """How sure we are, and whether a second run has agreed. A page that we could not see is nothing to be sure of."""
    if result.verdict in (Verdict.UNREACHABLE, Verdict.BLOCKED):
        same = N_("The same in two runs at least a day apart.")
        return gettext(same if result.confirmed else N_("Seen in one run so far."))
    agreed = N_("{confidence} sure; two runs at least a day apart agree.")
    return gettext(
        agreed if result.confirmed else N_("{confidence} sure; seen in one run so far."),
        confidence=percent(result.confidence),
    )


def compared(result: Result) -> str | None:
    """What the page was compared with, and how much of it still stands; None where there was nothing to compare."""
    baseline, similarity = result.baseline, result.similarity
    if baseline is None or similarity is None:
        return None
    text = gettext(_COMPARED.get(baseline.origin, _COMPARED[Origin.MEMENTO]), time=day(baseline.time))
    if baseline.days_off is not None:
        text += _off(baseline.days_off)
    if result.lost and similarity >= _WHOLE:
        return text + gettext("; the rest of its text still stands.")
    return text + gettext("; {similarity} of its text still stands.", similarity=percent(similarity))


_WHOLE = 0.9999
"""The share of a text in which at most figures differ: they are not counted in it."""


def share_of(difference: Difference) -> str:
    """How much of the text still stands; "" where that is not known, or where only figures differ."""
    similarity = difference.similarity
    if similarity is None or (similarity >= _WHOLE and any(row.kind not in ("same", "gap") for row in difference.rows)):
        return ""
    return percent(similarity)


_COMPARED = {
    Origin.LIVE: N_("Compared with our own copy of {time}"),
    Origin.WAYBACK: N_("Compared with the Wayback Machine’s copy of {time}"),
    Origin.IMPORTED: N_("Compared with the imported copy of {time}"),
    Origin.MEMENTO: N_("Compared with a web archive’s copy of {time}"),
}


def _off(days: int) -> str:
    if days == 0:
        return gettext(", the day the author looked")
    if days > 0:
        return gettext(", {days} after the day the author looked", days=count(days, "day"))
    return gettext(", {days} before the day the author looked", days=count(-days, "day"))


def loss(lost: Loss) -> str:
    """What the sentence took from the page and is gone: “the quotation “…””."""
    return gettext(_LOST.get(lost.kind, "“{text}”"), text=lost.text)


_LOST = {
    "quote": N_("the quotation “{text}”"),
    "figure": N_("the figure “{text}”"),
    "name": N_("the name “{text}”"),
    "anchor": N_("the section “{text}”"),
}


def losses(lost: tuple[Loss, ...]) -> str | None:
    return gettext("No longer on the page: {lost}.", lost=listed(map(loss, lost))) if lost else None


def last_visit(source: SourceReport) -> str:
    """Of a source that the run did not visit: when it was."""
    if source.checked is None:
        return gettext("Not visited in this run.")
    return gettext("Not visited in this run; last on {checked}.", checked=day(source.checked))


def place(citation: CitationResult | Unresolved, alone: str = "") -> str:
    """Where an article cites: “essay.md:12”, which editors open, or “draft.docx, paragraph 12”; of the article `alone`
    only “line 12” or “paragraph 12”."""
    if alone and citation.article == alone:
        return gettext(_UNIT[citation.unit], number=citation.line)
    return place_in(citation.article, citation.line, citation.unit)


def place_in(article: str, number: int, unit: Unit) -> str:
    return f"{article}:{number}" if unit is Unit.LINE else f"{article}, {gettext(_UNIT[unit], number=number)}"


_UNIT = {
    Unit.LINE: N_("line {number}"),
    Unit.PARAGRAPH: N_("paragraph {number}"),
    Unit.CELL: N_("cell {number}"),
    Unit.SLIDE: N_("slide {number}"),
    Unit.PAGE: N_("page {number}"),
}


def cited(citation: Citation | CitationResult | Unresolved) -> str:
    """The words of a link."""
    text = citation.text.strip()
    return f"“{text}”" if text else gettext("(no anchor text)")


def recovered_link(citation: CitationResult) -> str | None:
    """Says that the target is ours, not the article's."""
    if not citation.recovered:
        return None
    if citation.recovery_confidence is None:
        return gettext("The article gives no target; we recovered it.")
    sure = percent(citation.recovery_confidence)
    return gettext(
        "The article gives no target; we recovered it ({recovery_confidence} sure).", recovery_confidence=sure
    )


def recovery(source: SourceReport) -> str:
    """What is said of a page that is fine again."""
    verdict, meaning_ = word(source.result.verdict), meaning_of(source)
    if source.was is None:
        return gettext("Back again: now {verdict}. {meaning}", verdict=verdict, meaning=meaning_)
    was = word(source.was)
    return gettext("Back again: was {was}, now {verdict}. {meaning}", was=was, verdict=verdict, meaning=meaning_)


def meaning_of(source: SourceReport) -> str:
    """What its verdict says, in a sentence; of a lost detail, which kind it is."""
    kind = _detail(source.result)
    if kind is not None:
        figure = N_("A figure that the article took from the page is no longer there.")
        return gettext(
            figure if kind == "figure" else N_("A name that the article took from the page is no longer there.")
        )
    return meaning(source.result.verdict, source.result.reason)


def original(article: ArticleReport) -> str:
    """What became of an article's own page."""
    if article.original is None:
        return ""
    verdict, reason = article.original.verdict, article.original.reason
    meaning_ = meaning(verdict, reason)
    return gettext("The original page is {verdict}: {meaning}", verdict=word(verdict), meaning=meaning_)
