"""`archive check` in a project of a hub: push, want its sources visited, wait for the workers, report."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from linkarchive.clock import Clock
from linkarchive.errors import UsageError
from linkarchive.fleet.push import push
from linkarchive.history.hub_report import present_report
from linkarchive.model import Report
from linkarchive.model.events import Listener, RunStarted
from linkarchive.model.scope import Scope
from linkarchive.project import Project
from linkarchive.settings import Settings
from linkarchive.store import decisions, hub, hub_due
from linkarchive.store.opening import open_project

SEEN_LATELY = timedelta(hours=1)
"""A page that was visited since then is not visited again because somebody asks, but if it is named."""
_LOOK_UP = 0.5
"""Seconds between two looks what is left."""


def check(
    project: Project, scope: Scope, settings: Settings, clock: Clock, on_event: Listener, stop: Callable[[], bool]
) -> Report:
    """As `check.run.check`; the visits are the workers'. Raises UsageError for a scope that a hub does not know."""
    place = project.hub
    if place is None:
        raise UsageError("this folder is not a project of a hub")
    if scope.limit is not None or scope.only or scope.changed_since is not None or scope.fresh or scope.stdin:
        raise UsageError(
            "--limit, --only, --changed-since, --fresh and - are not for a project of a hub: workers visit what is due"
        )
    pushed = push(project, place, scope, settings, clock)
    begin = clock.now()
    if not scope.due:
        with open_project(project, write=True) as store:
            since = begin if scope.sources else begin - SEEN_LATELY
            hub.want_now(store, pushed.project, begin, since, scope.sources)
            store.commit()
    with open_project(project) as store:
        left = sum(hub_due.due_of(store, pushed.project, clock.now()))
        store.rollback()
        on_event(RunStarted(begin.strftime(hub.ROUND), {place.name: left}, 0, 0, False))
        end = time.monotonic() + settings.check.max_time if settings.check.max_time else None
        while not stop() and (end is None or time.monotonic() < end):
            is_done = not hub_due.is_anything_due(store, pushed.project, clock.now())
            store.rollback()  # the next look sees what is there then
            if is_done:
                break
            time.sleep(_LOOK_UP)
        return present_report(project, store, decisions.load(project.decisions), clock.now(), pushed.errors)
