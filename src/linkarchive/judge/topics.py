"""What lines of a page speak of: the stems of signs.toml, looked for in any language."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources

from linkarchive.judge import words
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.judge.rules import normal

_STEMS: Mapping[str, list[str]] = tomllib.loads(
    resources.files("linkarchive.judge").joinpath("signs.toml").read_text(encoding="utf-8")
)["stems"]
_UNSPACED_STEM = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_MAX_TEXT = 6_000
"""Characters of a text in which stems are looked for."""
_MOST_LINES = 40
_PUNCTUATION = re.compile("[^\\w\u0300-\u036f\u0900-\u0dff\u0e00-\u0eff.:/'-]+")
_SENTENCE = 7
"""Words of a line that says something."""
_OF_TROUBLE = (
    "missing", "error", "crash", "refused", "machine", "browser", "login", "suspended", "construction", "held",
)  # fmt: skip


@functools.cache
def stems() -> dict[str, tuple[str, ...]]:
    """The stems of each topic as they are looked for: behind a space, unless their script has none."""
    return {
        name: tuple(stem if _UNSPACED_STEM.search(stem) else f" {stem}" for stem in map(normal, found))
        for name, found in _STEMS.items()
    }


def searchable(text: str) -> str:
    """A text as stems are looked for in it."""
    return f" {_PUNCTUATION.sub(' ', normal(text[:_MAX_TEXT]))} "


def speaks_of(topic: str, text: str) -> str | None:
    """The first stem of a topic in a text."""
    prepared = searchable(text)
    return next((stem.strip() for stem in stems()[topic] if stem in prepared), None)


def of_lines(lines: Iterable[str]) -> list[frozenset[str]]:
    """The topics that each line speaks of."""
    texts = [searchable(line) for line in lines]
    everything = "".join(texts)
    present = {name: [stem for stem in known if stem in everything] for name, known in stems().items()}
    return [frozenset(name for name, known in present.items() if any(stem in text for stem in known)) for text in texts]


def unconcerned(page: ParsedPage) -> int:
    """Words of the main text's sentences that speak neither of errors nor of access: what else the page says."""
    sizes = ((line, words.size(words.tokens(line))) for line in page.main[:_MOST_LINES])
    sentences = {line: size for line, size in sizes if size >= _SENTENCE}
    spoken = of_lines(sentences)
    return sum(size for size, topics in zip(sentences.values(), spoken, strict=True) if topics.isdisjoint(_OF_TROUBLE))
