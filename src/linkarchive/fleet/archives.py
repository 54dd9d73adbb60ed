"""Web archives, which all workers of a hub together ask no faster than one run would, and where dead pages are now.

Both come after the visits: what a batch has concluded is noted to be asked about, and asked when no visit of its
range is due, for a while at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from linkarchive.check.answers import Answers
from linkarchive.check.lookups import ArchiveLookups
from linkarchive.check.plan import Job
from linkarchive.fleet.known_answers import KnownAnswers
from linkarchive.fleet.rate_limits import HubRateLimits
from linkarchive.fleet.recording import ProjectWork
from linkarchive.fleet.workplace import Hub, Workplace
from linkarchive.relocate.past import of_same_sites
from linkarchive.relocate.relocation import SeenSites
from linkarchive.store import hub_archives, sources
from linkarchive.store.lookups import LookupAnswer
from linkarchive.wayback.politeness import Politeness
from linkarchive.web.pacing import Paces

if TYPE_CHECKING:
    from linkarchive.wayback.lookups import LookupResult

SOURCES = 200
"""That are asked about together."""
ASK_AGAIN = timedelta(hours=1)
"""After this, what could not be found out is asked again."""
_MOST_BYTES = 32 * 1024 * 1024
"""Of pages that were visited in search of moved ones."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a job finds out for one project, and need not find out again for others that cite the same pages."""

    answers: KnownAnswers = field(default_factory=KnownAnswers)
    sites: SeenSites = field(default_factory=lambda: SeenSites(_MOST_BYTES))

    def close(self) -> None:
        self.answers.forget()


@dataclass(frozen=True, slots=True)
class Asked:
    """What was found out about the sources of a project."""

    work: ProjectWork
    jobs: dict[int, Job]
    lookups: ArchiveLookups
    results: list[LookupResult]
    """What archives answered."""
    moved: dict[int, LookupAnswer]
    """Where pages are now that are not at their addresses, by their sources."""
    not_looked_for: frozenset[int]
    """Sources for whose pages there was no time."""


def ask_archives(
    hub: Hub, place: Workplace, works: Sequence[ProjectWork], paces: Paces, is_over: Callable[[], bool], known: Known
) -> list[Asked]:
    """Ask what is open about the sources of each project, and look where lost pages are now, until `is_over` (threads
    call it as well). No transaction is open meanwhile, and nothing is written."""
    with ExitStack() as stack:
        limits = stack.enter_context(closing(HubRateLimits(database=place.settings.hub.database)))
        politeness = Politeness(paces, limits)
        asked: list[Asked] = []
        for work in works:
            jobs = {job.source.id: job for job in work.jobs if job.skip is None}
            lookups = stack.enter_context(closing(ArchiveLookups(work.recorder, work.policy, is_over, politeness)))
            questions = [*lookups.open_questions(jobs.values()), *lookups.parent_lookups(jobs)]
            hub.end_reading()
            results, unknown = known.answers.among(questions)
            for result in results:
                lookups.note(result)
            lookups.ask(unknown)
            results += map(known.answers.keep, lookups.results())
            lost, moved = lookups.losses(jobs), dict[int, LookupAnswer]()
            if lost and not is_over():
                near = sources.with_urls(work.store, hub_archives.near(hub.store, work.project.id, lost))
                own = {number: jobs[number].source.url for number in lost}  # a push may have taken them out meanwhile
                urls = of_same_sites(near, own.values()) | own
                moved = lookups.search_for_moved(lost, urls, hub.end_reading, known.sites)
            hub.end_reading()
            left = frozenset(lost).difference(moved) if is_over() else frozenset()
            asked.append(Asked(work, jobs, lookups, results, moved, left))
    return asked


def use_answers(place: Workplace, asked: Asked) -> None:
    """Write what came back into the open transaction."""
    work, lookups = asked.work, asked.lookups
    lookups.use(asked.results, asked.jobs, _nothing)
    Answers(work.recorder, work.policy).keep_addresses([asked.jobs[number] for number in asked.moved], asked.moved)
    for notice in lookups.notices:
        place.say(notice)
    left = {lookup.source for lookup in lookups.open_questions(asked.jobs.values())} | asked.not_looked_for
    later = place.clock.now() + ASK_AGAIN
    work.recorder.to_ask = {
        job.source.id: later if job.source.id in left else None
        for job in work.jobs
        if not (place.is_stopping() and job.source.id in left)
    }


def _nothing(_: object) -> None:
    """Lost targets are looked for by a push."""
