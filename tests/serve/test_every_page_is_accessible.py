"""axe-core on every page of ours, at three widths, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .test_how_it_looked import looked  # noqa: F401 - a fixture

pytestmark = pytest.mark.long


def pages(review: Any, folder: Path) -> Iterator[tuple[str, str]]:
    """Each page's name and address. The first is seen by a stranger: the browser has no cookie yet."""
    yield "stranger", review.origin
    yield "review", review.url
    session = review.enter()
    start = session.get(review.origin, timeout=60).text
    number = start.partition('href="/looks/')[2].partition('"')[0]
    yield "then-and-now", f"{review.origin}/looks/{number}"
    yield "no-picture", f"{review.origin}/looks/999"
    yield "copies", f"{review.origin}/captures/{number}"
    yield "no-copies", f"{review.origin}/captures/999"
    yield "missing", f"{review.origin}/nowhere"
    copies = session.get(f"{review.origin}/captures/{number}", timeout=60).text
    yield "text-of-a-copy", next(part for part in copies.split('"') if part.endswith("/text"))
    first = min(path.stem for path in (review.folder.root / "archive" / "manifests").glob("*.json"))
    for name, options in (("report", []), ("reader", ["--for-reader"]), ("calm", ["--run", first])):
        path = folder / f"{name}.html"
        assert review.folder.run("report", "-o", str(path), *options, now="2026-03-02").code == 0
        yield name, path.as_uri()


def test_axe_finds_nothing(browser: Any, looked: Any, tmp_path: Path, violations: Any) -> None:  # noqa: F811 - the fixture
    driver = browser()
    driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})  # axe is put in by the driver, not by the page
    found = []
    for name, url in pages(looked, tmp_path):
        driver.get(url)
        if name == "then-and-now":
            driver.execute_async_script(
                "const done = arguments[0], at = document.querySelector('#changes');"
                "const ask = () => at.textContent.includes('…') ? setTimeout(ask, 50) : done(); ask()"
            )
        driver.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
        found += violations(driver, name)
        if name == "then-and-now":
            driver.find_element("id", "apart").click()
            found += violations(driver, "apart")
        if name == "review":
            driver.find_element("tag name", "body").send_keys("?")
            found += violations(driver, "keys")
    assert found == []
