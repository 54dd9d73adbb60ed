"""The archived copies that an article gives beside its links: “(archived)”."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from linkarchive.article.passage import Link, Passage
from linkarchive.model import LinkKind
from linkarchive.urls import source_key, unwrap


def with_given_copies(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """The passages with `snapshot`, the URL of the copy, of each link whose copy stands in the same passage, or is the
    first link after that passage. The copies stay links of their own.

    A copy is known by its address, which says what it is a copy of (`urls.unwrap`), whatever the words of its link. A
    `snapshot` that is there already stays.
    """
    if not any(_original(link) for passage in passages for link in passage.links):
        return tuple(passages)
    completed: list[Passage] = []
    following: tuple[Link, ...] = ()
    for passage in reversed(passages):
        links = sorted(passage.links, key=lambda link: (link.start, link.line))
        copies: dict[str, list[Link]] = {}
        for link in (*links, *following):
            if original := _original(link):
                copies.setdefault(original, []).append(link)
        if copies and links:
            passage = replace(passage, links=tuple(_with_copy(link, copies) for link in passage.links))
        completed.append(passage)
        following = tuple(links[:1]) or following
    return tuple(reversed(completed))


def _with_copy(link: Link, copies: dict[str, list[Link]]) -> Link:
    """With the first copy behind the link, else the first in front of it."""
    if link.snapshot is not None or link.kind is not LinkKind.LINK or _original(link):
        return link
    given = copies.get(_key(link.target), ())
    behind = (copy for copy in given if (copy.line, copy.start) >= (link.line, link.start))
    copy = next(behind, None) or next(iter(given), None)
    return link if copy is None else replace(link, snapshot=copy.target.strip())


def _original(link: Link) -> str:
    """The key of what the link's target is an archived copy of; "" for any other target."""
    unwrapped = unwrap(link.target) if "/http" in link.target or "archive.org" in link.target else None
    return _key(unwrapped[1]) if unwrapped else ""


def _key(target: str) -> str:
    try:
        return source_key(target.strip())
    except ValueError:
        return target.strip()
