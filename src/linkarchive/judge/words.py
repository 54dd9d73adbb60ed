"""Texts as words: normalised, without dates and counters, and their overlap.

Shingles of four words are the measure that served best for content drift on real page pairs (Jaccard of 4-shingles of
the main text; Bar-Yossef et al. 2004 and Broder 1997 for the method).
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from linkarchive.text import MONTH_PATTERN

SHINGLE = 4
SHORT_LINE = 12
"""Words of a line that is an item of a list or a row of a table rather than a sentence."""
MAX_WORDS = 60_000
"""Words of one text that are compared; a longer text is cut (bounds memory and time)."""

_INVISIBLE = (
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u0640"
)
# Scripts without spaces between words are compared by characters.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
# Vowel signs of Indic scripts belong to their words, though they are no letters.
_INDIC = "\u0900-\u0963\u0966-\u0dff"
_HAS_INDIC = re.compile(f"[{_INDIC}]")
_INDIC_WORD = re.compile(rf"[\w{_INDIC}]+")
# Arabic and Hebrew are written with vowel points or without, and some letters of Arabic in two ways.
_SEMITIC = re.compile("[\u0590-\u06ff]")
_POINTS = re.compile("[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]")
_LETTERS = str.maketrans("أإآٱىةكيؤئ", "ااااي\u0647کیوی".replace("ي", "ی"))
_DIGITS = re.compile(r"\d+(?:[.,:]\d+)*")
_WORD = re.compile(f"[{_UNSPACED}]|[^\\W{_UNSPACED}]+")
_HAS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_SPACED_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+")
_SENTENCE_END = re.compile(r"(?<=[.!?…؟।])[\"'”»’)\]]*\s+|(?<=[。！？])(?![」』])")
_MAX_KNOWN = 2_000
"""Characters of a line whose words are remembered."""
_BEFORE, _AFTER = 30, 60
"""Characters around a number in which dates and counters are looked for; a month's name is the longest part."""


@functools.cache
def _dates() -> re.Pattern[str]:
    """Compiled at first use, for the names of the months in all languages take a while."""
    # The look ahead holds for every alternative and halves the time: most words are not followed by a digit.
    return re.compile(
        r"\b(?=\d|[^\W\d]+\.? \d|il y a )(?:"
        rf"\b\d{{1,2}}(?:st|nd|rd|th|\.|º|er)? (?:de |of )?(?:{MONTH_PATTERN})\b\.?(?:,? (?:de )?\d{{4}}\b)?"
        rf"|\b(?:{MONTH_PATTERN})\b\.? \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}}\b|\b)"
        rf"|\b(?:{MONTH_PATTERN})\b\.? \d{{4}}\b"
        r"|\b\d{4}-\d{2}-\d{2}(?:t\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:z|[+-]\d{2}:?\d{2})?)?"
        r"|\b\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})\b"
        r"|\b\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.?m\.?)?\b"
        r"|\b\d+ (?:second|minute|hour|day|week|month|year)s? ago\b|\bvor \d+ (?:minute|stunde|tag|woche|monat|jahr)\w*"
        r"|\bil y a \d+ (?:minute|heure|jour|semaine|mois|an)\w*|\bhace \d+ (?:minuto|hora|d[ií]a|semana|mes|año)\w*"
        r")"
    )


# In a text without spaces no word ends before a date.
_EAST_ASIAN_DATES = re.compile(
    r"(?<!\d)(?:\d{4}[年년] ?)?\d{1,2}[月월] ?\d{1,2}[日일](?: ?\d{1,2}[时時시](?: ?\d{1,2}[分분])?)?"
    r"|(?<!\d)\d{4}[年년] ?\d{1,2}[月월]"
)
_COUNTERS = re.compile(
    r"\b\d[\d.,]*[km]? (?:views?|shares?|likes?|comments?|replies|reactions?|followers|retweets|reads?|votes?|claps"
    r"|kommentare?|aufrufe|commentaires?|vues?|partages?|comentarios?|visitas|commenti|comentários|reacties|komentarz\w*|просмотр\w*|комментари\w*)\b"
)


def fold(text: str) -> str:
    """Compatibility forms (NFKC), lower case, without invisible characters and vowel points."""
    if text.isascii():  # the same, at a tenth of the time
        return text.lower()
    for mark in _INVISIBLE:  # replace() is a hundred times as fast as translate() with a table
        text = text.replace(mark, "")
    text = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    return _POINTS.sub("", text).translate(_LETTERS) if _SEMITIC.search(text) else text


def tokens(text: str) -> list[str]:
    """The words of a text, every one."""
    return _split(fold(text))


def sentences(line: str) -> list[str]:
    """A line, cut after the marks that end a sentence."""
    return [sentence for sentence in _SENTENCE_END.split(line) if sentence]


def substance(text: str) -> list[str]:
    """The words of a text without dates, times and counters, at most MAX_WORDS."""
    content: list[str] = []
    for line in text[: MAX_WORDS * 12].split("\n"):
        content += _line_substance(line) if len(line) <= _MAX_KNOWN else _split(_without_noise(fold(line)))
    return content[:MAX_WORDS]


