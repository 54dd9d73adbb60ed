"""The main job: articles in, verdicts and a report out. Wires the rooms."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from linkarchive.check.events import Listener, Notice, RunStarted, ignore
from linkarchive.check.examine import Desk
from linkarchive.check.finish import finish
from linkarchive.check.offline import why_offline
from linkarchive.check.passes import MainPass, second_look
from linkarchive.check.plan import Plan, cited_urls, make_plans, urls_of
from linkarchive.check.reading import Reading, keep_articles, read_articles, wants_recovery
from linkarchive.check.scope import Scope, chosen_sources
from linkarchive.clock import Clock
from linkarchive.errors import UsageError
from linkarchive.model import Capture, Report
from linkarchive.project import Project
from linkarchive.settings import Settings
from linkarchive.snapshot.repair import repair
from linkarchive.snapshot.writer import WarcWriter
from linkarchive.store import captures, decisions, outcomes, runs, sources
from linkarchive.store.opening import open_project
from linkarchive.store.runs import Run
from linkarchive.web.canary import anyone_there

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
    stop = _with_deadline(stop, settings.check.max_time)
    with project.lock():
        for sentence in repair(root):
            on_event(Notice(sentence))
        with open_project(project) as connection:
            _refuse_mixed_clocks(connection, settings, clock)
            reading = read_articles(
                project, connection, scope.articles, settings, clock, scope.stdin, scope.input_format
            )
            run, resumed = _begin(project, connection, scope, settings, clock)
            with WarcWriter(
                root, run.info.id, clock=clock, size_limit=settings.keep.warc_size, simulated=clock.simulated
            ) as writer:
                made = decisions.load(project.decisions)
                desk = Desk(project, connection, writer, run, settings, clock, made, on_event)
                return _work(desk, reading, scope, resumed, stop)


def _with_deadline(stop: Stop, seconds: float) -> Stop:
    if not seconds:
        return stop
    end = time.monotonic() + seconds
    return lambda: stop() or time.monotonic() >= end


def _refuse_mixed_clocks(connection: Connection, settings: Settings, clock: Clock) -> None:
    if not settings.keep.mix_simulated and runs.any_of_clock(connection, simulated=not clock.simulated):
        kind, other = ("simulated", "real") if clock.simulated else ("real", "simulated")
        raise UsageError(
            f"this folder holds {other} runs and this one is {kind} (ARCHIVE_NOW): use another folder, "
            "or set keep.mix_simulated = true in archive.toml"
        )


def _begin(
    project: Project, connection: Connection, scope: Scope, settings: Settings, clock: Clock
) -> tuple[Run, bool]:
    """The run to work on: the interrupted one of the same scope, else a new one."""
    signature = scope.signature(settings.check.exclude)
    found = None if scope.fresh else runs.interrupted(connection, clock.now(), signature)
    if found is not None:
        captures.forget_lost(connection, found.seq, lambda capture: _is_there(project, capture))
    run = found or runs.start(connection, clock.now(), signature, clock.simulated)
    connection.commit()
    return run, found is not None


def _is_there(project: Project, capture: Capture) -> bool:
    file = project.root / capture.record.warc
    return file.exists() and file.stat().st_size >= capture.record.offset + capture.record.length


def _work(desk: Desk, reading: Reading, scope: Scope, resumed: bool, stop: Stop) -> Report:
    done = outcomes.visited(desk.connection, desk.run.seq)
    plans = _plans(desk, reading)
    originals = [plan for key, plan in plans.items() if key not in done and wants_recovery(plan, reading)]
    desk.listener(RunStarted(desk.run.info.id, sum(key not in done for key in plans), resumed))
    main = MainPass(desk, stop)
    reading = main.recover(originals, reading)
    keep_articles(desk.project, desk.connection, desk.run.seq, reading.articles, reading.digests)
    done |= {plan.source.id for plan in originals}
    plans = _plans(desk, reading)
    last = outcomes.last_checks(desk.connection, desk.run.seq) if scope.narrows else {}
    chosen = chosen_sources(list(plans), last, scope, desk.clock.now())
    todo = [plans[key] for key in chosen if key not in done]
    main.visit(todo)
    offline = why_offline(main.hosts, lambda: anyone_there(desk.settings.network, desk.clock))
    if offline is not None:
        outcomes.discard_run(desk.connection, desk.run.seq)
        main.close()
        return finish(desk, reading, complete=False, offline=offline, troubles=())
    second_look(main)
    concluded = outcomes.visited(desk.connection, desk.run.seq)
    missing = len({plan.source.id for plan in (*originals, *todo)} - concluded - main.broken)
    troubles = list(main.troubles)
    if missing:
        troubles.append(f"{missing} sources were not reached in time; the next run continues with them")
    return finish(desk, reading, complete=not troubles, offline=None, troubles=tuple(troubles))


def _plans(desk: Desk, reading: Reading) -> dict[int, Plan]:
    cited = cited_urls((*reading.articles, *reading.left))
    known = sources.ensure(desk.connection, urls_of(cited))
    desk.connection.commit()
    found = make_plans(cited, known, reading.excluded, desk.settings.check.exclude, desk.settings.network.allow_private)
    return {plan.source.id: plan for plan in found}
