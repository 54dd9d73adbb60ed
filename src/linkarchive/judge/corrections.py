"""Correction and retraction notices that today's page has and the baseline had not."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from linkarchive.judge import rules, words
from linkarchive.judge.fast_text import as_text
from linkarchive.judge.page_view import judgement_of
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.model import Judgement, Reason, Verdict

_KINDS = (("retracted", Reason.RETRACTED, 0.9), ("corrected", Reason.CORRECTED, 0.85))
_QUOTED = 160
_MAX_LINES = 2_000
_DATE_GAP = re.compile(r"\s*(?:\(\s*\)|\[\s*\])?\s*(?=[:.–—-])")


def new_notice(before: ParsedPage, after: ParsedPage) -> Judgement | None:
    """The notice with the words around it, where the baseline does not say it as often.

    A notice is the page's own: a sentence of its text, or a label at the start of its
    title, its first heading or a line. “Retracted: …” in a link is another page's title.
    """
    if _says_nothing_new(before, after):
        return None
    fresh = list(_fresh_lines(before, after))
    stems = _stems_in(rules.normal("\n".join(fresh)))  # of all lines at once: most have none
    fresh = [line for line in fresh if stems and any(map(rules.normal(line).__contains__, stems))]
    for kind, reason, sure in _KINDS:
        for line in fresh:
            phrase = _notice(kind, line)
            if phrase is None or (line not in _own_headings(after) and after.is_linked(rules.normal(line), phrase)):
                continue
            if _count(kind, after) > _count(kind, before):
                return judgement_of(Verdict.DRIFTED, reason, sure, f"the page now says: “{_around(line, phrase)}”")
    return None


def retracted_before(page: ParsedPage) -> Judgement | None:
    """A page seen for the first time whose title, first heading or own lines say that it was retracted."""
    if page.kind != "html" or not _may_be_retracted(page.lower):
        return None
    for line in (*_own_headings(page), *page.visible.split("\n")[:_MAX_LINES]):
        phrase = _notice("retracted", line) if _stems_in(rules.normal(line)) else None
        if phrase and (line in _own_headings(page) or not page.is_linked(rules.normal(line), phrase)):
            evidence = f"retracted before we first saw it; the page says: “{_around(line, phrase)}”"
            return judgement_of(Verdict.DRIFTED, Reason.RETRACTED, 0.85, evidence)
    return None


def _may_be_retracted(lower: bytes) -> bool:
    """The source has what that of a retracted page has somewhere. Few pages have a byte of another script at all."""
    stems = _retraction_stems()[:2] if lower.isascii() else _retraction_stems()
    return any(first in lower and any(stem in lower for stem in of_first) for first, of_first in stems)


@functools.cache
def _retraction_stems() -> tuple[tuple[bytes, tuple[bytes, ...]], ...]:
    """What the source of a retracted page has somewhere, by its first byte."""
    phrases = {
        word for rule in (*rules.of("retracted", "text"), *rules.of("retracted", "label")) for word in rule.phrases
    }
    stems: dict[bytes, tuple[bytes, ...]] = {}
    for stem in (b"retrac", b"withdraw", *(phrase.encode() for phrase in phrases if not phrase.isascii())):
        stems[stem[:1]] = (*stems.get(stem[:1], ()), stem)
    return tuple(stems.items())


def _says_nothing_new(before: ParsedPage, after: ParsedPage) -> bool:
    """No piece of text that the baseline has not speaks of a notice. Most pages are settled here, without a parse."""
    if before.kind != "html" or after.kind != "html" or (before.is_parsed and after.is_parsed):
        return False
    then = set(before.texts.all)
    fresh = as_text(text for text in after.texts.all if text not in then)
    return fresh is not None and not _stems_in(rules.normal(fresh))


def _stems_in(text: str) -> list[str]:
    return [stem for stem in _stems() if stem in text]


@functools.cache
def _stems() -> tuple[str, ...]:
    """What a line must contain to be looked at closely: most pages have none of it."""
    groups = (rules.of(kind, where) for kind, _, _ in _KINDS for where in ("text", "line", "label"))
    return tuple({phrase.rstrip(" :-") for group in groups for rule in group for phrase in rule.phrases})


def _count(kind: str, page: ParsedPage) -> int:
    lines = (*_own_headings(page), *list(page.lines)[:_MAX_LINES])
    return sum(_notice(kind, line) is not None for line in lines)


def _fresh_lines(before: ParsedPage, after: ParsedPage) -> Iterator[str]:
    """The title, first heading and lines of today that the baseline has not."""
    then = _own_headings(before)
    yield from (heading for heading in _own_headings(after) if heading not in then)
    yield from list(after.lines - before.lines)[:_MAX_LINES]


def _own_headings(page: ParsedPage) -> tuple[str, ...]:
    return tuple(text for text in (page.title, page.first_heading) if text)


def _notice(kind: str, line: str) -> str | None:
    """The phrase of a kind that a line says, as a sentence or as the label that it begins with."""
    text = rules.normal(line)
    phrase = rules.in_text(kind, text) or rules.in_lines(kind, (line,))
    if phrase:
        return phrase if isinstance(phrase, str) else phrase[0]
    start = text[:_QUOTED]
    return rules.label(kind, start) or rules.label(kind, _DATE_GAP.sub("", words.without_dates(start), count=1))


def _around(line: str, phrase: str) -> str:
    line = " ".join(line.split())
    start = max(0, rules.normal(line).find(phrase) - 20)
    return line[start : start + _QUOTED] if len(line) > _QUOTED else line
