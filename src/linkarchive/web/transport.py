"""HTTP requests and their answers, thousands at a time in one thread, on libcurl's multi interface.

libcurl tells which sockets and which timer it waits for (`socket_action`, so that nothing is
scanned); the standard `selectors` does the waiting (epoll or kqueue: select() stops at 1,024).
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

import certifi
import pycurl
from msgspec import Struct
from msgspec.structs import replace

from linkarchive.clock import Clock
from linkarchive.errors import SettingsError
from linkarchive.model import Failure, Reason
from linkarchive.settings import NetworkSettings, SiteSettings
from linkarchive.web.dns import Resolver
from linkarchive.web.exchange import Exchange
from linkarchive.web.failures import is_beyond_dns
from linkarchive.web.lenient import REFUSED, LenientReader
from linkarchive.web.proxy import proxy_for
from linkarchive.web.request_headers import Fields, RequestFields
from linkarchive.web.request_url import Target
from linkarchive.web.transfer import SentRequest, Transfer

_FORGET_EVERY = 64
"""So many transfers, after which libcurl forgets the host names that it no longer needs."""

Sender = TypeVar("Sender")


class BrowserRequest(Struct, frozen=True):
    """What a browser asks for. Header values are latin-1 text."""

    method: str
    fields: tuple[tuple[str, str], ...]
    """Without those of the connection; `Host` and the length of the payload follow from the rest."""
    payload: bytes = b""
    is_part: bool = False
    """Not the page itself: nothing is read of an answer that says it is longer than the limit."""


class HttpRequest(Struct, frozen=True):
    """A request to be sent: our own GET, or what a browser asks for. Header values are latin-1 text."""

    target: Target
    cookie: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    fields: Fields = ()
    """Beside our own, or in place of those of the same name."""
    browser: BrowserRequest | None = None
    """What the browser sends in place of our own fields."""


class HttpResult(Struct, frozen=True):
    """The exchange that a request led to, or why there is none."""

    started: datetime
    result: Exchange | Failure
    set_cookies: tuple[str, ...] = ()
    """Of the answer, as received; the exchange has them without their values."""


class Transport(Generic[Sender]):
    """Sends requests; `turn` returns the answers, each with its sender. Raises SettingsError if there is no certificate
    in the CA file, or no such file.

    At most `connections` are open at a time, in use or kept alive for what may follow.
    """

    def __init__(
        self,
        network: NetworkSettings,
        clock: Clock,
        connections: int,
        sites: Sequence[SiteSettings] = (),
        wakened_by: int | None = None,
    ) -> None:
        """`wakened_by`: a descriptor; `turn` comes back when it can be read."""
        self._network = network
        self._clock = clock
        self._fields = RequestFields(network, sites)
        ca_file = network.ca_file or certifi.where()
        if not Path(ca_file).is_file():
            raise SettingsError(f"ca_file: {ca_file}: no such file; give a bundle of CA certificates in PEM")
        if network.ca_file and not _has_certificate(Path(ca_file)):
            raise SettingsError(f"ca_file: {ca_file}: no certificate in it; give a bundle of CA certificates in PEM")
        self._ca_file = ca_file
        self._idle: list[Transfer] = []
        self._busy: dict[pycurl.Curl, tuple[Transfer, Sender]] = {}
        self._sent = 0
        self._timer: float | None = None
        self._selector = selectors.DefaultSelector()
        self._watched: dict[int, int] = {}
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, connections)
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._selector.register(self._wake_in, selectors.EVENT_READ, None)
        self._wakened_by = wakened_by
        if wakened_by is not None:
            self._selector.register(wakened_by, selectors.EVENT_READ, None)
        self._names = Resolver(3 * network.timeout, self.wake)
        self._lenient = LenientReader(network, ca_file, self.wake)
        self._answers: list[tuple[Sender, HttpResult]] = []

    @property
    def in_flight(self) -> int:
        """Requests that libcurl is at."""
        return len(self._busy)

    def send(self, request: HttpRequest, sender: Sender) -> None:
        """Take a request; it goes out with the next `start` or `turn`."""
        target = request.target
        transfer = self._idle.pop() if self._idle else Transfer(self._network, self._ca_file)
        browser = request.browser
        if browser is None:
            sent, recorded = self._fields.of(
                target, request.cookie, request.etag, request.last_modified, request.fields
            )
        else:
            sent, recorded = self._fields.of_browser(target, browser.fields)
        transfer.begin(target.url, sent, recorded, proxy_for(target, self._network), self._clock.now())
        if browser is not None:
            transfer.carry(browser.method, browser.payload, browser.is_part)
        self._sent += 1
        transfer.forget_names(self._sent % _FORGET_EVERY == 0)
        self._busy[transfer.curl] = (transfer, sender)
        self._multi.add_handle(transfer.curl)

    def start(self) -> None:
        """Let libcurl do what is due now, such as connecting for the requests that were just given to `send`."""
        if self._timer is not None and self._timer <= time.monotonic():
            self._timer = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def turn(self, timeout: float) -> list[tuple[Sender, HttpResult]]:
        """Wait at most `timeout` seconds for something to happen, and move what data can be moved. Returns the answers
        that are complete, often none."""
        if self._timer is not None:
            timeout = min(timeout, self._timer - time.monotonic())
        if self._names.waiting or self._lenient.waiting:
            timeout = min(timeout, 1.0)
        for key, events in self._selector.select(max(0.0, timeout)):
            if key.fileobj is self._wake_in:
                self._wake_in.recv(4096)
                continue
            if key.fd == self._wakened_by:
                continue
            action = (pycurl.CSELECT_IN if events & selectors.EVENT_READ else 0) | (
                pycurl.CSELECT_OUT if events & selectors.EVENT_WRITE else 0
            )
            self._multi.socket_action(key.fd, action)
        self.start()
        self._read_results()
        self._names.collect()
        self._lenient.collect()
        answers, self._answers = self._answers, []
        return answers

    def close(self) -> None:
        """Drop everything in flight and close every handle and socket."""
        self._names.close()
        self._lenient.close()
        for transfer, _ in self._busy.values():
            self._multi.remove_handle(transfer.curl)
            transfer.close()
        for transfer in self._idle:
            transfer.close()
        self._busy.clear()
        self._idle.clear()
        for _, answer in self._answers:
            if isinstance(answer.result, Exchange):
                answer.result.body.close()
        self._answers.clear()
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
            for curl, code, message in bad:  # which may quote what a server sent, in whatever encoding
                self._finish(curl, code, message.encode("utf-8", "replace").decode())

    def _finish(self, curl: pycurl.Curl, code: int, message: str) -> None:
        transfer, sender = self._busy.pop(curl)
        result, set_cookies = transfer.result(code, message)
        self._multi.remove_handle(curl)
        self._idle.append(transfer)
        if code in REFUSED and isinstance(result, Failure) and not result.proxy and transfer.method == "GET":
            self._read_leniently(transfer.request, result, sender)
        elif code == pycurl.E_COULDNT_RESOLVE_HOST and isinstance(result, Failure):
            self._look_again(transfer.host, result, transfer.started, sender)
        else:
            self._answers.append((sender, HttpResult(transfer.started, result, set_cookies)))

    def _look_again(self, host: str, failure: Failure, started: datetime, sender: Sender) -> None:
        def answer(no_such_name: bool) -> None:
            self._answers.append(
                (sender, HttpResult(started, _nonexistent(failure, host) if no_such_name else failure))
            )

        self._names.ask(host, answer)

    def _read_leniently(self, request: SentRequest, failure: Failure, sender: Sender) -> None:
        def answer(exchange: Exchange | None, set_cookies: tuple[str, ...]) -> None:
            self._answers.append((sender, HttpResult(request.started, exchange or failure, set_cookies)))

        self._lenient.ask(request, answer)

    def _watch(self, what: int, fd: int, _multi: object, _data: object) -> None:
        """Watch a socket for libcurl, or no longer (its M_SOCKETFUNCTION)."""
        if what == pycurl.POLL_REMOVE:
            if self._watched.pop(fd, None) is not None:
                self._selector.unregister(fd)
            return
        events = (selectors.EVENT_READ if what & pycurl.POLL_IN else 0) | (
            selectors.EVENT_WRITE if what & pycurl.POLL_OUT else 0
        )
        if fd not in self._watched:
            self._selector.register(fd, events)
        elif self._watched[fd] != events:
            self._selector.modify(fd, events)
        self._watched[fd] = events

    def _set_timer(self, milliseconds: int) -> None:
        self._timer = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000

    def wake(self) -> None:
        """End the wait of `turn`, from another thread."""
        try:
            self._wake_out.send(b"\0")
        except OSError:  # it is full, so `turn` will wake, or closed
            return


def _nonexistent(failure: Failure, host: str) -> Failure:
    """The failure to reach a host whose name does not exist; or that can be known in another network alone."""
    if is_beyond_dns(host):
        words = f"{host} is no name of the public DNS, and this machine knows no such host"
        return replace(failure, reason=Reason.OTHER_NETWORK, detail=words)
    return replace(failure, no_such_name=True, detail="no such host name")


def _has_certificate(path: Path) -> bool:
    """Whether a certificate is in the file; without one, every page on https would seem to have a false one. Raises
    SettingsError if it cannot be read."""
    try:
        return b"CERTIFICATE-----" in path.read_bytes()
    except OSError as error:
        raise SettingsError(f"ca_file: {path}: cannot be read: {error.strerror}") from error
