"""The threads that ask web archives: live visits never wait for them (docs/design.md §3)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from datetime import date
from importlib import import_module
from queue import SimpleQueue
from threading import Thread

from linkarchive.article.recover import recover
from linkarchive.clock import Clock
from linkarchive.errors import ArchiveError
from linkarchive.model import Article
from linkarchive.settings import Settings
from linkarchive.wayback.answers import Answer, ArchivedCopy, NoCopy, Unknown, Unusable
from linkarchive.wayback.archives import WAYBACK, archives_of
from linkarchive.wayback.baseline import (
    captures_around,
    find_baseline,
    find_copy_before,
    is_usable,
    moved_to,
    seen_since,
)
from linkarchive.wayback.cited import CitedCopy
from linkarchive.wayback.lookups import (
    BaselineLookup,
    CitedCopyLookup,
    CopyLookup,
    ElsewhereLookup,
    Lookup,
    LookupResult,
    OriginalLookup,
    ParentLookup,
    SavedLookup,
    SeenSinceLookup,
    days_off,
)
from linkarchive.wayback.politeness import Politeness
from linkarchive.wayback.replay import Span, nearest
from linkarchive.wayback.session import ArchiveSession, RateLimits

WORKERS = 4
"""Requests under way at once; how many a minute is for the session to say."""
_LOOK = 0.2
"""Seconds between two looks whether the run is stopped."""
ENOUGH = 64
"""Lookups that are made, and wait for an answer: there may be a hundred thousand, and no time for most of them."""

_SAME_COPY_DAYS = 1
"""An archive answers with the copy nearest to a time: one from further away is not the copy that was given."""


class LookupWorkers:
    """Asks in a few threads; the answers are taken by the thread that writes."""

    def __init__(self, settings: Settings, clock: Clock, stop: Callable[[], bool], politeness: Politeness) -> None:
        """Once `stop` answers true, no archive is asked any more."""
        limits = politeness.archives = politeness.archives or RateLimits()
        self.session = ArchiveSession(settings.network, settings.wayback, clock, stop=stop, limits=limits)
        self._archives = archives_of(settings.archives)
        self._stop = stop
        self._pool: _Threads | None = None
        self._later: deque[Iterator[Lookup]] = deque()
        self._asked: dict[Future[LookupResult], Lookup] = {}
        """Those whose results were not taken yet."""

    @property
    def may_answer(self) -> bool:
        """There is time left, and some archive may still be asked for its copies."""
        return self.session.may_answer(self._archives)

    def ask(self, lookups: Iterator[Lookup]) -> None:
        """Ask these, too, in their turn; they are read when there is room (`feed`)."""
        if self._pool is None:
            _import_readers()
            self._pool = _Threads(WORKERS)
        self._later.append(lookups)
        self.feed()

    def feed(self) -> None:
        """Take up lookups until enough of them wait for an answer; to be called now and then."""
        if self._pool is None:
            return
        waiting = sum(not future.done() for future in self._asked)
        while self._later and waiting < ENOUGH:
            lookup = next(self._later[0], None)
            if lookup is None:
                self._later.popleft()
            else:
                self._asked[self._pool.submit(self._answer, lookup)] = lookup
                waiting += 1

    def results(self) -> Iterator[LookupResult]:
        """The results to all that is to be asked, as they come; ends with the budget at the latest, and when the run is
        stopped: an archive that is silent then is not waited for.

        A bug in reading an answer is the `error` of its result; errors of the disk are raised.
        """
        self.feed()
        while self._asked:
            done = wait(self._asked, timeout=_LOOK, return_when=FIRST_COMPLETED).done
            if not done and self._stop():
                return
            for future in done:
                lookup = self._asked.pop(future)
                error = future.exception()
                if isinstance(error, Exception) and not isinstance(error, ArchiveError | OSError):
                    yield LookupResult(lookup, NoCopy(()), error=error)
                else:
                    yield future.result()
            self.feed()

    @property
    def waiting(self) -> int:
        """Lookups whose results were not taken yet, as far as they are known."""
        return len(self._asked)

    @property
    def notices(self) -> tuple[str, ...]:
        return self.session.notices

    def close(self) -> None:
        """Give up what is not answered yet."""
        for future in self._asked:
            future.cancel()
        if self._pool is not None:
            self._pool.end()
        self.session.close()

    def _answer(self, lookup: Lookup) -> LookupResult:
        match lookup:
            case BaselineLookup():
                return self._baseline(lookup)
            case CitedCopyLookup():
                return self._cited_copy(lookup)
            case CopyLookup():
                return self._copy(lookup)
            case SeenSinceLookup():
                return LookupResult(lookup, seen_since(self.session, self._archives, lookup.url, lookup.since))
            case ElsewhereLookup():
                return LookupResult(lookup, seen_since(self.session, self._archives, lookup.url, lookup.after))
            case OriginalLookup():
                return self._original(lookup)
            case ParentLookup():
                return self._parent(lookup)
            case SavedLookup():
                span = Span.around(lookup.time, 1)
                answer = nearest(self.session, WAYBACK, lookup.url, lookup.time, span)
                return LookupResult(lookup, NoCopy((WAYBACK.host,)) if isinstance(answer, Unusable) else answer)

    def _baseline(self, lookup: BaselineLookup) -> LookupResult:
        answer = find_baseline(
            self.session, self._archives, lookup.url, lookup.viewed_on, own_digests=lookup.own_digests
        )
        for copy in lookup.copies:
            answer = self._nearer(answer, copy, lookup.viewed_on)
        return LookupResult(lookup, answer)

    def _nearer(self, answer: Answer, copy: CitedCopy, viewed_on: date) -> Answer:
        """The copy that an article gives, if it is usable and not further from the day than what was found.

        Where archives could not tell what they have near that day, a copy from further away than we looked for waits
        until they can.
        """
        if copy.time is None or copy.original is None:
            return answer
        off = days_off(copy.time, viewed_on)
        if isinstance(answer, ArchivedCopy):
            is_same = (answer.archive, answer.memento.time) == (copy.archive, copy.time)
            if is_same or days_off(answer.memento.time, viewed_on) < off:
                return answer
        elif isinstance(answer, Unknown) and off > self.session.settings.window_days:
            return answer
        for archive in self._archives:
            if archive.name != copy.archive:
                continue
            given = nearest(self.session, archive, copy.original, copy.time, Span.around(copy.time, _SAME_COPY_DAYS))
            if isinstance(given, ArchivedCopy) and given.page is not None and is_usable(given.page):
                _close(answer)
                return given
            _close(given)
        return answer

    def _cited_copy(self, lookup: CitedCopyLookup) -> LookupResult:
        """What the archive sends to a reader of the copy: the nearest that it has, however far from the time named."""
        when = lookup.copy.time or self.session.clock.now()
        answer: Answer = NoCopy((lookup.copy.archive,))
        for archive in self._archives:
            if archive.name == lookup.copy.archive:
                copy = nearest(self.session, archive, lookup.url, when, Span())
                if isinstance(copy, ArchivedCopy) and copy.page is not None and not is_usable(copy.page):
                    _close(copy)
                elif isinstance(copy, ArchivedCopy | Unknown):
                    answer = copy
        return LookupResult(lookup, answer)

    def _copy(self, lookup: CopyLookup) -> LookupResult:
        answer = find_copy_before(self.session, self._archives, lookup.url, lookup.viewed_on, lookup.death)
        moved = moved_to(self.session, self._archives, lookup.url, lookup.death)
        if isinstance(moved, Unknown):
            return LookupResult(lookup, answer, is_partial=True)
        return LookupResult(lookup, answer, moved)

    def _original(self, lookup: OriginalLookup) -> LookupResult:
        """The first copy that tells all lost targets, else the one that tells most."""
        best, best_article, lost = None, lookup.article, _lost(lookup.article)
        trouble: Unknown | None = None
        published = lookup.article.published
        copies = captures_around(self.session, self._archives, lookup.urls, published) if published else ()
        for copy in copies:
            if isinstance(copy, Unknown) or copy.page is None:
                trouble = copy if isinstance(copy, Unknown) else trouble
                continue
            article = recover(lookup.article, copy.page, found_in=copy.memento.public_url)
            if _lost(article) < lost:
                if best is not None:
                    _close(best)
                best, best_article, lost = copy, article, _lost(article)
            else:
                _close(copy)
            if not lost:
                break
        if best is not None:
            return LookupResult(lookup, best, article=best_article)
        return LookupResult(lookup, trouble or NoCopy(("every archive",)))

    def _parent(self, lookup: ParentLookup) -> LookupResult:
        """The copy nearest to the day, from before the death, of the first archive that has one; it is not kept."""
        for archive in self._archives:
            copy = nearest(self.session, archive, lookup.url, lookup.when, Span(end=lookup.death))
            _close(copy)
            if isinstance(copy, ArchivedCopy):
                return LookupResult(lookup, copy, page=copy.page)
        return LookupResult(lookup, NoCopy(()))


class _Threads:
    """A few threads that work off what is handed in. They are daemons: neither the end of a run nor that of the program
    waits for an answer that nobody wants any more (those of `ThreadPoolExecutor` are joined at the exit)."""

    def __init__(self, number: int) -> None:
        self._tasks: SimpleQueue[tuple[Future[LookupResult], Callable[[Lookup], LookupResult], Lookup] | None]
        self._tasks = SimpleQueue()
        self._threads = [Thread(target=self._work, name=f"archives-{n}", daemon=True) for n in range(number)]
        for thread in self._threads:
            thread.start()

    def submit(self, answer: Callable[[Lookup], LookupResult], lookup: Lookup) -> Future[LookupResult]:
        future: Future[LookupResult] = Future()
        self._tasks.put((future, answer, lookup))
        return future

    def end(self) -> None:
        """Nothing more is handed in; what was not begun is to be cancelled before."""
        for _ in self._threads:
            self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            future, answer, lookup = task
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(answer(lookup))
                except BaseException as error:  # noqa: BLE001 - raised by who takes the result
                    future.set_exception(error)


def _close(answer: Answer | Unusable) -> None:
    if isinstance(answer, ArchivedCopy) and answer.visit is not None:
        answer.visit.close()


def _lost(article: Article) -> int:
    return sum(citation.url is None for citation in article.citations)


def _import_readers() -> None:
    """Import what reads and judges copies, once, before threads do it at the same time: an extension that one of
    them is still importing cannot be used by another."""
    for name in ("resiliparse.extract.html2text", "resiliparse.parse.html", "trafilatura", "linkarchive.judge.verdict"):
        import_module(name)
