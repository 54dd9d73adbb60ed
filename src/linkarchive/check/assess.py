"""The judgement of a fetched page, as a function of what can be sent to another process (`pool`).

All that it needs beside its task are the records of the archive that the task names.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import resource
import signal
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from linkarchive.errors import NotJudgedError
from linkarchive.model import (
    Capture,
    Case,
    CitationResult,
    Difference,
    Judgement,
    Location,
    Page,
    Reason,
    Result,
    Verdict,
)
from linkarchive.project import Files
from linkarchive.settings import NetworkSettings, SiteSettings
from linkarchive.text import is_text, media_type

if TYPE_CHECKING:
    from linkarchive.judge.parsed_page import ParsedPage

SECONDS = 90
"""Of the clock for one task, of which two PDFs may take 30 each."""
MEMORY = 4 * 1024 * 1024 * 1024
LENGTH = struct.Struct("<Q")
"""Before each task and answer in a pipe: its bytes."""
_NICE = 5
_LIGHT = 512 * 1024
_SAME = Judgement(Verdict.OK, Reason.SAME, 0.97, ("the page has the digest that it had",), 1.0)
_ONE_SCOPE = "compared as the server sent it: a browser saw only one of the two pages"
_NOT_HERE = "today's page is not the one last seen; the copy to compare it with is not in this folder"


class Comparison(Struct, frozen=True):
    """One citation of the page, and what the page is compared with for it."""

    id: str
    url: str
    """With the fragment."""
    quotes: tuple[str, ...] = ()
    text: str = ""
    context: str = ""
    reference: Capture | None = None
    """The accepted page, else the baseline; None: there is none."""
    last: Capture | None = None
    """The capture that the last conclusion rests on, if it shows the page at the same status."""
    before: Result | CitationResult | None = None
    """The last conclusion: it stands where the record of the reference is not here (a fresh Git clone)."""


class JudgeTask(Struct, frozen=True):
    """All that the judgement of one page needs."""

    page: Page
    comparisons: tuple[Comparison, ...]
    rule: SiteSettings | None
    """The project's rule for the site."""
    archive: Files
    """Where stored pages are read from."""
    network: NetworkSettings
    """It says how much of a stored page is read."""
    known_good: bool
    """The last capture is a good one, and young: an unchanged page needs no fingerprint then."""
    probe: Page | None = None
    """The answer to a made-up address on the host."""
    document: Page | None = None
    """What the server sent, where the page is what a browser showed."""

    @property
    def size(self) -> int:
        """Bytes of the pages that it brings with it."""
        return len(self.page.body) + sum(len(page.body) for page in (self.probe, self.document) if page)

    @property
    def is_light(self) -> bool:
        """Only text, and not much of it, then and now: what takes a few milliseconds. A document may take minutes."""
        stored = [comparison.reference for comparison in self.comparisons if comparison.reference is not None]
        return (
            self.size <= _LIGHT
            and is_text(media_type(self.page.body, self.page.headers.get("content-type", "")))
            and all(
                (is_text(capture.mime) or not capture.mime) and (capture.original or capture.record).length <= _LIGHT
                for capture in stored
            )
        )


class Assessment(Struct, frozen=True):
    """What the judge says of a fetched page."""

    judgements: tuple[Judgement, ...]
    """One for each citation, as if this were the first run."""
    suspect: bool
    """The answer to a made-up address would tell more."""
    sha256: str
    """The SHA-256 of the body, in hex."""
    fingerprint: str | None
    """Of the main text; None for a failed visit, and where it is not needed."""
    difference: Difference | None = None
    """Of a drifted page: what changed, for the worst of the citations; without labels."""
    title: str | None = None
    """Of the page, where it is one: never of an error page."""
    title_then: str | None = None
    """Of the page that it was compared with, for the worst of the citations."""


def assess(task: JudgeTask) -> Assessment:
    """Judge a page for each of its citations. Each page is read once; stored ones from the archive's files."""
    from linkarchive.judge.difference import difference
    from linkarchive.judge.parsed_page import ParsedPages
    from linkarchive.judge.site_rule import apply_site_rule
    from linkarchive.judge.verdict import as_far_as_read, fingerprint, is_suspect, judge

    parsed = ParsedPages()
    today = apply_site_rule(task.page, task.rule)
    stored = _StoredPages(task)
    sha256 = parsed.read(today).sha256 if today is task.page else hashlib.sha256(task.page.body).hexdigest()
    substance: str | None = None
    judgements: list[Judgement] = []
    sides: list[tuple[Page | None, Page]] = []
    suspect = False
    answered = task.page.failure is None
    for comparison in task.comparisons:
        after, reference, remark = _in_one_scope(task, comparison.reference)
        after = today if after is task.page else apply_site_rule(after, task.rule)
        before = stored.page(reference) if answered and reference is not None else None
        case = Case(
            comparison.id,
            comparison.url,
            after,
            before,
            comparison.quotes,
            comparison.text,
            comparison.context,
            task.probe,
        )
        judgement = judge(case, parsed=parsed)
        if remark and before is not None:
            judgement = replace(judgement, evidence=(*judgement.evidence, remark))
        suspect = suspect or is_suspect(case, judgement, parsed=parsed)
        if answered and comparison.reference is not None and reference is not None and before is None:
            substance = substance or fingerprint(today, parsed=parsed)
            judgement = judge_by_digest(
                judgement, (sha256, substance), comparison.reference, comparison.last, comparison.before
            )
            judgement = as_far_as_read(judgement, today)
        judgements.append(judgement)
        sides.append((before, after))
    worst = min(range(len(judgements)), key=lambda at: judgements[at].rank)
    verdict = judgements[worst]
    is_same = (verdict.verdict, verdict.reason) == (Verdict.OK, Reason.SAME)
    needed = answered and not (task.known_good and is_same)
    if needed and substance is None:
        substance = fingerprint(today, parsed=parsed)
    (before, after), changed = sides[worst], None
    if verdict.verdict is Verdict.DRIFTED and before is not None:  # while both texts are at hand
        url = task.comparisons[worst].url
        changed = difference(url, before, after, similarity=verdict.similarity, parsed=parsed)
    title = _title(parsed.read(today)) if answered and verdict.verdict.is_alive else None
    title_then = None if before is None else _title(parsed.read(before))
    return Assessment(tuple(judgements), suspect, sha256, substance if needed else None, changed, title, title_then)


