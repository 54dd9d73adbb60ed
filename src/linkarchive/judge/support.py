"""What the citing sentence took from the page: quotations, figures, names, the cited fragment.

Only what the baseline has can be lost: a sentence may well quote something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from urllib.parse import unquote

from linkarchive.judge import words
from linkarchive.judge.figures import Figure, figures
from linkarchive.judge.number_words import in_digits
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.judge.quotations import has_exactly, is_lost, quotations, stem, without_quotations
from linkarchive.model import Case, Loss

_NO_DIGIT = re.compile(r"[^0-9]+")
_LONG = 4
"""Letters of a word that is not in every sentence."""

_CAPITAL = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪİĶĹĻŁŃŅŇŌŐŒŘŚŞŠŢŤŪŮŰŹŻŽА-ЯЁІЇЄҐΑ-Ω"
_PARTICLE = "of|de|von|van|der|den|di|da|do|dos|del|la|le|du|des|al|bin|ibn|ter|ten|zu|af|av|the|and|&"
_NAME = re.compile(
    rf"\b[{_CAPITAL}][\w’'-]+(?:(?: (?:{_PARTICLE}))+ (?=[{_CAPITAL}])| )[{_CAPITAL}][\w’'-]+"
    rf"(?:(?:(?: (?:{_PARTICLE}))+)? [{_CAPITAL}][\w’'-]+)*"
)
# fmt: off
_TITLES = frozenset((
    "president", "minister", "chancellor", "king", "queen", "prince", "princess", "pope", "dr", "prof", "mr",
    "mrs", "ms", "sir", "lord", "lady", "general", "senator", "judge", "bishop", "captain", "mayor", "herr", "frau",
    "madame", "monsieur", "mme", "señor", "señora", "don", "doña", "präsident", "präsidentin", "kanzler", "kanzlerin",
    "président", "présidente", "presidente", "ministre", "ministro", "ministra", "the", "in", "on", "at", "when", "as",
))
# fmt: on
_DIRECTIVE = ":~:"
_GITHUB = "user-content-"
"""What GitHub puts before the ids of rendered documents; its script jumps to them for the bare name."""


def lost_details(case: Case, before: ParsedPage, after: ParsedPage, gone: str | None = None) -> tuple[Loss, ...]:
    """What the baseline has and today's page has not, quotations first. Where it is known what text is `gone`, only
    what has to do with that is looked for."""
    rest = None if gone is None else _Gone(gone)
    quotes = [quote for quote in quotations(case) if rest is None or rest.may_hold(quote)]
    lost = [Loss("quote", quote) for quote in quotes if is_lost(quote, before, after)]
    lost += _lost_anchor(case, before, after)
    context = without_quotations(case.context)
    named = [figure for figure in figures(f"{case.text}\n{context}") if figure.can_be_lost]
    stated = [figure for figure in named if rest is None or rest.may_count(figure)]
    lost += _lost_figures(stated, _topics(f"{case.text} {context}"), before, after)
    names = dict.fromkeys(match[0] for match in _NAME.finditer(context))
    lost += _lost_names([name for name in names if rest is None or rest.may_hold(name)], before, after)
    return tuple(dict.fromkeys(lost))


class _Gone:
    """The text that is gone, and what it may have been part of; read when that is asked."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(words.tokens(self._text))

    @cached_property
    def _lines(self) -> _Lines:
        return _Lines(self._text)

    def may_hold(self, passage: str) -> bool:
        passage_words = words.tokens(passage)
        return not self._words.isdisjoint([word for word in passage_words if len(word) >= _LONG] or passage_words)

    def may_count(self, figure: Figure) -> bool:
        return self._lines.may_say(figure)


def _topics(text: str) -> frozenset[str]:
    """The stems of the longer words of the citing sentence."""
    return frozenset(stem(word) for word in words.tokens(text) if len(word) > _LONG or words.is_unspaced(word))


def _lost_figures(named: Sequence[Figure], topics: frozenset[str], before: ParsedPage, after: ParsedPage) -> list[Loss]:
    """Figures of the sentence that the baseline states, in any spelling, and today's page states no more. The baseline
    states a figure in its main text, or in a line that speaks of what the sentence speaks of."""
    if not named:
        return []
    now, then = _Lines(f"{after.title}\n{after.visible}"), _Lines(before.visible)
    # The main text is asked last: it takes an extraction.
    gone = [figure for figure in named if not now.say(figure) and then.say(figure)]
    if not gone:
        return []
    main = _Lines("\n".join(before.main))
    undated = _Lines(words.without_dates(after.visible))
    return [Loss("figure", figure.text) for figure in gone if _is_gone(figure, topics, main, then, undated, now)]


def _is_gone(figure: Figure, topics: frozenset[str], main: _Lines, then: _Lines, undated: _Lines, now: _Lines) -> bool:
    if figure.is_year:
        return then.say(figure, topics) and not now.have_number(figure.value)
    if not (main.say(figure) or then.say(figure, topics)):
        return False
    return figure.telling or not undated.have_number(figure.value)


