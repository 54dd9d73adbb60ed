"""The visits of a long run in several processes; the one that started the others writes the database.

What a short run does not need is imported late.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from linkarchive.check.crawl import Crawler
from linkarchive.check.plan import Policy
from linkarchive.check.record import Recorder
from linkarchive.clock import Clock
from linkarchive.model.scope import Scope
from linkarchive.project import Project
from linkarchive.settings import NetworkSettings
from linkarchive.web.pacing import Paces

if TYPE_CHECKING:
    from linkarchive.check.processes.children import Child
    from linkarchive.check.processes.divided import DividedCrawl

    Crawl: TypeAlias = Crawler | DividedCrawl

MANY = 4_000
"""Visits of a run from which on a second process is worth the CPU that it costs (docs/performance.md)."""
_OWN_WORK = 0.001
"""Seconds that a visit keeps this machine busy: 0.15 ms for an unchanged page, more for one that is to be judged."""
_LINE = 30
"""Bytes of a short line of links.txt."""


@contextmanager
def spare_processes(
    project: Project, scope: Scope, policy: Policy, clock: Clock, is_first: bool
) -> Iterator[list[Child]]:
    """Processes that wait for visits to make; an empty list if the run is too short for them, and in a first run
    (`is_first`) that does not ask for them: its pages are judged on another core anyway.

    They are forked: open no database and start no thread before. They end with the block, and with this process,
    whatever ends it.
    """
    number = _wanted(policy.settings.network, scope, is_long=not is_first and _listed(project) >= MANY)
    if number < 2:
        yield []
        return
    from linkarchive.check.processes.child import work
    from linkarchive.check.processes.children import forked

    if is_first:  # the pages of each are to be judged, by what all of them have then
        import linkarchive.judge.difference
        import linkarchive.judge.verdict  # noqa: F401 - loaded before the fork
    with forked(number, partial(work, project=project, policy=policy, clock=clock)) as children:
        yield children


@contextmanager
def crawling(
    children: list[Child],
    policy: Policy,
    recorder: Recorder,
    paces: Paces,
    stop: Callable[[], bool],
    on_idle: Callable[[], None],
) -> Iterator[Crawl]:
    """What visits the sources of a run, with these processes to help. `on_idle` is called now and then."""
    with closing(Crawler(policy, recorder, paces, stop, on_idle)) as crawler:
        if not children:
            yield crawler
            return
        from linkarchive.check.processes.divided import DividedCrawl

        crawl = DividedCrawl(crawler, children, policy, recorder, paces, stop, on_idle)
        yield crawl
        crawl.end()


def pays(network: NetworkSettings, hosts: Mapping[str, int]) -> bool:
    """So many visits of each host are worth several processes, or they are asked for: these are many, a core is free,
    and our own work takes longer than the pauses between the visits of a host."""
    if network.processes:
        return True
    visits = sum(hosts.values())
    pauses = network.host_delay * max(hosts.values(), default=0)
    return visits >= MANY and pauses < visits * _OWN_WORK and _busy() < _cores()


def _wanted(network: NetworkSettings, scope: Scope, is_long: bool) -> int:
    """How many processes a run may want, as far as that can be told before its plan is made (`is_long`).

    Not where there are threads, which a process that is forked would lack; and never more than there are cores, since
    two that share one take longer.
    """
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return 1
    most = min(network.concurrency, _cores())
    if network.processes:
        return min(network.processes, most)
    is_short = not is_long or scope.sources or (scope.limit or MANY) < MANY
    return 1 if is_short or sys.platform != "linux" else min(2, most)


def _listed(project: Project) -> int:
    """How many links may stand in links.txt."""
    try:
        return project.links.stat().st_size // _LINE
    except OSError:
        return 0


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _busy() -> int:
    """Cores that are at work now, this process's among them; 1 where that cannot be told."""
    try:
        return int(Path("/proc/loadavg").read_text(encoding="ascii").split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        return 1
