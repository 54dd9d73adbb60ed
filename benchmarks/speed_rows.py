"""What takes part in the speed benchmark, and the limits' rows."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from speed_measure import Cost, measured
from speed_web import Web

HERE = Path(__file__).resolve().parent


class RunError(Exception):
    """A command of the benchmark ended in a way that its row does not expect."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a round takes place: the web that is served, and a folder that nobody used before."""

    web: Web
    latency: int
    """Milliseconds."""
    connections: int
    folder: Path
    programs: Path | None = None
    """The folder of the peers' programs."""
    notes: list[str] = field(default_factory=list)
    """What a row found to be wrong or worth saying."""

    def list_of(self, links: int) -> Path:
        """A file with the first `links` URLs, one a line."""
        path = self.folder / f"urls-{links}.txt"
        path.write_text("\n".join(self.web.urls[:links]) + "\n", encoding="utf-8")
        return path

    def run(self, name: str, command: Sequence[str | Path], exits: Sequence[int] = (0,), **environ: str) -> Cost:
        """Run a command in a folder of its own; raises RunError for an exit code that is not among `exits`."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        cost = measured(command, folder, clean_environment() | environ)
        if cost.exit not in exits:
            errors = (folder / "err.txt").read_text(encoding="utf-8", errors="replace")[-600:]
            raise RunError(f"{name}: exit code {cost.exit}: {errors}")
        return cost


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    title: str
    group: str
    run: Callable[[Stage, int], Cost]
    most: int = 10**9
    """Links that it is given at most: what is slow by nature is measured on fewer, and compared by the rate."""
    most_waiting: int = 10**9
    """The same with a latency."""
    once: bool = False
    """In the first round only."""
    scales: bool = True
    """Also measured with the further numbers of links."""

    def links(self, asked: int, latency: int) -> int:
        return min(asked, self.most, self.most_waiting if latency else self.most)


def clean_environment() -> dict[str, str]:
    """Without proxies (the web is on this machine) and settings of ours, and with compiled modules, as installed."""
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("ARCHIVE_") and not key.lower().endswith("_proxy") and key != "PYTHONDONTWRITEBYTECODE"
    }


def limits() -> list[Row]:
    return [
        Row("limit-download", "limit: bare pycurl loop, download", "check only", _limit("download")),
        Row("limit-ask", "limit: bare pycurl loop, conditional (304)", "re-check", _limit("ask")),
        Row("limit-store", "limit: bare pycurl loop, download and igzip WARC", "first archive", _limit("store")),
    ]


def _limit(what: str) -> Callable[[Stage, int], Cost]:
    def run(stage: Stage, links: int) -> Cost:
        validators = stage.folder / f"validators-{links}.json"
        command = [sys.executable, HERE / "speed_limits.py"]
        rest = [stage.list_of(links), "--connections", str(stage.connections), "--validators", validators]
        if what == "ask" and not validators.is_file():
            stage.run("validators", [*command, "validators", *rest])
        return stage.run(f"limit-{what}", [*command, what, *rest])

    return run
