"""Ten mixed findings settled from the keyboard, one taken back, one reason mended: few keys, always in view."""

from __future__ import annotations

import json
from typing import Any

import pytest

from linkarchive.demo.wire import Response

from .test_review_in_a_browser import _gone, shown, wait

MOST = 25
"""Clicks and keys; a text that is typed counts once."""


def _ten(folder: Any, stage: Any) -> None:
    drifted = [f"http://alpha.example/{name}" for name in ("budget", "report", "speech", "table")]
    dead = [f"http://beta.example/{name}" for name in ("one", "two")]
    moved = [f"http://gamma.example/{name}" for name in ("old", "older")]
    closed, failing = "http://delta.example/members", "http://epsilon.example/busy"
    for url in (*drifted, *dead, *moved, closed, failing):
        stage[url] = stage.html(url)
    folder.article(*drifted, *dead, *moved, closed, failing)
    assert folder.check("article.md", now="2026-01-05").code == 0
    for url in drifted:
        stage[url] = stage.html(f"something else than {url}")
    for url in dead:
        stage[url] = stage.html("gone", status=404)
    for url in moved:
        stage[f"{url}/new"] = stage.html(url)
        stage[url] = stage.redirect(f"{url}/new", 301)
    stage[closed] = Response(b"<h1>Forbidden</h1>", 403)
    stage[failing] = Response(b"", 503)
    assert folder.check(now="2026-03-01").code == 1


@pytest.fixture
def ten(once: Any, make_review: Any) -> Any:
    """Drifted, dead, moved, closed and failing pages, ten in all, on five hosts."""
    once(_ten)
    return make_review()


class Hands:
    """Keys pressed and texts typed, counted; after each the finding in hand is in view."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self.count = 0

    def press(self, keys: str) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).send_keys(keys).perform()
        self.count += 1

    def move(self, key: str) -> None:
        self.press(key)
        self.in_view()

    def decide(self, key: str) -> None:
        """Press it, and wait for the page that answers."""
        mark = self.driver.find_element("tag name", "html")
        self.press(key)
        wait(self.driver, lambda: _gone(mark))
        if shown(self.driver):
            self.in_view()

    def in_view(self) -> None:
        """The focused finding is within the window, and above the bar at its edge."""
        wait(self.driver, lambda: self.driver.execute_script("return !!document.activeElement.closest('.finding')"))
        top, bottom, edge = self.driver.execute_script(
            "const a = document.activeElement.closest('.finding').getBoundingClientRect();"
            "const b = document.querySelector('.bar').getBoundingClientRect();"
            "return [a.top, Math.min(a.bottom, a.top + 60), b.height ? b.top : innerHeight]"
        )
        assert 0 <= top < bottom <= edge


@pytest.mark.long
@pytest.mark.parametrize("width", [390, 820, 1440])
def test_ten_findings_are_settled_with_few_keys(browser: Any, ten: Any, width: int) -> None:
    driver = browser(width=width)
    driver.get(ten.url)
    assert len(shown(driver)) == 10
    hands = Hands(driver)
    hands.move("j")
    answers = {"alpha": "a", "beta": "i", "gamma": "a", "delta": "i", "epsilon": "i"}

    def decide() -> None:
        host = driver.execute_script("return document.activeElement.closest('.finding').dataset.host")
        hands.decide(answers[host.partition(".")[0]])

    hands.move("r")
    hands.press("the sum was revsied")
    hands.move("\ue007")  # Enter
    decide()
    hands.decide("u")
    hands.move("r")
    assert driver.switch_to.active_element.get_attribute("value") == "the sum was revsied", "what was typed is there"
    hands.press("the sum was revised")
    hands.move("\ue007")
    decide()
    decide()
    hands.decide("u")  # a second thought
    while shown(driver):
        decide()
    assert hands.count <= MOST
    decisions = [json.loads(line) for line in ten.decisions()]
    assert [decision["action"] for decision in decisions].count("undo") == 2
    in_force = {decision["url"]: decision for decision in decisions if decision["action"] != "undo"}
    assert len(in_force) == 10
    reasons = [decision["reason"] for decision in decisions if decision["reason"]]
    assert reasons == ["the sum was revsied", "the sum was revised"]
    assert ten.folder.run("report", "--format", "json", now="2026-03-02").json["summary"]["ignored"] >= 4
