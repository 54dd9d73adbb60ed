"""All that the database knows of sources that are about to be judged, read for many together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from linkarchive.store import captures, outcomes
from linkarchive.store.captures import StoredCapture
from linkarchive.store.database import Store
from linkarchive.store.outcomes import Standing


@dataclass(frozen=True, slots=True)
class Background:
    """What was known of a source before a run."""

    kept: tuple[StoredCapture, ...] = ()
    """Its captures, oldest first."""
    standing: Standing | None = None
    baselines: Mapping[tuple[str, date | None], StoredCapture] = field(default_factory=dict)
    """By the article that cites it, and the day that article's author looked."""


def backgrounds(store: Store, sources: Collection[int], before_run: int) -> dict[int, Background]:
    """Of each of these sources, a few hundred at most."""
    kept = captures.of_sources(store, sources)
    standing = outcomes.standings(store, sources, before_run)
    based = captures.baselines_of_sources(store, kept)
    return {
        source: Background(
            tuple(kept.get(source, ())),
            standing.get(source),
            {(article, looked): one for article, looked, one in based.get(source, ())},
        )
        for source in sources
    }
