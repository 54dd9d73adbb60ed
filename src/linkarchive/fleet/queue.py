"""The queue of a hub: Procrastinate's, in the schema `hub` of its database. A job is a turn at a range."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from typing import Any

from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Status

from linkarchive.store import hub_ranges
from linkarchive.store.connections import PATIENCE
from linkarchive.store.database import Store
from linkarchive.store.patience import PatientAsyncConnection

_OPTIONS = PATIENCE | {"options": "-csearch_path=hub"}
_TASK = "visit_range"

# It tells each job at length; what the user is to know, the worker says.
for _name in ("procrastinate", "psycopg.pool"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def make_tables(database: str) -> None:
    """The tables of the queue, in an empty schema `hub`."""
    app = App(connector=SyncPsycopgConnector(conninfo=database, kwargs=_OPTIONS))
    with app.open():
        app.schema_manager.apply_schema()


def app_of(database: str, visit_range: Callable[[int], None]) -> App:
    """The queue, for a worker that visits ranges so."""
    pool: dict[str, Any] = {"kwargs": _OPTIONS, "min_size": 1, "max_size": 3, "timeout": 5.0}
    app = App(connector=PsycopgConnector(conninfo=database, connection_class=PatientAsyncConnection, **pool))
    app.task(name=_TASK)(visit_range)
    return app


async def plan(app: App, store: Store, now: datetime, lease: float) -> None:
    """Queue a job for each range with something due, and take the jobs of dead workers out of the queue."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=lease):
        if job.id is not None:
            with suppress(ConnectorException):  # another worker has done it; that the database is away shows below
                await app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
    for number in hub_ranges.due_ranges(store, now):
        task = app.configure_task(_TASK, lock=_lock(number), queueing_lock=_lock(number), queue=_lock(number))
        with suppress(AlreadyEnqueued):
            await task.defer_async(number=number)


async def work_off(app: App, ranges: Collection[int] | None, lease: float) -> None:
    """Do the jobs that are queued, one after another, of these ranges alone, until none is left. Cancel it to have it
    end after the job that it is at."""
    only: Any = {} if ranges is None else {"queues": [_lock(number) for number in ranges]}
    await app.run_worker_async(
        **only,
        concurrency=1,
        wait=False,
        listen_notify=False,
        delete_jobs="always",
        install_signal_handlers=False,
        update_heartbeat_interval=min(10.0, lease / 3),
        stalled_worker_timeout=lease,
    )


def _lock(number: int) -> str:
    return f"range-{number}"
