"""A project whose web archives stand on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from faulty_archive import FaultyArchive

from linkarchive.demo.server import DemoWeb
from linkarchive.demo.wayback import DemoCapture
from linkarchive.demo.wire import Reply, Request, Response

QUICK = {
    "ARCHIVE_WAYBACK_MODE": "auto",
    "ARCHIVE_WAYBACK_REPLAY_PER_MINUTE": "0",
    "ARCHIVE_WAYBACK_INDEX_PER_MINUTE": "0",
    "ARCHIVE_WAYBACK_TIMEOUT": "2",
    "ARCHIVE_WAYBACK_BUDGET": "20",
}


class Archives:
    """The two archives that are asked by default; a test fills them."""

    def __init__(self) -> None:
        self.wayback = FaultyArchive(now=lambda: datetime(2026, 2, 1, tzinfo=UTC))
        self.arquivo = FaultyArchive(base="https://arquivo.pt", collection="/wayback/")
        self.asked: list[str] = []
        """What the first of them was asked for."""

    def answer(self, request: Request) -> Reply:
        self.asked.append(request.url)
        return self.wayback(request)

    def hold(self, url: str, when: str, page: Response) -> None:
        self._hold(self.wayback, url, when, page)

    def hold_elsewhere(self, url: str, when: str, page: Response) -> None:
        """At the second of them."""
        self._hold(self.arquivo, url, when, page)

    @staticmethod
    def _hold(archive: FaultyArchive, url: str, when: str, page: Response) -> None:
        time = datetime.fromisoformat(when).replace(tzinfo=UTC)
        archive.captures.append(DemoCapture(url, time, page.body, page.status))


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[DemoWeb, dict[str, Any]]]:
    present: dict[str, Any] = {}
    names = ["web.archive.org", "arquivo.pt", *(f"{name}.example" for name in ("alpha", "beta", "origin", "canary"))]
    with DemoWeb(extra={name: lambda request: present[request.host](request) for name in names}) as web:
        yield web, present


@pytest.fixture
def archives(shared: tuple[DemoWeb, dict[str, Any]], stage: Any) -> Archives:
    _, present = shared
    archives = Archives()
    present.update({"web.archive.org": archives.answer, "arquivo.pt": archives.arquivo})
    present.update({f"{name}.example": stage.site for name in ("alpha", "beta", "origin", "canary")})
    return archives


@pytest.fixture
def project(folder: Any, shared: tuple[DemoWeb, dict[str, Any]], archives: Archives) -> Any:
    """A project folder whose archives are at work."""
    return replace(folder, environ={**folder.environ, **shared[0].environ(), **QUICK})
