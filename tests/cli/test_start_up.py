"""`archive --help` answers at once: it imports nothing heavy (docs/design.md §9)."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "bs4", "jinja2", "lxml", "msgspec", "pycurl", "requests", "rich", "sqlalchemy", "tldextract", "trafilatura",
    "warcio",
}  # fmt: skip
COMMANDS = (
    "check", "extract", "recover", "report", "show", "diff", "accept", "judge", "verify", "rebuild", "demo"
)  # fmt: skip

PROGRAM = """
import sys
from linkarchive.cli import run
code = run(sys.argv[1:])
print("imported:", *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("args", [("--help",), ("--version",), ("check", "--help"), ("show", "--help")])
def test_help_imports_nothing_heavy(args: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *args], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout
    imported = done.stderr.rpartition("imported:")[2].split()
    assert "click" in imported
    assert HEAVY & set(imported) == set()


def test_help_lists_every_command_and_every_exit_code() -> None:
    done = subprocess.run([sys.executable, "-m", "linkarchive", "--help"], capture_output=True, text=True)
    for command in COMMANDS:
        assert f"\n  {command} " in done.stdout
    for code in ("0", "1", "2", "3", "75", "130"):
        assert f"\n    {code} " in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    from click.testing import CliRunner

    from linkarchive.cli import archive

    result = CliRunner().invoke(archive, [name, "--help"])
    assert result.exit_code == 0
    assert "Usage: archive" in result.output
