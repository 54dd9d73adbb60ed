"""`archive import`: captures that other programs made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from linkarchive.cli.common import counted, own_folder, project_options, say, settings_of
from linkarchive.clock import Clock

if TYPE_CHECKING:
    from linkarchive.imports.importing import ImportSummary


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@project_options
@click.option("--all", "keep_all", is_flag=True, help="Keep pages that are no sources here, too, for replay.")
@click.option("--rebase", is_flag=True, help="Compare citations that have a baseline with the imported capture, too.")
def import_(files: tuple[Path, ...], project: Path, config: Path | None, keep_all: bool, rebase: bool) -> int:
    """Keep captures that other programs made: WARC and WACZ files, ArchiveBox folders, pages saved with
    SingleFile, folders of wget --mirror.

    What is a source here may become the baseline of its citations; the rest is counted and left out.
    """
    from linkarchive.api.project import user
    from linkarchive.imports.importing import import_files
    from linkarchive.report.sanitize import one_line

    settings = settings_of(project, config)
    place = own_folder(project, config)
    imported = import_files(place, files, settings, Clock.from_environ(), keep_all=keep_all, rebase=rebase, who=user())
    for problem in imported.problems:
        say(one_line(problem))
    for line in _lines(imported):
        click.echo(line)
    return 0


def _lines(imported: ImportSummary) -> list[str]:
    lines = [f"{imported.id}: {counted(imported.captures, 'capture')} of {counted(imported.sources, 'source')}"]
    if imported.unusable:
        lines.append(f"{counted(imported.unusable, 'capture')} of an error or a wall: kept, but no baseline")
    if imported.known:
        lines.append(f"{counted(imported.known, 'capture')} left out: the archive has them already")
    if imported.kept:
        lines.append(f"{counted(imported.kept, 'other page')} kept for replay")
    if imported.left_out:
        lines.append(f"{counted(imported.left_out, 'other page')} left out: no sources of this project")
    if imported.rebased:
        lines.append(f"{counted(imported.rebased, 'citation')} compared with an imported capture from now on")
    if imported.problems:
        lines.append(f"{counted(len(imported.problems), 'problem')} (above): what was damaged was left out")
    return lines
