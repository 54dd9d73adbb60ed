"""How long a PostgreSQL server is waited for: nothing hangs on one that is half dead."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

from psycopg import AsyncConnection, Connection, OperationalError
from psycopg.waiting import Ready

T = TypeVar("T")

_LONGEST = 900.0
"""Seconds for a statement: a push of a million sources, and who waits for its rows, take less."""


class PatientConnection(Connection[Any]):
    """A connection that is closed when a statement brings nothing for a quarter of an hour."""

    longest = _LONGEST

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **options: Any) -> T:
        """Raises OperationalError."""
        return super().wait(_within(self, gen), *args, **options)


class PatientAsyncConnection(AsyncConnection[Any]):
    """The same for asyncio."""

    longest = _LONGEST

    async def wait(self, gen: Generator[Any, Any, T], *args: Any, **options: Any) -> T:
        """Raises OperationalError."""
        return await super().wait(_within(self, gen), *args, **options)


def _within(
    connection: PatientConnection | PatientAsyncConnection, gen: Generator[Any, Any, T]
) -> Generator[Any, Any, T]:
    """The generator of psycopg, which is sent what is ready, and now and then that nothing is."""
    end = time.monotonic() + connection.longest
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if ready == Ready.NONE and time.monotonic() >= end:
                connection.pgconn.finish()
                raise OperationalError(f"the server has not answered for {connection.longest:.0f} s")
            wanted = gen.send(ready)
    except StopIteration as stop:
        result: T = stop.value
        return result
