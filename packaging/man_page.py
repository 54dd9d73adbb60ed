"""The man page, from the commands' own help: `python packaging/man_page.py > packaging/archive.1`."""

from __future__ import annotations

import inspect
import sys

import click

from linkarchive import __version__
from linkarchive.cli import archive


def main() -> None:
    """Write the page to standard output."""
    context = click.Context(archive, info_name="archive")
    lines = [f'.TH ARCHIVE 1 "" "linkarchive {__version__}" "User Commands"', ".SH NAME"]
    lines += ["archive \\- keep the sources of articles, and tell what changed", ".SH SYNOPSIS", ".B archive"]
    lines += ["COMMAND [OPTION]... [ARGUMENT]...", ".SH DESCRIPTION", *paragraphs(archive.help or ""), ".SH COMMANDS"]
    for name in archive.list_commands(context):
        command = archive.get_command(context, name)
        if command is not None:
            lines += section(name, command, context)
    sys.stdout.write("\n".join([*lines, ".SH EXIT STATUS", *listed(archive.epilog or "")]) + "\n")


def section(name: str, command: click.Command, parent: click.Context) -> list[str]:
    """One command: how it is called, what it does, its options."""
    context = click.Context(command, info_name=name, parent=parent)
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f".SS archive {escaped(name)} {escaped(usage)}", *paragraphs(command.help or "")]
    for option in command.get_params(context):
        record = option.get_help_record(context)
        if record is not None:
            lines += [".TP", f".B {escaped(record[0])}", escaped(record[1]) or "\\&"]
    return lines


def paragraphs(text: str) -> list[str]:
    """The help text; after a `\\b` the lines stay as they are."""
    lines: list[str] = []
    for part in inspect.cleandoc(text).split("\n\n"):
        if part.startswith("\b"):
            lines += [".nf", *(escaped(line) for line in part.splitlines()[1:]), ".fi"]
        else:
            lines += [escaped(" ".join(part.split())), ".PP"]
    return lines


def listed(text: str) -> list[str]:
    """The exit codes, a line each."""
    return [".nf", *(escaped(line.strip()) for line in text.strip("\b\n").splitlines()[1:]), ".fi"]


def escaped(text: str) -> str:
    """Text that roff takes as it is (groff_char(7))."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text


if __name__ == "__main__":
    main()
