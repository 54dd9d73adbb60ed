"""The parts of many pages, as they come: what is to be asked for next, who waits for it, and what is complete.

A part that several pages use is asked for once. Nothing here touches the network.
"""

from __future__ import annotations

import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from linkarchive.errors import ArchiveError
from linkarchive.model import CaptureScope, PartRecord
from linkarchive.model.events import Listener, Notice, PartsKept
from linkarchive.parts.page_parts import Answer, PageParts
from linkarchive.project import Files
from linkarchive.requisites.requisite import Kind, Requisite
from linkarchive.secrets import redact
from linkarchive.settings import NetworkSettings
from linkarchive.snapshot.parts import NewParts
from linkarchive.store.captures import StoredCapture
from linkarchive.urls import host_of
from linkarchive.web.exchange import Visit, VisitRequest

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


@dataclass(frozen=True, slots=True)
class Archive:
    """The archive that the parts are stored in, and the project's say on them."""

    files: Files
    """Where its records are read from."""
    keep: Callable[[StoredCapture, NewParts], Sequence[PartRecord]]
    """Stores the parts of a page; all that it uses, what is new last."""
    known: Callable[[Iterable[str]], Mapping[str, PartRecord]]
    """The responses that hold these payloads already, by digest."""
    refuses: Callable[[str], bool]
    """The project wants nothing from this URL."""
    tell: Listener


class Fetching:
    """The pages under way, and what they wait for. Whoever drives it hands over visits and calls `finish` often."""

    def __init__(self, pages: Iterable[StoredCapture], archive: Archive, network: NetworkSettings) -> None:
        self._archive = archive
        self._network = network
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
        """How many pages do not have all their parts yet."""
        return len(self._todo) + len(self._open)

    def requests(self) -> Iterator[VisitRequest | None]:
        """What to ask for next; None while everything waits for answers."""
        while True:
            self._open_pages()
            self.finish()
            url = self._next()
            if url is not None:
                answer = self._asked[url]
                page = answer.pages[0].stored.capture.final_url
                yield VisitRequest(url, fields=request_fields(answer.requisite.kind, url, page))
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
        answer.fill(visit)
        with self._contained(url):
            answer.read(self._network.max_body)
        self._settle(url, answer)
        if self._failures[host] >= _SILENT:
            for queued in self._queues.pop(host, ()):
                other = self._asked.pop(queued)
                other.missing = "its host does not answer"
                self._settle(queued, other)

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
        most = self._network.concurrency
        while self._todo and len(self._open) < _OPEN_PAGES and sum(map(len, self._queues.values())) < most:
            page = PageParts(self._todo.popleft(), time.monotonic() + MAX_SECONDS)
            self._open.append(page)
            with self._contained(page.stored.capture.url):
                named = page.named(self._archive.files, self._network.max_body)
                self._want(page, ((requisite, 0) for requisite in named))

    @contextmanager
    def _contained(self, url: str) -> Iterator[None]:
        """A bug in reading a page or a style sheet costs its parts, not the run."""
        try:
            yield
        except (ArchiveError, OSError):  # of the disk or the database: it concerns the whole run
            raise
        except Exception as error:  # noqa: BLE001 - whatever a foreign file does to a parser
            trouble = f"{redact(url)}: what it needs to be shown could not be read ({type(error).__name__}: {error})"
            self._archive.tell(Notice(f"{trouble}; please report it", important=True))

    def _want(self, page: PageParts, requisites: Iterable[tuple[Requisite, int]]) -> None:
        """A page needs these, each so many frames deep, and what they need in turn."""
        more = deque(requisites)
        while more:
            requisite, depth = more.popleft()
            url = requisite.url
            if url in page.depths or url == page.stored.capture.final_url:
                continue
            page.depths[url] = depth
            answer = self._answers.get(url)
            if (limit := _limit(page, requisite, depth)) is not None:
                page.miss(url, limit, is_limit=True)
            elif self._archive.refuses(url):
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
            answer = self._asked[requisite.url] = Answer(requisite)
            self._queues.setdefault(host_of(requisite.url), deque()).append(requisite.url)
        return answer

    def _take(self, page: PageParts, url: str, answer: Answer) -> list[tuple[Requisite, int]]:
        """A page gets an answer; what that needs in turn, each with its depth in frames."""
        if answer.missing:
            page.miss(url, answer.missing, is_limit=answer.is_limit)
        elif page.size + answer.size > MAX_BYTES:
            page.miss(url, f"the parts are larger than {MAX_BYTES // 1024 // 1024} MiB", is_limit=True)
        else:
            page.size += answer.size
            page.used.append(answer)
            depth = page.depths[url] + (answer.requisite.kind is Kind.FRAME)
            return [(requisite, depth) for requisite in answer.inner]
        answer.pages = [other for other in answer.pages if other is not page]
        return []

    def finish(self) -> None:
        """Store the pages that have all answers, and those that have waited long enough."""
        now = time.monotonic()
        done = [page for page in self._open if not page.waiting or now > page.end]
        for page in done:
            for url in page.waiting:
                page.miss(url, f"it took longer than {MAX_SECONDS:.0f} s", is_limit=True)
            self._open.remove(page)
            self._store(page)
            for url in page.depths:
                answer = self._answers.get(url) or self._asked.get(url)
                if answer is not None and page in answer.pages:
                    answer.pages.remove(page)
                    self._let_go(url, answer)
            self._archive.tell(PartsKept(page.stored.capture.url))

    def _store(self, page: PageParts) -> None:
        unstored = [answer for answer in page.used if answer.visit is not None]
        visits = [answer.visit for answer in unstored if answer.visit is not None]
        digests = {exchange.body.digest for visit in visits for exchange in visit.exchanges}
        records = self._archive.keep(
            page.stored,
            NewParts(
                CaptureScope.PAGE,
                visits=visits,
                shared=[record for answer in page.used for record in answer.records],
                repeats=self._archive.known(digests),
                left_out=page.left_out,
                missing=page.missing,
            ),
        )
        written = iter(records[len(records) - sum(len(visit.exchanges) for visit in visits) :])
        for answer, visit in zip(unstored, visits, strict=True):
            answer.records = tuple(next(written) for _ in visit.exchanges)
            answer.close()


