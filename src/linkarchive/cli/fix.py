"""`archive fix`: new targets for the links of articles."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from linkarchive.cli.common import checked_folder, folder_of, project_options, say
from linkarchive.clock import Clock

if TYPE_CHECKING:
    from linkarchive.history.edited_files import FileFix


@click.command()
@click.argument("articles", nargs=-1, required=True, metavar="ARTICLE...")
@project_options
@click.option("--write", is_flag=True, help="Edit the files (without it: print a unified diff).")
@click.option(
    "--style",
    type=click.Choice(["replace", "append", "robust"]),
    help="How archived copies are written (default: robust in HTML and templates of wikitext, else replace).",
)
@click.option("-q", "--quiet", is_flag=True, help="Do not name the links that are left to you.")
def fix(
    articles: tuple[str, ...], project: Path, config: Path | None, write: bool, style: str | None, quiet: bool
) -> int:
    """Put new targets into the links of ARTICLE...: what was recovered, where pages moved, archived copies of
    dead ones, and what you decided.

    Texts (Markdown, HTML, LaTeX, wikitext, notebooks …), lists of references, DOCX, OpenDocument and links.txt can
    be edited; nothing but the targets changes, and what the style adds: `append` puts “(archived)” beside the original,
    `robust` writes both into the fields that the format has for them. For other files the replacements are printed
    with their sentences.
    What was found is taken from the last check, without the network.

    \b
    Exit codes: 0  nothing to change, or everything written
                1  there are changes, and --write was not given; or changes that only you can make
                2  a file cannot be edited, or changed since it was checked
    """
    from linkarchive.article.fix_styles import Style
    from linkarchive.history.edited_files import write_fixes
    from linkarchive.history.fixes import plan_fixes
    from linkarchive.report.sanitize import sanitize
    from linkarchive.store.opening import open_project

    place = (checked_folder if write else folder_of)(project, config)
    chosen = None if style is None else Style(style)
    day = Clock.from_environ().now().date()
    if write:
        with place.lock(), open_project(place, write=True) as store:
            fixes = plan_fixes(place, store, articles, day, chosen)
            write_fixes(place, store, fixes)
    else:
        with open_project(place) as store:
            fixes = plan_fixes(place, store, articles, day, chosen)
    changed = [file for file in fixes.files if file.changes]
    for file in changed:
        for line in (f"{sanitize(change)}" for change in file.new_targets) if write else _diff(file):
            click.echo(line)
    by_hand = [sentence for file in fixes.files for sentence in file.by_hand]
    for sentence in by_hand:
        click.echo(sanitize(sentence))
    for sentence in () if quiet else (sentence for file in fixes.files for sentence in file.left):
        say(sanitize(sentence))
    if write and changed and not any(file.name == "links.txt" for file in changed):
        say("links.txt follows with the next `archive check`: old URLs stay there as uncited until they are pruned")
    for error in fixes.errors:
        say(f"archive: {sanitize(error)}")
    if fixes.errors:
        return 2
    return 1 if by_hand or (changed and not write) else 0


def _diff(file: FileFix) -> Iterator[str]:
    """A unified diff whose lines are safe to show."""
    from linkarchive.links.line import lines_of
    from linkarchive.report.sanitize import one_line, source_line

    before, after = (lines_of(text) for text in file.text)
    name = one_line(file.name)
    for line in difflib.unified_diff(before, after, f"a/{name}", f"b/{name}", lineterm="\n"):
        yield source_line(line.rstrip("\r\n"))
        if not line.endswith(("\n", "\r")):
            yield "\\ No newline at end of file"
