"""Two commands at once in a fresh clone, whose database both want to make; one of them is held up at some operation."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator

from .lab import Lab, decisions
from .oracle import AFTERWARDS, complaints
from .shim import PAUSE, Fault
from .trial import Trial
from .web import CHANGED, GONE, URLS

COUNT = {False: 500, True: 3}
_COMMANDS = (
    ("ignore", URLS[3]),
    ("ignore", GONE),
    ("check", "-q"),
    ("accept", CHANGED),
    ("report", "--format", "json"),
    ("status", "--all"),
    ("rebuild",),
    ("verify",),
    ("check", "other.md"),
    ("show", GONE),
)
_PAIRS = tuple(itertools.product(_COMMANDS, repeat=2))


def trials(lab: Lab, part: str, short: bool, share: int, shares: int) -> Iterator[Trial]:
    baselines = _baselines(lab)
    for number in range(share, COUNT[short], shares):
        dice = random.Random(number)
        first, second = _PAIRS[number % len(_PAIRS)]
        yield _trial(
            lab, first, second, dice.randint(1, 60), "clone" if number // len(_PAIRS) % 2 == 0 else "lived", baselines
        )


def _baselines(lab: Lab) -> dict[str, str]:
    report = lab.run(lab.templates["lived"], "report", "--format", "json", now=AFTERWARDS)
    return {source["url"]: source["baseline"]["time"] for source in json.loads(report.out)["sources"]}


def _trial(
    lab: Lab, first: tuple[str, ...], second: tuple[str, ...], at: int, template: str, baselines: dict[str, str]
) -> Trial:
    wrong = at_once(lab, first, second, at, template, baselines)
    return Trial("pairs", f"{first[0]} and {second[0]}", f"{at} of the first in {template}", "", wrong)


def at_once(
    lab: Lab, first: tuple[str, ...], second: tuple[str, ...], at: int, template: str, baselines: dict[str, str]
) -> list[str]:
    """What is wrong after the first was held up before its operation `at`, and the second ran meanwhile."""
    root = lab.copy(template)
    lab.weather(later=True)
    beside = root.with_name(root.name + "-beside")  # where the outputs of the other one go
    slow = lab.start(root, first, AFTERWARDS, Fault(at, PAUSE))
    quick = lab.start(root, second, AFTERWARDS, outputs=beside)
    ended = lab.finish(quick, beside)
    root.with_suffix(".log.go").touch()
    ran = (lab.finish(slow, root), ended)
    wrong = []
    for args, process in zip((first, second), ran, strict=True):
        wrong += complaints(process, " ".join(args))
        answered = process.code == 0 and args[0] in ("ignore", "accept")
        if answered and not any(args[1] in line and args[0] in line for line in decisions(root)):
            wrong.append(f"{args} answered {process.out.strip()!r}, and no decision is there: {decisions(root)}")
    before = decisions(lab.templates[template])
    if decisions(root)[: len(before)] != before:
        wrong.append("a decision is lost")
    check = lab.run(root, "check", "-q", now=AFTERWARDS)
    report = lab.run(root, "report", "--format", "json", now=AFTERWARDS)
    verify = lab.run(root, "verify", now=AFTERWARDS)
    wrong += [*complaints(check, "the next check"), *complaints(report, "report")]
    if report.code == 0:
        now = {source["url"]: (source["baseline"] or {}).get("time") for source in json.loads(report.out)["sources"]}
        wrong += [
            f"the baseline of {url} is {now.get(url)}, not {time}"
            for url, time in baselines.items()
            if now.get(url) != time
        ]
    if verify.code:
        wrong.append(f"verify: {(verify.out + verify.err)[-300:]}")
    lab.remove(root)
    lab.remove(beside)
    return wrong
