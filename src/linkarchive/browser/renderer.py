"""The browser of a run: one process, a few pages at a time, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from msgspec import structs

from linkarchive.browser.chromium import Chromium, start
from linkarchive.browser.page import Means, Ready, render
from linkarchive.browser.proxy import Listener, PageTraffic
from linkarchive.browser.rendering import Limits, NotRendered, Rendering
from linkarchive.browser.stored import StoredWeb
from linkarchive.browser.trust import throw_away_trust
from linkarchive.browser.upstream import Turns, Upstream
from linkarchive.clock import Clock
from linkarchive.settings import NetworkSettings, SiteSettings

if TYPE_CHECKING:
    from playwright.async_api import Playwright

PAGES = 2
"""At a time."""
TRIES = 2
"""Of a page under which the browser ended or hung."""
_TIMES_THE_TIMEOUT = 5
_BESIDE = 120.0
"""A page takes no longer than as many times `[network] timeout`, and these seconds: then the browser hangs."""
_STARTS = 3
"""Times in a row that the browser does not start, after which it is not tried any more."""
_LOOK_UP = 0.05

Answer = Rendering | NotRendered


@dataclass(frozen=True, slots=True)
class _Job:
    key: int
    url: str
    ready: Ready
    stored: StoredWeb | None
    tries: int = TRIES


class _Queue:
    """What is to be rendered and what came of it, between the run's thread and the browser's."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._jobs: deque[_Job] = deque()
        self._answers: deque[tuple[int, Answer]] = deque()
        self._unanswered = 0
        self.closed = False

    @property
    def pending(self) -> int:
        with self._changed:
            return self._unanswered + len(self._answers)

    def put(self, job: _Job) -> None:
        with self._changed:
            self._unanswered += 1
            self._jobs.append(job)

    def again(self, job: _Job, why: str) -> None:
        """Once more if it has a try left; else `why` is the answer."""
        if job.tries <= 1:
            self.answer(job, NotRendered(why))
            return
        with self._changed:
            self._jobs.append(replace(job, tries=job.tries - 1))

    def next(self) -> _Job | None:
        with self._changed:
            return self._jobs.popleft() if self._jobs else None

    def answer(self, job: _Job, answer: Answer) -> None:
        with self._changed:
            self._unanswered -= 1
            self._answers.append((job.key, answer))
            self._changed.notify_all()

    def done(self) -> tuple[int, Answer] | None:
        with self._changed:
            return self._answers.popleft() if self._answers else None

    def wait(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: bool(self._answers) or not self._unanswered, seconds)


class Renderer:
    """Renders pages beside the run. The browser starts with the first page; `close` ends it, whatever it is at."""

    def __init__(
        self,
        executable: str,
        network: NetworkSettings,
        clock: Clock,
        *,
        limits: Limits | None = None,
        sites: Sequence[SiteSettings] = (),
        turns: Turns | None = None,
    ) -> None:
        """`turns` are taken on hosts that others ask as well."""
        self._executable = executable
        self._network = network
        self._clock = clock
        self._limits = limits or Limits()
        self._sites = sites
        self._turns = turns
        self._queue = _Queue()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pending(self) -> int:
        """Pages whose answers were not taken yet."""
        return self._queue.pending

    def submit(self, key: int, url: str, ready: Ready) -> None:
        """Have a page rendered; `ready` is called in the browser's thread."""
        self._put(_Job(key, url, ready, None))

    def submit_stored(self, key: int, stored: StoredWeb) -> None:
        """Have a stored page rendered, with the web closed."""
        self._put(_Job(key, stored.url, lambda _: True, stored))

    def _put(self, job: _Job) -> None:
        self._queue.put(job)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="linkarchive-browser", daemon=True)
            self._thread.start()

    def done(self) -> Iterator[tuple[int, Answer]]:
        """What is ready now; never waits. The caller closes each Rendering."""
        while (answer := self._queue.done()) is not None:
            yield answer

    def wait(self, seconds: float) -> None:
        """Until an answer is ready, or the time is over, or nothing is pending."""
        self._queue.wait(seconds)

    def close(self) -> None:
        self._queue.closed = True
        if self._thread is not None:
            self._thread.join()
        for _, answer in self.done():
            if isinstance(answer, Rendering):
                answer.close()

    def _work(self) -> None:
        try:
            asyncio.run(self._run())
        except Exception as error:  # noqa: BLE001 - told for each page: nothing can be rendered
            while not self._queue.closed:
                while (job := self._queue.next()) is not None:
                    self._queue.answer(job, NotRendered(f"{type(error).__name__}: {first_line(error)}"))
                time.sleep(_LOOK_UP)

    async def _run(self) -> None:
        from playwright.async_api import async_playwright

        upstream = Upstream(self._network, self._clock, self._sites, self._turns)
        try:
            async with async_playwright() as playwright:
                means = Means(upstream, throw_away_trust(), self._network, self._limits, self._clock)
                await _Pages(self._queue, playwright, self._executable, means).work()
        finally:
            upstream.close()


