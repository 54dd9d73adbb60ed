"""JSON, YAML and TOML as what their libraries read, each text with its place in the file."""

from __future__ import annotations

import json
import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from linkarchive.errors import ArticleError

_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_MAX_DEPTH = 150


class Located(str):
    """A text that knows its place in the file."""

    __slots__ = ("line", "start")
    line: int
    """1-based line on which it begins."""
    start: int
    """Offset in the file at which it begins, its quotation mark included."""


class Pairs(list[tuple[Any, Any]]):
    """An object: its members in order, repeated names and all."""

    def get(self, *names: str) -> Any:
        """The value of the first of these names that the object has; None when it has none of them."""
        for name in names:
            for key, value in self:
                if key == name:
                    return value
        return None


class Lines:
    """The lines of a text by offset."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._newlines = [match.start() for match in re.finditer("\n", text)]

    def at(self, offset: int) -> int:
        """The 1-based line of that offset."""
        return bisect_right(self._newlines, offset - 1) + 1 if offset > 0 else 1

    def of(self, value: str, part: str) -> int:
        """The line of a part of a located text: where it stands as written, else where the text begins."""
        if not isinstance(value, Located):
            return 1
        position = self._text.find(part, value.start, value.start + 6 * len(value) + 1000)
        return self.at(position) if position >= 0 else value.line


def located(text: str, line: int, start: int) -> Located:
    place = Located(text)
    place.line, place.start = line, start
    return place


def parse_json(text: str) -> Any:
    """Objects as Pairs, arrays as lists, texts as Located. Raises ArticleError when it is no JSON.

    The texts of a document stand in its file in the order in which a walk over it meets
    them: their places are found beside the library, which tells none.
    """
    try:
        document = json.loads(text, object_pairs_hook=Pairs)
    except (ValueError, RecursionError) as error:
        raise ArticleError(f"it is not JSON: {error}") from error
    lines = Lines(text)
    return _located(document, ((match.start(), lines.at(match.start())) for match in _STRING.finditer(text)), 0)


def _located(value: Any, places: Iterator[tuple[int, int]], depth: int) -> Any:
    if depth > _MAX_DEPTH:
        raise ArticleError("it nests deeper than a document may")
    if isinstance(value, str):
        start, line = next(places, (0, 1))
        return located(value, line, start)
    if isinstance(value, Pairs):
        return Pairs((_located(name, places, depth + 1), _located(member, places, depth + 1)) for name, member in value)
    if isinstance(value, list):
        return [_located(member, places, depth + 1) for member in value]
    return value


def parse_yaml(text: str) -> Any:
    """As parse_json, every scalar a text; several documents are a list. Raises ArticleError when it is no YAML.

    Built from the parser's events: nothing is constructed, an alias is nothing (what it
    names has been read), and what nests too deep is refused.
    """
    import yaml

    documents: list[Any] = []
    stack: list[tuple[Any, list[Any]]] = [(None, documents)]
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.ScalarEvent):
                mark: Any = event.start_mark
                stack[-1][1].append(located(event.value, mark.line + 1, mark.index))
            elif isinstance(event, yaml.AliasEvent):
                stack[-1][1].append(None)
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                if len(stack) > _MAX_DEPTH:
                    raise ArticleError("it nests deeper than a document may")
                stack.append((event, []))
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                opened, members = stack.pop()
                is_mapping = isinstance(opened, yaml.MappingStartEvent)
                pairs = Pairs(zip(members[::2], members[1::2], strict=False)) if is_mapping else members
                stack[-1][1].append(pairs)
    except (yaml.YAMLError, ValueError, UnicodeError) as error:
        raise ArticleError(f"it is not YAML: {' '.join(str(error).split())}") from error
    return documents[0] if len(documents) == 1 else documents


def parse_toml(text: str) -> Any:
    """As parse_json; a text is placed where it is next found as written. Raises ArticleError when it is no TOML."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also of an integer of thousands of digits
        raise ArticleError(f"it is not TOML: {error}") from error
    return _searched(document, text, Lines(text), [0], 0)


def _searched(value: Any, text: str, lines: Lines, cursor: list[int], depth: int) -> Any:
    if depth > _MAX_DEPTH:
        raise ArticleError("it nests deeper than a document may")
    if isinstance(value, str):
        position = text.find(value.split("\n", 1)[0], cursor[0])
        cursor[0] = position if position >= 0 else cursor[0]
        return located(value, lines.at(cursor[0]), cursor[0])
    if isinstance(value, dict):
        return Pairs((key, _searched(member, text, lines, cursor, depth + 1)) for key, member in value.items())
    if isinstance(value, list):
        return [_searched(member, text, lines, cursor, depth + 1) for member in value]
    return str(value) if hasattr(value, "isoformat") else value
