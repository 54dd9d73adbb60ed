"""`archive demo`."""

from __future__ import annotations

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
    click.echo(render_terminal(report, width=width(), color=wants_color(color)), nl=False, color=wants_color(color))
    click.echo()
    click.echo(f"The report to look at: {folder / 'archive' / 'reports' / 'latest' / 'index.html'}")
    return 0
