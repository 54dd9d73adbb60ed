"""The review page in headless Chromium, as a person uses it; without scripts; and against a hostile stored page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.long

ALPHA, HOSTILE = "http://alpha.example/page", "http://gamma.example/hostile"


def wait(browser: Any, true: Callable[[], Any]) -> Any:
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.support.ui import WebDriverWait

    # A page that is being replaced is a StaleElementReference, or "Node with given id does not belong to the document".
    return WebDriverWait(browser, 30, 0.1, ignored_exceptions=(WebDriverException,)).until(lambda _: true())


def finding(browser: Any, url: str) -> Any:
    return browser.find_element("xpath", f"//article[p[@class='url']//a[@href='{url}']]")


def shown(browser: Any) -> list[str]:
    found = browser.find_elements("css selector", "main article.finding > .url")
    return [element.text for element in found if element.is_displayed()]


def press(browser: Any, button: Any) -> None:
    """Click it and wait for the page that answers."""
    mark = browser.find_element("tag name", "html")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button) if browser.scripts else None
    button.click()
    wait(browser, lambda: _gone(mark))


def _gone(element: Any) -> bool:
    from selenium.common.exceptions import StaleElementReferenceException, WebDriverException

    try:
        element.is_enabled()
    except (StaleElementReferenceException, WebDriverException):
        return True
    return False


def button(part: Any, action: str) -> Any:
    return part.find_element("css selector", f"button[value={action}]")


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def either(request: pytest.FixtureRequest, browser: Any, reviewed: Any) -> Any:
    """The review page in a browser with and without scripts."""
    driver = browser(scripts=request.param)
    driver.scripts = request.param
    driver.get(reviewed.url)
    assert driver.current_url == reviewed.origin + "/"
    return driver


def test_decisions_one_by_one_and_for_a_host_and_back(either: Any, reviewed: Any) -> None:
    assert len(shown(either)) == 4
    finding(either, ALPHA).find_element("css selector", ".more summary").click()
    finding(either, ALPHA).find_element("name", "reason").send_keys("still says it")
    press(either, button(finding(either, ALPHA), "accept"))
    assert ALPHA not in shown(either)
    assert "Accepted" in either.find_element("css selector", ".said").text
    assert "still says it" in either.find_element("id", "settled").text

    batch = either.find_element("id", "batch")
    batch.find_element("xpath", ".//option[starts-with(normalize-space(), 'beta.example')]").click()
    press(either, button(batch, "ignore"))
    assert shown(either) == [HOSTILE]
    actions = [json.loads(line)["action"] for line in reviewed.decisions()]
    assert actions == ["accept", "ignore", "ignore"]

    press(either, button(either.find_element("css selector", ".said"), "undo"))
    assert len(shown(either)) == 3
    press(either, button(either.find_element("id", "settled"), "undo"))
    assert len(shown(either)) == 4
    assert [json.loads(line)["action"] for line in reviewed.decisions()][3:] == ["undo", "undo", "undo"]


def test_checking_again_shows_what_came_of_it(either: Any, reviewed: Any) -> None:
    reviewed.stage["http://beta.example/one"] = reviewed.stage.html("http://beta.example/one")
    asked = reviewed.stage.asked("http://beta.example/two")
    press(either, button(finding(either, "http://beta.example/one"), "recheck"))
    wait(either, lambda: "Checked again: 1 ok" in either.find_element("id", "recheck").text)
    assert "http://beta.example/one" in either.find_element("id", "recovered").text
    assert "http://beta.example/two" in shown(either)
    assert reviewed.stage.asked("http://beta.example/two") == asked, "only what was asked for is visited"


def test_a_replacement_is_set_and_fix_proposes_it(either: Any, reviewed: Any) -> None:
    part = finding(either, "http://beta.example/one")
    part.find_element("css selector", ".more summary").click()
    field = part.find_element("name", "replacement")
    field.clear()
    field.send_keys("https://delta.example/better")
    press(either, button(part, "replace"))
    assert "https://delta.example/better" in either.find_element("id", "settled").text
    assert "https://delta.example/better" in reviewed.folder.run("fix", "article.md", now="2026-03-02").out


def test_a_difference_opens_and_a_life_is_told(either: Any) -> None:
    part = finding(either, ALPHA)
    part.find_element("css selector", ".difference summary").click()
    assert part.find_element("css selector", ".difference td.before").is_displayed()
    part.find_element("css selector", ".life summary").click()
    assert "drifted" in part.find_element("css selector", ".life ol").text


def test_filters_groups_and_whole_groups(browser: Any, reviewed: Any) -> None:
    driver = browser()
    driver.scripts = True
    driver.get(reviewed.url)
    driver.find_element("id", "q").send_keys("beta.example/one")
    wait(driver, lambda: shown(driver) == ["http://beta.example/one"])
    driver.find_element("css selector", "button[type=reset]").click()
    wait(driver, lambda: len(shown(driver)) == 4)
    driver.find_element("css selector", "#group option:nth-child(3)").click()
    group = driver.find_element("xpath", "//section[@class='group'][h2/bdi='beta.example']")
    group.find_element("css selector", ".whole input").click()
    press(driver, button(driver.find_element("id", "batch"), "ignore"))
    assert len(reviewed.decisions()) == 2
    assert driver.find_elements("css selector", "section.group"), "the grouping is kept over a decision"


def test_the_keyboard_goes_from_finding_to_finding_and_decides(browser: Any, reviewed: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    driver = browser()
    driver.get(reviewed.url)
    first = shown(driver)[0]
    mark = driver.find_element("tag name", "html")
    ActionChains(driver).send_keys("j").send_keys("i").perform()
    wait(driver, lambda: _gone(mark))
    wait(driver, lambda: first not in shown(driver))
    assert json.loads(reviewed.decisions()[0])["url"] == first


def test_the_focused_finding_stays_in_view_and_u_takes_the_last_decision_back(browser: Any, reviewed: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    driver = browser()
    driver.get(reviewed.url)

    def key(name: str) -> None:
        mark = driver.find_element("tag name", "html")
        ActionChains(driver).send_keys(name).perform()
        wait(driver, lambda: _gone(mark))
        wait(driver, lambda: driver.execute_script("return document.activeElement.matches('.finding')"))
        top, bottom, edge = driver.execute_script(
            "const a = document.activeElement.getBoundingClientRect();"
            "const b = document.querySelector('.bar').getBoundingClientRect();"
            "return [a.top, Math.min(a.bottom, a.top + 60), b.height ? b.top : innerHeight]"
        )
        assert 0 <= top < bottom <= edge

    ActionChains(driver).send_keys("j").perform()
    for left in (3, 2):
        key("i")
        assert len(shown(driver)) == left
    key("u")
    assert len(shown(driver)) == 3
    assert [json.loads(line)["action"] for line in reviewed.decisions()] == ["ignore", "ignore", "undo"]
    ActionChains(driver).send_keys("?").perform()
    assert "undo the last decision" in driver.find_element("css selector", "dialog.help").text


def test_differences_in_one_column_keep_every_word_once(browser: Any, reviewed: Any) -> None:
    driver = browser()
    driver.get(reviewed.url)
    part = finding(driver, ALPHA)
    part.find_element("css selector", ".difference summary").click()
    wait(driver, lambda: part.find_elements("css selector", ".how"))
    part.find_element("css selector", ".how").click()
    for row in part.find_elements("css selector", ".difference tbody tr:not(.gap)"):
        before, after, both = (element.get_attribute("textContent") for element in row.find_elements("tag name", "td"))
        old, new = (
            driver.execute_script(
                "const c = arguments[0].cloneNode(true); c.querySelectorAll(arguments[1]).forEach((x) => x.remove());"
                "return c.textContent",
                row.find_element("css selector", ".both"),
                tag,
            )
            for tag in ("ins", "del")
        )
        assert both
        assert (old, new) == (before, after)


def test_a_hostile_stored_page_reaches_nothing(browser: Any, reviewed: Any) -> None:
    driver = browser()
    driver.get(reviewed.url)
    finding(driver, HOSTILE).find_element("css selector", ".open").click()
    links = driver.find_elements("link text", "the page without scripts")
    address = links[0].get_attribute("href")
    links[0].click()
    wait(driver, lambda: "On the hostile harbour" in driver.page_source)
    assert driver.current_url == address
    assert driver.title == "Hostile"
    assert driver.execute_script("return window.origin") == "null", (
        "an opaque origin: no storage, no workers, no cookies"
    )
    assert not driver.find_elements(
        "css selector",
        "script, iframe:not([sandbox='']), object, embed, form, template, base,"
        "meta[http-equiv]:not([http-equiv='Content-Security-Policy'])",
    )
    assert "javascript:" not in driver.page_source
    review = reviewed.origin
    answer = driver.execute_async_script(
        "const done = arguments[1];"
        "fetch(arguments[0], {credentials: 'include'}).then(() => done('read'), () => done('refused'))",
        review,
    )
    assert answer == "refused"
    assert driver.get_cookies() == []
    assert reviewed.decisions() == []


def test_a_stored_page_shows_its_text(either: Any) -> None:
    finding(either, HOSTILE).find_element("css selector", ".open").click()
    either.find_elements("link text", "its text")[0].click()
    wait(either, lambda: "Stored copy of http://gamma.example/hostile" in either.page_source)
    assert "On the hostile harbour" in either.find_element("tag name", "main").text


def test_axe_finds_nothing(browser: Any, reviewed: Any, violations: Any) -> None:
    driver = browser()
    driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})  # axe is put in by the driver, not by the page
    driver.get(reviewed.url)
    driver.find_element("css selector", "#group option:nth-child(3)").click()
    press_any = driver.find_element("css selector", "article button[value=ignore]")
    driver.execute_script("arguments[0].click()", press_any)
    wait(driver, lambda: driver.find_elements("css selector", "#settled"))
    # What a finding unfolds is looked at with every page of ours.
    driver.execute_script("for (const one of document.querySelectorAll('details:not(article *)')) one.open = true")
    found = violations(driver, "decided")
    driver.get(driver.find_element("css selector", ".open").get_attribute("href"))
    driver.get(driver.find_elements("css selector", "li a")[0].get_attribute("href"))
    found += violations(driver, "stored")
    assert found == []


def test_a_key_decides_also_while_a_checkbox_has_the_focus(browser: Any, reviewed: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    driver = browser()
    driver.get(reviewed.url)
    first = shown(driver)[0]
    mark = driver.find_element("tag name", "html")
    ActionChains(driver).send_keys("j").perform()
    finding(driver, first).find_element("css selector", "input[form=batch]").click()
    ActionChains(driver).send_keys("i").perform()
    wait(driver, lambda: _gone(mark))
    wait(driver, lambda: first not in shown(driver))
    assert len(reviewed.decisions()) == 1


def test_a_filter_goes_along_to_the_next_page(browser: Any, reviewed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from linkarchive.serve import review

    monkeypatch.setattr(review, "A_PAGE", 2)
    driver = browser()
    driver.scripts = True
    driver.get(reviewed.url)
    driver.find_element("id", "q").send_keys("example")
    wait(driver, lambda: "2 of 2 on this page shown, 4 in all" in driver.find_element("class name", "shown").text)
    press(driver, driver.find_element("css selector", "nav.pages a[rel=next]"))
    assert driver.current_url.endswith("/?page=2#q=example")
    assert driver.find_element("id", "q").get_attribute("value") == "example"
