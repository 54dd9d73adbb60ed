"""`archive demo`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from linkarchive.cli.common import color_option, say, wants_color, width


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default="archive-demo")
@color_option
def demo(folder: Path, color: str) -> int:
    """Run the main job on an embedded web: first the day of publication, then "a year later".

    Leaves the project FOLDER (archive-demo) with a report to look at.
    """
    from linkarchive.demo.story import run_demo
    from linkarchive.report.terminal import render_terminal

    report = run_demo(folder, say=say)
    color_, screen = wants_color(color), sys.stdout.isatty()
    click.echo(render_terminal(report, width=width(), color=color_, shorten=screen), nl=False, color=color_)
    click.echo()
    click.echo(f"The report to look at: {folder / 'archive' / 'reports' / 'latest' / 'index.html'}")
    command = Path(sys.argv[0])
    if shutil.which("archive") is None and command.name == "archive":
        click.echo(f"Where it says archive, type {command.absolute()} (or activate its environment), in {folder}.")
    return 0
