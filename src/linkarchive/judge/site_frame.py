"""What a page says itself: the text that is neither a link nor in the frame that its site puts around all pages.

The frame is told by elements and roles (HTML Standard, sections nav, aside, footer; WAI-ARIA landmarks), and by the
names that cookie bars have in all languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Protocol

from linkarchive.judge import words

_BAR = "[id*=cookie i], [class*=cookie i], [id*=consent i], [class*=consent i]"
_FRAME = [
    "nav", "aside", "footer", "[role=navigation]", "[role=complementary]", "[role=contentinfo]",
    f":is(div, section, aside, dialog, form):is({_BAR})",
]  # fmt: skip
_MAX_LINKS = 3_000
_LETTER = re.compile(r"[^\W\d_]")
_BAR_OF_LINKS = 15
"""Words of a line that may be a row of links."""
_FEW = 4
"""Words outside the frame up to which it is no frame: the page is a dialog, or marks its text as an aside."""


class Source(Protocol):
    """The page that is read: its text, its headings, its elements."""

    @property
    def visible(self) -> str: ...
    @property
    def headings(self) -> tuple[str, ...]: ...
    def elements(self, selector: str) -> list[Any]: ...
    def visible_without(self, selectors: list[str]) -> str: ...


def own_lines(page: Source) -> tuple[str, ...]:
    """The visible lines that are no links, outside the site's frame; with it where there is nothing else.

    A row of links, or of links with prices and counters, is no line of the page's own.
    """
    linked = [" ".join((link.text or "").split()) for link in page.elements("a")[:_MAX_LINKS]]
    outside = tuple(_unlinked(page, page.visible_without(_FRAME), linked))
    if sum(words.size(words.tokens(line)) for line in outside) > _FEW:
        return outside
    return tuple(_unlinked(page, page.visible, linked))


def _unlinked(page: Source, text: str, linked: list[str]) -> Iterator[str]:
    links, link_words = frozenset(linked), frozenset(word for link in linked for word in link.split())
    for line in (" ".join(line.split()) for line in text.split("\n")):
        if not line or line in links:
            continue
        line_words = [word for word in line.split() if _LETTER.search(word)]
        is_row = bool(line_words) and link_words.issuperset(line_words) and line not in page.headings
        if len(line_words) > _BAR_OF_LINKS or not is_row:
            yield line
