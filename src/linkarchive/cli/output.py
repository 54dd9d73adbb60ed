"""Reports to stdout and to files."""

from __future__ import annotations

from pathlib import Path

import click

from linkarchive.cli import mute_stdout
from linkarchive.cli.common import speaks_unicode, width
from linkarchive.model import Report


def print_report(
    report: Report, root: Path, form: str, outputs: tuple[Path, ...], *, quiet: bool, verbose: bool, color: bool
) -> None:
    """The report in a format on stdout, and in that of its suffix into each file. Raises StorageError."""
    from linkarchive.check.reports import has_news, stored_differences
    from linkarchive.report.formats import FORMATS, format_for
    from linkarchive.report.terminal import render_terminal
    from linkarchive.snapshot.folder import storage_error, write_atomically

    wanted = [form, *(format_for(path) for path in outputs)]
    shown = stored_differences(root, report) if "html" in wanted else {}
    for path in outputs:
        try:
            write_atomically(path, FORMATS[format_for(path)](report, shown).encode("utf-8"))
        except OSError as error:
            raise storage_error(path, error) from error
    if form == "terminal":
        text = render_terminal(
            report, width=width(), color=color, verbose=verbose, quiet=quiet, unicode=speaks_unicode()
        )
    elif quiet and not has_news(report):
        text = ""
    else:
        text = FORMATS[form](report, shown)
    try:
        click.echo(text, nl=False, color=color)
    except BrokenPipeError:  # the exit code still tells what was found
        mute_stdout()
