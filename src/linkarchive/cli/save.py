"""`archive save`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from linkarchive.cli.common import project_options, say, settings_of
from linkarchive.clock import Clock
from linkarchive.errors import UsageError


@click.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@project_options
def save(urls: tuple[str, ...], project: Path, config: Path | None) -> int:
    """Ask the Wayback Machine to capture URL... now. A capture is public.

    Needs the keys of an Internet Archive account: IA_ACCESS_KEY_ID and IA_SECRET_ACCESS_KEY, or ia.ini.
    """
    from linkarchive.report.sanitize import address
    from linkarchive.wayback.privacy import why_kept_here
    from linkarchive.wayback.save import AlreadyToday, Saved, find_keys
    from linkarchive.wayback.save import save as save_pages
    from linkarchive.wayback.session import ArchiveSession

    settings = settings_of(project, config)
    for url in urls:
        kept_here = why_kept_here(url, sites=settings.sites)
        if kept_here is not None:
            raise UsageError(f"{address(url)} is not sent anywhere: {kept_here}")
    keys = find_keys(os.environ, Path.home())
    if keys is None:
        raise UsageError(
            "saving needs the keys of an Internet Archive account (https://archive.org/account/s3.php): "
            "set IA_ACCESS_KEY_ID and IA_SECRET_ACCESS_KEY, or run `ia configure`"
        )
    failed = False
    with ArchiveSession(settings.network, settings.wayback, Clock.from_environ(), budget=0) as session:
        for url, result in save_pages(session, keys, urls):
            if isinstance(result, Saved):
                click.echo(f"{address(url)}  {result.url}")
            elif isinstance(result, AlreadyToday):
                click.echo(f"{address(url)}  captured today already")
            else:
                say(f"archive: {address(url)}: not saved: {result.why}")
                failed = True
    return 1 if failed else 0
