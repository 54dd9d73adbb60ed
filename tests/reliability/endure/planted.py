"""Five faults of the kinds that these trials are for, planted in the code of the commands they run.

`make endure` finds each, or its trials are worth nothing.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from linkarchive import files, project
from linkarchive.cli import checking
from linkarchive.history.channels import STDOUT
from linkarchive.store import decisions
from linkarchive.web import network

from .files import befall, operations_of
from .lab import Lab
from .networks import broken
from .oracle import COMMANDS, expected
from .pairs import at_once
from .shim import FAIL, KILL, POWER, Fault
from .trial import Trial
from .web import GONE, URLS


def rename_before_fsync() -> None:
    """The new file is in its place before its bytes are on disk: a power cut leaves it empty."""

    def write_atomically(path: Path, data: Any, *, opener: Any = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = files.temporary(path)
        file = open(new, "wb", opener=opener)  # noqa: SIM115 - closed too late: the fault
        file.writelines([data] if isinstance(data, bytes) else data)
        file.flush()
        new.replace(path)
        os.fsync(file.fileno())
        file.close()

    _everywhere("write_atomically", write_atomically)


def append_without_lock() -> None:
    """Two decisions at once: one of them is written over."""

    @contextmanager
    def free(self: Any) -> Iterator[None]:
        yield

    project.Project.decision_lock = free  # type: ignore[method-assign, assignment]  # the fault


def told_before_telling() -> None:
    """The run counts as told before anybody has read of it."""
    real = checking.print_report

    def print_report(report: Any, place: Any, printing: Any, channels: Any) -> None:
        channels.delivered(STDOUT, report)
        real(report, place, printing, channels)

    checking.print_report = print_report


def swallowed_enospc() -> None:
    """A decision that found no room is answered as made."""
    real = files.append_line

    def append_line(path: Path, line: bytes) -> None:
        with suppress(OSError):
            real(path, line)

    decisions.append_line = append_line  # type: ignore[attr-defined]  # the fault


def strike_while_offline() -> None:
    """Nothing is ever the fault of our own network."""
    network.Hosts.diagnosis = lambda self, canaries: None  # type: ignore[method-assign]  # the fault


_SEARCHES = 3
"""The operations of two runs differ, so the moment that shows a fault may be missed."""


def _everywhere(name: str, new: Any) -> None:
    """In every module that has taken the function by its name."""
    for module in [module for key, module in sys.modules.items() if key.startswith("linkarchive")]:
        if hasattr(module, name):
            setattr(module, name, new)


def trials(lab: Lab, part: str, short: bool, share: int, shares: int) -> Iterator[Trial]:
    """Each fault is planted and looked for; what was not found is a problem."""
    for number, (name, (plant, search)) in enumerate(_FAULTS.items()):
        if number % shares == share:
            lab.patch = plant
            faults = next(filter(None, (search(lab) for _ in range(_SEARCHES))), [])
            lab.patch = None
            yield Trial("planted", name, faults[0] if faults else "", "", [] if faults else ["it was not found"])


def _at(lab: Lab, name: str, operation: str, fault: Callable[[int], Fault], after: int = 0) -> list[str]:
    """What is found wrong when the last such operation of a command (or one after it) is befallen."""
    command = next(command for command in COMMANDS if command.name == name)
    plant, lab.patch = lab.patch, None
    wanted = expected(lab, command)
    lab.patch = plant
    operations = operations_of(lab, command)
    at = max(number for number, done in enumerate(operations, 1) if done == operation) + after
    for number in (at + by for by in (0, 1, -1, 2, -2, 3, -3, 4, -4)):  # two runs differ by a few operations
        lab.patch, lab.patch_only_first = plant, True
        _, wrong = befall(lab, command, fault(number), wanted)
        lab.patch_only_first = False
        if wrong:
            return wrong
    return []


def _lost_line(lab: Lab) -> list[str]:
    root = lab.copy("lived")
    ran = lab.run(root, "ignore", URLS[3], now="2026-01-26")
    lab.remove(root)
    writes = [number for number, done in enumerate(ran.operations, 1) if done == "write archive/decisions.jsonl"]
    for number in (writes[-1], writes[-1] + 1, writes[-1] - 1):
        wrong = at_once(lab, ("ignore", URLS[3]), ("ignore", GONE), number, "lived", {})
        if wrong:
            return wrong
    return []


_FAULTS: dict[str, tuple[Callable[[], None], Callable[[Lab], list[str]]]] = {
    "a rename before its fsync": (
        rename_before_fsync,
        lambda lab: _at(lab, "check", "rename archive/manifests/*.json", lambda at: Fault(at, POWER), 1),
    ),
    "an append without a lock": (append_without_lock, _lost_line),
    "told before telling": (
        told_before_telling,
        # While the report is drawn: the one that tells in time writes told.json after it.
        lambda lab: _at(lab, "check", "rename archive/told.json", lambda at: Fault(at, KILL), -15),
    ),
    "a swallowed ENOSPC": (
        swallowed_enospc,
        lambda lab: _at(lab, "ignore", "write archive/decisions.jsonl", lambda at: Fault(at, FAIL, errno.ENOSPC)),
    ),
    "a strike written while offline": (strike_while_offline, lambda lab: broken(lab, lab.copy("lived"), "portal", 3)),
}
