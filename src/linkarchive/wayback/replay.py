"""A copy as it was stored: the capture nearest to a time, raw, its redirects followed within the archive.

The Wayback Machine and pywb answer `{replay}{time stamp}id_/{url}` with a redirect to the nearest capture, and
that with the stored bytes; `Memento-Datetime` is there exactly when the status is the capture's own (facts read
in edgi-govdata-archiving/wayback `_client.py`, which meets the same cases).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Self
from urllib.parse import urldefrag, urljoin, urlsplit

from msgspec.structs import replace

from linkarchive.model import Hop
from linkarchive.snapshot.writer import Memento
from linkarchive.urls import resolve, same_page
from linkarchive.wayback.answers import ArchivedCopy, ArchiveTroubleError, NoCopy, Unknown, Unusable
from linkarchive.wayback.archives import Archive
from linkarchive.wayback.memento import http_time, parse_links
from linkarchive.wayback.session import ArchiveSession, Malformed, Service, is_capture
from linkarchive.wayback.unwrap import ORIGINAL, unwrap_memento
from linkarchive.web.exchange import Exchange, Visit, VisitRequest
from linkarchive.web.page import page_of

_MOST_HOPS = 8
_REDIRECT_WINDOW = timedelta(days=30)
"""A captured redirect counts with the copy of its target only when both were made about the same time: archives
send to the nearest copy that they have, be it months away."""


@dataclass(frozen=True, slots=True)
class Span:
    """The times that a capture may have, both ends included."""

    start: datetime = datetime(1990, 1, 1, tzinfo=UTC)
    end: datetime = datetime(9999, 1, 1, tzinfo=UTC)

    @classmethod
    def around(cls, when: datetime, days: float) -> Self:
        return cls(when - timedelta(days=days), when + timedelta(days=days))

    def holds(self, time: datetime) -> bool:
        return self.start <= time <= self.end


def nearest(
    session: ArchiveSession, archive: Archive, url: str, when: datetime, span: Span
) -> ArchivedCopy | Unusable | NoCopy | Unknown:
    """The copy of a URL nearest to a time: one question, and one more when the archive redirects to it.

    The page of a `ArchivedCopy` may be anything that was captured (a soft 404, say): that is for the caller to judge.
    `Unusable` is a capture outside the span (then its `time` is, too), one of another page whose address only
    looks alike to the archive, or one whose captured redirects lead nowhere. `NoCopy` is a 404 of the archive.
    """
    chase = _RedirectFollower(session, archive, urldefrag(url)[0], when, span)
    answer: ArchivedCopy | Unusable | NoCopy | Unknown
    try:
        answer = chase.run()
    except ArchiveTroubleError as error:
        answer = error.unknown
    if not isinstance(answer, ArchivedCopy):
        chase.close()
    return answer


def redirect_target(session: ArchiveSession, archive: Archive, url: str, when: datetime) -> str | None:
    """Where the capture of exactly this URL and time redirects to; None where it does not. Raises
    ArchiveTroubleError."""
    exchange = session.ask(archive, Service.REPLAY, archive.raw(when, url), malformed=_malformed(archive))
    exchange.body.close()
    return _target(archive, exchange, url) if is_capture(exchange) and 300 <= exchange.status < 400 else None


class _RedirectFollower:
    """From the first question to the copy."""

    def __init__(self, session: ArchiveSession, archive: Archive, url: str, when: datetime, span: Span) -> None:
        self._session = session
        self._archive = archive
        self._url = url
        self._span = span
        self._original = url
        self._address = archive.raw(when, url) if archive.replay else archive.timegate + url
        # Datetime negotiation (RFC 7089 §4) is for archives whose replay addresses are not known.
        self._headers = {} if archive.replay else {"Accept-Datetime": format_datetime(when.astimezone(UTC), True)}
        self._exchanges: list[Exchange] = []
        self._hops: list[Hop] = []
        self._pointed: datetime | None = None
        """The time of the capture that the archive itself says is the nearest."""
        self._first: datetime | None = None
        """The time of the first capture in the chain."""

    def run(self) -> ArchivedCopy | Unusable | NoCopy:
        seen = set()
        for _ in range(_MOST_HOPS):
            if self._address in seen:
                return self._unusable("its captured redirects go round in a circle")
            seen.add(self._address)
            exchange = self._session.ask(
                self._archive, Service.REPLAY, self._address, headers=self._headers, malformed=_malformed(self._archive)
            )
            self._exchanges.append(exchange)
            end = self._capture(exchange) if is_capture(exchange) else self._own_answer(exchange)
            if end is not None:
                return end
        return self._unusable("its captured redirects have no end")

    def close(self) -> None:
        for exchange in self._exchanges:
            exchange.body.close()

    def _own_answer(self, exchange: Exchange) -> Unusable | NoCopy | None:
        """The archive's own word: nothing there, or where the nearest capture is."""
        if exchange.status == 404:
            if self._first is None and self._pointed is not None:
                return Unusable(self._pointed, "the archive points to a copy that it does not have", was_read=False)
            if self._first is None:
                return NoCopy((f"{self._archive.host} {Service.REPLAY}",))
            return self._unusable("it redirects to a page of which the archive has no copy")
        location = urljoin(exchange.url, exchange.header_map["location"])
        parsed = self._archive.parse(location)
        if parsed is None:  # the URI-M of a TimeGate
            self._address = location
            return None
        time, original = parsed
        if time is None:  # `_malformed` has seen to it
            return self._unusable("its time is malformed")
        self._pointed = self._pointed or time
        self._address = self._archive.raw(time, original)
        return self._too_far(time)

    def _capture(self, exchange: Exchange) -> ArchivedCopy | Unusable | None:
        time = http_time(exchange.header_map["memento-datetime"])
        if time is None:  # `_malformed` has seen to it
            return self._unusable("its time is malformed")
        self._original = _original_of(self._archive, exchange, self._original)
        end = self._too_far(time)
        if end is not None:
            return end
        if self._first is None:
            self._first = time
            if not same_page(self._url, self._original):
                return self._unusable(f"it is a copy of another page ({self._original})")
        if 300 <= exchange.status < 400:
            target = _target(self._archive, exchange, self._original)
            if target is None:
                return self._unusable("it redirects to nowhere")
            self._hops.append(Hop(self._original, exchange.status))
            self._original = target
            self._address = self._archive.raw(time, target) if self._archive.replay else self._archive.timegate + target
            return None
        return self._archived_copy(exchange, time)

    def _too_far(self, time: datetime) -> Unusable | None:
        if self._first is None:
            return None if self._span.holds(time) else Unusable(time, f"the nearest copy is of {time:%Y-%m-%d}")
        if abs(time - self._first) > _REDIRECT_WINDOW or not self._span.holds(time):
            return self._unusable(f"it redirects to a page of which the nearest copy is of {time:%Y-%m-%d}")
        return None

    def _unusable(self, detail: str) -> Unusable:
        return Unusable(self._first or datetime.min.replace(tzinfo=UTC), detail)

    def _archived_copy(self, exchange: Exchange, time: datetime) -> ArchivedCopy:
        visit = Visit(VisitRequest(self._exchanges[0].url), self._exchanges[0].started, tuple(self._exchanges))
        limit = self._session.network.max_body
        page = replace(unwrap_memento(page_of(visit, limit), limit), final_url=self._original, hops=tuple(self._hops))
        public = self._archive.view(time, self._original) if self._archive.replay else exchange.url
        moved = None if self._original == self._url else self._original
        return ArchivedCopy(Memento(self._archive.origin, time, public, moved), self._archive.name, visit, page)


