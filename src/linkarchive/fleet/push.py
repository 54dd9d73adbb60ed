"""`archive push`: what a project cites, and its rules, told to the hub."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from linkarchive.check.articles import Articles, keep_watch, load, save
from linkarchive.check.plan import Jobs, Policy, plan
from linkarchive.clock import Clock
from linkarchive.errors import UsageError
from linkarchive.fleet.originals import with_lost_targets
from linkarchive.fleet.pages import page_of, slot_of
from linkarchive.history.hub_report import keep_plan
from linkarchive.model import Scope
from linkarchive.project import Hub, Project
from linkarchive.settings import Settings
from linkarchive.sites import refuse_faulty
from linkarchive.store import hub, runs
from linkarchive.store.hub import Rules
from linkarchive.store.opening import open_project
from linkarchive.store.retention import thin

_LONGEST_NAME = 2_000
"""Bytes of an article's name: those of keys in an index of PostgreSQL are limited."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What the hub was told."""

    project: int
    """Its number in the hub."""
    articles: int
    sources: int
    new: int
    """Sources that it did not know."""
    malformed: tuple[str, ...]
    """Lines of links.txt that could not be read."""
    notices: tuple[str, ...]
    errors: tuple[str, ...]
    """Articles that could not be read."""


def push(project: Project, place: Hub, scope: Scope, settings: Settings, clock: Clock) -> Pushed:
    """Read the articles of a scope, and tell the hub all that the project cites. Raises as `check.run.check`, and
    UsageError where there is no hub."""
    refuse_faulty(settings)
    now, policy = clock.now(), Policy.of(settings, project.decisions)
    with hub.open_hub(place.database) as shared:
        hub.make_schema(shared, place.name)
    troubles: list[str] = []
    with open_project(project, write=True) as store:
        run = runs.of_round(store, now.strftime(hub.ROUND), now, clock.simulated)
        store.commit()  # workers begin the same round, and would wait until all is read
        hub.lock_project(store, place.name)
        articles = load(project, store, Scope(), settings, clock)
        if scope.articles:  # what is named is added to the others
            named = load(project, store, scope, settings, clock)
            _refuse_long_names(named)
            named, troubles = with_lost_targets(named, store, policy, clock)
            save(project, store, run.seq, named.new.values(), {})
            articles = load(project, store, Scope(), settings, clock)
        _refuse_long_names(articles)
        articles, more = with_lost_targets(articles, store, policy, clock)
        save(project, store, run.seq, articles.new.values(), articles.digests)
        hub.lock_project(store, place.name)  # what was saved is committed, and the lock let go
        articles = keep_watch(project, articles)
        jobs = plan(articles, store, policy, is_of_links=True)
        keep_plan(store, run, articles)
        number = hub.keep_project(store, place.name, _rules(settings, policy, articles), now)
        new = hub.watch(store, number, list(_watched(jobs, policy)), now)
        store.commit()
        number_of_sources = len(jobs)
        if settings.keep.visits > 0:
            thin(store, settings.keep.visits)
    notices = (*articles.notices, *_headers_words(settings), *troubles, *more)
    return Pushed(number, len(articles.articles), number_of_sources, new, articles.malformed, notices, articles.errors)


def _watched(jobs: Jobs, policy: Policy) -> Iterator[tuple[int, int, bytes]]:
    for job, _ in jobs.bare():
        address = policy.address(job.source.url)
        yield job.source.id, slot_of(address), page_of(address)


def _rules(settings: Settings, policy: Policy, articles: Articles) -> Rules:
    return Rules(
        settings.judge,
        settings.keep,
        settings.check,
        settings.network.remap,
        tuple(replace(rule, headers=()) for rule in settings.sites),  # their values are secrets
        tuple(policy.decisions),
        tuple(sorted(articles.excluded)),
        settings.wayback.mode != "off",
        settings.browser.when != "never",
    )


def _headers_words(settings: Settings) -> Iterator[str]:
    for rule in settings.sites:
        if rule.headers:
            yield (
                f"the headers for {rule.host} are not told to the hub: write them into [[sites]] of the archive.toml "
                "of its workers"
            )


def _refuse_long_names(articles: Articles) -> None:
    for article in articles.articles:
        if len(article.path.encode("utf-8", "surrogatepass")) > _LONGEST_NAME:
            raise UsageError(f"{article.path[:80]}…: a hub takes names of articles of at most {_LONGEST_NAME} bytes")
