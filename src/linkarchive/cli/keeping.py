"""`archive export` and `archive forget`: what leaves the archive, as a copy or for good."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from linkarchive.api.project import Project
from linkarchive.cli.common import (
    checked_own_folder,
    counted,
    nearest_capture,
    project_options,
    say,
    settings_of,
    urls_named,
)
from linkarchive.clock import Clock
from linkarchive.errors import UsageError
from linkarchive.project import Project as Folder

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("url", required=False)
@project_options
@click.option("--wacz", type=_FILE, help="Write the whole archive into this file, to be replayed by other programs.")
@click.option("--html", type=_FILE, help="Write the stored copy of URL into this file, with its styles and pictures.")
@click.option("--png", type=_FILE, help="Write how the stored copy of URL looks into this file (extra `browser`).")
@click.option("--at", type=click.DateTime(["%Y-%m-%d"]), help="The copy nearest to this day (default: the newest).")
@click.option("--title", help="Of the collection (default: the name of the project folder).")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def export(
    url: str | None,
    project: Path,
    config: Path | None,
    wacz: Path | None,
    html: Path | None,
    png: Path | None,
    at: datetime | None,
    title: str | None,
    force: bool,
) -> int:
    """Write the whole archive as one WACZ file, or one stored copy as one HTML file or as a picture.

    URL may be the number of a finding in the last report.
    """
    targets = [path for path in (wacz, html, png) if path is not None]
    if len(targets) != 1 or (wacz is None) != (url is not None):
        raise UsageError(
            "write --wacz FILE for the whole archive, or --html FILE URL or --png FILE URL for one stored copy"
        )
    (target,) = targets
    if target.exists() and not force:
        raise UsageError(f"{target} is there already: name another file, or replace it with --force")
    if url is not None:
        return _export_page(Project(project, settings=settings_of(project, config)), url, at, target, as_png=bool(png))
    return _export_wacz(checked_own_folder(project, config), target, title)


def _export_wacz(place: Folder, target: Path, title: str | None) -> int:
    from linkarchive.history.recovery import recover
    from linkarchive.judge.parsed_page import ParsedPage
    from linkarchive.report.sanitize import one_line
    from linkarchive.snapshot.wacz import export_wacz

    title = title or f"Sources of {place.root.name}"
    with place.lock():
        for sentence in recover(place):
            say(one_line(sentence))
        exported = export_wacz(
            place.archive,
            target,
            title=title,
            created=Clock.from_environ().now(),
            title_of=lambda page: ParsedPage(page).title,
        )
    for name in exported.left_out:
        say(one_line(f"{name} is left out: its run did not end; the next `archive check` makes it whole"))
    if exported.secrets:
        say(f"credentials in the addresses of {counted(exported.secrets, 'page')}: the WARC files hold them unredacted")
    parts = f"{counted(exported.pages, 'page')} in {counted(exported.warcs, 'WARC file')}"
    click.echo(one_line(f"{target}: {parts}, {exported.size:,} bytes"))
    return 0


def _export_page(place: Project, url: str, at: datetime | None, target: Path, *, as_png: bool) -> int:
    from linkarchive.files import write_atomically
    from linkarchive.report.sanitize import one_line

    (url,) = urls_named(place, [url])
    capture = nearest_capture(place, url, at)
    if as_png:
        from linkarchive.history.stored_picture import picture_of

        data = picture_of(place.folder, url, capture, place.settings, Clock.from_environ())
    else:
        page = place.single_page(url, capture)
        if page is None:
            raise UsageError(f"{url}: the stored copy is not an HTML page ({capture.mime or 'of no known type'})")
        data = page.encode("utf-8", "replace")
    write_atomically(target, data)
    click.echo(one_line(f"{target}: the copy of {capture.time:%Y-%m-%d}, {len(data):,} bytes"))
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

    place, now = checked_own_folder(project, config), Clock.from_environ().now()
    if undo:
        with place.lock():
            for url in urls:
                click.echo(f"to be visited again: {address(lift(place, url, reason, user(), now).url)}")
        return 0
    if reason is None or not reason.strip():
        raise UsageError("give --reason TEXT: the reason is all that stays of the copies")
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
    click.echo(f"{counted(done.captures, 'capture')} taken out, {counted(done.files, 'WARC file')} written anew")
    return 0
