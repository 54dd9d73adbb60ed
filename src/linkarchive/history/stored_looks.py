"""How stored pages look in a browser, with the web closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from linkarchive.browser.chromium import as_png, find_browser
from linkarchive.browser.rendering import Rendering
from linkarchive.browser.stored import StoredWeb
from linkarchive.clock import Clock
from linkarchive.errors import StorageError, UsageError
from linkarchive.model import Capture
from linkarchive.project import Files, Project
from linkarchive.settings import Settings
from linkarchive.snapshot.part_reader import PartReader
from linkarchive.snapshot.parts import PICTURE
from linkarchive.snapshot.reader import read_page, read_record
from linkarchive.store import captures, parts, sources
from linkarchive.store.captures import StoredCapture
from linkarchive.store.database import Store
from linkarchive.store.opening import open_project
from linkarchive.text import HTML_TYPES, media_type

_PATIENCE = 1.0


def looks(
    archive: Files, store: Store, captures: Sequence[StoredCapture], settings: Settings, clock: Clock
) -> Iterator[tuple[StoredCapture, Rendering]]:
    """Each stored copy as a browser shows it now, from the archive alone; those that it cannot show are left out.

    The caller closes each. Raises SettingsError where there is no browser.
    """
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


def picture_of(project: Project, url: str, capture: Capture, settings: Settings, clock: Clock) -> bytes:
    """The full picture of a stored copy of a source, as PNG.

    Raises SettingsError where there is no browser, UsageError where it cannot show the copy or the project has it no
    more, StorageError.
    """
    with open_project(project) as store:
        kept = captures.find(store, sources.find(store, url).id, capture)
        record = next((part for part in parts.of_capture(store, kept.id) if part.url.startswith(PICTURE)), None)
        if record is None:
            rendering = next((look for _, look in looks(project.files, store, [kept], settings, clock)), None)
            if rendering is None:
                raise UsageError(f"{url}: the browser cannot show the stored copy")
            picture = rendering.picture
            rendering.close()
        else:
            read = read_record(project.files, record.record)
            picture = read.payload.read()
            read.payload.close()
    return as_png(picture, find_browser(settings.browser))
