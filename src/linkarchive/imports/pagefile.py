"""Files that are pages, without the HTTP head they came with: a record claims the answer that must have been."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from linkarchive.imports.record import LARGEST_RECORD, Block, ForeignRecord, RecordError, RecordType, is_possible
from linkarchive.snapshot.record_reader import Problem, claimed_head
from linkarchive.web.exchange import Body

_CHUNK = 64 * 1024
_HTML_STARTS = (b"<!doctype html", b"<html", b"<head", b"<?xml")
_TYPES = mimetypes.MimeTypes()
"""The standard library's own table, not that of this machine."""


def page_record(path: Path, urls: Sequence[str], time: datetime, name: str, now: datetime) -> ForeignRecord | Problem:
    """The record of a file; a Problem for one that cannot be a page. Raises OSError."""
    if not is_possible(time, now):
        return Problem(name, None, f"its time ({time:%Y-%m-%d %H:%M} UTC) cannot be that of a capture")
    size = path.stat().st_size
    if size > LARGEST_RECORD:
        return Problem(name, None, f"it has {size:,} bytes, more than any page")
    if size == 0:
        return Problem(name, None, "it is empty")
    head = claimed_head(content_type(path))
    return ForeignRecord(RecordType.RESOURCE, tuple(urls), time, (), head, name, None, lambda: _load(path))


def content_type(path: Path) -> str:
    """By the first bytes for HTML and PDF, else by the name; the charset is for the page itself to say."""
    with path.open("rb") as file:
        start = file.read(1024).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"%PDF-"):
        return "application/pdf"
    if start.lower().startswith(_HTML_STARTS):
        return "text/html"
    return _TYPES.guess_type(path.name)[0] or ("text/html" if b"<" in start else "application/octet-stream")


def _load(path: Path) -> Block:
    payload = Body()
    try:
        with path.open("rb") as file:
            while piece := file.read(_CHUNK):
                payload.write(piece)
                if payload.length > LARGEST_RECORD:
                    raise RecordError("it grew while it was read")
    except OSError as error:
        payload.close()
        raise RecordError(f"it cannot be read: {error.strerror}") from error
    except RecordError:
        payload.close()
        raise
    return Block(b"", payload)
