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

_DATA: Mapping[str, Mapping[str, list[str]]] = tomllib.loads(
    resources.files("linkarchive.judge").joinpath("signs.toml").read_text(encoding="utf-8")
)
_UNSPACED_STEM = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_MAX_TEXT = 6_000
"""Characters of a text in which stems are looked for."""
_MOST_LINES = 40
_PUNCTUATION = re.compile("[^\\w\u0300-\u036f\u0900-\u0dff\u0e00-\u0eff.:/'-]+")
_SENTENCE = 7
"""Words of a line that says something."""
_NEAR = 5
"""Words within which a denying word stands before or after what it denies."""
_OF_TROUBLE = (
    "missing", "error", "crash", "refused", "machine", "browser", "login", "suspended", "construction", "held",
)  # fmt: skip


@functools.cache
def stems() -> dict[str, tuple[str, ...]]:
    """The stems of each topic as they are looked for: behind a space, unless their script has none."""
    return {
        name: tuple(stem if _UNSPACED_STEM.search(stem) else f" {stem}" for stem in map(normal, beginnings))
        for name, beginnings in _DATA["stems"].items()
    }


@functools.cache
def _denying() -> frozenset[str]:
    return frozenset(map(normal, _DATA["denying"]["words"]))


@functools.cache
def _denied() -> dict[str, tuple[str, ...]]:
    return {topic: tuple(map(normal, beginnings)) for topic, beginnings in _DATA["denied"].items()}


@functools.cache
def _unspaced() -> dict[str, re.Pattern[str]]:
    return {topic: re.compile("|".join(patterns)) for topic, patterns in _DATA["unspaced"].items()}


def denied_in(prepared: str) -> frozenset[str]:
    """The topics (missing, refused) that a searchable text denies: “could not be found”, “kein Recht”."""
    denied: set[str] = set()
    if _UNSPACED_STEM.search(prepared):
        denied.update(topic for topic, pattern in _unspaced().items() if pattern.search(prepared))
    tokens = [token.strip(".:'/-") for token in prepared.split()]
    for at, token in enumerate(tokens):
        if token in _denying():
            near = tokens[max(0, at - _NEAR) : at + _NEAR + 1]
            denied.update(topic for topic, begin in _denied().items() if any(word.startswith(begin) for word in near))
    return frozenset(denied)


def searchable(text: str) -> str:
    """A text as stems are looked for in it."""
    return f" {_PUNCTUATION.sub(' ', normal(text[:_MAX_TEXT]))} "


def speaks_of(topic: str, text: str) -> str | None:
    """The first stem of a topic in a text."""
    prepared = searchable(text)
    stem = next((stem.strip() for stem in stems()[topic] if stem in prepared), None)
    return stem or (topic if topic in denied_in(prepared) else None)


def of_lines(lines: Iterable[str]) -> list[frozenset[str]]:
    """The topics that each line speaks of."""
    texts = [searchable(line) for line in lines]
    everything = "".join(texts)
    present = {name: [stem for stem in known if stem in everything] for name, known in stems().items()}
    return [
        denied_in(text) | {name for name, known in present.items() if any(stem in text for stem in known)}
        for text in texts
    ]


def unconcerned(page: ParsedPage) -> int:
    """Words of the main text's sentences that speak neither of errors nor of access: what else the page says."""
    sizes = ((line, words.size(words.tokens(line))) for line in page.main[:_MOST_LINES])
    sentences = {line: size for line, size in sizes if size >= _SENTENCE}
    spoken = of_lines(sentences)
    return sum(size for size, topics in zip(sentences.values(), spoken, strict=True) if topics.isdisjoint(_OF_TROUBLE))
