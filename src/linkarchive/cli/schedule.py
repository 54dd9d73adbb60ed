"""`archive schedule` and `archive completion`: text to paste into other programs' files."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from linkarchive.cli.common import project_options, settings_of
from linkarchive.errors import UsageError

_RECIPES = ("cron", "systemd", "github")


@click.command()
@click.argument("recipes", nargs=-1, type=click.Choice(_RECIPES), metavar="[cron] [systemd] [github]")
@project_options
def schedule(recipes: tuple[str, ...], project: Path, config: Path | None) -> int:
    """Print recipes that check this project folder every night: a crontab line, a systemd service and timer,
    a GitHub Actions workflow. Nothing is installed."""
    from linkarchive import git
    from linkarchive.schedule import Place, crontab, github, systemd

    settings = settings_of(project, config)
    folder = project.resolve()
    if not str(folder).isprintable():
        raise UsageError(f"{str(folder)!r}: a path with such characters cannot stand in a recipe; rename the folder")
    place = Place(_program(), folder, git.path_from_top(folder) or ".", settings.keep.folder)
    for recipe in recipes or _RECIPES:
        if recipe == "cron":
            _print("crontab -e", crontab(place))
        elif recipe == "systemd":
            for name, text in systemd(place).items():
                _print(f"~/.config/systemd/user/{name}", text)
            timer = next(name for name in systemd(place) if name.endswith(".timer"))
            click.echo(f"# then: systemctl --user enable --now {timer}\n")
        else:
            _print(".github/workflows/sources.yml", github(place))
    return 0


def _print(where: str, text: str) -> None:
    click.echo(f"# {where}\n{text}")


def _program() -> tuple[str, ...]:
    """How this program is called from anywhere: by its absolute path."""
    beside = Path(sys.executable).parent / "archive"
    program = str(beside) if beside.is_file() else shutil.which("linkarchive")
    return (program,) if program else (sys.executable, "-m", "linkarchive")


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the completion script of a SHELL; put it where that shell looks for its own.

    bash: ~/.local/share/bash-completion/completions/archive, zsh: _archive in a folder of $fpath,
    fish: ~/.config/fish/completions/archive.fish
    """
    from click.shell_completion import get_completion_class

    from linkarchive.cli import archive

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"there is no completion script for {shell}")
    script = kind(archive, {}, "archive", "_ARCHIVE_COMPLETE")
    # Not `source()`: for bash that asks the installed one for its version, and this may be another machine's script.
    click.echo(script.source_template % script.source_vars())
    return 0
