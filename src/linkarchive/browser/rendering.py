"""What comes of a page in the browser, as values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from linkarchive.model import CaptureScope, Page
from linkarchive.snapshot.capture_metadata import LeftOut
from linkarchive.snapshot.parts import DOM, PICTURE, THUMBNAIL, NewParts, Resource
from linkarchive.web.exchange import Body, Exchange, Visit, VisitRequest

WEBP = "image/webp"
HIGHEST = 16_000
"""Pixels of a page that are looked at and pictured; WebP ends at 16,383."""

PRIVATE = "private address"
FAILED = "no answer"
TOO_LARGE = "over the limit of size"
TOO_MANY = "over the limit for one page"
NO_TURN = "no turn on its host in time"
THROTTLED = "its host asked us to wait"
SOCKET = "WebSocket"
FOOT = "the picture shows the first 16,000 pixels of the page"
LIMITS = frozenset({TOO_LARGE, TOO_MANY})


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is fetched for one page at most."""

    parts: int = 600
    """Requests."""
    grown: int = 300
    """Requests of a page to which scripts add as one scrolls: it may have no end."""
    bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rendering:
    """A page as the browser showed it. Bodies are closed by `close`."""

    visit: Visit
    """Redirects and the page itself, as they came on the wire; the last document that the browser showed."""
    parts: tuple[Exchange, ...]
    """All else that it asked for, each address once, in the order of the answers."""
    dom: bytes
    """The document as scripts left it, UTF-8."""
    picture: bytes
    """The whole page, WebP."""
    thumbnail: bytes
    """Its first screens, small, WebP."""
    left_out: tuple[LeftOut, ...] = ()
    """What was not asked for, not answered, or not kept."""

    @property
    def page(self) -> Page:
        """The rendered document, as the judge reads a page."""
        final = self.visit.exchanges[-1]
        headers = {**final.header_map, "content-type": "text/html; charset=utf-8"}
        for name in ("content-encoding", "content-length"):
            headers.pop(name, None)
        return Page(final.url, final.status, headers, self.dom, self.visit.hops)

    def new_parts(self, keeps: Callable[[str], bool]) -> NewParts:
        """What is to be stored with the page: parts whose address `keeps` allows, the DOM, the pictures."""
        dom = Resource(f"{DOM}{self.visit.request.url}", "text/html; charset=utf-8", Body.of(self.dom), self.visit.time)
        return NewParts(
            CaptureScope.RENDERED,
            visits=[Visit(VisitRequest(part.url), part.started, (part,)) for part in self.parts if keeps(part.url)],
            resources=[dom, *self.pictures(self.visit.request.url)],
            left_out=sum(part.why in LIMITS for part in self.left_out),
            missing=self.left_out,
        )

    def pictures(self, url: str) -> list[Resource]:
        """The pictures, as those of the page at an address."""
        pictures = ((PICTURE, self.picture), (THUMBNAIL, self.thumbnail))
        return [Resource(f"{kind}{url}", WEBP, Body.of(data), self.visit.time) for kind, data in pictures]

    def close(self) -> None:
        self.visit.close()
        for part in self.parts:
            part.body.close()


@dataclass(frozen=True, slots=True)
class NotRendered:
    """Why the browser did not show a page."""

    why: str
    is_late: bool = False
    """It was not asked for all that the page needs: nothing is to be concluded."""
