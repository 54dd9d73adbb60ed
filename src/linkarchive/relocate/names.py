"""How alike two pages are by their names: the words of addresses, titles and links."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote, urlsplit

_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,4}$")
_STEM = 5
"""Letters by which words are told apart: "embedding" is like "embeds"."""
_TWO_LETTERS = (("ae", "a"), ("oe", "o"), ("ue", "u"), ("ss", "s"))


@lru_cache(maxsize=65_536)
def words_of(text: str) -> frozenset[str]:
    """The words of a text in one spelling: no case, no accents, no doubled letters of transliterations, no endings."""
    plain = _CAMEL.sub(" ", text).casefold()
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return frozenset(map(_folded, _WORD.findall(plain)))


@lru_cache(maxsize=65_536)
def _folded(word: str) -> str:
    for double, letter in _TWO_LETTERS:
        word = word.replace(double, letter)
    return word[:_STEM] if word.isalpha() and word.isascii() else word


@lru_cache(maxsize=65_536)
def address_words(url: str) -> frozenset[str]:
    """The words of the last part of the path that has any, and of the query."""
    parts = urlsplit(url)
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    while segments and segments[-1].lower() in ("index.html", "index.htm", "index.php"):
        segments.pop()
    last = _EXTENSION.sub("", segments[-1]) if segments else ""
    return words_of(last) | words_of(unquote(parts.query))


class Names:
    """Compares sets of words; what many names have says little."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._total = 1
        self._weights: dict[str, float] = {}
        """Of the words that were compared since the last name."""

    def add(self, name: frozenset[str]) -> None:
        """Count the words of one more name."""
        self._counts.update(name)
        self._total += 1
        self._weights.clear()

    def likeness(self, first: frozenset[str], second: frozenset[str]) -> float:
        """0 to 1: the weight of the words that both have, of all."""
        if not first or not second:
            return 0.0
        both = self._sum(first & second)
        return 2 * both / (self._sum(first) + self._sum(second)) if both else 0.0

    def _sum(self, words: Iterable[str]) -> float:
        return math.fsum(map(self.weight, words))  # the same in any order

    def weight(self, word: str) -> float:
        """The weight of a word: the more names have it, the less."""
        weight = self._weights.get(word)
        if weight is None:
            weight = self._weights[word] = math.log(1 + self._total / (1 + self._counts[word]))
        return weight
