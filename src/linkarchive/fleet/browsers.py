"""The browser of a worker, which the projects share."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from linkarchive.browser.chromium import find_browser, is_asked_for, renderer_of
from linkarchive.browser.rendering import NotRendered, Rendering
from linkarchive.check.plan import Policy
from linkarchive.errors import SettingsError
from linkarchive.fleet.part_turns import BrowserTurns
from linkarchive.fleet.shared_visit import SharedVisit, shared
from linkarchive.fleet.workplace import Workplace
from linkarchive.report.phrases import count
from linkarchive.settings import BrowserSettings
from linkarchive.store import hub_turns

if TYPE_CHECKING:
    from linkarchive.browser.page import Ready
    from linkarchive.browser.renderer import Answer, Renderer

MOST_WAITING = 40
"""Pages that wait for the browser, after which a batch makes no more visits: it renders two at a time."""
_KEPT = 8
"""Pages, at most, that stay in memory as they were seen: who asks for one later asks soon."""


@dataclass(frozen=True, slots=True)
class SharedRendering(Rendering):
    """A rendering that one of several has; its bodies are closed when the last of them closes it."""

    def close(self) -> None:
        self.visit.close()
        if isinstance(self.visit, SharedVisit) and not self.visit.holders.left:
            for part in self.parts:
                part.body.close()


class SharedBrowser:
    """One browser for the pages of all projects of a batch, which starts with the first page. A page is rendered
    once for all who ask for it at about the same time."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._stack = ExitStack()
        """What the browser needs while it runs."""
        self._executable, self._why = _found(place.settings.browser)
        self._renderer: Renderer | None = None
        self._numbers = itertools.count()
        self._urls: dict[int, str] = {}
        self._waiting: dict[str, list[tuple[ProjectsBrowser, int]]] = {}
        self._answers: dict[str, Answer] = {}
        """What was seen of the last pages, for projects that ask later."""
        self._owners: list[ProjectsBrowser] = []

    def of_project(self, policy: Policy) -> ProjectsBrowser | None:
        """None where there is no browser and the project asks for none."""
        if self._executable is None and not is_asked_for(policy.settings):
            return None
        self._owners.append(ProjectsBrowser(self))
        return self._owners[-1]

    @property
    def pending(self) -> int:
        """Pages that wait to be shown."""
        return len(self._waiting)

    def submit(self, owner: ProjectsBrowser, key: int, url: str, ready: Ready) -> None:
        """As `Renderer.submit`, for one of the projects."""
        if self._executable is None:
            owner.ready.append((key, NotRendered(f"this worker has no browser: {self._why}")))
            return
        if url in self._answers:
            owner.ready.append((key, _share(self._answers[url])))
            return
        takers = self._waiting.setdefault(url, [])
        takers.append((owner, key))
        if len(takers) == 1:
            number = next(self._numbers)
            self._urls[number] = url
            self._running(self._executable).submit(number, url, ready)

    def hand_out(self) -> None:
        """Give what was rendered to those who asked."""
        if self._renderer is None:
            return
        for number, answer in self._renderer.done():
            url = self._urls.pop(number)
            kept = self._answers[url] = _shared(answer)
            for owner, key in self._waiting.pop(url):
                owner.ready.append((key, _share(kept)))
            if len(self._answers) > _KEPT:
                _close(self._answers.pop(next(iter(self._answers))))

    def wait(self, seconds: float) -> None:
        if self._renderer is not None:
            self._renderer.wait(seconds)

    def say_what_is_late(self) -> None:
        """Tell of the pages that nobody waits for any more."""
        if self._waiting and not self._place.is_stopping():
            late = count(self.pending, "page")
            self._place.say(f"the browser did not show {late} in time: due again in a day")

    def close(self) -> None:
        if self._renderer is not None:
            self._renderer.close()
        for owner in self._owners:
            for _, answer in owner.ready:
                _close(answer)
        for answer in self._answers.values():
            _close(answer)
        self._stack.close()

    def _running(self, executable: str) -> Renderer:
        if self._renderer is None:
            place = self._place
            store = self._stack.enter_context(hub_turns.open_turns(place.settings.hub.database))
            turns = BrowserTurns(store, place.settings.network)
            self._renderer = renderer_of(executable, place.settings, place.clock, place.say, turns)
        return self._renderer


class ProjectsBrowser:
    """What the crawler of one project sees of the browser."""

    def __init__(self, browser: SharedBrowser) -> None:
        self._browser = browser
        self.ready: deque[tuple[int, Answer]] = deque()

    def submit(self, key: int, url: str, ready: Callable[..., bool]) -> None:
        self._browser.submit(self, key, url, ready)

    def done(self) -> Iterator[tuple[int, Answer]]:
        self._browser.hand_out()
        while self.ready:
            yield self.ready.popleft()

    def wait(self, seconds: float) -> None:
        if not self.ready:
            self._browser.wait(seconds)

    def close(self) -> None:
        """Others may still need the browser."""


def _found(settings: BrowserSettings) -> tuple[str | None, str]:
    """The program, or why there is none."""
    try:
        return find_browser(settings), ""
    except SettingsError as error:
        return None, str(error)


def _shared(answer: Answer) -> Answer:
    """The answer, so that others may have shares of it."""
    if not isinstance(answer, Rendering):
        return answer
    return SharedRendering(**{**_fields(answer), "visit": shared(answer.visit)})


def _share(kept: Answer) -> Answer:
    """What one more has of such an answer."""
    if not isinstance(kept, SharedRendering) or not isinstance(kept.visit, SharedVisit):
        return kept
    return SharedRendering(**{**_fields(kept), "visit": kept.visit.share()})


def _close(answer: Answer) -> None:
    if isinstance(answer, Rendering):
        answer.close()


def _fields(rendering: Rendering) -> dict[str, Any]:
    return {field.name: getattr(rendering, field.name) for field in fields(rendering)}
