"""What every reader of a foreign format yields: records, each with its address and time, and Problems for faults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from linkarchive.snapshot.record_reader import HttpHead, Problem
from linkarchive.urls import is_web
from linkarchive.web.exchange import Body

LARGEST_RECORD = 256 * 1024 * 1024
"""Bytes of a record, unpacked. A longer one is left out and is a Problem."""

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""There were no web pages before."""
_REDUCED = re.compile(r"(\d{4})(?:-(\d{2}))?")
_STAMP = re.compile(r"\d{14}")


class RecordError(Exception):
    """A record cannot be taken; the message says why."""


class RecordType(StrEnum):
    """`response` and `revisit` have an HTTP head; a `resource` is the bytes of a page alone."""

    RESPONSE = "response"
    REVISIT = "revisit"
    RESOURCE = "resource"


@dataclass(frozen=True, slots=True)
class Block:
    """The bytes of a record: the HTTP head with the empty line that ends it, and the payload."""

    head: bytes
    payload: Body


@dataclass(frozen=True, slots=True)
class ForeignRecord:
    """A record as another program kept it."""

    type: RecordType
    urls: tuple[str, ...]
    """Its address; several where a file may have been at any of them, the likeliest first."""
    time: datetime
    fields: tuple[tuple[str, str], ...]
    """Those of its WARC header, in their order; none of a file that is no WARC."""
    http: HttpHead
    """Of a `resource` an answer with status 200 and the type that the file has: what its writer claims."""
    file: str
    """The file that it was read from, as messages name it."""
    offset: int | None
    """Where it starts in the file, in bytes; None in a file that is one record."""
    load: Callable[[], Block]
    """Its bytes, with the digests that the record gives checked; raises RecordError. To be called, if at all,
    before the next record is asked for."""

    def field(self, name: str) -> str:
        """A field of the WARC header; "" when absent."""
        return next((value for key, value in self.fields if key.lower() == name.lower()), "")


Records = Iterator[ForeignRecord | Problem]


def web_address(text: str) -> str | None:
    """The text as an http or https URL, without angle brackets around it; None where it is none."""
    url = text.strip().removeprefix("<").removesuffix(">")
    return url if is_web(url) else None


def read_time(text: str) -> datetime | None:
    """The time, in UTC, that a WARC-Date, an RFC 3339 time or a stamp of 14 digits names; None where it is none of
    these."""
    text = text.strip()
    reduced = _REDUCED.fullmatch(text)
    try:
        if reduced is not None:
            return datetime(int(reduced[1]), int(reduced[2] or 1), 1, tzinfo=UTC)
        if _STAMP.fullmatch(text):
            return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo is not None else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def time_of_unix(seconds: float) -> datetime | None:
    """The time so many seconds after 1970, in UTC; None where it is out of range."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def is_possible(time: datetime, now: datetime) -> bool:
    """Whether a page can have been captured at that time."""
    return _EARLIEST <= time <= now
