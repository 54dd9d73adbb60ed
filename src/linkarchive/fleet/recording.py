"""What a batch does for one project."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from linkarchive.check.plan import Job, Policy, jobs_by
from linkarchive.fleet.recorder import BatchRecorder
from linkarchive.fleet.workplace import Hub, Workplace, policy_of
from linkarchive.history.open_run import OpenRun
from linkarchive.snapshot.writer import WarcWriter
from linkarchive.store import hub, hub_archives, hub_ranges, hub_troubles, plans, runs
from linkarchive.store.hub import HubProject, ProjectStore
from linkarchive.store.run_writer import RunWriter
from linkarchive.store.runs import Run


@dataclass(frozen=True, slots=True)
class ProjectWork:
    """The sources of a project in a batch, and where their results go."""

    project: HubProject
    policy: Policy
    store: ProjectStore
    writer: RunWriter
    run: Run
    recorder: BatchRecorder
    jobs: Sequence[Job]
    visits: bool
    """They are visited; else more is asked and fetched after their visits."""

    def settle(self) -> None:
        """Write what was concluded, and when each source is due again, into the open transaction."""
        now, store, project = self.recorder.clock.now(), self.store, self.project.id
        concluded_on = self.recorder.concluded_on
        left, to_ask = self.recorder.not_judged - concluded_on, self.recorder.to_ask
        runs.finish(store, self.run.seq, now)  # first, as a push does: else two could wait for each other
        self.writer.flush()
        if self.visits:
            self.recorder.write_parts()
        hub.lock_watched(store, project, concluded_on | left | to_ask.keys())
        hub_ranges.next_visits(store, project, concluded_on, now, visited=self.visits)
        if left:
            hub_ranges.put_off(store, project, left, now)
        if to_ask:
            hub_archives.ask_from(store, project, to_ask)
        if self.project.in_trouble:
            hub_troubles.over(store, project)


def round_of(project: HubProject, opened: Hub, place: Workplace) -> Run:
    """The run of today's visits of a project."""
    now, store = place.clock.now(), ProjectStore(opened.store.url, opened.shared, project.schema)
    hub_troubles.refuse_other_version(store, project.schema)
    return runs.of_round(store, now.strftime(hub.ROUND), now, place.clock.simulated)


def round_of_visits(
    project: HubProject, sources: Sequence[int], opened: Hub, place: Workplace
) -> tuple[Run, list[int]]:
    """The run that visited the first of these sources of a project last, which may be that of an earlier day; and those
    of them that it visited."""
    store = ProjectStore(opened.store.url, opened.shared, project.schema)
    hub_troubles.refuse_other_version(store, project.schema)
    visited_by = runs.last_visiting(store, sources)
    last = visited_by.get(sources[0])
    run = round_of(project, opened, place) if last is None else runs.numbered(store, last)
    return run, [number for number in sources if visited_by.get(number) == last]


def work_of(
    project: HubProject,
    run: Run,
    sources: Collection[int],
    opened: Hub,
    place: Workplace,
    warc: WarcWriter,
    *,
    visits: bool,
) -> ProjectWork:
    """The jobs of these sources of a project, which is at that run.

    `visits` are made, and take their time: nothing is written before the segment is on the shelf, and nobody waits for
    its end.
    """
    store = ProjectStore(opened.store.url, opened.shared, project.schema)
    policy, excluded = policy_of(project, place.settings)
    job_of = jobs_by(policy, excluded)
    jobs = [job_of(source, links) for source, links in plans.of_sources(store, plans.OF_LINKS, list(sources))]
    writer = RunWriter(store, run.seq)
    if visits:
        store.gather_with(_nothing)
    begun = OpenRun(run, False, store, writer, warc, place.clock)
    asks_archives = visits and policy.settings.wayback.mode != "off"
    recorder = BatchRecorder(begun, place, sources, asks_archives, visits and policy.wants_parts)
    return ProjectWork(project, policy, store, writer, run, recorder, jobs, visits)


def _nothing() -> None:
    """Nothing is written yet."""
