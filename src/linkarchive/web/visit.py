"""One visit: redirects, cookies, refreshes and retries around single exchanges. No I/O, no waiting.

A visit is a generator: it yields what it needs next (a step) and is sent the answer, so
that one thread runs thousands of them and each reads from top to bottom.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import datetime

from linkarchive.clock import Clock
from linkarchive.model import Failure, Reason
from linkarchive.settings import NetworkSettings
from linkarchive.web.cookies import Cookies
from linkarchive.web.exchange import Exchange, Visit, VisitRequest
from linkarchive.web.guard import host_is_private
from linkarchive.web.refresh import refresh_of
from linkarchive.web.retry import retry_pause
from linkarchive.web.target import Target, parse_redirect, parse_target
from linkarchive.web.transport import Order, Reply

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before the whole chain is tried again; answered with None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class MayFetch:
    """May the URL be fetched, says its host's robots.txt? Answered with a bool."""

    target: Target


Step = Order | Pause | MayFetch
"""An order is to be sent, and answered with its Reply."""
Steps = Generator[Step, Reply | bool | None, Visit]


def visit(
    request: VisitRequest, network: NetworkSettings, clock: Clock, ask_robots: bool, is_weary: Callable[[str], bool]
) -> Steps:
    """The steps of one visit; returns the Visit. Closing the generator closes the bodies it holds.

    `is_weary` says of a host whether trying it again is a waste of time.
    """
    tries = 1
    while True:
        chain = _Chain(request, network, clock, ask_robots)
        try:
            yield from chain.follow()
            pause = None if chain.settled else retry_pause(chain.outcome, tries, network, clock.now())
            if pause is None or is_weary(chain.last_host):
                return chain.visit(tries)
            chain.close()
            yield Pause(pause)
        except BaseException:
            chain.close()
            raise
        tries += 1


class _Chain:
    """One try: the exchanges from the requested URL to the page, or to the failure."""

    def __init__(self, request: VisitRequest, network: NetworkSettings, clock: Clock, ask_robots: bool) -> None:
        self._request = request
        self._network = network
        self._clock = clock
        self._ask_robots = ask_robots
        self._cookies = Cookies()
        self._seen: set[tuple[str, str | None]] = set()
        self._exchanges: list[Exchange] = []
        self._failure: Failure | None = None
        self._started: datetime | None = None
        self.last_host = ""
        self.settled = False
        """The failure is of our own making (guard, robots, loop): another try would end alike."""

    @property
    def outcome(self) -> Exchange | Failure:
        return self._failure or self._exchanges[-1]

    def visit(self, tries: int) -> Visit:
        started = self._exchanges[0].started if self._exchanges else self._started
        return Visit(self._request, started or self._clock.now(), tuple(self._exchanges), self._failure, tries)

    def close(self) -> None:
        for exchange in self._exchanges:
            exchange.body.close()

    def follow(self) -> Generator[Step, Reply | bool | None, None]:
        """Exchange after exchange until a page or a failure is there."""
        target = self._first_target()
        while target is not None and not self._is_private(target):
            if self._ask_robots and not (yield MayFetch(target)):
                self._refuse(Reason.ROBOTS, f"robots.txt of {target.host} does not allow it", target.url)
                return
            self.last_host = target.host
            reply = yield self._order(target)
            assert isinstance(reply, Reply)  # noqa: S101 - the protocol between a visit and its driver
            if isinstance(reply.result, Failure):
                self._failure, self._started = reply.result, reply.started
                return
            self._exchanges.append(reply.result)
            if reply.set_cookies:
                self._cookies.take(target, reply.set_cookies, self._clock.now())
            target = self._next_target(target, reply.result)

    def _first_target(self) -> Target | None:
        try:
            return parse_target(self._request.url)
        except ValueError as error:
            self._refuse(Reason.PROTOCOL, str(error), self._request.url)
            return None

    def _is_private(self, target: Target) -> bool:
        if self._network.allow_private or not host_is_private(target.host):
            return False
        self._refuse(Reason.PRIVATE_ADDRESS, f"{target.host} is a private address", target.url)
        return True

    def _order(self, target: Target) -> Order:
        cookie = self._cookies.header(target)
        self._seen.add((target.url, cookie))
        if self._exchanges:
            return Order(target, cookie)
        return Order(target, cookie, self._request.etag, self._request.last_modified)

    def _next_target(self, target: Target, exchange: Exchange) -> Target | None:
        location = _location(exchange) if exchange.status in _REDIRECTS else ""
        destination = location or refresh_of(exchange)
        if not destination:
            return None
        try:
            following = parse_redirect(target, destination)
        except ValueError as error:
            if location:
                self._refuse(Reason.PROTOCOL, f"it redirects, but {error}", target.url)
            return None
        # A page that refreshes to where we have been shows itself; a redirect that does so shows nothing,
        # unless it brought a cookie and wants to see it.
        if location:
            if (following.url, self._cookies.header(following)) in self._seen:
                self._refuse(Reason.REDIRECT_LOOP, f"it redirects in a circle, back to {following.url}", target.url)
                return None
        elif any(url == following.url for url, _ in self._seen):
            return None
        if len(self._exchanges) > self._network.max_redirects:
            words = f"more than {self._network.max_redirects} redirects"
            self._refuse(Reason.REDIRECT_LOOP, words, target.url)
            return None
        return following

    def _refuse(self, reason: Reason, words: str, url: str) -> None:
        connected = bool(self._exchanges)
        self._failure = Failure(reason, words, url, connected=connected)
        self.settled = True


def _location(exchange: Exchange) -> str:
    return next((value for name, value in exchange.headers if name.lower() == "location"), "")
