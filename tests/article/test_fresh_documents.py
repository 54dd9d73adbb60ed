"""Documents of many formats whose links were written down before any was read: URL, words, line or other place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from linkarchive.article.document import read_document
from linkarchive.article.formats.registry import format_of
from linkarchive.errors import ArticleError

FOLDER = Path(__file__).parent.parent / "data" / "fresh_documents"
LINKS = json.loads((FOLDER / "links.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", LINKS)
def test_every_link_is_found_and_no_other(name: str) -> None:
    """Where no words or no line are written down, any will do."""
    data = (FOLDER / name).read_bytes()
    try:
        article = read_document(data, format_of(name, None, data), path=name)
    except ArticleError as error:
        if "pandoc" not in str(error):
            raise
        pytest.skip(f"pandoc is not installed: {name} is not read")
    found = [(citation.url, " ".join(citation.text.split()), citation.line) for citation in article.citations]
    for url, words, line in LINKS[name]:
        (link, *_) = [
            cited for cited in found if cited[0] == url and words in (None, cited[1]) and line in (None, cited[2])
        ]
        found.remove(link)
    assert found == []