def _limit(page: PageParts, requisite: Requisite, depth: int) -> str | None:
    if len(page.depths) > MAX_PARTS:
        return f"more than {MAX_PARTS} parts"
    if requisite.kind is Kind.FRAME and depth >= MAX_DEPTH:
        return f"more than {MAX_DEPTH} frames deep"
    return None


_ACCEPT = {
    Kind.STYLE: "text/css,*/*;q=0.1",
    Kind.IMAGE: "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
    Kind.FONT: "*/*",
    Kind.MODULE: "*/*",
    Kind.SCRIPT: "*/*",
}
"""As browsers say it; a frame is asked for as a page is."""


def request_fields(kind: Kind, url: str, page: str) -> tuple[tuple[str, str], ...]:
    """The fields of a request for a URL that a page needs, beside those of our own visits."""
    accept = _ACCEPT.get(kind)
    referer = _referer(url, page)
    return (*((("Accept", accept),) if accept else ()), *((("Referer", referer),) if referer else ()))


def _referer(url: str, page: str) -> str:
    """What a browser says of the page, by its usual policy (Referrer Policy §3.8, strict-origin-when-cross-origin).
    Pictures are refused by some hosts to whoever does not come from a page of theirs."""
    named, asked = urlsplit(page), urlsplit(url)
    if named.scheme == "https" and asked.scheme != "https":
        return ""
    host = named.netloc.rpartition("@")[2]
    if (named.scheme, host.lower()) != (asked.scheme, asked.netloc.rpartition("@")[2].lower()):
        return f"{named.scheme}://{host}/"
    query = f"?{named.query}" if named.query else ""
    return f"{named.scheme}://{host}{named.path or '/'}{query}"
