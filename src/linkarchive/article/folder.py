"""The articles below a folder, and what it holds besides."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from linkarchive.article.formats.registry import has_article_suffix, is_read_when_named
from linkarchive.errors import ArticleError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

# What package managers fetch and site generators make: not the author's.
_NOT_ENTERED = frozenset({"node_modules", "bower_components", "venv", "__pycache__", "_site"})
# A project's archive is told by what it holds, not by its name.
_OF_AN_ARCHIVE = ("archive.sqlite", "state.jsonl", "warc", "manifests")
_NAMED_AT_MOST = 8


@dataclass(frozen=True, slots=True)
class FolderContents:
    """What a folder holds. Paths are sorted."""

    articles: tuple[Path, ...]
    not_read: tuple[tuple[str, int], ...] = ()
    """The suffixes of other files with their number, the most frequent first; "" for files without one."""
    when_named: int = 0
    """How many of those are read when they are named: data, spreadsheets, mail."""
    not_entered: tuple[str, ...] = ()
    """Folders that are left out, from this folder."""
    entered: tuple[tuple[Path, tuple[str, ...]], ...] = ()
    """The folders that were looked at, each with the names that were in it."""

    @property
    def left_out(self) -> str:
        """What was left out, in a sentence; "" for nothing."""
        parts = []
        if self.not_read:
            kinds = [f"{count} {'.' + suffix if suffix else 'without a suffix'}" for suffix, count in self.not_read]
            others = len(kinds) - _NAMED_AT_MOST
            kinds = [*kinds[:_NAMED_AT_MOST], *([f"{others} more kinds"] if others > 0 else [])]
            parts.append(f"not read: {', '.join(kinds)}")
            if self.when_named:
                parts[-1] += f" ({self.when_named} of them are read when you name them)"
        if self.not_entered:
            more = " …" if len(self.not_entered) > _NAMED_AT_MOST else ""
            parts.append(f"not entered: {', '.join(self.not_entered[:_NAMED_AT_MOST])}{more}")
        return "; ".join(parts)


def find_articles(folder: Path) -> FolderContents:
    """The files below `folder` that have the suffix of an article.

    Hidden files and folders, what Git ignores, packages, generated sites and a project's archive are left out; links
    are not followed, `links.txt` is no article. Raises ArticleError when `folder` is none.
    """
    if not folder.is_dir():
        raise ArticleError(f"{folder}: not a folder")
    ignored = _Ignored(folder)
    articles: list[Path] = []
    not_read: Counter[str] = Counter()
    when_named = 0
    not_entered: list[str] = []
    looked_at = []
    for parent, folders, files in os.walk(folder):
        looked_at.append((Path(parent), (*folders, *files)))
        entered = []
        for name in sorted(folders):
            path = Path(parent, name)
            if name.startswith(".") or ignored.folder(path):
                continue
            if name in _NOT_ENTERED or any((path / part).exists() for part in _OF_AN_ARCHIVE):
                not_entered.append(path.relative_to(folder).as_posix())
            else:
                entered.append(name)
        folders[:] = entered
        for name in files:
            path = Path(parent, name)
            if name.startswith(".") or name == "links.txt" or not path.is_file() or ignored.file(path):
                continue
            if has_article_suffix(name):
                articles.append(path)
            else:
                not_read[PurePosixPath(name).suffix.lower().lstrip(".")] += 1
                when_named += is_read_when_named(name)
    unread = tuple(not_read.most_common())
    return FolderContents(tuple(sorted(articles)), unread, when_named, tuple(not_entered), tuple(looked_at))


class _Ignored:
    """What the `.gitignore` files of a folder, of those above it in its repository and of those below it say."""

    def __init__(self, folder: Path) -> None:
        folder = folder.resolve()
        self._top = next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)
        self._specs: dict[Path, GitIgnoreSpec | None] = {}

    def file(self, path: Path) -> bool:
        return self._is_ignored(path.parent.resolve() / path.name, "")

    def folder(self, path: Path) -> bool:
        return self._is_ignored(path.parent.resolve() / path.name, "/")

    def _is_ignored(self, path: Path, end: str) -> bool:
        """The nearest file that says anything of the path decides (gitignore(5))."""
        for parent in path.parents:
            spec = self._spec(parent)
            is_ignored = (
                spec.check_file(path.relative_to(parent).as_posix() + end).include if spec is not None else None
            )
            if is_ignored is not None:
                return is_ignored
            if parent == self._top:
                break
        return False

    def _spec(self, folder: Path) -> GitIgnoreSpec | None:
        if folder not in self._specs:
            self._specs[folder] = _read_spec(folder / ".gitignore")
        return self._specs[folder]


def _read_spec(path: Path) -> GitIgnoreSpec | None:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return None
