"""An archive in the web's place: a stored page is shown as it was kept, and nothing is asked of anybody."""

from __future__ import annotations

from collections.abc import Callable

from linkarchive.clock import Clock
from linkarchive.model import Failure, Page, Reason
from linkarchive.requisites.single import Part
from linkarchive.web.exchange import Body, Exchange
from linkarchive.web.request_url import parse_target
from linkarchive.web.transport import HttpRequest, HttpResult


class StoredWeb:
    """Answers as `Upstream`, with one page and its parts; there is nothing at any other address."""

    def __init__(self, page: Page, find: Callable[[str], Part | None], clock: Clock) -> None:
        """`find` gives what is stored under an address. Raises ValueError where the page's own is none of the web."""
        self.url = parse_target(page.final_url).url
        self._page = page
        self._find = find
        self._clock = clock

    def fetch(self, request: HttpRequest) -> HttpResult:
        url, now = request.target.url, self._clock.now()
        if url == self.url:
            data, kind = self._page.body, self._page.headers.get("content-type", "text/html")
        else:
            part = self._find(url)
            if part is None:
                return HttpResult(now, Failure(Reason.REFUSED, "it is not stored", url))
            data, kind = part.body, part.content_type
        # What was loaded from another origin then is so now, too.
        fields = (("Content-Type", kind), ("Access-Control-Allow-Origin", "*"))
        return HttpResult(now, Exchange(url, (), now, None, 200, "200 OK", fields, Body.of(data)))

    def close(self) -> None:
        """There is nothing to close."""
