"""Checking some sources again from the review page, in a thread of its own."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence

from linkarchive.check.run import check
from linkarchive.clock import Clock
from linkarchive.errors import ArchiveError
from linkarchive.model import Report, Verdict
from linkarchive.model.scope import Scope
from linkarchive.project import Project
from linkarchive.report.phrases import count, listed, word
from linkarchive.settings import Settings
from linkarchive.translation import gettext


class Recheck:
    """One re-check at a time; the folder's lock keeps other runs away meanwhile."""

    def __init__(self, project: Project, settings: Settings, clock: Clock) -> None:
        self._project = project
        self._settings = settings
        self._clock = clock
        self._stop = threading.Event()
        self._changing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._said = ""

    @property
    def busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def said(self) -> str:
        """What came of the last re-check, or that one is at work."""
        return self._said

    def start(self, keys: Sequence[str]) -> bool:
        """Check these sources again; False when a re-check is at work already."""
        with self._changing:
            if self.busy:
                return False
            self._said = gettext("Checking {sources} again …", sources=count(len(keys), "source"))
            self._thread = threading.Thread(target=self._run, args=(tuple(keys),), name="re-check", daemon=True)
            self._thread.start()
            return True

    def close(self) -> None:
        """End in good order: what is in flight is finished and saved."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, keys: tuple[str, ...]) -> None:
        try:
            report = self._check(Scope(sources=keys))
        except ArchiveError as error:
            self._said = gettext("The re-check did not happen: {error}", error=error)
        except Exception as error:  # noqa: BLE001 - the page must say so; nobody sees a thread die
            bug = f"{type(error).__name__}: {error}"
            self._said = gettext("The re-check broke off: a bug ({bug})", bug=bug)
        else:
            self._said = _result(report)

    def _check(self, scope: Scope) -> Report:
        """Visit the sources here, or in a project of a hub have workers visit them."""
        project, settings, clock, stop = self._project, self._settings, self._clock, self._stop.is_set
        if project.hub is None:
            return check(project.root, scope, settings, clock, stop=stop)
        from linkarchive.fleet import following

        return following.check(project, scope, settings, clock, lambda _: None, stop)


def _result(report: Report) -> str:
    if report.run.offline:
        return gettext("We are offline: nothing was concluded.")
    numbers = Counter[Verdict]()
    for kind, number in report.kinds.items():
        if not kind.earlier:
            numbers[kind.verdict] += number
    counts = [f"{numbers[verdict]} {word(verdict)}" for verdict in Verdict if numbers[verdict]]
    if not counts:
        return gettext("Checked again: nothing to visit (the source is skipped, or no article cites it any more).")
    return gettext("Checked again: {counts}.", counts=listed(counts))
