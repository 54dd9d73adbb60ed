"""One libcurl handle: set up for a request, collecting the response, read out at the end. Used again and again."""

from __future__ import annotations

import math
import socket
from datetime import datetime
from urllib.parse import urlsplit

import pycurl
from msgspec import Struct

from linkarchive.model import Failure, Reason
from linkarchive.settings import NetworkSettings
from linkarchive.web.cookies import without_value
from linkarchive.web.exchange import Body, Exchange
from linkarchive.web.failures import CurlError, failure_of
from linkarchive.web.guard import address_is_private

SLOW = 1024
"""Bytes a second; slower for `timeout` seconds ends the exchange."""

# CURLOPT_SUPPRESS_CONNECT_HEADERS (libcurl 7.54): without a name in pycurl (7.49, 2026-11). The proxy's answer to
# CONNECT would otherwise arrive as if it were the origin's.
_SUPPRESS_CONNECT_HEADERS = 265
_BUFFER = 64 * 1024
_NAMES_KEPT = 60
"""Seconds: libcurl's own default."""
_BLANK = (b"\r\n", b"\n")
# A body that ends early: before its length or its last chunk, in a broken chunk, without TLS's close_notify, too late.
_BROKEN_OFF = frozenset(
    {pycurl.E_PARTIAL_FILE, pycurl.E_RECV_ERROR, pycurl.E_OPERATION_TIMEDOUT, pycurl.E_SSL_CONNECT_ERROR,
     pycurl.E_FTP_WEIRD_SERVER_REPLY}
)  # fmt: skip
_COOKIE_FIELDS = frozenset({"set-cookie", "set-cookie2"})


def _field(lines: list[bytes], field: bytes) -> str:
    """The value of a field of the last head among header lines as they came; "" where there is none."""
    for line in reversed(lines):
        name, _, value = line.partition(b":")
        if name.strip().lower() == field:
            return value.strip().decode("latin-1")
        if line.startswith(b"HTTP/"):
            break
    return ""


def _content_length(lines: list[bytes]) -> int:
    """What the answer says of its length; 0 where it does not."""
    text = _field(lines, b"content-length")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


class _Socket(socket.socket):
    """pycurl duplicates the descriptor; this one closes with its object, without a ResourceWarning."""

    def __del__(self) -> None:
        self.close()


class SentRequest(Struct, frozen=True):
    """A GET as it went out. `fields` are encoded, without Host; `recorded` are for the record."""

    url: str
    netloc: str
    fields: tuple[bytes, ...]
    recorded: tuple[tuple[str, str], ...]
    proxy: str
    started: datetime


