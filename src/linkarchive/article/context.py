"""The sentence for which a link is given."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from linkarchive.article.passage import fold

# Possessive, and only at the start of a run: a megabyte of dots stays linear.
_END = re.compile(
    r"""(?<![.!?…؟۔।])[.!?…؟۔।]++["'”’»›)\]]*+(?:\[[\d, –-]{0,9}\])*+[ \n]++"""
    r"""|(?<![。！？｡])[。！？｡]++[」』”’）】》]*+[ \n]*+"""
)
_OPENERS = "\"'“‘«‹„([{¿¡—–- "
_CJK_STOPS = "。！？｡"

_SOURCE_WORDS = re.compile(
    r"""(?:the\s+)?(?:sources?|via|ref(?:erence)?s?|link|here|see(?:\s+also|\s+here)?|read\s+more|more(?:\s+here)?|details
    | quellen?|siehe(?:\s+auch|\s+hier)?|mehr(?:\s+dazu)?|hier|beleg|lien|ici|voir(?:\s+ici)?|fuentes?|enlace|aquí|ver
    | fonti?|fontes?|link|qui|bron(?:nen)?|hier|zie|källa|kilde|källor|kilder|lähde|źródło|zdroj|forrás|sursă|kaynak
    | источник(?:и)?|ссылка|здесь|джерело|посилання|πηγή|المصدر|出典|来源|來源|原文|참고|출처|링크)?""",
    re.IGNORECASE | re.VERBOSE,
)
"""What stands beside a link that is nothing but the source of the sentence before it."""
_MARK_LIKE = re.compile(r"[\[(]?\s*(?:\d{1,3}|[*†‡§¶]{1,3}|[a-z]|[⁰¹²³⁴-⁹]{1,3})\s*[\])]?", re.IGNORECASE)

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
        self._starts = [0, *(match.end() for match in _END.finditer(text) if _ends_sentence(text, match))]

    def claim(self, start: int, end: int) -> str:
        """The sentence for which the link in the characters `start` to `end` is given.

        That is the one around it; the one before, when the link is a mark that follows it; and both, when its own
        sentence is nothing but “Source”, or a link in parentheses.
        """
        first = self._start_of(start)
        if self._end_of(end, start) - first > 4 * MAX_CONTEXT:
            return self.around(start, end)
        shown = self._text[start:end]
        own = self._text[first : self._end_of(end, start)]
        if first and _MARK_LIKE.fullmatch(shown) and not re.search(r"\w", self._text[first:start]):
            return self.around(first - 1, first)
        if own.lstrip()[:1] == "(" and (closed := own.find(")", end - first)) >= 0:
            own = own[: closed + 1]
        rest = self._text[first:start] + self._text[end : first + len(own)]
        if first and _is_only_source(own.strip(), shown, rest):
            return fold(f"{self.around(first - 1, first)} {own}")
        return self.around(start, end)

    def bearing(self, start: int, end: int) -> str:
        """The sentence that a mark in the characters `start` to `end` belongs to: also one that ends before it."""
        before = start
        while before and self._text[before - 1] in " \n[(":
            before -= 1
        return self.around(before - 1, before) if before else self.around(start, end)

    def _start_of(self, at: int) -> int:
        return self._starts[bisect_right(self._starts, at) - 1]

    def _end_of(self, end: int, start: int) -> int:
        after = bisect_left(self._starts, max(end, start + 1))
        return self._starts[after] if after < len(self._starts) else len(self._text)

    def around(self, start: int, end: int) -> str:
        """The sentence, or sentences, that the characters `start` to `end` are part of, white space folded."""
        text = self._text
        first, last = self._start_of(start), self._end_of(end, start)
        if last - first > MAX_CONTEXT:
            margin = max(0, MAX_CONTEXT - (end - start)) // 2
            first, last = _at_words(text, max(first, start - margin), min(last, end + margin), start, end)
        return fold(text[first:last])


def _is_only_source(sentence: str, shown: str, rest: str) -> bool:
    """The sentence is a source and nothing else: a word such as “Source” with a link, or a link in parentheses."""
    words = rest.strip(" \n.,:;()[]–—-→")
    if _SOURCE_WORDS.fullmatch(words) and (words or _SOURCE_WORDS.fullmatch(shown.strip(" \n.,:;()[]"))):
        return True
    return sentence[:1] in "([" and sentence.rstrip(".")[-1:] in ")]" and len(words) <= len(shown)


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
