"""The public copy of a dead source: where it is, or why there is none to show."""

from __future__ import annotations

from dataclasses import replace

from linkarchive.check.plan import Plan
from linkarchive.model import Result, Verdict
from linkarchive.store import lookups
from linkarchive.store.database import Store
from linkarchive.wayback.answers import Answer, Found, NoCopy
from linkarchive.wayback.privacy import may_send

COPY = "copy"
"""The question of a public copy, as the store names it."""
MOVED = "moved"
"""The question where a captured redirect led."""


def is_private(plan: Plan) -> bool:
    """Nothing about this source is sent to third parties (docs/design.md §4)."""
    return any(cited.private for cited in plan.cited) or not may_send(plan.source.url, private=False)


def with_copy(store: Store, mode: str, plan: Plan, outcome: Result) -> Result:
    """The outcome of a dead source with its public copy, or in words why there is none; any other as it is."""
    if outcome.verdict is not Verdict.DEAD:
        return outcome
    copy = lookups.told(store, plan.source.id, COPY)
    moved = lookups.told(store, plan.source.id, MOVED)
    seen_by_author = outcome.baseline.url if outcome.baseline else None
    url = seen_by_author or (copy.url if copy else None)
    if url is not None:
        note = None
    elif mode == "off":
        note = "web archives were not asked (--wayback off)"
    elif is_private(plan):
        note = "web archives were not asked: the article or the address is private"
    else:
        note = copy.note if copy else "web archives have not been asked yet"
    suggested = outcome.suggested_url or (moved.url if moved else None)
    return replace(outcome, archived_url=url, archive_note=note, suggested_url=suggested)


def note_of(answer: Answer) -> str | None:
    """An answer in words, where it brought no copy."""
    if isinstance(answer, Found):
        return None
    if isinstance(answer, NoCopy):
        return "no web archive has a usable copy"
    return f"could not find out whether there is a copy: {answer.detail}"
