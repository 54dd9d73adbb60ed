"""The visits of a run: all sources once, then a second look at what seems gone and at suspects (docs/design.md §7).

What comes of each visit goes to the recorder at once, so that an interrupted run loses next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TypeVar

from linkarchive.check.assess import JudgeTask, NotJudgedError, assess
from linkarchive.check.baselines import Fetched, build_task
from linkarchive.check.conclude import Conclusion, conclude, skipped
from linkarchive.check.plan import Job, Policy
from linkarchive.check.pool import JudgePool
from linkarchive.check.record import Recorder
from linkarchive.check.unchanged import load_previous, request_for, unchanged
from linkarchive.clock import Clock
from linkarchive.errors import ArchiveError
from linkarchive.model import Page, Reason
from linkarchive.model.events import LookingAgain, Notice, SourceConcluded
from linkarchive.secrets import redact
from linkarchive.urls import host_of
from linkarchive.web.connectivity import is_online, network_trouble
from linkarchive.web.exchange import Visit, VisitRequest
from linkarchive.web.network import Hosts, Trouble
from linkarchive.web.pacing import Paces
from linkarchive.web.page import limit_of, page_of
from linkarchive.web.scheduler import fetch_all

MAX_SUSPECTS = 500
"""Suspects whose visits are kept open for a probe; what comes after is judged without one."""
MAX_SUSPECT_BYTES = 32 * 1024 * 1024
"""And bytes of their pages, which stay in memory."""
ENOUGH_FAILURES = 20
_PATIENCE = 1.0
"""Seconds, at most, between two looks at what the pool has judged."""
_GONE = (404, 410)
_Companion = TypeVar("_Companion")


@dataclass(slots=True)
class Crawler:
    """Visits the sources of a run and has each visit judged, concluded on and recorded."""

    policy: Policy
    clock: Clock
    recorder: Recorder
    pool: JudgePool
    run_id: str
    stop: Callable[[], bool]
    on_idle: Callable[[], None]
    """Called now and then."""
    paces: Paces = field(default_factory=Paces)
    hosts: Hosts = field(default_factory=Hosts)
    troubles: list[str] = field(default_factory=list)
    """Sources that a bug of ours kept from being judged, in words."""
    broken: set[int] = field(default_factory=set)
    """Their numbers."""
    silent: bool = False
    """Neither hosts nor canaries answer."""
    _judging: dict[int, tuple[Fetched, bool]] = field(default_factory=dict)
    """What the pool has, by the number of the source; and whether it may be set aside for a probe."""
    _failed: list[Fetched] = field(default_factory=list)
    """Failures wait until we know that we are online; what looks gone waits for its second look."""
    _suspects: list[Fetched] = field(default_factory=list)
    _suspect_bytes: int = 0

    def first_pass(self, jobs: Sequence[Job]) -> None:
        """Visit what is ours to fetch, and conclude on each visit at once where nothing speaks against it."""
        for job in self._load([job for job in jobs if job.skip is not None]):
            self._record(skipped(job, self.clock.now(), self.policy))
        self.recorder.commit()
        for job, visit in self._visits(self._requests([job for job in jobs if job.skip is None])):
            self._handle(job, visit)
            self._go_on()
        self._finish_judging()
        self.recorder.commit()

    def read_pages(self, jobs: Sequence[Job], read: Callable[[Job, Page], None]) -> None:
        """Visit sources, and conclude on each once its whole page was read."""
        for job, visit in self._visits((self._request(job), job) for job in self._load(jobs)):
            with self._contained(job, visit):
                read(job, self._page(visit))
            if job.source.id not in self.broken:
                self._handle(job, visit)
                self._finish_judging()
            self.recorder.commit()

    def network_trouble(self) -> Trouble | None:
        """What is wrong with our own network; None when nothing is."""
        return network_trouble(self.hosts, self.policy.settings.network, self.clock, self.silent)

    def second_pass(self) -> None:
        """Visit again what seems gone, ask a made-up address on the hosts of suspects, conclude on both."""
        failed, self._failed = self._failed, []
        for fetched in failed:
            if not _deserves_another(fetched.visit):
                self._conclude_safely(fetched)
        again = [fetched.job for fetched in failed if _deserves_another(fetched.visit)]
        probes = self._probes()
        if again or probes:
            self.recorder.listener(LookingAgain(len(again) + len(probes)))
        answers: dict[str, Page] = {}
        wanted: Iterator[tuple[VisitRequest, Job | None]] = chain(
            ((self._request(job), job) for job in again), ((probe, None) for probe in probes)
        )
        for job, visit in self._visits(wanted):
            if job is not None:
                self._conclude_safely(Fetched(job, visit, self._page(visit)))
            else:
                if visit.final is not None:
                    answers[host_of(visit.request.url)] = self._kept_probe(visit)
                visit.close()
            self.recorder.commit_when_due()
        suspects, self._suspects, self._suspect_bytes = self._suspects, [], 0
        for fetched in suspects:
            answer = answers.get(host_of(fetched.visit.request.url))
            with self._contained(fetched.job, fetched.visit):
                self._judge(replace(fetched, probe=answer), may_wait=False)
        self._finish_judging()
        self.recorder.commit()

    def close(self) -> None:
        """Let go of what was set aside."""
        for fetched in (*self._suspects, *(fetched for fetched, _ in self._judging.values())):
            fetched.visit.close()

    # --- visits ----------------------------------------------------------------------------------

    def _load(self, jobs: Sequence[Job]) -> Iterator[Job]:
        return load_previous(jobs, self.recorder.store, self.recorder.rows.run, self.policy)

    def _request(self, job: Job) -> VisitRequest:
        return VisitRequest(self.policy.address(job.source.url))

    def _requests(self, jobs: Sequence[Job]) -> Iterator[tuple[VisitRequest, Job]]:
        has_file = self.recorder.archive.has_file
        return ((request_for(job, self.policy, has_file), job) for job in self._load(jobs))

    def _visits(self, wanted: Iterable[tuple[VisitRequest, _Companion]]) -> Iterator[tuple[_Companion, Visit]]:
        """Visit what is wanted; each visit comes with what came with its request."""
        waiting: dict[str, list[_Companion]] = {}  # two sources may be visited at one address (`remap`)

        def requests() -> Iterator[VisitRequest]:
            for request, companion in wanted:
                waiting.setdefault(request.url, []).append(companion)
                yield request

        settings = self.policy.settings
        for visit in fetch_all(
            requests(),
            settings.network,
            self.clock,
            stop=lambda: self.silent or self.stop(),
            sites=settings.sites,
            before_waiting=self._use_the_time,
            paces=self.paces,
        ):
            companions = waiting[visit.request.url]
            companion = companions.pop(0)
            if not companions:
                del waiting[visit.request.url]
            yield companion, visit

    def _use_the_time(self) -> bool:
        """Between two looks at the network, when no visit has ended: judge a page, say whether there are more."""
        self.pool.help()
        self._go_on()
        return self.pool.wants_help

    def _go_on(self) -> None:
        self._collect()
        self.recorder.commit_when_due()
        self.on_idle()

    def _handle(self, job: Job, visit: Visit) -> None:
        with self._contained(job, visit):
            fetched = Fetched(job, visit, self._page(visit))
            self.hosts.saw(job.source.url, visit, fetched.page, job.previous)
            if _waits(visit):
                visit.close()
                self._failed.append(fetched)
                self._listen()
            else:
                self._conclude(fetched, may_wait=not visit.not_modified)

    def _listen(self) -> None:
        """After some failures and nothing else, ask once whether we are offline: thousands more would tell no more."""
        if len(self._failed) == ENOUGH_FAILURES and not self.hosts.up:
            self.silent = not is_online(self.policy.settings.network, self.clock)

    def _record(self, conclusion: Conclusion) -> None:
        self.recorder.record(conclusion)
        self.recorder.listener(SourceConcluded(conclusion.job.source.url, conclusion.verdict))

    def _page(self, visit: Visit) -> Page:
        return page_of(visit, limit_of(visit, self.policy.settings.network))

    # --- judging ---------------------------------------------------------------------------------

    def _conclude_safely(self, fetched: Fetched) -> None:
        with self._contained(fetched.job, fetched.visit):
            self._conclude(fetched, may_wait=False)
        self.recorder.commit_when_due()

    def _conclude(self, fetched: Fetched, *, may_wait: bool) -> None:
        """As last time, at once for a failure, else once the page is judged beside the network.

        `may_wait`: it may be set aside for a probe, if it is a suspect.
        """
        as_last_time = unchanged(fetched, self.policy)
        if as_last_time is not None:
            self._record(as_last_time)
            fetched.visit.close()
        elif fetched.page.failure is not None:
            assessment = assess(self._task(fetched))
            self._record(conclude(fetched, assessment, self.policy))
            fetched.visit.close()
        else:
            self._judge(fetched, may_wait)

    def _task(self, fetched: Fetched) -> JudgeTask:
        job, page, now = fetched.job, fetched.page, fetched.visit.time
        return build_task(job, page, now, self.recorder.archive.folder, self.policy, fetched.probe)

    def _judge(self, fetched: Fetched, may_wait: bool) -> None:
        while not self.pool.room:
            self._wait_for_pool()
        self._judging[fetched.job.source.id] = fetched, may_wait
        self.pool.submit(fetched.job.source.id, self._task(fetched))

    def _collect(self) -> None:
        """Record what has been judged."""
        for number, assessment in self.pool.done():
            fetched, may_wait = self._judging.pop(number)
            with self._contained(fetched.job, fetched.visit):
                if isinstance(assessment, NotJudgedError):
                    raise assessment
                if may_wait and assessment.suspect and self._has_room(fetched):
                    self._suspects.append(fetched)
                    self._suspect_bytes += len(fetched.page.body)
                else:
                    self._record(conclude(fetched, assessment, self.policy))
                    fetched.visit.close()

    def _finish_judging(self) -> None:
        while self.pool.pending:
            self._wait_for_pool()
        self._collect()

    def _wait_for_pool(self) -> None:
        self.pool.wait(_PATIENCE)
        self._collect()
        self.recorder.commit_when_due()

    def _has_room(self, fetched: Fetched) -> bool:
        return len(self._suspects) < MAX_SUSPECTS and self._suspect_bytes + len(fetched.page.body) <= MAX_SUSPECT_BYTES

    def _probes(self) -> list[VisitRequest]:
        """One made-up address for each host of the suspects."""
        if not self._suspects:
            return []
        from linkarchive.judge.soft404 import probe_url

        probes: dict[str, VisitRequest] = {}
        for fetched in self._suspects:
            asked = fetched.visit.request.url
            url = probe_url(asked, self.run_id)
            if url is not None:
                probes.setdefault(host_of(asked), VisitRequest(url))
        return list(probes.values())

    def _kept_probe(self, visit: Visit) -> Page:
        answer = self._page(visit)
        self.recorder.keep_probe(visit, answer)
        return answer

    @contextmanager
    def _contained(self, job: Job, visit: Visit) -> Iterator[None]:
        """A bug in judging one source costs that verdict, not the run: it is told, and the run is incomplete."""
        try:
            yield
        except NotJudgedError as error:
            self._tell(job, visit, str(error))
        except (ArchiveError, OSError):  # of the disk or the database: it concerns the whole run
            raise
        except Exception as error:  # noqa: BLE001 - whatever a foreign page does to a parser
            self._tell(job, visit, f"{type(error).__name__}: {error}")

    def _tell(self, job: Job, visit: Visit, words: str) -> None:
        visit.close()
        self.broken.add(job.source.id)
        trouble = f"{redact(job.source.url)}: could not be judged ({words}); please report it"
        self.troubles.append(trouble)
        self.recorder.listener(Notice(trouble, important=True))


def _waits(visit: Visit) -> bool:
    if visit.failure is not None:
        return visit.failure.reason not in (Reason.ROBOTS, Reason.PRIVATE_ADDRESS, Reason.OTHER_NETWORK)
    return visit.final is not None and visit.final.status in _GONE


def _deserves_another(visit: Visit) -> bool:
    """It looks gone: the page, or the host's name."""
    return visit.failure is None or visit.failure.no_such_name
