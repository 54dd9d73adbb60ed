"""One browser for several projects: a page is rendered once, and let go of when nobody has it any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from linkarchive.browser.rendering import NotRendered, Rendering
from linkarchive.check.plan import Policy
from linkarchive.clock import Clock
from linkarchive.fleet import browsers
from linkarchive.fleet.browsers import ProjectsBrowser, SharedBrowser
from linkarchive.fleet.workplace import Workplace
from linkarchive.settings import BrowserSettings, Settings, SiteSettings
from linkarchive.settings_hub import HubSettings
from linkarchive.snapshot.shelf import FolderShelf
from linkarchive.web.exchange import Body, Exchange, Visit, VisitRequest

NOW = datetime(2026, 1, 5, tzinfo=UTC)
URL, OTHER = "http://h1.example/budget", "http://h1.example/other"


class Browser:
    """Renders at once what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: list[tuple[int, Any]] = []
        self.bodies: list[Body] = []
        self.started_with: list[Settings] = []

    def started(self, _executable: str, settings: Settings, *_: object) -> Browser:
        self.started_with.append(settings)
        return self

    def submit(self, key: int, url: str, _ready: object) -> None:
        self.asked.append(url)
        self.answers.append((key, self._rendering(url)))

    def _rendering(self, url: str) -> Rendering | NotRendered:
        if url == OTHER:
            return NotRendered("the browser hung")
        page, part = (
            Exchange(address, (), NOW, None, 200, "200 OK", (), Body.of(b"text")) for address in (url, f"{url}.css")
        )
        self.bodies += [page.body, part.body]
        return Rendering(Visit(VisitRequest(url), NOW, (page,)), (part,), b"<p>text", b"", b"")

    def done(self) -> Iterator[tuple[int, Any]]:
        while self.answers:
            yield self.answers.pop(0)

    def close(self) -> None:
        """There is no process."""

    @property
    def open_bodies(self) -> int:
        return sum(is_open(body) for body in self.bodies)


def is_open(body: Body) -> bool:
    try:
        body.read()
    except ValueError:
        return False
    return True


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    browser = Browser()
    monkeypatch.setattr(browsers, "renderer_of", browser.started)
    monkeypatch.setattr(browsers, "find_browser", lambda _: "/bin/true")
    return browser


@pytest.fixture
def shared(browser: Browser, hub_project: Any, tmp_path: Path) -> Iterator[SharedBrowser]:
    database = hub_project("politics").environ["ARCHIVE_HUB_DATABASE"]
    settings = Settings(hub=HubSettings(database=database), browser=BrowserSettings(when="needed"))
    place = Workplace(settings, Clock(NOW), FolderShelf(tmp_path), "machine:1", lambda _: None, lambda: False)
    shared = SharedBrowser(place)
    yield shared
    shared.close()


def project_of(shared: SharedBrowser) -> ProjectsBrowser:
    project = shared.of_project(Policy(Settings(), ()))
    assert project is not None
    return project


def seen(project: ProjectsBrowser) -> Rendering:
    [(_, answer)] = project.done()
    assert isinstance(answer, Rendering)
    return answer


def test_who_asks_later_has_the_page_without_another_look(shared: SharedBrowser, browser: Browser) -> None:
    first, second, late = (project_of(shared) for _ in range(3))
    first.submit(1, URL, lambda _: True)
    second.submit(7, URL, lambda _: True)
    for project in (first, second):
        rendering = seen(project)
        assert rendering.dom == b"<p>text"
        rendering.close()
    late.submit(3, URL, lambda _: True)
    rendering = seen(late)
    assert rendering.visit.exchanges[-1].body.read() == b"text"
    assert rendering.parts[0].body.read() == b"text"
    assert browser.asked == [URL]
    shared.close()
    assert browser.open_bodies == 2, "somebody has them still"
    rendering.close()
    assert browser.open_bodies == 0


def test_why_a_page_was_not_shown_is_known_to_who_asks_later(shared: SharedBrowser, browser: Browser) -> None:
    for project in (project_of(shared), project_of(shared)):
        project.submit(1, OTHER, lambda _: True)
        assert list(project.done()) == [(1, NotRendered("the browser hung"))]
    assert browser.asked == [OTHER]


def test_pages_of_long_ago_are_not_kept(shared: SharedBrowser, browser: Browser) -> None:
    project = project_of(shared)
    for number in range(100):
        project.submit(number, f"{URL}/{number}", lambda _: True)
        seen(project).close()
    assert browser.open_bodies <= 128
    shared.close()
    assert browser.open_bodies == 0


def test_header_fields_of_one_project_show_nothing_to_others(shared: SharedBrowser, browser: Browser) -> None:
    """And go to no host whose own rule has none."""
    headers = (("X-Subscriber", "1"),)
    rule, public, other = (
        SiteSettings("h1.example", headers=headers),
        SiteSettings("public.h1.example"),
        SiteSettings("x.example"),
    )
    subscribers = [
        shared.of_project(Policy(Settings(sites=sites), ())) for sites in ((other, rule, public), (public, rule))
    ]
    for project in (*subscribers, project_of(shared), project_of(shared)):
        assert project is not None
        project.submit(1, URL, lambda _: True)
        seen(project).close()
    assert browser.asked == [URL, URL]
    with_fields, without = (settings.sites for settings in browser.started_with)
    assert without == ()
    assert [(site.host, site.headers) for site in with_fields] == [("h1.example", headers), ("public.h1.example", ())]
