"""What the browser asks for, sent as our own visits are: libcurl with its guard, proxies, CA file and limits."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Protocol

from linkarchive.browser.rendering import NO_TURN, THROTTLED
from linkarchive.clock import Clock
from linkarchive.model import Failure, Reason
from linkarchive.settings import NetworkSettings, SiteSettings
from linkarchive.web.exchange import Exchange
from linkarchive.web.retry import retry_after
from linkarchive.web.transport import HttpRequest, HttpResult, Transport

CONNECTIONS = 32
_LOOK_UP = 5.0
_LOOK_UP_TURN = 0.25
"""Seconds, at most, after which a request that waits for its turn looks whether anything is sent at all."""


class Answers(Protocol):
    """Who answers what the browser asks for: the web, or an archive."""

    def fetch(self, request: HttpRequest) -> HttpResult: ...


class Turns(Protocol):
    """When hosts may be asked, where others ask them as well; safe between threads."""

    def take(self, host: str) -> float:
        """Take a turn: 0.0, and the host may be asked now; else the seconds until there may be one. Raises
        ClosedError."""

    def slow_down(self, host: str, wait: float) -> None:
        """The host asked us to, and to wait so many seconds."""


class ClosedError(Exception):
    """Nothing is sent any more."""


class Upstream:
    """One `Transport` in a thread of its own, for the threads of the proxy. Raises SettingsError as that does."""

    def __init__(
        self, network: NetworkSettings, clock: Clock, sites: Sequence[SiteSettings] = (), turns: Turns | None = None
    ) -> None:
        self._turns = turns
        self._clock = clock
        self._patience = network.timeout
        self._lock = threading.Lock()
        self._asking: dict[str, threading.Lock] = {}
        self._throttled: set[str] = set()
        """Hosts that have asked us to slow down."""
        self._transport: Transport[Future[HttpResult]] = Transport(network, clock, CONNECTIONS, sites)
        self._requests: deque[tuple[HttpRequest, Future[HttpResult]]] = deque()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="linkarchive-upstream", daemon=True)
        self._thread.start()

    def fetch(self, request: HttpRequest) -> HttpResult:
        """The answer or the failure. Blocks for as long as a visit may take, and until there is a turn; raises
        ClosedError."""
        host = request.target.host
        why = self._no_turn(host)
        if why is not None:
            return HttpResult(self._clock.now(), Failure(Reason.RATE_LIMITED, why, request.target.url))
        future: Future[HttpResult] = Future()
        self._requests.append((request, future))
        self._transport.wake()
        if self._closed:
            raise ClosedError
        answer = future.result()
        if self._turns is not None and isinstance(answer.result, Exchange):
            wait = retry_after(answer.result, self._clock.now()) or 0.0
            if answer.result.status == 429 or (answer.result.status == 503 and wait):
                self._throttled.add(host)
                self._turns.slow_down(host, wait)
        return answer

    def _no_turn(self, host: str) -> str | None:
        """Wait for a turn on the host, as long as a page is waited for: None when there is one, else why there is
        none."""
        if self._turns is None:
            return None
        end = time.monotonic() + self._patience
        with self._lock:
            asking = self._asking.setdefault(host, threading.Lock())
        if not asking.acquire(timeout=self._patience):  # one at a time asks for the turns of a host
            return self._why_none(host)
        try:
            while not self._closed and (wait := self._turns.take(host)) > 0:
                if wait > self._patience:  # only a host that was put off takes so long
                    return THROTTLED
                if time.monotonic() + wait > end:
                    return self._why_none(host)
                time.sleep(min(wait, _LOOK_UP_TURN))
        finally:
            asking.release()
        return None

    def _why_none(self, host: str) -> str:
        return THROTTLED if host in self._throttled else NO_TURN

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
