"""A captured page whose parts are being fetched, and the answers that came; several pages may share one."""

from __future__ import annotations

from dataclasses import dataclass, field

from linkarchive.model import PartRecord
from linkarchive.project import Files
from linkarchive.requisites.reading import requisites_of
from linkarchive.requisites.requisite import Kind, Requisite
from linkarchive.requisites.xml import XML_TYPES
from linkarchive.secrets import redact
from linkarchive.snapshot.capture_metadata import LeftOut
from linkarchive.snapshot.reader import read_page
from linkarchive.store.captures import StoredCapture
from linkarchive.text import HTML_TYPES, essence_of, media_type
from linkarchive.web.decoding import decode
from linkarchive.web.exchange import Visit

_TOLD = 500
"""Of what is missing, so many are named."""
_ANY_PAGE = b"<html>"
"""Stands for the page while only its declared type is known: one that says nothing may be that of HTML."""
_CUT = {"length": "larger than a body may be", "time": "it took too long"}


@dataclass(slots=True, eq=False)
class Answer:
    """What became of one requisite: a visit until it is stored, its records after that, or why there is nothing."""

    requisite: Requisite
    """As it was named first."""
    visit: Visit | None = None
    records: tuple[PartRecord, ...] = ()
    missing: str = ""
    """Why there is nothing, in words."""
    is_limit: bool = False
    """Nothing failed: it is more than what is kept."""
    size: int = 0
    """Bytes."""
    inner: tuple[Requisite, ...] = ()
    """What it needs itself: a style sheet, a frame or a module."""
    pages: list[PageParts] = field(default_factory=list)
    """Pages under way that want it."""

    def fill(self, visit: Visit) -> None:
        """Take a visit if it brought what can be shown; else close it."""
        self.missing, self.is_limit = _why_not(visit, self.requisite.kind)
        if self.missing:
            visit.close()
        else:
            self.visit, self.size = visit, sum(exchange.body.length for exchange in visit.exchanges)

    def read(self, limit: int) -> None:
        """Find what it needs itself, in at most `limit` bytes."""
        final = None if self.visit is None else self.visit.final
        if final is not None and self.requisite.kind in (Kind.STYLE, Kind.FRAME, Kind.MODULE):
            headers = final.header_map
            body = decode(final.body, headers, limit).data
            content_type = headers.get("content-type", "")
            self.inner = tuple(requisites_of(body, content_type, self.requisite, final.url))

    def close(self) -> None:
        if self.visit is not None:
            self.visit.close()
            self.visit = None


def _why_not(visit: Visit, kind: Kind) -> tuple[str, bool]:
    """Why an answer is not kept, "" when it is; and whether that is a limit of ours."""
    if visit.final is None:
        return visit.failure.detail if visit.failure is not None else "no answer", False
    if visit.final.truncated is not None:
        return _CUT.get(visit.final.truncated, "it broke off"), visit.final.truncated in _CUT
    content_type = visit.final.header_map.get("content-type", "")
    is_picture = kind is Kind.IMAGE and essence_of(content_type).startswith("image/")
    if visit.final.status < 300 or is_picture:  # a browser shows a picture whatever its status is
        return "", False
    return f"HTTP {visit.final.status}", False


@dataclass(slots=True, eq=False)
class PageParts:
    """A captured page whose parts are being fetched."""

    stored: StoredCapture
    end: float
    """By the monotonic clock: when it is stored as it is."""
    depths: dict[str, int] = field(default_factory=dict)
    """Every URL that it needs, and how many frames deep it stands."""
    waiting: set[str] = field(default_factory=set)
    """Those of which no answer has come."""
    used: list[Answer] = field(default_factory=list)
    missing: list[LeftOut] = field(default_factory=list)
    left_out: int = 0
    size: int = 0
    """Bytes of what it uses."""

    def named(self, archive: Files, limit: int) -> list[Requisite]:
        """What its document names, in at most `limit` bytes. Raises StorageError where that cannot be read."""
        capture = self.stored.capture
        if media_type(_ANY_PAGE, capture.mime) not in HTML_TYPES | XML_TYPES:  # a PDF need not be read for that
            return []
        page = read_page(archive, capture, limit=limit)
        document = Requisite(Kind.FRAME, page.final_url)
        return requisites_of(page.body, page.headers.get("content-type", ""), document, page.final_url)

    def miss(self, url: str, why: str, *, is_limit: bool = False) -> None:
        self.left_out += is_limit
        if len(self.missing) < _TOLD:
            self.missing.append(LeftOut(redact(url), why))
