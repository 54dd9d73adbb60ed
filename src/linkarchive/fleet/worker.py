"""A worker: makes visits for a hub, a range after another."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from typing import Any

from linkarchive.browser.chromium import find_browser
from linkarchive.clock import Clock
from linkarchive.errors import ArchiveError, OfflineError, SettingsError, StorageError, UsageError
from linkarchive.fleet import queue
from linkarchive.fleet.job import visit_range
from linkarchive.fleet.workplace import Hub, Workplace, opened
from linkarchive.settings import Settings
from linkarchive.sites import refuse_faulty
from linkarchive.snapshot.shelf import shelf_of
from linkarchive.store import hub_ranges, hub_turns
from linkarchive.store.database import is_refusal
from linkarchive.store.hub import MOST_FAILURES, open_hub
from linkarchive.store.hub_ranges import LostLeaseError

_PAUSE = 1.0
"""Seconds between two looks for something due."""
_REST = 600.0
"""Seconds that a worker rests when its own network is in trouble."""
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 30.0
_PATIENCE = 60.0
"""Seconds that `--once` waits for a database, or a shelf, that does not answer."""


def work(
    settings: Settings,
    clock: Clock,
    once: bool,
    slots: tuple[int, int] | None,
    stop: threading.Event,
    say: Callable[[str], None],
) -> bool:
    """Make visits until `stop` is set, or with `once` until nothing is due; whether all that was due is visited.

    Raises UsageError and SettingsError, and with `once` what keeps it from going on: OfflineError, StorageError.
    """
    refuse_faulty(settings)
    try:
        find_browser(settings.browser)
    except SettingsError as error:
        if settings.browser.executable:
            raise
        say(f"pages that scripts draw are judged by what the server sends: {error}")
    worker = _Worker(settings, clock, once, stop, say)
    with open_hub(settings.hub.database) as store:
        worker.choose(hub_ranges.slots_of(store), slots)
    return worker.run()


class _Worker:
    def __init__(
        self, settings: Settings, clock: Clock, once: bool, stop: threading.Event, say: Callable[[str], None]
    ) -> None:
        self._stop = stop
        name = f"{socket.gethostname()}:{os.getpid()}"
        shelf = shelf_of(settings.hub.shelf)
        self._place = Workplace(settings, clock, shelf, name, say, self._stop.is_set)
        self._once = once
        self._say = say
        self._ranges: Collection[int] | None = None
        self._hub: Hub | None = None
        """The connection of all jobs: what the tables of a project cost a new one, they cost once."""
        self._trouble: ArchiveError | OSError | None = None
        """What ended the last job: it is no fault of its range."""
        self._wait = _FIRST_WAIT
        self._away_since: float | None = None

    def choose(self, ranges: dict[int, tuple[int, int]], slots: tuple[int, int] | None) -> None:
        """Work on the ranges that lie within these slots alone. Raises UsageError where there is none."""
        if slots is None:
            return
        self._ranges = [number for number, (first, last) in ranges.items() if slots[0] <= first and last <= slots[1]]
        if not self._ranges:
            raise UsageError(f"--slots {slots[0]}-{slots[1]}: no range lies within; `archive hub status` lists ranges")

    def run(self) -> bool:
        """Begins anew after whatever passes: a database that is away, a range that was given to another worker."""
        while not self._stop.is_set():
            self._trouble = None
            try:
                asyncio.run(self._serve())
                if self._trouble is None:
                    break
                raise self._trouble
            except LostLeaseError as error:
                self._say(f"{error}; what this worker had visited there is visited again")
            except OfflineError as error:
                if self._once:
                    raise
                self._say(f"our own network is in trouble: {error}; nothing was recorded, going on in ten minutes")
                self._stop.wait(_REST)
            except (StorageError, OSError) as error:
                now = time.monotonic()
                self._away_since = self._away_since or now
                if self._once and (_is_lasting(error) or now - self._away_since > _PATIENCE):
                    raise
                self._say(f"{error}; trying again in {self._wait:.0f} s")
                self._stop.wait(self._wait)
                self._wait = min(2 * self._wait, _LONGEST_WAIT)
        return not self._stop.is_set() and not self._is_something_parked()

    async def _serve(self) -> None:
        """Plan and work, until a signal or (`once`) until nothing is due. Raises StorageError."""
        from procrastinate.exceptions import ConnectorException

        # Of a job that was given to another worker meanwhile, Procrastinate says at length that it is not there.
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        database, lease = self._place.settings.hub.database, self._place.settings.hub.lease
        app = queue.app_of(database, self._visit)
        try:
            with opened(database) as self._hub:
                store = self._hub.store
                hub_turns.prune(store)
                async with app.open_async():
                    while not self._stop.is_set() and self._trouble is None:
                        await queue.plan(app, store, self._place.clock.now(), lease)
                        store.rollback()
                        is_done = self._once and not hub_ranges.is_due_anywhere(
                            store, self._place.clock.now(), self._ranges
                        )
                        store.rollback()
                        if is_done:
                            return
                        await self._until_stopped(queue.work_off(app, self._ranges, lease))
                        if self._trouble is None:
                            self._note_well()
                        await self._until_stopped(asyncio.sleep(_PAUSE))
        except ConnectorException as error:
            raise StorageError(f"the hub's database does not answer: {error.__cause__ or error}") from error

    async def _until_stopped(self, what: Coroutine[Any, Any, None]) -> None:
        """Await it; at a signal, or after trouble, have it end after the job that it is at."""
        task = asyncio.create_task(what)
        while not task.done():
            if self._stop.is_set() or self._trouble is not None:
                task.cancel()
                break
            await asyncio.wait([task], timeout=0.1)
        with suppress(asyncio.CancelledError):
            await task

    def _visit(self, number: int) -> None:
        """The task of the queue."""
        if self._stop.is_set() or self._trouble is not None or self._hub is None:
            return
        try:
            visit_range(self._hub, self._place, number)
        except (ArchiveError, OSError) as error:
            self._trouble = error
        else:
            self._note_well()

    def _note_well(self) -> None:
        """Database and shelf answer: the next trouble is another one."""
        self._wait, self._away_since = _FIRST_WAIT, None

    def _is_something_parked(self) -> bool:
        with open_hub(self._place.settings.hub.database) as store:
            parked = hub_ranges.parked(store, self._ranges)
        for number, error in parked.items():
            self._say(f"range {number} is parked after {MOST_FAILURES} failures: {error}")
        return bool(parked)


def _is_lasting(error: Exception) -> bool:
    """This user has no right to what is needed: to wait does not help."""
    return is_refusal(error) or isinstance(error.__cause__, PermissionError)
