"""Many visits at once: the one loop that drives them all."""

from __future__ import annotations

import heapq
import itertools
import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

from msgspec.structs import replace

from linkarchive.clock import Clock
from linkarchive.model import Failure, Reason
from linkarchive.secrets import redact
from linkarchive.settings import NetworkSettings, SiteSettings
from linkarchive.web.exchange import Exchange, Visit, VisitRequest
from linkarchive.web.limits import room_for
from linkarchive.web.pacing import Paces, Pacing
from linkarchive.web.retry import retry_after
from linkarchive.web.robots import Rules, robots_request
from linkarchive.web.transport import HttpRequest, HttpResult, Transport
from linkarchive.web.visit import MayFetch, Step, Steps, visit

log = logging.getLogger(__name__)

KnownRules = dict[str, Rules]
"""Of robots.txt, by origin."""

WINDOW = 32
"""Visits looked at ahead, as a multiple of `concurrency`: enough hosts to choose from when one is slow …"""
WIDEST = 4 * WINDOW
"""… and while connections are idle, since all that was looked at is for hosts that may not be asked yet."""

_LOOK_UP = 0.25
"""Seconds after which `stop` is asked again while nothing happens."""

_GLANCE = 0.001
"""Seconds for which visits that have ended are handed out before the network is looked at again."""


def never() -> bool:
    return False


def fetch_all(
    requests: Iterable[VisitRequest | None],
    network: NetworkSettings,
    clock: Clock,
    *,
    stop: Callable[[], bool] = never,
    sites: Sequence[SiteSettings] = (),
    before_waiting: Callable[[], bool] = never,
    rules: KnownRules | None = None,
    paces: Paces | None = None,
) -> Generator[Visit, None, None]:
    """Visit every request, up to `concurrency` at a time; yields each Visit as it ends, one a request.

    `requests` is read as needed; None says that there may be more once a visit has ended. Once `stop()` is true nothing
    new begins: visits under way end and are yielded, those not begun, or waiting to be tried again, are not. The caller
    closes each Visit. While it works on one, the others wait; it should be back well within the network timeout.
    Raises SettingsError for a CA file that is not there. Closing the generator closes all handles, sockets and bodies.
    `sites` say which further headers a host gets; `before_waiting` is called when nothing has ended, and
    again, with a look at the network in between, as long as it returns True for having more to do. `rules` are
    those of robots.txt that are known, by origin; new ones are added to them. With the same `paces` a second call is
    as polite as if it were one with the first.
    """
    run = _Run(iter(requests), network, clock, stop, sites, rules, paces or Paces())
    more_to_do = False
    try:
        while run.goes_on():
            run.turn(may_wait=not more_to_do)
            more_to_do = bool(run.ended) or before_waiting()
            look_up = time.monotonic() + _GLANCE
            while run.ended:
                yield run.ended.popleft()
                run.more_later = False
                if time.monotonic() >= look_up:
                    break
    finally:
        run.close()


class _End:
    """Marks the end of the requests."""


_END = _End()


class _Task:
    """A visit under way; `origin` is set for the robots.txt of that origin, which is nobody's request."""

    __slots__ = ("begun", "origin", "request", "sent", "steps")

    def __init__(self, request: VisitRequest, steps: Steps, origin: str | None = None) -> None:
        self.request, self.steps, self.origin, self.begun = request, steps, origin, False
        self.sent: HttpRequest
        """The request that it waits for, to be sent or to be answered."""


