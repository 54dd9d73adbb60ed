"""`archive fix`: which files to edit, what their links should lead to, the edited bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from msgspec import structs

from linkarchive.article.bibliography import may_be_beside, may_take_references, only
from linkarchive.article.document import bibliographies_of, read_document
from linkarchive.article.fix import EDITABLE, Replacement, fix_article
from linkarchive.article.fix_styles import Style
from linkarchive.article.formats.registry import format_of
from linkarchive.errors import ArticleError
from linkarchive.history.edited_files import FileFix, Fixes, by_hand, where
from linkarchive.history.list_fixes import fix_list, lists_of
from linkarchive.history.new_targets import SURE, NewTarget, NewTargets, NoTarget
from linkarchive.links.inputs import files_beside, files_named, is_folder
from linkarchive.links.match import with_known_targets
from linkarchive.model import Article, Citation
from linkarchive.project import Project
from linkarchive.store import articles
from linkarchive.store.database import Store


def plan_fixes(project: Project, store: Store, names: Sequence[str], day: date, style: Style | None = None) -> Fixes:
    """The edits of the named articles, of the lists of references that only they name, and of links.txt.

    `day` is today, for what is ignored until a day; `style` says how archived copies are written (None: as usual in the
    format). Raises StorageError and UsageError (links.txt or decisions.jsonl cannot be read).
    """
    planner = _Planner(project, store, day, style)
    files: dict[Path, FileFix] = {}
    errors: dict[str | Path, str] = {}
    lists: set[Path] = set()
    for name in names:
        if name == "-" or "://" in name:
            errors[name] = f"{name}: only a file can be edited; name the one that the page is made from"
            continue
        paths = _editable(name, project.root)
        if not paths:
            errors[name] = f"{name}: no article, and no file that can be edited is in it"
        for path in paths:
            if path in planner.lists:
                lists.add(path)
            elif path not in files:
                try:
                    files[path] = planner.article(path)
                except ArticleError as error:
                    errors[path] = str(error)
                except OSError as error:
                    errors[path] = f"{path}: cannot be read: {error.strerror}"
    for path, cited in planner.references.items():
        if path not in files and path.exists():
            try:
                files[path] = planner.list_of_references(path, cited)
                errors.pop(path, None)  # it was named, too, and is not checked by itself
            except (ArticleError, OSError) as error:
                errors[path] = f"{path.name}: {error}"
    # Last, since a line follows its article: it stays as long as the article cites its URL.
    return Fixes((*files.values(), *map(planner.links, sorted(lists))), tuple(errors.values()))


def _editable(name: str, root: Path) -> list[Path]:
    """The files a name stands for; of a folder those that can be edited."""
    paths = files_named(name, root).articles
    return [path for path in paths if _format(path) in EDITABLE] if is_folder(name, root) else list(paths)


def _format(path: Path) -> str | None:
    try:
        return format_of(path.name, None, path.read_bytes())
    except (ArticleError, OSError):
        return None


class _Planner:
    """What a project knows, and the articles as they will be."""

    def __init__(self, project: Project, store: Store, day: date, style: Style | None) -> None:
        self._project = project
        self._store = store
        self._day = day
        self._style = style
        self.references: dict[Path, dict[str, set[str]]] = {}
        """The lists of references that the articles name, and the URLs in them that each article cites, by its name."""
        self._new_targets = NewTargets.of_project(store, project.decisions)
        self.lists, self._links = lists_of(project.links)
        """links.txt and the files that it includes."""
        self._after: dict[str, Article] = {}

    # --- articles --------------------------------------------------------------------

    def article(self, path: Path) -> FileFix:
        """The edits of one article. Raises ArticleError and OSError."""
        name = Path(os.path.relpath(path, self._project.root)).as_posix()
        data = path.read_bytes()
        stored = articles.load(self._store, name)
        if stored is None or stored[1] is None:
            if may_be_beside(name):
                also = "or `archive fix` the article that takes references from it"
                raise ArticleError(f"{name}: not checked by itself; `archive check {name}` first, {also}")
            raise ArticleError(f"{name}: not checked yet; `archive check {name}` first")
        if stored[1] != hashlib.sha256(data).hexdigest():
            raise ArticleError(f"{name}: changed since it was checked; `archive check {name}` first")
        form = format_of(path.name, None, data)
        read = read_document(data, form, path=name)
        section = self._links.section(read)
        replacements, left = self._replacements(read, with_known_targets(section, read, stored[0]), form, name)
        self._note_references(path, data, form, read)
        return self._edited(path, data, form, read, replacements, left)

    def _edited(
        self,
        path: Path,
        data: bytes,
        form: str,
        read: Article,
        replacements: Sequence[Replacement],
        left: Sequence[str],
    ) -> FileFix:
        name = read.path
        if form not in EDITABLE:
            return _for_a_person(path, data, read, replacements, left)
        fixed = fix_article(data, form, name, replacements, self._style, read)
        refused = [
            f"{where(name, read.citations[edit.replacement.citation])} {edit.replacement.why}, but {edit.why}: "
            f"{edit.replacement.url}"
            for edit in fixed.refusals
        ]
        self._after[name] = fixed.article
        changes = [
            f"{where(name, read.citations[replacement.citation])} {replacement.why}: {replacement.url}"
            for replacement in fixed.replacements
        ]
        return FileFix(
            path, name, data, fixed.data, fixed.text, tuple(changes), (*left, *refused), article=fixed.article
        )

    def _note_references(self, path: Path, data: bytes, form: str, read: Article) -> None:
        """Remember which sources the article cites through the lists of references that it names."""
        if not may_take_references(data):
            return
        for listed in bibliographies_of(data, form, path=read.path):
            file = Path(path.parent, listed).resolve()
            whole = read_document(data, form, path=read.path, beside=only(listed, files_beside(path.parent)))
            urls = {citation.url for citation in whole.citations[len(read.citations) :] if citation.url is not None}
            self.references.setdefault(file, {})[read.path] = urls

    def list_of_references(self, path: Path, cited: Mapping[str, set[str]]) -> FileFix:
        """The edits of a list of references that was not named itself: of what the named articles cite in it."""
        name = Path(os.path.relpath(path, self._project.root)).as_posix()
        data = path.read_bytes()
        form = format_of(path.name, None, data)
        read = read_document(data, form, path=name)
        replacements: dict[int, Replacement] = {}
        left: list[str] = []
        for article, urls in cited.items():
            named = tuple(
                citation if citation.url in urls else structs.replace(citation, url=None) for citation in read.citations
            )
            new, doubts = self._replacements(read, structs.replace(read, citations=named), form, article)
            replacements |= {replacement.citation: replacement for replacement in new}
            left += doubts
        if not path.is_relative_to(self._project.root.resolve()):
            return _for_a_person(path, data, read, replacements.values(), left)
        fix = self._edited(path, data, form, read, list(replacements.values()), left)
        return replace(fix, cited_by=tuple(cited))

    def _replacements(
        self, read: Article, known: Article, form: str, article: str
    ) -> tuple[list[Replacement], list[str]]:
        """The new targets of a file that belongs to an article, and what is left to a person. `known` has the recovered
        targets."""
        replacements: list[Replacement] = []
        left: list[str] = []
        for number, (written, citation) in enumerate(zip(read.citations, known.citations, strict=True)):
            if citation.url is None:
                continue
            target = self._new_targets.of(citation.url, article, self._day)
            if written.url is None and not isinstance(target, NewTarget):
                target = _recovered(citation, citation.url)
            if isinstance(target, NoTarget):
                left.append(f"{where(read.path, citation)} {target.why}")
            elif target is not None and not self._is_done(written, target, article, form):
                replacements.append(
                    Replacement(number, target.url, target.why, target.original, target.day or known.published)
                )
        return replacements, left

    def _is_done(self, written: Citation, target: NewTarget, article: str, form: str) -> bool:
        """The article gives a usable copy of the dead page already. Templates of wikitext also say that it is dead."""
        if written.url is None or written.snapshot is None or target.original is None or form == "wikitext":
            return False
        return self._new_targets.is_settled(written.url, article)

    def links(self, path: Path) -> FileFix:
        """The edits of links.txt, or of a file that it includes."""
        name = Path(os.path.relpath(path, self._project.root)).as_posix()
        after, stored = self._after, self._stored
        return fix_list(self.lists[path], path, name, self._new_targets, after, stored, self._style, self._day)

    def _stored(self, name: str) -> Article | None:
        """An article as it was read."""
        stored = articles.load(self._store, name)
        return None if stored is None or stored[1] is None else stored[0]


def _for_a_person(
    path: Path, data: bytes, read: Article, replacements: Iterable[Replacement], left: Iterable[str]
) -> FileFix:
    """What a person has to do to a file that cannot be written here."""
    sentences = tuple(by_hand(read.path, read.citations[new.citation], new) for new in replacements)
    return FileFix(path, read.path, data, data, left=tuple(left), by_hand=sentences)


def _recovered(citation: Citation, url: str) -> NewTarget | NoTarget:
    """A target that the article lost; without a confidence it stands in links.txt only, and is a person's."""
    sure = citation.recovery_confidence
    if sure is None:
        return NewTarget(url, "as links.txt says")
    if sure < SURE:
        return NoTarget(f"perhaps leads to {url}, which is {sure:.0%} sure")
    return NewTarget(url, f"recovered, {sure:.0%} sure")
