"""How the pages of a site moved, as far as a project knows."""

from __future__ import annotations

from functools import partial

from linkarchive.project import Project
from linkarchive.relocate.past import MOST_EXAMPLES, Stored, example_of
from linkarchive.relocate.rules import Example, Rule, learn
from linkarchive.settings import NetworkSettings
from linkarchive.store import previous, runs, sources
from linkarchive.store.database import Store
from linkarchive.store.opening import open_project
from linkarchive.store.previous import AT_ONCE
from linkarchive.urls import ascii_host, host_of
from linkarchive.wayback.unwrap import stored_page


def site_rules(project: Project, host: str, network: NetworkSettings) -> list[Rule]:
    """The rules that are known of a site: functions of where its pages are known to have gone."""
    with open_project(project) as store:
        return learn(_examples(store, host, partial(stored_page, project.files, network=network)))


def _examples(store: Store, host: str, stored: Stored) -> list[Example]:
    """At most `MOST_EXAMPLES`: of each a stored page is read."""
    examples: list[Example] = []
    last = runs.find(store)
    if last is None:
        return examples
    numbers = [(number, url) for number, url in sources.all_urls(store) if host_of(url) == ascii_host(host)]
    for start in range(0, len(numbers), AT_ONCE):
        batch = dict(numbers[start : start + AT_ONCE])
        for number, before in previous.load(store, list(batch), last.seq + 1).items():
            example = example_of(stored, batch[number], before)
            if example is not None:
                examples.append(example)
            if len(examples) == MOST_EXAMPLES:
                return examples
    return examples
