"""One libcurl handle: set up for a request, collecting the response, read out at the end. Used again and again."""

from __future__ import annotations

import math
import socket
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

import pycurl

from linkarchive.model import Failure, Reason
from linkarchive.settings import NetworkSettings
from linkarchive.web.cookies import without_value
from linkarchive.web.exchange import Body, Exchange
from linkarchive.web.failures import Trouble, failure_of
from linkarchive.web.guard import address_is_private

SLOW = 1024
"""Bytes a second; slower for `timeout` seconds ends the exchange."""

# CURLOPT_SUPPRESS_CONNECT_HEADERS (libcurl 7.54): without a name in pycurl (7.49, 2026-11). The proxy's answer to
# CONNECT would otherwise arrive as if it were the origin's.
_SUPPRESS_CONNECT_HEADERS = 265
_BUFFER = 64 * 1024


class _Socket(socket.socket):
    """pycurl duplicates the descriptor; this one closes with its object, without a ResourceWarning."""

    def __del__(self) -> None:
        self.close()


@dataclass(slots=True)
class _Arrival:
    """What has come in so far."""

    status_line: bytes | None = None
    fields: list[bytes] = field(default_factory=list)
    complete: bool = False
    """The header section; what follows it outside the body are trailers."""
    body: Body | None = None
    cut: bool = False
    refused: str = ""
    """A private address that the guard refused to connect to."""
    allowed: bool = False
    """Another address was let through."""


