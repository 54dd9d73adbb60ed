"""What a worker works with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from msgspec.structs import replace

from linkarchive.check.plan import Policy
from linkarchive.clock import Clock
from linkarchive.settings import Settings
from linkarchive.snapshot.shelf import Shelf
from linkarchive.store.database import Store
from linkarchive.store.hub import HubProject, SharedConnection, limit_transactions, open_hub, projects_of


@dataclass(frozen=True, slots=True)
class Workplace:
    """The worker's own settings, the shelf, and how it tells what it does."""

    settings: Settings
    clock: Clock
    shelf: Shelf
    name: str
    """Of the worker: its host and process."""
    say: Callable[[str], None]
    is_stopping: Callable[[], bool]

    @property
    def machine(self) -> str:
        """The worker's host, whose network it shares with its other workers."""
        return self.name.rpartition(":")[0]


@dataclass(frozen=True, slots=True)
class Hub:
    """The hub while a worker has it: one connection for all."""

    store: Store
    shared: SharedConnection

    def projects(self, numbers: Collection[int]) -> list[HubProject]:
        """These projects, as they are now, by number: a push may come at any time."""
        return projects_of(self.store, numbers)

    def end_reading(self) -> None:
        """End a transaction in which nothing was written: none is open during the visits."""
        self.store.rollback()
        self.shared.forget()


@contextmanager
def opened(database: str) -> Iterator[Hub]:
    """Raises StorageError, and UsageError where there is no hub. A worker that is stopped in a transaction loses it, so
    that nobody waits for its rows for ever."""
    with open_hub(database) as store:
        limit_transactions(store)
        yield Hub(store, SharedConnection(store.connection))


def policy_of(project: HubProject, settings: Settings) -> tuple[Policy, frozenset[str]]:
    """The rules of a project with the network settings of this worker; and the keys of the sources that it excludes.

    Headers of requests are this worker's own, by host: a push does not tell them. So is the browser, if there is one.
    """
    rules = project.rules
    headers = {rule.host: rule.headers for rule in settings.sites}
    own = replace(
        settings,
        network=replace(settings.network, remap=rules.remap),
        browser=replace(settings.browser, when="needed" if rules.uses_browser else "never"),
        wayback=settings.wayback if rules.asks_archives else replace(settings.wayback, mode="off"),
        judge=rules.judge,
        keep=rules.keep,
        check=rules.check,
        sites=tuple(replace(rule, headers=headers.get(rule.host, ())) for rule in rules.sites),
    )
    return Policy(own, rules.decisions), frozenset(rules.excluded)
