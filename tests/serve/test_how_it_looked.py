"""The full pictures of a page, then and now: with a slider over them, and outlines around what changed."""

from __future__ import annotations

from typing import Any

import pytest

from linkarchive.browser.chromium import find_browser
from linkarchive.demo.wire import Response
from linkarchive.errors import SettingsError
from linkarchive.settings import BrowserSettings

URL, SHEET = "http://alpha.example/budget", "http://alpha.example/all.css"
SETTINGS = {"ARCHIVE_BROWSER_WHEN": "needed"}

pytestmark = pytest.mark.long


def _looked(folder: Any, stage: Any) -> None:
    def serve(crowns: str, news: str, rights: str) -> None:
        lead = f"{news}<p>The harbour takes {crowns} crowns of this year's budget.</p>".encode()
        page = stage.html("budget").body.replace(b"</head>", b"<link rel=stylesheet href=/all.css></head>")
        page = page.replace(b"All rights", rights.encode())
        stage[URL] = Response(page.replace(b"<h1>", lead + b"<h1>"))

    stage[SHEET] = Response(b"body{margin:40px;font-size:20px;background:#fff}", content_type="text/css")
    serve("4,812,000", "", "All rights")
    folder.write("article.md", f"# On money\n\nIt takes [4,812,000 crowns]({URL}).\n")
    assert folder.check("article.md", "--scope", "page", now="2026-01-05", env=SETTINGS).code == 0
    serve("5,344,000", "<p style='height:90px;background:#fc0'>Vote tomorrow!</p>", "No pictures are")
    assert folder.check("--scope", "page", now="2026-03-01", env=SETTINGS).told(URL)[0] == "drifted"


@pytest.fixture
def looked(once: Any, make_review: Any) -> Any:
    """The review page of a page whose head and foot changed; what is between them only stands lower."""
    try:
        find_browser(BrowserSettings())
    except SettingsError as error:
        pytest.skip(f"pages are not rendered here: {error}")
    once(_looked)
    return make_review()


def test_the_pictures_are_served_to_whom_the_page_is(looked: Any) -> None:
    import requests

    session = looked.enter()
    path = session.get(looked.origin, timeout=60).text.partition('href="/looks/')[2].partition('"')[0]
    then, now = (session.get(f"{looked.origin}/looks/{path}/{name}", timeout=60) for name in ("then", "now"))
    assert {picture.headers["Content-Type"] for picture in (then, now)} == {"image/webp"}
    assert then.content[8:12] == now.content[8:12] == b"WEBP"
    assert then.content != now.content
    assert session.get(f"{looked.origin}/looks/{path}/other", timeout=60).status_code == 404
    assert "no picture of this page" in session.get(f"{looked.origin}/looks/999", timeout=60).text
    assert session.get(f"{looked.origin}/looks/999/now", timeout=60).status_code == 404
    stranger = requests.Session()
    stranger.trust_env = False
    assert stranger.get(f"{looked.origin}/looks/{path}/now", timeout=60).status_code == 403


def test_what_changed_is_outlined_and_the_keyboard_slides(browser: Any, looked: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.support.ui import WebDriverWait

    plain = browser(scripts=False)
    plain.get(looked.url)
    plain.find_element("link text", "How it looked").click()
    left, right = plain.find_elements("css selector", ".looks img")
    assert left.rect["y"] == right.rect["y"], "side by side without scripts"
    assert left.rect["x"] + left.rect["width"] <= right.rect["x"]
    assert not plain.find_element("css selector", ".controls").is_displayed()

    driver = browser()
    driver.get(looked.url)
    driver.find_element("link text", "How it looked").click()
    details = driver.find_element("id", "changes")
    WebDriverWait(driver, 60, 0.1).until(lambda _: "differ" in details.text)
    assert "Places that differ: 2" in details.text

    before, after = (driver.find_elements("css selector", f".{side} .change") for side in ("then", "now"))
    assert (len(before), len(after)) == (2, 2), "what only stands lower is not outlined"
    assert after[0].rect["height"] > before[0].rect["height"] + 50
    assert after[1].rect["y"] > before[1].rect["y"] + 50

    def at() -> int:
        return int(driver.find_element("id", "at").get_attribute("value"))

    assert at() == 50
    first, second = driver.find_elements("css selector", ".looks img")
    assert first.rect["x"] == second.rect["x"], "one over the other"
    ActionChains(driver).send_keys("\ue014" * 5).perform()
    assert at() == 60
    ActionChains(driver).send_keys("j").perform()
    assert details.text == "Change 1 of 2"
    driver.find_element("id", "apart").click()
    assert first.rect["x"] < second.rect["x"]
    logged = [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    assert logged == []
