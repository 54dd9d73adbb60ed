"""A hub, and the web that its workers visit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fleet_rig import Hub, Web

from linkarchive.demo.server import DemoWeb
from linkarchive.demo.wire import Reply, Request

ARCHIVES = ("web.archive.org", "arquivo.pt")
HOSTS = tuple(f"h{number}.example" for number in range(48))


@pytest.fixture(scope="session")
def _fleet_web() -> Iterator[tuple[DemoWeb, list[Web]]]:
    webs: list[Web] = []

    def answer(request: Request) -> Reply:
        return webs[-1].site(request)

    names = (*HOSTS, "*.example.org", "target.example", "canary.example", *ARCHIVES)
    with DemoWeb(extra=dict.fromkeys(names, answer)) as web:
        yield web, webs


@pytest.fixture
def web(_fleet_web: Any, stage: Any) -> Web:
    """Each address has a page of its own."""
    web = Web(lambda url: stage.html(url))
    _fleet_web[1].append(web)
    return web


@pytest.fixture
def template(folder: Any, _fleet_web: Any) -> Any:
    """A folder whose commands see that web."""
    return replace(folder, environ={**folder.environ, **_fleet_web[0].environ()})


@pytest.fixture
def new_hub(template: Any, web: Web, empty_postgresql_url: str, tmp_path: Path) -> Hub:
    """A database without tables, and an empty shelf."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    return Hub(empty_postgresql_url, str(shelf), template, web)


@pytest.fixture
def hub(new_hub: Hub) -> Hub:
    """A hub with its tables."""
    new_hub.init()
    return new_hub
