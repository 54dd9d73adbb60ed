"""What a command costs: wall and CPU time, and the peak memory of all its processes."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SAMPLE = 0.02
"""Seconds between two looks at the memory."""
LIMIT = 1800.0
"""Seconds after which a command is killed."""
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds and megabytes (10⁶ bytes) of one command."""

    wall: float
    cpu: float
    """User and system time of the process and of its children."""
    peak: float
    """The largest sum of resident memory over the process tree; pages shared by two processes count twice."""
    exit: int


def measured(command: Sequence[str | Path], folder: Path, environ: Mapping[str, str] = os.environ) -> Cost:
    """Run a command with its output in files of `folder`, out.txt and err.txt; it is killed with its children."""
    os.sync()  # what the command before it wrote is not this one's to write
    with open(folder / "out.txt", "wb") as out, open(folder / "err.txt", "wb") as err:
        start = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        done = threading.Event()
        peak: list[int] = [0]
        sampler = threading.Thread(target=_sample, args=(process.pid, peak, done), daemon=True)
        killer = threading.Timer(LIMIT, _kill, [process.pid])
        sampler.start()
        killer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            killer.cancel()
            done.set()
            _kill(process.pid)
        sampler.join()
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak[0] / 1e6, process.returncode)


def _sample(root: int, peak: list[int], done: threading.Event) -> None:
    while not done.wait(SAMPLE):
        peak[0] = max(peak[0], sum(_resident(pid) for pid in _tree(root)))


def _tree(root: int) -> list[int]:
    processes = [root]
    for pid in processes:
        with suppress(OSError):
            for task in os.listdir(f"/proc/{pid}/task"):
                children = Path(f"/proc/{pid}/task/{task}/children").read_text(encoding="ascii")
                processes += [int(child) for child in children.split()]
    return processes


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _kill(group: int) -> None:
    with suppress(OSError):
        os.killpg(group, signal.SIGKILL)
