"""What the captured pages of a run need to be shown: fetched when the documents are done, kept page by page.

Nothing here changes a verdict. Whatever cannot be had is passed over and told in the capture's metadata; a page that
an interruption kept from its parts gets them at the next visit.
"""

from __future__ import annotations

import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from linkarchive.check.page_parts import Answer, PageParts
from linkarchive.check.plan import Policy
from linkarchive.check.record import Recorder
from linkarchive.errors import StorageError
from linkarchive.model import Capture, CaptureScope
from linkarchive.model.events import LoadingParts, Notice, PartsKept
from linkarchive.requisites.reading import HTML_TYPES, requisites_of
from linkarchive.requisites.requisite import Kind, Requisite
from linkarchive.secrets import redact
from linkarchive.settings import NetworkSettings
from linkarchive.sites import is_excluded, rule_for, scope_for
from linkarchive.snapshot.parts import NewParts
from linkarchive.snapshot.reader import read_page
from linkarchive.store import parts
from linkarchive.store.captures import StoredCapture
from linkarchive.urls import host_of
from linkarchive.web.exchange import Visit, VisitRequest
from linkarchive.web.pacing import Paces
from linkarchive.web.scheduler import fetch_all

MAX_PARTS = 500
"""Of one page."""
MAX_BYTES = 64 * 1024 * 1024
"""Of the parts of one page, as they are stored."""
MAX_SECONDS = 120.0
"""From the first request for a part of a page to the last."""
MAX_DEPTH = 3
"""Frames within frames."""
PER_HOST = 4
"""Requests at a time on one host."""

_OPEN_PAGES = 32
_QUEUED = 4 * PER_HOST
"""Requests of a host that are handed to the network together."""
_REMEMBERED = 20_000
"""Answers of which is known, while a run goes on, what they are."""
_SILENT = 4
"""Failures in a row after which a host is not asked any more."""


def wants_parts(policy: Policy) -> bool:
    """Some source is to be kept with what it needs to be shown."""
    settings = policy.settings
    return CaptureScope.PAGE.value in (settings.keep.scope, *(rule.scope for rule in settings.sites))


def keep_parts(
    recorder: Recorder, policy: Policy, stop: Callable[[], bool], on_idle: Callable[[], None], paces: Paces
) -> int:
    """Fetch and store what the captures of this run lack in their scope; the number of pages that were not reached.

    `on_idle` is called now and then. `paces` are those of the documents: who asked us to slow down still means it.
    """
    if not wants_parts(policy) or policy.is_full:
        return 0
    found = parts.wanting(recorder.store, recorder.rows.run)
    has_file = recorder.warc.has_file  # a fresh Git clone has none
    lacking = [stored for stored in found if _wants(stored, policy) and has_file(stored.holder.warc)]
    if not lacking:
        return 0
    recorder.listener(LoadingParts(len(lacking)))
    run = _Run(recorder, policy, lacking)
    try:
        for visit in fetch_all(
            run.requests(),
            _network(policy.settings.network),
            recorder.clock,
            stop=stop,
            sites=policy.settings.sites,
            before_waiting=lambda: run.look_after(on_idle),
            paces=paces.slower_than(policy.settings.network.host_delay),
        ):
            run.answer(visit)
            run.look_after(on_idle)
    finally:
        run.close()
    recorder.commit()
    return run.left


def _wants(stored: StoredCapture, policy: Policy) -> bool:
    url, rule = stored.capture.url, rule_for(stored.capture.url, policy.settings.sites)
    return scope_for(url, policy.settings) is CaptureScope.PAGE and (rule is None or rule.capture)


def _network(network: NetworkSettings) -> NetworkSettings:
    """Without pauses and with few retries; who asked us to slow down is asked slowly all the same."""
    return replace(
        network,
        host_delay=0.0,
        domain_delay=0.0,
        per_host=min(PER_HOST, 2 * network.per_host),
        retries=min(1, network.retries),
        retry_after_cap=min(5.0, network.retry_after_cap),
        max_document=network.max_body,
    )


