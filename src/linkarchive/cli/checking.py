"""What `archive check` does: in one project folder, or in several one after another."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag

import click
from msgspec import Struct

from linkarchive.api.project import Project
from linkarchive.cli.common import counted, say, settings_of
from linkarchive.cli.output import Printing, print_line, print_report
from linkarchive.cli.progress import RunProgress, disclosure
from linkarchive.errors import ArchiveError, UsageError
from linkarchive.history.channels import STDOUT, Channels, file_channel
from linkarchive.model import Report
from linkarchive.model.events import Event, RunStarted
from linkarchive.model.scope import Scope
from linkarchive.notify import channels_of, notify, require_apprise
from linkarchive.report.exit_policy import exit_code
from linkarchive.report.sanitize import one_line, sanitize
from linkarchive.settings import Settings
from linkarchive.sites import with_scope
from linkarchive.wayback.politeness import Politeness

_WORST = (130, 75, 3, 2, 1, 0)
"""Exit codes, the one that counts first (docs/design.md §4)."""


class Order(Struct, frozen=True):
    """What the command line asks for."""

    config: Path | None
    flags: Mapping[str, Mapping[str, object]]
    """Settings by section; None: as it is set."""
    capture_scope: str | None
    sources: Scope
    form: str
    outputs: tuple[Path, ...]
    quiet: bool
    verbose: bool
    color: bool
    bar: bool

    def settings(self, folder: Path) -> Settings:
        """Those of the folder, with the flags. Raises UsageError and StorageError."""
        settings = settings_of(folder, self.config)
        for section, values in self.flags.items():
            settings = settings.with_flags(section, **values)
        require_apprise(settings.notify)
        return with_scope(settings, self.capture_scope)


def check_folder(folder: Path, order: Order, dry_run: bool) -> int:
    """Check one project and print its report. Returns the exit code."""
    settings = order.settings(folder)
    place = Project(folder, settings=settings)
    if dry_run and place.folder.hub is not None:
        raise UsageError("--dry-run: the visits of a project of a hub are made by its workers")
    if dry_run:
        click.echo(place.dry_run(order.sources))
        return 0
    greeting = disclosure(settings) if _is_first(place) and not order.quiet else ""
    channels = Channels(place.folder, (STDOUT, *map(file_channel, order.outputs), *channels_of(settings.notify)))
    with _sigterm() as stop, RunProgress(greeting, bar=order.bar, quiet=order.quiet, verbose=order.verbose) as progress:
        report = _run(place, order, channels, progress, stop.is_set, Politeness())
    if order.sources.due and not order.quiet and not report.summary["visited"]:
        say("nothing is due: archive status --all says when each source is")
    counting = settings.check
    printing = Printing(
        order.form, order.outputs, counting.fail_on, counting.new_only, order.quiet, order.verbose, order.color
    )
    return _deliver(place, report, channels, lambda: print_report(report, place.folder, printing, channels))


def check_folders(folders: Sequence[Path], order: Order) -> int:
    """Check projects one after another, as politely as if they were one, and print a line on each: with `quiet` only
    on those with news. What goes wrong in one does not stop the others; the exit code is the worst."""
    politeness, codes = Politeness(), {0}
    named = {folder.resolve(): folder for folder in reversed(folders)}
    with _sigterm() as stop:
        for number, folder in enumerate(reversed(named.values())):
            if stop.is_set():
                say(f"archive: stopped: {counted(len(named) - number, 'project')} not checked")
                codes.add(3)
                break
            try:
                codes.add(_check_next(folder, order, politeness, stop.is_set))
            except ArchiveError as error:
                say(f"archive: {one_line(str(folder))}: {sanitize(str(error))}")
                codes.add(error.exit_code)
            except OSError as error:
                if error.filename is None:  # of stdout, which all of them need
                    raise
                say(f"archive: {one_line(str(folder))}: {sanitize(f'{error.filename}: {error.strerror}')}")
                codes.add(3)
    return next(code for code in _WORST if code in codes)


def _check_next(folder: Path, order: Order, politeness: Politeness, stop: Callable[[], bool]) -> int:
    if not folder.is_dir():
        raise UsageError("there is no such folder")
    settings = order.settings(folder)
    place = Project(folder, settings=settings)
    name = one_line(str(folder))
    if _is_first(place) and not order.quiet:
        say(f"{name}: {disclosure(settings)}")
    channels = Channels(place.folder, (STDOUT, *channels_of(settings.notify)))
    with RunProgress("", bar=False, quiet=True, verbose=False) as progress:
        report = _run(place, order, channels, progress, stop, politeness)
    return _deliver(place, report, channels, lambda: print_line(report, name, order.quiet, channels), f"{name}: ")


def _run(
    place: Project,
    order: Order,
    channels: Channels,
    progress: Callable[[Event], None],
    stop: Callable[[], bool],
    politeness: Politeness,
) -> Report:
    def on_event(event: Event) -> None:
        if isinstance(event, RunStarted):
            channels.begin()
        progress(event)

    return place.check(scope=order.sources, on_event=on_event, stop=stop, politeness=politeness)


def _deliver(place: Project, report: Report, channels: Channels, show: Callable[[], None], name: str = "") -> int:
    """Print the report, send it to all channels, say on stderr what else there is to know. Returns the exit code."""
    if channels.damage:
        say(f"archive: {name}{sanitize(channels.damage)}")
    for error in report.errors:
        say(f"archive: {name}{sanitize(error)}")
    try:
        show()
    finally:
        for trouble in notify(report, place.settings.notify, place.folder.root, channels):
            say(f"archive: {name}{sanitize(trouble)}")
    code = exit_code(channels.report_for(STDOUT, report), place.settings.check.fail_on, place.settings.check.new_only)
    if code == 3 and not report.run.complete:
        why = "we are offline" if report.run.network == "offline" else "; ".join(report.notices) or "it was stopped"
        say(sanitize(f"archive: {name}the run is incomplete: {why}"))
    return code


def folders_in(path: Path) -> list[Path]:
    """The folders that a file names, a line each, from the folder that it is in. Raises UsageError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path}: cannot be read: {error}; --projects takes a text file with one folder on each line"
        ) from error
    names = (line.strip() for line in lines)
    return [path.parent / name for name in names if name and not name.startswith("#")]


def _is_first(place: Project) -> bool:
    """Nothing was ever kept here."""
    return not (place.folder.archive / "manifests").exists()


@contextmanager
def _sigterm() -> Iterator[Flag]:
    """SIGTERM sets the flag: the run finishes what is in flight, saves and ends."""
    flag = Flag()
    before = signal.signal(signal.SIGTERM, lambda *_: flag.set())
    try:
        yield flag
    finally:
        signal.signal(signal.SIGTERM, before)
