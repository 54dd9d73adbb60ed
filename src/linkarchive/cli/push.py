"""`archive push` and `archive hub import`: what a project tells its hub."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from linkarchive.cli.common import folder_of, project_options, say, settings_of
from linkarchive.clock import Clock
from linkarchive.errors import SettingsError, UsageError
from linkarchive.settings import Settings
from linkarchive.snapshot.shelf import refuse_other_databases

if TYPE_CHECKING:
    from linkarchive.fleet.push import Pushed
    from linkarchive.project import Hub, Project


@click.command()
@project_options
def push(project: Path, config: Path | None) -> int:
    """Tell the hub what this project cites, its rules and its decisions."""
    settings = hub_settings(project, config)
    from linkarchive.fleet.push import push as push_project
    from linkarchive.model.scope import Scope

    folder = folder_of(project, config)
    return _print_pushed(folder, push_project(folder, _hub_of(folder), Scope(), settings, Clock.from_environ()))


@click.command("import")
@project_options
@click.argument("file", type=click.File("rb"))
def import_(project: Path, config: Path | None, file: BinaryIO) -> int:
    """Add the links of a file of JSON lines, each with article, url, and maybe text, context, accessed; and push."""
    settings = hub_settings(project, config)
    from linkarchive.fleet.importing import import_links

    folder = folder_of(project, config)
    return _print_pushed(folder, import_links(folder, _hub_of(folder), file, settings, Clock.from_environ()))


def _hub_of(folder: Project) -> Hub:
    if folder.hub is None:
        raise UsageError("this folder is not a project of a hub")
    return folder.hub


def _print_pushed(folder: Project, pushed: Pushed) -> int:
    """Say what the hub was told. Returns the exit code."""
    from linkarchive.report.phrases import count
    from linkarchive.report.sanitize import sanitize

    articles, sources = count(pushed.articles, "article"), count(pushed.sources, "source")
    click.echo(f"pushed {_hub_of(folder).name}: {articles}, {sources} ({pushed.new:,} new)")
    for sentence in (*pushed.notices, *pushed.malformed, *pushed.errors):
        say(sanitize(f"archive: {sentence}"))
    return 2 if pushed.errors else 1 if pushed.malformed else 0


def hub_settings(project: Path, config: Path | None) -> Settings:
    """The settings of a folder that belongs to a hub, or of a worker. Raises SettingsError."""
    settings = settings_of(project, config)
    if not settings.hub.database:
        raise SettingsError("there is no hub: write its `database` below [hub] in archive.toml (ARCHIVE_HUB_DATABASE)")
    refuse_other_databases(settings.hub.database)
    if find_spec("procrastinate") is None:  # not imported: a push has no use for it, and it takes a tenth of a second
        raise SettingsError("a hub needs the extra `fleet`: pip install 'linkarchive[fleet]'")
    return settings
