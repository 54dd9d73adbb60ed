"""The browser of a worker, which the projects share."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from linkarchive.browser.chromium import find_browser, is_asked_for, renderer_of
from linkarchive.browser.rendering import NotRendered, Rendering
from linkarchive.check.plan import Policy
from linkarchive.errors import SettingsError
from linkarchive.fleet.part_turns import BrowserTurns
from linkarchive.fleet.shared_visit import SharedVisit, shared
from linkarchive.fleet.workplace import Workplace
from linkarchive.report.phrases import count
from linkarchive.settings import BrowserSettings, SiteSettings
from linkarchive.urls import is_within

if TYPE_CHECKING:
    from linkarchive.browser.page import Ready
    from linkarchive.browser.renderer import Answer, Renderer

MOST_WAITING = 40
"""Pages that wait for the browser, after which a batch makes no more visits: it renders two at a time."""
_MOST_BYTES = 32 * 1024 * 1024
"""Of pages that stay as they were seen: who asks for one later asks soon."""
_BESIDE = 256 * 1024
"""Bytes that a body counts beside its length: a large one is an open file."""


@dataclass(frozen=True, slots=True)
class SharedRendering(Rendering):
    """A rendering that one of several has; its bodies are closed when the last of them closes it."""

    visit: SharedVisit

    @classmethod
    def of(cls, rendering: Rendering) -> SharedRendering:
        return cls(**{**_fields(rendering), "visit": shared(rendering.visit)})

    def share(self) -> SharedRendering:
        """What one more has of it."""
        return SharedRendering(**{**_fields(self), "visit": self.visit.share()})

    def close(self) -> None:
        self.visit.close()
        if not self.visit.holders.left:
            for part in self.parts:
                part.body.close()


def _fields(rendering: Rendering) -> dict[str, Any]:
    return {field.name: getattr(rendering, field.name) for field in fields(rendering)}


class SharedBrowser:
    """The browser for the pages of all projects of a batch, which starts with the first page; another one for projects
    whose rules send other header fields."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._executable, self._why = _found(place.settings.browser)
        self._browsers: dict[tuple[SiteSettings, ...], _Browser] = {}

    def of_project(self, policy: Policy) -> ProjectsBrowser | None:
        """None where there is no browser and the project asks for none."""
        if self._executable is None and not is_asked_for(policy.settings):
            return None
        sites = _with_headers(policy.settings.sites)
        if sites not in self._browsers:
            self._browsers[sites] = _Browser(self._place, self._executable, self._why, sites)
        return self._browsers[sites].of_project()

    @property
    def pending(self) -> int:
        """Pages that wait to be shown."""
        return sum(browser.pending for browser in self._browsers.values())

    def say_what_is_late(self) -> None:
        """Tell of the pages that nobody waits for any more."""
        late = self.pending + sum(browser.late for browser in self._browsers.values())
        if late and not self._place.is_stopping():
            self._place.say(f"the browser did not show {count(late, 'page')} in time: due again in a day")

    def close(self) -> None:
        for browser in self._browsers.values():
            browser.close()


class _Browser:
    """One browser. A page is rendered once for all who ask for it at about the same time."""

    def __init__(self, place: Workplace, executable: str | None, why: str, sites: tuple[SiteSettings, ...]) -> None:
        """`why` there is no executable; `sites` are rules with header fields."""
        self._place = place
        self._executable = executable
        self._why = why
        self._sites = sites
        self._renderer: Renderer | None = None
        self._turns: BrowserTurns | None = None
        self._numbers = itertools.count()
        self._urls: dict[int, str] = {}
        self._waiting: dict[str, list[tuple[ProjectsBrowser, int]]] = {}
        self._seen: dict[str, SharedRendering | NotRendered] = {}
        """The last pages, or why they could not be shown, for projects that ask later."""
        self._owners: list[ProjectsBrowser] = []
        self.late = 0
        """Pages that lacked turns on hosts."""

    def of_project(self) -> ProjectsBrowser:
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
        if url in self._seen:
            owner.ready.append((key, _share(self._seen[url])))
            return
        takers = self._waiting.setdefault(url, [])
        takers.append((owner, key))
        if len(takers) == 1:
            number = next(self._numbers)
            self._urls[number] = url
            self._running(self._executable).submit(number, url, ready)

    def hand_out(self) -> None:
        """Give what was rendered to those who asked. Raises StorageError where the database gave no turns."""
        if self._renderer is None:
            return
        if self._turns is not None and self._turns.error is not None:
            raise self._turns.error
        for number, answer in self._renderer.done():
            url = self._urls.pop(number)
            takers = self._waiting.pop(url)
            seen = SharedRendering.of(answer) if isinstance(answer, Rendering) else answer
            for owner, key in takers:
                owner.ready.append((key, _share(seen)))
            if isinstance(seen, NotRendered) and seen.is_late:
                self.late += 1
                continue
            self._seen[url] = seen
            while sum(map(_size, self._seen.values())) > _MOST_BYTES:
                _close(self._seen.pop(next(iter(self._seen))))

    def wait(self, seconds: float) -> None:
        if self._renderer is not None:
            self._renderer.wait(seconds)

    def close(self) -> None:
        with ExitStack() as stack:
            if self._turns is not None:
                stack.callback(self._turns.close)
            if self._renderer is not None:
                self._renderer.close()
        for owner in self._owners:
            for _, answer in owner.ready:
                _close(answer)
        for seen in self._seen.values():
            _close(seen)
        self._seen.clear()

    def _running(self, executable: str) -> Renderer:
        if self._renderer is None:
            place, settings = self._place, replace(self._place.settings, sites=self._sites)
            self._turns = self._turns or BrowserTurns(settings.hub.database, settings.network)
            self._renderer = renderer_of(executable, settings, place.clock, place.say, self._turns)
        return self._renderer


class ProjectsBrowser:
    """What the crawler of one project sees of the browser."""

    def __init__(self, browser: _Browser) -> None:
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


def _share(seen: SharedRendering | NotRendered) -> Answer:
    """What one more has of it."""
    return seen.share() if isinstance(seen, SharedRendering) else seen


def _size(seen: SharedRendering | NotRendered) -> int:
    """About the bytes that it holds."""
    if isinstance(seen, NotRendered):
        return len(seen.why)
    bodies = [part.body for part in (*seen.visit.exchanges, *seen.parts)]
    return len(seen.dom) + len(seen.picture) + sum(body.length + _BESIDE for body in bodies)


def _close(answer: Answer) -> None:
    if isinstance(answer, Rendering):
        answer.close()


def _with_headers(sites: Sequence[SiteSettings]) -> tuple[SiteSettings, ...]:
    """The rules by which requests get header fields, or get none where those of a domain do; nothing else of them."""
    hosts = [rule.host for rule in sites if rule.headers]
    rules = {rule.host: rule.headers for rule in reversed(sites) if is_within(rule.host, hosts)}
    return tuple(SiteSettings(host=host, headers=rules[host]) for host in sorted(rules))


def _found(settings: BrowserSettings) -> tuple[str | None, str]:
    """The program, or why there is none."""
    try:
        return find_browser(settings), ""
    except SettingsError as error:
        return None, str(error)