def _malformed(archive: Archive) -> Malformed:
    """What is wrong with an answer: neither a capture, nor the way to one, nor a plain "nothing here"."""

    def check(exchange: Exchange) -> str | None:
        if is_capture(exchange):
            return None if http_time(exchange.header_map["memento-datetime"]) else "its Memento-Datetime is malformed"
        headers = exchange.header_map
        if exchange.status == 404:
            # Other errors come as 404, too: a copy that is indexed and cannot be played back just now.
            error = headers.get("x-archive-wayback-runtime-error", "")
            return None if not error or "NotInArchive" in error else f"an error of its own: {error[:80]}"
        if 300 <= exchange.status < 400 and "location" in headers:
            return _wrong_way(archive, exchange.url, headers["location"])
        return f"HTTP {exchange.status}, and no capture"

    return check


def _wrong_way(archive: Archive, address: str, location: str) -> str | None:
    """What is wrong with the archive's own redirect; nothing when it leads to a copy in the archive."""
    try:
        target = urljoin(address, location)
        parsed = archive.parse(target)
        inside = urlsplit(address).netloc == urlsplit(target).netloc
    except ValueError:
        return "it redirects to no address"
    if parsed is not None:
        return None if parsed[0] else "it redirects to a malformed time"
    return None if inside and not archive.replay else "it redirects out of the archive"


def _original_of(archive: Archive, exchange: Exchange, expected: str) -> str:
    """The captured URL: in the `Link` of a memento (RFC 7089 §2.2.2), else as the address says."""
    for link in parse_links(exchange.header_map.get("link", "")):
        if "original" in link.rels:
            return link.url
    parsed = archive.parse(exchange.url)
    return parsed[1] if parsed else expected


def _target(archive: Archive, exchange: Exchange, original: str) -> str | None:
    """Where a captured redirect led, whether the archive rewrote its `Location` or left it as it was."""
    headers = exchange.header_map
    location = headers.get("location") or headers.get(f"{ORIGINAL}location")
    if not location:
        return None
    try:
        parsed = archive.parse(urljoin(exchange.url, location))
        target = parsed[1] if parsed else resolve(original, headers.get(f"{ORIGINAL}location") or location)
        return urldefrag(target)[0] if target and urlsplit(target).scheme in ("http", "https") else None
    except ValueError:
        return None
