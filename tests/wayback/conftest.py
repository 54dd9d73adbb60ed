"""The demo web with an archive of its own, and a session that asks it without waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from faulty_archive import FaultyArchive
from msgspec.structs import replace

from linkarchive.clock import Clock
from linkarchive.demo.server import DemoWeb
from linkarchive.demo.wayback import DemoCapture
from linkarchive.settings import WaybackSettings
from linkarchive.wayback.answers import ArchivedCopy, NoCopy, Unknown
from linkarchive.wayback.session import ArchiveSession

QUICK = WaybackSettings(timeout=5.0, replay_per_minute=0, index_per_minute=0, save_per_minute=0)
PROSE = "".join(
    f"<p>In the year {year} the harbour master wrote down every ship that passed the lantern, its flag and cargo.</p>"
    for year in range(1890, 1930)
)

Take = Callable[[ArchivedCopy | NoCopy | Unknown], ArchivedCopy]
NewSession = Callable[..., ArchiveSession]
Article = Callable[..., DemoCapture]


@pytest.fixture
def wayback() -> FaultyArchive:
    return FaultyArchive(now=lambda: datetime(2026, 11, 23, 6, tzinfo=UTC))


@pytest.fixture
def arquivo() -> FaultyArchive:
    return FaultyArchive(base="https://arquivo.pt", collection="/wayback/")


@pytest.fixture(scope="module")
def shared_web() -> Iterator[tuple[DemoWeb, dict[str, FaultyArchive]]]:
    """One web for a module (its certificates take a while), with the archives of the test at work."""
    present: dict[str, FaultyArchive] = {}
    hosts = {name: lambda request: present[request.host](request) for name in ("web.archive.org", "arquivo.pt")}
    with DemoWeb(extra=hosts) as web:
        yield web, present


@pytest.fixture
def web(
    shared_web: tuple[DemoWeb, dict[str, FaultyArchive]], wayback: FaultyArchive, arquivo: FaultyArchive
) -> Iterator[DemoWeb]:
    web, present = shared_web
    present.update({"web.archive.org": wayback, "arquivo.pt": arquivo})
    yield web
    assert web.errors == []


@pytest.fixture
def new_session(web: DemoWeb) -> Iterator[NewSession]:
    """Makes sessions; keyword arguments are those of the settings, and `budget` and `stop`."""
    with ExitStack() as stack:

        def make(**given: Any) -> ArchiveSession:
            own = {key: given.pop(key) for key in ("budget", "stop") if key in given}
            settings = replace(QUICK, **given)
            clock = Clock(datetime(2026, 11, 23, 6, tzinfo=UTC))
            return stack.enter_context(ArchiveSession(web.network(), settings, clock, **own))

        yield make


@pytest.fixture
def session(new_session: NewSession) -> ArchiveSession:
    return new_session()


@pytest.fixture
def article() -> Article:
    """Makes captures of a page with plenty of text."""

    def make(url: str, day: str, title: str = "The lantern books", **given: Any) -> DemoCapture:
        body = f"<!DOCTYPE html><html><title>{title}</title><article><h1>{title}</h1>{PROSE}</article></html>"
        time = datetime.fromisoformat(day).replace(hour=9, tzinfo=UTC)
        return DemoCapture(url, time, **{"body": body.encode(), **given})

    return make


@pytest.fixture
def taken() -> Iterator[Take]:
    """The answer, which must be a copy; its bodies are closed in the end."""
    with ExitStack() as stack:

        def take(answer: ArchivedCopy | NoCopy | Unknown) -> ArchivedCopy:
            assert isinstance(answer, ArchivedCopy)
            if answer.visit is not None:
                stack.callback(answer.visit.close)
            return answer

        yield take
