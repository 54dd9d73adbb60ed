"""The check of a project, from top to bottom: "The road" of docs/design.md."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Set
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from linkarchive.check.articles import Articles, keep_plan, keep_watch, load, load_first, recover, save, with_new_saved
from linkarchive.check.finish import Ending, finish
from linkarchive.check.lookups import ArchiveLookups
from linkarchive.check.plan import Job, Jobs, Policy, chosen, forecast, leave_others, plan
from linkarchive.check.processes import crawling, spare_processes
from linkarchive.check.record import Recorder
from linkarchive.clock import Clock
from linkarchive.history.cap import is_full, within_cap
from linkarchive.history.open_run import begin, locked, refuse_mixed_clocks, to_plan
from linkarchive.model import Article, Page, Report, Scope
from linkarchive.model.events import Listener, Notice, RunStarted, ignore
from linkarchive.project import Project
from linkarchive.settings import Settings
from linkarchive.wayback.politeness import Politeness

if TYPE_CHECKING:
    from linkarchive.check.processes import Crawl

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

    `stop` is asked before each new visit: once true, what is in flight is finished, everything is saved and the report
    is incomplete. Runs with the same `politeness`, one after another, ask hosts and archives no faster than one would.
    Raises UsageError, LockedError and StorageError (`errors.py` says what each asks for); being offline is no error but
    a report that says so.
    """
    project = Project(root, settings.keep.folder)
    politeness = politeness or Politeness()
    stopped, stop = stop, _with_deadline(stop, settings.check.max_time)
    first = load_first(project, scope, settings, clock)

    def notice(sentence: str, important: bool) -> None:
        on_event(Notice(sentence, important))

    with locked(project, settings, clock.now(), notice) as database:
        if project.database.exists():  # another run was faster, and knows more
            first = None
        policy = Policy.of(settings, project.decisions, is_full(project, settings.keep.max_bytes))
        with spare_processes(project, scope, policy, clock, first is not None) as others, database() as store:
            refuse_mixed_clocks(store, settings, clock)
            articles = first or load(project, store, scope, settings, clock)
            signature = scope.signature(settings.check.exclude)
            with begin(project, store, settings, clock, signature, scope.fresh) as begun:
                recorder = Recorder(begun, on_event)
                with closing(ArchiveLookups(recorder, policy, stop, politeness)) as lookups:
                    paces = politeness.hosts
                    with crawling(others, policy, recorder, paces, stop, lookups.feed) as crawler:
                        parts = partial(_keep_parts, recorder, policy, stop, lookups.feed, politeness)
                        ends = partial(_ended, stopped, stop)
                        ending = _Check(project, scope, recorder, policy, crawler, lookups, parts, ends).work(articles)
                    report = finish(project, ending, recorder, policy)
        return within_cap(project, report, settings.keep.max_bytes, clock.now())


def _keep_parts(
    recorder: Recorder, policy: Policy, stop: Stop, on_idle: Callable[[], None], politeness: Politeness
) -> int:
    """`pictures.keep_parts`, which is imported where some source is kept with its parts."""
    if not policy.wants_parts:
        return 0
    from linkarchive.check.scopes.pictures import keep_parts

    return keep_parts(recorder, policy, stop, on_idle, politeness.hosts)


