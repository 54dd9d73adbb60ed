"""What a run shows while it goes on: a bar on a terminal, elsewhere one line at the start and one at the end."""

from __future__ import annotations

import sys
import time
from collections import Counter
from types import TracebackType
from typing import TYPE_CHECKING

from linkarchive.check.events import AskingArchives, Event, LookingAgain, Notice, RunStarted, SourceConcluded
from linkarchive.cli.common import say
from linkarchive.report.sanitize import address, one_line

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class RunProgress:
    """A listener for the events of a run; use it as a context manager. `greeting` is said when the run begins."""

    def __init__(self, greeting: str = "", *, bar: bool, quiet: bool, verbose: bool) -> None:
        self._greeting = greeting
        self._wants_bar = bar and sys.stderr.isatty() and not quiet
        self._quiet = quiet
        self._verbose = verbose
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._counts: Counter[str] = Counter()
        self._started = time.monotonic()

    def __enter__(self) -> RunProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        elif not self._quiet and self._counts and error is None:
            total, seconds = sum(self._counts.values()), time.monotonic() - self._started
            say(f"checked {total} sources in {seconds:.1f} s")

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._start(event)
        elif isinstance(event, SourceConcluded):
            self._counts[event.verdict.value] += 1
            if self._bar is not None and self._task is not None:
                self._bar.update(self._task, advance=1, counts=self._summary())
            elif self._verbose:
                say(f"{event.verdict.value:<11} {address(event.url)}")
        elif isinstance(event, LookingAgain):
            if self._bar is not None and self._task is not None:
                self._bar.update(self._task, description="Looking again")
        elif isinstance(event, AskingArchives):
            if self._bar is not None and self._task is not None:
                self._bar.update(self._task, description="Asking archives")
        elif isinstance(event, Notice) and (event.important or self._verbose):
            say(one_line(event.text))

    def _start(self, event: RunStarted) -> None:
        if self._greeting:
            say(self._greeting)
        what = "going on with run" if event.resumed else "run"
        if self._wants_bar:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.fields[counts]}"),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task("Checking", total=event.total, counts="")
            self._bar.start()
        elif not self._quiet:
            say(f"{what} {event.run_id}: checking {event.total} sources")

    def _summary(self) -> str:
        return ", ".join(f"{count} {verdict}" for verdict, count in sorted(self._counts.items()))
