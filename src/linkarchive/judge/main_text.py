"""The main text of an HTML page, by trafilatura; by resiliparse where that finds next to nothing."""

from __future__ import annotations

import logging
from typing import Any, Protocol

MAX_TAGS = 40_000
"""Tags up to which the thorough extractor is used; it took 3 s for 80,000 paragraphs (2026-11-23)."""
_MIN_MAIN_SHARE = 0.2


class Source(Protocol):
    """What is extracted from, and what there is without an extraction."""

    @property
    def markup(self) -> str: ...
    @property
    def visible(self) -> str: ...
    @property
    def quick(self) -> str: ...
    @property
    def tags(self) -> int: ...
    @property
    def is_deep(self) -> bool: ...


def main_text(page: Source) -> str:
    """The main text, a line a block; all of the visible text where no main text is found."""
    if page.is_deep or page.tags > MAX_TAGS:
        return page.quick or page.visible
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    text = _extract(trafilatura, page.markup, fast=True)
    visible = len(page.visible.split())
    # The fast mode now and then takes a sign-up box for the article; the slower one asks two other
    # algorithms as well (seen on shop pages with long legal texts, 2026-11-23).
    if visible > 500 and len(text.split()) < _MIN_MAIN_SHARE * visible:
        thorough = _extract(trafilatura, page.markup, fast=False)
        text = thorough if len(thorough.split()) > 2 * len(text.split()) else text
    if len(text.split()) < 10:
        text = max(text, page.quick, key=lambda content: len(content.split()))
    return text or page.visible


def _extract(trafilatura: Any, source: str, *, fast: bool) -> str:
    try:
        text = trafilatura.extract(source, fast=fast, include_comments=False, include_tables=True, deduplicate=False)
    except Exception:  # noqa: BLE001 - an extractor that stumbles over a page leaves it to the next one
        return ""
    return text or ""