class Transfer:
    """A handle and the response that is arriving on it."""

    def __init__(self, network: NetworkSettings, ca_file: str) -> None:
        self._max_body = network.max_body
        self._guarded = not network.allow_private
        self._arrival = _Arrival()
        self.curl = pycurl.Curl()
        self._configure(network, ca_file)

    def begin(
        self, url: str, fields: list[bytes], recorded: tuple[tuple[str, str], ...], proxy: str, now: datetime
    ) -> None:
        """Make the handle ready for a GET; `fields` are sent, `recorded` are for the record."""
        self._arrival = _Arrival()
        self._url, self._recorded, self._proxied, self.started = url, recorded, bool(proxy), now
        self.curl.setopt(pycurl.URL, url)
        self.curl.setopt(pycurl.HTTPHEADER, fields)
        self.curl.setopt(pycurl.PROXY, proxy)

    @property
    def host(self) -> str:
        return urlsplit(self._url).hostname or ""

    def result(self, code: int, message: str) -> tuple[Exchange | Failure, tuple[str, ...]]:
        """What came of it, and the Set-Cookie fields as received. The body then belongs to the exchange."""
        arrival, self._arrival = self._arrival, _Arrival()
        if (code == 0 or arrival.cut) and arrival.status_line is not None:
            return self._exchange(arrival)
        if arrival.body is not None:
            arrival.body.close()
        if arrival.refused and not arrival.allowed:
            words = f"the name leads to the private address {arrival.refused}"
            return Failure(Reason.PRIVATE_ADDRESS, words, self._url), ()
        curl = self.curl
        # A connection that was used before has no connect time and no CONNECT of its own (libcurl 8.x, 2026-11-23).
        reused = bool(curl.getinfo(pycurl.PRIMARY_IP)) and curl.getinfo(pycurl.NUM_CONNECTS) == 0
        tunnelled = reused and self._proxied and self._url.startswith("https:")
        trouble = Trouble(
            code,
            message,
            curl.getinfo(pycurl.OS_ERRNO),
            connected=reused or (bool(curl.getinfo(pycurl.CONNECT_TIME)) and bool(curl.getinfo(pycurl.PRIMARY_IP))),
            answered=arrival.status_line is not None,
            proxied=self._proxied,
            connect_status=200 if tunnelled else curl.getinfo(pycurl.HTTP_CONNECTCODE),
        )
        return failure_of(trouble, self._url), ()

    def close(self) -> None:
        if self._arrival.body is not None:
            self._arrival.body.close()
        self.curl.close()

    def _configure(self, network: NetworkSettings, ca_file: str) -> None:
        set_option = self.curl.setopt
        set_option(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        set_option(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        set_option(pycurl.FOLLOWLOCATION, 0)
        set_option(pycurl.HTTP_CONTENT_DECODING, 0)
        set_option(pycurl.NOSIGNAL, 1)
        set_option(pycurl.NOPROXY, "")
        set_option(_SUPPRESS_CONNECT_HEADERS, 1)
        set_option(pycurl.CAINFO, ca_file)
        set_option(pycurl.PROXY_CAINFO, ca_file)
        set_option(pycurl.BUFFERSIZE, _BUFFER)
        set_option(pycurl.CONNECTTIMEOUT_MS, max(1, round(network.timeout * 1000)))
        set_option(pycurl.TIMEOUT_MS, max(1, round(network.timeout * 10_000)))
        # Also the limit for the first byte: nothing at all is slow.
        set_option(pycurl.LOW_SPEED_LIMIT, SLOW)
        set_option(pycurl.LOW_SPEED_TIME, max(1, math.ceil(network.timeout)))
        set_option(pycurl.HEADERFUNCTION, self._take_header)
        set_option(pycurl.WRITEFUNCTION, self._take_body)
        if self._guarded:
            set_option(pycurl.OPENSOCKETFUNCTION, self._open_socket)

    def _open_socket(self, _purpose: int, address: tuple[int, int, int, tuple[str, int]]) -> _Socket | int:
        """The real peer, after all resolving: the last word of the address guard. A proxy may be local."""
        family, kind, protocol, peer = address
        if not self._proxied and address_is_private(peer[0]):
            self._arrival.refused = peer[0]
            return int(pycurl.SOCKET_BAD)
        self._arrival.allowed = True
        try:
            return _Socket(family, kind, protocol)
        except OSError:
            return int(pycurl.SOCKET_BAD)

    def _take_header(self, line: bytes) -> None:
        arrival = self._arrival
        if arrival.complete:
            return
        if arrival.status_line is None:
            arrival.status_line = line
        elif line not in (b"\r\n", b"\n"):
            arrival.fields.append(line)
        elif arrival.status_line.partition(b" ")[2].lstrip().startswith(b"1"):
            self._arrival = _Arrival(allowed=arrival.allowed)  # an interim response (100, 103): the real one follows
        else:
            arrival.complete = True

    def _take_body(self, data: bytes) -> int | None:
        arrival = self._arrival
        if arrival.body is None:
            arrival.body = Body()
        room = self._max_body - arrival.body.length
        if len(data) > room:
            arrival.body.write(data[:room])
            arrival.cut = True
            return 0  # ends the transfer
        arrival.body.write(data)
        return None

    def _exchange(self, arrival: _Arrival) -> tuple[Exchange, tuple[str, ...]]:
        status = self.curl.getinfo(pycurl.RESPONSE_CODE)
        phrase = (arrival.status_line or b"").decode("latin-1").partition(" ")[2].strip()[3:].strip()
        fields = [_field(line) for line in arrival.fields]
        set_cookies = tuple(value for name, value in fields if name.lower() == "set-cookie")
        kept = tuple(
            (name, without_value(value) if name.lower() in ("set-cookie", "set-cookie2") else value)
            for name, value in fields
        )
        exchange = Exchange(
            url=self._url,
            request_headers=self._recorded,
            started=self.started,
            ip=None if self._proxied else self.curl.getinfo(pycurl.PRIMARY_IP) or None,
            status=status,
            status_line=f"{status} {phrase}".rstrip(),
            headers=kept,
            body=arrival.body or Body(),
            truncated="length" if arrival.cut else None,
        )
        return exchange, set_cookies


def _field(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode("latin-1").partition(":")
    return name.strip(), value.strip()
