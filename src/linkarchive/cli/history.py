"""`archive report`, `show` and `diff`: the past of the sources."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from linkarchive.cli.common import (
    color_option,
    nearest_capture,
    project_options,
    settings_of,
    urls_named,
    wants_color,
    width,
)
from linkarchive.report.formats import FORMATS, format_for

if TYPE_CHECKING:
    from linkarchive.api.project import Project
    from linkarchive.settings import NetworkSettings


@click.command()
@project_options
@click.option("--run", "run_id", help="Id of the run (default: the latest).")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Of the report on stdout (default: terminal).")
@click.option(
    "-o",
    "outputs",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Write it here, by suffix; on stdout too only with --format.",
)
@click.option("--for-reader", is_flag=True, help="HTML for somebody who only gets the file: a legend, no commands.")
@click.option("-q", "--quiet", is_flag=True, help="Print only what changed since the run before.")
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@color_option
def report(
    project: Path,
    config: Path | None,
    run_id: str | None,
    form: str | None,
    outputs: tuple[Path, ...],
    for_reader: bool,
    quiet: bool,
    verbose: bool,
    color: str,
) -> int:
    """Render the report of a past run again."""
    from linkarchive.api.project import Project
    from linkarchive.cli.output import Printing, print_report

    settings = settings_of(project, config)
    place = Project(project, settings=settings)
    past = place.report(run_id)
    if sys.stdout.isatty() and form in [format_for(path) for path in outputs]:
        form = None  # the format of that file was meant
    show = Printing(
        form or (None if outputs else "terminal"),
        outputs,
        settings.check.fail_on,
        quiet=quiet,
        verbose=verbose,
        color=wants_color(color),
        for_reader=for_reader,
    )
    print_report(past, place.folder, show)
    for path in () if quiet else outputs:
        click.echo(f"{path} is written", err=True)
    return 0


@click.command()
@click.argument("url", metavar="URL|NUMBER|HOST")
@project_options
@click.option("--text", "as_text", is_flag=True, help="Print the text of the stored copy.")
@click.option("--at", type=click.DateTime(["%Y-%m-%d"]), help="With --text: the copy nearest to this day.")
@click.option("--case", "as_case", is_flag=True, help="Print what `archive judge` reads, a line a citation.")
@click.option("-v", "--verbose", is_flag=True, help="Name the runs, and where in the WARC files the copies are.")
def show(
    url: str, project: Path, config: Path | None, as_text: bool, at: datetime | None, as_case: bool, verbose: bool
) -> int:
    """Show the history of a source: citations, decisions, captures, verdicts.

    NUMBER is that of a finding in the last report; of a HOST the rules are shown by which its pages moved."""
    from linkarchive.api.project import Project
    from linkarchive.history.cases import cases_of
    from linkarchive.history.sources import history_of
    from linkarchive.report.lines import wrapped
    from linkarchive.store import decisions
    from linkarchive.store.opening import open_project

    settings = settings_of(project, config)
    place = Project(project, settings=settings)
    if _is_host(url):
        for line in _rules_of(place, url, settings.network):
            click.echo(line)
        return 0
    (url,) = urls_named(place, [url])
    if as_text:
        for line in _text_of(place, url, at):
            click.echo(line)
        return 0
    with open_project(place.folder) as store:
        if as_case:
            lines = cases_of(place.folder.files, store, url, settings)
        else:
            lines = history_of(store, decisions.load(place.folder.decisions), url, verbose)
        breaks = sys.stdout.isatty() and not as_case
        for line in lines:
            click.echo(wrapped(line, width()) if breaks else line)
    return 0


def _is_host(text: str) -> bool:
    return "." in text and "/" not in text and ":" not in text


def _rules_of(place: Project, host: str, network: NetworkSettings) -> Iterator[str]:
    """What is known of how the pages of a site moved, a line a rule."""
    from linkarchive.relocate.site_rules import site_rules
    from linkarchive.report.sanitize import one_line

    rules = site_rules(place.folder, host, network)
    for rule in rules:
        yield one_line(rule.in_words())
    if not rules:
        yield f"nothing is known of how pages of {one_line(host)} moved"


def _text_of(place: Project, url: str, at: datetime | None) -> Iterator[str]:
    """The text of a stored copy, paragraph by paragraph, under a line that says which copy it is."""
    from linkarchive.judge.parsed_page import ParsedPage
    from linkarchive.report.phrases import day
    from linkarchive.report.sanitize import address, one_line

    capture = nearest_capture(place, url, at)
    yield f"{address(capture.final_url)}, as stored on {day(capture.time)} (HTTP {capture.status})"
    for paragraph in ParsedPage(place.page(capture)).main:
        yield ""
        yield one_line(paragraph)


@click.command()
@click.argument("url", metavar="URL|NUMBER")
@project_options
@color_option
def diff(url: str, project: Path, config: Path | None, color: str) -> int:
    """Show what changed in the text of the source URL between its baseline and its latest capture."""
    from linkarchive.api.project import Project
    from linkarchive.report.difference import render_difference

    place = Project(project, settings=settings_of(project, config))
    difference = place.diff(*urls_named(place, [url]))
    click.echo(
        render_difference(difference, width=width(), color=wants_color(color)), nl=False, color=wants_color(color)
    )
    return 0
