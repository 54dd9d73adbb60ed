"""The first pass of a run: all sources once; what cannot be concluded at once is set aside (`second_look`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from linkarchive.check import examine
from linkarchive.check.comparing import look, task_of
from linkarchive.check.desk import AT_ONCE, Desk, Seen
from linkarchive.check.events import Notice
from linkarchive.check.offline import Hosts
from linkarchive.check.plan import Plan
from linkarchive.check.pool import Scales
from linkarchive.check.promise import Promise, carry_on, is_kept, promises, request_for
from linkarchive.check.reading import Reading, keep_articles, recover_from
from linkarchive.check.weighing import weigh
from linkarchive.check.worker import NotWeighedError
from linkarchive.errors import ArchiveError
from linkarchive.model import Article, Page, Reason
from linkarchive.store.background import Background, backgrounds
from linkarchive.urls import host_of, redact
from linkarchive.web.connectivity import is_online
from linkarchive.web.exchange import Visit, VisitRequest
from linkarchive.web.page import page_of
from linkarchive.web.scheduler import fetch_all

MAX_SUSPECTS = 500
"""Suspects whose visits are kept open for a probe; what comes after is judged without one."""
MAX_SUSPECT_BYTES = 32 * 1024 * 1024
"""And bytes of their pages, which stay in memory."""

SETTLE_EVERY = 0.1
"""Seconds: what a `kill -9` may cost in verdicts, whose visits are then made again."""
ENOUGH_FAILURES = 20
_UNREAD = 32
"""Visits whose sources are read up together."""
_PATIENCE = 1.0
"""Seconds, at most, between two looks at what the scales show."""

_GONE = (404, 410)


@dataclass(frozen=True, slots=True)
class Due:
    """A source to be visited, with what is promised of it, or else what is known of it."""

    plan: Plan
    promise: Promise | None
    before: Background | None


_T = TypeVar("_T")


def requests_for(expected: Iterable[Due]) -> Iterator[tuple[VisitRequest, Due]]:
    return ((request_for(due.plan, due.promise), due) for due in expected)


@dataclass(frozen=True, slots=True)
class _Weighing:
    """A visit that is being judged."""

    seen: Seen
    may_wait: bool


@dataclass(slots=True)
class MainPass:
    """The first pass, and what it sets aside."""

    desk: Desk
    stop: Callable[[], bool]
    meanwhile: Callable[[], None]
    """Called now and then."""
    scales: Scales
    unread: list[tuple[Plan, Visit, Page]] = field(default_factory=list)
    """Visits of sources of which only a promise was known, and is broken."""
    weighing: dict[int, _Weighing] = field(default_factory=dict)
    """What lies on the scales, by the number of its source."""
    hosts: Hosts = field(default_factory=Hosts)
    failed: list[tuple[Plan, Visit]] = field(default_factory=list)
    """Failures wait until we know that we are online; what looks gone waits for its second look (docs/design.md §7)."""
    suspects: list[Seen] = field(default_factory=list)
    suspect_bytes: int = 0
    troubles: list[str] = field(default_factory=list)
    broken: set[int] = field(default_factory=set)
    """Sources that we could not judge because of a bug of ours."""
    silent: bool = False
    """Neither hosts nor canaries answer."""
    settled: float = 0.0
    """When, on the monotonic clock, what was concluded was last made to last."""

    def recover(self, originals: Sequence[Plan], reading: Reading) -> Reading:
        """Visit the original pages of articles with lost targets, and look for the targets there."""
        for due, visit in self.visits(requests_for(self.due(originals, whole=True))):
            plan, page = due.plan, page_of(visit, self.desk.settings.network.max_body)
            changed: tuple[Article, ...] = ()
            with guarded(self, plan, visit):
                reading, changed = recover_from(reading, plan, page)
            # Before the visit is on record: a run that is killed in between looks for the targets again.
            keep_articles(self.desk.project, self.desk.store, self.desk.run.seq, changed, reading.digests)
            if plan.source.id not in self.broken:
                self._take(due, visit)
                self._finish_weighing()
            self.settle()
        return reading

    def visit(self, plans: Sequence[Plan]) -> None:
        """Visit what is ours to fetch, conclude on each at once where nothing speaks against it."""
        examine.record_skipped(self.desk, [plan for plan in plans if plan.skip is not None])
        for due, visit in self.visits(requests_for(self.due([plan for plan in plans if plan.skip is None]))):
            self._take(due, visit)
            self._go_on()
        self._finish_weighing()
        self.settle()

    def settle(self) -> None:
        """Make what was concluded last; a burst of visits shares the wait for the disk."""
        self.desk.settle()
        self.settled = time.monotonic()

    def _pause(self) -> bool:
        """Between two looks at the network, when no visit has ended: a piece of work, and whether there is more."""
        self._read_up()
        self.scales.help()
        self._go_on()
        return self.scales.wants_help

    def _go_on(self) -> None:
        self._take_off()
        self.settle_when_due()
        self.meanwhile()

    def settle_when_due(self) -> None:
        if time.monotonic() - self.settled >= SETTLE_EVERY:
            self.settle()

    def ends(self) -> bool:
        """Nothing new is to begin."""
        return self.silent or self.stop()

    def close(self) -> None:
        """Let go of what was set aside."""
        for seen in (*self.suspects, *(one.seen for one in self.weighing.values())):
            seen.visit.close()
        for _, visit, _ in self.unread:
            visit.close()

    def visits(self, wanted: Iterable[tuple[VisitRequest, _T]]) -> Iterator[tuple[_T, Visit]]:
        """Visit what is wanted; each visit comes with what came with its request."""
        waiting: dict[str, _T] = {}

        def requests() -> Iterator[VisitRequest]:
            for request, companion in wanted:
                waiting[request.url] = companion
                yield request

        settings = self.desk.settings
        for visit in fetch_all(
            requests(),
            settings.network,
            self.desk.clock,
            stop=self.ends,
            sites=settings.sites,
            before_waiting=self._pause,
        ):
            yield waiting.pop(visit.request.url), visit

    def due(self, plans: Sequence[Plan], whole: bool = False) -> Iterator[Due]:
        """What is to be visited, with what must be known of it by then; `whole`: a page that is needed anyway."""
        desk = self.desk
        for start in range(0, len(plans), AT_ONCE):
            some = plans[start : start + AT_ONCE]
            promised = {} if whole else promises(desk, some)
            numbers = [plan.source.id for plan in some if plan.source.id not in promised]
            before = backgrounds(desk.store, numbers, desk.run.seq) if numbers else {}
            for plan in some:
                yield Due(plan, promised.get(plan.source.id), before.get(plan.source.id))

    def _take(self, due: Due, visit: Visit) -> None:
        promise = due.promise if due.promise is not None and due.promise.is_row else None
        if promise is not None and visit.not_modified:
            self._carry_on(due.plan, promise, visit)
            return
        with guarded(self, due.plan, visit):
            page = page_of(visit, self.desk.settings.network.max_body)
            if promise is not None and is_kept(promise, due.plan, page):
                self._carry_on(due.plan, promise, visit)
            elif due.before is not None:
                self._examine(look(self.desk, due.plan, visit, page, due.before))
            else:
                self.unread.append((due.plan, visit, page))
                if len(self.unread) >= _UNREAD:
                    self._read_up()

    def _read_up(self) -> None:
        """Examine the visits that broke their promise, whose sources are to be known better now."""
        unread, self.unread = self.unread, []
        if not unread:
            return
        numbers = [plan.source.id for plan, _, _ in unread]
        before = backgrounds(self.desk.store, numbers, self.desk.run.seq)
        for plan, visit, page in unread:
            with guarded(self, plan, visit):
                self._examine(look(self.desk, plan, visit, page, before[plan.source.id]))

    def _carry_on(self, plan: Plan, promise: Promise, visit: Visit) -> None:
        self.hosts.saw(host_of(plan.source.url), True, None, promise.page.status is not None)
        carry_on(self.desk, plan, promise, visit)
        visit.close()

    def _examine(self, seen: Seen) -> None:
        visit = seen.visit
        answered = seen.previous is not None and seen.previous.outcome.status is not None
        self.hosts.saw(host_of(seen.plan.source.url), visit.connected, visit.failure, answered)
        if _waits(visit):
            visit.close()
            self.failed.append((seen.plan, visit))
            self._listen()
        else:
            self.conclude(seen, may_wait=not visit.not_modified)

    def conclude(self, seen: Seen, *, may_wait: bool = False) -> None:
        """Record the visit: as the last time, at once for a failure, else once the page is judged beside the network.

        `may_wait`: it may be set aside for a probe, if it is a suspect.
        """
        if examine.carried(self.desk, seen):
            seen.visit.close()
        elif seen.page.failure is not None:
            examine.record(self.desk, seen, weigh(task_of(self.desk, seen)))
            seen.visit.close()
        else:
            self._weigh(seen, None, may_wait)

    def _weigh(self, seen: Seen, probe: Page | None, may_wait: bool) -> None:
        while not self.scales.room:
            self._wait_for_scales()
        self.weighing[seen.plan.source.id] = _Weighing(seen, may_wait)
        self.scales.submit(seen.plan.source.id, task_of(self.desk, seen, probe))

    def _take_off(self) -> None:
        """Record what has been judged."""
        for number, weighed in self.scales.done():
            one = self.weighing.pop(number)
            seen = one.seen
            with guarded(self, seen.plan, seen.visit):
                if isinstance(weighed, NotWeighedError):
                    raise weighed
                if one.may_wait and weighed.suspect and self._has_room(seen):
                    self.suspects.append(seen)
                    self.suspect_bytes += len(seen.page.body)
                else:
                    examine.record(self.desk, seen, weighed)
                    seen.visit.close()

    def _finish_weighing(self) -> None:
        self._read_up()
        while self.scales.pending:
            self._wait_for_scales()
        self._take_off()

    def _wait_for_scales(self) -> None:
        self.scales.wait(_PATIENCE)
        self._take_off()
        self.settle_when_due()

    def close_suspects(self, answers: Mapping[str, Page]) -> None:
        """Judge the suspects in the light of what their hosts answer to a made-up address."""
        suspects, self.suspects, self.suspect_bytes = self.suspects, [], 0
        for seen in suspects:
            with guarded(self, seen.plan, seen.visit):
                self._weigh(seen, answers.get(host_of(seen.plan.source.url)), may_wait=False)
        self._finish_weighing()

    def _listen(self) -> None:
        """After some failures and nothing else, ask once whether we are offline: thousands more would tell no more."""
        if len(self.failed) == ENOUGH_FAILURES and not self.hosts.up:
            self.silent = not is_online(self.desk.settings.network, self.desk.clock)

    def _has_room(self, seen: Seen) -> bool:
        return len(self.suspects) < MAX_SUSPECTS and self.suspect_bytes + len(seen.page.body) <= MAX_SUSPECT_BYTES


_NO_BUGS = (ArchiveError, OSError)
"""Trouble of the disk or the database: it concerns the whole run."""


@contextmanager
def guarded(main: MainPass, plan: Plan, visit: Visit) -> Iterator[None]:
    """A bug in judging one source costs that verdict, not the run: it is told, and the run is incomplete."""
    try:
        yield
    except NotWeighedError as error:
        _tell(main, plan, visit, str(error))
    except _NO_BUGS:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a foreign page does to a parser
        _tell(main, plan, visit, f"{type(error).__name__}: {error}")


def _tell(main: MainPass, plan: Plan, visit: Visit, words: str) -> None:
    visit.close()
    main.broken.add(plan.source.id)
    trouble = f"{redact(plan.source.url)}: could not be judged ({words}); please report it"
    main.troubles.append(trouble)
    main.desk.listener(Notice(trouble, important=True))


def _waits(visit: Visit) -> bool:
    if visit.failure is not None:
        return visit.failure.reason not in (Reason.ROBOTS, Reason.PRIVATE_ADDRESS)
    return visit.final is not None and visit.final.status in _GONE
