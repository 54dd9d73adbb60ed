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
    """What one origin allows us. No answer, an error or anything but a 200 allows everything.

    RFC 9309 §2.3.1.4 lets a crawler take a server error for "all disallowed"; we visit a page that a
    person cited, now and then, and the error is reported by the visit itself.
    """

    def __init__(self, visit: Visit) -> None:
        self._parser: Any = None
        final = visit.final
        if final is not None and final.status == 200:
            from protego import Protego

            text = decode(final.body, final.header_map, MAX_LENGTH).data.decode("utf-8", "replace")
            self._parser = Protego.parse(text.removeprefix("\ufeff"))

    def allow(self, url: str) -> bool:
        return self._parser is None or bool(self._parser.can_fetch(url, _AGENT))
