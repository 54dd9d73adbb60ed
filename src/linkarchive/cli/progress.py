"""What a run shows while it goes on: bars on a terminal, elsewhere one line at the start and one at the end."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from linkarchive.cli.common import say
from linkarchive.model import Verdict
from linkarchive.model.events import (
    ArchiveAnswered,
    AskingArchives,
    Event,
    LoadingParts,
    LookingAgain,
    Notice,
    PartsKept,
    RunStarted,
    SourceConcluded,
)
from linkarchive.report.lines import wrapped
from linkarchive.report.phrases import count
from linkarchive.report.sanitize import address, one_line
from linkarchive.settings import Settings
from linkarchive.urls import host_of
from linkarchive.wayback.archives import archives_of

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


def disclosure(settings: Settings) -> str:
    """What is sent to whom, said before the first run (docs/design.md §4)."""
    visits = f"This visits each source with a GET request as {settings.network.user_agent!r}"
    if settings.wayback.mode == "off":
        return f"{visits}; nothing is sent to anybody else."
    names = " and ".join(archive.host for archive in archives_of(settings.archives))
    return f"{visits}; {names} are asked for copies by address, except for private articles and addresses with secrets."


class TimeLeft:
    """How long a run will still take, from what was done so far: the slowest host decides, since hosts are asked side
    by side and each at its own pace."""

    def __init__(self, hosts: Mapping[str, int]) -> None:
        self._totals = hosts
        self._done: Counter[str] = Counter()

    def add(self, host: str) -> None:
        """A source on that host is done."""
        self._done[host] += 1

    def seconds(self, elapsed: float) -> float | None:
        """Seconds left after `elapsed` ones; None before anything is done."""
        done, total = self._done.total(), sum(self._totals.values())
        if not done:
            return None
        overall = elapsed * (total - done) / done
        # A host of which little was seen says little about its pace.
        slowest = max(
            (elapsed * (self._totals[host] - number) / number for host, number in self._done.items() if number >= 5),
            default=0.0,
        )
        return max(overall, slowest)


def spoken(seconds: float | None) -> str:
    """“about 2 min left”; nothing where nothing is left, or not known."""
    if seconds is None or seconds <= 0:
        return ""
    if seconds < 90:
        return f"about {max(5, round(seconds / 5) * 5)} s left"
    return f"about {round(seconds / 60)} min left" if seconds < 5400 else f"about {seconds / 3600:.1f} h left"


class RunProgress:
    """A listener for the events of a run; use it as a context manager. `greeting` is said when the run begins."""

    def __init__(self, greeting: str = "", *, bar: bool, quiet: bool, verbose: bool) -> None:
        self._greeting = greeting
        self._wants_bar = bar and sys.stderr.isatty() and not quiet
        self._quiet = quiet
        self._verbose = verbose
        self._bar: Progress | None = None
        self._live: TaskID | None = None
        self._archives: TaskID | None = None
        self._parts: TaskID | None = None
        self._answered = 0
        self._total = 0
        self._counts: Counter[Verdict] = Counter()
        self._left = TimeLeft({})
        self._started = time.monotonic()

    def __enter__(self) -> RunProgress:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._bar is not None:
            self._bar.stop()
        elif not self._quiet and self._counts and error is None:
            seconds = time.monotonic() - self._started
            visited = self._counts.total() - self._counts[Verdict.SKIPPED]
            skipped = f", {self._counts[Verdict.SKIPPED]:,} skipped" if self._counts[Verdict.SKIPPED] else ""
            say(f"checked {count(visited, 'source')} in {seconds:.1f} s{skipped}")

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._start(event)
            case SourceConcluded():
                self._conclude(event)
            case LookingAgain():
                self._describe(f"Looking again at {event.count}")
            case AskingArchives():
                self._ask_archives(event)
            case ArchiveAnswered():
                self._answer(event)
            case LoadingParts():
                self._load_parts(event)
            case PartsKept() if self._bar is not None and self._parts is not None:
                self._bar.update(self._parts, advance=1)
            case Notice() if event.important or self._verbose:
                self._say(one_line(event.text))

    def _start(self, event: RunStarted) -> None:
        if self._greeting:
            say(self._greeting)
        self._left = TimeLeft(event.hosts)
        self._total = event.total
        if self._wants_bar:
            self._show_bars(event)
        elif not self._quiet:
            own = f" ({event.own} of them pages of your own articles)" if event.own else ""
            skipped = f", {event.skipped} skipped" if event.skipped else ""
            verb = "continuing run" if event.resumed else "run"
            say(f"{verb} {event.run_id}: checking {count(event.total - event.skipped, 'source')}{own}{skipped}")

    def _say(self, text: str) -> None:
        """A line on stderr; above the bars, if there are any: written past them it would leave them on the screen."""
        if self._bar is None:
            say(text)
        else:
            console = self._bar.console
            console.print(wrapped(text, console.width), markup=False, emoji=False, highlight=False, soft_wrap=True)

    def _show_bars(self, event: RunStarted) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24 if console.width >= 80 else 8),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            transient=True,
        )
        self._live = self._bar.add_task("Checking", total=event.total, note="")
        self._bar.start()

    def _conclude(self, event: SourceConcluded) -> None:
        self._counts[event.verdict] += 1
        if self._bar is not None and self._live is not None:
            self._left.add(host_of(event.url))
            # More than were known when the run began: lost links that were found again.
            total = max(self._total, self._counts.total())
            left = spoken(self._left.seconds(time.monotonic() - self._started))
            findings = sum(number for verdict, number in self._counts.items() if verdict.is_finding)
            note = " · ".join(filter(None, (left, count(findings, "finding") if findings else "")))
            self._bar.update(self._live, completed=self._counts.total(), total=total, note=note)
        elif self._verbose:
            say(f"{event.verdict.value:<11} {address(event.url)}")

    def _describe(self, text: str) -> None:
        if self._bar is not None and self._live is not None:
            self._bar.update(self._live, description=text)

    def _ask_archives(self, event: AskingArchives) -> None:
        if self._bar is not None and self._archives is None and event.waiting:
            self._archives = self._bar.add_task("Asking web archives", total=event.waiting, note="")
        elif self._verbose and event.waiting:
            say(f"waiting for {count(event.waiting, 'answer')} of web archives")

    def _answer(self, event: ArchiveAnswered) -> None:
        self._answered += 1
        if self._bar is not None and self._archives is not None:
            total = self._answered + event.waiting
            self._bar.update(self._archives, completed=self._answered, total=total)

    def _load_parts(self, event: LoadingParts) -> None:
        if self._bar is not None:
            self._parts = self._bar.add_task("Keeping styles and pictures", total=event.pages, note="")
        elif self._verbose:
            say(f"keeping styles and pictures of {count(event.pages, 'page')}")