class _StoredPages:
    """Stored pages that a task names, each read once."""

    def __init__(self, task: JudgeTask) -> None:
        self._task = task
        self._pages: dict[Location, Page | None] = {}

    def page(self, capture: Capture) -> Page | None:
        from linkarchive.judge.site_rule import apply_site_rule
        from linkarchive.wayback.unwrap import stored_page

        place = capture.dom or capture.record
        if place not in self._pages:
            stored = stored_page(self._task.archive, capture, self._task.network)
            self._pages[place] = None if stored is None else apply_site_rule(stored, self._task.rule)
        return self._pages[place]


def _in_one_scope(task: JudgeTask, reference: Capture | None) -> tuple[Page, Capture | None, str]:
    """Today's page and the copy to compare it with, both as a server sent them or both as a browser showed them.

    Where only one of the two was seen by a browser, what the servers sent is compared, and the third says so; an
    empty frame that scripts would fill is no page, however like that of then.
    """
    is_rendered = task.document is not None
    if reference is None or is_rendered == (reference.dom is not None):
        return task.page, reference, ""
    if task.document is not None:
        return (task.document if _is_page(task.document) else task.page), reference, _ONE_SCOPE
    if not _is_page(task.page):
        return task.page, None, ""
    return task.page, replace(reference, dom=None), _ONE_SCOPE


def _is_page(page: Page) -> bool:
    from linkarchive.judge.verdict import judge

    return judge(Case("", page.final_url, page)).verdict.is_alive


def _title(page: ParsedPage) -> str | None:
    """As it can be shown: without what steers a terminal or turns a line around."""
    return "".join(filter(str.isprintable, page.title)) or None if page.kind == "html" else None


# --- where a reference's bytes are not here: a fresh Git clone has its digests only (docs/design.md §6) -----------


def judge_by_digest(
    alone: Judgement,
    today: tuple[str, str | None],
    reference: Capture,
    last: Capture | None,
    before: Result | CitationResult | None,
) -> Judgement:
    """The judgement on a page that seems alive, from what the text files know of the page to compare it with.

    `alone` is the judgement without a comparison, `today` the page's SHA-256 and fingerprint, `before` what was
    concluded last time, `last` the capture it was concluded on. The reference itself is the same; what was seen last
    time is what it was; any other page leaves the last conclusion as it was, so that a clone makes no news of its own.
    """
    if not alone.verdict.is_alive:
        return alone
    if alone.verdict is Verdict.OK and today[0] == reference.sha256:
        return _SAME
    if before is not None and last is not None and _is_page_of(today, last):
        return _SAME if before.reason is Reason.FIRST_SEEN else _again(before, alone)
    if alone.verdict is Verdict.OK and _is_page_of(today, reference):
        return _SAME
    if before is None or not before.verdict.is_alive:
        return alone
    again = _again(before, alone)
    return again if _NOT_HERE in again.evidence else replace(again, evidence=(*again.evidence, _NOT_HERE))


def _again(before: Result | CitationResult, alone: Judgement) -> Judgement:
    return Judgement(
        before.verdict,
        before.reason,
        before.confidence,
        before.evidence,
        before.similarity,
        before.lost,
        before.also if isinstance(before, Result) else (),
        alone.suggested_url,
    )


def _is_page_of(today: tuple[str, str | None], capture: Capture) -> bool:
    sha256, fingerprint = today
    return sha256 == capture.sha256 or (fingerprint is not None and fingerprint == capture.fingerprint)


# --- in a process of its own (`pool`) --------------------------------------------------------------


Answer = Assessment | NotJudgedError


def judged(by: Callable[[JudgeTask], Assessment], task: JudgeTask) -> Answer:
    """The assessment of a task; where its pages make the judge raise, a NotJudgedError that says what it raised."""
    try:
        return by(task)
    except Exception as error:  # noqa: BLE001 - whatever a foreign page does to a parser
        return NotJudgedError(f"{type(error).__name__}: {error}")


def serve(by: Callable[[JudgeTask], Assessment] = assess, seconds: int = SECONDS) -> None:
    """Judge what comes on standard input until it ends. An alarm ends the process that is at one task for too long."""
    for number in (signal.SIGINT, signal.SIGTERM):  # for the parent to decide
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with suppress(OSError):
        os.nice(_NICE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tasks, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nobody else writes where the answers go
    _write(answers, b"")
    while head := tasks.read(LENGTH.size):
        task = pickle.loads(tasks.read(LENGTH.unpack(head)[0]))  # noqa: S301 - our parent wrote it
        signal.alarm(seconds)
        answer = judged(by, task)
        signal.alarm(0)
        _write(answers, pickle.dumps(answer if isinstance(answer, Assessment) else str(answer), protocol=5))


def _write(answers: IO[bytes], data: bytes) -> None:
    answers.write(LENGTH.pack(len(data)))
    answers.write(data)
    answers.flush()


if __name__ == "__main__":  # what is pickled must be named by this module, not by __main__
    from linkarchive.check.assess import serve as serve_here

    serve_here()
