"""axe-core on every page of ours, at three widths, light and dark. With PICTURES=FOLDER they are also drawn there."""

from __future__ import annotations

import base64
import os
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
    start = session.get(review.origin, timeout=10).text
    number = start.partition('href="/looks/')[2].partition('"')[0]
    yield "then-and-now", f"{review.origin}/looks/{number}"
    yield "no-picture", f"{review.origin}/looks/999"
    yield "copies", f"{review.origin}/captures/{number}"
    yield "no-copies", f"{review.origin}/captures/999"
    yield "missing", f"{review.origin}/nowhere"
    copies = session.get(f"{review.origin}/captures/{number}", timeout=10).text
    yield "text-of-a-copy", next(part for part in copies.split('"') if part.endswith("/text"))
    first = min(path.stem for path in (review.folder.root / "archive" / "manifests").glob("*.json"))
    for name, options in (("report", []), ("reader", ["--for-reader"]), ("calm", ["--run", first])):
        path = folder / f"{name}.html"
        assert review.folder.run("report", "-o", str(path), *options, now="2026-03-02").code == 0
        yield name, path.as_uri()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 820, 1440])
def test_axe_finds_nothing(browser: Any, looked: Any, tmp_path: Path, width: int, dark: bool) -> None:  # noqa: F811
    axe = pytest.importorskip("axe_core_python.selenium", reason="axe-core-python is not installed").Axe()
    driver = browser(width=width, dark=dark)
    driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})  # axe is put in by the driver, not by the page
    found = []
    for name, url in pages(looked, tmp_path):
        driver.get(url)
        if name == "then-and-now":
            driver.execute_async_script(
                "const done = arguments[0], at = document.querySelector('#changes');"
                "const ask = () => at.textContent.includes('…') ? setTimeout(ask, 50) : done(); ask()"
            )
        draw(driver, f"{name}-{width}-{'dark' if dark else 'light'}")
        driver.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
        found += [(name, one["id"], one["nodes"][0]["html"][:200]) for one in axe.run(driver)["violations"]]
        if name == "then-and-now":
            driver.find_element("id", "apart").click()
            found += [("apart", one["id"], one["nodes"][0]["html"][:200]) for one in axe.run(driver)["violations"]]
        overflow = driver.execute_script("return document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"{name} is wider than the window"
        if name == "review":
            driver.find_element("tag name", "body").send_keys("?")
            found += [("keys", one["id"], one["nodes"][0]["html"][:200]) for one in axe.run(driver)["violations"]]
            draw(driver, f"keys-{width}-{'dark' if dark else 'light'}")
    assert found == []


def draw(driver: Any, name: str) -> None:
    folder = os.environ.get("PICTURES")
    if folder:
        picture = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
        (Path(folder) / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))
