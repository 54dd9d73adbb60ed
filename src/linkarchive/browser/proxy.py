"""The browser's only way out: a local proxy, a listener for each page, that guards addresses and records what passes.

What comes on a connection is an HTTP/1.1 request for any host, or CONNECT and then TLS or plain HTTP for one. h11 reads
it; `upstream` sends it on, and the answer goes back as it came. WebSockets are refused: no record could hold them.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import h11

from linkarchive.browser.rendering import FAILED, PRIVATE, SOCKET, TOO_LARGE, TOO_MANY, Limits
from linkarchive.browser.trust import Trust
from linkarchive.browser.upstream import Answers, ClosedError
from linkarchive.model import Reason
from linkarchive.settings import NetworkSettings
from linkarchive.snapshot.capture_metadata import LeftOut
from linkarchive.web.decoding import ACCEPTED
from linkarchive.web.exchange import Exchange
from linkarchive.web.guard import host_is_private
from linkarchive.web.request_url import Target, parse_target
from linkarchive.web.transport import BrowserRequest, HttpRequest, HttpResult

_PATIENCE = 60.0
"""Seconds for which a connection of the browser is kept without a request."""
_MOST_SENT = 1024 * 1024
"""Bytes of a request's payload: a longer one is refused."""
_CHUNK = 64 * 1024
_MOST_LISTED = 300
"""Requests that were left out, by name."""
_TLS = b"\x16"
"""The first byte of a ClientHello."""
_NOT_SENT_ON = frozenset(
    {"connection", "proxy-connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
     "proxy-authorization", "proxy-authenticate", "host", "content-length", "accept-encoding", "accept-language"}
)  # fmt: skip
"""Header fields of one connection, and those that the proxy writes itself."""
_RECORDED = frozenset({"GET", "POST"})
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class PageTraffic:
    """The requests that a browser makes for one page: which of them are sent, how many are under way, what was
    recorded and what was left out. Safe between threads."""

    def __init__(self, network: NetworkSettings, limits: Limits) -> None:
        self._network = network
        self._limits = limits
        self._lock = threading.Lock()
        self._most = limits.parts
        self._begun = 0
        self._bytes = 0
        self._under_way = 0
        self._last = time.monotonic()
        self._closed = False
        self._exchanges: list[Exchange] = []
        self.left_out: list[LeftOut] = []
        """The first `_MOST_LISTED` of them."""

    @property
    def is_full(self) -> bool:
        """Whether the page has had as many requests, or as many bytes, as its limits allow."""
        return self._begun >= self._most or self._bytes >= self._limits.bytes

    @property
    def quiet(self) -> float:
        """Seconds since anything was asked for or answered; 0 while something is under way."""
        with self._lock:
            return 0.0 if self._under_way else time.monotonic() - self._last

    def end_at(self, parts: int) -> None:
        """Refuse what comes after so many requests, counted from the first one of the page."""
        with self._lock:
            self._most = min(self._most, max(parts, self._begun))

    def refuses(self, target: Target) -> bool:
        """True for a request that must not be sent, to a private address or beyond the limits: listed as left out."""
        if not self._network.allow_private and host_is_private(target.host):
            return self.leave_out(target.url, PRIVATE)
        return self.is_full and self.leave_out(target.url, TOO_MANY)

    def leave_out(self, url: str, why: str) -> bool:
        """List a request as left out. Always true, so that a condition can end with it."""
        with self._lock:
            if len(self.left_out) < _MOST_LISTED:
                self.left_out.append(LeftOut(url, why))
        return True

    def begins(self, url: str) -> bool:
        """True if a request may be sent now, which `end` ends; False if not, and it is listed as left out."""
        with self._lock:
            if not self.is_full:
                self._begun += 1
                self._under_way += 1
                self._last = time.monotonic()
                return True
        return not self.leave_out(url, TOO_MANY)

    def end(self) -> None:
        with self._lock:
            self._under_way -= 1
            self._last = time.monotonic()

    def record(self, exchange: Exchange, is_part: bool) -> bool:
        """Keep an exchange for the record. False if it is none for the record, or too late: its body is the caller's to
        close then."""
        with self._lock:
            self._bytes += exchange.body.length
            cut = exchange.truncated is not None and is_part
            if self._closed or cut or exchange.method not in _RECORDED or exchange.status in (206, 304):
                return False
            self._exchanges.append(exchange)
            return True

    def take(self) -> tuple[Exchange, ...]:
        """What was recorded, in order. Nothing is recorded from now on, and the bodies are the caller's to close."""
        with self._lock:
            self._closed = True
            exchanges, self._exchanges = tuple(self._exchanges), []
            return exchanges


