"""The records of one exchange, and their line in the index, into a WARC file."""

from __future__ import annotations

from collections.abc import Iterable

from linkarchive.model import Location
from linkarchive.snapshot import cdxj, record_writer
from linkarchive.snapshot.record_writer import Original
from linkarchive.snapshot.request_body import RequestBody, request_body
from linkarchive.snapshot.warcfile import WarcFile
from linkarchive.web.exchange import Exchange


def record_fields(date: str, uri: str) -> list[tuple[str, str]]:
    """What every record has that is of a page: an id of its own, the address, the time."""
    return [("WARC-Record-ID", record_writer.new_id()), ("WARC-Target-URI", uri), ("WARC-Date", date)]


def write_exchange(
    file: WarcFile, exchange: Exchange, digest: str, date: str, original: Original | None, *, asked: bool = True
) -> tuple[str, Location]:
    """Write the response (or revisit) of an exchange whose body has this digest and, with `asked`, its request. Returns
    the id and the place of the response."""
    uri = record_writer.uri(exchange.url)
    fields = record_fields(date, uri)
    if exchange.ip:
        fields.append(("WARC-IP-Address", exchange.ip))
    response_id = fields[0][1]
    if original is None:
        response = record_writer.response(exchange, digest, fields)
    else:
        response = record_writer.revisit(exchange, fields, original)
    location = file.append(response)
    if cdxj.is_for_replay("response" if original is None else "revisit", exchange.status):
        mime = cdxj.REVISIT_MIME if original else content_type(exchange.headers)
        body = request_body(exchange.method, content_type(exchange.request_headers), exchange.payload)
        index(file, uri, date, mime, exchange.status, original.digest if original else digest, location, body)
    if asked:
        concurrent = [*record_fields(date, uri), ("WARC-Concurrent-To", response_id)]
        file.append(record_writer.request(exchange, concurrent))
    return response_id, location


def index(
    file: WarcFile,
    uri: str,
    date: str,
    mime: str,
    status: int,
    digest: str,
    place: Location,
    body: RequestBody | None = None,
) -> None:
    """A line in the index of the file, for a record that was appended."""
    line = cdxj.line(
        url=uri,
        date=date,
        mime=mime,
        status=status,
        digest=digest,
        offset=place.offset,
        length=place.length,
        filename=file.path.name,
        body=body,
    )
    file.index(line)


def content_type(fields: Iterable[tuple[str, str]]) -> str:
    """The first Content-Type field; "" when absent."""
    return next((value for name, value in fields if name.lower() == "content-type"), "")
