"""A hub for each test: a fresh database of the private PostgreSQL, and a folder as its shelf."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def hub_project(folder: Any, empty_postgresql_url: str, tmp_path: Path) -> Callable[[str], Any]:
    """`hub_project(name)`: an empty folder that is that project of the hub, which is made by the first call."""
    made: list[str] = []

    def project(name: str) -> Any:
        root = tmp_path / name
        root.mkdir()
        own = copy.copy(folder)
        own.root = root
        own.environ = {
            **folder.environ,
            "ARCHIVE_HUB_DATABASE": empty_postgresql_url,
            "ARCHIVE_HUB_SHELF": str(tmp_path / "shelf"),
            "ARCHIVE_HUB_PROJECT": name,
            "ARCHIVE_HUB_LEASE": "2",
            "ARCHIVE_NETWORK_HOST_DELAY": "0",
            "ARCHIVE_NETWORK_DOMAIN_DELAY": "0",
            "ARCHIVE_BROWSER_WHEN": "never",
        }
        if not made:
            done = own.run("hub", "init", "--ranges", "4")
            assert done.code == 0, done.err
        made.append(name)
        return own

    return project
