"""The plan that is kept for runs over what links.txt names: when it is true, and when it is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from linkarchive import __version__
from linkarchive.history.articles import report_of, unresolved
from linkarchive.links.entries import NAME
from linkarchive.links.files_read import FilesRead, are_as_read
from linkarchive.model import Article, ArticleReport, Change, Scope, Unresolved
from linkarchive.project import Project
from linkarchive.settings import Settings
from linkarchive.store import plans, runs
from linkarchive.store.database import Store
from linkarchive.store.plans import StoredPlan
from linkarchive.store.sources import Source
from linkarchive.wayback.cited import CitedLink

Noted = FilesRead | None
"""What a reading depended on, where that is noted."""


class Reading(Protocol):
    """What was read for a run (`check.articles.Articles`)."""

    @property
    def articles(self) -> Sequence[Article]: ...
    @property
    def new(self) -> Sequence[Article]: ...
    @property
    def losing(self) -> Set[str]: ...
    @property
    def excluded(self) -> Set[str]: ...
    @property
    def uncited(self) -> tuple[str, ...]: ...
    @property
    def malformed(self) -> tuple[str, ...]: ...
    @property
    def notices(self) -> tuple[str, ...]: ...
    @property
    def remarks(self) -> tuple[str, ...]: ...
    @property
    def errors(self) -> Sequence[str]: ...
    @property
    def watches(self) -> Sequence[str]: ...
    @property
    def files(self) -> Noted: ...


@dataclass(frozen=True, slots=True)
class TruePlan:
    """The plan of the store, as far as the scope of a run leaves it."""

    store: Store
    scope: Scope
    stored: StoredPlan

    @property
    def articles(self) -> tuple[ArticleReport, ...]:
        """The articles as the plan has them: nothing is said of their original pages."""
        return self.stored.articles

    @property
    def unresolved(self) -> tuple[Unresolved, ...]:
        """The lost targets, as the report tells them."""
        return self.stored.unresolved

    def chosen(self, now: datetime) -> Iterator[tuple[Source, tuple[CitedLink, ...]]]:
        """The sources that are visited, in that order, each with who cites it."""
        return plans.chosen(self.store, self.scope, now)


def true_plan(project: Project, store: Store, scope: Scope, settings: Settings) -> TruePlan | None:
    """The plan for a run over what links.txt names; None where it is to be made anew, or an earlier run may go on."""
    last = runs.find(store) if scope.is_of_links else None
    if last is None or not (last.info.complete or last.info.offline):
        return None
    key = _key(settings)
    files = plans.files_of(store, key)
    if files is None or not are_as_read(project.root, files):
        return None
    plan = plans.load(store, key)
    if plan.unresolved and not scope.is_partial:  # a run over all looks for lost targets once more
        return None
    return TruePlan(store, scope, plan)


def files_to_note(project: Project, scope: Scope) -> Noted:
    """Where the reading of a run whose plan is kept notes which files it read; None for any other run."""
    return FilesRead(project.root) if scope.is_of_links else None


def keep_plan(
    store: Store, run: int, read: Reading, settings: Settings, links: Iterable[tuple[int, Sequence[CitedLink]]]
) -> None:
    """Keep the plan for the next such run, where nothing of it is still to change: `links` are the citations of each
    source. The caller commits."""
    files, is_new = read.files, any(article.path != NAME for article in read.new)
    if files is None or not files.is_all or is_new or read.losing or read.errors or read.watches:
        return
    lost = unresolved(store, run, read.articles, {})
    plan = StoredPlan(
        tuple(sorted(read.excluded)),
        tuple(report_of(article) for article in read.articles if article.path != NAME),
        tuple(replace(target, changed=Change.STILL) for target in lost),
        read.uncited,
        read.malformed,
        read.notices,
        read.remarks,
    )
    plans.save(store, _key(settings), plan, files.files(), links)


def _key(settings: Settings) -> str:
    """A digest (hex) of what a plan depends on, except files: the version, the working folder and some settings."""
    made_with = (__version__, str(Path.cwd()), settings.archives, settings.sites)
    return hashlib.sha256(repr(made_with).encode("utf-8", "surrogateescape")).hexdigest()
