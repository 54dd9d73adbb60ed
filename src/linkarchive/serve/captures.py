"""Stored pages on an origin of their own: their text, or the page without anything that acts.

Three things stand between a stored page and the review page, each enough by itself: scripts, forms and the like are
taken out (frames are the stored ones, treated alike); the Content-Security-Policy lets nothing load or run and puts
the page in a sandbox with an opaque origin; and host and port are others than the review page's, so that its cookie is
never sent here (`localhost` is another site than `127.0.0.1`).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from hmac import compare_digest
from html import escape

from flask import Flask, Response, abort, request
from werkzeug.routing import IntegerConverter

from linkarchive.errors import ArchiveError
from linkarchive.history.single_page import caption_of, single_page_of
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.model import Page
from linkarchive.project import Project
from linkarchive.report.sanitize import sanitize
from linkarchive.requisites import single
from linkarchive.snapshot.reader import read_page
from linkarchive.snapshot.shelf import is_there
from linkarchive.store import captures as stored
from linkarchive.store.captures import StoredCapture
from linkarchive.store.opening import open_project
from linkarchive.translation import gettext

POLICY = f"{single.POLICY}; sandbox; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_STYLE = (
    ":root{color-scheme:light dark}body{font:1.05rem/1.6 Georgia,serif;max-width:42rem;margin:2rem auto;padding:0 1rem;"
    "overflow-wrap:anywhere}.stored-copy{font:.85rem/1.5 sans-serif}"
)


class RowNumber(IntegerConverter):
    """The number of a row, in an address; a longer one is none: the database has no such numbers."""

    regex = "[0-9]{1,15}"


@dataclass(frozen=True, slots=True)
class CaptureViewer:
    """Where the stored pages are shown: `host` is `localhost:PORT`, `key` stands in every address."""

    host: str
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def url(self, source: int, capture: int, view: str) -> str:
        """The address of a stored copy: of its text, or of its page without scripts (`view` is "text" or "page")."""
        return f"http://{self.host}/{self.key}/{source}/{capture}/{view}"


def make_captures_app(project: Project, viewer: CaptureViewer) -> Flask:
    app = Flask("linkarchive.captures", static_folder=None)
    app.url_map.converters["int"] = RowNumber

    @app.before_request
    def refuse_others() -> None:
        if request.host != viewer.host or request.method not in ("GET", "HEAD"):
            abort(403)

    @app.after_request
    def secure(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    @app.get("/<key>/<int:source>/<int:number>/<view>")
    def show(key: str, source: int, number: int, view: str) -> Response:
        if not compare_digest(key.encode(), viewer.key.encode()) or view not in ("text", "page"):
            abort(404)
        with open_project(project) as store:
            kept = next((capture for capture in stored.of_source(store, source) if capture.id == number), None)
            if kept is None:
                abort(404)
            try:
                html = single_page_of(project.files, store, kept) if view == "page" else None
                html = html or _text(read_page(project.files, kept.capture), caption_of(kept.capture))
            except ArchiveError as error:
                html = _document(gettext("A copy that cannot be read"), [sanitize(str(error))])
                return Response(html, 500, mimetype="text/html")
        return Response(html, mimetype="text/html")

    return app


def _text(page: Page, caption: str) -> str:
    return _document(caption, [sanitize(block) for block in ParsedPage(page).main] or [gettext("(no text in it)")])


def _document(caption: str, blocks: list[str]) -> str:
    language, title = gettext("en"), escape(caption)
    paragraphs = "".join(f'<p dir="auto" lang="">{escape(block)}</p>' for block in blocks)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f'<body><main><h1 class="stored-copy">{title}</h1>{paragraphs}</main></body></html>'
    )


def stored_copies(project: Project, source: int) -> list[StoredCapture]:
    """The copies of a source whose WARC file is in this folder, oldest first."""
    with open_project(project) as store:
        captures = stored.of_source(store, source)
    return [copy for copy in captures if is_there(project.files, copy.capture.record.warc)]
