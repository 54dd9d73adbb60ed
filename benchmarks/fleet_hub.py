"""A hub for the benchmarks: a database of its own in a PostgreSQL of this machine, a shelf, projects, workers."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from speed_measure import Cost, measured
from speed_rows import RunError, clean_environment

ARCHIVE = Path(sys.executable).parent / "archive"
_NAME = "linkarchive_benchmark"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Hub:
    """`server` is the address of a database in which this user may create another one."""

    server: str
    folder: Path
    network: str
    """[network] of archive.toml."""

    @property
    def database(self) -> str:
        return re.sub(r"(//[^/]*/)[^?]*", rf"\g<1>{_NAME}", self.server, count=1)

    def make(self, ranges: int) -> None:
        """An empty hub, in the place of the last one."""
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {_NAME} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {_NAME} TEMPLATE template0 ENCODING 'UTF8'")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.project("elsewhere", [])
        self.run("elsewhere", "hub", "init", "--ranges", str(ranges))

    def project(self, name: str, urls: Sequence[str]) -> Path:
        """A project folder whose links.txt lists the URLs."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "links.txt").write_text("\n".join(urls) + "\n", encoding="utf-8")
        shelf = (self.folder / "shelf").resolve()
        (folder / "archive.toml").write_text(
            f'[hub]\ndatabase = "{self.database}"\nshelf = "{shelf}"\nproject = "{name}"\n\n'
            f'[network]\n{self.network}\n\n[browser]\nwhen = "never"\n\n[wayback]\nmode = "off"\n',
            encoding="utf-8",
        )
        return folder

    def run(self, name: str, *args: str, exits: Sequence[int] = (0, 1), **environ: str) -> Cost:
        """A command in the folder of a project. Raises RunError for an exit code that is not among `exits`."""
        folder = self.folder / name
        cost = measured([ARCHIVE, *args], folder, clean_environment() | environ)
        if cost.exit not in exits:
            raise RunError(
                f"{name}: {' '.join(args)}: exit code {cost.exit}: {(folder / 'err.txt').read_text()[-600:]}"
            )
        return cost

    def output(self, name: str) -> str:
        """What the last command in that folder printed."""
        return (self.folder / name / "out.txt").read_text(encoding="utf-8")

    def work(self, workers: int, *args: str) -> list[Cost]:
        """What each of so many workers cost until nothing is due."""
        names = [f"worker_{number}" for number in range(workers)]
        for name in names:
            self.project(name, [])
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(lambda name: self.run(name, "worker", "--once", *args, exits=(0,)), names))

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database) as connection:
            return connection.execute(statement).fetchall()  # type: ignore[call-overload]  # text of ours

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]  # text of ours

    def database_cpu(self) -> float:
        """CPU seconds of the server and of all its processes so far, those that have ended included."""
        with psycopg.connect(self.database) as connection:
            row = connection.execute("SELECT pg_backend_pid()").fetchone()
            assert row is not None
            postmaster = int(Path(f"/proc/{row[0]}/stat").read_text().rpartition(")")[2].split()[1])
        return cpu_of(postmaster)


def cpu_of(server: int) -> float:
    """CPU seconds of a process and of all its children so far, those that have ended included."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    return (sum(_times(server)) + sum(sum(_times(int(child))[:2]) for child in children)) / _TICKS


def _times(pid: int) -> list[int]:
    """Clock ticks: user, system, and those of children that have ended."""
    with suppress(OSError):
        return [int(field) for field in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]]
    return [0]