class _Pages:
    """The pages that are under way, and the browser that they are in."""

    def __init__(self, queue: _Queue, playwright: Playwright, executable: str, means: Means) -> None:
        self._queue = queue
        self._playwright = playwright
        self._executable = executable
        self._means = means
        self._chromium: Chromium | None = None
        self._starting = asyncio.Lock()
        self._starts = 0
        closed = PageTraffic(means.network, Limits(parts=0))
        self._nowhere = Listener(means.upstream, means.trust, means.network, closed)
        """What the browser would ask for itself ends here."""

    async def work(self) -> None:
        """Until the queue is closed."""
        tasks: set[asyncio.Task[None]] = set()
        try:
            while not self._queue.closed:
                while len(tasks) < PAGES and (job := self._queue.next()) is not None:
                    tasks.add(asyncio.create_task(self._answer(job)))
                if tasks:
                    _, tasks = await asyncio.wait(tasks, timeout=_LOOK_UP, return_when=asyncio.FIRST_COMPLETED)
                else:
                    await asyncio.sleep(_LOOK_UP)
        finally:
            for task in tasks:
                task.cancel()
            if self._chromium is not None:  # first: a page that is under way ends with it
                await self._chromium.close()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._nowhere.close()

    async def _answer(self, job: _Job) -> None:
        """Put the answer to the job into the queue, or the job once more. Whatever goes wrong is an answer, too."""
        try:
            await self._render(job)
        except Exception as error:  # noqa: BLE001 - who waits for the answer would wait for ever
            self._queue.answer(job, NotRendered(f"{type(error).__name__}: {first_line(error)}"))

    async def _render(self, job: _Job) -> None:
        from playwright.async_api import Error

        try:
            chromium = await self._browser()
        except (Error, TimeoutError, OSError) as error:
            self._queue.answer(job, NotRendered(f"the browser did not start: {first_line(error)}"))
            return
        means = self._means
        if job.stored is not None:  # its addresses are names only
            means = replace(means, upstream=job.stored, network=structs.replace(means.network, allow_private=True))
        rendering = asyncio.create_task(render(chromium, means, job.url, job.ready))
        limit = _TIMES_THE_TIMEOUT * self._means.network.timeout + _BESIDE
        try:
            await asyncio.wait({rendering}, timeout=limit)
        except asyncio.CancelledError:
            rendering.cancel()
            raise
        if not rendering.done():
            await self._end(chromium)
            rendering.cancel()
            await asyncio.gather(rendering, return_exceptions=True)
            self._queue.again(job, "the browser hung")
            return
        failure = rendering.exception()
        if failure is None:
            self._queue.answer(job, rendering.result())
        elif chromium.browser.is_connected():
            self._queue.answer(job, NotRendered(first_line(failure)))
        else:
            await self._end(chromium)
            self._queue.again(job, "the browser ended")

    async def _browser(self) -> Chromium:
        """The browser that runs, or another one in its place. Raises what `chromium.start` does."""
        async with self._starting:
            if self._chromium is None:
                if self._starts >= _STARTS:
                    raise OSError("it did not when it was tried before")
                self._starts += 1
                port = self._nowhere.port
                self._chromium = await start(self._playwright, self._executable, self._means.trust.spki, port)
                self._starts = 0
            return self._chromium

    async def _end(self, chromium: Chromium) -> None:
        """End a browser that hangs or has ended; the next page starts another."""
        if self._chromium is chromium:
            self._chromium = None
            with suppress(Exception):
                await chromium.kill()


def first_line(error: BaseException) -> str:
    """What Playwright says, without its log of calls."""
    return str(error).partition("\n")[0] or type(error).__name__
