"""What the stages of a run share, and what is gathered for one visit before it is judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from linkarchive.check.events import Listener
from linkarchive.check.plan import Cited, Plan
from linkarchive.clock import Clock
from linkarchive.history.reports import MAX_DIFFERENCES
from linkarchive.model import (
    Acceptance,
    Difference,
    Origin,
    Page,
    Result,
)
from linkarchive.project import Project
from linkarchive.settings import Settings, SiteSettings
from linkarchive.sites import rule_for
from linkarchive.snapshot.writer import WarcWriter
from linkarchive.store.background import Background, backgrounds
from linkarchive.store.captures import StoredCapture
from linkarchive.store.database import Store
from linkarchive.store.decisions import Decision
from linkarchive.store.outcomes import Standing
from linkarchive.store.run_writer import RunWriter
from linkarchive.store.runs import Run
from linkarchive.web.exchange import Visit

AT_ONCE = 500
"""Sources whose rows are read together."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the stages of one run share."""

    project: Project
    store: Store
    writer: WarcWriter
    run: Run
    settings: Settings
    clock: Clock
    ledger: RunWriter
    decisions: list[Decision]
    listener: Listener
    resumed: bool = False
    """An earlier process has begun the run."""
    files: dict[str, bool] = field(default_factory=dict)
    differences: dict[tuple[str, datetime], Difference] = field(default_factory=dict)
    """What was seen to have changed, by the URL of the source and the time of what it was compared with."""

    def settle(self) -> None:
        """What was written so far lasts when this returns: first records, then index lines, then rows."""
        self.writer.sync()
        self.store.commit()

    def has_file(self, name: str) -> bool:
        """A file of the archive is in this folder; asked of the disk once a run."""
        if name not in self.files:
            self.files[name] = (self.project.root / name).exists()
        return self.files[name]

    def show(self, outcome: Result, difference: Difference) -> None:
        """Keep for the report what changed, so that it need not be found again."""
        if len(self.differences) < MAX_DIFFERENCES and outcome.standard is not None:
            self.differences[outcome.url, outcome.standard] = difference

    def background(self, source: int) -> Background:
        """What is known of one source."""
        return backgrounds(self.store, [source], self.run.seq)[source]


@dataclass(frozen=True, slots=True)
class Seen:
    """A visit with all that was known before it."""

    plan: Plan
    visit: Visit
    page: Page
    before: Background
    against: tuple[tuple[Cited, StoredCapture | None, Acceptance | None], ...]

    @property
    def previous(self) -> Standing | None:
        return self.before.standing

    @property
    def kept(self) -> tuple[StoredCapture, ...]:
        return self.before.kept

    @property
    def live(self) -> tuple[StoredCapture, ...]:
        """The captures that are our own."""
        return tuple(one for one in self.kept if one.capture.origin is Origin.LIVE)


def rule_of(desk: Desk, plan: Plan) -> SiteSettings | None:
    return rule_for(plan.source.url, desk.settings.sites)
