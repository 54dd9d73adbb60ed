"""One trial and its outcome, and the table of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trial:
    part: str
    command: str
    point: str
    """Where: the file operation, the damage, the seed."""
    how: str
    problems: list[str]
    count: int = 1
    """Of what was tried at once: answers."""


def table(trials: Sequence[Trial]) -> str:
    """By part and command: how many, at how many distinct points, of which operations, and what failed."""
    groups: dict[tuple[str, str], list[Trial]] = {}
    for trial in trials:
        groups.setdefault((trial.part, trial.command), []).append(trial)
    lines = [
        "| part | command | trials | distinct points | operations | failed |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    totals: Counter[str] = Counter()
    for (part, command), some in groups.items():
        points = {(trial.point, trial.how) for trial in some}
        kinds = Counter(
            trial.point.split(" ")[1] for trial in some if trial.point[:1].isdecimal() and " " in trial.point
        )
        operations = ", ".join(f"{kind} {number}" for kind, number in kinds.most_common())
        failed = sum(bool(trial.problems) for trial in some)
        count = sum(trial.count for trial in some)
        lines.append(f"| {part} | {command} | {count:,} | {len(points):,} | {operations} | {failed} |")
        totals[part] += count
    lines += ["", ", ".join(f"{part} {count:,}" for part, count in totals.items())]
    return "\n".join(lines)
