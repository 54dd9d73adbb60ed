"""What pages need to be shown is asked of a host no faster by several workers, and their browsers, than by one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from fleet_rig import Hub, Web, ended

from linkarchive.browser.chromium import find_browser
from linkarchive.demo.wire import Response, Stream
from linkarchive.errors import SettingsError
from linkarchive.settings import BrowserSettings

DELAY = 5.0
"""Seconds between two pages of a host …"""
BETWEEN_PARTS = 0.5
"""… and between two parts."""
PAGES = [f"http://h{number}.example/page" for number in range(8)]
CDN = "target.example"
SHEET = Response(b"p {color: navy}", content_type="text/css")


async def never() -> AsyncIterator[bytes]:
    """An answer that does not come."""
    await asyncio.sleep(600)
    yield b""


def page_with(*parts: str) -> Response:
    text = "<p>The harbour was dredged in the spring, and the council paid for it.</p>" * 20
    return Response(f"<!DOCTYPE html><html><head>{''.join(parts)}</head><body>{text}</body></html>".encode())


@pytest.fixture
def slow(hub: Hub) -> Hub:
    hub.settings.update(
        ARCHIVE_NETWORK_HOST_DELAY=str(DELAY),
        ARCHIVE_NETWORK_DOMAIN_DELAY=str(DELAY),
        ARCHIVE_NETWORK_OBEY_ROBOTS="false",
        ARCHIVE_HUB_SEGMENT_SECONDS="60",
    )
    return hub


def test_style_sheets_that_pages_of_several_ranges_share_a_host_for(slow: Hub, web: Web) -> None:
    project = slow.project("politics", ARCHIVE_KEEP_SCOPE="page")
    project.article(*PAGES)
    for number, url in enumerate(PAGES):
        web.pages[url] = page_with(f'<link rel="stylesheet" href="http://{CDN}/{number}.css">')
        web.pages[f"http://{CDN}/{number}.css"] = Response(b"p {color: navy}", content_type="text/css")
    assert project.run("push", now=None).code == 0
    for worker in [slow.worker(name, "--once") for name in ("a", "b")]:
        assert ended(worker)[0] == 0
    assert {visit.url for visit in web.asked if visit.host == CDN} == {f"http://{CDN}/{n}.css" for n in range(8)}
    web.assert_polite(BETWEEN_PARTS, 8, CDN)


@pytest.fixture
def _has_browser() -> None:
    try:
        find_browser(BrowserSettings())
    except SettingsError as error:
        pytest.skip(f"pages are not rendered here: {error}")


@pytest.mark.long
@pytest.mark.usefixtures("_has_browser")
def test_style_sheets_that_browsers_ask_for(slow: Hub, web: Web) -> None:
    project = slow.project("politics", ARCHIVE_KEEP_SCOPE="rendered")
    pages = PAGES[:3]
    project.article(*pages)
    sheets = [f"http://{CDN}/{number}-{place}.css" for number in range(3) for place in range(4)]
    for number, url in enumerate(pages):
        own = [sheet for sheet in sheets if f"/{number}-" in sheet]
        web.pages[url] = page_with(*(f'<link rel="stylesheet" href="{sheet}">' for sheet in own))
    for sheet in sheets:
        web.pages[sheet] = SHEET
    assert project.run("push", now=None).code == 0
    for worker in [slow.worker(name, "--once", ARCHIVE_NETWORK_TIMEOUT="30") for name in ("a", "b")]:
        assert ended(worker)[0] == 0
    assert {visit.url for visit in web.asked if visit.host == CDN} == set(sheets)
    web.assert_polite(BETWEEN_PARTS, 8, CDN)
    report = project.run("report", "--format", "json", now=None)
    assert [report.source(url)["capture"]["scope"] for url in pages] == ["rendered"] * 3


def page_with_sheets(web: Web, number: int, sheet: Response) -> str:
    """The address of a page with so many style sheets of another host, each of which is answered so."""
    sheets = [f"http://{CDN}/{place}.css" for place in range(number)]
    web.pages[PAGES[0]] = page_with(*(f'<link rel="stylesheet" href="{url}">' for url in sheets))
    web.pages |= dict.fromkeys(sheets, sheet)
    return PAGES[0]


@pytest.mark.long
@pytest.mark.usefixtures("_has_browser")
def test_a_page_that_lacks_a_turn_on_a_host_is_shown_another_day(slow: Hub, web: Web) -> None:
    """Others ask that host: nothing is concluded on a page without its style sheets."""
    project = slow.project("politics", ARCHIVE_KEEP_SCOPE="rendered")
    page = page_with_sheets(web, 3, SHEET)
    project.article(page)
    assert project.run("push").code == 0
    slow.settings.update(ARCHIVE_NETWORK_HOST_DELAY="70", ARCHIVE_NETWORK_TIMEOUT="10")
    code, words = ended(slow.worker("a", "--once", now="2026-01-05T06:00:00Z"))
    assert code == 0
    assert "the browser did not show 1 page in time: due again in a day" in words
    assert slow.visits("politics") == []
    slow.execute("DELETE FROM hub.turns")
    slow.settings.update(ARCHIVE_NETWORK_HOST_DELAY=str(DELAY))
    slow.work(now="2026-01-06T07:00:00Z")
    report = project.run("report", "--format", "json", now="2026-01-06T08:00:00Z")
    assert report.source(page)["capture"]["scope"] == "rendered"


@pytest.mark.long
@pytest.mark.usefixtures("_has_browser")
def test_a_page_whose_parts_are_refused_is_concluded_on_without_them(slow: Hub, web: Web) -> None:
    """A host that says it is asked too often may say so every day."""
    project = slow.project("politics", ARCHIVE_KEEP_SCOPE="rendered")
    page = page_with_sheets(web, 2, Response(b"too often", 429, headers=(("Retry-After", "25"),)))
    project.article(page)
    assert project.run("push").code == 0
    code, words = ended(slow.worker("a", "--once", now="2026-01-05T06:00:00Z", ARCHIVE_NETWORK_TIMEOUT="10"))
    assert (code, "in time" in words) == (0, False)
    assert len([visit for visit in web.asked if visit.host == CDN]) == 1
    report = project.run("report", "--format", "json", now="2026-01-05T08:00:00Z")
    assert report.source(page)["capture"]["scope"] == "rendered"


@pytest.mark.long
@pytest.mark.usefixtures("_has_browser")
def test_a_page_that_the_browser_cannot_show_in_time_is_due_again_in_a_day(hub: Hub, web: Web) -> None:
    """What it could show counts, for whichever project."""
    hub.settings.update(ARCHIVE_NETWORK_TIMEOUT="100", ARCHIVE_HUB_SEGMENT_SECONDS="20")
    shell, quick = "http://h1.example/budget", "http://h1.example/quick"
    web.pages[shell] = Response(
        b'<!DOCTYPE html><title>The budget</title><main id="app">Loading</main><noscript>You need to enable JavaScript '
        b"to run this app.</noscript><script>fetch('/figures.json')</script>"
    )
    web.pages["http://h1.example/figures.json"] = lambda _: Stream(never)
    web.pages[quick] = page_with("<title>The harbour</title>")
    projects = [hub.project(name, ARCHIVE_KEEP_SCOPE="rendered") for name in ("politics", "sport")]
    for project, url in zip(projects, (shell, quick), strict=True):
        project.article(url)
        assert project.run("push").code == 0
    code, words = ended(hub.worker("late", "--once", now="2026-01-05T06:00:00Z"))
    assert code == 0
    assert "the browser did not show 1 page in time: due again in a day" in words
    assert [hub.visits(name) for name in ("politics", "sport")] == [[], [(quick, 1)]]
    web.pages[shell] = page_with("<title>The budget</title>")
    hub.work(now="2026-01-05T12:00:00Z")
    assert hub.visits("politics") == []
    hub.work(now="2026-01-06T07:00:00Z")
    report = projects[0].run("report", "--format", "json", now="2026-01-06T08:00:00Z")
    assert report.told(shell)[0] == "ok"
