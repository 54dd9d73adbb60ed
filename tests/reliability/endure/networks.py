"""Days in broken networks, and a clock that jumps: nothing of it is put down to the web."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from .lab import Lab, Ran
from .oracle import complaints
from .trial import Trial


def trials(lab: Lab, part: str, short: bool, share: int, shares: int) -> Iterator[Trial]:
    names = ("portal", "proxy", "clock")
    for name in names[:1] if short else names[share::shares]:
        root = lab.copy("lived")
        lab.weather()
        before = lab.run(root, "check", "--format", "json", now="2026-01-19")
        wrong = _clock(lab, root) if name == "clock" else broken(lab, root, name, 3 if short else 9)
        lab.weather()
        after = lab.run(root, "check", "--format", "json", now="2026-02-19")
        if _verdicts(before) != _verdicts(after):
            wrong.append(f"{_verdicts(after)}, and before {_verdicts(before)}")
        lab.remove(root)
        yield Trial("networks", "check", name, "", wrong, 1 if name == "clock" else 3 if short else 9)


def broken(lab: Lab, root: Path, name: str, days: int) -> list[str]:
    wrong = []
    lab.weather(network=name)
    for day in range(20, 20 + days):
        ran = lab.run(root, "check", "--format", "json", now=f"2026-01-{day}")
        wrong += complaints(ran, name)
        run = json.loads(ran.out)["run"]
        if (ran.code, run["network"]) != (3, name):
            wrong.append(f"day {day}: exit code {ran.code}, network {run['network']}")
    return wrong


def _clock(lab: Lab, root: Path) -> list[str]:
    """One run ten years ahead: the next run, in the present, visits everything, and says so."""
    ahead = lab.run(root, "check", "-q", now="2036-01-20")
    due = lab.run(root, "check", "--due", "--format", "json", now="2026-02-01")
    wrong = [*complaints(ahead, "ahead"), *complaints(due, "back")]
    report = json.loads(due.out)
    if not report["sources"]:
        wrong.append("nothing is visited after a run in the future")
    if not any("future" in notice for notice in report["notices"]):
        wrong.append(f"nothing is said of the clock: {report['notices']}")
    return wrong


def _verdicts(ran: Ran) -> dict[str, tuple[str, str, int]]:
    sources = json.loads(ran.out)["sources"]
    return {source["url"]: (source["verdict"], source["reason"], source["strikes"]) for source in sources}
