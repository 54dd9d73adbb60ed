"""robots.txt, for those who ask us to obey it: once per origin and run (RFC 9309)."""

from __future__ import annotations

from typing import Any

from linkarchive.web.decoding import decode
from linkarchive.web.exchange import Visit, VisitRequest

MAX_LENGTH = 500 * 1024
"""Bytes that are read (RFC 9309 §2.5)."""

_AGENT = "linkarchive"


def robots_request(origin: str) -> VisitRequest:
    return VisitRequest(f"{origin}/robots.txt")


class Rules:
    """What one origin allows us. A server error closes all of it (RFC 9309 §2.3.1.4); no answer at all and anything
    else but a 200 allow everything: then the visit itself tells what is wrong."""

    def __init__(self, visit: Visit) -> None:
        final = visit.final
        self._is_closed = final is not None and final.status >= 500
        self._parser: Any = None
        self.sitemaps: tuple[str, ...] = ()
        """That the file names."""
        if final is not None and final.status == 200:
            from protego import Protego

            text = decode(final.body, final.header_map, MAX_LENGTH).data.decode("utf-8", "replace")
            self._parser = Protego.parse(text.removeprefix("\ufeff"))
            self.sitemaps = tuple(self._parser.sitemaps)

    def allow(self, url: str) -> bool:
        if self._parser is None:
            return not self._is_closed
        return bool(self._parser.can_fetch(url, _AGENT))
