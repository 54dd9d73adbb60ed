"""Asking archives: one session, one pace for each endpoint, and trouble told apart from answers."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from linkarchive.clock import Clock
from linkarchive.settings import NetworkSettings, WaybackSettings
from linkarchive.wayback.answers import ArchiveTroubleError, Why
from linkarchive.wayback.archives import Archive
from linkarchive.wayback.transport import NoAnswerError, NoConnectionError, Sender
from linkarchive.web.decoding import decode_start
from linkarchive.web.exchange import Exchange
from linkarchive.web.retry import retry_after

_LONGEST_NAP = 0.5
"""Seconds between two looks at whether the run was stopped."""
_GIVE_UP = 3
"""Questions in a row without an answer after which an endpoint is left alone for the rest of the run; and tries in
a row without any sign of life after which the whole archive is."""
_GIVE_UP_ON_ERRORS = 12
"""Questions in a row that are answered by errors, after which it is the endpoint's fault, and not the captures'."""
WINDOW = 61.0
"""Seconds in which an endpoint gets at most its requests a minute, however late some of them went out."""
_LOOKS_PER_SAVE = 10
"""How often the state of a capture may be asked for, against how often one may be started."""
# How the Wayback Machine says that a site is excluded: in this field and in the text (edgi/wayback, waybackpy 3.0.6).
_ERROR_FIELD = "x-archive-wayback-runtime-error"
_EXCLUDED = ("AdministrativeAccessControl", "RobotAccessControl", "Blocked Site Error", "has been excluded")

Malformed = Callable[[Exchange], str | None]


class Service(StrEnum):
    """What is limited for itself at an archive; TimeMaps share the limit of the index."""

    REPLAY = "replay"
    INDEX = "index"
    SAVE = "save"
    STATUS = "save status"


def is_capture(exchange: Exchange) -> bool:
    """The status is that of the stored page, not the archive's own (RFC 7089 §2.1.1)."""
    return "memento-datetime" in exchange.header_map


@dataclass(slots=True)
class _Host:
    """What is true of all endpoints of an archive: does anything answer there?"""

    name: str
    failures: int = 0
    stopped: ArchiveTroubleError | None = None


@dataclass(slots=True)
class RateLimit:
    """One endpoint: when it may be asked next, and whether it may be at all."""

    name: str
    host: _Host
    per_minute: float
    """0: no limit."""
    next_start: float = 0.0
    sent: deque[float] = field(default_factory=deque)
    """When the requests of the last minute went out."""
    failures: int = 0
    closed: ArchiveTroubleError | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def stopped(self) -> ArchiveTroubleError | None:
        return self.closed or self.host.stopped

    def acquire(self, now: float) -> float:
        """Take one of the requests of this minute: 0.0, or the seconds until there is one."""
        with self.lock:
            while self.sent and self.sent[0] <= now - WINDOW:
                self.sent.popleft()
            if self.stopped is None and self.per_minute and len(self.sent) >= max(1, int(self.per_minute)):
                return self.sent[0] + WINDOW - now
            self.sent.append(now)
            return 0.0

    def close(self, error: ArchiveTroubleError, wait: float | None) -> None:
        """It is not asked any more; `wait`: for how many seconds the archive asks us to stay away."""
        self.closed = self.closed or error


@dataclass(slots=True)
class RateLimits:
    """The endpoints of archives that were asked; sessions with the same limits ask no faster than one would."""

    hosts: dict[str, _Host] = field(default_factory=dict)
    gates: dict[tuple[str, Service], RateLimit] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def limited(self, gate: RateLimit) -> RateLimit:
        """A new gate, as it is to be limited."""
        return gate


