"""A project with findings, the review page over it, and a real browser."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from linkarchive.clock import Clock
from linkarchive.project import Project
from linkarchive.serve.server import serving
from linkarchive.settings import load_settings

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

HOSTILE = """<!DOCTYPE html><html lang="en"><head><title>Hostile</title><base href="{origin}/">
<meta http-equiv="refresh" content="300;url={origin}/decide"><link rel="stylesheet" href="{origin}/x.css">
<script>document.title = "ran"; navigator.serviceWorker.register("/worker.js");
fetch("{origin}/", {{credentials: "include"}}).then((a) => a.text()).then((t) => {{ document.title = "read" }});
opener && (opener.document.title = "taken");</script></head>
<body onload="document.title='ran'"><main><article><h1>On the hostile harbour</h1>
<p>{prose}</p><p><a id="link" href="javascript:document.title='ran'">a link that runs</a></p>
<svg><script>document.title = "ran"</script></svg><img src="x" onerror="document.title='ran'">
<iframe src="{origin}/"></iframe><iframe srcdoc="<script>top.document.title='ran'</script>"></iframe>
<object data="{origin}/"></object><embed src="{origin}/">
<form id="steal" method="post" action="{origin}/decide"><input name="action" value="ignore"><button>Go</button></form>
<template><script>document.title = "ran"</script></template></article></main></body></html>"""


@dataclass(frozen=True)
class Reviewed:
    """A project with two drifted pages, two dead ones on one host, and the review page over it."""

    folder: Any
    stage: Any
    url: str
    """That lets in."""

    @property
    def origin(self) -> str:
        return self.url.partition("/?")[0]

    def enter(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        assert session.get(self.url, timeout=60).status_code == 200
        return session

    def decisions(self) -> list[str]:
        path = self.folder.root / "archive" / "decisions.jsonl"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


@pytest.fixture
def make_review(folder: Any, stage: Any) -> Iterator[Callable[[], Reviewed]]:
    """Calls of it start the review page on the present state of the project; all end with the test."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def start() -> Reviewed:
            settings = load_settings(folder.root, environ=folder.env(None, {}))
            served = stack.enter_context(serving(Project(folder.root), settings, Clock(NOW), "maria"))
            return Reviewed(folder, stage, served.url)

        yield start


def _reviewed(folder: Any, stage: Any) -> None:
    alpha, hostile = "http://alpha.example/page", "http://gamma.example/hostile"
    gone = ["http://beta.example/one", "http://beta.example/two"]
    for url in (alpha, hostile, *gone, "http://delta.example/fine"):
        stage[url] = stage.html(url)
    folder.article(alpha, hostile, *gone, "http://delta.example/fine")
    assert folder.check("article.md", now="2026-01-05").code == 0
    stage[alpha] = stage.html("something else altogether")
    prose = " ".join(stage.prose("hostile ways", 30))
    stage[hostile] = page(HOSTILE.format(origin="http://127.0.0.1:9", prose=prose))
    for url in gone:
        stage[url] = stage.html("gone", status=404)
    assert folder.check(now="2026-03-01").code == 1


@pytest.fixture
def reviewed(once: Any, make_review: Callable[[], Reviewed]) -> Reviewed:
    once(_reviewed)
    return make_review()


def page(text: str) -> Any:
    from linkarchive.demo.wire import Response

    return Response(text.encode())


Browser = Callable[..., Any]


@pytest.fixture(scope="session")
def _chromiums() -> Iterator[Callable[[bool], Any]]:
    """Headless Chromium with and without scripts: each is started once, since that takes it seconds."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("Chromium and chromedriver are not both on this machine: the page is not tried in a browser")
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    from selenium.webdriver.chrome.service import Service

    opened: dict[bool, Any] = {}

    def start(scripts: bool) -> Any:
        if scripts in opened:
            return opened[scripts]
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for argument in (
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-proxy-server",
        ):
            options.add_argument(argument)
        if not scripts:
            forbidden = {"profile.managed_default_content_settings.javascript": 2}
            options.add_experimental_option("prefs", forbidden)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        opened[scripts] = webdriver.Chrome(options=options, service=Service(driver))
        return opened[scripts]

    yield start
    for chromium_driver in opened.values():
        chromium_driver.quit()


def _show(driver: Any, width: int, dark: bool) -> None:
    """Show the page in a window of that width, light or dark."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


@pytest.fixture
def violations() -> Callable[[Any, str], list[tuple[str, str, str]]]:
    """What axe-core finds on the page that a tab shows, at three widths, light and dark; and that it fits.

    With PICTURES=FOLDER it is also drawn there.
    """
    axe = pytest.importorskip("axe_core_python.selenium", reason="axe-core-python is not installed").Axe()

    def look(driver: Any, name: str) -> list[tuple[str, str, str]]:
        lines = []
        for width, dark in ((width, dark) for width in (390, 820, 1440) for dark in (False, True)):
            _show(driver, width, dark)
            shown = f"{name}-{width}-{'dark' if dark else 'light'}"
            overflow = driver.execute_script("return document.documentElement.scrollWidth - innerWidth")
            assert overflow <= 0, f"{shown} is wider than the window"
            for violation in axe.run(driver)["violations"]:
                lines.append((shown, violation["id"], violation["nodes"][0]["html"][:200]))
            if folder := os.environ.get("PICTURES"):
                picture = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
                (Path(folder) / f"{shown}.png").write_bytes(base64.b64decode(picture["data"]))
        return lines

    return look


@pytest.fixture
def browser(_chromiums: Callable[[bool], Any]) -> Iterator[Browser]:
    """A new tab of headless Chromium, which knows nothing of the tests before: `browser()`, `browser(scripts=False)`,
    `browser(width=390, dark=True)`."""
    used: list[Any] = []

    def open_tab(*, scripts: bool = True, width: int = 1440, dark: bool = False) -> Any:
        driver = _chromiums(scripts)
        driver.switch_to.new_window("tab")
        driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        driver.get_log("browser")
        _show(driver, width, dark)
        used.append(driver)
        return driver

    yield open_tab
    for driver in used:
        first, *others = driver.window_handles
        for handle in others:
            driver.switch_to.window(handle)
            driver.close()
        driver.switch_to.window(first)
