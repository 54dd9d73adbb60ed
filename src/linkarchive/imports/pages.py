"""What the records of an import show: a page as the judge reads it, and the capture that is kept of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from linkarchive.imports.record import Block, ForeignRecord, RecordType
from linkarchive.imports.selection import SelectedCapture
from linkarchive.model import Capture, Hop, Location, Origin, Page
from linkarchive.snapshot.cdxj import media_type
from linkarchive.snapshot.imported import ImportedRecord
from linkarchive.snapshot.reader import decoded_payload

_NOWHERE = Location("", 0, 0)


@dataclass(frozen=True, slots=True)
class LoadedRecord:
    """A record that was read whole."""

    foreign: ForeignRecord
    block: Block

    def as_kept(self, url: str, original: int | None = None) -> ImportedRecord:
        """The record as it is written here, under that address; `original` is the place, among the records of its
        capture, of the one that it repeats."""
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

    redirects: Sequence[LoadedRecord]
    last: LoadedRecord
    original: LoadedRecord | None
    """Where the last is a revisit: what it repeats."""
    url: str
    """Where the page was."""

    @classmethod
    def of(cls, selected: SelectedCapture, loaded: Mapping[int, LoadedRecord]) -> LoadedCapture | None:
        """The capture of records that were loaded, by number; None where one of them could not be."""
        if not all(number in loaded for number in selected.numbers):
            return None
        *redirects, last = (loaded[number] for number in selected.records)
        return cls(redirects, last, None if selected.original is None else loaded[selected.original], selected.url)

    @property
    def stored(self) -> LoadedRecord:
        """The record with the payload."""
        return self.original or self.last

    def records(self) -> list[ImportedRecord]:
        """The records as they are written: what a revisit repeats, the redirects, the page."""
        before = [*([] if self.original is None else [self.original]), *self.redirects]
        written = [item.as_kept(item.foreign.urls[0]) for item in before]
        return [*written, self.last.as_kept(self.url, None if self.original is None else 0)]

    def page(self, limit: int) -> Page:
        """The page that the records show, its body cut after `limit` bytes."""
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
        """The capture of the source with that URL, which shows this page; the writer puts in where its records are."""
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
