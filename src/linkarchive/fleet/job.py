"""A worker's turn at a range."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing

from linkarchive.errors import ArchiveError
from linkarchive.fleet.archives import SOURCES, Known
from linkarchive.fleet.batch import Batch
from linkarchive.fleet.own_network import refuse_to_work
from linkarchive.fleet.turns import taking_turns
from linkarchive.fleet.workplace import Hub, Workplace
from linkarchive.report.phrases import count
from linkarchive.store import hub_archives, hub_ranges, hub_troubles
from linkarchive.store.database import is_faulty_row
from linkarchive.store.hub import number_of
from linkarchive.store.hub_ranges import TOGETHER, LostLeaseError, Taken, Watched
from linkarchive.store.project_trouble import ProjectTroubleError
from linkarchive.web.pacing import Paces

PAGES = 2_000
"""Of a batch."""
MOST_SOURCES = 20_000
"""Of a batch, after which no further page is taken: many projects may watch a page."""
_SLOWEST = 60.0
"""Seconds that the next worker waits for hosts that this one has asked, at most."""


def visit_range(hub: Hub, place: Workplace, number: int) -> None:
    """Visit what is due in a range, until the time of a job is over.

    A bug is noted with the range. Raises LostLeaseError, and what is the worker's trouble and no fault of the range:
    OfflineError, StorageError (database or shelf), SettingsError, OSError. Others may take the range then.
    """
    taken = hub_ranges.take(hub.store, number, place.name)
    hub.store.commit()
    if taken is None:
        return
    paces = Paces()
    try:
        with taking_turns(place.settings, taken) as paces, closing(Known()) as known:
            _rest(place, taken.rest)
            _work(hub, place, taken, paces, known)
    except LostLeaseError:
        raise
    except Exception as error:
        hub.end_reading()
        if isinstance(error, ArchiveError | OSError) and not is_faulty_row(error):
            hub_ranges.release(hub.store, taken, _time_to_wait(place, paces))
            hub.store.commit()
            raise
        words = f"a bug ({type(error).__name__}: {error})"  # it concerns this range, and the others go on
        hub_ranges.fail(hub.store, taken, words, place.settings.hub.lease)
        hub.store.commit()
        place.say(f"range {number} failed: {words}")
        return
    hub_ranges.release(hub.store, taken, _time_to_wait(place, paces))
    hub.store.commit()


def _work(hub: Hub, place: Workplace, taken: Taken, paces: Paces, known: Known) -> None:
    refuse_to_work(hub, place)
    end, done = time.monotonic() + place.settings.hub.slice, 0
    left_out: set[int] = set()
    """Projects whose tables cannot be used."""
    while not place.is_stopping() and time.monotonic() < end:
        now, batch = place.clock.now(), Batch(hub, place, taken, done, paces, known)
        due = hub_ranges.due(hub.store, taken, now, PAGES, MOST_SOURCES)
        watched = [row for row in due if row.project not in left_out]
        to_ask = [] if due else _of_some(hub_archives.to_ask(hub.store, taken, now, SOURCES))
        try:
            if watched:
                sources = batch.visit(watched)
                place.say(f"range {taken.range}: {count(sources, 'source')}")
                if not sources:
                    return
            elif to_ask:
                sources = batch.follow_up(to_ask)
                place.say(f"range {taken.range}: asked further about {count(sources, 'source')}")
            else:
                return
        except ProjectTroubleError as error:
            left_out.add(_leave_out(hub, place, taken, error))
            known.answers.forget()  # copies that were written with what is lost now
        done += 1


def _of_some(waiting: Sequence[Watched]) -> list[Watched]:
    """Those of as many projects as are written together."""
    projects = set(list(dict.fromkeys(row.project for row in waiting))[:TOGETHER])
    return [row for row in waiting if row.project in projects]


def _leave_out(hub: Hub, place: Workplace, taken: Taken, error: ProjectTroubleError) -> int:
    """What is due of a project whose tables cannot be used waits; what was visited with it is visited again. The number
    of the project."""
    hub.end_reading()
    project = number_of(hub.store, error.project)
    if project is None:
        raise error
    waiting = hub_troubles.put_off(hub.store, taken, project, str(error), place.clock.now())
    hub.store.commit()
    place.say(f"range {taken.range}: {error.project} is left out for an hour ({count(waiting, 'source')}): {error}")
    return project


def _rest(place: Workplace, seconds: float) -> None:
    """Wait until the hosts of the range may be asked."""
    end = time.monotonic() + min(seconds, _SLOWEST)
    while (left := end - time.monotonic()) > 0 and not place.is_stopping():
        time.sleep(min(left, 0.1))


def _time_to_wait(place: Workplace, paces: Paces) -> float:
    """Seconds until all hosts that were asked may be asked again."""
    now = time.monotonic()
    latest = max((start for start, _, _ in paces.hosts.values()), default=now)
    return min(max(latest - now, 0.0), _SLOWEST)
