"""A project folder from Python: `Project`, and `check` for one call."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from linkarchive.clock import Clock
from linkarchive.model import Capture, CaptureRef, Difference, Page, Report, SourceReport
from linkarchive.settings import Settings, load_settings
from linkarchive.snapshot.shelf import project_of

if TYPE_CHECKING:
    from linkarchive.model import Scope
    from linkarchive.model.events import Listener
    from linkarchive.store.database import Store
    from linkarchive.store.decisions import Decision
    from linkarchive.wayback.politeness import Politeness

Name = str | os.PathLike[str]
"""A file, or a web address."""


def _ignore(_: object) -> None:
    """The listener of a caller who does not listen."""


def _never() -> bool:
    return False


class Project:
    """A project folder: `links.txt` and `archive/`. Opens the database for each call, and takes the folder's lock
    for each call that writes; several processes may use one folder.

    Methods raise UnknownSourceError for a URL that is not under watch, UsageError when there is nothing to answer
    with (nothing was checked yet), StorageError when the disk refuses.
    """

    def __init__(self, folder: Name = ".", *, settings: Settings | None = None) -> None:
        """`settings`: those of the folder's `archive.toml` and the environment, unless given."""
        root = Path(folder).resolve()
        self.settings = settings or load_settings(root)
        self.folder = project_of(root, self.settings)

    def check(
        self,
        *articles: Name,
        scope: Scope | None = None,
        on_event: Listener = _ignore,
        stop: Callable[[], bool] = _never,
        politeness: Politeness | None = None,
    ) -> Report:
        """Check the sources of the articles, or of all of `links.txt`, and return the report.

        `scope` instead of articles narrows a run as the options of `archive check` do. Once `stop` returns true, what
        is in flight is finished and saved, and the report is incomplete. Calls with the same `politeness`, one after
        another, ask hosts no faster than one would. Raises LockedError while another run is on.
        """
        from linkarchive.check.run import check as run_check
        from linkarchive.model import Scope

        scope = scope or Scope(tuple(os.fspath(name) for name in articles))
        if self.folder.hub is not None:
            from linkarchive.fleet.following import check as check_by_hub

            return check_by_hub(self.folder, scope, self.settings, Clock.from_environ(), on_event, stop)
        return run_check(self.folder.root, scope, self.settings, Clock.from_environ(), on_event, stop, politeness)

    def dry_run(self, scope: Scope) -> str:
        """What a check would fetch, how long it would take and how much disk, in words. Visits no source."""
        from linkarchive.check.run import dry_run

        return dry_run(self.folder.root, scope, self.settings, Clock.from_environ())

    def report(self, run: str | None = None) -> Report:
        """The report of a run by its id, the latest by default, in the light of today's decisions."""
        from linkarchive.history.hub_report import report_of
        from linkarchive.store import decisions

        with self._open() as store:
            log = decisions.load(self.folder.decisions)
            return report_of(self.folder, store, log, run, Clock.from_environ().now())

    def sources(self) -> tuple[SourceReport, ...]:
        """The last report on every source, whichever run made it."""
        from linkarchive.history.sources import latest_reports

        with self._open() as store:
            return latest_reports(store)

    def history(self, url: str) -> tuple[SourceReport, ...]:
        """What each run concluded about a source, oldest first."""
        from linkarchive.history.sources import reports_of

        with self._open() as store:
            return reports_of(store, url)

    def captures(self, url: str) -> tuple[Capture, ...]:
        """The stored copies of a source, oldest first."""
        from linkarchive.history.sources import captures_of

        with self._open() as store:
            return captures_of(store, url)

    def page(self, capture: Capture | CaptureRef) -> Page:
        """The page of a stored copy, read from its WARC file and decoded to at most `[network] max_body` bytes."""
        from linkarchive.history.sources import page_of

        with self._open() as store:
            return page_of(self.folder.files, store, capture, self.settings.network.max_body)

    def single_page(self, url: str, capture: Capture) -> str | None:
        """A stored copy of a source as one HTML file, with the styles, fonts, pictures and frames that were kept,
        and without scripts and forms; None for what is no HTML page."""
        from linkarchive.history.single_page import single_page_at

        with self._open() as store:
            return single_page_at(self.folder.files, store, url, capture)

    def diff(self, url: str) -> Difference:
        """What changed in the text of a source between its baseline and its latest capture."""
        from linkarchive.history.sources import difference_since

        with self._open() as store:
            return difference_since(self.folder.files, store, url)

    def accept(self, url: str, *, reason: str | None = None, article: str | None = None) -> Decision:
        """Record that today's page of a source is fine, for one article or all: later drift is measured from it."""
        from linkarchive.history.decisions import accept_page

        with self._open() as store:
            return accept_page(self.folder, store, url, article, reason, user(), Clock.from_environ().now())

    def ignore(self, url: str, *, until: date | None = None, reason: str | None = None) -> Decision:
        """Record that a source's finding is known: it is judged and counted, but not reported until that day."""
        from linkarchive.history.decisions import ignore_source

        with self._open() as store:
            return ignore_source(self.folder, store, url, until, reason, user(), Clock.from_environ().now())

    @contextmanager
    def _open(self) -> Iterator[Store]:
        from linkarchive.store.opening import open_project

        with open_project(self.folder) as store:
            yield store


def check(
    *articles: Name, project: Name = ".", settings: Settings | None = None, on_event: Listener = _ignore
) -> Report:
    """`Project(project, settings=settings).check(*articles, on_event=on_event)`."""
    return Project(project, settings=settings).check(*articles, on_event=on_event)


def user() -> str:
    """The name that decisions are recorded under; in a container the user may have a number only."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
