"""`python -m endure [PART…] [--short] [--share I/N] [--results FILE]`: run trials, print the table of them."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from . import shim
from .trial import Trial, table

_MODULES = {
    "kills": "files",
    "errors": "files",
    "mutations": "damage",
    "fuzz": "fuzz",
    "pairs": "pairs",
    "processes": "processes",
    "networks": "networks",
    "secrets": "secrets",
    "planted": "planted",
}
PARTS = tuple(_MODULES)[:-1]


def _trials(parts: Sequence[str], only: str, short: bool, share: int, shares: int) -> Iterator[Trial]:
    from .lab import lab

    with lab() as made:
        made.only = only
        for part in parts:
            module = importlib.import_module(f".{_MODULES[part]}", __package__)
            yield from module.trials(made, part, short, share, shares)


def main() -> int:
    parser = argparse.ArgumentParser(prog="endure", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (all of them), or planted")
    parser.add_argument("--short", action="store_true", help="a few of each")
    parser.add_argument("--only", default="", metavar="WORDS", help="kills and errors: of the commands named so")
    parser.add_argument("--share", default="0/1", metavar="I/N", help="this share of the trials, for several processes")
    parser.add_argument("--results", type=Path, help="add each trial to this file, as a line of JSON")
    parser.add_argument("--table", nargs="+", type=Path, help="only print the table of such files")
    options = parser.parse_args()
    if options.table:
        lines = [line for path in options.table for line in path.read_text().splitlines()]
        print(table([Trial(**json.loads(line)) for line in lines]))
        return 0
    share, shares = map(int, options.share.split("/"))
    done, start = [], time.monotonic()
    for trial in _trials(options.parts or PARTS, options.only, options.short, share, shares):
        done.append(trial)
        for problem in trial.problems:
            line = f"{trial.part}: {trial.command}: {trial.point} {trial.how}: {problem}"
            print(line, file=sys.stderr, flush=True)
        if options.results:
            with options.results.open("a") as file:
                file.write(json.dumps(asdict(trial)) + "\n")
    print(table(done))
    print(f"{time.monotonic() - start:.0f} s")
    return 1 if any(trial.problems for trial in done) else 0


if __name__ == "__main__":
    if shim.compiler() is None:
        sys.exit("endure needs Linux and a C compiler")
    if not shim.is_loaded():
        shim.load()
    sys.exit(main())
