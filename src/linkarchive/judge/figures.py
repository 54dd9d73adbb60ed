"""Figures in texts: numbers with their scale and kind, in the spellings of many languages."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from linkarchive.judge.number_words import in_digits

_GAP = r"[.,\u00a0\u202f\u2009'’٬ ]"
_NUMBER = (
    rf"\d{{1,3}}(?:{_GAP}\d{{3}})+(?!\d)(?:[.,٫]\d+)?|\d{{1,2}}(?:,\d{{2}})+,\d{{3}}(?!\d)|\d+(?:[.,٫]\d+)?|[.,]\d+"
)
# Scales: million and its kin in the languages of the web's most used twenty that put the word after the number.
# fmt: off
_SCALES = {
    1e3: ("thousand|tausend|tsd|mille|mil|mila|duizend|tusen|tysi\\w*|tis[ií]c\\w*|тыс\\w*|bin|ribu|nghìn|천"
          "|ألف|آلاف|هزار"
          "|אלף|हज़?ार|พัน|k"),
    1e5: "lakhs?|lacs?|लाख|লাখ|แสน",
    1e6: ("million\\w*|millón|millones|milione|milioni|milh[aã]o|milhões|mio|mill|mln|miljoen\\w*|miljon\\w*"
          "|mili[oó]n\\w*|milion\\w*|миллион\\w*|млн|мільйон\\w*|milyon|juta|triệu|مليون\\w*|ملايين|میلیون|מיליון|ล้าน|m"),
    1e7: "crores?|करोड़?|কোটি",
    1e9: ("billions?|milliard\\w*|miliard\\w*|miljard\\w*|mds?|mrd|mrds|bn|miliardi|миллиард\\w*|млрд|мільярд\\w*"
          "|milyar|miliar|tỷ|bilh[aã]o|bilhões|مليارا?ت?|میلیارد|מיליארד|अरब|b"),
    1e12: "trillion\\w*|billionen|biljoen|tn",
}
# fmt: on
_LETTERS = ("k", "m", "b")
"""Scales in sums of money only: 5 m are metres."""
_SCALE = "|".join(f"(?P<e{len(str(int(scale))) - 1}>{names})" for scale, names in _SCALES.items())
_PERCENT = (
    r"%|％|‰|percent\w*|per cent|per ?centum|pct|prozent\w*|pour[ -]cent|por ciento|por cento|per cento|procent\w*"
    r"|proc\.|процент\w*|відсот\w*|yüzde|persen|phần trăm|százalék\w*|パーセント|퍼센트"
    r"|بالمئة|بالمائة|في المئة|في المائة|٪|درصد|אחוז\w*|प्रतिशत|फ़?ीसदी|เปอร์เซ็นต์"
)
_MONEY = (
    r"[$€£¥₹₽₺₩₫₴฿]|us\$|euros?|eur|dollars?|usd|pounds?|gbp|yen|yuan|rubles?|руб\w*|zł\w*|kronor|kroner|crowns"
    r"|dólar\w*|dollari|元|円|원|rs\.?|rupees?|रुपये?|ريال|دينار|درهم|تومان|₪|ש״ח|บาท"
)
_LETTER = "A-Za-z_\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff"
"""Letters of scripts with spaces: a number may follow a Chinese word at once."""


@functools.cache
def _figure() -> re.Pattern[str]:
    """Compiled at first use, which takes a while."""
    return re.compile(
        rf"(?P<before>{_MONEY}|yüzde)?\s?(?<![\d.,{_LETTER}])(?P<number>{_NUMBER})(?:[\s-]?(?:{_SCALE})(?![{_LETTER}]))?"
        rf"(?:[\s-]?(?P<percent>{_PERCENT})|\s?(?P<after>{_MONEY})(?!\w))?(?P<tail>[\s-]?[^\W\d_]{{2,}})?",
        re.IGNORECASE,
    )


_YEAR = re.compile(r"1[5-9]\d\d|20\d\d")
_MAX_TEXT = 300_000


@dataclass(frozen=True, slots=True)
class Figure:
    text: str
    value: float
    other: float
    """The value in the other reading of its separator: “2,000 billion” is two trillion, or two billion."""
    kind: str
    """percent, money, or number."""
    telling: bool
    """Rare enough to be evidence: a bare small number or a year stands on too many pages."""
    counts: str
    """What a bare number counts, the word after it; empty where there is none."""
    is_year: bool = False

    @property
    def is_small_count(self) -> bool:
        """“17 deaths”: evidence only beside the word, or where the number stands nowhere else."""
        return not self.telling and bool(self.counts) and 10 <= self.value < 100 and self.value == int(self.value)

    @property
    def can_be_lost(self) -> bool:
        return self.telling or self.is_small_count or self.is_year


def figures(text: str) -> Iterator[Figure]:
    """Every figure of a text."""
    text = in_digits(text[:_MAX_TEXT])
    for match in _figure().finditer(text):
        number = match["number"]
        money = match["before"] or match["after"]
        scale, spelling = _scale(match)
        if spelling in _LETTERS and not money:
            scale = 1.0
        value, other = (_value(number, scaled) * scale for scaled in (scale > 1, False))
        percent = match["percent"] or (match["before"] or "").lower() == "yüzde"
        kind = "percent" if percent else "money" if money else "number"
        year = kind == "number" and scale == 1 and _YEAR.fullmatch(number) is not None
        telling = kind != "number" or scale > 1 or (len(re.sub(r"\D", "", number)) >= 3 and not year)
        tail = match["tail"] or ""
        shown = match[0][: -len(tail)] if tail else match[0]
        counted = tail.strip(" -").lower()
        yield Figure(shown.strip(), round(value, 6), round(other, 6), kind, telling, counted, year)


def _scale(match: re.Match[str]) -> tuple[float, str]:
    for name, spelling in match.groupdict().items():
        if spelling and name[0] == "e":
            return float(f"1e{name[1:]}"), spelling.lower()
    return 1.0, ""


def _value(number: str, scaled: bool) -> float:
    """One value for a number, whatever groups its thousands: "1.234,5" and "1,234.5" are 1234.5. A single separator
    before three digits groups ("1.234"), unless a scale follows ("1.234 million")."""
    digits = re.sub(r"[^\d.,٫٬]", "", number).replace("٫", ".").replace("٬", ",")
    last = max(digits.rfind("."), digits.rfind(","))
    if last < 0:
        return float(digits)
    both = "." in digits and "," in digits
    tail = digits[last + 1 :]
    repeated = digits.count(digits[last]) > 1
    grouped = len(tail) == 3 and (repeated or not both) and not (scaled and not repeated)
    head = re.sub(r"[.,]", "", digits[:last]) or "0"
    return float(head + tail) if grouped else float(f"{head}.{tail}")
