"""What a reader makes of a document, as a person sees it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from linkarchive.article.document import read_document
from linkarchive.article.formats.registry import format_of
from linkarchive.model import Article


@pytest.fixture
def read() -> Callable[..., Article]:
    """`read(name, text)`: the article in a file of that name; further files beside it by their names."""

    def read(name: str, text: str | bytes, **beside: str) -> Article:
        data = text.encode() if isinstance(text, str) else text
        files = {file.replace("_", "."): content.encode() for file, content in beside.items()}
        return read_document(data, format_of(name, None, data), path=name, beside=files.get)

    return read
