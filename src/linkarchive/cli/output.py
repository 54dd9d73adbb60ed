"""Reports to stdout and to files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import click

from linkarchive.cli import mute_stdout
from linkarchive.cli.common import speaks_unicode, width
from linkarchive.model import Report

_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Printing:
    """What was asked for: the format on stdout, further files by suffix, and how."""

    form: str
    outputs: tuple[Path, ...]
    fail_on: tuple[str, ...]
    new_only: bool = False
    quiet: bool = False
    verbose: bool = False
    color: bool = False
    for_reader: bool = False


def print_report(report: Report, root: Path, wanted: Printing) -> None:
    """The report in a format on stdout, and in that of its suffix into each file. Raises StorageError."""
    from linkarchive.history.reports import has_news, stored_differences
    from linkarchive.report.formats import FORMATS, View, format_for
    from linkarchive.snapshot.paths import storage_error, write_atomically

    forms = [wanted.form, *(format_for(path) for path in wanted.outputs)]
    shown = stored_differences(root, report) if "html" in forms else {}
    view = View(wanted.fail_on, wanted.new_only, feed=root.as_uri(), name=root.name, for_reader=wanted.for_reader)
    if "html" in forms:
        from linkarchive.history.timeline import article_texts, stored_timelines

        view = replace(view, timelines=stored_timelines(root, report), texts=article_texts(root, report))
    for path in wanted.outputs:
        try:
            write_atomically(path, map(str.encode, FORMATS[format_for(path)](report, shown, view)))
        except OSError as error:
            raise storage_error(path, error) from error
    if wanted.quiet and not has_news(report):
        return
    if wanted.form == "terminal":
        from linkarchive.report.terminal import render_terminal

        text: Iterable[str] = [
            render_terminal(
                report,
                width=width(),
                color=wanted.color,
                verbose=wanted.verbose,
                quiet=wanted.quiet,
                unicode=speaks_unicode(),
                shorten=sys.stdout.isatty(),
                place=_place_of(report, root),
            )
        ]
    else:
        text = FORMATS[wanted.form](report, shown, replace(view, quiet=wanted.quiet))
    try:
        for piece in _large(text):
            click.echo(piece, nl=False, color=wanted.color)
    except BrokenPipeError:  # the exit code still tells what was found
        mute_stdout()


def _place_of(report: Report, root: Path) -> str:
    """Where the HTML page of a run is, as a path from the working folder; "" for a run without one."""
    page = root / "archive" / "reports" / report.run.id / "index.html"
    return os.path.relpath(page) if page.exists() else ""


def _large(pieces: Iterable[str]) -> Iterator[str]:
    """The same text in pieces of some size: each is flushed when it is printed."""
    held: list[str] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)
