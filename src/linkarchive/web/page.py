"""The page that a visit saw, as `judge` and `recover` read it."""

from __future__ import annotations

from linkarchive.model import Failure, Page, Reason
from linkarchive.settings import NetworkSettings
from linkarchive.web.decoding import decode
from linkarchive.web.exchange import Visit

_CUT = {"length": "size", "time": "time", "disconnect": "closed"}


def limit_of(visit: Visit, network: NetworkSettings) -> int:
    """Bytes of the page of a visit that are read: documents may be larger."""
    if visit.final is None or visit.not_modified:
        return network.max_body
    return network.limit_of(visit.final.header_map.get("content-type", ""))


def page_of(visit: Visit, max_body: int) -> Page:
    """The last exchange of a visit, its body decoded to at most `max_body` bytes, or why there is none.

    A body that unfolds far beyond that (decoding.BOMB) is the failure `too-large`. A 304 is a page with that
    status, no headers and no body.
    """
    exchange = visit.final
    if exchange is None:
        last = visit.failure.url if visit.failure else visit.request.url
        return Page(last, None, hops=visit.hops, failure=visit.failure)
    if visit.not_modified:
        return Page(exchange.url, exchange.status)
    headers = exchange.header_map
    decoded = decode(exchange.body, headers, max_body)
    failure = None
    if decoded.bomb:
        failure = Failure(Reason.TOO_LARGE, f"a decompression bomb: {decoded.trouble}", exchange.url, connected=True)
    cut = _CUT.get(exchange.truncated or "", "closed" if decoded.trouble else "size" if decoded.truncated else None)
    return Page(
        exchange.url,
        exchange.status,
        headers,
        decoded.data,
        visit.hops,
        failure,
        truncated=cut is not None,
        cut=cut,
        fragment=visit.fragment,
    )
