"""`archive schedule` and `archive completion`: what is printed is read by the programs it is meant for."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

ALPHA = "http://alpha.example/report"


@pytest.fixture
def awkward(folder: Any, stage: Any, tmp_path: Path) -> Any:
    """A checked folder whose path has what shells, crontabs, units and YAML treat in ways of their own."""
    root = tmp_path / "my 'site' 100% $HOME \"x\""
    root.mkdir()
    renamed = replace(folder, root=root, processes=[])
    stage[ALPHA] = stage.html("alpha")
    renamed.article(ALPHA)
    assert renamed.run("check", "article.md").code == 0
    return renamed


def recipes(ran: Any) -> dict[str, str]:
    """By the file that each is for."""
    assert ran.code == 0, ran.err
    parts = re.split(r"^# (crontab -e|~?\S+\.(?:service|timer|yml))\n", ran.out, flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def run_as_cron_does(line: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The command of a crontab line as cron runs it: `\\%` is %, a bare % would end it, sh, nearly no environment."""
    command = line.split(None, 5)[5]
    assert not re.search(r"(?<!\\)%", command)
    command = command.replace("\\%", "%")
    minimal = {**env, "PATH": "/usr/bin:/bin"}
    return subprocess.run(["/bin/sh", "-c", command], cwd="/", env=minimal, capture_output=True, text=True, check=False)


def test_the_crontab_line_runs_from_anywhere_and_is_silent_without_news(awkward: Any) -> None:
    line = recipes(awkward.run("schedule", "cron"))["crontab -e"].strip()
    assert "\n" not in line
    minute, hour, *days = line.split()[:5]
    assert days == ["*", "*", "*"]
    assert 0 <= int(minute) < 60
    assert 0 <= int(hour) < 24
    done = run_as_cron_does(line, awkward.env("2026-01-12", {}))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert b"2026-01-05" in awkward.state()  # it was this folder's state that stood


@pytest.mark.long
def test_the_crontab_line_tells_a_death(awkward: Any, stage: Any) -> None:
    stage[ALPHA] = stage.html("gone", status=410)
    line = recipes(awkward.run("schedule", "cron"))["crontab -e"].strip()
    done = run_as_cron_does(line, awkward.env("2026-01-12", {}))
    assert done.returncode == 1
    assert ALPHA in done.stdout
    assert done.stderr == ""


def test_folders_do_not_all_begin_in_the_same_minute(folder: Any, tmp_path: Path) -> None:
    times = set()
    for number in range(12):
        place = replace(folder, root=tmp_path / f"site {number}", processes=[])
        place.root.mkdir()
        times.add(tuple(place.run("schedule", "cron").out.split("\n")[1].split()[:2]))
    assert len(times) > 6


