"""A hub: made, and brought to a later version."""

from __future__ import annotations

import re
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path

from linkarchive.errors import StorageError, UsageError
from linkarchive.fleet import queue
from linkarchive.settings_hub import HubSettings
from linkarchive.snapshot.shelf import Shelf, shelf_of
from linkarchive.store import hub, hub_ranges, hub_troubles
from linkarchive.store.database import Store, open_store

_AT_ONCE = 1_000
_NAME = re.compile(r"/\d{8}-(\d+)-(\d+)-\d+-\d+\.")
"""Of a file: its round, range, fence and number."""


def make_hub(settings: HubSettings, ranges: int) -> None:
    """Make a hub in an empty database. Raises UsageError where there is one, StorageError, SettingsError."""
    _try(shelf_of(settings.shelf))
    with open_store(hub.url_of(settings.database, "hub"), bare=True) as store:
        if hub.exists(store):
            raise UsageError("there is a hub in this database: `archive hub upgrade`, `archive hub status`")
        hub.upgrade(store)
        hub.divide(store, ranges)
        store.commit()
    queue.make_tables(settings.database)


def upgrade_hub(settings: HubSettings, now: datetime) -> Iterator[str]:
    """Bring all tables to this version, have parked ranges and projects in trouble tried again, remove files that no
    row names; a sentence for each thing that was done."""
    shelf = shelf_of(settings.shelf)
    with hub.open_hub(settings.database, to_upgrade=True) as store:
        for step in hub.upgrade(store):
            yield f"hub: {step}"
        parked = hub_ranges.put_back(store)
        store.commit()
        for project in hub.projects(store):
            try:
                for step in hub.make_schema(store, project.name):
                    yield f"{project.name}: {step}"
            except (StorageError, UsageError) as error:  # the others are brought to this version all the same
                store.rollback()
                yield f"{project.name} stays as it is: {error}"
        hub_troubles.try_again(store, now)
        store.commit()
        if parked:
            yield f"{parked} parked ranges are tried again"
        removed = sum(1 for _ in _swept(store, shelf))
        if removed:
            yield f"{removed} files that no row names were removed from the shelf"


def _try(shelf: Shelf) -> None:
    """The shelf takes a file, and gives it back. Raises StorageError."""
    name = f"archive/warc/try-{secrets.token_hex(8)}"
    with tempfile.NamedTemporaryFile() as file:
        shelf.put(name, Path(file.name))
    shelf.delete(name)


def _swept(store: Store, shelf: Shelf) -> Iterator[str]:
    """The files that were removed: of jobs that are over, and died before their rows were committed."""
    names, fences = iter(shelf.names()), hub_ranges.fences(store)
    while batch := list(islice(names, _AT_ONCE)):
        named = hub_ranges.named_segments(store, batch)
        for name in batch:
            if name not in named and _is_over(name, fences):
                shelf.delete(name)
                yield name


def _is_over(name: str, fences: Mapping[int, int]) -> bool:
    """The job that put the file there is not the last one of its range."""
    match = _NAME.search(name)
    return match is not None and int(match[2]) < fences.get(int(match[1]), 0)
