"""Taking a source out of the archive: what changes is written beside what is there, then all is put in its place."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from linkarchive.errors import UnknownSourceError
from linkarchive.history.forgetting import take_out
from linkarchive.history.recovery import recover
from linkarchive.judge.soft404 import probe_url
from linkarchive.project import Project
from linkarchive.secrets import redact
from linkarchive.snapshot import removal
from linkarchive.snapshot.forget import Tombstone
from linkarchive.snapshot.removal import IsProbe, RemovalPlan
from linkarchive.store import captures, decisions, sources
from linkarchive.store.forget import Forgetting
from linkarchive.store.opening import open_project
from linkarchive.wrappers import key_of


@dataclass(frozen=True, slots=True)
class ForgetResult:
    """What was done. URLs are without secrets."""

    urls: tuple[str, ...]
    captures: int
    files: int
    """WARC files that changed."""
    also: tuple[str, ...]
    """Other sources that led to the page: those copies were taken out too."""
    same: tuple[str, ...]
    """Other sources whose own page has the same bytes: theirs stay."""
    problems: tuple[str, ...]
    """What the new database could not be made from."""


def forget_sources(project: Project, urls: Sequence[str], reason: str, *, who: str, now: datetime) -> ForgetResult:
    """Take all captures of these sources out of `archive/`, and record that and why; they are not visited any more.

    Call it with the lock held. All happens or nothing: what an interruption leaves is finished or
    cleared away by the next start (`recovery.recover`). Raises UnknownSourceError, StorageError.
    """
    recover(project)
    archive, reason = project.archive, " ".join(reason.split())
    keys = _keys(project, urls)
    plan = removal.find(archive, frozenset(keys.values()), _is_probe(keys.values()))
    _refuse_unknown(project, keys, plan)
    safe = tuple(redact(key) for key in dict.fromkeys(keys.values()))
    tombstone = Tombstone(f"forget-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}", safe, reason, now)
    forgetting = Forgetting.of(keys.values(), plan.captures, plan.records)
    files, problems = take_out(project, plan, tombstone, forgetting, who)
    also = dict.fromkeys(redact(capture.url) for capture in plan.captures if not plan.touches(capture.url))
    with open_project(project, write=True) as store:
        same = {redact(url) for url in captures.urls_with(store, {capture.digest for capture in plan.captures})}
    return ForgetResult(safe, len(plan.captures), files, tuple(also), tuple(sorted(same)), problems)


def _keys(project: Project, urls: Sequence[str]) -> dict[str, str]:
    """The source key of each URL as a person writes it, secrets shown as REDACTED or not."""
    keys = {}
    with open_project(project, write=True) as store:
        for url in urls:
            try:
                keys[url] = sources.find(store, url).key
            except UnknownSourceError:
                keys[url] = key_of(url)
    return keys


def _is_probe(keys: Iterable[str]) -> IsProbe:
    @cache
    def names(run_id: str) -> set[str]:
        return {address.rpartition("/")[2] for key in keys if (address := probe_url(key, run_id)) is not None}

    return lambda url, run_id: url.rpartition("/")[2] in names(run_id)


def _refuse_unknown(project: Project, keys: dict[str, str], plan: RemovalPlan) -> None:
    """A URL that is no source, that nothing kept has and nobody has forgotten before is misspelt."""
    log = decisions.load(project.decisions)
    captured = {key_of(capture.url) for capture in plan.captures}
    with open_project(project, write=True) as store:
        for url, key in keys.items():
            if key in captured or decisions.forgotten(log, key) is not None:
                continue
            try:
                sources.find(store, url)
            except UnknownSourceError:
                # Of several, what goes may be all of the others'.
                own_plan = plan if len(keys) == 1 else removal.find(project.archive, frozenset([key]), _is_probe([key]))
                if not own_plan.locations:
                    raise
