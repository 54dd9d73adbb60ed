"""Words of a text and passages around them, for a database that does not find phrases in long texts itself. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+")
_ACCENTS = re.compile("[\u0300-\u036f]+")
_BEFORE = 8
"""Words of a passage before the first one that was found."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in a row; of the last one perhaps only how it begins."""

    words: tuple[str, ...]
    is_prefix: bool = False

    @classmethod
    def of(cls, written: str) -> Phrase:
        """The phrase that a text such as `two words`, or `two wor*`, asks for."""
        bare = written.rstrip().rstrip("*")
        return cls(tuple(words_of(bare)), bare != written.rstrip())

    def places(self, words: Sequence[str]) -> Iterable[range]:
        """Where it stands among the words of a text."""
        if not self.words:
            return
        *start, last = self.words
        length = len(self.words)
        for at, word in enumerate(words):
            if (word.startswith(last) if self.is_prefix else word == last) and at + 1 >= length:
                first = at + 1 - length
                if list(words[first:at]) == start:
                    yield range(first, at + 1)


def words_of(text: str) -> list[str]:
    """The words of a text in lower case and without accents: letters and digits in a row."""
    return [_folded(word) for word in _WORD.findall(text)]


def passage(title: str, text: str, phrases: Sequence[Phrase], shown: int, marks: tuple[str, str]) -> str | None:
    """So many words of the text, with marks around each one that is in one of the phrases, of which the first is among
    them; None where some phrase is neither in the title nor in the text."""
    places = [(match.start(), match.end()) for match in _WORD.finditer(text)]
    words, headline = [_folded(text[start:end]) for start, end in places], words_of(title)
    marked: set[int] = set()
    for phrase in phrases:
        spans = [place for where in phrase.places(words) for place in where]
        if not spans and not any(phrase.places(headline)):
            return None
        marked.update(spans)
    first = max(0, min(marked, default=0) - _BEFORE)
    last = min(first + shown, len(places))
    if first == last:
        return ""
    end = 0 if first == 0 else places[first][0]
    pieces = ["…"] if first else []
    for number in range(first, last):
        start, stop = places[number]
        word = text[start:stop]
        pieces += (text[end:start], f"{marks[0]}{word}{marks[1]}" if number in marked else word)
        end = stop
    pieces.append(text[end:] if last == len(places) else "…")
    return "".join(pieces)


def _folded(word: str) -> str:
    if word.isascii():
        return word.lower()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", word.casefold()))
    return unicodedata.normalize("NFC", bare)
