"""The report of a project of a hub: of every source as it stands, whichever round visited it last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from linkarchive.errors import NothingCheckedError
from linkarchive.history.articles import with_originals
from linkarchive.history.reports import load_report
from linkarchive.history.reports import report_of as report_of_run
from linkarchive.history.stored_plan import Reading, plan_of
from linkarchive.model import Report
from linkarchive.project import Project
from linkarchive.store import hub, hub_due, hub_troubles, plans, runs
from linkarchive.store.database import Store
from linkarchive.store.decisions import Decision
from linkarchive.store.runs import Run, RunBody


def report_of(project: Project, store: Store, log: Sequence[Decision], run_id: str | None, now: datetime) -> Report:
    """The report of a run by its id; without one that of a hub's project as it stands, or of a folder's latest run.
    Raises UsageError when there is none."""
    if project.hub is not None and run_id is None:
        return present_report(project, store, log, now)
    return load_report(store, log, run_id)


def present_report(
    project: Project, store: Store, log: Sequence[Decision], now: datetime, errors: Sequence[str] = ()
) -> Report:
    """The report of now; it is complete where nothing is due. Raises NothingCheckedError before the first push."""
    run = runs.find(store)
    pushed = None if project.hub is None else hub.number_of(store, project.hub.name)
    if run is None or pushed is None:
        raise NothingCheckedError
    plan = plans.load(store, plans.HUB)
    due, to_ask = hub_due.due_of(store, pushed, now)
    trouble = hub_troubles.trouble_of(store, pushed)
    body = RunBody(
        articles=with_originals(store, run.seq, plan.articles),
        unresolved=plan.unresolved,
        uncited=plan.uncited,
        malformed=plan.malformed,
        notices=(*_due_words(due, to_ask, trouble), *plan.notices, *plan.remarks),
        partial=True,
        errors=tuple(errors),
    )
    info = replace(run.info, finished=now, complete=not due and trouble is None)
    return report_of_run(store, replace(run, info=info, body=body), log)


def keep_plan(store: Store, run: Run, read: Reading) -> None:
    """Keep the plan that was written, for the workers, and what the report tells of articles. The caller commits."""
    plan = plan_of(store, run.seq, read)
    runs.save(
        store,
        replace(run, body=RunBody(plan.articles, plan.unresolved, plan.uncited, plan.malformed, partial=True)),
    )
    plans.keep(store, plans.HUB, plan, ())


def _due_words(due: int, to_ask: int, trouble: str | None) -> Iterator[str]:
    if trouble is not None:
        yield f"workers leave this project out, and try again each hour: {trouble}"
    if due:
        words = "1 source is" if due == 1 else f"{due:,} sources are"
        yield f"{words} still to be visited: `archive worker` does that"
    if to_ask:
        words = "1 source" if to_ask == 1 else f"{to_ask:,} sources"
        yield f"web archives are still to be asked about {words}: `archive worker` does that"
