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
_CLAUSE = 5
"""Words of a line or sentence that is no label."""
_LONG = 12
"""Words of a sentence that is longer than most of a notice."""
_SHARE = 0.12
"""Share of a notice's words up to which a sentence is none."""
_FIRST_SHARE = 0.2
"""The same for the first one, which may lead over from the heading."""
_TOLD = 25
"""Words in such sentences from which the page tells something."""
_NEAR = 5
"""Words within which a denying word stands before or after what it denies."""
_OF_TROUBLE = (
    "missing", "error", "crash", "refused", "machine", "browser", "login", "suspended", "construction", "held",
    "region",
)  # fmt: skip


_KEY = 2
"""Letters by which stems are looked up; each has that many."""
_STEMS: dict[str, tuple[str, ...]] = {}
_BEGINNINGS: dict[str, list[tuple[str, str]]] = {}
"""(stem, topic) by the first letters of the stem."""
_ANYWHERE: list[tuple[str, str]] = []
"""(stem, topic) of the scripts without spaces."""


def use(stems: Mapping[str, Iterable[str]]) -> None:
    """Look for these stems from now on, by topic; those of signs.toml are in use from the start."""
    for known in (_STEMS, _BEGINNINGS, _ANYWHERE):
        known.clear()
    _of_line.cache_clear()
    for topic, beginnings in stems.items():
        _STEMS[topic] = tuple(dict.fromkeys(map(normal, beginnings)))
        for stem in _STEMS[topic]:
            if _UNSPACED_STEM.search(stem):
                _ANYWHERE.append((stem, topic))
            else:
                _BEGINNINGS.setdefault(stem[:_KEY], []).append((stem, topic))


def stems() -> dict[str, tuple[str, ...]]:
    """The stems of each topic, as `normal` spells them."""
    return dict(_STEMS)


def stems_in(prepared: str) -> dict[str, set[str]]:
    """The stems that begin a word of a searchable text (in scripts without spaces: stand anywhere), by topic."""
    by_topic: dict[str, set[str]] = {}
    at = prepared.find(" ") + 1
    while at:
        for stem, topic in _BEGINNINGS.get(prepared[at : at + _KEY], ()):
            if prepared.startswith(stem, at):
                by_topic.setdefault(topic, set()).add(stem)
        at = prepared.find(" ", at) + 1
    if _UNSPACED_STEM.search(prepared):
        for stem, topic in _ANYWHERE:
            if stem in prepared:
                by_topic.setdefault(topic, set()).add(stem)
    return by_topic


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
    present = stems_in(prepared).get(topic, ())
    stem = next((stem for stem in _STEMS[topic] if stem in present), None)
    return stem or (topic if topic in denied_in(prepared) else None)


def of_lines(lines: Iterable[str]) -> list[frozenset[str]]:
    """The topics that each line speaks of."""
    return list(map(_of_line, lines))


@functools.lru_cache(1_000)
def _of_line(line: str) -> frozenset[str]:
    """Several rules ask for the same lines of a page."""
    text = searchable(line)
    return denied_in(text) | stems_in(text).keys()


def unconcerned(page: ParsedPage, *besides: str) -> int:
    """Words of the page's own sentences that speak neither of errors nor of access, nor of other topics: what else
    the page says."""
    parts = (sentence for line in page.own_lines[:_MOST_LINES] for sentence in words.sentences(line))
    sizes = ((sentence, words.size(words.tokens(sentence))) for sentence in parts)
    sentences = {line: size for line, size in sizes if size >= _SENTENCE}
    spoken = of_lines(sentences)
    return sum(
        size
        for size, topics in zip(sentences.values(), spoken, strict=True)
        if topics.isdisjoint((*_OF_TROUBLE, *besides))
    )


def goes_on(page: ParsedPage) -> bool:
    """What stands below the heading begins with a long sentence and says more in such: they have hardly a word of
    errors, walls and holding pages, of which a notice's own sentences are full. A language of which no stem is known
    tells nothing, nor does a script without spaces, where the words of a sentence cannot be told apart."""
    lines = page.own_lines[:_MOST_LINES]
    if page.first_heading in lines:
        lines = lines[lines.index(page.first_heading) + 1 :]
    elif not page.first_heading and lines[:1] and lines[0] in page.headings:
        lines = lines[1:]
    else:
        return False
    if any(map(_UNSPACED_STEM.search, lines)):
        return False
    counted = [_counted(sentence) for line in lines for sentence in words.sentences(line)]
    said = [(size, known) for size, known in counted if size >= _CLAUSE]
    if (
        not said
        or said[0][0] < _LONG
        or said[0][1] > _FIRST_SHARE * said[0][0]
        or not any(known for _, known in counted)
    ):
        return False
    return sum(size for size, known in said if size >= _LONG and known <= _SHARE * size) >= _TOLD


def _counted(sentence: str) -> tuple[int, int]:
    """(words of a sentence, how many of them are a notice's)."""
    known = (word in _denying() or bool(stems_in(f" {word} ")) for word in searchable(sentence).split())
    return len(words.tokens(sentence)), sum(known)


use(_DATA["stems"])
