"""Citations that already point into an archive: the source is the original URL, the cited copy the baseline."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from linkarchive.urls import unwrap
from linkarchive.wayback.archives import DEFAULT, Archive, time_of

# archive.today and its other names (https://archive.today/faq, 2026); perma.cc and archive.today's short addresses
# do not say what they are copies of.
_TODAY = re.compile(r"archive\.(?:today|is|ph|li|md|vn|fo)")
_TODAY_LONG = re.compile(r"/(?:o/\w+|([0-9]{4}[0-9.:-]{0,19}|newest|oldest))/(https?:/.+)", re.S)
_TODAY_SHORT = re.compile(r"/(?:wip/)?[0-9A-Za-z]{5,6}(?:/.*)?")
_PERMA = re.compile(r"/(?:[0-9A-Z]{3,4}-[0-9A-Z]{3,4}|0[0-9A-Za-z]{7,12})(?:/.*)?", re.I)
# The Wayback Machine without a time, with a calendar of all times, or with a page of its own in between.
_UNDATED = re.compile(r"https?://(?:www\.)?web\.archive\.org/(?:web|save)/(?:[0-9]*\*/)?(https?:/.+)", re.I | re.S)
_SCHEME = re.compile(r"(https?):/+", re.I)


@dataclass(frozen=True, slots=True)
class CitedCopy:
    """What a citation that points into an archive cites."""

    archive: str
    """The archive's name, or its host."""
    original: str | None
    """The page that it is a copy of; None where the address does not say."""
    time: datetime | None
    """When the copy was made (to the precision of the address); None where the address does not say."""


def cited_copy(url: str, archives: Sequence[Archive] = DEFAULT) -> CitedCopy | None:
    """What a URL cites that points into an archive; None for any other URL. Nothing is asked."""
    url = url.strip()
    if not _may_be_copy(url.lower(), archives):
        return None
    for archive in archives:
        parsed = archive.parse(url)
        if parsed is not None:
            return CitedCopy(archive.name, parsed[1], parsed[0])
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    if _TODAY.fullmatch(host):
        return _archive_today(url, parts.path)
    if host == "perma.cc":
        return CitedCopy("perma.cc", None, None) if _PERMA.fullmatch(parts.path) else None
    undated = _UNDATED.fullmatch(url)
    if undated is not None:
        return CitedCopy("wayback", _SCHEME.sub(r"\1://", undated[1], count=1), None)
    unwrapped = unwrap(url)
    return None if unwrapped is None else CitedCopy(host, unwrapped[1], time_of(unwrapped[0]))


def _may_be_copy(url: str, archives: Sequence[Archive]) -> bool:
    """False is certain, and quickly told: nearly all URLs name no archive and hold no other URL."""
    if "archive." in url or "perma.cc" in url or "/http" in url:
        return True
    return any(archive.host.lower() in url for archive in archives)


def _archive_today(url: str, path: str) -> CitedCopy | None:
    rest = url[url.index("/", 8) :] if path else ""
    long = _TODAY_LONG.fullmatch(rest)
    if long is not None:
        digits = re.sub(r"[^0-9]", "", long[1] or "")
        return CitedCopy("archive.today", _SCHEME.sub(r"\1://", long[2], count=1), time_of(digits) if digits else None)
    return CitedCopy("archive.today", None, None) if _TODAY_SHORT.fullmatch(path) else None
