"""The command line: parse, call one function, map the result to an exit code. Nothing below it prints or exits."""

from __future__ import annotations

import gc
import importlib
import os
import sys
import traceback
from collections.abc import Mapping
from typing import Any

import click

from linkarchive import __version__
from linkarchive.errors import ArchiveError

# Each command's module is imported when the command is called: `archive --help` must be quick.
_COMMANDS: Mapping[str, tuple[str, str]] = {
    "check": ("check", "Check the sources of articles: the main job."),
    "extract": ("articles", "Print the original URL, the date and the links of articles."),
    "recover": ("articles", "Find the lost targets of an article's links."),
    "report": ("history", "Render the report of a past run again."),
    "status": ("status", "Show where everything under watch stands, and what is due."),
    "runs": ("status", "List the runs of this folder."),
    "show": ("history", "Show the history of a source."),
    "open": ("open", "Show the stored copy of a source in the browser."),
    "search": ("search", "Search the text of what was kept."),
    "diff": ("history", "Show what changed in the text of a source."),
    "accept": ("decisions", "Accept today's page of a source: later drift is measured from it."),
    "ignore": ("decisions", "Ignore what is found of a source: judged and counted, but not reported."),
    "fix": ("fix", "Put new targets into the links of articles."),
    "serve": ("serve", "Review the findings in a browser."),
    "save": ("save", "Ask the Wayback Machine to capture pages."),
    "judge": ("custody", "Judge stored pages without the network."),
    "verify": ("custody", "Check every byte of the archive."),
    "rebuild": ("custody", "Make a new database from the text files and WARC files."),
    "config": ("config", "Show every setting with its value and origin."),
    "schedule": ("schedule", "Print recipes for cron, systemd and CI."),
    "completion": ("schedule", "Print the completion script of a shell."),
    "forget": ("keeping", "Take a source's captures out of the archive, for good."),
    "import": ("imports", "Keep captures that other programs made."),
    "export": ("keeping", "Write the whole archive as one WACZ file."),
    "push": ("push", "Tell the hub what this project cites."),
    "worker": ("hub", "Make visits for a hub."),
    "hub": ("hub", "Make a hub for many projects, and show where it stands."),
    "demo": ("demo", "Run the main job on an embedded web, no network needed."),
}

_FUNCTIONS = {"open": "open_copy", "import": "import_"}
"""Commands whose function is named otherwise, since the word is Python's own."""

EPILOG = """\b
Exit codes:
  0    nothing to report
  1    findings (see --fail-on), or a malformed line in links.txt
  2    wrong usage, configuration or input
  3    the run is incomplete: offline, disk full, out of time, SIGTERM, a bug
  75   another run holds the lock of the folder
  130  interrupted
"""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"linkarchive.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, _FUNCTIONS.get(cmd_name, cmd_name))
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # before click makes an exit code 1 of it
            mute_stdout()
            return 0

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in _COMMANDS.items()])


_GREETING = """\
archive keeps the sources of your articles. Try:

  archive demo              see all of it, without a network
  archive check article.md  keep a copy of each linked page
  archive status            where all under watch stands

archive --help lists all commands,
archive COMMAND --help explains one."""


@click.group(
    cls=_Commands,
    commands=dict.fromkeys(_COMMANDS),  # only for "Did you mean …?"; `get_command` imports them
    invoke_without_command=True,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="archive")
@click.pass_context
def archive(context: click.Context) -> None:
    """Keep the sources of your articles: store a copy of every linked page, and tell what died, moved,
    or no longer says what it said."""
    if context.invoked_subcommand is None:
        click.echo(_GREETING)


def main() -> None:
    """Run the command line and exit with the code of docs/design.md §4."""
    _open_closed_streams()
    gc.set_threshold(20_000)  # hardly anything here is garbage in a circle: 700, Python's own, costs a check 3 %
    code = run(sys.argv[1:])
    gc.freeze()  # else all that was imported is gone through once more at the exit: 0.08 s of a run of 0.5 s
    sys.exit(code)


def _open_closed_streams() -> None:
    """Where a caller closed them: what is printed fails as on a full disk, and what is said is lost."""
    for name, flags in (("stdout", os.O_RDONLY), ("stderr", os.O_WRONLY)):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, flags), "w", encoding="utf-8"))


def run(arguments: list[str]) -> int:
    """Run a command line; what goes wrong is said on stderr. Returns the exit code."""
    try:
        code = archive.main(arguments, prog_name="archive", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return 2
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        tell("interrupted; what was done is kept, and the next run goes on from here")
        return 130
    except ArchiveError as error:
        from linkarchive.cli.common import say
        from linkarchive.report.sanitize import sanitize

        say(f"archive: {sanitize(str(error))}")
        return error.exit_code
    except BrokenPipeError:
        mute_stdout()
        return 0
    except Exception as error:  # noqa: BLE001 - the last place where it can be told; 1 would mean findings
        from linkarchive.report.sanitize import sanitize

        if isinstance(error, OSError) and error.filename is None:
            mute_stdout()  # perhaps it was that; what it still holds cannot be printed
        tell(f"archive: {sanitize(_unforeseen(error))}")
        return 3
    return code if isinstance(code, int) else 0


def mute_stdout() -> None:
    """The reader went away (`| head`): not our trouble, and nothing more can be said on stdout."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell(text: str) -> None:
    """A line on stderr. Where that goes to a full disk nothing more is said there, and the command goes on."""
    try:
        click.echo(text, err=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _unforeseen(error: Exception) -> str:
    """An error that no room has translated, in a line: the disk's say as it is, all else as a bug with its place."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'the system refused'}: {error.strerror}"
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"a bug ({type(error).__name__}: {error}, {place.filename}:{place.lineno}); please report it"