@functools.lru_cache(2_000)
def _line_substance(line: str) -> tuple[str, ...]:
    """No date goes over the end of a line, and a line is asked for many times: in two pages, as a block, as a rest."""
    return tuple(_split(_without_noise(fold(line))))


def size(tokens: Sequence[str]) -> int:
    """About how many words of a language with spaces say as much: Chinese takes 5 characters for 3, Thai 5 for one."""
    total = float(len(tokens))
    for word in tokens:
        if len(word) == 1 and word >= "\u0e00" and _HAS_UNSPACED.match(word):
            total -= 0.8 if word < "\u3000" else 0.4
    return round(total)


def without_dates(text: str) -> str:
    """The text in lower case, its dates and times left out."""
    return _dates().sub(" ", _EAST_ASIAN_DATES.sub(" ", fold(text)))


def is_unspaced(text: str) -> bool:
    """It has letters of a script without spaces between words."""
    return _HAS_UNSPACED.search(text) is not None


def _split(folded: str) -> list[str]:
    if folded.isascii():
        return _SPACED_WORD.findall(folded)
    if is_unspaced(folded):
        return _WORD.findall(folded)
    return (_INDIC_WORD if _HAS_INDIC.search(folded) else _SPACED_WORD).findall(folded)


def _without_noise(folded: str) -> str:
    """Without dates and counters. They have digits, so only the text around digits is searched, which is little."""
    pieces: list[str] = []
    copied = start = end = 0
    for match in _NUMBER.finditer(folded):
        if match.start() - _BEFORE > end:
            pieces += (folded[copied:start], _bare(folded[start:end]))
            copied, start = end, match.start() - _BEFORE
        end = match.end() + _AFTER
    pieces += (folded[copied:start], _bare(folded[start:end]), folded[end:])
    return "".join(pieces)


def _bare(window: str) -> str:
    if "月" in window or "월" in window:
        window = _EAST_ASIAN_DATES.sub(" ", window)
    return _COUNTERS.sub(" ", _dates().sub(" ", window))


def has_number(line: str) -> bool:
    return _NUMBER.search(line) is not None


def masked(line: str) -> str:
    """The line with its numbers made one: lines that differ in a counter only are equal."""
    return _DIGITS.sub("0", line)


def shingles(words: Sequence[str]) -> set[int]:
    """Hashes of all runs of four words (of all words, where there are fewer). Comparable within a process only."""
    if len(words) < SHINGLE:
        return {hash(tuple(words))} if words else set()
    return set(map(hash, zip(words, words[1:], words[2:], words[3:], strict=False)))


def retained(words: Sequence[str], shingles: set[int]) -> list[bool]:
    """For each word whether a shingle that covers it is in the set."""
    if len(words) < SHINGLE:
        return [hash(tuple(words)) in shingles] * len(words)
    runs = zip(words, words[1:], words[2:], words[3:], strict=False)
    marks = list(map(shingles.__contains__, map(hash, runs)))
    if all(marks):
        return [True] * len(words)
    none = [False] * (SHINGLE - 1)
    padded = none + marks + none
    return list(map(any, zip(padded, padded[1:], padded[2:], padded[3:], strict=False)))


def contents(lines: Iterable[str]) -> Iterator[str]:
    """What each short line says, in any order of its words and in any spacing; also each two lines in a row. Lists and
    tables say the same with their cells turned, or set apart by style sheets."""
    last: tuple[str, ...] = ()
    for line in lines:
        content = line_words(line) if line.strip() else ()
        if 0 < len(content) < SHORT_LINE:
            yield from line_keys(content)
            if last:
                yield from line_keys(last + content)
            for cell in line.split("\t") if "\t" in line else ():
                yield from line_keys(line_words(cell))
        if content:
            last = content if len(content) < SHORT_LINE else ()


def line_words(line: str) -> tuple[str, ...]:
    """The words of a line without dates and counters."""
    return _line_substance(line) if len(line) <= _MAX_KNOWN else tuple(substance(line))


def line_keys(content: Sequence[str]) -> tuple[str, str]:
    """Equal for the same words in another order, and for the same letters in another spacing."""
    return " ".join(sorted(content)), "=" + "".join(content)


def jaccard(first: set[int], second: set[int]) -> float:
    """Shared shingles over all shingles; 1.0 for two empty texts."""
    union = len(first | second)
    return len(first & second) / union if union else 1.0


def share(marks: Iterable[bool]) -> float:
    """How many are true, 0…1; 1.0 for none."""
    marks = list(marks)
    return sum(marks) / len(marks) if marks else 1.0


def percent(share: float) -> str:
    """A share as reports print it, rounded as the similarity is."""
    return f"{round(share, 3):.0%}".replace("%", " %")


def rough_size(line: str) -> int:
    """About how many words a line has."""
    return line.count(" ") + 1 if line.isascii() or not is_unspaced(line) else size(tokens(line))
