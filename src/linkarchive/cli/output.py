"""Reports to stdout and to files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct
from msgspec.structs import replace

from linkarchive.cli import mute_stdout
from linkarchive.cli.common import speaks_unicode, width
from linkarchive.errors import StorageError
from linkarchive.files import storage_error, storage_errors, write_atomically

if TYPE_CHECKING:
    from linkarchive.history.channels import Channels
    from linkarchive.model import Report
    from linkarchive.project import Project
    from linkarchive.report.formats import View

_PIECE = 1 << 16
_AS_IS = frozenset({"json", "jsonl"})
"""Formats whose `changed` is against the last run, whoever was told of it (docs/design.md §8)."""


class Printing(Struct, frozen=True):
    """What was asked for: the format on stdout (None: nothing there), further files by suffix, and how."""

    form: str | None
    outputs: tuple[Path, ...]
    fail_on: tuple[str, ...]
    new_only: bool = False
    quiet: bool = False
    verbose: bool = False
    color: bool = False
    for_reader: bool = False


def print_report(report: Report, project: Project, printing: Printing, channels: Channels | None = None) -> None:
    """The report in a format on stdout, and in that of its suffix into each file.

    One that cannot be written keeps none of the others from being told. Raises StorageError, at the end.
    """
    from linkarchive.history.channels import STDOUT, file_channel

    troubles: list[StorageError] = []
    for path in printing.outputs:
        with _tried(troubles):
            since = channels.report_for(file_channel(path), report) if channels else report
            _write_file(since, project, printing, path, report)
            if channels:
                channels.delivered(file_channel(path), report)
    with _tried(troubles):
        since = channels.report_for(STDOUT, report) if channels else report
        if printing.form and _write_stdout(since, project, printing, printing.form, report) and channels:
            channels.delivered(STDOUT, report)
    if troubles:
        raise StorageError("; ".join(map(str, troubles)))


def print_line(report: Report, name: str, quiet: bool, channels: Channels) -> None:
    """The report in one line under the name of its project; with `quiet` only when it has news. Raises StorageError."""
    from linkarchive.history.channels import STDOUT
    from linkarchive.history.reports import has_news
    from linkarchive.report.sanitize import sanitize
    from linkarchive.report.summary import summary

    since = channels.report_for(STDOUT, report)
    if (quiet and not has_news(since)) or _print([f"{name}: {sanitize(summary(since))}\n"], color=False):
        channels.delivered(STDOUT, report)


@contextmanager
def _tried(troubles: list[StorageError]) -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        troubles.append(error)


def _view(report: Report, project: Project, printing: Printing, form: str) -> View:
    """What a format shows beside the report."""
    from linkarchive.history.report_files import html_view
    from linkarchive.report.formats import View
    from linkarchive.store.opening import open_project

    if form != "html":
        return View(printing.fail_on, printing.new_only, feed=project.root.as_uri())
    with open_project(project) as store:
        return replace(html_view(project, store, report), for_reader=printing.for_reader)


def _write_file(since: Report, project: Project, printing: Printing, path: Path, report: Report) -> None:
    from linkarchive.report.formats import format_for, render

    form = format_for(path)
    view = _view(report, project, printing, form)
    with storage_errors(path):
        write_atomically(path, map(str.encode, render(form, report if form in _AS_IS else since, view)))


def _write_stdout(since: Report, project: Project, printing: Printing, form: str, report: Report) -> bool:
    """Print it. True if it was read to its end."""
    from linkarchive.history.reports import has_news
    from linkarchive.report.formats import render

    if printing.quiet and not has_news(since):
        return True
    if form == "terminal":
        from linkarchive.report.sanitize import sanitize
        from linkarchive.report.terminal import render_terminal

        late = [f"{sanitize(since.notices[-1])}\n\n"] if printing.quiet and since is not report else []
        text: Iterable[str] = [
            *late,
            render_terminal(
                since,
                width=width(),
                color=printing.color,
                verbose=printing.verbose,
                quiet=printing.quiet,
                unicode=speaks_unicode(),
                shorten=sys.stdout.isatty(),
                place=_place_of(report, project),
            ),
        ]
    else:
        view = replace(_view(report, project, printing, form), quiet=printing.quiet)
        as_is = form in _AS_IS and not printing.quiet
        text = render(form, report if as_is else since, view)
    return _print(text, printing.color)


def _print(text: Iterable[str], color: bool) -> bool:
    """Print it. True if it was read to its end. Raises StorageError."""
    try:
        for piece in _large(text):
            click.echo(piece, nl=False, color=color)
        sys.stdout.flush()
    except BrokenPipeError:  # the exit code still tells what was found
        mute_stdout()
        return False
    except OSError as error:
        mute_stdout()
        raise storage_error("standard output", error) from error
    return True


def _place_of(report: Report, project: Project) -> str:
    """Where the HTML page of a run is, as a path from the working folder; "" for a run without one."""
    page = project.reports / report.run.id / "index.html"
    return os.path.relpath(page) if page.exists() else ""


def _large(pieces: Iterable[str]) -> Iterator[str]:
    """The same text in pieces of some size: each is flushed when it is printed."""
    buffer: list[str] = []
    size = 0
    for piece in pieces:
        buffer.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield "".join(buffer)
            buffer, size = [], 0
    yield "".join(buffer)
