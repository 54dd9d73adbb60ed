"""What is kept of a visit."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from linkarchive.model.visit import Hop


class Origin(StrEnum):
    """Whose capture: our own visit, the Wayback Machine's, another Memento archive's, another program's."""

    LIVE = "live"
    WAYBACK = "wayback"
    MEMENTO = "memento"
    IMPORTED = "imported"


class CaptureScope(StrEnum):
    """What a capture holds: the page's own bytes, what it needs to be shown as well, or what a browser saw."""

    DOCUMENT = "document"
    PAGE = "page"
    RENDERED = "rendered"


class Location(Struct, frozen=True):
    """A record in a WARC file; `warc` is a path from the project folder, the rest is bytes of the gzip member."""

    warc: str
    offset: int
    length: int


class Capture(Struct, frozen=True):
    """A stored copy of a source at a moment; the last exchange of its chain holds the page."""

    url: str
    time: datetime
    origin: Origin
    public_url: str | None
    """Where others can see it: the memento's URL; None for our own."""
    status: int
    final_url: str
    mime: str
    hops: tuple[Hop, ...]
    """Every exchange of the chain before the last, with its status."""
    digest: str
    """Payload digest as in the WARC: `sha1:` and base32, over the body with its content-coding."""
    sha256: str
    """Hex SHA-256 of the body without content-coding."""
    record: Location
    """The response or revisit record of the last exchange."""
    original: Location | None = None
    """For a revisit: the response record that holds the payload."""
    dom: Location | None = None
    """The record of the document as scripts left it in a browser: the page that was judged, where there is one."""
    scope: CaptureScope = CaptureScope.DOCUMENT
    truncated: bool = False
    """The body of the page is cut."""
    claimed: bool = False
    """Time and status are what a file without an HTTP head claims; nobody recorded them."""
    fingerprint: str | None = None
    """Digest of the normalised main text (`judge.verdict.fingerprint`): equal means the same substance."""
    parts: int = 0
    """Records that it has beside the page's own: what the page needs to be shown, and how it looked."""
    left_out: int = 0
    """What the page names and the limits of a capture left out."""


class PartRecord(Struct, frozen=True):
    """A record of something that pages need to be shown, or of how one looked. Several captures may use it."""

    id: str
    """Its WARC-Record-ID."""
    url: str
    """Its WARC-Target-URI."""
    date: str
    """Its WARC-Date."""
    digest: str
    """Its payload digest."""
    record: Location
    original: str | None = None
    """For a revisit: the WARC-Record-ID of the response that holds the payload."""
