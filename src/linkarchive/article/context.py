"""The sentence around a link."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from linkarchive.article.passage import fold

# Possessive, and only at the start of a run: a megabyte of dots stays linear.
_END = re.compile(
    r"""(?<![.!?…؟۔।])[.!?…؟۔।]++["'”’»›)\]]*+[ \n]++"""
    r"""|(?<![。！？｡])[。！？｡]++[」』”’）】》]*+[ \n]*+"""
)
_OPENERS = "\"'“‘«‹„([{¿¡—–- "
_CJK_STOPS = "。！？｡"

# Abbreviations that a capital or a number usually follows without a new sentence beginning.
_ABBREVIATIONS = frozenset(
    """
    mr mrs ms messrs dr prof rev hon st sr jr gen col maj capt cpt lt sgt cmdr adm sen rep gov pres amb supt
    vs v no nos nr fig figs eq ch sec vol vols p pp para art ed eds trans cf al ca approx est dept univ assn
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun
    mt ft ave blvd rd corp co bros
    hr bzw vgl ggf usw bspw abs bd jh str
    mme mlle mm av env
    sra dra ud uds pág núm
    г гг ул им т д тыс млн млрд рис стр см
    """.split()  # noqa: SIM905  (a list of words read as words)
)  # fmt: skip

MAX_CONTEXT = 1200
"""Characters. Longer “sentences” (tables run together, no full stops) are cut to a window around the link."""


class Sentences:
    """The sentences of one passage; made once, asked for each link."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *_boundaries(text)]

    def around(self, start: int, end: int) -> str:
        """The sentence, or sentences, that the characters `start` to `end` are part of, white space folded."""
        text = self._text
        first = self._starts[bisect_right(self._starts, start) - 1]
        after = bisect_left(self._starts, max(end, start + 1))
        last = self._starts[after] if after < len(self._starts) else len(text)
        if last - first > MAX_CONTEXT:
            margin = max(0, MAX_CONTEXT - (end - start)) // 2
            first, last = _at_words(text, max(first, start - margin), min(last, end + margin), start, end)
        return fold(text[first:last])


def _boundaries(text: str) -> list[int]:
    return [match.end() for match in _END.finditer(text) if _ends_sentence(text, match)]


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    if match[0][0] in _CJK_STOPS:
        return match.end() < len(text)
    following = text[match.end() : match.end() + 8].lstrip(_OPENERS)
    if not following or following[0].islower():
        return False
    if match[0].rstrip(" \n") != ".":
        return True
    words = text[max(0, match.start() - 30) : match.start()].split()
    word = words[-1].lstrip(_OPENERS) if words else ""
    if "." in word and "/" not in word and len(word) <= 8 and word.replace(".", "").isalpha():
        return False  # U.S., e.g., a.m.: longer context rather than half a sentence
    if len(word) == 1 and word.isalpha() and word.isupper() and word != "I":
        return False  # an initial
    return word.lower() not in _ABBREVIATIONS


def _at_words(text: str, first: int, last: int, start: int, end: int) -> tuple[int, int]:
    """Move the cuts inward to word boundaries, never into the link."""
    if first and not text[first - 1].isspace() and (space := text.find(" ", first, start)) >= 0:
        first = space
    if last < len(text) and not text[last].isspace() and (space := text.rfind(" ", end, last)) >= 0:
        last = space
    return first, last
