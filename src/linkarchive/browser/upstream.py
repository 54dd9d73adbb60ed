"""What the browser asks for, sent as our own visits are: libcurl with its guard, proxies, CA file and limits."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Protocol

from linkarchive.clock import Clock
from linkarchive.settings import NetworkSettings, SiteSettings
from linkarchive.web.exchange import Exchange
from linkarchive.web.transport import HttpRequest, HttpResult, Transport

CONNECTIONS = 32
_LOOK_UP = 5.0


class Answers(Protocol):
    """Who answers what the browser asks for: the web, or an archive."""

    def fetch(self, request: HttpRequest) -> HttpResult: ...


class ClosedError(Exception):
    """Nothing is sent any more."""


class Upstream:
    """One `Transport` in a thread of its own, for the threads of the proxy. Raises SettingsError as that does."""

    def __init__(self, network: NetworkSettings, clock: Clock, sites: Sequence[SiteSettings] = ()) -> None:
        self._transport: Transport[Future[HttpResult]] = Transport(network, clock, CONNECTIONS, sites)
        self._requests: deque[tuple[HttpRequest, Future[HttpResult]]] = deque()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="linkarchive-upstream", daemon=True)
        self._thread.start()

    def fetch(self, request: HttpRequest) -> HttpResult:
        """The answer or the failure. Blocks for as long as a visit may take; raises ClosedError."""
        future: Future[HttpResult] = Future()
        self._requests.append((request, future))
        self._transport.wake()
        if self._closed:
            raise ClosedError
        return future.result()

    def close(self) -> None:
        """End what is in flight; those who wait for it get ClosedError."""
        self._closed = True
        self._transport.wake()
        self._thread.join()

    def _work(self) -> None:
        waiting: set[Future[HttpResult]] = set()
        try:
            while not self._closed:
                while self._requests:
                    request, future = self._requests.popleft()
                    waiting.add(future)
                    self._transport.send(request, future)
                self._transport.start()
                for future, result in self._transport.turn(_LOOK_UP):
                    waiting.discard(future)
                    if not future.set_running_or_notify_cancel() and isinstance(result.result, Exchange):
                        result.result.body.close()
                    else:
                        future.set_result(result)
        finally:
            self._closed = True
            self._transport.close()
            for future in (*waiting, *(future for _, future in self._requests)):
                with suppress(Exception):
                    future.set_exception(ClosedError())
