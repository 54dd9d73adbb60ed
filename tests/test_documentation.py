"""Every example in the README and the docs is run: commands, Python, settings, links.txt."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from linkarchive.demo import originals
from linkarchive.demo.server import DemoWeb
from linkarchive.demo.story import archives
from linkarchive.demo.wire import Epoch
from linkarchive.links.parse import parse

ROOT = Path(__file__).parent.parent
PAGES = (
    "README.md",
    "docs/articles.md",
    "docs/links.md",
    "docs/report.md",
    "docs/automation.md",
    "docs/archives.md",
    "docs/serve.md",
    "docs/verdicts.md",
    "docs/fix.md",
    "docs/search.md",
    "docs/custody.md",
    "docs/look.md",
    "docs/import.md",
    "docs/performance.md",
    "docs/api.md",
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def blocks(kind: str) -> list[tuple[str, str]]:
    return [
        (page, found[2])
        for page in PAGES
        for found in _FENCE.finditer((ROOT / page).read_text(encoding="utf-8"))
        if found[1] == kind
    ]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str], DemoWeb]]:
    folder = tmp_path_factory.mktemp("project")
    (folder / "article.md").write_text(originals.article("harbour-bridge.md"), encoding="utf-8")
    (folder / "essays").mkdir()
    (folder / "essays" / "ferry.html").write_text(originals.article("ferry-question.html"), encoding="utf-8")
    (folder / "saved-original.html").write_text(
        '<p>See the <a href="https://tide-tables.example/brennock/ferry.txt">ferry timetable</a>.</p>',
        encoding="utf-8",
    )
    with DemoWeb(extra=archives()) as web:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        quick = {"ARCHIVE_WAYBACK_REPLAY_PER_MINUTE": "0", "ARCHIVE_WAYBACK_INDEX_PER_MINUTE": "0"}
        environ = {**os.environ, **web.environ(), **quick, "PATH": path}
        first = subprocess.run(
            ["archive", "check", "article.md"], cwd=folder, env=environ, capture_output=True, check=False
        )
        assert first.returncode in (0, 1), first.stderr
        web.epoch = Epoch.YEAR_LATER
        yield folder, environ, web


@pytest.mark.long
def test_commands_run_in_the_order_of_the_page(project: tuple[Path, dict[str, str], DemoWeb]) -> None:
    folder, environ, _ = project
    commands = [
        line.removeprefix("$ ") for _, text in blocks("console") for line in text.splitlines() if line.startswith("$ ")
    ]
    assert len(commands) > 10
    for command in commands:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=folder, env=environ, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode in (0, 1), f"{command}\n{done.stdout}\n{done.stderr}"
        assert done.stdout or done.stderr, command
        assert "Traceback" not in done.stderr, command


@pytest.mark.long
def test_the_cron_line_calls_what_exists(project: tuple[Path, dict[str, str], DemoWeb]) -> None:
    folder, environ, _ = project
    (line,) = [line for page, text in blocks("") for line in text.splitlines() if line.startswith("17 6 ")]
    command = line.partition("&& ")[2]
    first = subprocess.run(command.split(), cwd=folder, env=environ, capture_output=True, text=True, check=False)
    again = subprocess.run(command.split(), cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert first.returncode in (0, 1), first.stderr
    assert (again.stdout, again.stderr) == ("", ""), "nothing changed since the first call"


@pytest.mark.long
def test_serve_serves(project: tuple[Path, dict[str, str], DemoWeb]) -> None:
    folder, environ, _ = project
    ((_, command),) = [block for block in blocks("sh") if block[0] == "docs/serve.md"]
    with subprocess.Popen(
        command.split(), cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as serving:
        assert serving.stdout is not None
        line = next(line for line in serving.stdout if "http://127.0.0.1:" in line)
        serving.terminate()
        serving.stdout.read()
    assert line


def test_the_example_of_a_rule_has_the_form_of_the_rules() -> None:
    (text,) = [text for page, text in blocks("") if page == "docs/verdicts.md" and "[[rule]]" in text]
    known = tomllib.loads((ROOT / "src/linkarchive/judge/rules.toml").read_text(encoding="utf-8"))["rule"]
    kinds = {rule["kind"]: rule.keys() for rule in known}
    for rule in tomllib.loads(text)["rule"]:
        assert rule["kind"] in kinds
        assert rule.keys() <= set().union(*kinds.values())


def test_make_has_the_two_commands() -> None:
    (text,) = [text for page, text in blocks("") if page == "README.md" and text.startswith("make")]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in text.split("\n")[:2]:
        assert re.search(rf"^{command.removeprefix('make ')}:", makefile, re.M), command


def test_settings_are_settings(tmp_path: Path) -> None:
    from linkarchive.settings import load_settings

    found = blocks("toml")
    assert found
    for _, text in found:
        (tmp_path / "archive.toml").write_text(text, encoding="utf-8")
        settings = load_settings(tmp_path, environ={})
        for section, values in tomllib.loads(text).items():
            if isinstance(values, dict):
                assert {key: getattr(getattr(settings, section), key) for key in values} == values
            else:
                assert len(getattr(settings, section)) == len(values)


def test_links_examples_are_well_formed() -> None:
    found = [parse(text) for page, text in blocks("") if page == "docs/links.md"]
    assert len(found) == 2
    assert [file.malformed for file in found] == [(), ()]
    assert found[1].sections[-1].entries[0].quote == "no equal conditions, no union"


@pytest.mark.long
def test_python_examples_run(project: tuple[Path, dict[str, str], DemoWeb]) -> None:
    folder, environ, _ = project
    for command in (["check", "--fail-on", "none"], ["report", "-o", "report.json", "-q"]):
        subprocess.run(["archive", *command], cwd=folder, env=environ, capture_output=True, check=True)
    for page, text in blocks("python"):
        done = subprocess.run(
            [sys.executable, "-c", text], cwd=folder, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{page}\n{done.stderr}"
        assert "https://" in done.stdout
