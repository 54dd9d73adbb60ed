"""`archive export` and `archive forget`: what leaves the archive, as a copy or for good."""

from __future__ import annotations

from pathlib import Path

import click

from linkarchive.cli.common import folder_of, project_options, say
from linkarchive.clock import Clock
from linkarchive.errors import UsageError


@click.command()
@project_options
@click.option("--wacz", "target", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write.")
@click.option("--title", help="Of the collection (default: the name of the project folder).")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def export(project: Path, config: Path | None, target: Path, title: str | None, force: bool) -> int:
    """Write the whole archive as one WACZ file, to be replayed by other programs."""
    from linkarchive.judge.parsed_page import read
    from linkarchive.report.sanitize import one_line
    from linkarchive.snapshot.wacz import export_wacz

    place = folder_of(project, config)
    if target.exists() and not force:
        raise UsageError(f"{target} is there already: name another file, or replace it with --force")
    title = title or f"Sources of {place.root.name}"
    with place.lock():
        exported = export_wacz(
            place.archive,
            target,
            title=title,
            created=Clock.from_environ().now(),
            title_of=lambda page: read(page).title,
        )
    for name in exported.left_out:
        say(one_line(f"{name} is left out: its run did not end; the next `archive check` makes it whole"))
    if exported.secrets:
        say(f"{exported.secrets} pages have credentials in their addresses; the WARC files hold them unredacted")
    click.echo(one_line(f"{target}: {exported.pages} pages in {exported.warcs} WARC files, {exported.size:,} bytes"))
    return 0


@click.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@project_options
@click.option("--reason", help="Why; it stays, in decisions.jsonl and in the WARC files. Not needed with --undo.")
@click.option("--undo", is_flag=True, help="Visit the sources again; what was taken out does not come back.")
def forget(urls: tuple[str, ...], project: Path, config: Path | None, reason: str | None, undo: bool) -> int:
    """Take all captures of the sources URL... out of the archive, for good, and visit them no more.

    A tombstone with the reason stays.
    """
    from linkarchive.api.project import user
    from linkarchive.history.decisions import lift
    from linkarchive.history.forget import forget_sources
    from linkarchive.report.sanitize import address, one_line

    place, now = folder_of(project, config), Clock.from_environ().now()
    if undo:
        with place.lock():
            for url in urls:
                click.echo(f"to be visited again: {address(lift(place, url, reason, user(), now).url)}")
        return 0
    if reason is None or not reason.strip():
        raise UsageError("--reason TEXT is needed: why the copies go is all that stays")
    with place.lock():
        done = forget_sources(place, urls, reason, who=user(), now=now)
    for problem in done.problems:
        say(one_line(problem))
    for url in done.also:
        say(f"{address(url)} led to the page too: those copies were taken out; it stays under watch")
    for url in done.same:
        say(f"{address(url)} has the very same bytes as its own page: that copy stays; forget it too if it must go")
    for url in done.urls:
        click.echo(f"forgot {address(url)}")
    click.echo(f"{done.captures} captures taken out, {done.files} WARC files written anew")
    return 0
