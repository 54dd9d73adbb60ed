"""The main job: articles in, verdicts and a report out. Wires the rooms."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from linkarchive.check.asking import Asking
from linkarchive.check.desk import Desk
from linkarchive.check.events import Listener, Notice, RunStarted, ignore
from linkarchive.check.finish import finish
from linkarchive.check.offline import why_offline
from linkarchive.check.passes import MainPass
from linkarchive.check.plan import Plan, added_only, cited_urls, make_plans, urls_of
from linkarchive.check.pool import Scales
from linkarchive.check.reading import Reading, keep_articles, lost_originals, read_scope
from linkarchive.check.scope import Scope, chosen_sources
from linkarchive.check.second_look import second_look
from linkarchive.clock import Clock
from linkarchive.errors import UsageError
from linkarchive.history.recovery import recover
from linkarchive.model import Capture, Report
from linkarchive.project import Project
from linkarchive.settings import Settings
from linkarchive.sites import refuse_faulty
from linkarchive.snapshot.writer import WarcWriter
from linkarchive.store import captures, decisions, outcomes, runs, sources
from linkarchive.store.database import Store
from linkarchive.store.opening import open_project
from linkarchive.store.run_writer import RunWriter
from linkarchive.store.runs import Run
from linkarchive.wayback.archives import archives_of
from linkarchive.web.connectivity import is_online

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
) -> Report:
    """Run the check over a project folder and return its report.

    `stop` is asked before each new visit: once true, what is in flight is finished,
    everything is saved and the report is incomplete. Raises UsageError, LockedError
    and StorageError (`errors.py` says what each asks for); being offline is no error
    but a report that says so.
    """
    project = Project(root)
    refuse_faulty(settings.sites)
    stop = _with_deadline(stop, settings.check.max_time)
    with project.lock():
        for sentence in recover(project):
            on_event(Notice(sentence))
        with open_project(project) as store:
            _refuse_mixed_clocks(store, settings, clock)
            reading = read_scope(project, store, scope, settings, clock)
            run, resumed = _begin(project, store, scope, settings, clock)
            with WarcWriter(
                root, run.info.id, clock=clock, size_limit=settings.keep.warc_size, simulated=clock.simulated
            ) as writer:
                made = decisions.load(project.decisions)
                ledger = RunWriter(store, run.seq)
                desk = Desk(project, store, writer, run, settings, clock, ledger, made, on_event, resumed)
                return _work(desk, reading, scope, stop)


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
        captures.forget_lost(store, found.seq, lambda capture: _is_there(project, capture))
    run = found or runs.start(store, clock.now(), signature, clock.simulated)
    store.commit()
    return run, found is not None


def _is_there(project: Project, capture: Capture) -> bool:
    file = project.root / capture.record.warc
    return file.exists() and file.stat().st_size >= capture.record.offset + capture.record.length


def _work(desk: Desk, reading: Reading, scope: Scope, stop: Stop) -> Report:
    asking = Asking(desk, stop)
    try:
        with Scales() as scales, closing(MainPass(desk, stop, asking.feed, scales)) as main:
            ending = _visit_and_ask(desk, reading, scope, main, asking)
        return finish(desk, ending.reading, ending.complete, ending.offline, ending.troubles)
    finally:
        asking.close()


@dataclass(frozen=True, slots=True)
class _Ending:
    """What there is to be told at the end, when everything is visited and nothing more is judged."""

    reading: Reading
    complete: bool
    offline: str | None
    troubles: tuple[str, ...]


def _visit_and_ask(desk: Desk, reading: Reading, scope: Scope, main: MainPass, asking: Asking) -> _Ending:
    done = outcomes.visited(desk.store, desk.run.seq)
    plans = _plans(desk, reading)
    originals = _originals(plans, reading, scope, done)
    todo = _todo(desk, plans, scope, done)
    total = len({plan.source.id for plan in (*originals, *todo)})
    desk.listener(RunStarted(desk.run.info.id, total, desk.resumed))
    reading = main.recover(originals, reading)
    new = [article for article in reading.articles if article.path not in reading.known]
    keep_articles(desk.project, desk.store, desk.run.seq, new, reading.digests)
    if originals:  # what they gave back is under watch from now on
        done |= {plan.source.id for plan in originals}
        plans = _plans(desk, reading)
        todo = _todo(desk, plans, scope, done)
    asking.baselines((*originals, *todo))
    if not scope.sources:
        asking.originals(plans, reading)
    main.visit(todo)
    offline = why_offline(main.hosts, lambda: not main.silent and is_online(desk.settings.network, desk.clock))
    if offline is not None:
        outcomes.discard_run(desk.store, desk.run.seq)
        return _Ending(reading, complete=False, offline=offline, troubles=())
    second_look(main)
    told = asking.take(plans, reading)
    if told is not reading:  # archives gave lost targets back, which are visited now
        reading, plans = told, _plans(desk, told)
        more = _todo(desk, plans, scope, outcomes.visited(desk.store, desk.run.seq))
        asking.baselines(more)
        main.visit(more)
        second_look(main)
        todo = [*todo, *more]
    covered = {plan.source.id: plan for plan in (*originals, *todo)}
    asking.dead(covered.values())
    asking.saved(covered.values())
    asking.take(plans, reading)
    asking.follow_moves()
    asking.save(covered.values())
    concluded = outcomes.visited(desk.store, desk.run.seq)
    missing = len(covered.keys() - concluded - main.broken)
    troubles = list(main.troubles)
    if missing:
        troubles.append(f"{missing} sources were not reached in time; the next run continues with them")
    complete = not troubles
    return _Ending(reading, complete=complete, offline=None, troubles=(*troubles, *asking.notices))


def _originals(plans: Mapping[int, Plan], reading: Reading, scope: Scope, done: set[int]) -> list[Plan]:
    """The original pages that are to be visited for the targets that their articles have lost."""
    wanted = lost_originals(reading)
    if scope.sources:
        wanted = wanted.intersection(scope.sources)
    return [
        plan for number, plan in plans.items() if plan.source.key in wanted and plan.skip is None and number not in done
    ]


def _todo(desk: Desk, plans: Mapping[int, Plan], scope: Scope, done: set[int]) -> list[Plan]:
    """What the scope leaves of the plans, without what has its verdict already."""
    last = outcomes.last_checks(desk.store, desk.run.seq) if scope.narrows else {}
    wanted = [key for key, plan in plans.items() if not scope.sources or plan.source.key in scope.sources]
    chosen = chosen_sources(wanted, last, scope, desk.clock.now())
    return [plans[key] for key in chosen if key not in done]


def _plans(desk: Desk, reading: Reading) -> dict[int, Plan]:
    cited = cited_urls((*reading.articles, *reading.left), archives_of(desk.settings.archives))
    known = sources.ensure(desk.store, urls_of(cited))
    desk.store.commit()
    settings = desk.settings
    patterns, private = settings.check.exclude, settings.network.allow_private
    found = make_plans(cited, known, reading.excluded, patterns, private, settings.sites, desk.decisions)
    return {plan.source.id: plan for plan in added_only(found, reading.before)}
