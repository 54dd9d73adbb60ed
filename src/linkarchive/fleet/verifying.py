"""Whether the files on the shelf are those that the hub's rows name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from linkarchive.errors import StorageError
from linkarchive.settings_hub import HubSettings
from linkarchive.snapshot.shelf import Shelf, shelf_of
from linkarchive.store import hub_ranges
from linkarchive.store.hub import open_hub
from linkarchive.store.hub_ranges import Segment

_CHUNK = 1024 * 1024


def verify(settings: HubSettings, first: int, last: int) -> Iterator[tuple[Segment, str | None]]:
    """Read all files of these ranges; what is wrong with each, in words, or None. Raises UsageError and
    SettingsError."""
    shelf = shelf_of(settings.shelf)
    with open_hub(settings.database) as store:
        for segment in hub_ranges.segments(store, first, last):
            yield segment, _fault(shelf, segment)


def _fault(shelf: Shelf, segment: Segment) -> str | None:
    digest, size = hashlib.sha256(), 0
    try:
        if not shelf.has(segment.name):
            return "is missing"
        with shelf.open(segment.name) as file:
            while data := file.read(_CHUNK):
                digest.update(data)
                size += len(data)
    except (OSError, StorageError) as error:
        return f"cannot be read: {error}"
    if size != segment.bytes:
        return f"is damaged: it has {size:,} bytes, and {segment.bytes:,} were put there"
    return None if digest.hexdigest() == segment.sha256 else "is damaged: its SHA-256 is another one"
