"""What the citing sentence took from the page: quotations, figures, names, the cited fragment.

Only what the baseline has can be lost: a sentence may well quote something else.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from linkarchive.judge import words
from linkarchive.judge.figures import Figure, figures, plain_digits
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.model import Case, Loss

_QUOTED = re.compile(
    r"“([^“”]{4,600})”|„([^„“”]{4,600})[“”]|«\s?([^«»]{4,600}?)\s?»|»([^«»]{4,600})«|\"([^\"]{4,600})\""
    r"|‘([^‘’]{12,600})’(?!\w)|「([^「」]{4,300})」|『([^『』]{4,300})』"
)
_NO_DIGIT = re.compile(r"[^0-9]+")
_CUT = re.compile(r"\[[^\]]{0,80}\]|\(…\)|\(\.\.\.\)|…|\.\.\.")
_MIN_QUOTE_WORDS = 3
_FUZZY = 90.0
"""rapidfuzz partial ratio from which a passage counts as found: a changed letter, not a changed sentence."""
_FUZZY_CHARS = 300_000
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
_NEGATIONS = frozenset((
    "not", "no", "never", "nor", "nicht", "kein", "keine", "nie", "ne", "pas", "jamais", "non", "nunca", "jamás", "não",
    "mai", "niet", "geen", "nooit", "bez", "не", "нет", "никогда", "ні", "inte", "aldrig", "ikke", "aldri", "ei",
    "değil", "không", "bukan", "tidak", "nem", "soha", "nu",
))
# fmt: on
_DIRECTIVE = ":~:"


def lost_details(case: Case, before: ParsedPage, after: ParsedPage, gone: str | None = None) -> tuple[Loss, ...]:
    """What the baseline has and today's page has not, quotations first.

    Where it is known what text is `gone`, only what has to do with that is looked for.
    """
    rest = None if gone is None else _Gone(gone)
    quotes = [quote for quote in quotations(case) if rest is None or rest.may_hold(quote)]
    lost = [Loss("quote", quote) for quote in quotes if _is_lost(quote, before, after)]
    lost += _lost_anchor(case.url, before, after)
    context = _without_quotations(case.context)
    named = [figure for figure in figures(f"{case.text}\n{context}") if figure.telling or figure.is_small_count]
    lost += _lost_figures([figure for figure in named if rest is None or rest.may_count(figure)], before, after)
    names = dict.fromkeys(match[0] for match in _NAME.finditer(context))
    lost += _lost_names([name for name in names if rest is None or rest.may_hold(name)], before, after)
    return tuple(dict.fromkeys(lost))


class _Gone:
    """The text that is gone, and what it may have been part of."""

    def __init__(self, text: str) -> None:
        self._words = frozenset(words.tokens(text))
        self._lines = _Lines(text)

    def may_hold(self, passage: str) -> bool:
        said = words.tokens(passage)
        return not self._words.isdisjoint([word for word in said if len(word) >= _LONG] or said)

    def may_count(self, figure: Figure) -> bool:
        return self._lines.may_say(figure.value)


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


def _is_lost(quote: str, before: ParsedPage, after: ParsedPage) -> bool:
    if all(_exactly(part, after) for part in _parts(quote)):
        return False
    return _has(quote, before) and not _has(quote, after)


def _has(quote: str, page: ParsedPage) -> bool:
    """Every passage of the quotation stands on the page, whatever its typography."""
    parts = _parts(quote)
    return bool(parts) and all(_exactly(part, page) or _nearly(part, page) for part in parts)


def _parts(quote: str) -> list[str]:
    """The passages between the author's omissions and insertions, as words between single spaces."""
    pieces = (" ".join(words.tokens(piece)) for piece in _CUT.split(quote))
    parts = [piece for piece in pieces if piece]
    return [part for part in parts if len(part) >= 8] or parts


def _exactly(part: str, page: ParsedPage) -> bool:
    return f" {part} " in page.said


def _nearly(part: str, page: ParsedPage) -> bool:
    """Found but for a few letters: other inflection, a typing error set right; no other word, no other sense."""
    if len(part) < 20:
        return False
    from rapidfuzz import fuzz

    said = page.said[:_FUZZY_CHARS]
    found = fuzz.partial_ratio_alignment(part, said, score_cutoff=_FUZZY)
    if found is None:
        return False
    # The window may cut words; take it from space to space.
    start = said.rfind(" ", 0, found.dest_start + 1) + 1
    end = said.find(" ", max(found.dest_end - 1, 0))
    return _same_words(part.split(), said[start : end if end >= 0 else None].split())


def _same_words(quoted: list[str], there: list[str]) -> bool:
    """Word by word the same but for endings, and one word in fifteen; a negation is never a small thing."""
    from rapidfuzz.distance import Levenshtein

    other = 0
    for step in Levenshtein.editops(quoted, there):
        old = quoted[step.src_pos] if step.tag != "insert" else ""
        new = there[step.dest_pos] if step.tag != "delete" else ""
        if {old, new} & _NEGATIONS or any(word.isdigit() for word in (old, new)):
            return False
        other += not (old and new and _alike(old, new))
    return other <= len(quoted) // 15


def _alike(word: str, other: str) -> bool:
    """The same word in another form, or with a letter mistyped."""
    from rapidfuzz.distance import Levenshtein

    if stem(word) == stem(other):
        return True
    return min(len(word), len(other)) >= 4 and Levenshtein.distance(word, other) <= 1


