"""An archive's copy as the page that was captured: without what the archive put around it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from linkarchive.errors import StorageError
from linkarchive.model import Capture, Origin, Page
from linkarchive.project import Files
from linkarchive.settings import NetworkSettings
from linkarchive.snapshot.reader import read_page
from linkarchive.text import encoding_of, essence_of, is_text
from linkarchive.web.decoding import decode, is_plain
from linkarchive.web.exchange import Body

ORIGINAL = "x-archive-orig-"
"""Before the name of a field that the page had: so pywb and the Wayback Machine repeat them."""
_KEPT_FIELDS = ("content-type", "content-language", "content-disposition")
"""Fields of the answer that are the page's own where the archive does not repeat them under `X-Archive-Orig-`."""
# How what is packed begins: gzip, zlib (at its usual levels), zstd. Brotli has no mark.
_MAGIC = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"\x78\x01", "deflate"),
    (b"\x78\x5e", "deflate"),
    (b"\x78\x9c", "deflate"),
    (b"\x78\xda", "deflate"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)


def unwrap_memento(page: Page, limit: int) -> Page:
    """A copy as `page_of` or `read_page` gives it, with the page's own fields instead of the archive's.

    A body that is still packed where its fields say text is unpacked, to at most `limit` bytes: captures with a wrong
    Content-Encoding, or without it, are common. Apply it to what was read back from the WARC, too; twice does no harm.
    """
    headers = _own_fields(page.headers)
    body, truncated = page.body, page.truncated
    if _says_text(headers) and not is_plain(body):
        coding = next((name for magic, name in _MAGIC if body.startswith(magic)), headers.get("content-encoding", ""))
        packed = Body.of(body)
        decoded = decode(packed, {"content-encoding": coding}, limit)
        packed.close()
        if decoded.data and is_plain(decoded.data):
            body, truncated = decoded.data, truncated or decoded.truncated
    return replace(page, headers=headers, body=body, truncated=truncated)


def stored_page(archive: Files, capture: Capture, network: NetworkSettings) -> Page | None:
    """The page of a capture, as much as settings say; None when its record is not here, or cannot be read."""
    limit = network.limit_of(capture.mime)
    try:
        page = read_page(archive, capture, limit=limit)
    except StorageError:
        return None
    return unwrap_memento(page, limit) if capture.origin in (Origin.WAYBACK, Origin.MEMENTO) else page


def is_garbled(page: Page) -> bool:
    """Its fields say text, and it is none: packed in a way that cannot be told, or damaged. It says nothing."""
    return bool(page.body) and _says_text(page.headers) and not is_plain(page.body) and not _is_wide(page.body)


def _says_text(headers: Mapping[str, str]) -> bool:
    return is_text(essence_of(headers.get("content-type", "")) or "text/plain")


def _is_wide(body: bytes) -> bool:
    """UTF-16 is text, though every other byte may be NUL."""
    return encoding_of(body)[0].startswith("utf-16")


def _own_fields(headers: Mapping[str, str]) -> dict[str, str]:
    if not any(name.startswith(ORIGINAL) or name == "memento-datetime" for name in headers):
        return dict(headers)
    own = {name: headers[name] for name in _KEPT_FIELDS if name in headers}
    return own | {name.removeprefix(ORIGINAL): value for name, value in headers.items() if name.startswith(ORIGINAL)}
