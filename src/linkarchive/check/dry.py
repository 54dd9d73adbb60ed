"""What a run would do: `archive check --dry-run`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from linkarchive.check.plan import added_only, cited_urls, make_plans, urls_of
from linkarchive.check.reading import read_scope
from linkarchive.check.scope import Scope, chosen_sources
from linkarchive.clock import Clock
from linkarchive.project import Project
from linkarchive.settings import Settings
from linkarchive.store import captures, decisions, outcomes, sources
from linkarchive.store.opening import open_project
from linkarchive.urls import host_of

SECONDS_A_VISIT = 1.0
BYTES_A_CAPTURE = 30_000
"""A page of the median news site, compressed."""


def forecast(root: Path, scope: Scope, settings: Settings, clock: Clock) -> str:
    """Sources, time and disk of a run, in words. Visits no source; named URLs are fetched to be read."""
    project = Project(root)
    with project.lock(), open_project(project) as store:
        reading = read_scope(project, store, scope, settings, clock)
        cited = cited_urls((*reading.articles, *reading.left))
        known = sources.ensure(store, urls_of(cited))
        check, network = settings.check, settings.network
        made = decisions.load(project.decisions)
        found = make_plans(cited, known, reading.excluded, check.exclude, network.allow_private, settings.sites, made)
        plans = {plan.source.id: plan for plan in added_only(found, reading.before)}
        last = outcomes.last_checks(store, 2**31) if scope.narrows else {}
        chosen = [plans[key] for key in chosen_sources(list(plans), last, scope, clock.now())]
        visits = [plan for plan in chosen if plan.skip is None]
        kept = captures.kept_sources(store)
        new = sum(plan.source.id not in kept for plan in visits)
        store.rollback()
    hosts = Counter(host_of(plan.source.url) for plan in visits)
    busiest = max(hosts.values(), default=0)
    seconds = max(
        busiest * max(network.host_delay, SECONDS_A_VISIT / network.per_host),
        len(visits) * SECONDS_A_VISIT / network.concurrency,
    )
    lost = sum(citation.url is None for article in reading.articles for citation in article.citations)
    lines = [
        f"would visit {len(visits)} sources on {len(hosts)} hosts, and skip {len(chosen) - len(visits)}",
        f"at least {seconds:.0f} s (the busiest host has {busiest} of them)",
        f"about {new * BYTES_A_CAPTURE / 1e6:.1f} MB for {new} sources without a capture",
    ]
    if lost:
        lines.append(f"{lost} lost targets would be looked for on the original pages")
    return "\n".join(lines)
