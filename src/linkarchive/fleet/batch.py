"""Some pages of a range, visited and concluded on together: one segment of WARC records, one transaction of rows."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from linkarchive.check.crawl import Crawler
from linkarchive.check.scopes.requisites import keep_parts
from linkarchive.fleet.archives import ASK_AGAIN, Known, ask_archives, use_answers
from linkarchive.fleet.browsers import MOST_WAITING, SharedBrowser
from linkarchive.fleet.judges import ProjectsJudges, SharedJudges
from linkarchive.fleet.own_network import keep_sighting, refuse_to_work, refuse_trouble
from linkarchive.fleet.recording import ProjectWork, round_of, round_of_visits, work_of
from linkarchive.fleet.shared_visit import SharedWarc
from linkarchive.fleet.visits import Look, SharedVisits
from linkarchive.fleet.workplace import Hub, Workplace
from linkarchive.snapshot import paths
from linkarchive.snapshot.shelf import FolderShelf, WorkersShelf, put_on
from linkarchive.store import hub_ranges
from linkarchive.store.hub_ranges import TOGETHER, Segment, Taken, Watched
from linkarchive.web.connectivity import OwnNetwork
from linkarchive.web.pacing import Paces

_ANY_SIZE = 1 << 62
_LOOK_UP = 1.0
"""Seconds between two looks whether the range is still ours."""
_GRACE = 30.0
"""Seconds, at most, in which a worker that is told to stop looks again at what seems gone."""


class Batch:
    """One such batch of a job. `number` is its place among those of the job."""

    def __init__(self, hub: Hub, place: Workplace, taken: Taken, number: int, paces: Paces, known: Known) -> None:
        self._hub = hub
        self._place = place
        self._taken = taken
        self._paces = paces
        self._known = known
        day = place.clock.now()
        self._name = f"{day:%Y%m%d}-{taken.range:04d}-{taken.fence:06d}-{number:04d}"
        self._own_network = OwnNetwork(place.settings.network, place.clock)
        self._looked_up = time.monotonic()
        self._stopping_since: float | None = None

    def visit(self, watched: Sequence[Watched]) -> int:
        """Visit these pages for the projects that watch them, and settle what comes of it; how many sources that were.

        Raises LostLeaseError, OfflineError, StorageError: then nothing of it was written, and the transaction is open.
        """
        with self._segment(watched, visits=True) as (works, warc):
            self._conclude(works, warc)
        return sum(len(work.recorder.concluded_on) for work in works)

    def follow_up(self, watched: Sequence[Watched]) -> int:
        """Ask web archives about these sources, look where lost pages are now, fetch what pages need to be shown, and
        settle what comes of it; how many sources that were.

        Of a project only those that were visited on the day of the first of them. Raises as `visit`.
        """
        with self._segment(watched, visits=False) as (works, warc):
            is_over = self._limits_of(warc)
            answers = ask_archives(self._hub, self._place, works, self._paces, is_over, self._known)
            is_over = self._limits_of(warc)  # archives may have taken all of their time
            left = [
                work.recorder
                for work in works
                if keep_parts(work.recorder, work.policy, is_over, self._hub.end_reading, self._paces)
            ]
            for asked in answers:
                use_answers(self._place, asked)
            for work in works:
                work.recorder.write_parts()
            for recorder in left:
                later = self._place.clock.now() + ASK_AGAIN
                recorder.to_ask |= {stored.source: later for stored in recorder.without_parts()}
        return sum(len(work.jobs) for work in works)

    def _limits_of(self, warc: SharedWarc) -> Callable[[], bool]:
        """Whether a segment is full, its time from now is over, or this worker was told to stop."""
        end = time.monotonic() + self._place.settings.hub.segment_seconds

        def is_over() -> bool:
            is_full = warc.size >= self._place.settings.hub.segment
            return is_full or self._place.is_stopping() or time.monotonic() >= end

        return is_over

    @contextmanager
    def _segment(self, watched: Sequence[Watched], *, visits: bool) -> Iterator[tuple[list[ProjectWork], SharedWarc]]:
        """The work for each project on these sources, which is settled when the block ends."""
        with TemporaryDirectory(prefix="linkarchive-") as folder:
            archive = Path(folder) / "archive"
            settings, clock = self._place.settings, self._place.clock
            warc = SharedWarc(
                archive,
                self._name,
                clock=clock,
                size_limit=_ANY_SIZE,
                simulated=clock.simulated,
                obey_robots=settings.network.obey_robots,
            )
            warc.files = WorkersShelf(FolderShelf(archive), self._place.shelf)
            with warc:
                works = self._works(watched, warc, visits=visits)
                yield works, warc
            self._settle(works, archive, warc)

    def _works(self, watched: Sequence[Watched], warc: SharedWarc, *, visits: bool) -> list[ProjectWork]:
        """What is to be done for each project, by its number: all workers write projects in the same order."""
        sources: dict[int, list[int]] = defaultdict(list)
        for row in watched:
            sources[row.project].append(row.source)
        projects = self._hub.projects(sources)
        works = []
        for project in projects:
            run, numbers = (
                (round_of(project, self._hub, self._place), sources[project.id])
                if visits
                else round_of_visits(project, sources[project.id], self._hub, self._place)
            )
            self._hub.store.commit()  # other workers may begin the same round
            self._hub.shared.forget()
            works.append(work_of(project, run, numbers, self._hub, self._place, warc, visits=visits))
            self._hub.end_reading()
        return works

    def _conclude(self, works: Sequence[ProjectWork], warc: SharedWarc) -> None:
        """Both passes. Limits of time and size end the first one alone: what it has visited is concluded on, but for
        pages that the browser has not shown when as much time again is over. Those are due in a day."""
        network, clock, seconds = (
            self._place.settings.network,
            self._place.clock,
            self._place.settings.hub.segment_seconds,
        )
        end = time.monotonic() + seconds

        def is_over() -> bool:
            self._look_up()
            return (
                self._own_network.is_silent
                or self._place.is_stopping()
                or time.monotonic() >= end
                or warc.size >= self._place.settings.hub.segment
                or browser.pending >= MOST_WAITING
            )

        def is_waited_for_no_more() -> bool:
            return self._is_broken_off() or time.monotonic() >= end + seconds

        with closing(SharedJudges()) as judges, closing(SharedBrowser(self._place)) as browser:
            crawlers = [
                Crawler(
                    work.policy,
                    work.recorder,
                    self._paces,
                    is_waited_for_no_more,
                    _nothing,
                    self._own_network,
                    pool=ProjectsJudges(judges),
                    renderer=browser.of_project(work.policy),
                )
                for work in works
            ]
            try:
                sites = {crawler: work.policy.settings.sites for crawler, work in zip(crawlers, works, strict=True)}
                visits = SharedVisits(crawlers, network, clock, self._paces, judges, self._hub.end_reading)
                looks = list(_looks(crawlers, works, self._hub.end_reading))
                for crawler, work in zip(crawlers, works, strict=True):
                    crawler.skip([job for job in work.jobs if job.skip is not None])
                self._hub.end_reading()
                visits.first_pass(looks, is_over)
                refuse_trouble(self._hub, self._place, self._own_network)
                visits.second_pass(sites.__getitem__, self._is_broken_off)
                browser.say_what_is_late()
                if not self._place.is_stopping():  # else the next worker visits them
                    for crawler, work in zip(crawlers, works, strict=True):
                        work.recorder.not_judged |= visits.visited[crawler]
            finally:
                for crawler in crawlers:
                    crawler.close()

    def _is_broken_off(self) -> bool:
        """Nothing is waited for any more: this worker was told to stop some time ago. Raises LostLeaseError."""
        self._look_up()
        if not self._place.is_stopping():
            return False
        self._stopping_since = self._stopping_since or time.monotonic()
        return time.monotonic() - self._stopping_since > _GRACE

    def _look_up(self) -> None:
        """Whether the range is still ours. Raises LostLeaseError."""
        now = time.monotonic()
        if now - self._looked_up >= _LOOK_UP:
            self._looked_up = now
            hub_ranges.look_up(self._hub.store, self._taken)
            self._hub.end_reading()

    def _settle(self, works: Sequence[ProjectWork], archive: Path, warc: SharedWarc) -> None:
        """Put the segment on the shelf, then commit the rows that name it, of some projects at a time, as long as the
        range is still ours. What was not committed stays due."""
        files = {paths.relative(archive, path): path for path in warc.digests}
        with put_on(self._place.shelf, files):
            self._write(works[:TOGETHER])
            segments = (Segment(name, path.stat().st_size, warc.digests[path]) for name, path in files.items())
            hub_ranges.keep_segments(self._hub.store, self._taken, segments)
            hub_ranges.hold(self._hub.store, self._taken)
        self._commit()
        for start in range(TOGETHER, len(works), TOGETHER):
            self._write(works[start : start + TOGETHER])
            hub_ranges.hold(self._hub.store, self._taken)
            self._commit()

    def _write(self, works: Sequence[ProjectWork]) -> None:
        refuse_to_work(self._hub, self._place)
        for work in works:
            work.settle()
        keep_sighting(self._hub, self._place, self._own_network, works)

    def _commit(self) -> None:
        self._hub.store.commit()
        self._hub.shared.forget()


def _looks(
    crawlers: Sequence[Crawler], works: Sequence[ProjectWork], end_reading: Callable[[], None]
) -> Iterator[Look]:
    for crawler, work in zip(crawlers, works, strict=True):
        for request, job in crawler.requests([job for job in work.jobs if job.skip is None]):
            yield Look(crawler, work.policy.settings.sites, request, job)
        end_reading()


def _nothing() -> None:
    """Nothing is done between two visits."""
