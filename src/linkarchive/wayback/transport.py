"""One request to an archive over HTTP: the answer as it was sent, or that there was none."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy

import certifi
import requests
import urllib3

from linkarchive.clock import Clock
from linkarchive.settings import NetworkSettings
from linkarchive.wayback.answers import Why
from linkarchive.web.decoding import ACCEPTED, decode
from linkarchive.web.exchange import Body, Exchange
from linkarchive.web.proxy import proxy_for
from linkarchive.web.request_url import parse_target

_PIECE = 64 * 1024
_MOST_TEXT = 20 * 1024 * 1024
"""Bytes of an answer that are read as text."""
_TO_CONNECT = 10.0
"""Seconds; `[wayback] timeout` is for the answer."""
_NEVER_RECORDED = frozenset({"authorization", "cookie", "proxy-authorization"})


class NoAnswerError(Exception):
    """One try failed; worth another."""

    def __init__(self, why: Why, detail: str) -> None:
        super().__init__(detail)
        self.why = why


class NoConnectionError(NoAnswerError):
    """No connection, or nothing in time: the host does not answer, whatever is asked of it."""


class _Http(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: redirects are followed by hand. requests reads `Location` even when it shall not follow, and a
        captured one that is no URL raises ValueError there (requests 2.34)."""


class Sender:
    """Sends requests and follows nothing; safe in several threads."""

    def __init__(self, network: NetworkSettings, clock: Clock) -> None:
        self._network = network
        self._clock = clock
        self._http = _Http()
        self._http.trust_env = False
        self._http.verify = network.ca_file or certifi.where()
        self._http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._http.headers = requests.structures.CaseInsensitiveDict(
            {"User-Agent": network.user_agent, "Accept-Encoding": ACCEPTED, "Accept": "*/*"}
        )

    def send(self, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None, limit: float) -> Exchange:
        """A GET, or a POST of `form`; the answer is to be there whole after `limit` seconds. The caller closes the
        body. Raises NoAnswerError, of nothing at all SilenceError."""
        end = time.monotonic() + limit
        proxy = proxy_for(parse_target(url), self._network)
        started = self._clock.now()
        try:
            with self._http.request(
                "GET" if form is None else "POST",
                url,
                headers=headers,
                data=form,
                proxies={"http": proxy, "https": proxy} if proxy else {},
                timeout=(min(limit, _TO_CONNECT), limit),
                allow_redirects=False,
                stream=True,
            ) as response:
                body, truncated = self._read_body(response, end)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise NoConnectionError(Why.DOWN, _in_words(error)) from error
        sent = response.request.headers
        return Exchange(
            url=url,
            request_headers=tuple((name, value) for name, value in sent.items() if name.lower() not in _NEVER_RECORDED),
            started=started,
            ip=None,
            status=response.status_code,
            status_line=f"{response.status_code} {response.reason or ''}".rstrip(),
            headers=tuple(response.raw.headers.iteritems()),
            body=body,
            truncated=truncated,
        )

    def close(self) -> None:
        self._http.close()

    def _read_body(self, response: requests.Response, end: float) -> tuple[Body, str | None]:
        """The bytes as sent; requests' own timeout starts anew with every packet, so the end is watched here."""
        body = Body()
        try:
            while piece := response.raw.read1(_PIECE, decode_content=False):
                room = self._network.max_body - body.length
                body.write(piece[:room])
                if len(piece) > room:
                    return body, "length"
                if time.monotonic() >= end:
                    raise NoAnswerError(Why.DOWN, "the answer takes too long")
        except BaseException:
            body.close()
            raise
        return body, None


def text_of(exchange: Exchange) -> str:
    """The text of an archive's own answer (an index, a TimeMap), which is UTF-8 whatever it says."""
    return decode(exchange.body, exchange.header_map, _MOST_TEXT).data.decode("utf-8", "replace")


def _in_words(error: Exception) -> str:
    """Short, without the addresses of memory and pools that requests' messages are full of."""
    match error:
        case requests.ConnectTimeout() | requests.ReadTimeout() | urllib3.exceptions.TimeoutError():
            return "no answer in time"
        case requests.exceptions.ProxyError():
            return "the proxy could not be used"
        case requests.exceptions.SSLError():
            return "its certificate cannot be trusted"
        case _:
            return "the connection failed"
