"""Starting and ending the review page and what stands beside it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from linkarchive.clock import Clock
from linkarchive.errors import UsageError
from linkarchive.model import Capture
from linkarchive.project import Project
from linkarchive.serve.app import AppState, make_app
from linkarchive.serve.captures import CaptureViewer, make_captures_app
from linkarchive.serve.guard import Guard
from linkarchive.serve.recheck import Recheck
from linkarchive.serve.replay import replaying
from linkarchive.settings import Settings
from linkarchive.store import captures, sources
from linkarchive.store.opening import open_project

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ADDRESS = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Served:
    """`url` lets its reader in: it is printed once and kept nowhere."""

    url: str
    replay: str | None


@contextmanager
def serving(project: Project, settings: Settings, clock: Clock, who: str, port: int = 0) -> Iterator[Served]:
    """The review page while the block lasts; `port` 0 takes a free one. Raises UsageError for a port that is taken."""
    with ExitStack() as stack:
        replay = stack.enter_context(replaying(project))
        # The port is known only when the server is there, and the applications need it: they are put in afterwards.
        review, captures_server = _listening(port), _listening(0)
        guard = Guard(f"{_ADDRESS}:{review.server_port}")
        viewer = CaptureViewer(f"localhost:{captures_server.server_port}")
        recheck = Recheck(project, settings, clock)
        stack.callback(recheck.close)
        review.app = make_app(AppState(project, guard, viewer, recheck, clock, who, replay))
        captures_server.app = make_captures_app(project, viewer)
        for server in (review, captures_server):
            stack.enter_context(_running(server))
        yield Served(f"{guard.origin}/?token={guard.entry}", replay)


@dataclass(slots=True)
class Shown:
    """A stored copy on show: where, and when it was last asked for (`time.monotonic`)."""

    url: str
    app: WSGIApplication
    _last: float = field(default_factory=time.monotonic)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self._last = time.monotonic()
        return self.app(environ, start_response)

    def last_request(self) -> float:
        return self._last


@contextmanager
def showing(project: Project, url: str, capture: Capture) -> Iterator[Shown]:
    """One stored copy of a source, shown on an origin of its own while the block lasts. Raises UsageError."""
    with open_project(project) as store:
        source = sources.find(store, url).id
        number = captures.find(store, source, capture).id
    with ExitStack() as stack:
        server = _listening(0)
        viewer = CaptureViewer(f"localhost:{server.server_port}")
        view = "page" if "html" in capture.mime else "text"
        shown = Shown(viewer.url(source, number, view), make_captures_app(project, viewer))
        server.app = shown
        stack.enter_context(_running(server))
        yield shown


def _listening(port: int) -> BaseWSGIServer:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request, with the token in the first
    try:
        return make_server(_ADDRESS, port, Flask("not.yet"), threaded=True)
    except (OSError, SystemExit) as error:  # Werkzeug exits where it cannot bind (3.1, 2026-11-23)
        raise UsageError(f"port {port} of {_ADDRESS} is taken; give another one, or none") from error


@contextmanager
def _running(server: BaseWSGIServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, name="review", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
