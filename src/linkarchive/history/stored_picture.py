"""The picture of a stored copy: the one that was kept with it, or one that is made of it."""

from __future__ import annotations

from linkarchive.browser.chromium import as_png, find_browser
from linkarchive.browser.rendering import NotRendered
from linkarchive.clock import Clock
from linkarchive.errors import UsageError
from linkarchive.history.stored_looks import looks
from linkarchive.model import Capture
from linkarchive.project import Project
from linkarchive.settings import Settings
from linkarchive.snapshot.parts import PICTURE
from linkarchive.snapshot.reader import read_record
from linkarchive.store import captures, parts, sources
from linkarchive.store.opening import open_project


def picture_of(project: Project, url: str, capture: Capture, settings: Settings, clock: Clock) -> bytes:
    """The full picture of a stored copy of a source, as PNG. Raises SettingsError where there is no browser, UsageError
    where it cannot show the copy or the project has it no more, StorageError."""
    with open_project(project) as store:
        kept = captures.find(store, sources.find(store, url).id, capture)
        record = next((part for part in parts.of_capture(store, kept.id) if part.url.startswith(PICTURE)), None)
        if record is None:
            [(_, rendering)] = looks(project.files, store, [kept], settings, clock)
            if isinstance(rendering, NotRendered):
                raise UsageError(f"{url}: the browser cannot show the stored copy: {rendering.why}")
            picture = rendering.picture
            rendering.close()
        else:
            read = read_record(project.files, record.record)
            picture = read.payload.read()
            read.payload.close()
    return as_png(picture, find_browser(settings.browser))
