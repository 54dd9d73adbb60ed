"""Numbers that are written in words, and in the numerals of other scripts, as digits."""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from importlib import resources

LANGUAGE = tomllib.loads(resources.files("linkarchive.judge").joinpath("language.toml").read_text(encoding="utf-8"))
"""The words of language.toml."""


def _table() -> dict[str, int]:
    """Every number word from 2 to 99 with its value; one and nought are articles and parts of other words."""
    table: dict[str, int] = dict(LANGUAGE["others"])
    for language in LANGUAGE["numbers"].values():
        units, tens, joined = language["units"].split(), language["tens"].split(), language.get("joined")
        table.update({word: value for value, word in enumerate(units) if value >= 2})
        for ten, word in enumerate(tens, 2):
            table[word] = 10 * ten
            for unit in range(1, 10):
                if joined:
                    first = units[unit].removesuffix("s") if unit == 1 else units[unit]
                    table[f"{first}{joined}{word}"] = 10 * ten + unit
                else:
                    table[f"{word}-{units[unit]}"] = table[f"{word} {units[unit]}"] = 10 * ten + unit
    return {unicodedata.normalize("NFC", word): value for word, value in table.items()}


_VALUES = _table()
_SCALES = frozenset((*LANGUAGE["scales"]["hundreds"], *LANGUAGE["scales"]["thousands_and_more"]))


@functools.cache
def _number_words() -> re.Pattern[str]:
    """Compiled at first use, which takes a tenth of a second."""
    endings: dict[str, list[str]] = {}  # by first letter: a thousand words in a row would be tried at each place
    for word in sorted(_VALUES, key=len, reverse=True):
        endings.setdefault(word[0], []).append(re.escape(word[1:]))
    words = "|".join(f"{letter}(?:{'|'.join(rest)})" for letter, rest in endings.items())
    return re.compile(rf"(?<![\w-])(?=[{''.join(endings)}])(?:{words})(?![\w-])", re.IGNORECASE)


# No more digits than a float tells apart: of those without end each was looked at as often as there are digits.
_VULGAR = re.compile(r"(?:(?<!\d)(\d{1,15}))?\s?([¼½¾⅐-⅞])")
_CJK_DIGITS = {sign: value for value, sign in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_CJK_TENS = {"十": 10, "百": 100, "千": 1000, "천": 1000, "백": 100, "십": 10}
_CJK_SCALES = {"万": 1e4, "萬": 1e4, "만": 1e4, "億": 1e8, "亿": 1e8, "억": 1e8, "兆": 1e12, "조": 1e12}
_SIGNS = "".join((*_CJK_DIGITS, *_CJK_TENS, *_CJK_SCALES))
_CJK_NUMBER = re.compile(rf"(?:\d[\d,]*(?:\.\d+)?|[{_SIGNS}])(?:[ ]?(?:\d[\d,]*(?:\.\d+)?|[{_SIGNS}]))*")
_CJK_PIECE = re.compile(rf"\d[\d,]*(?:\.\d+)?|[{_SIGNS}]")
_HAS_SIGN = re.compile(f"[{_SIGNS}]")
_WIDE_COMMA = re.compile(r"(?<=\d)[，﹐](?=\d{3})")
_OTHER_DIGIT = re.compile(r"[^\D0-9]")


def is_number_word(word: str) -> bool:
    """“Twelve”, “hundred”, “million”; not “one”, which is a pronoun as well."""
    return word in _VALUES or word in _SCALES


def in_digits(text: str) -> str:
    """The text with its numbers as ASCII digits: other scripts' digits, fractions, words from two to 99, 3億5000万."""
    if not text.isascii():
        text = _OTHER_DIGIT.sub(lambda sign: str(unicodedata.decimal(sign[0])), text)
        text = _WIDE_COMMA.sub(",", _VULGAR.sub(_decimal, text))
        if _HAS_SIGN.search(text):
            text = _CJK_NUMBER.sub(_cjk_value, text)
    return _number_words().sub(_value, text)


def _value(word: re.Match[str]) -> str:
    """The value of a number word; a word in letters that only resemble its own (“ſix”) stays as it is."""
    value = _VALUES.get(" ".join(word[0].lower().split()))
    return word[0] if value is None else str(value)


def _decimal(fraction: re.Match[str]) -> str:
    value = int(fraction[1] or 0) + unicodedata.numeric(fraction[2])
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _cjk_value(match: re.Match[str]) -> str:
    """The value of a number with East Asian units; the text as it is where there is none, or a single numeral only."""
    pieces = _CJK_PIECE.findall(match[0])
    signs = [piece for piece in pieces if not piece[0].isdecimal()]
    if not signs or len(pieces) < 2 or (len(signs) < 2 and signs[0] in _CJK_DIGITS):
        return match[0]
    total = section = number = 0.0
    for piece in pieces:
        if piece[0].isdecimal():
            number = float(piece.replace(",", ""))
        elif piece in _CJK_DIGITS:
            number = number * 10 + _CJK_DIGITS[piece]
        elif piece in _CJK_TENS:
            section += (number or 1.0) * _CJK_TENS[piece]
            number = 0.0
        else:
            total += (section + number or 1.0) * _CJK_SCALES[piece]
            section = number = 0.0
    value = total + section + number
    return f"{value:f}".rstrip("0").rstrip(".")
