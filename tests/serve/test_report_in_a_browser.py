"""The HTML report as a file, in headless Chromium, with and without scripts: filter, groups, differences, articles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.long


@pytest.fixture
def report(reviewed: Any, tmp_path: Path) -> str:
    """The address of the report as a file."""
    path = tmp_path / "report.html"
    assert reviewed.folder.run("report", "-o", str(path), now="2026-03-02").code == 0
    return path.as_uri()


def shown(driver: Any) -> list[str]:
    found = driver.find_elements("css selector", "main article.finding > .url")
    return [element.text for element in found if element.is_displayed()]


def test_without_scripts_everything_can_be_read(browser: Any, report: str) -> None:
    driver = browser(scripts=False)
    driver.get(report)
    assert len(shown(driver)) == 4
    assert not driver.find_element("css selector", "form.filter").is_displayed()
    for part in (".difference", ".life", ".text"):
        details = driver.find_element("css selector", part)
        details.find_element("css selector", "summary").click()
        assert details.find_element("xpath", "./*[2]").is_displayed()
    text = driver.find_element("css selector", ".text .reading")
    assert len(text.find_elements("css selector", "a.cited.dead")) == 2
    assert len(text.find_elements("css selector", "a.cited.drifted")) == 2
    assert "drifted" in text.text, "the state is said in words, not by colour alone"
    link = text.find_element("css selector", "a.cited.dead")
    target = link.get_attribute("href").partition("#")[2]
    assert driver.find_element("id", target).get_attribute("data-verdict") == "dead"


def test_groups_come_and_go_and_stand_in_the_address(browser: Any, report: str) -> None:
    driver = browser()
    driver.get(report + "#group=host&verdict=dead")
    assert [
        element.text for element in driver.find_elements("css selector", ".group h2") if element.is_displayed()
    ] == ["beta.example 2"]
    before = shown(driver)
    driver.find_element("css selector", "button[type=reset]").click()
    driver.find_element("css selector", "#group option:nth-child(4)").click()
    causes = [element.text for element in driver.find_elements("css selector", ".group h2 bdi")]
    assert "The server says that the page does not exist (404)." in causes
    driver.find_element("css selector", "#group option:nth-child(1)").click()
    assert driver.find_elements("css selector", ".group") == []
    assert len(driver.find_elements("css selector", "#new .finding")) == 4
    assert set(before) < set(shown(driver))