class Listener:
    """The proxy of one page, on a port of its own, until `close`."""

    def __init__(self, upstream: Answers, trust: Trust, network: NetworkSettings, traffic: PageTraffic) -> None:
        self._upstream = upstream
        self._trust = trust
        self._network = network
        self._traffic = traffic
        self._connections: set[socket.socket] = set()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, name="linkarchive-proxy", daemon=True).start()

    def close(self) -> None:
        """Take no more connections, and end the open ones."""
        for connection in (self._socket, *tuple(self._connections)):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), name="linkarchive-proxy", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE)
        # ValueError: the page was taken down, and its bodies closed, before the browser had read one.
        with suppress(OSError, ValueError, h11.RemoteProtocolError, h11.LocalProtocolError, ClosedError):
            self._requests(connection)

    @contextmanager
    def _open(self, connection: socket.socket) -> Iterator[None]:
        """`close` ends the connection as long as it is open."""
        self._connections.add(connection)
        try:
            yield
        finally:
            self._connections.discard(connection)
            connection.close()

    def _requests(self, connection: socket.socket, origin: str = "") -> None:
        """Answer the requests of a connection until it ends, and close it. `origin` is set within a tunnel."""
        with self._open(connection):
            self._answers(connection, origin)

    def _answers(self, connection: socket.socket, origin: str) -> None:
        stream = _Stream(connection)
        while (request := stream.request()) is not None:
            if request.method == b"CONNECT":
                authority = request.target.decode("ascii")
                if self._refuses_host(f"https://{authority}/"):
                    stream.answer(403)
                    return
                stream.answer(200)
                if connection.recv(1, socket.MSG_PEEK) == _TLS:
                    tls = self._trust.context.wrap_socket(connection, server_side=True)
                    return self._requests(tls, f"https://{authority}")
                origin = f"http://{authority}"
                stream = _Stream(connection)
            elif not self._exchange(stream, request, origin):
                return

    def _refuses_host(self, url: str) -> bool:
        try:
            return self._traffic.refuses(parse_target(url))
        except ValueError:
            return True

    def _exchange(self, stream: _Stream, request: h11.Request, origin: str) -> bool:
        """Send a request on, and the answer back. False if the connection cannot be used for another request."""
        payload = stream.payload()
        fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw_items()]
        names = {name.lower(): value for name, value in fields}
        try:
            target = parse_target(origin + request.target.decode("latin-1"))
        except ValueError:
            return stream.answer(400)
        if "upgrade" in names:
            self._traffic.leave_out(target.url, SOCKET)
            return stream.answer(403)
        if payload is None or self._traffic.refuses(target):
            return stream.answer(403)
        is_part = not names.get("accept", "").startswith("text/html")
        browsers = BrowserRequest(request.method.decode("ascii"), self._fields(fields), payload, is_part)
        if not self._traffic.begins(target.url):
            return stream.answer(403)
        try:
            result = self._upstream.fetch(HttpRequest(target, browser=browsers))
            return self._pass_back(stream, target, result, is_part)
        finally:
            self._traffic.end()

    def _fields(self, given: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """The header fields to be sent: the browser's, with our own languages and the encodings that we can decode, and
        without a range that begins at the first byte, since the record is to have the whole file."""
        fields = [
            (name, value)
            for name, value in given
            if name.lower() not in _NOT_SENT_ON and (name.lower(), value) != ("range", "bytes=0-")
        ]
        return (*fields, ("Accept-Language", self._network.accept_language), ("Accept-Encoding", ACCEPTED))

    def _pass_back(self, stream: _Stream, target: Target, result: HttpResult, is_part: bool) -> bool:
        exchange = result.result
        if not isinstance(exchange, Exchange):
            is_ours = exchange.reason is Reason.RATE_LIMITED  # nothing was sent
            why = PRIVATE if exchange.reason is Reason.PRIVATE_ADDRESS else exchange.detail if is_ours else FAILED
            self._traffic.leave_out(target.url, why)
            return stream.answer(502)
        if exchange.truncated is not None and is_part:
            self._traffic.leave_out(target.url, TOO_LARGE)
        kept = self._traffic.record(exchange, is_part)
        try:
            return stream.send(exchange, result.set_cookies)
        finally:
            if not kept:
                exchange.body.close()


class _Stream:
    """Requests and answers on one connection."""

    def __init__(self, connection: socket.socket | ssl.SSLSocket) -> None:
        self._connection = connection
        self._http = h11.Connection(h11.SERVER)

    def request(self) -> h11.Request | None:
        """The next one; None when the browser has closed the connection, or it cannot go on."""
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        if self._http.our_state is not h11.IDLE:
            return None
        event = self._event()
        return event if isinstance(event, h11.Request) else None

    def payload(self) -> bytes | None:
        """The payload of the request; None if it is too long to be sent."""
        data = bytearray()
        while isinstance(event := self._event(), h11.Data):
            data += event.data[: _MOST_SENT + 1 - len(data)]
        return None if len(data) > _MOST_SENT else bytes(data)

    def answer(self, status: int) -> bool:
        """Send an answer of our own, without a body. Always true: the connection can go on."""
        fields = [] if status == 200 else [("Content-Length", "0")]
        self._send(h11.Response(status_code=status, headers=fields))
        if status != 200:
            self._send(h11.EndOfMessage())
        return True

    def send(self, exchange: Exchange, set_cookies: Sequence[str]) -> bool:
        """Send the answer as it came, its cookies with their values. False after one that is cut, since the browser
        still waits for the rest."""
        own = ("content-length", "set-cookie", "set-cookie2")
        fields = [field for field in exchange.headers if field[0].lower() not in (*own, *_NOT_SENT_ON)]
        fields += [("Set-Cookie", value) for value in set_cookies]
        length = exchange.body.length + (1 if exchange.truncated else 0)
        if exchange.method != "HEAD" and exchange.status not in (204, 304):
            fields.append(("Content-Length", str(length)))
        sound = [(name, _CONTROL.sub("", value).strip()) for name, value in fields if _NAME.fullmatch(name)]
        self._send(
            h11.Response(
                status_code=exchange.status,
                headers=[(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in sound],
            )
        )
        if exchange.method == "HEAD" or exchange.status in (204, 304):
            self._send(h11.EndOfMessage())
            return True
        for piece in exchange.body.chunks():
            self._send(h11.Data(data=piece))
        if exchange.truncated:
            return False
        self._send(h11.EndOfMessage())
        return True

    def _event(self) -> Any:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(self._connection.recv(_CHUNK))
        return event

    def _send(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            self._connection.sendall(data)
