"""Where the processor's time of an `archive` command goes, by stage, in microseconds a link.

    python benchmarks/speed_stages.py 2000 check --no-progress      in a project folder with 2,000 links

A moment counts for the innermost stage that it is in. Only the process itself is looked into; the sum of its children
stands below. Printed on stderr when the command has ended.
"""

from __future__ import annotations

import atexit
import builtins
import functools
import importlib
import resource
import sys
from collections import Counter
from collections.abc import Callable
from time import process_time
from typing import Any

STAGES = {
    "links.txt and articles": ("check.articles:load_first", "check.articles:load"),
    "the plan": ("check.plan:plan", "history.stored_plan:keep_plan"),
    "what was known, and the requests": ("store.previous:load", "check.unchanged:request_for"),
    "the network": ("web.scheduler:_Run.turn",),
    "each answer: was it us, is it unchanged": ("check.crawl:Crawler.handle", "check.crawl:Crawler._collect"),
    "tasks to the judging process and back": (
        *("check.pool:JudgePool.submit", "check.pool:JudgePool._turn", "check.baselines:build_task"),
    ),
    "judged in this process": ("check.assess:assess",),
    "conclusions": ("check.conclude:conclude",),
    "WARC records": ("snapshot.writer:WarcWriter.write_visit",),
    "rows and commits": ("check.record:Recorder.record", "check.record:Recorder.commit"),
    "log of the run": ("snapshot.writer:WarcWriter.write_log",),
    "state.jsonl": ("store.state_file:write_state",),
    "report.json and index.html": ("history.report_files:write_report",),
}
"""Functions of linkarchive by stage, as module:name."""
_REST = "start, end and the rest"
_MODULES = "modules"


class Clock:
    """Processor seconds by stage."""

    def __init__(self) -> None:
        self.seconds = Counter[str]()
        self._stages = [_REST]
        self._since = process_time()

    def _turn(self) -> None:
        now = process_time()
        self.seconds[self._stages[-1]] += now - self._since
        self._since = now

    def timed(self, function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def in_stage(*args: Any, **named: Any) -> Any:
            self._turn()
            self._stages.append(stage)
            try:
                return function(*args, **named)
            finally:
                self._turn()
                self._stages.pop()

        return in_stage

    def tell(self, links: int) -> None:
        self._turn()
        for stage, seconds in self.seconds.most_common():
            print(f"{seconds * 1e6 / links:8.0f} {stage}", file=sys.stderr)
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"{sum(self.seconds.values()) * 1e6 / links:8.0f} in all", file=sys.stderr)
        print(f"{(children.ru_utime + children.ru_stime) * 1e6 / links:8.0f} in its children", file=sys.stderr)


def main() -> None:
    links, clock = int(sys.argv.pop(1)), Clock()
    builtins.__import__ = clock.timed(builtins.__import__, _MODULES)
    cli = importlib.import_module("linkarchive.cli")
    importlib.import_module("linkarchive.cli.checking")
    for stage, names in STAGES.items():
        for name in names:
            _replace(*name.split(":"), lambda function, stage=stage: clock.timed(function, stage))
    atexit.register(clock.tell, links)
    sys.argv[0] = "archive"
    cli.main()


def _replace(module: str, name: str, wrapper: Callable[[Any], Any]) -> None:
    """Put what the wrapper makes in a function's place, in its module or class and wherever it was imported to."""
    *outer, last = name.split(".")
    owner = functools.reduce(getattr, outer, importlib.import_module(f"linkarchive.{module}"))
    function = getattr(owner, last)
    replacement = wrapper(function)
    setattr(owner, last, replacement)
    for loaded in [loaded for path, loaded in sys.modules.items() if path.startswith("linkarchive.")]:
        for key in [key for key, value in vars(loaded).items() if value is function]:
            setattr(loaded, key, replacement)


if __name__ == "__main__":
    main()