class _Lines:
    """The lines of a text in which a figure can be looked for, so that not all its figures must be read."""

    def __init__(self, text: str) -> None:
        self._lines = [(line, _NO_DIGIT.sub("", line)) for line in in_digits(text).split("\n")]

    def say(self, figure: Figure, topics: frozenset[str] | None = None) -> bool:
        """The text has the figure, in any spelling; a small count beside what it counts. With topics, only a line that
        has one of them counts."""
        kind = figure.kind if figure.telling or figure.is_year else stem(figure.counts)
        return any(
            (topics is None or not topics.isdisjoint(map(stem, words.tokens(line))))
            and not {(kind, figure.value), (kind, figure.other)}.isdisjoint(_values(line))
            for line in self._with(figure)
        )

    def may_say(self, figure: Figure) -> bool:
        return next(self._with(figure), None) is not None

    def have_number(self, value: float) -> bool:
        digits = _significant(value)
        return any(figure.value == value for line, own in self._lines if digits in own for figure in figures(line))

    def _with(self, figure: Figure) -> Iterator[str]:
        """The lines with the significant digits of a figure, which every spelling of it has."""
        digits, other = _significant(figure.value), _significant(figure.other)
        return (line for line, own in self._lines if digits in own or other in own)


def _significant(value: float) -> str:
    return f"{value:f}".rstrip("0").replace(".", "").strip("0")


def _values(text: str) -> set[tuple[str, float]]:
    """Every figure by its kind; one with a unit counts as a bare number too, if it is not a small one."""
    values = set()
    for figure in figures(text):
        for value in {figure.value, figure.other}:
            values.add((figure.kind, value))
            if figure.kind == "money" and figure.telling:
                values.add(("number", value))
            elif figure.kind == "number" and value >= 1000:
                values.add(("money", value))
        if figure.is_small_count and _is_no_date(figure):
            values.add((stem(figure.counts), figure.value))
    return values


def _is_no_date(figure: Figure) -> bool:
    return figure.text in words.without_dates(f"{figure.text} {figure.counts}")


def _lost_names(names: Sequence[str], before: ParsedPage, after: ParsedPage) -> list[Loss]:
    """Names of two words or more that the baseline has, and of which today's page has not the telling word left."""
    names = [name for name in names if not has_exactly(" ".join(words.tokens(name)), after)]
    if not names:
        return []
    known = frozenset(map(stem, set(before.said.split())))
    names = [name for name in names if known.issuperset(map(stem, words.tokens(name)))]
    if not names:
        return []
    stems = frozenset(map(stem, set(after.said.split())))
    then = f" {' '.join(map(stem, before.said.split()))} "
    return [
        Loss("name", name)
        for name in names
        if f" {' '.join(map(stem, words.tokens(name)))} " in then and not _is_named(name, stems, after)
    ]


def _is_named(name: str, stems: frozenset[str], after: ParsedPage) -> bool:
    """A person's surname stands, a word of an institution's name, or its initials."""
    capitals = [part for part in name.split() if part[0].isupper() and part.rstrip(".").lower() not in _TITLES]
    if not capitals:
        return True
    parts = [" ".join(words.tokens(part)) for part in capitals]
    initials = "".join(part[0] for part in capitals)
    if len(initials) >= 2 and re.search(rf"\b{re.escape(initials)}\b", after.visible):
        return True
    if any(word in _PARTICLE.split("|") for word in name.split()) or len(parts) > 2:
        return any(stem(part) in stems for part in parts if len(part) > 3)
    # Two words: a person. Families come last, in some languages first and short (Xi, Kim, Orbán is last).
    return stem(parts[-1].split()[-1]) in stems or (len(parts[0]) <= 3 and parts[0] in stems)


def _lost_anchor(case: Case, before: ParsedPage, after: ParsedPage) -> list[Loss]:
    fragment = case.url.partition("#")[2]
    name, _, directive = fragment.partition(_DIRECTIVE)
    lost = []
    if name and name.lower() != "top" and before.kind == after.kind == "html":
        was_there = any(map(before.has_anchor, _spellings(name)))
        if was_there and not any(map(after.has_anchor, _spellings(case.after.fragment or name))):
            lost.append(Loss("anchor", f"#{name}"))
    for part in directive.split("&"):
        if part.startswith("text="):
            passages = _text_directive(part[5:], before)
            if passages and not all(has_exactly(passage, after) for passage in passages):
                lost.append(Loss("anchor", f"#{_DIRECTIVE}{part}"))
    return lost


def _spellings(name: str) -> set[str]:
    return {name, unquote(name), f"{_GITHUB}{unquote(name)}"}


def _text_directive(value: str, before: ParsedPage) -> list[str]:
    """The passages of `text=[prefix-,]start[,end][,-suffix]` (WICG scroll-to-text-fragment) that the baseline has. With
    the words around them where it has those too: a short start may stand elsewhere on the page."""
    pieces = value.split(",")
    prefix = _plain(pieces.pop(0)[:-1]) if len(pieces) > 1 and pieces[0].endswith("-") else ""
    suffix = _plain(pieces.pop()[1:]) if len(pieces) > 1 and pieces[-1].startswith("-") else ""
    passages = [passage for passage in map(_plain, pieces[:2]) if passage]
    if not passages or not all(has_exactly(passage, before) for passage in passages):
        return []
    whole = [*passages]
    whole[0] = f"{prefix} {whole[0]}".strip()
    whole[-1] = f"{whole[-1]} {suffix}".strip()
    return whole if all(has_exactly(passage, before) for passage in whole) else passages


def _plain(piece: str) -> str:
    return " ".join(words.tokens(unquote(piece)))
