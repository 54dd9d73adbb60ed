"""One visit: redirects, cookies, refreshes and retries around single exchanges. No I/O, no waiting.

A visit is a generator: it yields what it needs next (a step) and is sent the answer, so
that one thread runs thousands of them and each reads from top to bottom.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import datetime

from msgspec import Struct

from linkarchive.clock import Clock
from linkarchive.model import Failure, Reason
from linkarchive.settings import NetworkSettings
from linkarchive.web.cookies import Cookies
from linkarchive.web.exchange import Exchange, Visit, VisitRequest
from linkarchive.web.guard import host_is_private
from linkarchive.web.refresh import refresh_of
from linkarchive.web.request_url import NotOfTheWebError, Target, parse_redirect, parse_target
from linkarchive.web.retry import retry_pause
from linkarchive.web.transport import HttpRequest, HttpResult

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SILENT = frozenset({Reason.REFUSED, Reason.RESET, Reason.TIMEOUT})


class Pause(Struct, frozen=True):
    """Wait before the whole chain is tried again; answered with None."""

    seconds: float


class MayFetch(Struct, frozen=True):
    """May the URL be fetched, says its host's robots.txt? Answered with a bool."""

    target: Target


Step = HttpRequest | Pause | MayFetch
"""What a visit needs next. A request is answered with its HttpResult."""
Steps = Generator[Step, HttpResult | bool | None, Visit]


def visit(
    request: VisitRequest, network: NetworkSettings, clock: Clock, ask_robots: bool, is_down: Callable[[str], bool]
) -> Steps:
    """The steps of one visit; returns the Visit. Closing the generator closes the bodies it holds.

    `is_down` says of a host whether trying it again is a waste of time. A host that is silent on http is asked
    once on https, as browsers do before anything else; where it has no page there, the first failure stands.
    """
    tries = 1
    while True:
        chain = _Chain(request, network, clock)
        try:
            yield from _follow(chain, chain.first_target(), ask_robots)
            pause = None if chain.settled else retry_pause(chain.end, tries, network, clock.now())
            if pause is None or is_down(chain.last_host):
                break
            chain.close()
            yield Pause(pause)
        except BaseException:
            chain.close()
            raise
        tries += 1
    secure = chain.secure_target()
    if secure is not None:
        other = _Chain(request, network, clock)
        try:
            yield from _follow(other, secure, ask_robots)
        except BaseException:
            other.close()
            raise
        if other.has_page:
            return other.visit(tries)
        other.close()
    return chain.visit(tries)


def _follow(chain: _Chain, target: Target | None, ask_robots: bool) -> Generator[Step, HttpResult | bool | None, None]:
    """The steps of one try, from a target to the page or the failure."""
    while target is not None:
        if ask_robots and not (yield MayFetch(target)):
            chain.refuse(Reason.ROBOTS, f"robots.txt of {target.host} does not allow it", target.url)
            break
        answer = yield chain.request_to(target)
        assert isinstance(answer, HttpResult)  # noqa: S101 - the protocol between a visit and its driver
        target = chain.next_target(target, answer)


