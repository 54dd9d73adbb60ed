"""`archive open`: a stored copy in the browser."""

from __future__ import annotations

import os
import sys
import time
import webbrowser
from datetime import datetime
from pathlib import Path

import click

from linkarchive.cli.common import nearest_capture, project_options, say, settings_of, urls_named
from linkarchive.cli.serve import until_ended

_IDLE = 600.0
"""Seconds without a request after which nobody reads the page any more."""


@click.command(name="open")
@click.argument("url", metavar="URL|NUMBER")
@project_options
@click.option("--at", type=click.DateTime(["%Y-%m-%d"]), help="The copy nearest to this day (default: the newest).")
@click.option("--idle", type=click.FloatRange(0), default=_IDLE, help="Seconds without a request to end after (600).")
def open_copy(url: str, project: Path, config: Path | None, at: datetime | None, idle: float) -> int:
    """Show the stored copy of a source in the browser, without scripts. NUMBER is that of a finding in the last report.

    Where there is no display, the address is printed. Ends with Ctrl-C, and after ten minutes in which nobody looked.
    """
    from linkarchive.api.project import Project
    from linkarchive.serve.server import showing

    place = Project(project, settings=settings_of(project, config))
    (url,) = urls_named(place, [url])
    capture = nearest_capture(place, url, at)
    with until_ended() as ended, showing(place.folder, url, capture) as shown:
        click.echo(shown.url)
        if not (_has_display() and webbrowser.open(shown.url)):
            say("Open this address in a browser on this machine. Ctrl-C ends it.")
        while not ended.wait(min(1.0, idle)) and time.monotonic() - shown.last_request() < idle:
            pass
    return 0


def _has_display() -> bool:
    """A browser would open a window here, and not in this terminal."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
