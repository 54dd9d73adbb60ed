"""How stored pages look in a browser, with the web closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from linkarchive.browser.chromium import find_browser
from linkarchive.browser.rendering import NotRendered, Rendering
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
) -> Iterator[tuple[StoredCapture, Rendering | NotRendered]]:
    """Each stored copy as a browser shows it now, from the archive alone, or why it does not. The caller closes each
    rendering. Raises SettingsError where there is no browser."""
    from linkarchive.browser.renderer import Renderer  # the extra

    with Renderer(find_browser(settings.browser), settings.network, clock) as renderer:
        for number, capture in enumerate(captures):
            stored = _stored_web(archive, store, capture, clock)
            if isinstance(stored, NotRendered):
                yield capture, stored
            else:
                renderer.submit_stored(number, stored)
        while renderer.pending:
            renderer.wait(_PATIENCE)
            for number, answer in renderer.done():
                yield captures[number], answer


def _stored_web(archive: Files, store: Store, kept: StoredCapture, clock: Clock) -> StoredWeb | NotRendered:
    records = parts.of_capture(store, kept.id)
    try:
        page = read_page(archive, kept.capture)
        if media_type(page.body, page.headers.get("content-type", "")) not in HTML_TYPES:
            return NotRendered("it is no page of HTML")
        return StoredWeb(page, PartReader(archive, records, parts.originals(store, records)).find, clock)
    except (StorageError, ValueError) as error:
        return NotRendered(str(error))
