"""The articles below a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from linkarchive.article.formats.registry import has_article_suffix
from linkarchive.errors import ArticleError

# Not the author's: the project's archive, and what package managers fetch.
_NOT_ENTERED = frozenset({"archive", "node_modules", "venv", "__pycache__"})


def find_articles(folder: Path) -> Iterator[Path]:
    """Files below `folder` that have the suffix of an article, sorted by path.

    Hidden folders, virtual environments, `node_modules` and any folder named `archive`
    are not entered, links are not followed, `links.txt` is no article.
    Raises ArticleError when `folder` is none.
    """
    if not folder.is_dir():
        raise ArticleError(f"{folder}: not a folder")
    found: list[Path] = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _NOT_ENTERED]
        found.extend(
            Path(parent, name)
            for name in files
            if name != "links.txt" and not name.startswith(".") and has_article_suffix(name)
        )
    yield from sorted(path for path in found if path.is_file())
