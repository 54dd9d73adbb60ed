"""`archive hub`, `archive push` and `archive worker`: many projects, or more links than one machine."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from linkarchive.cli.common import folder_of, project_options, say, settings_of
from linkarchive.clock import Clock
from linkarchive.errors import SettingsError, UsageError
from linkarchive.settings import Settings
from linkarchive.snapshot.shelf import refuse_other_databases

if TYPE_CHECKING:
    from datetime import datetime

    from linkarchive.store.hub_ranges import HubStatus, RangeStatus

_SLOTS = re.compile(r"(\d{1,4})-(\d{1,4})")


@click.group()
def hub() -> None:
    """The hub: a PostgreSQL database and a shelf of WARC files that projects share (extra `fleet`)."""


@hub.command("init")
@project_options
@click.option("--ranges", type=click.IntRange(1, 4096), default=64, help="Ranges of hosts to work on (64).")
def init(project: Path, config: Path | None, ranges: int) -> int:
    """Make the tables of a hub, and try whether its shelf takes a file."""
    settings = _settings(project, config)
    from linkarchive.fleet.making import make_hub

    make_hub(settings.hub, ranges)
    click.echo(f"the hub is ready: {ranges} ranges; now `archive push` in each project, and `archive worker`")
    return 0


@hub.command("upgrade")
@project_options
def upgrade(project: Path, config: Path | None) -> int:
    """Bring the tables of hub and projects to this version; try parked ranges again; remove files that no row names."""
    settings = _settings(project, config)
    from linkarchive.fleet.making import upgrade_hub

    for sentence in upgrade_hub(settings.hub):
        click.echo(sentence)
    return 0


@hub.command("status")
@project_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def status(project: Path, config: Path | None, form: str) -> int:
    """Show the projects, what is due, who is at work, and what went wrong."""
    settings = _settings(project, config)
    from linkarchive.report.json import plain_json
    from linkarchive.store import hub_ranges
    from linkarchive.store.hub import open_hub

    with open_hub(settings.hub.database) as store:
        now = Clock.from_environ().now()
        status = hub_ranges.status(store, now)
    if form == "json":
        click.echo(
            plain_json({"schema": 1, "projects": status.projects, "ranges": status.ranges, "segments": status.segments})
        )
        return 0
    for line in _lines(status, now):
        click.echo(line)
    return 0


def _lines(status: HubStatus, now: datetime) -> list[str]:
    from linkarchive.report.phrases import ago, count

    lines = [
        f"{project.name}: {count(project.sources, 'source')}, {project.due:,} due; pushed {ago(project.pushed, now)}"
        for project in status.projects
    ]
    lines += [_line(entry, now) for entry in status.ranges]
    return [*lines, f"files on the shelf: {status.segments.number:,}, {status.segments.bytes / 1e6:,.1f} MB"]


def _line(entry: RangeStatus, now: datetime) -> str:
    from linkarchive.report.phrases import ago
    from linkarchive.report.sanitize import one_line

    words = [f"range {entry.range}: {entry.due:,} due"]
    if entry.worker is not None and entry.taken is not None:
        words.append(f"{entry.worker} is at work since {ago(entry.taken, now)}")
    if entry.failures:
        times = "once" if entry.failures == 1 else f"{entry.failures} times"
        words.append(f"{'parked: ' if entry.parked else ''}failed {times}: {one_line(entry.error or '')}")
    return "; ".join(words)


@click.command()
@project_options
def push(project: Path, config: Path | None) -> int:
    """Tell the hub what this project cites, its rules and its decisions."""
    settings = _settings(project, config)
    from linkarchive.fleet.push import push as push_project
    from linkarchive.model.scope import Scope
    from linkarchive.report.phrases import count
    from linkarchive.report.sanitize import sanitize

    folder = folder_of(project, config)
    if folder.hub is None:
        raise UsageError("this folder is not a project of a hub")
    pushed = push_project(folder, folder.hub, Scope(), settings, Clock.from_environ())
    articles, sources = count(pushed.articles, "article"), count(pushed.sources, "source")
    click.echo(f"pushed {folder.hub.name}: {articles}, {sources} ({pushed.new:,} new)")
    for sentence in (*pushed.notices, *pushed.malformed, *pushed.errors):
        say(sanitize(f"archive: {sentence}"))
    return 2 if pushed.errors else 1 if pushed.malformed else 0


@click.command()
@project_options
@click.option("--once", is_flag=True, help="End when nothing is due any more.")
@click.option("--slots", metavar="A-B", help="Only ranges of hosts within these slots (0-4095).")
def worker(project: Path, config: Path | None, once: bool, slots: str | None) -> int:
    """Make visits for a hub, until SIGTERM or SIGINT: then what is in flight ends, and is kept."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):  # first of all: what is imported takes a second
        signal.signal(number, lambda *_: stop.set())
    settings = _settings(project, config)
    from linkarchive.fleet.worker import work
    from linkarchive.report.sanitize import sanitize

    def tell(words: str) -> None:
        say(sanitize(words))

    is_complete = work(settings, Clock.from_environ(), once, _slots(slots), stop, tell)
    return 3 if once and not is_complete and not stop.is_set() else 0


def _settings(project: Path, config: Path | None) -> Settings:
    settings = settings_of(project, config)
    if not settings.hub.database:
        raise SettingsError("there is no hub: write its `database` below [hub] in archive.toml (ARCHIVE_HUB_DATABASE)")
    refuse_other_databases(settings.hub.database)
    try:
        import procrastinate  # noqa: F401 - whether it is installed
    except ImportError as error:
        raise SettingsError("a hub needs the extra `fleet`: pip install 'linkarchive[fleet]'") from error
    return settings


def _slots(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = _SLOTS.fullmatch(text)
    if match is None or not int(match[1]) <= int(match[2]) <= 4095:
        raise UsageError(f"--slots {text}: give the first and the last slot, as in 0-2047")
    return int(match[1]), int(match[2])
