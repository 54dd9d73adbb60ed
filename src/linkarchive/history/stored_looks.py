"""How stored pages look: a picture that was kept, or one made of the stored copy, with the web closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from linkarchive.browser.chromium import as_png, find_browser
from linkarchive.browser.rendering import Rendering
from linkarchive.browser.stored import StoredWeb
from linkarchive.clock import Clock
from linkarchive.errors import StorageError, UsageError
from linkarchive.requisites.reading import HTML_TYPES
from linkarchive.settings import Settings
from linkarchive.snapshot.part_reader import PartReader
from linkarchive.snapshot.parts import PICTURE
from linkarchive.snapshot.reader import read_page, read_record
from linkarchive.store import parts
from linkarchive.store.captures import StoredCapture
from linkarchive.store.database import Store

_PATIENCE = 1.0


def looks(
    archive: Path, store: Store, kept: Sequence[StoredCapture], settings: Settings, clock: Clock
) -> Iterator[tuple[StoredCapture, Rendering]]:
    """Each stored copy as a browser shows it now, from the archive alone; those that it cannot show are left out.

    The caller closes each. Raises SettingsError where there is no browser.
    """
    from linkarchive.browser.renderer import Renderer  # the extra

    with Renderer(find_browser(settings.browser), settings.network, clock) as renderer:
        for number, one in enumerate(kept):
            stored = _stored_web(archive, store, one, clock)
            if stored is not None:
                renderer.submit_stored(number, stored)
        while renderer.pending:
            renderer.wait(_PATIENCE)
            for number, answer in renderer.done():
                if isinstance(answer, Rendering):
                    yield kept[number], answer


def picture_of(archive: Path, store: Store, kept: StoredCapture, settings: Settings, clock: Clock) -> bytes:
    """The full picture of a stored copy as PNG: as it was kept with it, else as a browser shows the copy now.

    Raises SettingsError where a browser is needed and there is none, UsageError where it cannot show the copy.
    """
    record = next((part for part in parts.of_capture(store, kept.id) if part.url.startswith(PICTURE)), None)
    if record is not None:
        stored = read_record(archive, record.record)
        try:
            picture = stored.payload.read()
        finally:
            stored.payload.close()
    else:
        rendering = next((look for _, look in looks(archive, store, [kept], settings, clock)), None)
        if rendering is None:
            raise UsageError(f"{kept.capture.url}: the browser cannot show the stored copy")
        picture = rendering.picture
        rendering.close()
    return as_png(picture, find_browser(settings.browser))


def _stored_web(archive: Path, store: Store, kept: StoredCapture, clock: Clock) -> StoredWeb | None:
    """None for what is no page of HTML, or cannot be read."""
    if kept.capture.mime not in HTML_TYPES:
        return None
    records = parts.of_capture(store, kept.id)
    try:
        page = read_page(archive, kept.capture)
        return StoredWeb(page, PartReader(archive, records, parts.originals(store, records)).find, clock)
    except (StorageError, ValueError):
        return None
