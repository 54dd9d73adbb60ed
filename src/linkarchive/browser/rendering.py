"""What comes of a page in the browser, as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from linkarchive.model import Page
from linkarchive.web.exchange import Exchange, Visit

WEBP = "image/webp"
HIGHEST = 16_000
"""Pixels of a page that are looked at and pictured; WebP ends at 16,383."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one page."""

    parts: int = 600
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
    picture_cut: bool = False
    """The page is longer than the picture."""
    left_out: Mapping[str, int] = field(default_factory=Counter)
    """How many requests were not answered, or not kept, by the reason."""

    @property
    def page(self) -> Page:
        """The rendered document, as the judge reads a page."""
        final = self.visit.final
        status = final.status if final is not None else None
        headers = {**(final.header_map if final is not None else {}), "content-type": "text/html; charset=utf-8"}
        headers.pop("content-encoding", None)
        url = final.url if final is not None else self.visit.request.url
        return Page(url, status, headers, self.dom, self.visit.hops, fragment=self.visit.fragment)

    def close(self) -> None:
        self.visit.close()
        for part in self.parts:
            part.body.close()


@dataclass(frozen=True, slots=True)
class NotRendered:
    """Why the browser did not show a page."""

    why: str
