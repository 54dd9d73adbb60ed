"""An archive's copy as the page that was captured: without what the archive put around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from linkarchive.model import Page
from linkarchive.web.decoding import decode
from linkarchive.web.exchange import Body

ORIGINAL = "x-archive-orig-"
"""Before the name of a field that the page had: so pywb and the Wayback Machine repeat them."""
_KEPT_FIELDS = ("content-type", "content-language", "content-disposition")
"""Fields of the answer that are the page's own where the archive does not repeat them under `X-Archive-Orig-`."""
_ZIPPED_TYPES = ("gzip", "octet-stream", "x-tar", "x-tgz")
_GZIP_MAGIC = b"\x1f\x8b\x08"


def unwrap_memento(page: Page, limit: int) -> Page:
    """A copy as `page_of` or `read_page` gives it, with the page's own fields instead of the archive's.

    A body that is still gzip where its fields say text is unpacked, to at most `limit` bytes: captures with a
    wrong Content-Encoding are common. Apply it to what was read back from the WARC, too; twice does no harm.
    """
    headers = _own_fields(page.headers)
    body, truncated = page.body, page.truncated
    if body.startswith(_GZIP_MAGIC) and not any(kind in headers.get("content-type", "") for kind in _ZIPPED_TYPES):
        packed = Body.of(body)
        decoded = decode(packed, {"content-encoding": "gzip"}, limit)
        packed.close()
        if decoded.data:
            body, truncated = decoded.data, truncated or decoded.truncated
    return replace(page, headers=headers, body=body, truncated=truncated)


def _own_fields(headers: Mapping[str, str]) -> dict[str, str]:
    if not any(name.startswith(ORIGINAL) or name == "memento-datetime" for name in headers):
        return dict(headers)
    own = {name: headers[name] for name in _KEPT_FIELDS if name in headers}
    return own | {name.removeprefix(ORIGINAL): value for name, value in headers.items() if name.startswith(ORIGINAL)}
