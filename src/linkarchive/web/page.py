"""The page that a visit saw, as `judge` and `recover` read it."""

from __future__ import annotations

from linkarchive.model import Failure, Page, Reason
from linkarchive.web.decoding import decode
from linkarchive.web.exchange import Visit


def page_of(visit: Visit, max_body: int) -> Page:
    """The last exchange of a visit, its body decoded to at most `max_body` bytes, or why there is none.

    A body that unfolds far beyond that (decoding.BOMB) is the failure `too-large`; one in
    a coding that we did not ask for is `protocol`. A 304 is a page with that status and no body.
    """
    exchange = visit.final
    if exchange is None:
        last = visit.failure.url if visit.failure else visit.request.url
        return Page(last, None, hops=visit.hops, failure=visit.failure)
    headers = exchange.header_map
    decoded = decode(exchange.body, headers, max_body)
    failure = None
    if decoded.bomb:
        failure = Failure(Reason.TOO_LARGE, f"a decompression bomb: {decoded.trouble}", exchange.url, connected=True)
    elif decoded.trouble and not decoded.data:
        failure = Failure(Reason.PROTOCOL, decoded.trouble, exchange.url, connected=True)
    return Page(
        exchange.url,
        exchange.status,
        headers,
        decoded.data,
        visit.hops,
        failure,
        truncated=decoded.truncated or exchange.truncated is not None,
        fragment=visit.fragment,
    )
