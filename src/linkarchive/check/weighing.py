"""The judgement of one visit, as a function of what can be sent to another process.

All that it needs beside its task are the records of the archive that the task names.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from linkarchive.check.digests import by_digests
from linkarchive.errors import StorageError
from linkarchive.judge.site_rule import apply_site_rule
from linkarchive.model import (
    Capture,
    Case,
    CitationResult,
    Difference,
    Judgement,
    Location,
    Origin,
    Page,
    Reason,
    Result,
    Verdict,
)
from linkarchive.settings import SiteSettings
from linkarchive.text import is_text, media_type


@dataclass(frozen=True, slots=True)
class Compare:
    """One citation of the page, and what the page is compared with for it."""

    id: str
    url: str
    """With the fragment."""
    quotes: tuple[str, ...] = ()
    text: str = ""
    context: str = ""
    standard: Capture | None = None
    """The accepted page, else the baseline; None: there is none."""
    last: Capture | None = None
    """The capture that the last conclusion rests on, if it shows the page at the same status."""
    before: Result | CitationResult | None = None
    """The last conclusion: it stands where the standard's record is not here (a fresh Git clone)."""


@dataclass(frozen=True, slots=True)
class Task:
    """All that the judgement of one visit needs."""

    page: Page
    cases: tuple[Compare, ...]
    rule: SiteSettings | None
    """The project's rule for the site."""
    root: Path
    """The project's folder."""
    max_body: int
    """Bytes of a stored page that are read."""
    known_good: bool
    """The last capture is a good one, and young: an unchanged page needs no fingerprint then."""
    probe: Page | None = None
    """The answer to a made-up address on the host."""

    @property
    def size(self) -> int:
        """Bytes of the pages that it brings with it."""
        return len(self.page.body) + (len(self.probe.body) if self.probe else 0)

    @property
    def is_light(self) -> bool:
        """Only text, and not much of it, then and now: what takes a few milliseconds. A document may take minutes."""
        stored = [one.standard for one in self.cases if one.standard is not None]
        return (
            self.size <= _LIGHT
            and is_text(media_type(self.page.body, self.page.headers.get("content-type", "")))
            and all(
                (is_text(one.mime) or not one.mime) and (one.original or one.record).length <= _LIGHT for one in stored
            )
        )


_LIGHT = 512 * 1024


@dataclass(frozen=True, slots=True)
class Weighed:
    judgements: tuple[Judgement, ...]
    """One for each citation, as if this were the first run."""
    suspect: bool
    """The answer to a made-up address would tell more."""
    sha256: str
    """Of the body, hex."""
    fingerprint: str | None
    """None for a failed visit, and where it is not needed."""
    difference: Difference | None = None
    """Of a drifted page: what changed, for the worst of the citations; without labels."""


def weigh(task: Task) -> Weighed:
    """Judge a visit for each of its citations. Each page is read once; stored ones from the archive's files."""
    from linkarchive.judge.difference import difference
    from linkarchive.judge.parsed_page import ParsedPages
    from linkarchive.judge.verdict import fingerprint, is_suspect, judge

    parsed = ParsedPages()
    today = apply_site_rule(task.page, task.rule)
    pages: dict[Location, Page | None] = {}
    sha256 = parsed.read(today).sha256 if today is task.page else hashlib.sha256(task.page.body).hexdigest()
    substance: str | None = None
    judgements: list[Judgement] = []
    befores: list[Page | None] = []
    suspect = False
    answered = task.page.failure is None
    for one in task.cases:
        if answered and one.standard is not None and one.standard.record not in pages:
            stored = stored_page(task.root, one.standard, task.max_body)
            pages[one.standard.record] = None if stored is None else apply_site_rule(stored, task.rule)
        before = None if one.standard is None else pages.get(one.standard.record)
        case = Case(one.id, one.url, today, before, one.quotes, one.text, one.context, task.probe)
        judgement = judge(case, parsed=parsed)
        suspect = suspect or is_suspect(case, judgement, parsed=parsed)
        if answered and one.standard is not None and before is None:
            substance = substance or fingerprint(today, parsed=parsed)
            judgement = by_digests(judgement, (sha256, substance), one.standard, one.last, one.before)
        judgements.append(judgement)
        befores.append(before)
    worst = min(range(len(judgements)), key=lambda at: judgements[at].rank)
    verdict = judgements[worst]
    is_same = (verdict.verdict, verdict.reason) == (Verdict.OK, Reason.SAME)
    needed = answered and not (task.known_good and is_same)
    if needed and substance is None:
        substance = fingerprint(today, parsed=parsed)
    before, changed = befores[worst], None
    if verdict.verdict is Verdict.DRIFTED and before is not None:  # while both texts are at hand
        changed = difference(task.cases[worst].url, before, today, similarity=verdict.similarity, parsed=parsed)
    return Weighed(tuple(judgements), suspect, sha256, substance if needed else None, changed)


def stored_page(root: Path, capture: Capture, limit: int) -> Page | None:
    """The page of a capture; None when its record is not here, or cannot be read."""
    # Late: a first archive reads no records.
    from linkarchive.snapshot.reader import read_page
    from linkarchive.wayback.unwrap import unwrap_memento

    try:
        page = read_page(root, capture, limit=limit)
    except StorageError:
        return None
    return page if capture.origin is Origin.LIVE else unwrap_memento(page, limit)
