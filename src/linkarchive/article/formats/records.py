"""One record of a list of sources (a row of a table, an object of a data file) as a passage."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from linkarchive.article import dates
from linkarchive.article.bare_urls import bare_urls
from linkarchive.article.passage import Passage, PassageBuilder

_TITLES = ("title", "name", "headline", "label", "caption", "heading", "linktext", "anchor", "text", "what", "source",
           "titel", "titre", "titulo", "titolo", "bezeichnung", "nom", "nombre")  # fmt: skip
_ACCESSED = frozenset(
    {"accessed", "accessdate", "accessedon", "dateaccessed", "lastaccessed", "retrieved", "retrievedon", "urldate",
     "lastvisited", "visited", "abgerufen", "abgerufenam", "consulted", "consulte", "zugriff"}
)  # fmt: skip
_SNAPSHOTS = frozenset({"archiveurl", "archivedurl", "archived", "archive", "snapshot", "memento", "waybackurl"})
_WHOLE = re.compile(r"(?:https?|ftp)://[^\s<>\"]+\Z", re.IGNORECASE)
_LONGEST_TITLE = 300


class Member(NamedTuple):
    name: str
    """Of the column or key; "" for none."""
    value: str


def is_url(text: str) -> bool:
    """The text is one URL and nothing else."""
    return _WHOLE.match(text.strip()) is not None


def record_passage(members: Sequence[Member], line: int, line_of: Callable[[str, str], int]) -> Passage:
    """The record's texts in order, its URLs as links. What is called title, name and the like is the anchor of the
    first member that is a URL as a whole; other URLs stand bare. `line_of` gives the line of a URL in a value."""
    title = _title(members)
    accessed = next(
        (day for name, value in members if _key(name) in _ACCESSED and (day := dates.parse_date(value))), None
    )
    copies = [member for member in members if _key(member.name) in _SNAPSHOTS and is_url(member.value)]
    has_others = any(is_url(member.value) and member not in copies for member in members)
    builder = PassageBuilder(line)
    anchored = False
    for member in members:
        value = member.value.strip()
        if not value or (has_others and member in copies):
            continue
        if member is title and any(is_url(other.value) for other in members):
            continue  # it comes with the URL
        if not builder.is_empty:
            builder.text(" · ")
        if not is_url(value):
            _write(builder, member.value, line_of)
        elif title is not None and not anchored:
            builder.link(value, title.value, line_of(member.value, value))
            anchored = True
        else:
            builder.bare(value, value, line_of(member.value, value))
    passage = builder.build()
    snapshot = copies[0].value.strip() if copies and has_others else None
    return replace(passage, links=tuple(replace(link, accessed=accessed, snapshot=snapshot) for link in passage.links))


def _title(members: Sequence[Member]) -> Member | None:
    by_name = {_key(member.name): member for member in reversed(members)}
    for name in _TITLES:
        member = by_name.get(name)
        if member is not None and 0 < len(member.value.strip()) <= _LONGEST_TITLE and not any(bare_urls(member.value)):
            return member
    return None


def _key(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _write(builder: PassageBuilder, value: str, line_of: Callable[[str, str], int]) -> None:
    done = 0
    for start, end, url in bare_urls(value):
        builder.text(re.sub(r"\s+", " ", value[done:start]))
        builder.bare(url, value[start:end], line_of(value, value[start:end]))
        done = end
    builder.text(re.sub(r"\s+", " ", value[done:]))
