"""Records of other programs as they are kept: block byte for byte, header fields as they were.

Made anew are the id (two archives may have records with the same one, and nobody vouches for a foreign one; it
stays in `Imported-Record-ID`), the digests, as SHA-1 of these bytes, and the references to other records.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import datetime

from linkarchive.snapshot import record_writer
from linkarchive.snapshot.record_reader import HttpHead, claimed_head, read_http_head
from linkarchive.snapshot.record_writer import Fields, Original, Record
from linkarchive.web.exchange import Body

_MADE_ANEW = frozenset(
    {"warc-type", "warc-record-id", "warc-target-uri", "warc-date", "warc-block-digest", "warc-payload-digest",
     "content-type", "content-length", "warc-concurrent-to", "warc-warcinfo-id", "warc-profile", "warc-filename"}
)  # fmt: skip
_FIELD_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z")


@dataclass(frozen=True, slots=True)
class ImportedRecord:
    """A record to keep. `type` is response, revisit or resource."""

    type: str
    url: str
    time: datetime
    fields: Fields
    """All of its WARC header."""
    content_type: str
    """Of the block."""
    head: bytes
    """The HTTP head; empty in a resource."""
    payload: Body
    original: int | None = None
    """Of a revisit: which of the records that it is written with it repeats."""

    @property
    def date(self) -> str:
        """Its WARC-Date as it was, where that is one of a full second in UTC."""
        given = next((value for name, value in self.fields if name.lower() == "warc-date"), "")
        return given if _DATE.fullmatch(given) else record_writer.warc_date(self.time)

    @property
    def http(self) -> HttpHead:
        if self.type == "resource":
            return claimed_head(self.content_type)
        return read_http_head(io.BytesIO(self.head))

    def record(self, record_id: str, original: Original | None) -> Record:
        fields = [
            ("WARC-Record-ID", record_id),
            ("WARC-Target-URI", record_writer.uri(self.url)),
            ("WARC-Date", self.date),
        ]
        fields += [(name, value) for name, value in self.fields if _is_kept(name, value)]
        foreign = next((value for name, value in self.fields if name.lower() == "warc-record-id"), None)
        if foreign is not None and foreign.isprintable():
            fields.append(("Imported-Record-ID", foreign))
        if original is None:
            fields.append(("WARC-Payload-Digest", self.payload.digest))
        else:
            identical = self.http.status != 304
            fields += original.fields(record_writer.IDENTICAL if identical else record_writer.NOT_MODIFIED)
        return record_writer.record(self.type, fields, self.content_type, self.head, self.payload)


def _is_kept(name: str, value: str) -> bool:
    key = name.lower()
    if key in _MADE_ANEW or key.startswith("warc-refers-to"):
        return False
    return bool(_FIELD_NAME.fullmatch(name)) and value.isprintable()
