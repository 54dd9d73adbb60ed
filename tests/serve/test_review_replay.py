"""Stored pages replayed by a real pywb beside the review page."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from linkarchive.serve.replay import find_pywb


@pytest.fixture
def with_pywb(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed pywb, or the one that the endurance tests built and keep in pytest's cache."""
    if request.config.cache is not None:
        for kept in Path(request.config.cache._cachedir).glob("d/pywb-*/venv/bin"):
            monkeypatch.setenv("PATH", f"{kept}{os.pathsep}{os.environ['PATH']}")
    if find_pywb() is None:
        pytest.skip("pywb is not installed: `pip install linkarchive[replay]`")


def test_a_replayed_page_runs_on_an_origin_that_reaches_nothing(
    with_pywb: None, reviewed: Any, make_review: Callable[[], Any], browser: Callable[..., Any]
) -> None:
    review = make_review()
    session = review.enter()
    html = session.get(review.origin, timeout=60).text
    part = next(part for part in html.split("<article ")[1:] if "gamma.example/hostile" in part)
    number = re.search(r"/captures/(\d+)", part)
    assert number
    copies = session.get(f"{review.origin}/captures/{number[1]}", timeout=60).text
    address = re.findall(r'href="([^"]+)"[^>]*>replayed', copies)[0]
    assert address.startswith("http://localhost:")
    end = time.monotonic() + 60
    while True:
        try:
            assert requests.get(address, timeout=30).status_code == 200
            break
        except requests.ConnectionError:
            assert time.monotonic() < end, "pywb does not answer"
            time.sleep(0.3)
    driver = browser()
    driver.get(review.url)
    driver.get(address)
    assert driver.title in ("ran", "Hostile"), "its scripts may run there"
    answer = driver.execute_async_script(
        "const [url, token, done] = arguments; const native = document.createElement('iframe');"
        "document.body.append(native); const ask = native.contentWindow.fetch.bind(native.contentWindow);"
        "Promise.all([ask(url, {credentials: 'include'}).then((a) => a.text()).catch(() => 'refused'),"
        "ask(url + '/decide', {method: 'POST', credentials: 'include', mode: 'no-cors',"
        "body: new URLSearchParams({action: 'ignore', group: 'host:beta.example'})}).then((a) => a.type)"
        ".catch(() => 'refused')]).then(done)",
        review.origin,
        "",
    )
    assert answer[0] == "refused" or "alpha.example" not in answer[0]
    assert review.decisions() == []
