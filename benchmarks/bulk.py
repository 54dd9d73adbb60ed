"""The memory of a first archive and of re-checks of many links: of all processes of a run together, sampled to its end.

    python benchmarks/bulk.py DIR [--links 100000] [--archive PATH]

DIR gets the web and the project of `many_links.py`. Three runs follow each other: a first archive, a re-check that
makes the plan, and one that goes by it. Of pages in memory that processes share each has its part (PSS, Linux). Needs
nginx.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from many_links import A_DAY, PORT, write_project, write_web
from speed_web import Web, served

_EVERY = 0.5
"""Seconds between two looks at the processes."""


def processes_of(parent: int) -> list[int]:
    """A process and all that descend from it."""
    family, parents = [parent], {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended meanwhile
    for member in family:
        family += [pid for pid, above in parents.items() if above == member]
    return family


def memory_of(pid: int) -> int:
    """KB, of what it shares with others its part; 0 for a process that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def run(archive: str, folder: Path, day: int) -> None:
    """Check a folder on that day, and print what it cost."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment["ARCHIVE_NOW"] = f"{A_DAY[:-2]}{day:02}T03:00:00Z"
    process = subprocess.Popen(
        [archive, "check", "--no-progress"], cwd=folder, env=environment, stdout=subprocess.DEVNULL
    )
    peak, number = 0, 0
    while True:
        family = processes_of(process.pid)
        peak, number = max(peak, sum(map(memory_of, family)) // 1024), max(number, len(family))
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        time.sleep(_EVERY)
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu, largest = used.ru_utime + used.ru_stime, used.ru_maxrss // 1024
    print(
        f"day {day}: CPU s {cpu:7.1f}  peak MB of {number} processes {peak}, of the largest {largest}  "
        f"exit {process.returncode}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--links", type=int, default=100_000)
    parser.add_argument("--archive", default=str(Path(sys.executable).parent / "archive"))
    options = parser.parse_args()
    write_web(options.folder / "web", options.links)
    with served(Web(options.folder / "web", options.links, 100, PORT)):
        if not (options.folder / "project").exists():
            write_project(options.folder / "project", options.links)
            run(options.archive, options.folder / "project", 1)
        for day in (2, 3):
            run(options.archive, options.folder / "project", day)


if __name__ == "__main__":
    main()
