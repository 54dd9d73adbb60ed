"""`archive hub` and `archive worker`: many projects, or more links than one machine."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from linkarchive.cli.common import project_options, say
from linkarchive.cli.push import hub_settings, import_
from linkarchive.clock import Clock
from linkarchive.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from linkarchive.store.hub_ranges import HubStatus, RangeStatus

_PAIR = re.compile(r"(\d{1,4})-(\d{1,4})")
MOST = 4095
"""The last slot, and the last range that there may be."""


@click.group()
def hub() -> None:
    """The hub: a PostgreSQL database and a shelf of WARC files that projects share (extra `fleet`)."""


hub.add_command(import_)


@hub.command("init")
@project_options
@click.option("--ranges", type=click.IntRange(1, 4096), default=64, help="Ranges of hosts to work on (64).")
def init(project: Path, config: Path | None, ranges: int) -> int:
    """Make the tables of a hub, and try whether its shelf takes a file."""
    settings = hub_settings(project, config)
    from linkarchive.fleet.making import make_hub

    make_hub(settings.hub, ranges)
    click.echo(f"the hub is ready: {ranges} ranges; now `archive push` in each project, and `archive worker`")
    return 0


@hub.command("upgrade")
@project_options
def upgrade(project: Path, config: Path | None) -> int:
    """Bring the tables of hub and projects to this version; try parked ranges again; remove files that no row names."""
    settings = hub_settings(project, config)
    from linkarchive.fleet.making import upgrade_hub

    for sentence in upgrade_hub(settings.hub, Clock.from_environ().now()):
        click.echo(sentence)
    return 0


@hub.command("verify")
@project_options
@click.option("--ranges", metavar="A-B", help="Only files of these ranges of hosts.")
def verify(project: Path, config: Path | None, ranges: str | None) -> int:
    """Read all files on the shelf, and compare them with what was put there."""
    settings = hub_settings(project, config)
    from linkarchive.fleet.verifying import verify as read

    first, last = _pair("--ranges", ranges) or (0, MOST)
    files, faults = 0, 0
    for segment, fault in read(settings.hub, first, last):
        files += 1
        if fault is not None:
            faults += 1
            click.echo(f"{segment.name} {fault}")
    click.echo(f"files that were put on the shelf: {files:,}; missing or damaged: {faults:,}")
    return 1 if faults else 0


@hub.command("status")
@project_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def status(project: Path, config: Path | None, form: str) -> int:
    """Show the projects, what is due, who is at work, and what went wrong."""
    settings = hub_settings(project, config)
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
    from linkarchive.report.sanitize import one_line

    lines = [
        f"{project.name}: {count(project.sources, 'source')}, {project.due:,} due; pushed {ago(project.pushed, now)}"
        for project in status.projects
    ]
    lines += [
        f"{project.name} is left out by workers: {one_line(project.trouble)}"
        for project in status.projects
        if project.trouble is not None
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
@click.option("--once", is_flag=True, help="End when nothing is due any more.")
@click.option("--slots", metavar="A-B", help="Only ranges of hosts within these slots (0-4095).")
def worker(project: Path, config: Path | None, once: bool, slots: str | None) -> int:
    """Make visits for a hub, until SIGTERM or SIGINT: then what is in flight ends, and is kept."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):  # first of all: what is imported takes a second
        signal.signal(number, lambda *_: stop.set())
    settings = hub_settings(project, config)
    from linkarchive.fleet.worker import work
    from linkarchive.report.sanitize import sanitize

    def tell(words: str) -> None:
        say(sanitize(words))

    is_complete = work(settings, Clock.from_environ(), once, _pair("--slots", slots), stop, tell)
    return 3 if once and not is_complete and not stop.is_set() else 0


def _pair(option: str, text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = _PAIR.fullmatch(text)
    if match is None or not int(match[1]) <= int(match[2]) <= MOST:
        raise UsageError(f"{option} {text}: give the first and the last {option[2:-1]}, as in 0-2047")
    return int(match[1]), int(match[2])