class _Run:
    """The state of one `fetch_all`: tasks wait for their host's turn, for an answer, for robots.txt, or for a time."""

    def __init__(
        self,
        requests: Iterator[VisitRequest | None],
        network: NetworkSettings,
        clock: Clock,
        stop: Callable[[], bool],
        sites: Sequence[SiteSettings],
        rules: KnownRules | None,
        paces: Paces,
    ) -> None:
        self._requests = requests
        self._all_read = False
        self.more_later = False
        """There was no request when we asked last; there may be one when a visit has been handed out."""
        self._network = network
        self._clock = clock
        self._stop = stop
        self._stopping = False
        room = room_for(max(1, network.concurrency))
        self._at_once = room.visits
        self._transport: Transport[_Task] = Transport(network, clock, room.connections, sites, paces.fd)
        self._pacing: Pacing[_Task] = paces.pacing(network)
        self._tasks: set[_Task] = set()
        self._pauses: list[tuple[float, int, _Task]] = []
        self._order = itertools.count()
        self._rules: KnownRules = {} if rules is None else rules
        self._wanting_rules: dict[str, list[tuple[_Task, MayFetch]]] = {}
        self.ended: deque[Visit] = deque()

    def goes_on(self) -> bool:
        return bool(self.ended or self._tasks or not self._all_read)

    def turn(self, may_wait: bool) -> None:
        """Move data, then begin what may begin, so that no connection waits for the caller."""
        if not self._stopping and self._stop():
            self._wind_up()
        if self._tasks:
            for task, answer in self._transport.turn(self._patience() if may_wait else 0.0):
                host = task.sent.target.host
                self._pacing.done(host)
                self._pacing.note(host, *_impression(answer.result, self._clock))
                self._advance(task, answer)
        # When the caller is slower than the network, nothing more is asked for: what has ended holds its body.
        if len(self.ended) <= self._at_once:
            self._admit()
            self._resume_paused()
            self._send_due()
            self._transport.start()

    def close(self) -> None:
        self._transport.close()
        self._pacing.remember()
        for task in self._tasks:
            task.steps.close()
        for ended in self.ended:
            ended.close()
        self._tasks.clear()
        self.ended.clear()

    def _admit(self) -> None:
        # A part of the window at a time, so that the first are under way while the others are read.
        until = len(self._tasks) + self._at_once
        self.more_later = False
        while self._looks_ahead() and len(self._tasks) < until and len(self.ended) <= self._at_once:
            request = next(self._requests, _END)
            if isinstance(request, _End):
                self._all_read = True
                return
            if request is None:
                self.more_later = True
                return
            self._begin(request)

    def _looks_ahead(self) -> bool:
        window = WINDOW if self._is_busy() else WIDEST
        return not (self._all_read or self.more_later) and len(self._tasks) < window * self._at_once

    def _is_busy(self) -> bool:
        return self._transport.in_flight >= self._at_once

    def _begin(self, request: VisitRequest, origin: str | None = None) -> None:
        network = self._network
        if origin is not None:
            network = replace(network, retries=0)
        ask_robots = network.obey_robots and origin is None
        task = _Task(request, visit(request, network, self._clock, ask_robots, self._pacing.is_down), origin)
        self._tasks.add(task)
        self._advance(task, None)

    def _advance(self, task: _Task, answer: HttpResult | bool | None) -> None:
        """Give a visit its answer and see to what it needs next."""
        try:
            step = task.steps.send(answer)
        except StopIteration as stopped:
            self._end(task, stopped.value)
        except Exception as error:  # one bad link never stops a run
            log.exception("visiting %s", redact(task.request.url))
            failure = Failure(Reason.PROTOCOL, f"the visit broke down: {error!r}", task.request.url)
            self._end(task, Visit(task.request, self._clock.now(), (), failure))
        else:
            self._see_to(task, step)

    def _see_to(self, task: _Task, step: Step) -> None:
        if isinstance(step, HttpRequest):
            task.sent = step
            self._pacing.put(step.target.host, task, first=task.begun)
        elif isinstance(step, MayFetch):
            self._ask_robots(task, step)
        elif self._stopping:
            self._drop(task)
        else:
            heapq.heappush(self._pauses, (time.monotonic() + step.seconds, next(self._order), task))

    def _end(self, task: _Task, result: Visit) -> None:
        self._tasks.discard(task)
        if task.origin is None:
            self.ended.append(result)
            return
        rules = self._rules[task.origin] = Rules(result)
        result.close()
        for waiting, step in self._wanting_rules.pop(task.origin, []):
            if waiting in self._tasks:
                self._advance(waiting, rules.allow(step.target.url))

    def _ask_robots(self, task: _Task, step: MayFetch) -> None:
        origin = step.target.origin
        if origin in self._rules:
            self._advance(task, self._rules[origin].allow(step.target.url))
        elif origin in self._wanting_rules:
            self._wanting_rules[origin].append((task, step))
        else:
            self._wanting_rules[origin] = [(task, step)]
            self._begin(robots_request(origin), origin)

    def _resume_paused(self) -> None:
        now = time.monotonic()
        while self._pauses and self._pauses[0][0] <= now:
            self._advance(heapq.heappop(self._pauses)[2], None)

    def _send_due(self) -> None:
        now = time.monotonic()
        while not self._is_busy() and (task := self._pacing.take(now)) is not None:
            task.begun = True
            self._transport.send(task.sent, task)

    def _patience(self) -> float:
        """Seconds until something that waits here is due."""
        if self._looks_ahead() and not self._is_busy():
            return 0.0
        times = [self._pauses[0][0]] if self._pauses else []
        next_start = self._pacing.next_time()
        if next_start is not None and not self._is_busy():
            times.append(next_start)
        return min(_LOOK_UP, max(0.0, min(times) - time.monotonic())) if times else _LOOK_UP

    def _wind_up(self) -> None:
        """Begin nothing new: forget what has not begun or waits to be tried again."""
        self._stopping = True
        self._all_read = True
        for task in [task for task in self._tasks if not task.begun and task.origin is None]:
            self._drop(task)
        for _, _, task in self._pauses:
            self._drop(task)
        self._pauses.clear()
        for task in self._pacing.clear():
            if task in self._tasks:
                self._pacing.put(task.sent.target.host, task)

    def _drop(self, task: _Task) -> None:
        task.steps.close()
        self._tasks.discard(task)


def _impression(result: Exchange | Failure, clock: Clock) -> tuple[bool, bool, float]:
    """Did the host fail, did it ask us to slow down, and to wait how many seconds?"""
    if isinstance(result, Failure):
        return not result.connected, False, 0.0
    if result.status not in (429, 503):
        return False, False, 0.0
    return False, True, retry_after(result, clock.now()) or 0.0
