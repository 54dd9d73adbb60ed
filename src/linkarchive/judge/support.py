"""What the citing sentence took from the page: quotations, figures, names, the cited fragment.

Only what the baseline has can be lost: a sentence may well quote something else.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from linkarchive.judge import words
from linkarchive.judge.reading import Reading
from linkarchive.model import Case, Loss

_QUOTED = re.compile(
    r"“([^“”]{4,600})”|„([^„“”]{4,600})[“”]|«\s?([^«»]{4,600}?)\s?»|»([^«»]{4,600})«|\"([^\"]{4,600})\""
    r"|‘([^‘’]{12,600})’(?!\w)|「([^「」]{4,300})」|『([^『』]{4,300})』"
)
_CUT = re.compile(r"\[[^\]]{0,80}\]|\(…\)|\(\.\.\.\)|…|\.\.\.")
_MIN_QUOTE_WORDS = 3
_FUZZY = 90.0
"""rapidfuzz partial ratio from which a passage counts as found: a changed letter, not a changed sentence."""
_FUZZY_CHARS = 300_000

_NUMBER = r"\d{1,3}(?:[.,\u00a0\u202f' ]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
_UNIT = (
    r"%|‰|€|£|\$|percent\b|per cent\b|prozent\b|pour cent\b|por ciento\b|per cento\b|million\w*|billion\w*|milliard\w*"
    r"|millones\b|trillion\w*|thousand\b|hundred\b|tausend\b|euros?\b|dollars?\b|km\b|kg\b|tonn\w*|people\b|menschen\b"
    r"|years?\b|jahre\w*|deaths?\b"
)
_FIGURE = re.compile(
    rf"(?P<money>[$€£¥]\s?)?(?<![\w.,])(?P<number>{_NUMBER})(?P<unit>\s?(?:{_UNIT})?)(?!\w)", re.IGNORECASE
)
_CAPITAL = "A-ZÀ-ÖØ-ÞА-ЯЁ"
_PARTICLE = "of|de|von|van|der|di|da|al|bin|the|and|&"
_NAME = re.compile(
    rf"(?<![.!?…:] )(?<!^)\b[{_CAPITAL}][\w’'-]+(?: (?:{_PARTICLE}) (?=[{_CAPITAL}])| )[{_CAPITAL}][\w’'-]+"
    rf"(?: [{_CAPITAL}][\w’'-]+)*"
)
_DIRECTIVE = ":~:"


def losses(case: Case, before: Reading, after: Reading) -> tuple[Loss, ...]:
    """What the baseline has and today's page has not, quotations first."""
    lost = [Loss("quote", quote) for quote in quotations(case) if _has(quote, before) and not _has(quote, after)]
    lost += _lost_anchor(case.url, before, after)
    told = "\n".join((case.text, _without_quotations(case.context)))
    lost += _lost_figures(told, before, after)
    lost += _lost_names(_without_quotations(case.context), before, after)
    return tuple(dict.fromkeys(lost))


def quotations(case: Case) -> tuple[str, ...]:
    """What a person named, and what stands in quotation marks in the link text and its sentence."""
    found = list(case.quotes)
    for text in (case.text, case.context):
        for match in _QUOTED.finditer(text):
            quote = next(group for group in match.groups() if group).strip()
            if len(words.tokens(quote)) >= _MIN_QUOTE_WORDS:
                found.append(quote)
    return tuple(dict.fromkeys(found))


def _without_quotations(text: str) -> str:
    return _QUOTED.sub(" ", text)


def _has(quote: str, reading: Reading) -> bool:
    """Every passage of the quotation stands on the page, whatever its typography."""
    parts = _parts(quote)
    return bool(parts) and all(_exactly(part, reading) or _nearly(part, reading) for part in parts)


def _parts(quote: str) -> list[str]:
    """The passages between the author's omissions and insertions, as words between single spaces."""
    pieces = (" ".join(words.tokens(piece)) for piece in _CUT.split(quote))
    parts = [piece for piece in pieces if piece]
    return [part for part in parts if len(part) >= 8] or parts


def _exactly(part: str, reading: Reading) -> bool:
    return f" {part} " in reading.said


def _nearly(part: str, reading: Reading) -> bool:
    """Found but for a few letters: other inflection, a typing error set right, a word left out."""
    if len(part) < 20:
        return False
    from rapidfuzz import fuzz

    return fuzz.partial_ratio(part, reading.said[:_FUZZY_CHARS], score_cutoff=_FUZZY) > 0


def _lost_figures(text: str, before: Reading, after: Reading) -> list[Loss]:
    """Figures of the sentence that the baseline's main text has, in any spelling, and today's page has not."""
    lost = []
    had = has = None
    for match in _FIGURE.finditer(text):
        number = _value(match["number"])
        # A bare small number or a year stands on too many pages to be evidence.
        telling = bool(match["money"] or match["unit"].strip()) or len(number.replace(".", "")) >= 3
        if not telling or (re.fullmatch(r"(?:1[5-9]|20)\d\d", number) and not match["unit"].strip()):
            continue
        if had is None or has is None:
            had, has = _numbers("\n".join(before.main)), _numbers(after.visible)
        if number in had and number not in has:
            lost.append(Loss("figure", match[0].strip()))
    return lost


def _numbers(text: str) -> set[str]:
    return {_value(match[0]) for match in re.finditer(_NUMBER, text)}


def _value(number: str) -> str:
    """One spelling for a number, whatever groups its thousands: "1.234,5" and "1,234.5" are "1234.5"."""
    digits = re.sub(r"[\u00a0\u202f' ]", "", number)
    last = max(digits.rfind("."), digits.rfind(","))
    if last < 0:
        return digits
    tail = digits[last + 1 :]
    grouped = len(tail) == 3 and not (digits.count(".") and digits.count(","))
    head = re.sub(r"[.,]", "", digits[:last])
    return head + tail if grouped else f"{head}.{tail}"


def _lost_names(text: str, before: Reading, after: Reading) -> list[Loss]:
    """Names of two words or more of which today's page has no word left."""
    lost = []
    for match in _NAME.finditer(text):
        parts = words.tokens(match[0])
        name = " ".join(parts)
        if f" {name} " in before.said and not any(f" {part} " in after.said for part in parts if len(part) > 3):
            lost.append(Loss("name", match[0]))
    return lost


def _lost_anchor(url: str, before: Reading, after: Reading) -> list[Loss]:
    fragment = urlsplit(url).fragment
    name, _, directive = fragment.partition(_DIRECTIVE)
    lost = []
    if name and before.kind == after.kind == "html":
        spellings = {name, unquote(name)}
        if any(map(before.has_anchor, spellings)) and not any(map(after.has_anchor, spellings)):
            lost.append(Loss("anchor", f"#{name}"))
    for part in directive.split("&"):
        if part.startswith("text="):
            passage = _text_directive(part[5:])
            if passage and all(_exactly(p, before) for p in passage) and not all(_exactly(p, after) for p in passage):
                lost.append(Loss("anchor", f"#{_DIRECTIVE}{part}"))
    return lost


def _text_directive(value: str) -> list[str]:
    """The start (and end) of `text=[prefix-,]start[,end][,-suffix]` as words (WICG scroll-to-text-fragment)."""
    pieces = [unquote(piece) for piece in value.split(",") if not (piece.endswith("-") or piece.startswith("-"))]
    return [" ".join(words.tokens(piece)) for piece in pieces if words.tokens(piece)]
