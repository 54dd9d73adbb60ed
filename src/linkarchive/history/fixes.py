"""`archive fix`: which files to edit, what their links should lead to, the edited bytes; then writing them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urldefrag

from linkarchive.article.bibliography import may_take_references
from linkarchive.article.document import read_document
from linkarchive.article.fix import EDITABLE, Replacement, fix_article
from linkarchive.article.formats.registry import format_of
from linkarchive.article.lost_targets import with_recoveries
from linkarchive.errors import ArticleError, StorageError
from linkarchive.history.new_targets import SURE, NewTarget, NewTargets, NoTarget
from linkarchive.links.edit import replace_urls
from linkarchive.links.entries import NAME as LINKS_NAME
from linkarchive.links.entries import Entry, section_key
from linkarchive.links.files import joined, link_lists, write_in_place
from linkarchive.links.inputs import files_beside, files_named
from linkarchive.links.match import apply
from linkarchive.model import Article, Citation, Verdict
from linkarchive.project import Project
from linkarchive.store import articles, decisions, outcomes
from linkarchive.store.database import Store
from linkarchive.wrappers import key_of


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
    made: tuple[str, ...] = ()
    """The new targets, a sentence each."""
    left: tuple[str, ...] = ()
    """Links that want a person: a sentence each."""
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


def plan_fixes(project: Project, store: Store, names: Sequence[str], day: date) -> Fixes:
    """The edits of the named articles and of links.txt. `day` is today, for what is ignored until a day.

    Raises StorageError and UsageError (links.txt or decisions.jsonl cannot be read).
    """
    planner = _Planner(project, store, day)
    files: dict[Path, FileFix] = {}
    errors: list[str] = []
    lists: set[Path] = set()
    for name in names:
        if name == "-" or "://" in name:
            errors.append(f"{name}: only a file can be edited; name the one that the page is made from")
            continue
        found = _editable(name, project.root)
        if not found:
            errors.append(f"{name}: no article, and no file that can be edited is in it")
        for path in found:
            if path in planner.lists:
                lists.add(path)
            elif path not in files:
                try:
                    files[path] = planner.article(path)
                except ArticleError as error:
                    errors.append(str(error))
                except OSError as error:
                    errors.append(f"{path}: cannot be read: {error.strerror}")
    # Last, since a line follows its article: it stays as long as the article cites its URL.
    return Fixes((*files.values(), *map(planner.links, sorted(lists))), tuple(errors))


def _editable(name: str, root: Path) -> list[Path]:
    """The files a name stands for; of a folder those that can be edited."""
    is_folder = any((base / name).is_dir() for base in (Path.cwd(), root))
    return [path for path in files_named(name, root).articles if not is_folder or _format(path) in EDITABLE]


def _format(path: Path) -> str | None:
    try:
        return format_of(path.name, None, path.read_bytes())
    except (ArticleError, OSError):
        return None


def write_fixes(project: Project, store: Store, fixes: Fixes) -> None:
    """Write the files that change, each in one step; the project then knows the articles in their new form.

    Raises StorageError when a file cannot be written, or changed since it was read; those before it are done.
    """
    for fix in fixes.files:
        if not fix.changes:
            continue
        if not os.access(fix.path, os.W_OK):
            raise StorageError(f"{fix.path}: is not writable; nothing of it was changed")
        if fix.path.read_bytes() != fix.before:
            raise StorageError(f"{fix.path}: changed while it was looked at; nothing of it was changed")
        write_in_place(fix.path, fix.after)
        stored = articles.load(store, fix.name)
        if stored is not None:
            form = format_of(fix.path.name, None, fix.after)
            article = read_document(fix.after, form, path=fix.name, beside=files_beside(fix.path.parent))
            articles.save(store, None, article, hashlib.sha256(fix.after).hexdigest())
            store.commit()


class _Planner:
    """What a project knows, and the articles as they will be."""

    def __init__(self, project: Project, store: Store, day: date) -> None:
        self._project = project
        self._store = store
        self._day = day
        wrong = (one for _, one, _ in outcomes.latest(store) if one.verdict in (Verdict.MOVED, Verdict.DEAD))
        self._new_targets = NewTargets({key_of(one.url): one for one in wrong}, decisions.load(project.decisions))
        read = link_lists(project.links)[0] if project.links.exists() else []
        self._links = joined(read, ())
        self.lists = {document.path.resolve(): document for document in read}
        """links.txt and the files that it includes."""
        self._after: dict[str, Article] = {}

    # --- articles --------------------------------------------------------------------

    def article(self, path: Path) -> FileFix:
        """The edits of one article. Raises ArticleError and OSError."""
        name = Path(os.path.relpath(path, self._project.root)).as_posix()
        data = path.read_bytes()
        stored = articles.load(self._store, name)
        if stored is None or stored[1] is None:
            raise ArticleError(f"{name}: not checked yet; `archive check {name}` first")
        if stored[1] != hashlib.sha256(data).hexdigest():
            raise ArticleError(f"{name}: changed since it was checked; `archive check {name}` first")
        form = format_of(path.name, None, data)
        read = read_document(data, form, path=name)
        section = self._links.section(read)
        replacements, left = self._replacements(
            read, with_recoveries(read if section is None else apply(section, read), stored[0])
        )
        left += self._of_lists(path, name, data, form, len(read.citations))
        if form not in EDITABLE:
            by_hand = tuple(_by_hand(name, read.citations[one.citation], one) for one in replacements)
            return FileFix(path, name, data, data, left=tuple(left), by_hand=by_hand)
        fixed = fix_article(data, form, name, replacements)
        left += [
            f"{_where(name, read.citations[one.replacement.citation])} {one.replacement.why}, but {one.why}"
            for one in fixed.refused
        ]
        self._after[section_key(name)] = read_document(fixed.data, form, path=name)
        made = [f"{_where(name, read.citations[one.citation])} {one.why}: {one.url}" for one in fixed.made]
        return FileFix(path, name, data, fixed.data, fixed.text, tuple(made), tuple(left))

    def _of_lists(self, path: Path, name: str, data: bytes, form: str, own: int) -> list[str]:
        """What is to be said of sources that stand in the list of references which the article names."""
        if not may_take_references(data):
            return []
        whole = read_document(data, form, path=name, beside=files_beside(path.parent))
        return [
            f"{_where(name, citation)} {target.why}: it stands in the article's list of references; name that file too"
            for citation in whole.citations[own:]
            if citation.url is not None
            and isinstance(target := self._new_targets.of(citation.url, name, self._day), NewTarget)
        ]

    def _replacements(self, read: Article, known: Article) -> tuple[list[Replacement], list[str]]:
        """The new targets of an article, and what is left to a person. `known` has the recovered targets."""
        found: list[Replacement] = []
        left: list[str] = []
        for number, (written, citation) in enumerate(zip(read.citations, known.citations, strict=True)):
            if citation.url is None:
                continue
            target = self._new_targets.of(citation.url, read.path, self._day)
            if written.url is None and not isinstance(target, NewTarget):
                target = _recovered(citation, citation.url)
            if isinstance(target, NoTarget):
                left.append(f"{_where(read.path, citation)} {target.why}")
            elif target is not None:
                found.append(
                    Replacement(number, target.url, target.why, target.original, target.day or known.published)
                )
        return found, left

    # --- links.txt -------------------------------------------------------------------

    def links(self, path: Path) -> FileFix:
        """The edits of links.txt, or of a file that it includes."""
        document = self.lists[path]
        name = Path(os.path.relpath(path, self._project.root)).as_posix()
        targets: dict[int, NewTarget] = {}
        left: list[str] = []
        entries: dict[int, Entry] = {}
        for section in document.links.sections:
            cited = self._cited(section.name) if section.name else set()
            for entry in section.entries:
                if entry.url is None or entry.excluded or _place(entry.url) in cited:
                    continue
                entries[entry.line] = entry
                target = self._new_targets.of(entry.url, section.name or LINKS_NAME, self._day)
                if isinstance(target, NoTarget):
                    left.append(f"{name}:{entry.line}: {entry.url}: {target.why}")
                elif target is not None:
                    targets[entry.line] = target
        after, refused = replace_urls(document.text, {line: target.url for line, target in targets.items()})
        made = [
            f"{name}:{line}: {entries[line].url}: {target.why}: {target.url}"
            for line, target in targets.items()
            if line not in refused
        ]
        left += [f"{name}:{line}: {entries[line].url}: the line could not be changed for certain" for line in refused]
        data = [text.encode("utf-8", "surrogateescape") for text in (document.text, after)]
        return FileFix(path, name, data[0], data[1], (document.text, after), tuple(made), tuple(left))

    def _cited(self, name: str) -> set[tuple[str, str]]:
        """The places that the article of a section cites, as it will be; for one that is not edited, as it was read."""
        article = self._after.get(section_key(name))
        if article is None:
            stored = articles.load(self._store, name)
            article = None if stored is None or stored[1] is None else stored[0]
        if article is None:
            return set()
        return {_place(one.url) for one in article.citations if one.url is not None and not one.recovered}


def _recovered(citation: Citation, url: str) -> NewTarget | NoTarget:
    """A target that the article lost; without a confidence it stands in links.txt only, and is a person's."""
    sure = citation.recovery_confidence
    if sure is None:
        return NewTarget(url, "as links.txt says")
    if sure < SURE:
        return NoTarget(f"perhaps leads to {url}, which is {sure:.0%} sure")
    return NewTarget(url, f"recovered, {sure:.0%} sure")


def _where(name: str, citation: Citation) -> str:
    """Path, line and words of a link, for the beginning of a sentence."""
    return f"{name}:{citation.line}: “{citation.text}”:"


def _place(url: str) -> tuple[str, str]:
    return key_of(url), urldefrag(url).fragment


def _by_hand(name: str, citation: Citation, new: Replacement) -> str:
    """A replacement that a person has to make, with the sentence in which the link stands."""
    sentence = f"; it reads: {citation.context}" if citation.context else ""
    return f"{_where(name, citation)} {new.why}: {new.url} in place of {citation.url or 'the lost target'}{sentence}"