class _Chain:
    """One try: the exchanges from the requested URL to the page, or to the failure. Thousands wait for their turn at a
    time: until the first answer comes a chain holds nothing of its own."""

    __slots__ = (
        "_clock", "_cookie", "_cookies", "_exchanges", "_failure", "_fragment", "_network", "_request", "_seen",
        "_started", "last_host", "settled",
    )  # fmt: skip

    def __init__(self, request: VisitRequest, network: NetworkSettings, clock: Clock) -> None:
        self._request = request
        self._network = network
        self._clock = clock
        self._cookies: Cookies | None = None
        self._cookie: str | None = None
        self._seen: frozenset[tuple[str, str | None]] = frozenset()
        """Each address that led on, with the cookies sent to it."""
        self._exchanges: tuple[Exchange, ...] = ()
        self._failure: Failure | None = None
        self._fragment = ""
        self._started: datetime | None = None
        self.last_host = ""
        self.settled = False
        """The failure is of our own making (guard, robots, loop): another try would end alike."""

    @property
    def end(self) -> Exchange | Failure:
        """How the try ended: the failure, else the last exchange."""
        return self._failure or self._exchanges[-1]

    @property
    def has_page(self) -> bool:
        """It ended at a page; an error may be all that a host has to say on https."""
        return self._failure is None and bool(self._exchanges) and self._exchanges[-1].status < 400

    def secure_target(self) -> Target | None:
        """The same address by https, where http at its usual port met with silence."""
        failure = self._failure
        if failure is None or self._exchanges or failure.reason not in _SILENT or failure.proxy:
            return None
        target = parse_target(failure.url)
        if not target.url.startswith("http://") or target.netloc not in (target.host, f"[{target.host}]"):
            return None
        return parse_target(f"https://{self._request.url.partition('://')[2]}")

    def visit(self, tries: int) -> Visit:
        return Visit(
            self._request, self._started or self._clock.now(), self._exchanges, self._failure, tries, self._fragment
        )

    def close(self) -> None:
        for exchange in self._exchanges:
            exchange.body.close()

    def first_target(self) -> Target | None:
        try:
            return self._public(parse_target(self._request.url))
        except NotOfTheWebError as error:
            self.refuse(Reason.SCHEME, str(error), self._request.url)
        except ValueError as error:
            self.refuse(Reason.PROTOCOL, str(error), self._request.url)
        return None

    def request_to(self, target: Target) -> HttpRequest:
        """The request for a target, with the visit's cookies; only the first of a chain is conditional."""
        self.last_host = target.host
        self._cookie = self._cookies.header(target) if self._cookies else None
        if self._exchanges:
            return HttpRequest(target, self._cookie, fields=self._request.fields)
        request = self._request
        return HttpRequest(target, self._cookie, request.etag, request.last_modified, request.fields)

    def next_target(self, target: Target, answer: HttpResult) -> Target | None:
        """Where to send the next request after `target` gave this answer; None at the page, or at the failure."""
        self._started = self._started or answer.started
        exchange = answer.result
        if isinstance(exchange, Failure):
            self._failure = exchange
            return None
        self._exchanges += (exchange,)
        if answer.set_cookies:
            self._cookies = self._cookies or Cookies()
            self._cookies.take(target, answer.set_cookies, self._clock.now())
        location = _location(exchange) if exchange.status in _REDIRECTS else ""
        destination = location or refresh_of(exchange)
        if not destination:
            return None
        self._seen |= {(target.url, self._cookie)}
        try:
            following = parse_redirect(target, destination)
        except ValueError as error:
            if location:
                # Of an app's own scheme, such as itms-apps:, it is a link for a device, and nothing for us.
                reason = Reason.SCHEME if isinstance(error, NotOfTheWebError) else Reason.PROTOCOL
                self.refuse(reason, f"it redirects, but {error}", target.url)
            return None
        self._fragment = following.fragment or self._fragment
        return self._public(following) if self._may_follow(target, following, bool(location)) else None

    def _may_follow(self, target: Target, following: Target, redirects: bool) -> bool:
        # A page that refreshes to where we have been shows itself; a redirect that does so shows nothing,
        # unless it brought a cookie and wants to see it.
        if redirects:
            cookie = self._cookies.header(following) if self._cookies else None
            if (following.url, cookie) in self._seen:
                self.refuse(Reason.REDIRECT_LOOP, f"it redirects in a circle, back to {following.url}", target.url)
                return False
        elif any(url == following.url for url, _ in self._seen):
            return False
        if len(self._exchanges) > self._network.max_redirects:
            words = f"more than {self._network.max_redirects} redirects"
            self.refuse(Reason.REDIRECT_LOOP, words, target.url)
            return False
        return True

    def _public(self, target: Target) -> Target | None:
        if self._network.allow_private or not host_is_private(target.host):
            return target
        self.refuse(Reason.PRIVATE_ADDRESS, f"{target.host} is a private address", target.url)
        return None

    def refuse(self, reason: Reason, words: str, url: str) -> None:
        connected = bool(self._exchanges)
        self._failure = Failure(reason, words, url, connected=connected)
        self.settled = True


def _location(exchange: Exchange) -> str:
    return next((value for name, value in exchange.headers if name.lower() == "location"), "")
