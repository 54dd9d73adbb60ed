"""What a captured page needs to be shown, and how it looked: records that are stored with the capture."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from linkarchive.model import Capture, CaptureScope, PartRecord
from linkarchive.snapshot import capture_metadata, record_writer
from linkarchive.snapshot.capture_metadata import LeftOut, PartsFacts
from linkarchive.snapshot.exchange_records import index, record_fields, write_exchange
from linkarchive.snapshot.record_writer import Original
from linkarchive.snapshot.warcfile import WarcFile
from linkarchive.web.exchange import Body, Exchange, Visit

DOM = "urn:dom:"
PICTURE = "urn:fullPage:"
THUMBNAIL = "urn:thumbnail:"
"""Before the page's address: the names of Browsertrix Crawler, and one like them for the DOM."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What was made of a page here: a picture of it, or its DOM."""

    uri: str
    """Such as `urn:fullPage:URL`."""
    mime: str
    body: Body
    time: datetime


@dataclass(frozen=True, slots=True)
class NewParts:
    """What is to be stored with a capture. Whoever made it closes the bodies."""

    scope: CaptureScope
    """What the capture holds with them."""
    visits: Sequence[Visit] = ()
    """Each exchange becomes a record under its own URL."""
    resources: Sequence[Resource] = ()
    shared: Sequence[PartRecord] = ()
    """Records that are in the archive, and that the page uses as they are."""
    repeats: Mapping[str, PartRecord] = field(default_factory=dict)
    """By payload digest: responses that are in the archive, whose payload need not be stored again."""
    left_out: int = 0
    """What the limits of a capture left out."""
    missing: Sequence[LeftOut] = ()
    """All that is not there, as far as it is told by name."""

    @property
    def exchanges(self) -> Iterator[Exchange]:
        return (exchange for visit in self.visits for exchange in visit.exchanges)


def with_known(new: NewParts, known: Mapping[str, PartRecord]) -> NewParts:
    """New parts, with what the archive has of them, by payload digest: the same of the same address, and payloads."""
    shared = {
        exchange.url: part
        for exchange in new.exchanges
        if (part := known.get(exchange.body.digest)) is not None and part.url == record_writer.uri(exchange.url)
    }
    visits = [visit for visit in new.visits if visit.exchanges[0].url not in shared]
    return dataclasses.replace(new, visits=visits, shared=[*new.shared, *shared.values()], repeats=known)


def write_parts(
    file: WarcFile, capture: Capture, page: str, new: NewParts, date: str
) -> tuple[Capture, list[PartRecord]]:
    """Write the records, and last the metadata record that says whose they are. Returns the capture with what it holds
    now, and the records of all that it uses.

    `page` is the id of the capture's record, `date` the WARC-Date of now. A payload that is in the archive, or comes
    twice, is stored once: the others are revisits of the response that has it.
    """
    written: list[PartRecord] = []
    repeats = dict(new.repeats)
    for visit in new.visits:
        for exchange in visit.exchanges:
            part = _write_part(file, exchange, record_writer.warc_date(visit.time), repeats)
            if part.original is None and exchange.body.length and not exchange.truncated:
                repeats.setdefault(part.digest, part)
            written.append(part)
    written += [_write_resource(file, resource, page) for resource in new.resources]
    used = list(dict.fromkeys((*new.shared, *written)))
    facts = PartsFacts(new.scope, tuple(part.id for part in used), new.left_out, tuple(new.missing))
    fields = [*record_fields(date, record_writer.uri(capture.url)), ("WARC-Refers-To", page)]
    block = capture_metadata.encode_parts(facts)
    file.append(record_writer.record("metadata", fields, capture_metadata.FIELDS_TYPE, block))
    return with_parts(capture, facts, used), used


def with_parts(capture: Capture, facts: PartsFacts, used: Iterable[PartRecord]) -> Capture:
    """The capture with what it holds beside the page's own records."""
    dom = next((part.record for part in used if part.url.startswith(DOM)), None)
    return replace(capture, scope=facts.scope, parts=len(facts.uses), left_out=facts.left_out, dom=dom or capture.dom)


def _write_part(file: WarcFile, exchange: Exchange, date: str, repeats: Mapping[str, PartRecord]) -> PartRecord:
    digest = exchange.body.digest
    known = None if exchange.truncated else repeats.get(digest)
    original = None if known is None else Original(known.id, known.url, known.date, digest)
    # The request for what is there already tells nothing new.
    record_id, place = write_exchange(file, exchange, digest, date, original, asked=original is None)
    url = record_writer.uri(exchange.url)
    return PartRecord(record_id, url, date, digest, place, None if known is None else known.id)


def _write_resource(file: WarcFile, resource: Resource, page: str) -> PartRecord:
    date, uri, digest = record_writer.warc_date(resource.time), record_writer.uri(resource.uri), resource.body.digest
    fields = record_fields(date, uri)
    own = [*fields, ("WARC-Refers-To", page), ("WARC-Payload-Digest", digest)]
    place = file.append(record_writer.record("resource", own, resource.mime, payload=resource.body))
    index(file, uri, date, resource.mime, 200, digest, place)
    return PartRecord(fields[0][1], uri, date, digest, place)
