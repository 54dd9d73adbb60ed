"""How stored pages look in a browser, with the web closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from linkarchive.browser.chromium import find_browser
from linkarchive.browser.rendering import Rendering
from linkarchive.browser.stored import StoredWeb
from linkarchive.clock import Clock
from linkarchive.errors import StorageError
from linkarchive.project import Files
from linkarchive.settings import Settings
from linkarchive.snapshot.part_reader import PartReader
from linkarchive.snapshot.reader import read_page
from linkarchive.store import parts
from linkarchive.store.captures import StoredCapture
from linkarchive.store.database import Store
from linkarchive.text import HTML_TYPES, media_type

_PATIENCE = 1.0


def looks(
    archive: Files, store: Store, captures: Sequence[StoredCapture], settings: Settings, clock: Clock
) -> Iterator[tuple[StoredCapture, Rendering]]:
    """Each stored copy as a browser shows it now, from the archive alone; those that it cannot show are left out. The
    caller closes each. Raises SettingsError where there is no browser."""
    from linkarchive.browser.renderer import Renderer  # the extra

    with Renderer(find_browser(settings.browser), settings.network, clock) as renderer:
        for number, capture in enumerate(captures):
            stored = _stored_web(archive, store, capture, clock)
            if stored is not None:
                renderer.submit_stored(number, stored)
        while renderer.pending:
            renderer.wait(_PATIENCE)
            for number, answer in renderer.done():
                if isinstance(answer, Rendering):
                    yield captures[number], answer


def _stored_web(archive: Files, store: Store, kept: StoredCapture, clock: Clock) -> StoredWeb | None:
    """None for what is no page of HTML, or cannot be read."""
    records = parts.of_capture(store, kept.id)
    try:
        page = read_page(archive, kept.capture)
        if media_type(page.body, page.headers.get("content-type", "")) not in HTML_TYPES:
            return None
        return StoredWeb(page, PartReader(archive, records, parts.originals(store, records)).find, clock)
    except (StorageError, ValueError):
        return None
