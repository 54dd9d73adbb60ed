"""`archive --help` answers at once, and a re-check of unchanged pages starts with what it needs (docs/design.md §9)."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from linkarchive.demo.wire import Response

HEAVY = {
    "bs4", "jinja2", "lxml", "pycurl", "requests", "rich", "sqlalchemy", "tldextract", "trafilatura",
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


FOR_NEWS = {
    "PIL", "apprise", "babel", "bs4", "docutils", "docx", "email.policy", "flask", "htmldate", "jinja2", "lxml",
    "multiprocessing", "playwright", "psycopg", "pypdf", "requests", "resiliparse", "rich", "tldextract", "trafilatura",
    "warcio", "waybackpy", "yaml",
    *(f"linkarchive.{name}" for name in (
        "article.document", "check.processes.child", "check.scopes.pictures", "fleet", "history.report_files",
        "judge.status", "judge.verdict", "report.html", "requisites", "serve", "snapshot.reader", "store.rebuild",
        "wayback.session",
    )),
}  # fmt: skip
"""What only a page that changed, a finding, a question to an archive or an accident needs."""
AT_ITS_END = """
import atexit, dataclasses, sys

def tell():
    print("imported:", *sys.modules, file=sys.stderr)
    ours = [module for name, module in sys.modules.items() if name.startswith("linkarchive.")]
    made = {kind.__qualname__ for module in ours for kind in vars(module).values() if isinstance(kind, type)
            and kind.__module__ == module.__name__ and dataclasses.is_dataclass(kind)}
    print("dataclasses:", *made, file=sys.stderr)

atexit.register(tell)
"""


@pytest.mark.parametrize("args", [("--help",), ("--version",), ("check", "--help"), ("show", "--help")])
def test_help_imports_nothing_heavy(args: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *args], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout
    imported = done.stderr.rpartition("imported:")[2].split()
    assert "click" in imported
    assert HEAVY & set(imported) == set()


def test_a_recheck_of_unchanged_pages_imports_nothing_that_news_need(folder: Any, stage: Any) -> None:
    url = "https://alpha.example/story"
    page = stage.html("a story", etag='"1"')
    stage[url] = lambda request: Response(b"", 304) if "if-none-match" in request.headers else page
    folder.article(url)
    assert folder.run("check", "article.md").code == 0
    again = folder.run_after(AT_ITS_END, "check", "--no-progress", now="2026-01-06")
    assert again.code == 0
    imported, _, made = again.err.partition("imported:")[2].partition("dataclasses:")
    assert "sqlalchemy" in imported.split()
    assert FOR_NEWS & set(imported.split()) == set()
    assert made.split() == []  # each takes half a millisecond to make, a struct a twentieth of that


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