@functools.lru_cache(50_000)
def stem(word: str) -> str:
    """A word without accents and the ending that case, number or gender give it in suffixing languages (roughly)."""
    plain = "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))
    for _ in range(3):  # Petrova, Petrov, Petr
        if len(plain) < 5:
            break
        plain = _ENDING.sub("", plain)
    return plain


_ENDING = re.compile(
    r"(?<=\w{3})(?:owego|owej|owie|ami|ach|ego|emu|iego|iem|ovi|ova|ove|ich|ymi|ими|ами|ого|ему|ому|ой|ей|ая|ий|ый|ым|ом|ем|ов|ев|ах|ях"
    r"|sta|lla|ssa|nen|ban|ben|nak|nek|nun|nin|es|en|em|er|ie|om|ow|ej|ym|im|[aeiouynsаеиоуыэюяйь])$"
)


def _lost_figures(named: Sequence[Figure], before: ParsedPage, after: ParsedPage) -> list[Loss]:
    """Figures of the sentence that the baseline's main text has, in any spelling, and today's page has not."""
    if not named:
        return []
    now, then = _Lines(after.visible), _Lines(before.visible)
    # The main text is asked last: it takes an extraction.
    gone = [figure for figure in named if not now.say(figure) and then.say(figure)]
    if not gone:
        return []
    main = _Lines("\n".join(before.main))
    counted = _Lines(words.without_dates(after.visible))
    return [
        Loss("figure", figure.text)
        for figure in gone
        if main.say(figure) and (figure.telling or not counted.have_number(figure.value))
    ]


class _Lines:
    """The lines of a text in which a figure can be looked for, so that not all its figures must be read."""

    def __init__(self, text: str) -> None:
        self._lines = [(line, _NO_DIGIT.sub("", line)) for line in plain_digits(text).split("\n")]

    def say(self, figure: Figure) -> bool:
        """The text has the figure, in any spelling; a small count beside what it counts."""
        value = (figure.kind if figure.telling else stem(figure.counts), figure.value)
        return any(value in _values(line) for line in self._with(figure.value))

    def may_say(self, value: float) -> bool:
        return next(self._with(value), None) is not None

    def have_number(self, value: float) -> bool:
        return any(figure.value == value for line in self._with(value) for figure in figures(line))

    def _with(self, value: float) -> Iterator[str]:
        """The lines with the significant digits of a number, which every spelling of it has."""
        digits = f"{value:f}".rstrip("0").replace(".", "").strip("0")
        return (line for line, its in self._lines if digits in its)


def _values(text: str) -> set[tuple[str, float]]:
    """Every figure by its kind; one with a unit counts as a bare number too, if it is not a small one."""
    found = set()
    for figure in figures(text):
        found.add((figure.kind, figure.value))
        if figure.is_small_count and _is_no_date(figure):
            found.add((stem(figure.counts), figure.value))
        if figure.kind == "money" and figure.telling:
            found.add(("number", figure.value))
        elif figure.kind == "number" and figure.value >= 1000:
            found.add(("money", figure.value))
    return found


def _is_no_date(figure: Figure) -> bool:
    return figure.text in words.without_dates(f"{figure.text} {figure.counts}")


def _lost_names(names: Sequence[str], before: ParsedPage, after: ParsedPage) -> list[Loss]:
    """Names of two words or more that the baseline has, and of which today's page has not the telling word left."""
    names = [name for name in names if not _exactly(" ".join(words.tokens(name)), after)]
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


def _lost_anchor(url: str, before: ParsedPage, after: ParsedPage) -> list[Loss]:
    fragment = url.partition("#")[2]
    name, _, directive = fragment.partition(_DIRECTIVE)
    lost = []
    if name and before.kind == after.kind == "html":
        spellings = {name, unquote(name)}
        if any(map(before.has_anchor, spellings)) and not any(map(after.has_anchor, spellings)):
            lost.append(Loss("anchor", f"#{name}"))
    for part in directive.split("&"):
        if part.startswith("text="):
            passages = _text_directive(part[5:], before)
            if passages and not all(_exactly(passage, after) for passage in passages):
                lost.append(Loss("anchor", f"#{_DIRECTIVE}{part}"))
    return lost


def _text_directive(value: str, before: ParsedPage) -> list[str]:
    """The passages of `text=[prefix-,]start[,end][,-suffix]` (WICG scroll-to-text-fragment) that the baseline has.

    With the words around them where it has those too: a short start may stand elsewhere on the page.
    """
    pieces = value.split(",")
    prefix = _plain(pieces.pop(0)[:-1]) if len(pieces) > 1 and pieces[0].endswith("-") else ""
    suffix = _plain(pieces.pop()[1:]) if len(pieces) > 1 and pieces[-1].startswith("-") else ""
    passages = [passage for passage in map(_plain, pieces[:2]) if passage]
    if not passages or not all(_exactly(passage, before) for passage in passages):
        return []
    whole = [*passages]
    whole[0] = f"{prefix} {whole[0]}".strip()
    whole[-1] = f"{whole[-1]} {suffix}".strip()
    return whole if all(_exactly(passage, before) for passage in whole) else passages


def _plain(piece: str) -> str:
    return " ".join(words.tokens(unquote(piece)))
