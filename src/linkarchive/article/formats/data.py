"""Data files (YAML, TOML, JSON): every object is a record of a list of sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from linkarchive.article import front_matter
from linkarchive.article.formats.located import Lines, Pairs, located, parse_json, parse_toml, parse_yaml
from linkarchive.article.formats.records import Member, is_url, record_passage
from linkarchive.article.passage import ParsedDocument, Passage


def read_yaml(text: str, *, everything: bool = False) -> ParsedDocument:
    return _read(parse_yaml(text), text)


def read_toml(text: str, *, everything: bool = False) -> ParsedDocument:
    return _read(parse_toml(text), text)


def read_json(text: str, *, everything: bool = False) -> ParsedDocument:
    return _read(parse_json(text), text)


def _read(document: Any, text: str) -> ParsedDocument:
    top = {str(key): str(value) for key, value in document if isinstance(value, str)} if _is_list(document) else {}
    return ParsedDocument(
        title=top.get("title") or top.get("name") or "",
        passages=tuple(_passages(document, Lines(text), "")),
        dates=front_matter.dates({key.lower(): (value,) for key, value in top.items()}),
    )


def _is_list(document: Any) -> bool:
    """An object that holds others: what it says by itself is about the whole."""
    return isinstance(document, Pairs) and any(isinstance(value, list) for _, value in document)


def _passages(value: Any, lines: Lines, name: str) -> Iterator[Passage]:
    """The records of a value, in the order of the file."""
    if isinstance(value, Pairs):
        members = list(_members(value))
        if members:
            first = next((member.value for member in members if member.value), "")
            yield record_passage(members, lines.of(first, first[:1]), lines.of)
        for key, member in value:
            if isinstance(member, list):
                yield from _passages(member, lines, str(key))
    elif isinstance(value, list):
        for member in value:
            yield from _passages(member, lines, name)
    elif isinstance(value, str) and value.strip():
        yield record_passage([Member(name, value)], lines.of(value, value[:1]), lines.of)


def _members(pairs: Pairs) -> Iterator[Member]:
    for key, value in pairs:
        if isinstance(key, str) and is_url(key):
            yield Member("url", key)
            yield Member("title" if isinstance(value, str) and not is_url(value) else "", _text(value))
        else:
            yield Member(str(key), _text(value))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, (bool, list)) else located(str(value), 1, 0)