class Transfer:
    """A handle and the response that is arriving on it."""

    def __init__(self, network: NetworkSettings, ca_file: str) -> None:
        self._network = network
        self._limit = network.max_body
        self._guarded = not network.allow_private
        self._proxy = ""
        self._forgets_names = True
        self.method = "GET"
        self._payload = b""
        self._is_part = False
        self._lines: list[bytes] = []
        self._clear()
        self.curl = pycurl.Curl()
        self._configure(network, ca_file)

    def begin(
        self, url: str, fields: list[bytes], recorded: tuple[tuple[str, str], ...], proxy: str, now: datetime
    ) -> None:
        """Make the handle ready for a GET; `fields` are sent, `recorded` are for the record."""
        if self.method != "GET" or self._is_part:
            self.carry("GET", b"", is_part=False)
        self._url, self._recorded, self.started = url, recorded, now
        self._sent = tuple(fields)
        self.curl.setopt(pycurl.URL, url)
        self.curl.setopt(pycurl.HTTPHEADER, fields)
        if proxy != self._proxy:
            self._proxy = proxy
            self.curl.setopt(pycurl.PROXY, proxy)

    def carry(self, method: str, payload: bytes, is_part: bool) -> None:
        """Make a request of another method of it, with a payload; a part is not read if it is longer than the limit."""
        if method == "HEAD":
            self.curl.setopt(pycurl.NOBODY, 1)
        elif payload or method in ("POST", "PUT", "PATCH"):
            self.curl.setopt(pycurl.POSTFIELDS, payload)
        else:
            self.curl.setopt(pycurl.HTTPGET, 1)
        if method in ("GET", "HEAD"):
            self.curl.unsetopt(pycurl.CUSTOMREQUEST)
        else:
            self.curl.setopt(pycurl.CUSTOMREQUEST, method)
        self.method, self._payload, self._is_part = method, payload, is_part

    def forget_names(self, forgets: bool) -> None:
        """Whether libcurl drops, at the end of this transfer, the host names that it resolved a while ago. It looks at
        all that it knows to do so (Curl_dnscache_prune, 8.23): 0.04 ms with 5,000 hosts."""
        if forgets != self._forgets_names:
            self._forgets_names = forgets
            self.curl.setopt(pycurl.DNS_CACHE_TIMEOUT, _NAMES_KEPT if forgets else -1)

    @property
    def request(self) -> SentRequest:
        """What was sent, to be sent again."""
        netloc = next(value for name, value in self._recorded if name == "Host")
        return SentRequest(self._url, netloc, self._sent, self._recorded, self._proxy, self.started)

    @property
    def host(self) -> str:
        return urlsplit(self._url).hostname or ""

    def result(self, code: int, message: str) -> tuple[Exchange | Failure, tuple[str, ...]]:
        """What came of it, and the Set-Cookie fields as received. The body then belongs to the exchange."""
        head = _head(self._lines)
        ended: tuple[Exchange | Failure, tuple[str, ...]]
        if head and (code == 0 or self._cut):
            ended = self._exchange(head, "length" if self._cut else None)
        elif head and self._is_answer(code):
            ended = self._exchange(head, "time" if code == pycurl.E_OPERATION_TIMEDOUT else "disconnect")
        else:
            ended = self._failure(code, message, bool(head)), ()
            if self._body is not None:
                self._body.close()
        self._clear()
        return ended

    def _is_answer(self, code: int) -> bool:
        """What came can be judged, though it broke off: something of a body, or a status that says all."""
        if code not in _BROKEN_OFF or self._lines[-1] not in _BLANK:
            return False
        return self._body is not None or self.curl.getinfo(pycurl.RESPONSE_CODE) not in range(200, 300)

    def close(self) -> None:
        if self._body is not None:
            self._body.close()
        self.curl.close()

    def _clear(self) -> None:
        """Nothing has come in yet."""
        self._lines.clear()
        self._body: Body | None = None
        self._cut = False
        self._families: set[int] = set()
        self._refused = ""  # a private address that the guard did not let us connect to …
        self._allowed = False  # … and whether it let another through

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
        set_option(pycurl.PROXY, self._proxy)
        set_option(pycurl.DNS_CACHE_TIMEOUT, _NAMES_KEPT)
        set_option(pycurl.HEADERFUNCTION, self._lines.append)
        set_option(pycurl.WRITEFUNCTION, self._take_body)
        set_option(pycurl.OPENSOCKETFUNCTION, self._open_socket)

    def _open_socket(self, _purpose: int, address: tuple[int, int, int, tuple[str, int]]) -> _Socket | int:
        """The real peer, after all resolving: the last word of the address guard. A proxy may be local."""
        family, kind, protocol, peer = address
        self._families.add(family)
        if self._guarded and not self._proxy and address_is_private(peer[0]):
            self._refused = peer[0]
            return int(pycurl.SOCKET_BAD)
        self._allowed = True
        try:
            return _Socket(family, kind, protocol)
        except OSError:
            return int(pycurl.SOCKET_BAD)

    def _take_body(self, data: bytes) -> int | None:
        body = self._body
        if body is None:
            body = self._body = Body()
            self._limit = self._network.limit_of(_field(self._lines, b"content-type"))
            if self._is_part and _content_length(self._lines) > self._limit:
                self._cut = True
                return 0
        room = self._limit - body.length
        if len(data) > room:
            body.write(data[:room])
            self._cut = True
            return 0  # ends the transfer
        body.write(data)
        return None

    def _exchange(self, head: list[bytes], truncated: str | None) -> tuple[Exchange, tuple[str, ...]]:
        status = self.curl.getinfo(pycurl.RESPONSE_CODE)
        version, _, code_and_phrase = head[0].decode("latin-1").partition(" ")
        phrase = code_and_phrase.strip()[3:].strip()
        fields, set_cookies = received_fields(head[1:])
        exchange = Exchange(
            url=self._url,
            request_headers=self._recorded,
            started=self.started,
            ip=None if self._proxy else self.curl.getinfo(pycurl.PRIMARY_IP) or None,
            status=status,
            status_line=f"{status} {phrase}".rstrip(),
            headers=fields,
            body=self._body or Body(),
            truncated=truncated,
            method=self.method,
            payload=self._payload,
            version="HTTP/1.0" if version == "HTTP/1.0" else "HTTP/1.1",
        )
        return exchange, set_cookies

    def _failure(self, code: int, message: str, answered: bool) -> Failure:
        if self._refused and not self._allowed:
            words = f"the name leads to the private address {self._refused}"
            return Failure(Reason.PRIVATE_ADDRESS, words, self._url)
        curl, proxied = self.curl, bool(self._proxy)
        # A connection that was used before has no connect time and no CONNECT of its own (libcurl 8.x, 2026-11-23).
        reused = bool(curl.getinfo(pycurl.PRIMARY_IP)) and curl.getinfo(pycurl.NUM_CONNECTS) == 0
        tunnelled = reused and proxied and self._url.startswith("https:")
        trouble = CurlError(
            code,
            message,
            curl.getinfo(pycurl.OS_ERRNO),
            connected=reused or (bool(curl.getinfo(pycurl.CONNECT_TIME)) and bool(curl.getinfo(pycurl.PRIMARY_IP))),
            answered=answered,
            proxied=proxied,
            connect_status=200 if tunnelled else curl.getinfo(pycurl.HTTP_CONNECTCODE),
            only_ipv6=self._families == {socket.AF_INET6},
        )
        return failure_of(trouble, self._url)


def _head(lines: list[bytes]) -> list[bytes]:
    """The status line and the fields of the response itself; empty where none came. Before it may be interim responses
    (100, 103), behind it the trailers of a body in chunks."""
    start = 0
    for place, line in enumerate(lines):
        if line in _BLANK:
            if not lines[start].partition(b" ")[2].lstrip().startswith(b"1"):
                return lines[start:place]
            start = place + 1
    return lines[start:]


def received_fields(lines: list[bytes]) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Names and values, the values of cookies removed; and the Set-Cookie fields as received."""
    parts = [line.decode("latin-1").partition(":") for line in lines]
    fields = [(name.strip(), value.strip()) for name, _, value in parts]
    names = [name.lower() for name, _ in fields]
    if not _COOKIE_FIELDS.isdisjoint(names):
        kept = [
            (field[0], without_value(field[1])) if name in _COOKIE_FIELDS else field
            for name, field in zip(names, fields, strict=True)
        ]
        set_cookies = [value for name, (_, value) in zip(names, fields, strict=True) if name == "set-cookie"]
        return tuple(kept), tuple(set_cookies)
    return tuple(fields), ()
