"""How alike two pages are by their texts: the runs of words that both have."""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zlib import crc32

from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.model import Page

_RUN = 4
# Scripts without spaces count by character.
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]|[^\W_]+")
_SKETCH = 60
"""Runs of a page by which others that may be the same are found."""
_MOST_SAYING = 20
_FEW = 30
"""A page of fewer runs cannot be told from others."""

SAME_COVERAGE, SAME_SHARE = 0.65, 0.5
TIE = 0.05
"""Two texts whose likeness to a third differs by no more: nobody knows which it is."""


@dataclass(frozen=True, slots=True)
class Text:
    """What a page says: its heading, and its runs of words."""

    title: str
    runs: frozenset[int]

    @property
    def is_plenty(self) -> bool:
        return len(self.runs) >= _FEW


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two texts are, by their runs of words."""

    coverage: float
    """The share of the first text that the second has, 0…1."""
    share: float
    """What both have of all that either has, 0…1."""

    @property
    def is_same(self) -> bool:
        """The same substance, and little else: no listing, no page of pages."""
        return self.coverage >= SAME_COVERAGE and self.share >= SAME_SHARE


def text_of(page: Page) -> Text:
    parsed = ParsedPage(page)
    words = _TOKEN.findall(" ".join(parsed.rough_lines).casefold())
    runs = frozenset(
        crc32(" ".join(words[n : n + _RUN]).encode("utf-8", "replace")) for n in range(len(words) - _RUN + 1)
    )
    return Text(parsed.first_heading or parsed.title, runs)


def likeness(first: Text, second: Text) -> Likeness:
    both = len(first.runs & second.runs)
    if not both:
        return Likeness(0.0, 0.0)
    return Likeness(both / len(first.runs), both / len(first.runs | second.runs))


class TextIndex:
    """Texts by their runs, to find those that a page may be."""

    def __init__(self, texts: Mapping[int, Text]) -> None:
        self._texts = dict(texts)
        self._by_run: dict[int, list[int]] = {}
        for number, text in texts.items():
            for run in heapq.nsmallest(_SKETCH, text.runs):
                self._by_run.setdefault(run, []).append(number)
        # What many pages say is the site's frame.
        self._by_run = {run: numbers for run, numbers in self._by_run.items() if len(numbers) <= _MOST_SAYING}

    def same(self, page: Text, expected: int | None) -> Iterator[tuple[int, Likeness]]:
        """The texts that the page is the same as, the likest first; `expected` is compared in any case."""
        hits = Counter(number for run in page.runs & self._by_run.keys() for number in self._by_run[run])
        numbers = dict.fromkeys(number for number, _ in hits.most_common(5))
        if expected is not None:
            numbers[expected] = None
        near = [(number, likeness(self._texts[number], page)) for number in numbers]
        same = (pair for pair in near if pair[1].is_same)
        yield from sorted(same, key=lambda pair: -pair[1].share - (TIE if pair[0] == expected else 0.0))
