"""Lines of a CDXJ 0.1.0 index (https://specs.webrecorder.net/cdxj/0.1.0/), spelled as cdxj-indexer spells them."""

from __future__ import annotations

import heapq
import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice

from linkarchive.snapshot.request_body import RequestBody
from linkarchive.snapshot.surt import surt

REVISIT_MIME = "warc/revisit"
INDEXED_TYPES = frozenset({"response", "revisit", "resource"})
"""The records that an index lists: those of pages."""
_UNKNOWN_MIME = "unk"
"""As the Internet Archive writes for a response without a content type; CDXJ wants the field."""

_IN_MEMORY = 20_000
"""Lines that are sorted at once: some 8 MB."""
_NO_DIGIT = re.compile(r"\D")
_END_OF_TYPE = re.compile(r"[;\s]")


def line(
    *,
    url: str,
    date: str,
    mime: str,
    status: int,
    digest: str,
    offset: int,
    length: int,
    filename: str,
    body: RequestBody | None = None,
) -> bytes:
    """One line with its line end. `date` is a WARC-Date, `mime` a Content-Type field or `REVISIT_MIME`, `body` what the
    page sent, of a request that was no GET."""
    timestamp = _NO_DIGIT.sub("", date)[:14]
    kind = json.dumps(media_type(mime) or _UNKNOWN_MIME)
    fields = f'"url": {json.dumps(url)}, "mime": {kind}, "status": "{status}", "digest": "{digest}"'
    fields += f', "length": "{length}", "offset": "{offset}", "filename": {json.dumps(filename)}'
    if body is not None:
        fields += f', "requestBody": {json.dumps(body.query)}, "method": {json.dumps(body.method)}'
    return f"{surt(body.address(url) if body else url)} {timestamp} {{{fields}}}\n".encode("ascii")


def is_for_replay(kind: str, status: int) -> bool:
    """A record of this WARC type and HTTP status has a line in the index. A kept 304 has none: it would replay as an
    empty page."""
    return kind in INDEXED_TYPES and not (kind == "revisit" and status == 304)


def media_type(content_type: str) -> str:
    """`text/html` of `text/html; charset=utf-8`, as the server spelled it."""
    return _END_OF_TYPE.split(content_type.strip(), maxsplit=1)[0]


def index(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a whole index: each once, sorted bytewise (LC_ALL=C). Many are sorted by way of temporary files, of
    which OSError may come."""
    rest, last = iter(lines), b""
    with ExitStack() as stack:
        parts: list[Iterable[bytes]] = []
        while some := sorted(islice(rest, _IN_MEMORY)):
            if len(some) < _IN_MEMORY:  # the last ones
                parts.append(some)
                break
            file = stack.enter_context(tempfile.TemporaryFile())
            file.writelines(some)
            file.seek(0)
            parts.append(file)
        for next_line in heapq.merge(*parts):
            if next_line != last:
                yield next_line
                last = next_line
