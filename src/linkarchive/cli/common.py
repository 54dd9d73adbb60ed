"""Options that commands share, and what they mean for the screen."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from linkarchive.cli import tell
from linkarchive.errors import NothingCheckedError, StorageError, UsageError
from linkarchive.project import Project as Folder
from linkarchive.settings import Settings, load_settings
from linkarchive.snapshot.shelf import project_of

if TYPE_CHECKING:
    from linkarchive.api.project import Project
    from linkarchive.model import Capture

Command = TypeVar("Command", bound=Callable[..., Any])


def project_options(command: Command) -> Command:
    """--project and --config, for every command that works in a project folder."""
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    command = click.option("--config", type=click.Path(path_type=Path), help="Settings file (default: archive.toml).")(
        command
    )
    return click.option("--project", type=folder, default=".", help="Project folder (default: the current one).")(
        command
    )


def color_option(command: Command) -> Command:
    choice = click.Choice(["auto", "always", "never"])
    return click.option("--color", type=choice, default="auto", help="Colour on stdout (also: NO_COLOR).")(command)


def settings_of(project: Path, config: Path | None) -> Settings:
    """The settings of a project folder. Raises StorageError where its archive cannot be a folder."""
    settings = load_settings(project, config)
    archive = project / settings.keep.folder
    if archive.is_symlink() and not archive.exists():
        raise StorageError(f"{archive} leads to {archive.readlink()}, which is not there: is the disk mounted?")
    if archive.exists() and not archive.is_dir():
        raise StorageError(f"{archive} is a file, and the archive is a folder: move it, or choose another --project")
    return settings


def folder_of(project: Path, config: Path | None) -> Folder:
    """The project folder with the archive folder that its settings name."""
    return project_of(project.resolve(), settings_of(project, config))


def own_folder(project: Path, config: Path | None) -> Folder:
    """`folder_of` for what works on an archive folder alone. Raises UsageError in a project of a hub."""
    return _own(folder_of(project, config))


def checked_own_folder(project: Path, config: Path | None) -> Folder:
    """`checked_folder` for what works on an archive folder alone. Raises UsageError in a project of a hub."""
    return _own(checked_folder(project, config))


def _own(folder: Folder) -> Folder:
    if folder.hub is not None:
        raise UsageError(f"{folder.hub.name} is a project of a hub: this command works on the archive of a folder only")
    return folder


def checked_folder(project: Path, config: Path | None) -> Folder:
    """`folder_of` where something was checked, so that nothing is made where nothing can be done. Raises UsageError."""
    folder = folder_of(project, config)
    if not folder.has_archive():
        raise NothingCheckedError
    return folder


def wants_color(choice: str) -> bool:
    """NO_COLOR (no-color.org) and TERM=dumb turn colour off, FORCE_COLOR turns it on, a flag decides."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def width() -> int:
    """The columns of the terminal; 100 where the output goes to a program or a file."""
    return shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100


def speaks_unicode() -> bool:
    """Whether stdout can show more than ASCII."""
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def urls_named(project: Project, names: Sequence[str]) -> list[str]:
    """The URLs that arguments mean: each a URL, or the number of a finding in the last report (7 or #7)."""
    from linkarchive.report.numbers import number_in, url_of

    given = [number_in(name) for name in names]
    if all(number is None for number in given):
        return list(names)
    from linkarchive.history.reports import numbered_report
    from linkarchive.store import decisions
    from linkarchive.store.opening import open_project

    with open_project(project.folder) as store:
        report = numbered_report(store, decisions.load(project.folder.decisions))
        return [name if number is None else url_of(report, number) for name, number in zip(names, given, strict=True)]


def nearest_capture(project: Project, url: str, at: datetime | None) -> Capture:
    """The stored copy of a source nearest to a day; without one the newest with a page in it, else the newest.

    Raises UsageError where there is no copy.
    """
    captures = project.captures(url)
    if not captures:
        raise UsageError(f"{url}: there is no stored copy of it")
    if at is not None:
        return min(captures, key=lambda capture: abs(capture.time - at.replace(tzinfo=UTC)))
    return next((capture for capture in reversed(captures) if capture.status == 200), captures[-1])


@contextmanager
def importing() -> Iterator[None]:
    """Import in this block without garbage collection, and leave the modules out of it for good: that saves 0.05 s of
    a run of 0.4 s."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def counted(number: int, noun: str) -> str:
    """“1 file”, “3 files”."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def say(text: str) -> None:
    """Print a line on stderr; on a terminal it is wrapped."""
    if sys.stderr.isatty():
        from linkarchive.report.lines import wrapped

        text = wrapped(text, _stderr_columns())
    tell(text)


def _stderr_columns() -> int:
    """Columns of the terminal that stderr goes to, also where stdout goes to a file."""
    try:
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    except OSError:
        columns = 0
    return shutil.get_terminal_size((columns or 100, 24)).columns  # some terminals do not know: 0
