"""The files that `archive fix` changes, and writing them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from linkarchive.article.bibliography import may_take_references
from linkarchive.article.document import read_document
from linkarchive.article.fix import Replacement
from linkarchive.article.formats.registry import format_of
from linkarchive.errors import StorageError
from linkarchive.links.files import write_in_place
from linkarchive.links.inputs import files_beside
from linkarchive.model import Article, Citation
from linkarchive.project import Project
from linkarchive.report.phrases import place_in
from linkarchive.store import articles
from linkarchive.store.database import Store


@dataclass(frozen=True, slots=True)
class FileFix:
    """What is to be done to one file."""

    path: Path
    name: str
    """From the project folder."""
    before: bytes
    after: bytes
    text: tuple[str, str] = ("", "")
    """The file before and after, for a diff."""
    new_targets: tuple[str, ...] = ()
    """The new targets, a sentence each."""
    left: tuple[str, ...] = ()
    """Links that want a person: a sentence each."""
    article: Article | None = None
    """As it will be read, of an article that is edited."""
    cited_by: tuple[str, ...] = ()
    """Of a list of references that was not named itself: the articles that name it."""
    by_hand: tuple[str, ...] = ()
    """Replacements in a file that cannot be written here: a sentence each, with the article's own."""

    @property
    def changes(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Fixes:
    files: tuple[FileFix, ...]
    errors: tuple[str, ...] = ()
    """Files that were not looked at, and why."""


def write_fixes(project: Project, store: Store, fixes: Fixes) -> None:
    """Write the files that change, each in one step; the project then knows the articles in their new form. Raises
    StorageError when a file cannot be written, or changed since it was read; those before it are done."""
    for fix in fixes.files:
        if not fix.changes:
            continue
        if not os.access(fix.path, os.W_OK):
            raise StorageError(f"{fix.path}: is not writable; nothing of it was changed")
        if fix.path.read_bytes() != fix.before:
            raise StorageError(f"{fix.path}: changed while it was being read; nothing of it was changed")
        write_in_place(fix.path, fix.after)
        _save(project, store, fix.name, fix.article)
        for name in fix.cited_by:
            _save(project, store, name, None)


def _save(project: Project, store: Store, name: str, article: Article | None) -> None:
    """Let the project know an article in its new form, which is read unless it is given."""
    if articles.load(store, name) is None:
        return
    path = project.root / name
    data = path.read_bytes()
    if article is None or may_take_references(data):
        article = read_document(data, format_of(path.name, None, data), path=name, beside=files_beside(path.parent))
    articles.save(store, None, article, hashlib.sha256(data).hexdigest())
    store.commit()


def where(name: str, citation: Citation) -> str:
    """Path, line and words of a link, for the beginning of a sentence."""
    return f"{place_in(name, citation.line, citation.unit)}: “{citation.text}”:"


def by_hand(name: str, citation: Citation, new: Replacement) -> str:
    """A replacement that a person has to make, with the sentence in which the link stands."""
    sentence = f"; it reads: {citation.context}" if citation.context else ""
    return f"{where(name, citation)} {new.why}: {new.url} in place of {citation.url or 'the lost target'}{sentence}"
