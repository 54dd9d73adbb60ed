"""What a run's metadata records say, beyond what HTTP says: the captures and the log.

The facts of a capture are `application/warc-fields`, not JSON, because indexers take a
metadata record of any other type for a page of that URL (cdxj-indexer 1.5, pywb 2.10).
"""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import format_datetime
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from linkarchive.model import Capture, CaptureScope, Location
from linkarchive.snapshot import record_writer

if TYPE_CHECKING:
    from linkarchive.snapshot.record_reader import StoredRecord

FIELDS_TYPE = "application/warc-fields"
LOG_TYPE = "application/x-ndjson"
_CAPTURE_FIELD = "linkarchive-capture"
_PARTS_FIELD = "linkarchive-parts"
_LOG_PREFIX = "urn:linkarchive:run:"
_TOMBSTONE_PREFIX = "urn:linkarchive:forgotten:"


def log_uri(run_id: str) -> str:
    """The target URI of the record that holds the log of a run."""
    return _LOG_PREFIX + run_id


def is_log(uri: str) -> bool:
    return uri.startswith(_LOG_PREFIX)


def tombstone_uri(forget_id: str) -> str:
    """The target URI of the record that stands where records were taken out."""
    return _TOMBSTONE_PREFIX + forget_id


def is_tombstone(uri: str) -> bool:
    return uri.startswith(_TOMBSTONE_PREFIX)


def warc_fields(facts: Iterable[tuple[str, str]]) -> bytes:
    """A block of type `FIELDS_TYPE`."""
    return "".join(f"{name}: {value}\r\n" for name, value in facts).encode()


def encode_capture(capture: Capture) -> bytes:
    """The block of the metadata record that ends a capture; where the records are is for the WARC to say."""
    kept = msgspec.to_builtins(capture)
    del kept["record"], kept["original"], kept["dom"]
    facts = [(_CAPTURE_FIELD, msgspec.json.encode(kept).decode())]
    if capture.public_url is not None:
        facts += [
            ("original-url", record_writer.uri(capture.url)),
            ("Memento-Datetime", format_datetime(capture.time, usegmt=True)),
        ]
    return warc_fields(facts)


class LeftOut(Struct, frozen=True):
    """Something that a page needs to be shown, or shows, and that was not kept."""

    url: str
    why: str
    """In a few words."""


class PartsFacts(Struct, frozen=True):
    """What the metadata record says that ends the parts of a capture."""

    scope: CaptureScope
    """What the capture holds with them."""
    uses: tuple[str, ...]
    """The WARC-Record-IDs of all records that it uses, of its own and of other captures."""
    left_out: int = 0
    """What the limits of a capture left out, in number …"""
    missing: tuple[LeftOut, ...] = ()
    """… and all that is not there, the first few hundred by name."""


def encode_parts(facts: PartsFacts) -> bytes:
    """The block of the metadata record that ends the parts of a capture."""
    return warc_fields([(_PARTS_FIELD, msgspec.json.encode(facts).decode())])


def decode_parts(block: bytes) -> PartsFacts | None:
    """What a metadata record tells of a capture's parts; None where it tells of something else. Raises ValueError for
    facts that cannot be read."""
    facts = _field(block, _PARTS_FIELD)
    return None if facts is None else msgspec.json.decode(facts, type=PartsFacts)


def decode_capture(block: bytes, record: Location, original: Location | None) -> Capture | None:
    """The capture that a metadata record tells of; None where it tells of something else. Raises ValueError for facts
    that cannot be read."""
    facts = _field(block, _CAPTURE_FIELD)
    if facts is None:
        return None
    places = {"record": msgspec.to_builtins(record), "original": original and msgspec.to_builtins(original)}
    return msgspec.convert(msgspec.json.decode(facts, type=dict) | places, Capture)


def _field(block: bytes, name: str) -> bytes | None:
    prefix = f"{name}: ".encode()
    return next((line.removeprefix(prefix) for line in block.splitlines() if line.startswith(prefix)), None)


def block_of(record: StoredRecord) -> bytes:
    """The block of a metadata record that has facts of a capture; empty for any other record."""
    is_capture = record.type == "metadata" and record["Content-Type"] == FIELDS_TYPE
    return record.block.read() if is_capture else b""
