"""What a batch concludes for one project: its rows wait in memory until their records are on the shelf."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from linkarchive.check.conclude import Conclusion
from linkarchive.check.plan import Job, Policy, jobs_by
from linkarchive.check.record import Recorder
from linkarchive.clock import Clock
from linkarchive.fleet.workplace import Hub, Workplace, policy_of
from linkarchive.history.open_run import OpenRun
from linkarchive.model.events import Event, Notice
from linkarchive.snapshot.writer import WarcWriter
from linkarchive.store import hub, hub_ranges, plans, runs
from linkarchive.store.hub import HubProject, ProjectStore
from linkarchive.store.run_writer import RunWriter
from linkarchive.store.runs import Run


class BatchRecorder(Recorder):
    """Writes the conclusions of one project."""

    def __init__(self, begun: OpenRun, place: Workplace) -> None:
        super().__init__(begun, self._tell)
        self._say = place.say
        self.concluded_on: set[int] = set()
        """Numbers of sources."""

    def record(self, conclusion: Conclusion) -> None:
        super().record(conclusion)
        self.concluded_on.add(conclusion.job.source.id)

    def commit(self) -> None:
        """Not before the records are on the shelf: then all projects commit together."""
        self._note_commit()

    def _tell(self, event: Event) -> None:
        if isinstance(event, Notice):
            self._say(event.text)


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

    def settle(self, clock: Clock) -> None:
        """Write what was concluded, and when each source is due again, into the open transaction."""
        now, store, project = clock.now(), self.store, self.project.id
        concluded_on = self.recorder.concluded_on
        left = self.recorder.not_judged - concluded_on
        runs.finish(store, self.run.seq, now)  # first, as a push does: else two could wait for each other
        self.writer.flush()
        hub.lock_watched(store, project, concluded_on | left)
        hub_ranges.next_visits(store, project, concluded_on, now)
        hub_ranges.put_off(store, project, left, now)


def round_of(project: HubProject, opened: Hub, clock: Clock) -> Run:
    """The run of today's visits of a project."""
    now, store = clock.now(), ProjectStore(opened.store.url, opened.shared, project.schema)
    return runs.of_round(store, now.strftime(hub.ROUND), now, clock.simulated)


def work_of(
    project: HubProject, run: Run, sources: Collection[int], opened: Hub, place: Workplace, warc: WarcWriter
) -> ProjectWork:
    """The jobs of these sources of a project, which is at that run."""
    store = ProjectStore(opened.store.url, opened.shared, project.schema)
    policy, excluded = policy_of(project, place.settings)
    job_of = jobs_by(policy, excluded)
    jobs = [job_of(source, links) for source, links in plans.of_sources(store, sources)]
    writer = RunWriter(store, run.seq)
    store.gather_with(_nothing)  # nothing is written, and nobody waits for its end, before the segment is on the shelf
    recorder = BatchRecorder(OpenRun(run, False, store, writer, warc, place.clock), place)
    return ProjectWork(project, policy, store, writer, run, recorder, jobs)


def _nothing() -> None:
    """Nothing is written yet."""
