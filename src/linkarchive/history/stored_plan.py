"""The plan that is kept for runs over what links.txt names: when it is true, and when it is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from itertools import chain
from pathlib import Path
from typing import Protocol

from msgspec import Struct, field, structs

from linkarchive import __version__
from linkarchive.article.bibliography import may_be_beside
from linkarchive.history.articles import report_of, unresolved
from linkarchive.links.entries import NAME
from linkarchive.links.files import said_of
from linkarchive.links.files_read import FilesRead, are_as_read
from linkarchive.links.held import HeldArticles
from linkarchive.model import Article, Change, Scope, Unresolved
from linkarchive.project import Project
from linkarchive.settings import Settings
from linkarchive.store import plans, runs, sources
from linkarchive.store.database import Store
from linkarchive.store.plans import Cited, PlannedArticle, StoredPlan
from linkarchive.wayback.cited import CitedLink, cited_links

__all__ = [
    "HeldArticles", "KeptPlan", "Noted", "Reading", "SectionsRead", "StoredPlan", "files_to_note", "keep_plan",
    "kept_plan", "parts_of", "plan_of", "sections_now", "uncited_words", "write_plan",
]  # fmt: skip

_LOOKED_UP = 2_000
"""Sources that are looked up together while a plan is written."""
Noted = FilesRead | None
"""What a reading depended on, where that is noted."""


class Reading(Protocol):
    """What was read for a run (`check.articles.Articles`)."""

    @property
    def by_path(self) -> HeldArticles: ...
    @property
    def left(self) -> Sequence[Article]: ...
    @property
    def new(self) -> Collection[str]: ...
    @property
    def losing(self) -> Set[str]: ...
    @property
    def excluded(self) -> Set[str]: ...
    @property
    def malformed(self) -> tuple[str, ...]: ...
    @property
    def notices(self) -> tuple[str, ...]: ...
    @property
    def errors(self) -> Sequence[str]: ...
    @property
    def watches(self) -> Sequence[str]: ...
    @property
    def files(self) -> Noted: ...
    @property
    def sections(self) -> SectionsRead: ...
    @property
    def plan(self) -> StoredPlan | None: ...


class SectionsRead(Struct, frozen=True):
    """What links.txt said of the articles when they were read."""

    said: Mapping[str, str] = field(default_factory=dict)
    """`links.entries.said`, by the path of the article."""
    lined: frozenset[str] = frozenset()
    """Paths of those of which lines are told by their numbers."""
    lists: tuple[str, ...] = ()
    outline: str = ""


class KeptPlan(Struct, frozen=True):
    """The plan of an earlier run, and what has changed since."""

    plan: StoredPlan
    files: FilesRead
    """That it was made from."""
    changed: frozenset[str]
    """Those that are not what they were."""

    @property
    def changes_others(self) -> bool:
        """A file that changed may matter beyond its own article: it was not there, or may be a list of references."""
        edited = self.changed.difference(self.plan.lists)
        return any(self.files.digests[path] is None or may_be_beside(path) for path in edited)


def kept_plan(project: Project, store: Store, scope: Scope, settings: Settings) -> KeptPlan | None:
    """The plan for a run over what links.txt names; None where it is to be made anew, or an earlier run may go on."""
    last = runs.find(store) if scope.is_of_links else None
    if last is None or not (last.info.complete or last.info.offline):
        return None
    key = _key(settings)
    files = plans.files_of(store, key)
    if files is None:
        return None
    plan = plans.load(store, key)
    if plan.unresolved and not scope.is_partial:  # a run over all looks for lost targets once more
        return None
    read = FilesRead(project.root, {file.path: file.digest for file in files})
    changed = frozenset(file.path for file in files if not are_as_read(project.root, [file]))
    if not changed and any(file.size < 0 and file.digest for file in files):
        # By now the times of these may tell as much as their digests.
        plans.note_files(store, read.files())
    return KeptPlan(plan, read, changed)


def files_to_note(project: Project, scope: Scope) -> Noted:
    """Where the reading of a run whose plan is kept notes which files it read; None for any other run."""
    return FilesRead(project.root) if scope.is_of_links else None


def write_plan(store: Store, plan: int, read: Reading, settings: Settings) -> None:
    """Write who cites what in the place of that plan (`plans.OF_LINKS`, `OF_RUN`), and add sources that are new; of the
    kept plan only what was read. The caller commits."""
    paths = read.by_path if read.plan is None else (part.path for part in read.plan.parts)
    numbers = {path: number for number, path in enumerate(paths)}
    numbered = ((numbers[path], article) for path, article in read.by_path.items())
    left = ((numbers[article.path] + plans.LEFT, article) for article in read.left)
    cited = _cited(chain(numbered, left), store, settings)
    if read.plan is None:
        plans.write(store, plan, cited)
    else:
        plans.rewrite(store, [numbers[path] for path in read.by_path], cited)


def _cited(articles: Iterable[tuple[int, Article]], store: Store, settings: Settings) -> Iterator[Cited]:
    """What each article has of each source; those of some articles are looked up together."""
    waiting: list[tuple[int, dict[str, list[CitedLink]]]] = []
    targets: dict[str, str] = {}
    for number, article in articles:
        cited = cited_links([article], settings)
        waiting.append((number, cited))
        for key, links in cited.items():
            targets.setdefault(key, links[0].target)  # each source is spelled as it is first cited
        if len(targets) >= _LOOKED_UP:
            yield from _known(waiting, targets, store)
            waiting, targets = [], {}
    yield from _known(waiting, targets, store)


def _known(
    waiting: Sequence[tuple[int, Mapping[str, Sequence[CitedLink]]]], targets: Mapping[str, str], store: Store
) -> Iterator[Cited]:
    known = sources.ensure(store, targets)
    for number, cited in waiting:
        for place, (key, links) in enumerate(cited.items()):
            yield Cited(number, place, known[key].id, links)


def keep_plan(store: Store, run: int, read: Reading, settings: Settings) -> None:
    """Keep the plan that was written for the next such run, where nothing of it is still to change. The caller
    commits."""
    files, is_new = read.files, any(path != NAME for path in read.new)
    if files is None or not files.is_all or is_new or read.losing or read.errors or read.watches:
        return
    plan = read.plan or plan_of(store, run, read, Change.STILL)
    if any(part.path in plan.lists and part.path != NAME for part in plan.parts):
        return  # a file of links that is an article as well changes when links are added
    plans.keep(store, _key(settings), plan, files.files())


def sections_now(project: Project, before: SectionsRead, saved: Iterable[str]) -> SectionsRead:
    """What links.txt says of the articles after some, by their paths, were written into it. Raises UsageError."""
    said, outline = said_of(project.root, before.lists, saved)
    return structs.replace(before, said={**before.said, **said}, outline=outline)


def plan_of(store: Store, run: int, read: Reading, changed: Change | None = None) -> StoredPlan:
    """What the plan of all that was read tells; `changed` is that of the lost targets; None: since the run before."""
    lost: dict[str, list[Unresolved]] = {}
    for target in unresolved(store, run, read.by_path.values(), {}):
        target = target if changed is None else structs.replace(target, changed=changed)
        lost.setdefault(target.article, []).append(target)
    return StoredPlan(
        tuple(structs.replace(part, unresolved=tuple(lost.get(part.path, ()))) for part in parts_of(read)),
        tuple(sorted(read.excluded)),
        read.malformed,
        read.notices,
        read.sections.lists,
        read.sections.outline,
    )


def parts_of(read: Reading) -> list[PlannedArticle]:
    """What the plan tells of the articles that were read, without their lost targets."""
    left = {article.path: article for article in read.left}
    sections = read.sections
    return [
        PlannedArticle(
            article.path,
            sections.said.get(article.path, ""),
            article.path in sections.lined,
            None if article.path == NAME else report_of(article),
            (),
            uncited_words(left[article.path]) if article.path in left else (),
            tuple(f"{article.path}: {remark}" for remark in (*article.gaps, *article.remarks)),
        )
        for article in read.by_path.values()
    ]


def uncited_words(left: Article) -> tuple[str, ...]:
    """The links that have left an article, as the report tells them."""
    return tuple(f"{citation.url} ({left.path})" for citation in left.citations if citation.url)


def _key(settings: Settings) -> str:
    """A digest (hex) of what a plan depends on, except files: the version, the working folder and some settings."""
    made_with = (__version__, str(Path.cwd()), settings.archives, settings.sites)
    return hashlib.sha256(repr(made_with).encode("utf-8", "surrogateescape")).hexdigest()
