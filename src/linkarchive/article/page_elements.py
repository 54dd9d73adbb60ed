"""The elements of a page: what they are called, where they stand, and how much text they hold."""

from __future__ import annotations

import re
from typing import NamedTuple

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def attribute(tag: Tag, name: str) -> str:
    """The value of an attribute, the parts of one with several joined; "" where there is none."""
    value = tag.get(name)
    if value is None:
        return ""
    return value if isinstance(value, str) else " ".join(value)


def names(tag: Tag) -> str:
    """Its classes and its id as written, with blanks between them; blank where there are none."""
    return f"{attribute(tag, 'class')} {attribute(tag, 'id')}"


def words(name: str) -> set[str]:
    """The words of a class or id in lower case: it is split at capitals, digits and all but ASCII letters."""
    return {word.lower() for word in _WORD.findall(name)}


class Span(NamedTuple):
    """Where an element stands, and how much text it has.

    `start` and `end` (which is not in it) count the elements of the page in document order; `text_start` and
    `text_end` the characters of text before its start and its end, of scripts and styles none.
    """

    tag: Tag
    start: int
    end: int
    text_start: int
    text_end: int
    linked: int
    """Characters of its text within links."""
    has_prose: bool
    """A `p`, `article` or `main` stands in it."""


def measure(soup: BeautifulSoup) -> dict[int, Span]:
    """The spans of all elements by `id(tag)`, in document order, that of the page itself first."""
    spans: dict[int, Span] = {}
    count = text = linked = prose = 0
    link_depth = 0
    stack: list[tuple[Tag, int, int]] = []

    def enter(tag: Tag) -> None:
        nonlocal link_depth
        link_depth += tag.name == "a"
        spans[id(tag)] = Span(tag, count, -1, text, -1, 0, False)
        stack.append((tag, linked, prose))

    def leave() -> None:
        nonlocal link_depth, prose
        tag, linked_before, prose_before = stack.pop()
        link_depth -= tag.name == "a"
        spans[id(tag)] = spans[id(tag)]._replace(
            end=count + 1, text_end=text, linked=linked - linked_before, has_prose=prose > prose_before
        )
        prose += tag.name in ("p", "article", "main")

    enter(soup)
    for node in soup.descendants:
        while node.parent is not stack[-1][0]:
            leave()
        if isinstance(node, Tag):
            count += 1
            enter(node)
        elif type(node) is NavigableString:
            length = len(node.strip())
            text += length
            linked += length if link_depth else 0
    while stack:
        leave()
    return spans
