"""The browser of a worker, which the projects share."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from itertools import count
from typing import TYPE_CHECKING

from linkarchive.browser.chromium import find_browser, is_asked_for
from linkarchive.browser.rendering import NotRendered, Rendering
from linkarchive.check.plan import Policy
from linkarchive.check.scopes.rendered import renderer_of
from linkarchive.errors import SettingsError
from linkarchive.fleet.shared_visit import SharedVisit, shares
from linkarchive.fleet.workplace import Workplace
from linkarchive.settings import BrowserSettings

if TYPE_CHECKING:
    from linkarchive.browser.page import Ready
    from linkarchive.browser.renderer import Answer, Renderer

MOST_WAITING = 40
"""Pages that wait for the browser, after which a batch makes no more visits: it renders two at a time."""


@dataclass(frozen=True, slots=True)
class SharedRendering(Rendering):
    """A rendering that one of several has; its bodies are closed when the last of them closes it."""

    def close(self) -> None:
        self.visit.close()
        if isinstance(self.visit, SharedVisit) and not self.visit.holders.left:
            for part in self.parts:
                part.body.close()


class SharedBrowser:
    """One browser for the pages of all projects of a batch, which starts with the first page. A page that several of
    them wait for is rendered once."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._executable, self._why = _found(place.settings.browser)
        self._renderer: Renderer | None = None
        self._numbers = count()
        self._urls: dict[int, str] = {}
        self._waiting: dict[str, list[tuple[ProjectsBrowser, int]]] = {}
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
            takers = self._waiting.pop(self._urls.pop(number))
            for (owner, key), share in zip(takers, _shares(answer, len(takers)), strict=True):
                owner.ready.append((key, share))

    def wait(self, seconds: float) -> None:
        if self._renderer is not None:
            self._renderer.wait(seconds)

    def close(self) -> None:
        if self._renderer is not None:
            self._renderer.close()
        for owner in self._owners:
            for _, answer in owner.ready:
                if isinstance(answer, Rendering):
                    answer.close()

    def _running(self, executable: str) -> Renderer:
        if self._renderer is None:
            place = self._place
            self._renderer = renderer_of(executable, place.settings, place.clock, place.say)
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


def _shares(answer: Answer, number: int) -> Iterator[Answer]:
    """The answer for so many takers."""
    if number == 1 or not isinstance(answer, Rendering):
        yield from [answer] * number
        return
    rest = {field.name: getattr(answer, field.name) for field in fields(answer) if field.name != "visit"}
    for visit in shares(answer.visit, number):
        yield SharedRendering(visit=visit, **rest)