class _Run:
    """The pages under way, and what they wait for."""

    def __init__(self, recorder: Recorder, policy: Policy, pages: Iterable[StoredCapture]) -> None:
        self._recorder = recorder
        self._policy = policy
        self._todo = deque(pages)
        self._open: list[PageParts] = []
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        """Those that came, the last few thousand."""
        self._asked: dict[str, Answer] = {}
        """Those that are to come."""
        self._queues: dict[str, deque[str]] = {}
        """By host: what is to be asked for."""
        self._out: Counter[str] = Counter()
        """Requests that the network has, by host."""
        self._failures: Counter[str] = Counter()
        """In a row, by host."""

    @property
    def left(self) -> int:
        """Pages without their parts."""
        return len(self._todo) + len(self._open)

    def requests(self) -> Iterator[VisitRequest | None]:
        """What to ask for next; None while everything waits for answers."""
        while True:
            self._open_pages()
            self._finish_pages()
            url = self._next()
            if url is not None:
                yield VisitRequest(url)
            elif self._out.total():
                yield None
            elif not self.left:
                return

    def answer(self, visit: Visit) -> None:
        """Hand what came to the pages that wait for it."""
        url, host = visit.request.url, host_of(visit.request.url)
        self._out[host] -= 1
        is_silent = visit.failure is not None and not visit.connected
        self._failures[host] = self._failures[host] + 1 if is_silent else 0
        answer = self._asked.pop(url)
        answer.fill(visit, self._policy.settings.network)
        self._settle(url, answer)
        if self._failures[host] >= _SILENT:
            for queued in self._queues.pop(host, ()):
                other = self._asked.pop(queued)
                other.missing = "its host does not answer"
                self._settle(queued, other)

    def look_after(self, on_idle: Callable[[], None]) -> bool:
        """Store what is complete; there is never more to do at once."""
        self._finish_pages()
        self._recorder.commit_when_due()
        on_idle()
        return False

    def close(self) -> None:
        for answer in self._answers.values():
            answer.close()

    # --- requests --------------------------------------------------------------------------------

    def _next(self) -> str | None:
        """The next URL to ask for: hosts take turns, and none has more than a few at a time."""
        for host in list(self._queues):
            queue = self._queues[host]
            if self._out[host] >= _QUEUED:
                continue
            del self._queues[host]
            while queue:
                url = queue.popleft()
                if self._asked[url].pages:
                    if queue:
                        self._queues[host] = queue  # the last of all again
                    self._out[host] += 1
                    return url
                del self._asked[url]  # nobody waits for it any more
        return None

    def _settle(self, url: str, answer: Answer) -> None:
        """An answer is there, or never will be: the pages that wait for it go on."""
        self._answers[url] = answer
        for page in answer.pages:
            page.waiting.discard(url)
            self._want(page, self._take(page, url, answer))
        self._let_go(url, answer)
        while len(self._answers) > _REMEMBERED and not next(iter(self._answers.values())).pages:
            self._answers.popitem(last=False)

    def _let_go(self, url: str, answer: Answer) -> None:
        """Forget a body that no page uses, so that it is asked for again when another page wants it."""
        if answer.visit is not None and not answer.pages:
            answer.close()
            self._answers.pop(url, None)

    # --- pages -----------------------------------------------------------------------------------

    def _open_pages(self) -> None:
        network = self._policy.settings.network
        while (
            self._todo and len(self._open) < _OPEN_PAGES and sum(map(len, self._queues.values())) < network.concurrency
        ):
            page = PageParts(self._todo.popleft(), time.monotonic() + MAX_SECONDS)
            try:
                requisites = self._of_document(page.stored.capture)
            except StorageError as error:
                self._recorder.listener(Notice(f"{redact(page.stored.capture.url)}: {error}", important=True))
                continue
            self._open.append(page)
            self._want(page, ((requisite, 0) for requisite in requisites))

    def _of_document(self, capture: Capture) -> list[Requisite]:
        if capture.mime not in HTML_TYPES:
            return []
        page = read_page(self._recorder.warc.archive, capture, limit=self._policy.settings.network.max_body)
        return requisites_of(page.body, page.headers.get("content-type", ""), Kind.FRAME, page.final_url)

    def _want(self, page: PageParts, requisites: Iterable[tuple[Requisite, int]]) -> None:
        """A page needs these, each so many frames deep, and what they need in turn."""
        more = deque(requisites)
        while more:
            requisite, depth = more.popleft()
            url = requisite.url
            if url in page.wanted or url == page.stored.capture.final_url:
                continue
            page.wanted[url] = depth
            answer = self._answers.get(url)
            if (limit := _limit(page, requisite, depth)) is not None:
                page.miss(url, limit, is_limit=True)
            elif self._is_excluded(url):
                page.miss(url, "excluded by the project")
            elif answer is not None:
                answer.pages.append(page)
                more.extend(self._take(page, url, answer))
            else:
                page.waiting.add(url)
                self._ask(requisite).pages.append(page)

    def _ask(self, requisite: Requisite) -> Answer:
        answer = self._asked.get(requisite.url)
        if answer is None:
            answer = self._asked[requisite.url] = Answer(requisite.kind)
            self._queues.setdefault(host_of(requisite.url), deque()).append(requisite.url)
        return answer

    def _is_excluded(self, url: str) -> bool:
        settings = self._policy.settings
        rule = rule_for(url, settings.sites)
        refused = rule is not None and not (rule.fetch and rule.capture)
        return refused or is_excluded(url, settings.check.exclude) or self._policy.forgets_any([url])

    def _take(self, page: PageParts, url: str, answer: Answer) -> list[tuple[Requisite, int]]:
        """A page gets an answer; what that needs in turn, each with its depth in frames."""
        if answer.missing:
            page.miss(url, answer.missing, is_limit=answer.is_limit)
        elif page.size + answer.size > MAX_BYTES:
            page.miss(url, f"the parts are larger than {MAX_BYTES // 1024 // 1024} MiB", is_limit=True)
        else:
            page.size += answer.size
            page.used.append(answer)
            depth = page.wanted[url] + (answer.kind is Kind.FRAME)
            return [(requisite, depth) for requisite in answer.inner]
        answer.pages = [other for other in answer.pages if other is not page]
        return []

    def _finish_pages(self) -> None:
        """Store the pages that have all answers, and those that have waited long enough."""
        now = time.monotonic()
        done = [page for page in self._open if not page.waiting or now > page.end]
        for page in done:
            for url in page.waiting:
                page.miss(url, f"it took longer than {MAX_SECONDS:.0f} s", is_limit=True)
            self._open.remove(page)
            self._store(page)
            for url in page.wanted:
                answer = self._answers.get(url) or self._asked.get(url)
                if answer is not None and page in answer.pages:
                    answer.pages.remove(page)
                    self._let_go(url, answer)
            self._recorder.listener(PartsKept(page.stored.capture.url))

    def _store(self, page: PageParts) -> None:
        unstored = [answer for answer in page.used if answer.visit is not None]
        visits = [answer.visit for answer in unstored if answer.visit is not None]
        known = parts.by_digest(self._recorder.store, {one.body.digest for visit in visits for one in visit.exchanges})
        has_file = self._recorder.warc.has_file
        _, records = self._recorder.keep_parts(
            page.stored,
            NewParts(
                CaptureScope.PAGE,
                visits=visits,
                shared=[record for answer in page.used for record in answer.records],
                repeats={digest: part for digest, part in known.items() if has_file(part.record.warc)},
                left_out=page.left_out,
                missing=page.missing,
            ),
        )
        written = iter(records[len(records) - sum(len(visit.exchanges) for visit in visits) :])
        for answer, visit in zip(unstored, visits, strict=True):
            answer.records = tuple(next(written) for _ in visit.exchanges)
            answer.close()


def _limit(page: PageParts, requisite: Requisite, depth: int) -> str | None:
    if len(page.wanted) > MAX_PARTS:
        return f"more than {MAX_PARTS} parts"
    if requisite.kind is Kind.FRAME and depth >= MAX_DEPTH:
        return f"more than {MAX_DEPTH} frames deep"
    return None
