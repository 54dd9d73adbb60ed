"""`archive serve`."""

from __future__ import annotations

import signal
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import click

from linkarchive.api.project import user
from linkarchive.cli.common import folder_of, project_options, say, settings_of


@click.command()
@project_options
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1 (default: a free one).")
@click.option("--open", "opens", is_flag=True, help="Open it in the browser.")
def serve(project: Path, config: Path | None, port: int, opens: bool) -> int:
    """Review the findings in a browser: accept, ignore, replace, check again, look at the stored copies.

    The page is there for this machine only, and only for who opens the address that is printed; Ctrl-C ends it.
    """
    from linkarchive.clock import Clock
    from linkarchive.history.reports import load_report
    from linkarchive.serve.server import serving
    from linkarchive.store.opening import open_project

    settings = settings_of(project, config)
    place = folder_of(project, config)
    with open_project(place) as store:
        load_report(store, [])  # says so when there is nothing to review
    with until_ended() as ended, serving(place, settings, Clock.from_environ(), user(), port) as served:
        click.echo(served.url)
        say("Open this address in your browser; it lets in whoever has it. Ctrl-C ends it.")
        if opens:
            webbrowser.open(served.url)
        ended.wait()
    return 0


@contextmanager
def until_ended() -> Iterator[Event]:
    """Set by SIGTERM and by Ctrl-C: a re-check that is at work then finishes what is in flight."""
    ended = Event()
    before = {name: signal.signal(name, lambda *_: ended.set()) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield ended
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
