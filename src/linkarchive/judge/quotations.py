"""Quotations: what stands in quotation marks in the citing sentence, and whether a page still says it.

A quotation is looked for word by word, whatever its typography. The author may have left out, inserted or
mistyped a little; the page may set an error right. A word that carries the sense never differs.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata

from linkarchive.judge import words
from linkarchive.judge.number_words import LANGUAGE, is_number_word
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.model import Case

_LENGTH = "{4,600}"
_PAIRS = (
    ("“", "”\""), ("„", "“”\"‟"), ("‟", "”\""), ("«", "»"), ("»", "«"), ("‹", "›"), ("›", "‹"), ('"', '"”“'),
    ("「", "」"), ("『", "』"), ("《", "》"), ("〝", "〟〞"), ("＂", "＂"), ("״", "״\""), ("``", "''"),
)  # fmt: skip
"""An opening mark and those that may close it: typing mixes curly and straight ones."""
_ALIKE_MARKS = "”"
"""Swedish and Finnish open and close with the same curly mark."""
_SINGLE = r"(?<!\w)‘([^‘’]{12,600})’(?!\w)|(?<!\w)‚([^‚‘’]{12,600})[‘’](?!\w)|(?<!\w)'([^']{20,600})'(?!\w)"


def _pair(opening: str, closing: str) -> str:
    marks = re.escape(opening if len(opening) == 1 else "")
    last = re.escape(closing) if closing != "''" else ""
    end = f"[{last}]" if last else "''"
    return rf"{re.escape(opening)}\s?([^{marks}{last or chr(39)}]{_LENGTH}?)\s?{end}"


_QUOTED = re.compile(
    "|".join(_pair(opening, closing) for opening, closing in _PAIRS)
    + rf"|(?<![\w.,;:!?…]){_ALIKE_MARKS}(?=\S)([^”]{_LENGTH}){_ALIKE_MARKS}|{_SINGLE}"
)
_CUT = re.compile(r"\[[^\]]{0,80}\]|\(…\)|\(\.\.\.\)|\(\. \. \.\)|…|\.\.\.|\. \. \.")
_MIN_WORDS = 3
_MIN_UNSPACED = 6
"""Characters of a quotation in a script without spaces between words; shorter ones are terms."""
_MIN_PART = 8
"""Characters of a passage between two omissions that tells something."""
_MIN_FUZZY = 20
_FUZZY = 90.0
"""rapidfuzz partial ratio from which a passage counts as found: a changed letter, not a changed sentence."""
_FUZZY_CHARS = 300_000

_SENSE = frozenset(map(words.fold, itertools.chain.from_iterable(LANGUAGE["sense"].values())))


def quotations(case: Case) -> tuple[str, ...]:
    """What a person named as quoted, and what stands in quotation marks in the link's text and sentence."""
    quotes = list(case.quotes)
    for text in (case.text, case.context):
        for match in _QUOTED.finditer(text):
            quote = next(group for group in match.groups() if group).strip()
            tokens = words.tokens(quote)
            if len(tokens) >= (_MIN_UNSPACED if words.is_unspaced(quote) else _MIN_WORDS):
                quotes.append(quote)
    return tuple(dict.fromkeys(quotes))


def without_quotations(text: str) -> str:
    """The author's own words of a sentence."""
    return _QUOTED.sub(" ", text)


def is_lost(quote: str, before: ParsedPage, after: ParsedPage) -> bool:
    """The baseline has the quotation and today's page has not, nor the passage that the baseline has for it."""
    parts = _parts(quote)
    if all(has_exactly(part, after) for part in parts):
        return False
    passages = [part if has_exactly(part, before) else _passage(part, before, 1 / 15) for part in parts]
    if not passages or None in passages:
        return False
    return not all(
        has_exactly(part, after) or has_exactly(passage, after) or _passage(passage, after, 0.0)
        for part, passage in zip(parts, passages, strict=True)
        if passage is not None
    )


def has_exactly(part: str, page: ParsedPage) -> bool:
    """The page has these words (single spaces between them) in this order."""
    return f" {part} " in page.said or _is_broken_up(part, page)


def _is_broken_up(part: str, page: ParsedPage) -> bool:
    """The words stand there, but with other spaces between their letters: split for style or set apart by CSS."""
    letters = part.replace(" ", "")
    return len(letters) >= _MIN_FUZZY and letters in page.said_unspaced


def _parts(quote: str) -> list[str]:
    """The passages between the author's omissions and insertions, as words between single spaces."""
    pieces = (" ".join(words.tokens(piece)) for piece in _CUT.split(quote))
    parts = [piece for piece in pieces if piece]
    return [part for part in parts if len(part) >= _MIN_PART] or parts


def _passage(part: str, page: ParsedPage, other_words: float) -> str | None:
    """The page's own wording of a passage; None where it says something else. `other_words` is the share of words that
    may be added or left out."""
    if len(part) < _MIN_FUZZY or words.is_unspaced(part):
        return None
    from rapidfuzz import fuzz

    content = page.said[:_FUZZY_CHARS]
    match = fuzz.partial_ratio_alignment(part, content, score_cutoff=_FUZZY)
    if match is None:
        return None
    # The window may cut words; take it from space to space.
    start = content.rfind(" ", 0, match.dest_start + 1) + 1
    end = content.find(" ", max(match.dest_end - 1, 0))
    passage = content[start : end if end >= 0 else None]
    return passage if _says_the_same(part.split(), passage.split(), other_words) else None


def _says_the_same(quoted: list[str], passage: list[str], other_words: float) -> bool:
    """Word by word the same, but for endings, mistyped letters and few words more or less, which carry no sense."""
    from rapidfuzz.distance import Levenshtein

    others = 0
    for step in Levenshtein.editops(quoted, passage):
        old = quoted[step.src_pos] if step.tag != "insert" else ""
        new = passage[step.dest_pos] if step.tag != "delete" else ""
        if carries_sense(old) or carries_sense(new):
            return False
        if not (old and new):
            others += 1
        elif not _is_same_word(old, new):
            if other_words == 0.0:
                return False
            others += 1
    return others <= max(len(quoted) // 15, int(len(quoted) * other_words))


def carries_sense(word: str) -> bool:
    """A negation, a comparative, a limit or a number: without it the sentence says something else."""
    return word in _SENSE or any(map(str.isdigit, word)) or is_number_word(word)


def _is_same_word(first: str, second: str) -> bool:
    """The same word in another form, or with a letter mistyped."""
    from rapidfuzz.distance import Levenshtein

    if stem(first) == stem(second):
        return True
    return min(len(first), len(second)) >= 4 and Levenshtein.distance(first, second) <= 1


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
