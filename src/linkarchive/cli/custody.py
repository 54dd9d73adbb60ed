"""`archive judge`, `verify` and `rebuild`: what can be said from stored bytes alone."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from linkarchive.cli.common import checked_own_folder, counted, own_folder, project_options, say, settings_of
from linkarchive.errors import UsageError

if TYPE_CHECKING:
    from linkarchive.snapshot.record_reader import Problem


@click.command()
@click.argument("cases", type=click.Path(path_type=Path))
def judge(cases: Path) -> int:
    """Judge the stored pages of CASES (JSON lines, - for standard input) without the network."""
    from linkarchive.judge.cases import judge_line

    try:
        file = sys.stdin.buffer if str(cases) == "-" else cases.open("rb")
    except OSError as error:
        raise UsageError(f"{cases}: cannot be read: {error.strerror}") from error
    with file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    click.echo(judge_line(line.decode("utf-8", "surrogateescape")))
                except UsageError as error:
                    raise UsageError(f"{cases}:{number}: {error}") from error
    return 0


@click.command()
@project_options
@click.option("--wacz", type=click.Path(dir_okay=False, path_type=Path), help="Check this WACZ file instead.")
def verify(project: Path, config: Path | None, wacz: Path | None) -> int:
    """Check every byte of the archive against its digests, indexes and manifests."""
    from linkarchive.history.sources import missing_records
    from linkarchive.report.sanitize import one_line
    from linkarchive.snapshot.paths import warc_files
    from linkarchive.snapshot.verify import verify as verify_files
    from linkarchive.snapshot.wacz_check import check_wacz
    from linkarchive.store.opening import open_project

    place = own_folder(project, config)
    if wacz is not None:
        count = _print_problems(check_wacz(wacz))
        click.echo(one_line(f"{wacz}: {_total(count)}"))
        return 0 if count == 0 else 1
    count = _print_problems(verify_files(place.archive))
    with open_project(place) as store:
        for sentence in missing_records(place.archive, store):
            click.echo(one_line(sentence))
            count += 1
    click.echo(f"{counted(len(warc_files(place.archive)), 'WARC file')}: {_total(count)}")
    return 0 if count == 0 else 1


def _print_problems(problems: Iterable[Problem]) -> int:
    """Print all of them. Returns how many need a repair."""
    from linkarchive.report.sanitize import one_line

    count = 0
    for problem in problems:
        place = problem.file if problem.offset is None else f"{problem.file} at byte {problem.offset}"
        click.echo(one_line(f"{place}: {problem.message}"))
        count += not problem.note
    return count


def _total(problems: int) -> str:
    return "clean" if problems == 0 else counted(problems, "problem")


@click.command()
@project_options
def rebuild(project: Path, config: Path | None) -> int:
    """Make a new database from the text files and WARC files of archive/."""
    from linkarchive.clock import Clock
    from linkarchive.history.recovery import log_killed_runs, recover
    from linkarchive.history.search import read_texts
    from linkarchive.history.unsealed import seal_ended
    from linkarchive.report.sanitize import one_line
    from linkarchive.store.opening import open_project, rebuild_project

    place = checked_own_folder(project, config)
    with place.lock():
        for sentence in recover(place):
            say(one_line(sentence))
        now = Clock.from_environ().now()
        log_killed_runs(place, now)
        for sentence in seal_ended(place, now):
            say(one_line(sentence))
        rebuilt = rebuild_project(place)
        with open_project(place, write=True) as store:
            read_texts(place, store, settings_of(project, config).network, lambda _: None)
    for problem in rebuilt.problems:
        say(one_line(problem))
    origin = counted(rebuilt.runs, "run") + (f" and {counted(rebuilt.imports, 'import')}" if rebuilt.imports else "")
    click.echo(f"rebuilt from {origin}: {counted(rebuilt.visits, 'verdict')}, {counted(rebuilt.captures, 'capture')}")
    return 0
