"""A PostgreSQL server that takes connections, or statements, and never answers: nobody waits for ever."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest
from procrastinate.exceptions import ConnectorException
from sqlalchemy import text

from linkarchive.errors import StorageError
from linkarchive.fleet import queue
from linkarchive.store import connections, patience
from linkarchive.store.database import open_store


@pytest.fixture
def silent_server() -> Iterator[str]:
    """The address of a server that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"postgresql://someone@127.0.0.1:{server.getsockname()[1]}/hub"


def test_a_server_that_accepts_and_never_answers(silent_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connections.PATIENCE, "connect_timeout", 2)
    with pytest.raises(StorageError, match="timeout expired"), open_store(silent_server):
        pass


def test_a_statement_that_is_never_answered(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience.PatientConnection, "longest", 0.5)
    with pytest.raises(StorageError, match="has not answered"), open_store(postgresql_url) as store:
        store.execute(text("SELECT pg_sleep(60)"))


def test_a_statement_of_the_queue_that_is_never_answered(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience.PatientAsyncConnection, "longest", 0.5)
    app = queue.app_of(postgresql_url, lambda _: None)

    async def ask() -> None:
        async with app.open_async():
            await app.connector.execute_query_async("SELECT pg_sleep(60)")

    with pytest.raises(ConnectorException) as caught:
        asyncio.run(ask())
    assert "has not answered" in str(caught.value.__cause__)


def test_a_worker_whose_server_never_answers_says_so_and_ends(
    silent_server: str, folder: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections.PATIENCE, "connect_timeout", 2)
    environ = {"ARCHIVE_HUB_DATABASE": silent_server, "ARCHIVE_HUB_SHELF": "/nowhere"}
    ran = folder.run("worker", "--once", env=environ)  # type: ignore[attr-defined]
    assert (ran.code, "timeout expired" in ran.err) == (3, True), ran
