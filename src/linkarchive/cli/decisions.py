"""`archive accept` and `archive ignore`: a person's word on what was found, and taking it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from linkarchive.api.project import user
from linkarchive.cli.common import project_options, say, settings_of, urls_named
from linkarchive.clock import Clock
from linkarchive.errors import UsageError

if TYPE_CHECKING:
    from linkarchive.project import Project
    from linkarchive.store.database import Store

Decide = Callable[["Project", "Store", str, datetime], str]
"""Records a decision on a URL, made at that moment; returns what to say."""


@click.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL|NUMBER...")
@project_options
@click.option("--article", help="Only for this article (default: every article that cites the source).")
@click.option("--reason", help="Why today's page is fine.")
@click.option("--undo", is_flag=True, help="Take the last acceptance back: the one before counts again, if any.")
def accept(
    urls: tuple[str, ...], project: Path, config: Path | None, article: str | None, reason: str | None, undo: bool
) -> int:
    """Accept today's page of the sources: it is fine, and later drift is measured from it.

    NUMBER is that of a finding in the last report. The baseline stays what it is; the acceptance is recorded with
    who, when and why.
    """
    from linkarchive.history.decisions import accept_page, take_back

    def decide(place: Project, store: Store, url: str, now: datetime) -> str:
        if undo:
            take_back(place, store, url, "accept", reason, user(), now, article)
            return "acceptance withdrawn:"
        accept_page(place, store, url, article, reason, user(), now)
        return "accepted"

    return decide_each(urls, project, config, decide)


@click.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL|NUMBER|HOST...")
@project_options
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="From this day on it is reported again.")
@click.option("--reason", help="Why nobody needs to hear of it.")
@click.option("--undo", is_flag=True, help="Report it again.")
def ignore(
    urls: tuple[str, ...], project: Path, config: Path | None, until: datetime | None, reason: str | None, undo: bool
) -> int:
    """Ignore what is found of the sources: it is known.

    NUMBER is that of a finding in the last report; HOST stands for all sources on it and below it, later ones too.
    The sources are visited and judged all the same, and counted in the report; but they are no news, nobody is
    notified, and they do not count for the exit code.
    """
    from linkarchive.history.decisions import ignore_source, take_back

    if undo and until is not None:
        raise click.UsageError("--until goes with ignoring, not with --undo")
    day = None if until is None else until.date()

    def decide(place: Project, store: Store, url: str, now: datetime) -> str:
        if undo:
            take_back(place, store, url, "ignore", reason, user(), now)
            return "reported again"
        ignore_source(place, store, url, day, reason, user(), now)
        return f"ignored until {day}" if day else "ignored"

    return decide_each(urls, project, config, decide)


def decide_each(urls: Sequence[str], folder: Path, config: Path | None, decide: Decide) -> int:
    """Decide on each URL under the folder's lock; one that cannot be decided on costs the exit code, not the rest."""
    from linkarchive.api.project import Project as ApiProject
    from linkarchive.report.sanitize import address, sanitize
    from linkarchive.store.opening import open_project

    project = ApiProject(folder, settings=settings_of(folder, config))
    urls = urls_named(project, urls)
    place = project.folder
    clock = Clock.from_environ()
    failed = False
    with open_project(place) as store:
        for url in urls:
            try:
                words = decide(place, store, url, clock.now())
            except UsageError as error:
                say(f"archive: {sanitize(str(error))}")
                failed = True
            else:
                click.echo(f"{words} {address(url)}")
    return 2 if failed else 0
