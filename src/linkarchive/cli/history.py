"""`archive report`, `show` and `diff`: the past of the sources."""

from __future__ import annotations

from pathlib import Path

import click

from linkarchive.cli.common import FORMATS, color_option, project_options, settings_of, wants_color, width


@click.command()
@project_options
@click.option("--run", "run_id", help="Id of the run (default: the latest).")
@click.option("--format", "form", type=click.Choice(FORMATS), default="terminal", help="Of the report on stdout.")
@click.option("-o", "outputs", type=click.Path(path_type=Path), multiple=True, help="Write it here, by suffix.")
@click.option("-q", "--quiet", is_flag=True, help="Print only what changed since the run before.")
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@color_option
def report(
    project: Path,
    config: Path | None,
    run_id: str | None,
    form: str,
    outputs: tuple[Path, ...],
    quiet: bool,
    verbose: bool,
    color: str,
) -> int:
    """Render the report of a past run again."""
    from linkarchive.api import Project
    from linkarchive.cli.output import Printing, print_report

    settings = settings_of(project, config)
    place = Project(project, settings=settings)
    past = place.report(run_id)
    show = Printing(form, outputs, settings.check.fail_on, quiet=quiet, verbose=verbose, color=wants_color(color))
    print_report(past, place.folder.root, show)
    return 0


@click.command()
@click.argument("url")
@project_options
@click.option("--case", "as_case", is_flag=True, help="Print what `archive judge` reads, a line a citation.")
def show(url: str, project: Path, config: Path | None, as_case: bool) -> int:
    """Show the history of the source URL: captures, verdicts, citations."""
    from linkarchive.history.sources import cases_of, history_of
    from linkarchive.project import Project
    from linkarchive.store.opening import open_project

    settings = settings_of(project, config)
    with open_project(Project(project.resolve())) as store:
        if as_case:
            for line in cases_of(project.resolve(), store, url, settings):
                click.echo(line)
        else:
            for line in history_of(store, url):
                click.echo(line)
    return 0


@click.command()
@click.argument("url")
@project_options
@color_option
def diff(url: str, project: Path, config: Path | None, color: str) -> int:
    """Show what changed in the text of the source URL between its baseline and its latest capture."""
    from linkarchive.api import Project
    from linkarchive.report.terminal import render_difference

    difference = Project(project, settings=settings_of(project, config)).diff(url)
    click.echo(
        render_difference(difference, width=width(), color=wants_color(color)), nl=False, color=wants_color(color)
    )
    return 0