def test_the_units_are_what_systemd_reads(awkward: Any, tmp_path: Path) -> None:
    recipe = recipes(awkward.run("schedule", "systemd"))
    files = {}
    for name, text in recipe.items():
        path = tmp_path / Path(name).name
        path.write_text("".join(line for line in text.splitlines(True) if not line.startswith("# then")))
        parser = configparser.ConfigParser(interpolation=None, strict=True)
        parser.optionxform = str  # type: ignore[assignment,method-assign]  # as configparser documents it
        parser.read_string(path.read_text())
        files[path.suffix] = (path, parser)
    service, timer = files[".service"][1], files[".timer"][1]
    assert service["Service"]["WorkingDirectory"].replace("%%", "%") == str(awkward.root)
    words = shlex.split(service["Service"]["ExecStart"].replace("%%", "%").replace("$$", "$"))
    assert Path(words[0]).is_absolute()
    assert words[words.index("check") :][:2] == ["check", "-q"]
    assert re.fullmatch(r"\*-\*-\* \d\d:\d\d:00", timer["Timer"]["OnCalendar"])
    assert timer["Timer"]["RandomizedDelaySec"]
    assert timer["Timer"]["Persistent"] == "true"
    if shutil.which("systemd-analyze"):
        env = {**os.environ, "SYSTEMD_LOG_TARGET": "console", "XDG_RUNTIME_DIR": str(tmp_path)}
        done = subprocess.run(
            ["systemd-analyze", "verify", "--user", "--man=no", *(str(path) for path, _ in files.values())],
            env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def git(root: Path, *args: str) -> str:
    who = ["-c", "user.name=author", "-c", "user.email=author@example.org"]
    return subprocess.run(["git", *who, "-C", root, *args], check=True, capture_output=True, text=True).stdout


def workflow(place: Any) -> dict[str, Any]:
    (text,) = recipes(place.run("schedule", "github")).values()
    recipe: dict[str, Any] = yaml.safe_load(text)
    return recipe


@pytest.mark.long
def test_the_workflow_checks_and_keeps_the_state_in_the_repository(awkward: Any, stage: Any, tmp_path: Path) -> None:
    """Its own steps are run, in a clone as GitHub makes it."""
    origin, top = tmp_path / "origin.git", awkward.root.parent
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", origin], check=True)
    git(top, "init", "--quiet", "--initial-branch=main")
    git(top, "add", str(awkward.root))
    git(top, "commit", "--quiet", "-m", "published")
    git(top, "push", "--quiet", str(origin), "HEAD:main")

    plan = workflow(awkward)
    assert plan[True]["schedule"][0]["cron"].split()[2:] == ["*", "*", "*"]  # YAML 1.1 reads the key `on` as true
    assert plan["permissions"] == {"contents": "write"}
    (job,) = plan["jobs"].values()
    below = job["defaults"]["run"]["working-directory"]
    checking, keeping = (step for step in job["steps"] if "name" in step)
    assert keeping["if"] == "${{ !cancelled() }}"

    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", origin, clone], check=True)
    stage[ALPHA] = stage.html("gone", status=410)
    summary = tmp_path / "summary.md"
    env = awkward.env("2026-01-12", {"GITHUB_STEP_SUMMARY": str(summary)})
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"

    def step(command: dict[str, Any]) -> int:
        shell = ["bash", "-e", "-o", "pipefail", "-c", command["run"]]
        return subprocess.run(shell, cwd=clone / below, env=env, capture_output=True, check=False).returncode

    assert step(checking) == 1
    assert ALPHA in summary.read_text(encoding="utf-8")
    assert step(keeping) == 0
    assert '"verdict":"dead"' in git(origin, "show", f"main:{below}/archive/state.jsonl")
    names = git(origin, "ls-tree", "-r", "-z", "--name-only", "main")
    assert "sqlite" not in names
    assert "warc.gz\0" not in names
    before = git(origin, "rev-parse", "main")
    assert step(checking) == 0  # the same death is no news: the manifest says so, and what was told
    assert step(keeping) == 0
    changed = git(origin, "diff", "-z", "--name-only", before.strip(), "main").split("\0")[:-1]
    assert all("/manifests/" in name or name.endswith("/told.json") for name in changed), changed


def test_all_recipes_come_at_once(folder: Any) -> None:
    recipe = recipes(folder.run("schedule"))
    assert len(recipe) == 4
    assert yaml.safe_load(recipe[".github/workflows/sources.yml"])["jobs"]


def test_a_path_that_is_no_line_is_refused(folder: Any, tmp_path: Path) -> None:
    place = replace(folder, root=tmp_path / "a\n* * * * * rm -rf x", processes=[])
    place.root.mkdir()
    ran = place.run("schedule")
    assert (ran.code, ran.out) == (2, "")


# --- completion -----------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_for_each_shell(folder: Any, shell: str) -> None:
    ran = folder.run("completion", shell)
    assert ran.code == 0
    assert f"_ARCHIVE_COMPLETE={shell}_complete" in ran.out
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=ran.out, text=True, check=True)


@pytest.mark.parametrize(("typed", "completed"), [("archive che", "check"), ("archive check --ch", "--changed-since")])
def test_bash_completes(folder: Any, typed: str, completed: str) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash here")
    words = typed.split()
    program = (
        'eval "$(archive completion bash)"; '
        f"COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; _archive_completion archive; "
        'echo "${COMPREPLY[@]}"'
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run([bash, "-c", program], env={"PATH": path}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [completed]