class _Check(Struct, frozen=True):
    """One run with the parts that do its work."""

    project: Project
    scope: Scope
    recorder: Recorder
    policy: Policy
    crawler: Crawl
    lookups: ArchiveLookups
    keep_parts: Callable[[], int]
    """Stores what captured pages need to be shown; how many pages it did not reach."""
    ended: Callable[[], str]
    """What kept the run from going on, to stand behind “not reached”."""

    def work(self, articles: Articles) -> Ending:
        """Plan, visit, ask the archives: all but the end."""
        crawler, lookups, recorder = self.crawler, self.lookups, self.recorder
        if articles.new and not articles.losing:  # nothing of them is still to be found out
            articles = with_new_saved(self.project, recorder.store, recorder.run.seq, articles)
        jobs = self._plan(articles)
        done = recorder.visited()
        originals = self._originals(jobs, articles, done)
        todo = self._todo(jobs, done, articles)
        first = jobs.only(job.source.id for job in originals)
        seen = set(first.numbers)
        recorder.listener(self._started(todo.without(seen).after(first)))
        articles = self._recover(originals, articles)
        if originals:  # what they gave back is under watch from now on
            jobs = self._plan(articles)
            todo = self._todo(jobs, done | seen, articles)
        lookups.ask_baselines(todo.after(first))
        if not self.scope.sources:
            losing = articles.losing
            lookups.ask_originals(jobs, [articles.by_path[path] for path in articles.by_path if path in losing])
        crawler.first_pass(todo)
        offline = crawler.own_network.trouble()
        if offline is not None:
            recorder.discard()
            return Ending(articles, complete=False, offline=offline, troubles=())
        crawler.second_pass()
        recovered: list[Article] = []

        def keep(article: Article) -> None:
            self._save([article], articles)
            recovered.append(article)

        lookups.use_answers(jobs, keep)
        if recovered:  # archives gave lost targets back, which are visited now
            for article in recovered:
                articles = articles.with_article(article)
            jobs = self._plan(articles)
            more = self._todo(jobs, recorder.visited(), articles)
            lookups.ask_baselines(more)
            crawler.first_pass(more)
            crawler.second_pass()
            todo = more.after(todo)
        covered = todo.without(seen).after(first)
        lookups.ask(list(lookups.dead_lookups(covered)))
        lookups.ask(lookups.parent_lookups(covered))
        lookups.ask_saved(covered)
        lacking = self.keep_parts()
        lookups.use_answers(jobs, keep)
        lookups.look_for_moved(covered)
        lookups.ask(list(lookups.elsewhere_lookups(covered)))
        lookups.use_answers(jobs, keep)
        lookups.save_public_copies(covered)
        missing = len(covered.without(recorder.visited()).without(recorder.not_judged))
        troubles = list(recorder.troubles)
        if missing:
            were, them = ("source was", "it") if missing == 1 else ("sources were", "them")
            troubles.append(f"{missing:,} {were} not reached{self.ended()}; the next run continues with {them}")
        if lacking:
            what = f"what {lacking:,} pages need to be shown was not fetched{self.ended()}"
            troubles.append(f"{what}; the next run does that")
        partial = self.scope.is_of_links and (self.scope.is_partial or bool(troubles))
        return Ending(articles, not troubles, None, (*troubles, *lookups.notices), partial)

    def _plan(self, articles: Articles) -> Jobs:
        store = self.recorder.store
        jobs = plan(articles, store, self.policy, self.scope.is_of_links)
        if articles.plan is None or articles.files is not None or articles.by_path:
            leave_others(articles, self.scope, store)
        keep_plan(store, self.recorder.run.seq, articles, self.policy.settings)
        store.commit()
        return jobs

    def _started(self, jobs: Jobs) -> RunStarted:
        need, run = jobs.need, self.recorder.run.info.id
        return RunStarted(run, need.by_host, need.own, len(need.skipped), self.recorder.resumed)

    def _recover(self, originals: list[Job], articles: Articles) -> Articles:
        """The articles with what the live original pages tell of their lost targets; new articles are saved."""

        def read(job: Job, page: Page) -> None:
            nonlocal articles
            articles, changed = recover(articles, job.source.url, job.original_of, page)
            # Before the visit is on record: a run that is killed in between looks for the targets again.
            self._save(changed, articles)

        self.crawler.read_pages(originals, read)
        self._save(articles.new.values(), articles)
        return keep_watch(self.project, articles)

    def _save(self, changed: Collection[Article], articles: Articles) -> None:
        save(self.project, self.recorder.store, self.recorder.run.seq, changed, articles.digests)

    def _originals(self, jobs: Jobs, articles: Articles, done: Set[int]) -> list[Job]:
        """The original pages that are to be visited for the targets that their articles have lost."""
        losing, scope = articles.losing, self.scope.sources
        return [
            job
            for job in (jobs.without(done) if losing else ())
            if job.original_of & losing and (not scope or job.source.key in scope) and job.skip is None
        ]

    def _todo(self, jobs: Jobs, done: Set[int], articles: Articles) -> Jobs:
        """What the scope leaves of the jobs, without what has its verdict already."""
        run, now = self.recorder.run.seq if done else None, self.recorder.clock.now()
        return chosen(jobs, articles, self.scope, run, now).without(done)


def _ended(stopped: Stop, stop: Stop) -> str:
    if stopped():
        return " before the run was stopped"
    return " in time" if stop() else ""


def _with_deadline(stop: Stop, seconds: float) -> Stop:
    if not seconds:
        return stop
    end = time.monotonic() + seconds
    return lambda: stop() or time.monotonic() >= end


def dry_run(root: Path, scope: Scope, settings: Settings, clock: Clock) -> str:
    """Sources, time and disk of a run, in words. Visits no source; of what was named, URLs are fetched to be read, but
    not the articles of a feed or sitemap. Where there is no archive, none is made. Raises as `check` does."""
    project = Project(root, settings.keep.folder)
    first = load_first(project, scope, settings, clock, fetch_listed=False)
    damages = []

    def notice(sentence: str, important: bool) -> None:
        if important:
            damages.append(sentence)

    with to_plan(project, settings, clock.now(), notice) as store:
        articles, now = first or load(project, store, scope, settings, clock, fetch_listed=False), clock.now()
        jobs = plan(articles, store, Policy.of(settings, project.decisions), scope.is_of_links)
        lines = forecast(chosen(jobs, articles, scope, None, now), settings)
        store.rollback()
    lost = sum(citation.url is None for article in articles.articles for citation in article.citations)
    if lost:
        lines.append(f"{lost} lost targets would be looked for on the original pages")
    return "\n".join([*lines, *damages, *articles.notices])
