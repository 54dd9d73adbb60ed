"""Ten thousand secrets of thirty shapes: the long form of test_secrets.py."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .lab import Lab
from .trial import Trial

_TESTS = Path(__file__).parents[1] / "test_secrets.py"
_SEEDS = {False: 5, True: 0}
"""Of two thousand secrets each."""


def trials(lab: Lab, part: str, short: bool, share: int, shares: int) -> Iterator[Trial]:
    for seed in range(share, _SEEDS[short], shares):
        test = f"{_TESTS}::test_two_thousand_secrets_are_kept[{seed}]"
        environ = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"} | {"ENDURE": "1"}
        command = [sys.executable, "-m", "pytest", "-q", test]
        done = subprocess.run(command, cwd=_TESTS.parents[2], env=environ, capture_output=True, text=True, check=False)
        wrong = [] if done.returncode == 0 and "1 passed" in done.stdout else [done.stdout[-600:]]
        yield Trial("secrets", "check and 20 others", f"seed {seed}", "", wrong, 2_000)
