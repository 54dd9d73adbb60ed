"""The Wayback Machine's index (CDX server), through waybackpy's class and our session.

waybackpy 3.0.6 has no timeout, takes a 429 for "no record" and pages on for ever; its query building, validation
and records are used, its sending is not.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from waybackpy import WaybackMachineCDXServerAPI
from waybackpy.cdx_utils import full_url

from linkarchive.urls import same_page
from linkarchive.wayback.archives import Archive, stamp, time_of
from linkarchive.wayback.replay import Span
from linkarchive.wayback.session import ArchiveSession, Service
from linkarchive.wayback.transport import text_of
from linkarchive.web.exchange import Exchange

# urlkey timestamp original mimetype statuscode digest length
_ROW = re.compile(r"\S+ ([0-9]{14}) (\S+) \S+ (?:[0-9]{3}|-) (?:[A-Z2-7]{32}|-) (?:[0-9]+|-)", re.ASCII)
_OLDEST = datetime(1994, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One capture in the index."""

    time: datetime
    original: str
    mime: str
    status: int | None
    """None for a revisit that the index did not resolve."""
    digest: str
    """`sha1:` and base32, over the payload as it was stored: comparable with our own captures'."""


@dataclass(frozen=True, slots=True)
class IndexAnswer:
    """What the index knows; empty and none malformed: it knows of nothing."""

    rows: tuple[IndexRow, ...]
    """Of the wanted page only (the index folds scheme, `www.`, case and port), nearest first."""
    malformed: int
    """Rows that could not be read."""
    more: bool
    """The answer was cut at `limit`."""


class _CdxQuery(WaybackMachineCDXServerAPI):
    """One page of the index, with rows that its own parser would stumble over left out."""

    def __init__(self, session: ArchiveSession, archive: Archive, url: str, **options: Any) -> None:
        # gzip: anything but None, or `gzip=false` is sent.
        super().__init__(url, user_agent=session.network.user_agent, gzip="on", **options)
        self.endpoint = archive.cdx
        self.malformed = 0
        self.lines = 0
        self._session = session
        self._archive = archive

    def add_payload(self, payload: dict[str, str]) -> None:
        super().add_payload(payload)
        payload["resolveRevisits"] = "true"
        payload["limit"] = str(self.limit)

    def cdx_api_manager(self, payload: dict[str, str], headers: dict[str, str]) -> Generator[str, None, None]:
        address = full_url(self.endpoint, params=payload)
        exchange = self._session.ask(self._archive, Service.INDEX, address, malformed=_not_an_index)
        text = text_of(exchange)
        exchange.body.close()
        lines = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
        self.lines = len(lines)
        good = [line for line in lines if _is_row(line)]
        self.malformed = len(lines) - len(good)
        yield "\n".join(good)


def captures(
    session: ArchiveSession,
    archive: Archive,
    url: str,
    near: datetime,
    span: Span,
    *,
    status: str = "200",
    limit: int = 120,
) -> IndexAnswer:
    """The captures of a page nearest to a time, with one request; `status` is a regular expression.

    What shows the page (200) is picked here: an unchanged capture is a revisit without a status in the index, which
    a filter there would leave out.
    Raises ArchiveTroubleError when there was no answer: an answer without rows means that there are none.
    """
    query = _CdxQuery(
        session,
        archive,
        url,
        filters=[] if status == "200" else [f"statuscode:{status}"],
        start_timestamp=stamp(max(span.start, _OLDEST)),
        end_timestamp=stamp(span.end),
        sort="closest",
        closest=stamp(near),
        limit=str(limit),
    )
    rows = [row for snapshot in query.snapshots() if (row := _row(snapshot)) is not None]
    page_rows = [
        row
        for row in rows
        if same_page(url, row.original) and span.holds(row.time) and (status != "200" or row.status in (200, None))
    ]
    return IndexAnswer(tuple(nearest_first(page_rows, near)), query.malformed, query.lines >= limit)


def nearest_first(rows: Sequence[IndexRow], near: datetime) -> list[IndexRow]:
    """Nearer beats farther, in days; before beats after at equal distance."""

    def distance(row: IndexRow) -> tuple[int, bool, timedelta]:
        return abs((row.time.date() - near.date()).days), row.time.date() > near.date(), abs(row.time - near)

    return sorted(rows, key=distance)


def _row(snapshot: Any) -> IndexRow | None:
    time = time_of(snapshot.timestamp)
    if time is None:
        return None
    status = int(snapshot.statuscode) if snapshot.statuscode.isdigit() else None
    return IndexRow(time, snapshot.original, snapshot.mimetype, status, f"sha1:{snapshot.digest}")


def _is_row(line: str) -> bool:
    match = _ROW.fullmatch(line)
    return match is not None and time_of(match[1]) is not None


def _not_an_index(exchange: Exchange) -> str | None:
    if exchange.status != 200:
        return f"HTTP {exchange.status} instead of an index"
    if exchange.truncated:
        return "the index is too long"
    text = text_of(exchange).strip()
    # An answer without a single readable row is no index, whatever its Content-Type says: a page, an error in words.
    return None if not text or any(_is_row(line.strip()) for line in text.splitlines()) else "it is no index"