class ArchiveSession:
    """Sends every request that the program makes to archives; one for the process, safe in several threads.

    The budget (`[wayback] budget`, or `budget` seconds; 0: no limit) runs from the making. Closing it, or `stop`
    answering true, ends every wait.
    """

    def __init__(
        self,
        network: NetworkSettings,
        settings: WaybackSettings,
        clock: Clock,
        *,
        budget: float | None = None,
        stop: Callable[[], bool] = lambda: False,
        limits: RateLimits | None = None,
    ) -> None:
        self.network = network
        self.settings = settings
        self.clock = clock
        self._stop = stop
        self._closed = threading.Event()
        seconds = settings.budget if budget is None else budget
        self._end = time.monotonic() + seconds if seconds else None
        self._limits = limits or RateLimits()
        self._hosts, self._gates, self._lock = self._limits.hosts, self._limits.gates, self._limits.lock
        self._counts: Counter[str] = Counter()
        self._sender = Sender(network, clock)

    @property
    def counts(self) -> Mapping[str, int]:
        """Requests sent so far, by endpoint ("web.archive.org replay")."""
        with self._lock:
            return dict(self._counts)

    @property
    def notices(self) -> tuple[str, ...]:
        """The archives and endpoints that are not asked any more in this run, and why: a sentence each."""
        with self._lock:
            errors = [host.stopped for host in self._hosts.values()] + [gate.closed for gate in self._gates.values()]
        return tuple(f"{error.unknown.detail}; it is not asked again in this run" for error in errors if error)

    def may_answer(self, archives: Iterable[Archive]) -> bool:
        """There is time left, and one of these archives may still be asked for its copies."""
        if self._is_over():
            return False
        return any(self._gate(archive, Service.REPLAY).stopped is None for archive in archives)

    def ask(
        self,
        archive: Archive,
        service: Service,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        malformed: Malformed = lambda exchange: None,
    ) -> Exchange:
        """One exchange, redirects not followed: a capture of any status, or an answer of the archive's own under 500.

        A GET, or a POST of `form`. An answer in which `malformed` finds something, a 5xx and a broken connection
        are tried once more. The caller closes the body. Raises ArchiveTroubleError.
        """
        gate = self._gate(archive, service)
        for last in (False, True):
            self._take_turn(gate)
            try:
                exchange = self._sender.send(url, headers or {}, form, self._limit())
                gate.host.failures = 0
                with _closing_on_error(exchange):
                    self._refuse_trouble(gate, service, exchange, malformed)
            except NoAnswerError as error:
                if isinstance(error, NoConnectionError) and self._is_silent(gate.host, error):
                    raise self._refusal(gate) from error
                if last:
                    raise self._failed(gate, error) from error
            else:
                gate.failures = 0
                return exchange
        raise AssertionError  # the second try returns or raises

    def wait(self, seconds: float, gate: RateLimit | None = None) -> None:
        """Sleep, unless the budget ends before that or the run is stopped: raises ArchiveTroubleError. For the turn at
        an endpoint that is given up meanwhile, there is nothing to wait for."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and (gate is None or gate.stopped is None):
            self._check_budget()
            if self._closed.wait(min(left, _LONGEST_NAP)):
                break
        self._check_budget()

    def close(self) -> None:
        self._closed.set()
        self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- turns -------------------------------------------------------------------

    def _gate(self, archive: Archive, service: Service) -> RateLimit:
        per_minute = {
            Service.REPLAY: self.settings.replay_per_minute,
            Service.INDEX: self.settings.index_per_minute,
            Service.SAVE: self.settings.save_per_minute,
            Service.STATUS: _LOOKS_PER_SAVE * self.settings.save_per_minute,
        }[service]
        with self._lock:
            key = (archive.host, service)
            if key not in self._gates:
                host = self._hosts.setdefault(archive.host, _Host(archive.host))
                self._gates[key] = self._limits.limited(RateLimit(f"{archive.host} {service}", host, per_minute))
            return self._gates[key]

    def _take_turn(self, gate: RateLimit) -> None:
        """Wait for the endpoint's next free moment. Who waits has its moment: threads do not push each other back."""
        with gate.lock:
            if gate.stopped is not None:
                raise self._refusal(gate)
            start = max(time.monotonic(), gate.next_start)
            if self._end is not None and start >= self._end:
                raise _budget_spent()
            gate.next_start = start + (60.0 / gate.per_minute if gate.per_minute else 0.0)
        self.wait(start - time.monotonic(), gate)
        while (pause := gate.acquire(time.monotonic())) > 0:
            self.wait(pause, gate)
        if gate.stopped is not None:
            raise self._refusal(gate)
        with self._lock:
            self._counts[gate.name] += 1

    def _check_budget(self) -> None:
        if self._is_over():
            raise _budget_spent()

    def _is_over(self) -> bool:
        return self._closed.is_set() or self._stop() or (self._end is not None and time.monotonic() >= self._end)

    def _limit(self) -> float:
        """Seconds to wait for an answer."""
        if self._end is None:
            return self.settings.timeout
        return min(self.settings.timeout, max(0.1, self._end - time.monotonic()))

    # --- what came back ----------------------------------------------------------

    def _refuse_trouble(self, gate: RateLimit, service: Service, exchange: Exchange, malformed: Malformed) -> None:
        """Raise for an answer that is the archive's trouble, and not a word about the page."""
        if not is_capture(exchange):
            if exchange.status == 429:
                asked = retry_after(exchange, self.clock.now())
                wait = "" if asked is None else f"; it asks us to wait {asked:,.0f} s"
                raise self._stopped(gate, Why.RATE_LIMITED, f"limits our requests (HTTP 429{wait})", asked)
            if exchange.status >= 500:
                raise NoAnswerError(Why.DOWN, f"HTTP {exchange.status}")
            if service not in (Service.SAVE, Service.STATUS):
                self._refuse_exclusion(gate, service, exchange)
        words = malformed(exchange)
        if words:
            raise NoAnswerError(Why.MALFORMED, words)

    def _refuse_exclusion(self, gate: RateLimit, service: Service, exchange: Exchange) -> None:
        message = exchange.header_map.get(_ERROR_FIELD, "")
        if exchange.status >= 400 or service is Service.INDEX:
            message += decode_start(exchange.body, exchange.header_map, 8192).decode("utf-8", "replace")
        if exchange.status == 451 or any(word in message for word in _EXCLUDED):
            raise ArchiveTroubleError(Why.EXCLUDED, f"{gate.name}: the archive does not show this site")
        if exchange.status in (401, 403):
            gate.failures += 1
            words = f"refuses our requests (HTTP {exchange.status})"
            if service is Service.REPLAY and gate.failures < _GIVE_UP:  # one copy may be closed, and not the archive
                raise ArchiveTroubleError(Why.RATE_LIMITED, f"{gate.name} {words}", of_copy=True)
            raise self._stopped(gate, Why.RATE_LIMITED, words)

    def _is_silent(self, host: _Host, error: NoConnectionError) -> bool:
        """Another try without any answer; after a few in a row the whole archive is left alone."""
        with self._lock:
            host.failures += 1
            if host.failures >= _GIVE_UP and host.stopped is None:
                host.stopped = ArchiveTroubleError(error.why, f"{host.name} does not answer ({error})")
        return host.stopped is not None

    def _refusal(self, gate: RateLimit) -> ArchiveTroubleError:
        """Why an endpoint is not asked any more, as an error of its own (it is raised in several threads)."""
        known = gate.stopped
        assert known is not None  # noqa: S101 - asked for stopped gates only
        return ArchiveTroubleError(known.unknown.why, known.unknown.detail)

    def _failed(self, gate: RateLimit, error: NoAnswerError) -> ArchiveTroubleError:
        gate.failures += 1
        if gate.failures >= (_GIVE_UP if isinstance(error, NoConnectionError) else _GIVE_UP_ON_ERRORS):
            return self._stopped(gate, error.why, f"does not answer ({error})")
        words = f"{gate.name}: no answer that can be read ({error})"
        return ArchiveTroubleError(error.why, words, of_copy=not isinstance(error, NoConnectionError))

    def _stopped(self, gate: RateLimit, why: Why, words: str, wait: float | None = None) -> ArchiveTroubleError:
        error = ArchiveTroubleError(why, f"{gate.name} {words}")
        gate.close(error, wait)
        return error


@contextmanager
def _closing_on_error(exchange: Exchange) -> Iterator[None]:
    try:
        yield
    except BaseException:
        exchange.body.close()
        raise


def _budget_spent() -> ArchiveTroubleError:
    return ArchiveTroubleError(Why.BUDGET, "the time for asking web archives was over; the next run goes on")
