"""The short form of `make endure`: a few kills, refused operations, damaged files, hostile answers, pairs, networks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from endure import shim


@pytest.mark.long
@pytest.mark.skipif(shim.compiler() is None, reason="needs Linux and a C compiler")
def test_it_holds() -> None:
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-m", "endure", "--short"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "power cuts" in done.stdout
