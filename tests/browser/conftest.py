"""Real Chromium in front of the stage's web."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from linkarchive.browser.chromium import find_browser
from linkarchive.browser.renderer import Answer, Renderer
from linkarchive.browser.rendering import Rendering
from linkarchive.clock import Clock
from linkarchive.errors import SettingsError
from linkarchive.model import Page
from linkarchive.settings import BrowserSettings

PATIENCE = 120
"""Seconds, after which a page counts as hung: wide, since the machine may be busy."""


@pytest.fixture(scope="session")
def executable() -> str:
    try:
        return find_browser(BrowserSettings())
    except SettingsError as error:
        pytest.skip(f"pages are not rendered here: {error}")


def _is_answered(page: Page) -> bool:
    return (page.status or 0) < 400


def _answers(renderer: Renderer, urls: tuple[str, ...], ready: Callable[[Page], bool]) -> list[Answer]:
    for number, url in enumerate(urls):
        renderer.submit(number, url, ready)
    by_number: dict[int, Answer] = {}
    while renderer.pending:
        renderer.wait(PATIENCE)
        answers = dict(renderer.done())
        assert answers, "the browser gave no answer"
        by_number |= answers
    return [by_number[number] for number in range(len(urls))]


@pytest.fixture
def answers_of() -> Callable[..., list[Answer]]:
    """Render several pages; their answers in the same order."""
    return _answers


@pytest.fixture(scope="session")
def _renderer(_staged: Any, executable: str) -> Iterator[Renderer]:
    web, _ = _staged
    with Renderer(executable, replace(web.network(), timeout=8.0), Clock()) as renderer:
        yield renderer


@pytest.fixture
def render(_renderer: Renderer, stage: Any) -> Iterator[Callable[..., Rendering]]:
    """Render one page of the stage, whose bodies are closed at the end."""
    seen: list[Rendering] = []

    def run(url: str, ready: Callable[[Page], bool] = _is_answered) -> Rendering:
        (answer,) = _answers(_renderer, (url,), ready)
        assert isinstance(answer, Rendering), answer
        seen.append(answer)
        return answer

    yield run
    for rendering in seen:
        rendering.close()
