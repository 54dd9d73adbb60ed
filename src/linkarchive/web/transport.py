"""One exchange is the unit: thousands at a time on libcurl's multi interface, in one thread.

libcurl tells which sockets and which timer it waits for (`socket_action`, so that nothing is
scanned); the standard `selectors` does the waiting (epoll or kqueue: select() stops at 1,024).
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import certifi
import pycurl

from linkarchive.clock import Clock
from linkarchive.errors import SettingsError
from linkarchive.model import Failure
from linkarchive.settings import NetworkSettings, SiteSettings
from linkarchive.sites import header_fields, rule_for
from linkarchive.web.cookies import REMOVED
from linkarchive.web.decoding import ACCEPTED
from linkarchive.web.exchange import Exchange
from linkarchive.web.names import Names
from linkarchive.web.proxy import proxy_for
from linkarchive.web.target import Target
from linkarchive.web.transfer import Transfer

ACCEPT = "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.8"


@dataclass(frozen=True, slots=True)
class Order:
    """A GET to be sent. Header values are latin-1 text."""

    target: Target
    cookie: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of an order. `set_cookies` are the fields as received; the exchange has them without values."""

    started: datetime
    result: Exchange | Failure
    set_cookies: tuple[str, ...] = ()


Deliver = Callable[[Reply], None]


class Transport:
    """Sends orders, delivers replies from within `turn`. Raises SettingsError for a CA file that is not there."""

    def __init__(
        self, network: NetworkSettings, clock: Clock, connections: int, sites: Sequence[SiteSettings] = ()
    ) -> None:
        self._network = network
        self._sites = sites
        self._clock = clock
        ca_file = network.ca_file or certifi.where()
        if not Path(ca_file).is_file():
            raise SettingsError(f"network.ca_file: {ca_file}: no such file; name a bundle of CA certificates in PEM")
        self._ca_file = ca_file
        self._idle: list[Transfer] = []
        self._busy: dict[pycurl.Curl, tuple[Transfer, Deliver]] = {}
        self._timer: float | None = None
        self._selector = selectors.DefaultSelector()
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, connections)
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._selector.register(self._wake_in, selectors.EVENT_READ, None)
        self._names = Names(3 * network.timeout, self._wake)
        self._replies: deque[tuple[Deliver, Reply]] = deque()

    @property
    def in_flight(self) -> int:
        return len(self._busy)

    def send(self, order: Order, deliver: Deliver) -> None:
        network, target = self._network, order.target
        transfer = self._idle.pop() if self._idle else Transfer(network, self._ca_file)
        sent, recorded = _request_fields(order, network, header_fields(rule_for(target.url, self._sites)))
        transfer.begin(target.url, sent, recorded, proxy_for(target, network), self._clock.now())
        self._busy[transfer.curl] = (transfer, deliver)
        self._multi.add_handle(transfer.curl)

    def turn(self, timeout: float | None) -> None:
        """Move data for at most `timeout` seconds (None: until something happens), then deliver what is done."""
        now = time.monotonic()
        waits = [timeout] if timeout is not None else []
        if self._timer is not None:
            waits.append(self._timer - now)
        if self._names.waiting:
            waits.append(1.0)
        for key, events in self._selector.select(max(0.0, min(waits)) if waits else None):
            if key.fileobj is self._wake_in:
                self._wake_in.recv(4096)
                continue
            action = (pycurl.CSELECT_IN if events & selectors.EVENT_READ else 0) | (
                pycurl.CSELECT_OUT if events & selectors.EVENT_WRITE else 0
            )
            self._multi.socket_action(key.fd, action)
        if self._timer is not None and self._timer <= time.monotonic():
            self._timer = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._read_results()
        self._names.collect()
        while self._replies:
            deliver, reply = self._replies.popleft()
            deliver(reply)

    def close(self) -> None:
        """Drop everything in flight and close every handle and socket."""
        self._names.close()
        for transfer, _ in self._busy.values():
            self._multi.remove_handle(transfer.curl)
            transfer.close()
        for transfer in self._idle:
            transfer.close()
        self._busy.clear()
        self._idle.clear()
        for _, reply in self._replies:
            if isinstance(reply.result, Exchange):
                reply.result.body.close()
        self._replies.clear()
        self._multi.close()
        self._selector.close()
        self._wake_in.close()
        self._wake_out.close()

    def _read_results(self) -> None:
        more = 1
        while more:
            more, good, bad = self._multi.info_read()
            for curl in good:
                self._finish(curl, 0, "")
            for curl, code, message in bad:
                self._finish(curl, code, message)

    def _finish(self, curl: pycurl.Curl, code: int, message: str) -> None:
        transfer, deliver = self._busy.pop(curl)
        started = transfer.started
        result, set_cookies = transfer.result(code, message)
        self._multi.remove_handle(curl)
        self._idle.append(transfer)
        if isinstance(result, Failure) and code == pycurl.E_COULDNT_RESOLVE_HOST:
            self._look_again(transfer.host, result, started, deliver)
        else:
            self._replies.append((deliver, Reply(started, result, set_cookies)))

    def _look_again(self, host: str, failure: Failure, started: datetime, deliver: Deliver) -> None:
        def answer(no_such_name: bool) -> None:
            told = replace(failure, no_such_name=True, detail="no such host name") if no_such_name else failure
            self._replies.append((deliver, Reply(started, told)))

        self._names.ask(host, answer)

    def _watch(self, what: int, fd: int, _multi: object, _data: object) -> None:
        """libcurl's wish about a socket."""
        known = fd in self._selector.get_map()
        if what == pycurl.POLL_REMOVE:
            if known:
                self._selector.unregister(fd)
            return
        events = (selectors.EVENT_READ if what & pycurl.POLL_IN else 0) | (
            selectors.EVENT_WRITE if what & pycurl.POLL_OUT else 0
        )
        if known:
            self._selector.modify(fd, events)
        else:
            self._selector.register(fd, events)

    def _set_timer(self, milliseconds: int) -> None:
        self._timer = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000

    def _wake(self) -> None:
        """From another thread: end the select. A full or closed pipe needs no second byte."""
        try:
            self._wake_out.send(b"\0")
        except OSError:
            return


def _request_fields(
    order: Order, network: NetworkSettings, extra: Sequence[tuple[str, str]]
) -> tuple[list[bytes], tuple[tuple[str, str], ...]]:
    """The fields for libcurl, and all fields of the request in the order it sends them, without secrets.

    `extra` are the site's own: they replace ours of the same name, and may be secrets.
    """
    own = [
        ("User-Agent", network.user_agent),
        ("Accept", ACCEPT),
        ("Accept-Language", network.accept_language),
        ("Accept-Encoding", ACCEPTED),
    ]
    # Validators go back byte for byte (nginx compares exactly); only what could end the field early is refused.
    own += [
        (name, value)
        for name, value in (("If-None-Match", order.etag), ("If-Modified-Since", order.last_modified))
        if value and value.isprintable()
    ]
    given = {name.lower() for name, _ in extra}
    own = [(name, value) for name, value in own if name.lower() not in given]
    secret = [
        (name, value)
        for name, value in (("Cookie", order.cookie), ("Authorization", order.target.authorization))
        if value and name.lower() not in given
    ]
    secret += extra
    sent = [f"{name}: {value}".encode("latin-1", "replace") for name, value in own + secret]
    recorded = [("Host", order.target.netloc), *own]
    if order.cookie and "cookie" not in given:
        recorded.append(("Cookie", REMOVED))
    recorded += [(name, REMOVED) for name, _ in extra]
    return sent, tuple(recorded)
