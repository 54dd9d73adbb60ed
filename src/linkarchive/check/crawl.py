"""The visits of a run: all sources once, then a second look at what seems gone and at suspects (docs/design.md §7).

What comes of each visit goes to the recorder at once, so that an interrupted run loses next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from typing import TypeVar

from msgspec import structs

from linkarchive.check.assess import Assessment, JudgeTask, assess
from linkarchive.check.baselines import Fetched, build_task, page_of
from linkarchive.check.conclude import Conclusion, conclude, skipped
from linkarchive.check.plan import Job, Policy
from linkarchive.check.pool import JudgePool
from linkarchive.check.record import Recorder
from linkarchive.check.scopes.rendered import RenderedPages
from linkarchive.check.unchanged import load_previous, request_for, unchanged
from linkarchive.errors import NotJudgedError
from linkarchive.model import Page, Reason
from linkarchive.model.events import LookingAgain, Notice, SourceConcluded
from linkarchive.web.connectivity import OwnNetwork
from linkarchive.web.exchange import Visit, VisitRequest
from linkarchive.web.pacing import Paces
from linkarchive.web.scheduler import KnownRules, fetch_all

MAX_SUSPECTS = 500
"""Suspects of a run whose visits are kept open for a probe; what comes after is judged without one."""
MAX_SUSPECT_BYTES = 32 * 1024 * 1024
"""And bytes of their pages, which stay in memory."""
_PATIENCE = 1.0
"""Seconds, at most, between two looks at what the pool has judged."""
_GONE = (404, 410)
_Companion = TypeVar("_Companion")


class Crawler:
    """Visits the sources of a run and has each visit judged, concluded on and recorded."""

    def __init__(
        self,
        policy: Policy,
        recorder: Recorder,
        paces: Paces,
        stop: Callable[[], bool],
        on_idle: Callable[[], None],
        own_network: OwnNetwork | None = None,
        left: list[int] | None = None,
        among: int = 1,
    ) -> None:
        """`on_idle` is called now and then. With `left` so many processes (`among`) make the visits, and share what may
        be held: what a browser is to see is left to another one, by the number of the source."""
        self._paces = paces
        self.own_network = own_network or OwnNetwork(policy.settings.network, recorder.clock)
        self._policy = policy
        self._recorder = recorder
        self._stop = stop
        self._on_idle = on_idle
        self._among = among
        self._rules: KnownRules = {}
        self._pool = JudgePool(among=among)
        self._rendered = RenderedPages(policy, recorder.clock, lambda words: recorder.listener(Notice(words)), left)
        self._judging: dict[int, tuple[Fetched, bool]] = {}
        """What the pool has, by the number of the source; and whether it may be set aside for a probe."""
        self._failed: list[Fetched] = []
        """Failures wait until we know that we are online; what looks gone waits for its second look."""
        self._suspects: list[Fetched] = []
        self._suspect_bytes = 0

    def first_pass(self, jobs: Sequence[Job]) -> None:
        """Visit what is ours to fetch, and conclude on each visit at once where nothing speaks against it."""
        for job in self._load([job for job in jobs if job.skip is not None]):
            self._record(skipped(job, self._recorder.clock.now(), self._policy))
        self._recorder.commit()
        for job, visit in self._visits(self._requests([job for job in jobs if job.skip is None])):
            self._handle(job, visit)
            self._go_on()
        self._finish_judging()
        self._recorder.commit()

    def read_pages(self, jobs: Sequence[Job], read: Callable[[Job, Page], None]) -> None:
        """Visit sources, and conclude on each once its whole page was read."""
        for job, visit in self._visits((self._request(job), job) for job in self._load(jobs)):
            with self._contained(job, visit.close):
                read(job, self._page(visit))
            if job.source.id not in self._recorder.not_judged:
                self._handle(job, visit)
                self._finish_judging()
            self._recorder.commit()

    def second_pass(self) -> None:
        """Visit again what seems gone, ask a made-up address on the hosts of suspects, conclude on both."""
        failed, self._failed = self._failed, []
        for fetched in failed:
            if not _deserves_another(fetched.visit):
                self._conclude_safely(fetched)
        again = [fetched.job for fetched in failed if _deserves_another(fetched.visit)]
        probes = self._probes()
        if again or probes:
            self._recorder.listener(LookingAgain(len(again) + len(probes)))
        answers: dict[str, Page] = {}
        wanted: Iterator[tuple[VisitRequest, Job | str]] = chain(
            ((self._request(job), job) for job in again), ((probe, host) for host, probe in probes.items())
        )
        for asked, visit in self._visits(wanted):
            if isinstance(asked, Job):
                self._conclude_safely(Fetched(asked, visit, self._page(visit)))
            else:
                if visit.final is not None:
                    answers[asked] = self._kept_probe(visit)
                visit.close()
            self._recorder.commit_when_due()
        suspects, self._suspects, self._suspect_bytes = self._suspects, [], 0
        for fetched in suspects:
            answer = answers.get(fetched.host)
            with self._contained(fetched.job, fetched.close):
                self._judge(structs.replace(fetched, probe=answer), may_wait=False)
        self._finish_judging()
        self._recorder.commit()

    def close(self) -> None:
        """Let go of what was set aside, and end the judging."""
        self._pool.close()
        for fetched in (*self._suspects, *(fetched for fetched, _ in self._judging.values())):
            fetched.close()
        self._rendered.close()

    # --- visits ----------------------------------------------------------------------------------

    def _load(self, jobs: Sequence[Job]) -> Iterator[Job]:
        return load_previous(jobs, self._recorder.store, self._recorder.rows.run, self._policy)

    def _request(self, job: Job) -> VisitRequest:
        return VisitRequest(self._policy.address(job.source.url))

    def _requests(self, jobs: Sequence[Job]) -> Iterator[tuple[VisitRequest, Job]]:
        now, has_file = self._recorder.clock.now(), self._recorder.warc.has_file
        here = (job for job in self._load(jobs) if not self._rendered.leaves(job))
        return ((request_for(job, self._policy, now, has_file), job) for job in here)

    def _visits(self, wanted: Iterable[tuple[VisitRequest, _Companion]]) -> Iterator[tuple[_Companion, Visit]]:
        """Visit what is wanted; each visit comes with what came with its request."""
        waiting: dict[str, list[_Companion]] = {}  # two sources may be visited at one address (`remap`)

        def requests() -> Iterator[VisitRequest]:
            for request, companion in wanted:
                waiting.setdefault(request.url, []).append(companion)
                yield request

        settings = self._policy.settings
        for visit in fetch_all(
            requests(),
            settings.network,
            self._recorder.clock,
            stop=self._is_over,
            sites=settings.sites,
            before_waiting=self._use_the_time,
            rules=self._rules,
            paces=self._paces,
        ):
            companions = waiting[visit.request.url]
            companion = companions.pop(0)
            if not companions:
                del waiting[visit.request.url]
            yield companion, visit

    def _is_over(self) -> bool:
        return self.own_network.is_silent or self._stop()

    def _use_the_time(self) -> bool:
        """Between two looks at the network, when no visit has ended: judge a page, say whether there are more."""
        self._pool.help()
        self._go_on()
        return self._pool.wants_help

    def _go_on(self) -> None:
        self._collect()
        self._take_rendered()
        self._recorder.commit_when_due()
        self._on_idle()

    def _handle(self, job: Job, visit: Visit) -> None:
        try:  # not by `_contained`, which takes a microsecond: this is done for every visit
            fetched = Fetched(job, visit, self._page(visit))
            self.own_network.saw(job.source.url, visit, fetched.page, job.previous)
            if _waits(visit):
                visit.close()
                self._failed.append(fetched)
                self.own_network.failed()
            else:
                self._conclude(fetched, may_wait=not visit.not_modified)
        except Exception as error:  # noqa: BLE001 - whatever a foreign page does to a parser
            self._recorder.contain(error, job.source.url, job.source.id, visit.close)

    def _record(self, conclusion: Conclusion) -> None:
        self._recorder.record(conclusion)
        self._recorder.listener(SourceConcluded(conclusion.job.source.url, conclusion.verdict))

    def _page(self, visit: Visit) -> Page:
        return page_of(visit, self._policy)

    # --- judging ---------------------------------------------------------------------------------

    def _conclude_safely(self, fetched: Fetched) -> None:
        with self._contained(fetched.job, fetched.close):
            self._conclude(fetched, may_wait=False)
        self._recorder.commit_when_due()

    def _conclude(self, fetched: Fetched, *, may_wait: bool) -> None:
        """As last time, at once for a failure, else once the page is judged beside the network.

        `may_wait`: it may be set aside for a probe, if it is a suspect.
        """
        wanted = self._rendered.wants(fetched)
        as_last_time = None if wanted else unchanged(fetched, self._policy)
        if wanted:
            self._rendered.look(fetched, may_wait=False)
        elif as_last_time is not None:
            self._record(as_last_time)
            fetched.close()
        elif fetched.page.failure is not None:
            assessment = assess(self._task(fetched))
            self._record(conclude(fetched, assessment, self._policy))
            fetched.close()
        else:
            self._judge(fetched, may_wait)

    def _task(self, fetched: Fetched) -> JudgeTask:
        job, page, now = fetched.job, fetched.page, fetched.visit.time
        document = self._rendered.document(fetched)
        return build_task(job, page, now, self._recorder.warc.archive, self._policy, fetched.probe, document)

    def _judge(self, fetched: Fetched, may_wait: bool) -> None:
        while not self._pool.room:
            self._wait_for_pool()
        self._judging[fetched.job.source.id] = fetched, may_wait
        self._pool.submit(fetched.job.source.id, self._task(fetched))

    def _collect(self) -> None:
        """Record what has been judged."""
        for number, assessment in self._pool.done():
            fetched, may_wait = self._judging.pop(number)
            with self._contained(fetched.job, fetched.close):
                if isinstance(assessment, NotJudgedError):
                    raise assessment
                if self._rendered.may_help(fetched, assessment):
                    drawn = any(judgement.reason is Reason.SCRIPT_ONLY for judgement in assessment.judgements)
                    # What the server says of a made-up address tells nothing of words that a script draws.
                    self._rendered.look(fetched, assessment, may_wait=may_wait and not drawn)
                else:
                    self._settle(fetched, assessment, may_wait)

    def _settle(self, fetched: Fetched, assessment: Assessment, may_wait: bool) -> None:
        """Set a suspect aside for the probe of its host; conclude on every other page."""
        if may_wait and assessment.suspect and self._has_room(fetched):
            self._suspects.append(fetched)
            self._suspect_bytes += len(fetched.page.body)
        else:
            self._record(conclude(fetched, assessment, self._policy))
            fetched.close()

    def _finish_judging(self) -> None:
        """Wait for the judges and for the browser: until nothing is left, or the run shall end."""
        while self._pool.pending or (self._rendered.pending and not self._stop()):
            if self._pool.pending:
                self._wait_for_pool()
            else:
                self._rendered.wait(_PATIENCE)
            self._go_on()
        self._collect()

    def _take_rendered(self) -> None:
        """Conclude on what the browser saw."""
        for fetched, assessment, may_wait in self._rendered.seen():
            with self._contained(fetched.job, fetched.close):
                if assessment is None:
                    self._conclude(fetched, may_wait=may_wait)
                else:
                    self._settle(fetched, assessment, may_wait)

    def _wait_for_pool(self) -> None:
        self._pool.wait(_PATIENCE)
        self._collect()
        self._recorder.commit_when_due()

    def _has_room(self, fetched: Fetched) -> bool:
        size = self._suspect_bytes + len(fetched.page.body)
        return len(self._suspects) < MAX_SUSPECTS // self._among and size <= MAX_SUSPECT_BYTES // self._among

    def _probes(self) -> dict[str, VisitRequest]:
        """One made-up address for each host of the suspects."""
        probes: dict[str, VisitRequest] = {}
        for fetched in self._suspects:
            url = fetched.probe_url(self._recorder.run.info.id)
            if url is not None:
                probes.setdefault(fetched.host, VisitRequest(url))
        return probes

    def _kept_probe(self, visit: Visit) -> Page:
        answer = self._page(visit)
        self._recorder.keep_probe(visit, answer)
        return answer

    def _contained(self, job: Job, close: Callable[[], None]) -> AbstractContextManager[None]:
        return self._recorder.contained(job.source.url, job.source.id, close)


def _waits(visit: Visit) -> bool:
    if visit.failure is not None:
        return visit.failure.reason not in (Reason.ROBOTS, Reason.PRIVATE_ADDRESS, Reason.OTHER_NETWORK)
    return visit.final is not None and visit.final.status in _GONE


def _deserves_another(visit: Visit) -> bool:
    """It looks gone: the page, or the host's name."""
    return visit.failure is None or visit.failure.no_such_name
