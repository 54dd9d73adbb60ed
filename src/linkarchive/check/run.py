"""The check of a project, from top to bottom: "The road" of docs/design.md."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from linkarchive.check.articles import Articles, keep_watch, load, lost_originals, recover, save
from linkarchive.check.crawl import Crawler
from linkarchive.check.finish import Ending, finish
from linkarchive.check.lookups import ArchiveLookups
from linkarchive.check.plan import Job, Policy, chosen, forecast, plan
from linkarchive.check.politeness import Politeness
from linkarchive.check.pool import JudgePool
from linkarchive.check.record import Archive, Recorder
from linkarchive.check.requisites import keep_parts
from linkarchive.clock import Clock
from linkarchive.errors import UsageError
from linkarchive.history.cap import keep_within, size_of
from linkarchive.history.recovery import damages, is_there, log_interrupted
from linkarchive.history.recovery import recover as recover_project
from linkarchive.history.reports import report_of
from linkarchive.model import Article, Page, Report
from linkarchive.model.events import Listener, Notice, RunStarted, ignore
from linkarchive.model.scope import Scope
from linkarchive.project import Project
from linkarchive.settings import Settings
from linkarchive.sites import refuse_faulty, refuse_unavailable_scope
from linkarchive.snapshot.writer import WarcWriter
from linkarchive.store import captures, decisions, outcomes, runs
from linkarchive.store.database import Store
from linkarchive.store.opening import open_project
from linkarchive.store.run_writer import RunWriter
from linkarchive.store.runs import Run

Stop = Callable[[], bool]


def never() -> bool:
    return False


def check(
    root: Path,
    scope: Scope,
    settings: Settings,
    clock: Clock,
    on_event: Listener = ignore,
    stop: Stop = never,
    politeness: Politeness | None = None,
) -> Report:
    """Run the check over a project folder and return its report.

    `stop` is asked before each new visit: once true, what is in flight is finished,
    everything is saved and the report is incomplete. Runs with the same `politeness`, one after another, ask
    hosts and archives no faster than one would. Raises UsageError, LockedError
    and StorageError (`errors.py` says what each asks for); being offline is no error
    but a report that says so.
    """
    project = Project(root, settings.keep.folder)
    refuse_faulty(settings)
    refuse_unavailable_scope(settings)
    politeness = politeness or Politeness()
    stop = _with_deadline(stop, settings.check.max_time)
    with project.lock():
        for sentence in recover_project(project):
            on_event(Notice(sentence))
        for sentence in damages(project):
            on_event(Notice(sentence, important=True))
        with open_project(project, write=True) as store:
            _refuse_mixed_clocks(store, settings, clock)
            is_full = 0 < settings.keep.max_bytes < size_of(project)
            articles = load(project, store, scope, settings, clock)
            run, resumed = _begin(project, store, scope, settings, clock)
            with WarcWriter(
                project.archive, run.info.id, clock=clock, size_limit=settings.keep.warc_size, simulated=clock.simulated
            ) as writer:
                recorder = Recorder(Archive(project.archive, writer), store, RunWriter(store, run.seq), on_event)
                policy = Policy(settings, decisions.load(project.decisions), is_full)
                with closing(ArchiveLookups(recorder, policy, clock, stop, politeness)) as lookups:
                    with (
                        JudgePool() as pool,
                        closing(
                            Crawler(policy, clock, recorder, pool, run.info.id, stop, lookups.feed, politeness.hosts)
                        ) as crawler,
                    ):
                        parts = _Check(project, scope, run, resumed, recorder, policy, clock, crawler, lookups)
                        ending = parts.work(articles)
                    report = finish(project, run, resumed, ending, recorder, policy, clock)
        return _within_cap(project, report, settings, clock)


def _within_cap(project: Project, report: Report, settings: Settings, clock: Clock) -> Report:
    """The report, once the archive is within its cap: with what was done for that, and copies where they are then."""
    said = keep_within(project, settings.keep.max_bytes, clock.now()) if settings.keep.max_bytes else ""
    if not said:
        return report
    with open_project(project) as store:
        run = runs.find(store, report.run.id)
        again = report if run is None else report_of(store, run, decisions.load(project.decisions))
    return replace(again, notices=(*report.notices, said))


def _started(run: Run, jobs: Mapping[int, Job], resumed: bool) -> RunStarted:
    visited = [job for job in jobs.values() if job.skip is None]
    own = sum(all(link.original for link in job.citations) for job in visited)
    hosts = Counter(job.host for job in visited)
    return RunStarted(run.info.id, hosts, own, len(jobs) - len(visited), resumed)


@dataclass(frozen=True, slots=True)
class _Check:
    """One run with the parts that do its work."""

    project: Project
    scope: Scope
    run: Run
    resumed: bool
    recorder: Recorder
    policy: Policy
    clock: Clock
    crawler: Crawler
    lookups: ArchiveLookups

    def work(self, articles: Articles) -> Ending:
        """Plan, visit, ask the archives: all but the end."""
        crawler, lookups, store = self.crawler, self.lookups, self.recorder.store
        jobs = self._plan(articles)
        done = outcomes.visited(store, self.run.seq)
        originals = self._originals(jobs, articles, done)
        todo = self._todo(jobs, done)
        self.recorder.listener(_started(self.run, {job.source.id: job for job in (*originals, *todo)}, self.resumed))
        articles = self._recover(originals, articles)
        if originals:  # what they gave back is under watch from now on
            jobs = self._plan(articles)
            todo = self._todo(jobs, done | {job.source.id for job in originals})
        lookups.ask_baselines((*originals, *todo))
        if not self.scope.sources:
            lookups.ask_originals(jobs, articles.articles)
        crawler.first_pass(todo)
        offline = crawler.network_trouble()
        if offline is not None:
            outcomes.discard_run(store, self.run.seq)
            return Ending(articles, complete=False, offline=offline, troubles=())
        crawler.second_pass()
        recovered: list[Article] = []

        def keep(article: Article) -> None:
            save(self.project, store, self.run.seq, [article], articles.digests)
            recovered.append(article)

        lookups.use_answers(jobs, keep)
        if recovered:  # archives gave lost targets back, which are visited now
            for article in recovered:
                articles = articles.with_article(article)
            jobs = self._plan(articles)
            more = self._todo(jobs, outcomes.visited(store, self.run.seq))
            lookups.ask_baselines(more)
            crawler.first_pass(more)
            crawler.second_pass()
            todo = [*todo, *more]
        covered = {job.source.id: job for job in (*originals, *todo)}
        lookups.ask_dead(covered.values())
        lookups.ask_saved(covered.values())
        lacking = keep_parts(self.recorder, self.policy, self.clock, crawler.stop, lookups.feed, crawler.paces)
        lookups.use_answers(jobs, keep)
        lookups.look_for_moved(covered.values())
        lookups.ask_elsewhere(covered.values())
        lookups.use_answers(jobs, keep)
        lookups.save_public_copies(covered.values())
        missing = len(covered.keys() - outcomes.visited(store, self.run.seq) - crawler.broken)
        troubles = list(crawler.troubles)
        if missing:
            troubles.append(f"{missing} sources were not reached in time; the next run continues with them")
        if lacking:
            troubles.append(f"what {lacking} pages need to be shown was not fetched in time; the next run does that")
        return Ending(articles, not troubles, None, (*troubles, *lookups.notices))

    def _plan(self, articles: Articles) -> dict[int, Job]:
        jobs = plan(articles, self.recorder.store, self.policy)
        self.recorder.store.commit()
        return jobs

    def _recover(self, originals: list[Job], articles: Articles) -> Articles:
        """The articles with what the live original pages tell of their lost targets; new articles are saved."""

        def read(job: Job, page: Page) -> None:
            nonlocal articles
            articles, changed = recover(articles, job.source.url, page)
            # Before the visit is on record: a run that is killed in between looks for the targets again.
            save(self.project, self.recorder.store, self.run.seq, changed, articles.digests)

        self.crawler.read_pages(originals, read)
        new = [article for article in articles.articles if article.path not in articles.known]
        save(self.project, self.recorder.store, self.run.seq, new, articles.digests)
        return keep_watch(self.project, articles)

    def _originals(self, jobs: Mapping[int, Job], articles: Articles, done: set[int]) -> list[Job]:
        """The original pages that are to be visited for the targets that their articles have lost."""
        wanted = lost_originals(articles)
        if self.scope.sources:
            wanted = wanted.intersection(self.scope.sources)
        return [
            job for number, job in jobs.items() if job.source.key in wanted and job.skip is None and number not in done
        ]

    def _todo(self, jobs: Mapping[int, Job], done: set[int]) -> list[Job]:
        """What the scope leaves of the jobs, without what has its verdict already."""
        last = outcomes.last_checks(self.recorder.store, self.run.seq) if self.scope.is_partial else {}
        return [job for job in chosen(jobs, last, self.scope, self.clock.now()) if job.source.id not in done]


def _with_deadline(stop: Stop, seconds: float) -> Stop:
    if not seconds:
        return stop
    end = time.monotonic() + seconds
    return lambda: stop() or time.monotonic() >= end


def _refuse_mixed_clocks(store: Store, settings: Settings, clock: Clock) -> None:
    if not settings.keep.mix_simulated and runs.any_of_clock(store, simulated=not clock.simulated):
        kind, other = ("simulated", "real") if clock.simulated else ("real", "simulated")
        raise UsageError(
            f"this folder holds {other} runs and this one is {kind} (ARCHIVE_NOW): use another folder, "
            "or set keep.mix_simulated = true in archive.toml"
        )


def _begin(project: Project, store: Store, scope: Scope, settings: Settings, clock: Clock) -> tuple[Run, bool]:
    """The run to work on: the interrupted one of the same scope, else a new one."""
    signature = scope.signature(settings.check.exclude)
    found = None if scope.fresh else runs.interrupted(store, clock.now(), signature)
    if found is not None:
        captures.forget_lost(store, found.seq, lambda capture: is_there(project, capture))
        runs.save(store, replace(found, info=replace(found.info, finished=None)))
    run = found or runs.start(store, clock.now(), signature, clock.simulated)
    store.commit()
    log_interrupted(project, store, clock.now(), but=run.seq)
    return run, found is not None


def dry_run(root: Path, scope: Scope, settings: Settings, clock: Clock) -> str:
    """Sources, time and disk of a run, in words. Visits no source; named URLs are fetched to be read."""
    refuse_unavailable_scope(settings)
    project = Project(root, settings.keep.folder)
    with project.lock(), open_project(project, write=True) as store:
        articles = load(project, store, scope, settings, clock)
        jobs = plan(articles, store, Policy(settings, decisions.load(project.decisions)))
        last = outcomes.last_checks(store, None) if scope.is_partial else {}
        wanted = chosen(jobs, last, scope, clock.now())
        lines = forecast(wanted, captures.kept_sources(store), settings.network)
        store.rollback()
    lost = sum(citation.url is None for article in articles.articles for citation in article.citations)
    if lost:
        lines.append(f"{lost} lost targets would be looked for on the original pages")
    return "\n".join([*lines, *articles.notices])
