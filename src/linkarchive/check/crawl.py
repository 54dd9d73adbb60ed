"""The visits of a run: all sources once, then a second look at what seems gone and at suspects (docs/design.md §7).

What comes of each visit goes to the recorder at once, so that an interrupted run loses next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

from msgspec import structs

from linkarchive.check.assess import Assessment, JudgeTask, assess
from linkarchive.check.baselines import Fetched, build_task, page_of
from linkarchive.check.conclude import Conclusion, conclude, skipped
from linkarchive.check.plan import Job, Jobs, Policy
from linkarchive.check.pool import JudgePool
from linkarchive.check.record import Recorder
from linkarchive.check.scopes.rendered import PageRenderer, RenderedPages
from linkarchive.check.unchanged import load_previous, request_for, unchanged
from linkarchive.errors import NotJudgedError
from linkarchive.model import Page, Reason
from linkarchive.model.events import LookingAgain, SourceConcluded
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
        pool: JudgePool | None = None,
        renderer: PageRenderer | None = None,
    ) -> None:
        """`on_idle` is called now and then. With `left` so many processes (`among`) make the visits, and share what may
        be held: what a browser is to see is left to another one, by the number of the source. `pool` judges, `renderer`
        stands for a browser of our own."""
        self._paces = paces
        self.own_network = own_network or OwnNetwork(policy.settings.network, recorder.clock)
        self._policy = policy
        self._recorder = recorder
        self._stop = stop
        self._on_idle = on_idle
        self._among = among
        self._rules: KnownRules = {}
        self._pool = pool or JudgePool(among=among)
        self._rendered = RenderedPages(policy, recorder.clock, recorder.listener, left, renderer)
        self._judging: dict[int, tuple[Fetched, bool]] = {}
        """What the pool has, by the number of the source; and whether it may be set aside for a probe."""
        self._failed: list[Fetched] = []
        """Failures wait until we know that we are online; what looks gone waits for its second look."""
        self._suspects: list[Fetched] = []
        self._suspect_bytes = 0
        self._answers: dict[str, Page] = {}
        """What hosts answered to made-up addresses."""

    def first_pass(self, jobs: Jobs) -> None:
        """Visit what is ours to fetch, and conclude on each visit at once where nothing speaks against it."""
        self.skip(jobs.only(jobs.need.skipped))
        self.visit(jobs.only(jobs.need.visited))

    def visit(self, jobs: Jobs) -> None:
        """`first_pass`, where all is ours to fetch."""
        for job, visit in self._visits(self.requests(jobs)):
            self.handle(job, visit)
            self.go_on()
        self.finish_judging()

    def read_pages(self, jobs: Sequence[Job], read: Callable[[Job, Page], None]) -> None:
        """Visit sources, and conclude on each once its whole page was read."""
        for job, visit in self._visits((self._request(job), job) for job in self._load(jobs)):
            with self._contained(job, visit.close):
                read(job, page_of(visit, self._policy))
            if job.source.id not in self._recorder.not_judged:
                self.handle(job, visit)
                self.finish_judging()
            self._recorder.commit()

    def second_pass(self) -> None:
        """Visit again what seems gone, ask a made-up address on the hosts of suspects, conclude on both."""
        wanted = self.second_looks()
        if wanted:
            self._recorder.listener(LookingAgain(len(wanted)))
        for asked, visit in self._visits(wanted):
            self.handle_again(asked, visit)
        self.judge_suspects()

    # --- the steps of both passes, for whoever makes the visits of several crawlers together -----------

    def skip(self, jobs: Iterable[Job]) -> None:
        """Conclude on what is not ours to fetch."""
        for job in self._load(jobs):
            self._record(skipped(job, self._recorder.clock.now(), self._policy))
        self._recorder.commit()

    def requests(self, jobs: Iterable[Job]) -> Iterator[tuple[VisitRequest, Job]]:
        """How the sources are visited."""
        now, has_file = self._recorder.clock.now(), self._recorder.warc.has_file
        here = (job for job in self._load(jobs) if not self._rendered.leaves(job))
        return ((request_for(job, self._policy, now, has_file), job) for job in here)

    def handle(self, job: Job, visit: Visit) -> None:
        """Take a visit of the first pass."""
        try:  # not by `_contained`, which takes a microsecond: this is done for every visit
            fetched = Fetched(job, visit, page_of(visit, self._policy))
            self.own_network.saw(job.source.url, visit, fetched.page, job.previous)
            if fetched.waits:
                visit.close()
                self._failed.append(fetched)
                self.own_network.failed()
            else:
                self._conclude(fetched, may_wait=not visit.not_modified)
        except Exception as error:  # noqa: BLE001 - whatever a foreign page does to a parser
            self._recorder.contain(error, job.source.url, job.source.id, visit.close)

    def go_on(self) -> None:
        """Conclude on what was judged meanwhile."""
        self._collect()
        self._take_rendered()
        self._recorder.commit_when_due()
        self._on_idle()

    def finish_judging(self) -> None:
        """Wait for the judges and for the browser: until nothing is left, or the run shall end."""
        self.empty_pool()
        while self._rendered.pending and not self._stop():
            self._rendered.wait(_PATIENCE)
            self.go_on()
            self.empty_pool()
        self.go_on()  # what was shown by now counts, whoever waited for it
        self.empty_pool()
        self._recorder.commit()

    def empty_pool(self) -> None:
        """Wait for the judges."""
        while self._pool.pending:
            self._wait_for_pool()
            self.go_on()

    def second_looks(self) -> list[tuple[VisitRequest, Job | str]]:
        """What is visited again: the jobs of what seems gone, and made-up addresses on the hosts of suspects."""
        failed, self._failed = self._failed, []
        for fetched in failed:
            if not fetched.looks_gone:
                self._conclude_safely(fetched)
        again = [fetched.job for fetched in failed if fetched.looks_gone]
        return [*((self._request(job), job) for job in again), *((probe, host) for host, probe in self._probes())]

    def handle_again(self, asked: Job | str, visit: Visit) -> None:
        """Take a visit of the second pass."""
        if isinstance(asked, Job):
            self._conclude_safely(Fetched(asked, visit, page_of(visit, self._policy)))
        else:
            if visit.final is not None:
                self._answers[asked] = self._kept_probe(visit)
            visit.close()
        self._recorder.commit_when_due()

    def judge_suspects(self) -> None:
        """Conclude on what waited for the answers of its host."""
        suspects, self._suspects, self._suspect_bytes = self._suspects, [], 0
        answers, self._answers = self._answers, {}
        for fetched in suspects:
            with self._contained(fetched.job, fetched.close):
                self._judge(structs.replace(fetched, probe=answers.get(fetched.host)), may_wait=False)
        self.finish_judging()

    def close(self) -> None:
        """Let go of what was set aside, and end the judging."""
        self._pool.close()
        for fetched in (*self._suspects, *(fetched for fetched, _ in self._judging.values())):
            fetched.close()
        self._rendered.close()

    # --- visits ----------------------------------------------------------------------------------

    def _load(self, jobs: Iterable[Job]) -> Iterator[Job]:
        return load_previous(jobs, self._recorder.store, self._recorder.run.seq, self._policy)

    def _request(self, job: Job) -> VisitRequest:
        return VisitRequest(self._policy.address(job.source.url))

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
        self.go_on()
        return self._pool.wants_help

    def _record(self, conclusion: Conclusion) -> None:
        self._recorder.record(conclusion)
        self._recorder.listener(SourceConcluded(conclusion.job.source.url, conclusion.verdict))

    def _conclude_safely(self, fetched: Fetched) -> None:
        with self._contained(fetched.job, fetched.close):
            self._conclude(fetched, may_wait=False)
        self._recorder.commit_when_due()

    def _conclude(self, fetched: Fetched, *, may_wait: bool) -> None:
        """As last time, at once for a failure, else once the page is judged beside the network. `may_wait`: it may be
        set aside for a probe, if it is a suspect."""
        wanted = self._rendered.wants(fetched)
        as_last_time = None if wanted else unchanged(fetched, self._policy)
        if wanted:
            self._rendered.look(fetched, may_wait=False)
        elif as_last_time is not None:
            self._record(as_last_time)
            fetched.close()
        elif fetched.page.failure is not None:
            self._record(conclude(fetched, assess(self._task(fetched)), self._policy))
            fetched.close()
        else:
            self._judge(fetched, may_wait)

    def _task(self, fetched: Fetched) -> JudgeTask:
        job, page, now = fetched.job, fetched.page, fetched.visit.time
        document = self._rendered.document(fetched)
        return build_task(job, page, now, self._recorder.warc.files, self._policy, fetched.probe, document)

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

    def _probes(self) -> Iterable[tuple[str, VisitRequest]]:
        """One made-up address for each host of the suspects."""
        probes: dict[str, VisitRequest] = {}
        for fetched in self._suspects:
            url = fetched.probe_url(self._recorder.run.info.id)
            if url is not None:
                probes.setdefault(fetched.host, VisitRequest(url))
        return probes.items()

    def _kept_probe(self, visit: Visit) -> Page:
        answer = page_of(visit, self._policy)
        self._recorder.keep_probe(visit, answer)
        return answer

    def _contained(self, job: Job, close: Callable[[], None]) -> AbstractContextManager[None]:
        return self._recorder.contained(job.source.url, job.source.id, close)
