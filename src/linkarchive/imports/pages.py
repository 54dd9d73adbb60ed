"""What the records of an import show: a page as the judge reads it, and the capture that is kept of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from linkarchive.imports.record import Block, ForeignRecord, RecordType
from linkarchive.imports.selection import Chosen
from linkarchive.model import Capture, Hop, Location, Origin, Page
from linkarchive.snapshot.cdxj import media_type
from linkarchive.snapshot.imported import ImportedRecord
from linkarchive.snapshot.reader import decoded_payload

_NOWHERE = Location("", 0, 0)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A record that was read whole."""

    foreign: ForeignRecord
    block: Block

    def as_kept(self, url: str, original: int | None = None) -> ImportedRecord:
        foreign = self.foreign
        is_resource = foreign.type is RecordType.RESOURCE
        content_type = foreign.http.get("content-type") if is_resource else "application/http; msgtype=response"
        return ImportedRecord(
            type=foreign.type.value,
            url=url,
            time=foreign.time,
            fields=foreign.fields,
            content_type=content_type or "application/octet-stream",
            head=self.block.head,
            payload=self.block.payload,
            original=original,
        )


@dataclass(frozen=True, slots=True)
class LoadedCapture:
    """All records of a capture."""

    redirects: Sequence[Loaded]
    last: Loaded
    original: Loaded | None
    """Where the last is a revisit: what it repeats."""
    url: str
    """Where the page was."""

    @classmethod
    def of(cls, choice: Chosen, loaded: Mapping[int, Loaded]) -> LoadedCapture | None:
        """None where a record of it could not be read."""
        if not all(number in loaded for number in choice.numbers):
            return None
        *redirects, last = (loaded[number] for number in choice.records)
        return cls(redirects, last, None if choice.original is None else loaded[choice.original], choice.url)

    @property
    def stored(self) -> Loaded:
        """The record with the payload."""
        return self.original or self.last

    def records(self) -> list[ImportedRecord]:
        """As they are kept: what a revisit repeats first, then the redirects, the page last."""
        before = [*([] if self.original is None else [self.original]), *self.redirects]
        kept = [item.as_kept(item.foreign.urls[0]) for item in before]
        return [*kept, self.last.as_kept(self.url, None if self.original is None else 0)]

    def page(self, limit: int) -> Page:
        """What the records show, the body at most `limit` bytes."""
        stored, last = self.stored.foreign, self.last.foreign
        decoded = decoded_payload(self.stored.block.payload, stored.http.header_map, limit)
        repeats = stored is not last and last.http.status in (0, 304)
        return Page(
            final_url=self.url,
            status=stored.http.status if repeats else last.http.status,
            headers=stored.http.header_map | last.http.header_map,
            body=decoded.data,
            hops=tuple(Hop(item.foreign.urls[0], item.foreign.http.status) for item in self.redirects),
            truncated=decoded.truncated or bool(stored.field("WARC-Truncated")),
        )

    def capture(self, source: str, page: Page) -> Capture:
        """The capture of a source, by its URL, that shows this page; its places are for the writer to fill in."""
        from linkarchive.judge.verdict import fingerprint

        return Capture(
            url=source,
            time=self.last.foreign.time,
            origin=Origin.IMPORTED,
            public_url=None,
            status=page.status or 0,
            final_url=page.final_url,
            mime=media_type(page.headers.get("content-type", "")).lower(),
            hops=page.hops,
            digest=self.stored.block.payload.digest,
            sha256=hashlib.sha256(page.body).hexdigest(),
            record=_NOWHERE,
            truncated=page.truncated,
            claimed=self.last.foreign.type is RecordType.RESOURCE,
            fingerprint=fingerprint(page),
        )
