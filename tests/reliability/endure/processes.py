"""Runs whose visits two processes make: each of the three is killed at its file operations, and by the clock."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

from . import shim
from .lab import Lab, Ran
from .oracle import Command, Expected, expected, problems
from .shim import KILL, NO_FAULT, POWER, Fault
from .trial import Trial

_EVERY = {0: 7, 1: 2, 2: 2}
"""Of so many operations of each process, one."""
_MOMENTS = 50
"""Kills by the clock, of each command."""
_SLOWEST = 0.6
"""Seconds within which they are: as long as such a run takes."""


def _in_two_processes() -> None:
    os.environ["ARCHIVE_NETWORK_PROCESSES"] = "2"


_COMMANDS = (
    Command("first check by two", "new", ("check", "article.md", "other.md"), setting=_in_two_processes),
    Command("check by two", "lived", ("check", "-q"), setting=_in_two_processes),
)
WRITER = 0
"""The process that writes the database; the others are 1 and 2."""


def trials(lab: Lab, part: str, short: bool, share: int, shares: int) -> Iterator[Trial]:
    """Kills of each process at operations of its own, evenly spread, then at random moments; this share of them. The
    short form: one of each, of one command."""
    dice, turn = random.Random(part), 0
    for command in _COMMANDS[1:] if short else _COMMANDS:
        if lab.only not in command.name:
            continue
        wanted = expected(lab, command)
        for process, every in _EVERY.items():
            operations = len(_operations(lab, command, process))
            for at in (operations // 2,) if short else range(1, operations + 1, every):
                turn += 1
                if turn % shares == share:
                    fault = Fault(at, POWER if process == WRITER and turn % 2 else KILL)
                    operation, wrong = _befall(lab, command, process, fault, wanted)
                    if operation:
                        name = "the writer" if process == WRITER else f"visitor {process}"
                        yield Trial(part, f"{command.name}: {name}", f"{at} {operation}", "", wrong)
        for moment in range(1 if short else _MOMENTS):
            after, victim = dice.uniform(0.0, _SLOWEST), dice.choice((WRITER, 1, 2))
            if moment % shares == share:
                wrong = _kill_after(lab, command, victim, after, wanted)
                yield Trial(part, f"{command.name}: by the clock", f"{after:.3f} s", str(victim), wrong)


def _operations(lab: Lab, command: Command, process: int) -> list[str]:
    root = lab.copy(command.template)
    lab.weather(later=True)
    lab.setting = _begun_in(process, root, NO_FAULT)
    ran = lab.run(root, *command.args, now=command.now)
    operations = ran.operations if process == WRITER else shim.operations(_log(root))
    _remove(lab, root)
    return operations


def _befall(lab: Lab, command: Command, process: int, fault: Fault, wanted: Expected) -> tuple[str, list[str]]:
    """The operation that was befallen ("" when there is none of that number), and what is wrong afterwards."""
    root = lab.copy(command.template)
    lab.weather(later=True)
    lab.setting = _begun_in(process, root, fault)
    ran = lab.run(root, *command.args, now=command.now, fault=fault if process == WRITER else NO_FAULT)
    operations = ran.operations if process == WRITER else shim.operations(_log(root))
    reached = len(operations) >= fault.at
    wrong = list(_wrong(lab, command, root, ran, wanted)) if reached else []
    if reached and process != WRITER and "ended before its time" not in ran.err:
        wrong.append("nobody was told of the process that ended")
    _remove(lab, root)
    return operations[fault.at - 1] if reached else "", wrong


def _kill_after(lab: Lab, command: Command, victim: int, seconds: float, wanted: Expected) -> list[str]:
    root = lab.copy(command.template)
    lab.weather(later=True)
    lab.setting = command.setting
    writer = lab.start(root, command.args, command.now)
    time.sleep(seconds)
    visitors = _children(writer)
    process = writer if victim == WRITER else visitors[victim - 1] if len(visitors) >= victim else None
    if process is not None:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    wrong = list(_wrong(lab, command, root, lab.finish(writer, root), wanted))
    _remove(lab, root)
    return wrong


def _wrong(lab: Lab, command: Command, root: Path, ran: Ran, wanted: Expected) -> Iterator[str]:
    lab.setting = command.setting
    yield from problems(lab, command, root, ran, ran.code == -9, wanted)
    with closing(sqlite3.connect(root / "archive" / "archive.sqlite")) as database:
        captures = Counter(database.execute("SELECT source, run FROM captures WHERE run IS NOT NULL").fetchall())
    if twice := [capture for capture, number in captures.items() if number > 1]:
        yield f"kept twice by one run: {twice}"


def _begun_in(process: int, root: Path, fault: Fault) -> Callable[[], None]:
    """What sets up a command by two processes whose first or second visitor is watched, and befallen."""

    def set_up() -> None:
        _in_two_processes()
        forked = 0

        def in_parent() -> None:
            nonlocal forked
            forked += 1

        def in_child() -> None:
            if forked + 1 == process:
                shim.begin(root, _log(root), fault)

        if process != WRITER:
            os.register_at_fork(after_in_parent=in_parent, after_in_child=in_child)

    return set_up


def _log(root: Path) -> Path:
    return root.with_suffix(".visitor")


def _remove(lab: Lab, root: Path) -> None:
    _log(root).unlink(missing_ok=True)
    lab.remove(root)


def _children(process: int) -> list[int]:
    try:
        return sorted(map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split()))
    except (OSError, ValueError):
        return []
