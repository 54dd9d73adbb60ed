"""Paywalls: the beginning of a text, and an offer to subscribe in place of the rest."""

from __future__ import annotations

import re

from linkarchive.judge import rules, topics, words
from linkarchive.judge.page_view import SHORT, PageView, judgement_of
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.model import Judgement, Reason, Verdict

_NOT_FREE = re.compile(r"""isaccessibleforfree["']?\s*[:=]\s*["']?false""")
"""What schema.org has publishers state of articles behind a paywall."""
_PRICE = re.compile(
    r"[€$£¥₩₽₴₺₹₪฿₫元円원]"
    r"|\d\s?(?:kr|eur|usd|gbp|chf|sek|nok|dkk|pln|czk|huf|ron|zł|zl|kč|kc|ft\b|lei|руб|грн|лв|tl|lira|baht|บาท|đ|rp|ریال|ريال|جنيه"
    r"|درهم|تومان|रु|cent|pence|p\b|:-)"
    r"|\b(?:kr|eur|usd|gbp|chf|sek|nok|dkk|pln|rp|rs)\.?\s?\d",
    re.I,
)
"""“3 letters a month” is no price."""
_OFFER = 8
_BROKEN_OFF = 0.4
"""Share of the baseline up to which its beginning may be all that a paywall shows."""
_ARTICLE = 90
"""Words of a baseline that a beginning can be the beginning of."""
_STANDS = 0.3
"""Share of today's text that is the baseline's."""
_TEASER = 250
"""Words of the beginning of an article that a paywall may show."""
_END = 6
"""Lines below the last paragraph within which an offer stands."""
_SENTENCE = 10
"""Words of the beginning of an article, which an offer follows."""
_PARAGRAPH = 15
_LINES = 40


def paywall(view: PageView) -> Judgement | None:
    """The beginning of the page and an offer to subscribe: much less text than the baseline, or little text."""
    if view.before is None and (view.after.has_plenty or not _may_be_one(view)):
        return None
    size = _said_once(view)
    if size > 0.7 * view.before.size if view.before is not None else size >= _TEASER:
        return None
    phrase = rules.in_text("paywall", view.after.visible_normal if view.before is not None else _after_text(view.after))
    if not phrase or view.was_there(phrase):
        offer = _offer(view)
        if offer:
            return judgement_of(
                Verdict.BLOCKED, Reason.PAYWALL, 0.88, f"after a short text the page says “{offer[:200]}”"
            )
        is_its_beginning = size < SHORT if view.before is None else _is_under_its_heading(view.before, view.after)
        is_not_free = is_its_beginning and _NOT_FREE.search(view.after.source_normal)
        evidence = "there is little text, and the page states that it is not free to read (isAccessibleForFree)"
        if is_not_free:
            return judgement_of(Verdict.BLOCKED, Reason.PAYWALL, 0.88, evidence)
        evidence = (
            "under the same title only the beginning of the page is left, and a link that was not there follows it"
        )
        return judgement_of(Verdict.BLOCKED, Reason.PAYWALL, 0.75, evidence) if _breaks_off(view) else None
    evidence = f"the text breaks off, and the page says “{phrase}”"
    if view.before is not None:
        return judgement_of(Verdict.BLOCKED, Reason.PAYWALL, 0.93, evidence)
    if size < SHORT:
        return judgement_of(Verdict.BLOCKED, Reason.PAYWALL, 0.9, evidence)
    # A longer beginning: the offer must be a line of its own where the text ends, not a sentence about paywalls.
    if any(phrase in rules.normal(line) and len(line.split()) <= _OFFER for line in view.after.main[-_END:]):
        return judgement_of(Verdict.BLOCKED, Reason.PAYWALL, 0.8, evidence)
    return None


def _may_be_one(view: PageView) -> bool:
    """A page seen first names an offer, or states that it is not free: without that its text need not be measured."""
    return bool(
        rules.in_text("paywall", _after_text(view.after)) or _NOT_FREE.search(view.after.source_normal) or _offer(view)
    )


def _is_under_its_heading(before: ParsedPage, after: ParsedPage) -> bool:
    """The page has the baseline's title or heading; another article of a site for subscribers states no price of it."""
    return before.title == after.title or (bool(after.first_heading) and before.first_heading == after.first_heading)


def _offer(view: PageView) -> str | None:
    """The line below the last paragraph that offers to read on, or to subscribe at a price."""
    if view.before is None and view.after.own_size >= SHORT:
        return None
    lines = view.after.own_lines[-_LINES:]
    sizes = [words.size(words.tokens(line)) for line in lines]
    spoken = topics.of_lines(lines)
    paragraphs = [at for at, size in enumerate(sizes) if size >= _SENTENCE and "subscribe" not in spoken[at]]
    if not paragraphs:
        return None
    for line, topics_of_line in list(zip(lines, spoken, strict=True))[paragraphs[-1] + 1 :][:_END]:
        is_priced = "period" in topics_of_line and _PRICE.search(line) is not None
        is_offer = "subscribe" in topics_of_line and ("reading_on" in topics_of_line or is_priced)
        if is_offer and not view.was_there(rules.normal(line)):
            return line
    return None


def _breaks_off(view: PageView) -> bool:
    """Title, heading and a paragraph are the baseline's, little else is, and new links follow."""
    before, after = view.before, view.after
    if before is None or (view.retention or 0.0) >= _BROKEN_OFF or before.size < _ARTICLE or after.size >= SHORT:
        return False
    if (before.title, before.first_heading) != (after.title, after.first_heading) or not after.first_heading:
        return False
    prose = words.tokens(" ".join(line for line in after.main if len(line.split()) >= _OFFER))
    stands = words.share(words.retained(prose, before.visible_shingles)) if len(prose) >= _PARAGRAPH else 0.0
    if stands < _STANDS or after.visible_size >= before.visible_size:
        return False
    known = {link.getattr("href") for link in before.elements("a[href]")}
    return any(link.getattr("href") not in known for link in after.elements("a[href]"))


def _after_text(page: ParsedPage) -> str:
    """The text below the first heading, to a little below the last paragraph: a frame's offers are no paywall."""
    lines = [" ".join(line.split()) for line in page.visible.split("\n") if line.strip()]
    start = next((at + 1 for at, line in enumerate(lines) if line == page.first_heading), 0)
    last = max((at for at in range(start, len(lines)) if len(lines[at].split()) >= _PARAGRAPH), default=start)
    return rules.normal("\n".join(lines[start : last + 1 + _END]))


def _said_once(view: PageView) -> int:
    """Words of the main text without the lines that it repeats, as promotion does."""
    lines = view.after.main
    distinct = dict.fromkeys(lines)
    return view.after.size if len(distinct) == len(lines) else words.size(words.substance("\n".join(distinct)))
