"""The element tree of HTML text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

_ELEMENT = re.compile(r"<[A-Za-z]")
_XML_DECLARATION = re.compile(r"<\?xml", re.IGNORECASE)


def html_tree(text: str) -> BeautifulSoup:
    """The tree of any text, XHTML with its XML declaration too; Beautiful Soup warns of nothing in it."""
    from bs4 import BeautifulSoup

    # It warns of an XML declaration before the first element, which becomes a plain processing instruction,
    # and of text that looks like the name of a file, which has no line end.
    element = _ELEMENT.search(text)
    start = element.start() if element else len(text)
    return BeautifulSoup(_XML_DECLARATION.sub("<?declaration", text[:start]) + text[start:] + "\n", "lxml")
