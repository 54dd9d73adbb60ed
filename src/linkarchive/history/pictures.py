"""How pages looked then and now: the small pictures that captures hold, for reports, and the full ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from linkarchive.model import PartRecord, Picture, Pictures, Report, Result
from linkarchive.project import Files
from linkarchive.secrets import redact
from linkarchive.snapshot.parts import PICTURE, THUMBNAIL
from linkarchive.snapshot.record_reader import BadRecordError, StoredRecord
from linkarchive.snapshot.shelf import opened
from linkarchive.store import captures, parts
from linkarchive.store.captures import StoredCapture
from linkarchive.store.database import Store

_LARGEST_SMALL = 15 * 1024
"""Bytes of a picture in a report; a larger one would make the report too heavy to send."""
_LARGEST_FULL = 16 * 1024 * 1024
"""Bytes: ours have 500 kB at most, those of imported archives may be PNG."""
_MOST = 200
"""Findings with pictures."""
_KINDS = ("image/png", "image/webp", "image/jpeg")


def pictures(archive: Files, store: Store, report: Report) -> Mapping[str, Pictures]:
    """The small pictures of the findings, by URL; a finding without any is left out."""
    stored: dict[str, list[tuple[StoredCapture, PartRecord]]] = {}
    for url, capture, part in parts.named(store, THUMBNAIL):
        stored.setdefault(redact(url), []).append((capture, part))
    by_url: dict[str, Pictures] = {}
    for source in report.findings if stored else ():
        result = source.result
        pair = _then_and_now(archive, result, stored.get(redact(result.url), ()), _LARGEST_SMALL)
        if pair.then or pair.now:
            by_url[result.url] = pair
        if len(by_url) == _MOST:
            break
    return by_url


def full_pictures(archive: Files, store: Store, source: int, result: Result) -> Pictures:
    """The full pictures of the page of a source, by its number and its last result."""
    stored = (
        (capture, part)
        for capture in captures.of_source(store, source)
        if _is_then(result, capture) or _is_now(result, capture)
        for part in parts.of_capture(store, capture.id)
        if part.url.startswith(PICTURE)
    )
    return _then_and_now(archive, result, stored, _LARGEST_FULL)


def _then_and_now(
    archive: Files, result: Result, stored: Iterable[tuple[StoredCapture, PartRecord]], largest: int
) -> Pictures:
    then, now = None, None
    for capture, part in stored:
        if _is_then(result, capture):
            then = _read(archive, capture, part, largest)
        if _is_now(result, capture):
            now = _read(archive, capture, part, largest)
    return Pictures(then, now)


def _is_then(result: Result, capture: StoredCapture) -> bool:
    return capture.capture.time == result.standard


def _is_now(result: Result, capture: StoredCapture) -> bool:
    return result.capture is not None and capture.place == (result.capture.warc, result.capture.offset)


def _read(archive: Files, capture: StoredCapture, part: PartRecord, largest: int) -> Picture | None:
    """None where the record is not in this folder, or is too large or no picture."""
    try:
        with opened(archive, part.record.warc) as file:
            record = StoredRecord(file, part.record.offset)
            kind, data = record["Content-Type"].partition(";")[0].strip(), record.block.read(largest + 1)
    except (OSError, BadRecordError):
        return None
    return Picture(kind, data, capture.capture.time) if kind in _KINDS and 0 < len(data) <= largest else None
