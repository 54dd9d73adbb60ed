"""What other systems run: the GitHub Action's script, the hooks, the container's entry point, the man page."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from linkarchive.cli import archive

ROOT = Path(__file__).parent.parent
ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/notes"


def action(folder: Any, **environ: str) -> subprocess.CompletedProcess[str]:
    env = folder.env("2026-01-05", environ)
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    return subprocess.run(
        [sys.executable, ROOT / "packaging" / "action.py"],
        cwd=folder.root, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.long
def test_the_action_annotates_the_lines_that_cite_what_is_dead(folder: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("alpha")
    folder.article(ALPHA, BETA)
    summary, output = folder.root / "summary.md", folder.root / "output.txt"
    done = action(
        folder, ARTICLES="article.md", OPTIONS="--wayback off",
        GITHUB_STEP_SUMMARY=str(summary), GITHUB_OUTPUT=str(output),
    )  # fmt: skip
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("::")]
    assert line.startswith(f"::error file=article.md,line=7,title=archive::dead (http-404): {BETA}%0A")
    assert summary.read_text(encoding="utf-8").startswith("# One source is gone")
    assert Path(output.read_text(encoding="utf-8").strip().partition("=")[2]).exists()


def test_the_action_passes_on_what_is_wrong(folder: Any) -> None:
    done = action(folder, ARTICLES="no-such.md")
    assert done.returncode == 2
    assert "no-such.md" in done.stderr


@pytest.mark.parametrize(("text", "expected"), [("a: 50%\nb,c", "a: 50%25%0Ab,c"), ("plain", "plain")])
def test_workflow_commands_stay_one_line(text: str, expected: str) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'packaging')!r}); import action; print(action.escaped({text!r}))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).rstrip("\n") == expected


def test_hooks_and_the_container_call_commands_that_exist() -> None:
    entries = [hook["entry"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())]
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    entries.append("archive " + " ".join(yaml.safe_load(lines[-1].removeprefix("CMD "))))
    for entry in entries:
        program, name, *options = entry.split()
        assert program == "archive"
        command = archive.get_command(click.Context(archive), name)
        assert command is not None
        known = {flag for option in command.params for flag in option.opts}
        assert set(options) <= known
    copied = [word for line in lines if line.startswith("COPY p") for word in line.split()[1:-1]]
    assert all((ROOT / name).exists() for name in [*copied, "src"])


def test_the_action_names_scripts_that_exist() -> None:
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    (run,) = [step["run"] for step in steps if step.get("id") == "check"]
    assert (ROOT / run.partition("PATH/")[2].rstrip('"')).exists()


def test_the_man_page_has_every_command_with_its_options() -> None:
    page = subprocess.check_output([sys.executable, ROOT / "packaging" / "man_page.py"], text=True, encoding="utf-8")
    for name in archive.list_commands(click.Context(archive)):
        assert f".SS archive {name} " in page
    assert ".B \\-\\-domain\\-delay FLOAT" in page
    assert "75   another run holds the lock of the folder" in page


def test_the_site_has_every_page_of_the_docs() -> None:
    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    index = (ROOT / site["docs_dir"] / "index.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert {name for name in pages if f"({name})" in index} == pages


def test_the_formula_is_a_template_of_this_package() -> None:
    formula = (ROOT / "packaging" / "archive.rb").read_text()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"linkarchive-{version}.tar.gz" in formula
    assert "example.invalid" in formula, "the project's address is not known yet"
