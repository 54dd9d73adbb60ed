"""Memento (RFC 7089): link-format, and the TimeMap of a URL at any archive."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from linkarchive.mail_date import mail_date
from linkarchive.urls import resolve
from linkarchive.wayback.archives import Archive
from linkarchive.wayback.session import ArchiveSession, Service
from linkarchive.wayback.transport import text_of
from linkarchive.web.exchange import Exchange

# A recipient skips empty elements of a list (RFC 9110 §5.6.1), and a semicolon behind which nothing comes.
_LINK = re.compile(r"[\s,;]*<([^>]*)>")
# RFC 8288 §3: name, then "=" and a token or a quoted string.
_PARAMETER = re.compile(r'\s*;\s*([\w!#$&+\-.^`|~*]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?')
_MOST_PAGES = 3


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    rels: frozenset[str]
    time: datetime | None
    """Of a memento; None for other links, and for a time that is malformed."""


@dataclass(frozen=True, slots=True)
class TimeMap:
    mementos: tuple[tuple[datetime, str], ...]
    """Time and the memento's URL."""
    malformed: int
    """Mementos without a time that can be read, and parts that could not be followed."""


def parse_links(text: str) -> Iterator[Link]:
    """The links of a `Link` field or a link-format document; ends where the text is no link any more."""
    position = 0
    while (match := _LINK.match(text, position)) is not None:
        position = match.end()
        parameters: dict[str, str] = {}
        while (parameter := _PARAMETER.match(text, position)) is not None:
            position = parameter.end()
            value = re.sub(r"\\(.)", r"\1", parameter[2]) if parameter[2] is not None else parameter[3] or ""
            parameters.setdefault(parameter[1].lower(), value)
        rels = frozenset(parameters.get("rel", "").lower().split())
        yield Link(match[1].strip(), rels, http_time(parameters.get("datetime", "")))


def timemap(session: ArchiveSession, archive: Archive, url: str) -> TimeMap:
    """Every memento of a URL that an archive lists, in its order; a 404 is an empty list. A TimeMap of several pages is
    read up to the third. Raises ArchiveTroubleError."""
    mementos: list[tuple[datetime, str]] = []
    malformed = 0
    waiting, seen = [archive.timemap + url], set[str]()
    while waiting and len(seen) < _MOST_PAGES:
        address = waiting.pop(0)
        seen.add(address)
        exchange = session.ask(archive, Service.INDEX, address, malformed=_not_a_timemap)
        text = "" if exchange.status == 404 else text_of(exchange)
        exchange.body.close()
        for link in parse_links(text):
            target = resolve(address, link.url) or ""
            if "memento" in link.rels and target:
                if link.time is None:
                    malformed += 1
                else:
                    mementos.append((link.time, target))
            elif "timemap" in link.rels and target not in seen and target.startswith(archive.timemap):
                waiting.append(target)
    return TimeMap(tuple(dict.fromkeys(mementos)), malformed + sum(page not in seen for page in waiting))


def _not_a_timemap(exchange: Exchange) -> str | None:
    if exchange.status == 404:
        return None
    if exchange.status != 200:
        return f"HTTP {exchange.status} instead of a TimeMap"
    if exchange.truncated:
        return "the TimeMap is too long"
    # Every TimeMap names its original (RFC 7089 §5); the tags of an HTML page look like links, but name nothing.
    links = parse_links(text_of(exchange))
    return None if any("original" in link.rels for link in links) else "it is no TimeMap"


def http_time(text: str) -> datetime | None:
    """The moment, in UTC, that a date of HTTP names; None for anything else."""
    time = mail_date(text)
    return None if time is None else time.astimezone(UTC)
