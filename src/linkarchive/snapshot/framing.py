"""WARC 1.1 records out of exchanges (ISO 28500:2017; framing by warcio)."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO
from urllib.parse import quote, urlsplit

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders

from linkarchive.web.exchange import Exchange

VERSION = "WARC/1.1"
IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"

REDACTED = "REDACTED"
_SECRET_FIELDS = frozenset({"authorization", "proxy-authorization", "cookie"})
_LINE_ENDS = re.compile(r"[\r\n\0]")
_COOKIE_VALUE = re.compile(r"^([^=;]*)=[^;]*")
_URI_CHARACTERS = "!#$%&'()*+,/:;=?@[]~"

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Original:
    """The response record that a revisit refers to."""

    id: str
    uri: str
    date: str
    digest: str

    def fields(self, profile: str) -> Fields:
        return (
            ("WARC-Profile", profile),
            ("WARC-Refers-To", self.id),
            ("WARC-Refers-To-Target-URI", self.uri),
            ("WARC-Refers-To-Date", self.date),
            ("WARC-Payload-Digest", self.digest),
        )


class _HttpHeaders(StatusAndHeaders):  # type: ignore[misc] # warcio has no types
    """HTTP fields as received: warcio itself would percent-encode every field that is not ASCII."""

    def compute_headers_buffer(self, header_filter: object = None) -> None:
        self.headers_buff = self.to_str().encode("latin-1", "replace") + b"\r\n"


def new_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def warc_date(time: datetime) -> str:
    """UTC to the microsecond, as WARC 1.1 allows."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def uri(url: str) -> str:
    """The URL as it may stand in a WARC field: what is not ASCII, a space or a control character is encoded."""
    return quote(url, safe=_URI_CHARACTERS, errors="replace")


def record(
    kind: str,
    fields: Fields,
    content_type: str,
    *,
    payload: IO[bytes] | None = None,
    length: int = 0,
    http: StatusAndHeaders | None = None,
) -> ArcWarcRecord:
    """A record for warcio's writer, which adds the block digest and Content-Length.

    `payload` is read from its present position, `length` bytes, and must be seekable.
    """
    headers = StatusAndHeaders("", [("WARC-Type", kind), *fields], protocol=VERSION)
    built = ArcWarcRecord("warc", kind, headers, payload or io.BytesIO(), http, content_type, length)
    built.payload_length = length
    return built


def response(exchange: Exchange, fields: Fields) -> ArcWarcRecord:
    """The whole response; `fields` are those that all records of a capture have, and its own id."""
    own = [("WARC-Payload-Digest", exchange.body.digest)]
    if exchange.truncated:
        own.append(("WARC-Truncated", exchange.truncated))
    return record(
        "response",
        [*fields, *own],
        "application/http; msgtype=response",
        payload=exchange.body.open(),
        length=exchange.body.length,
        http=_response_head(exchange),
    )


def revisit(exchange: Exchange, fields: Fields, original: Original) -> ArcWarcRecord:
    """The head of a response whose payload the archive has already (a 304, or the same bytes again)."""
    if exchange.status == 304:
        own = original.fields(NOT_MODIFIED)
    else:
        # §6.7.2: the block is cut, so the record shall say so.
        own = [*original.fields(IDENTICAL), ("WARC-Truncated", "length")]
    return record("revisit", [*fields, *own], "application/http; msgtype=response", http=_response_head(exchange))


def request(exchange: Exchange, fields: Fields) -> ArcWarcRecord:
    parts = urlsplit(exchange.url)
    target = uri((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    head = _HttpHeaders(f"{target} HTTP/1.1", _clean(exchange.request_headers), protocol="GET")
    return record("request", fields, "application/http; msgtype=request", http=head)


def block_record(kind: str, fields: Fields, content_type: str, block: bytes) -> ArcWarcRecord:
    """A record with a small block of our own making."""
    return record(kind, fields, content_type, payload=io.BytesIO(block), length=len(block))


def _response_head(exchange: Exchange) -> _HttpHeaders:
    """The fields as received, but that of the body as it is stored: no transfer-coding, its own length.

    A 304 has no body, its Content-Length is that of the page it stands for.
    """
    fields = []
    length = str(exchange.body.length)
    counted = exchange.status == 304
    for name, value in exchange.headers:
        key = name.lower()
        if key == "transfer-encoding":
            continue
        if key == "content-length" and exchange.status != 304:
            if not counted:
                fields.append((name, length))
            counted = True
        else:
            fields.append((name, value))
    if not counted:
        fields.append(("Content-Length", length))
    return _HttpHeaders(_LINE_ENDS.sub(" ", exchange.status_line), _clean(fields), protocol="HTTP/1.1")


def _clean(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Fields that stay one line each and hold no secret (DESIGN §4: cookie values never reach a WARC)."""
    cleaned = []
    for name, value in fields:
        key = name.lower()
        if key in _SECRET_FIELDS:
            value = REDACTED
        elif key == "set-cookie":
            value = _COOKIE_VALUE.sub(rf"\1={REDACTED}", value)
        cleaned.append((_LINE_ENDS.sub(" ", name), _LINE_ENDS.sub(" ", value)))
    return cleaned
