"""Pages saved with SingleFile: one HTML file that says, in a comment behind its first tag, of what and when it is.

The comment (SingleFile 1.0 to 1.22): ` Page saved with SingleFile`, ` url: …`, ` saved date: …`, the
date as JavaScript spells it, in English whatever the browser's language.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from linkarchive.imports.pagefile import page_record
from linkarchive.imports.record import ForeignRecord, web_address
from linkarchive.snapshot.record_reader import Problem

_START = 64 * 1024
"""Bytes in which the comment must be: it stands behind the html tag."""
_COMMENT = re.compile(
    r"<!--(?:(?!-->).){0,200}?SingleFile(?:(?!-->).){0,200}?\s+url:\s*(\S+)((?:(?!-->).){0,2000})-->", re.S
)
_SAVED = re.compile(r"saved date:\s*([^\r\n]{1,120})")
_JAVASCRIPT_DATE = re.compile(
    r"[A-Za-z]{3} ([A-Za-z]{3}) (\d{1,2}) (\d{4}) (\d{2}):(\d{2}):(\d{2})(?: (?:GMT|UTC)(?:([+-])(\d{2}):?(\d{2}))?)?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def is_singlefile(start: bytes) -> bool:
    """The first bytes of a file are those of a page that SingleFile saved."""
    return _COMMENT.search(start[:_START].decode("utf-8", "replace")) is not None


def read_singlefile(path: Path, name: str, now: datetime) -> ForeignRecord | Problem:
    """The page of a file; what is wrong with it, as a Problem. Raises OSError."""
    with path.open("rb") as file:
        start = file.read(_START).decode("utf-8", "replace")
    comment = _COMMENT.search(start)
    if comment is None:
        return Problem(name, None, "it is not a page that SingleFile saved")
    url = web_address(comment[1])
    if url is None:
        return Problem(name, None, f"it is of no web address: {comment[1][:200]!r}")
    saved = _SAVED.search(comment[2])
    time = javascript_date(saved[1]) if saved is not None else None
    if time is None:
        return Problem(name, None, "it does not say when it was saved")
    return page_record(path, (url,), time, name, now)


def javascript_date(text: str) -> datetime | None:
    """The moment, in UTC, of a date as JavaScript's `Date` prints it; None where it cannot be read."""
    match = _JAVASCRIPT_DATE.match(text.strip())
    if match is None or match[1].lower() not in _MONTHS:
        return None
    month, (day, year, hour, minute, second) = _MONTHS.index(match[1].lower()) + 1, map(int, match.groups()[1:6])
    try:
        offset = timedelta(hours=int(match[8] or 0), minutes=int(match[9] or 0))
        zone = timezone(-offset if match[7] == "-" else offset)
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
