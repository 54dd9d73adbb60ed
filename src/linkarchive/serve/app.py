"""The review page as a web application: who is let in, what is shown, what is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, jsonify, redirect, request
from werkzeug.exceptions import HTTPException

from linkarchive.clock import Clock
from linkarchive.errors import ArchiveError, UsageError
from linkarchive.model import Origin
from linkarchive.project import Project
from linkarchive.report.sanitize import address
from linkarchive.serve.captures import CaptureViewer
from linkarchive.serve.decide import carry_out, read_wish
from linkarchive.serve.guard import PAGE_HEADERS, Guard
from linkarchive.serve.page import Copy, Notice, Page, draw, draw_copies, draw_message
from linkarchive.serve.recheck import Recheck
from linkarchive.serve.replay import replay_url
from linkarchive.serve.review import Compared, gather, in_group
from linkarchive.store import captures, standing
from linkarchive.store.opening import open_project

_LARGEST_FORM = 1 << 20
_WHOSE = {Origin.LIVE: "our own", Origin.WAYBACK: "the Wayback Machine’s", Origin.MEMENTO: "a web archive’s"}


@dataclass(slots=True)
class Desk:
    """What the requests of one start share."""

    project: Project
    guard: Guard
    shelf: CaptureViewer
    recheck: Recheck
    clock: Clock
    who: str
    replay: str | None = None
    """`localhost:PORT` of a running pywb."""
    notice: Notice | None = field(default=None)
    """What came of the last decision, shown once."""
    compared: Compared = field(default_factory=dict)


def make_app(desk: Desk) -> Flask:
    app = Flask("linkarchive.review", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_FORM
    app.config["MAX_FORM_PARTS"] = 20_000
    guard = desk.guard

    @app.before_request
    def let_in() -> Response | None:
        return _refusal(guard)

    @app.after_request
    def secure(response: Response) -> Response:
        response.headers.update(PAGE_HEADERS)
        response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        return response

    def troubled(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            return _answer(draw_message("That is not here", error.description or ""), error.code or 500)
        code = 400 if isinstance(error, UsageError) else 503
        return _answer(draw_message("That did not work", str(error)), code)

    app.register_error_handler(ArchiveError, troubled)
    app.register_error_handler(HTTPException, troubled)

    pages: dict[str, Callable[..., Any]] = {
        "/": lambda: _show(desk),
        "/recheck": lambda: jsonify(busy=desk.recheck.busy, said=desk.recheck.said),
        "/captures/<int:number>": lambda number: _copies(desk, number),
    }
    for rule, view in pages.items():
        app.add_url_rule(rule, rule, view, methods=["GET"])
    app.add_url_rule("/decide", "/decide", lambda: _decide(desk), methods=["POST"])
    return app


def _refusal(guard: Guard) -> Response | None:
    if not guard.is_ours(request.host):
        return _answer(draw_message("Not here", "This address belongs to another program."), 403)
    if request.path == "/" and "token" in request.args:
        if not guard.may_enter(request.args["token"]):
            return _answer(draw_message("Not you", "Open the address that `archive serve` printed."), 403)
        entered = redirect("/", 303)
        entered.set_cookie(guard.cookie, guard.session, httponly=True, samesite="Strict", path="/")
        return _as_response(entered)
    if not guard.may_see(request.cookies.get(guard.cookie, "")):
        return _answer(draw_message("Not you", "Open the address that `archive serve` printed."), 403)
    if request.method not in ("GET", "HEAD") and not guard.may_change(
        dict(request.headers), request.form.get("token", "")
    ):
        return _answer(draw_message("Refused", "This did not come from the review page; nothing was changed."), 403)
    return None


def _show(desk: Desk) -> Response:
    with open_project(desk.project) as store:
        review = gather(desk.project, store, desk.clock.now().date(), desk.compared)
    notice, desk.notice = desk.notice, None
    return _answer(draw(review, desk.guard.form, notice, desk.recheck.said, desk.recheck.busy))


def _decide(desk: Desk) -> Response:
    """Do what the form asks for, and lead back to the page (post, redirect, get)."""
    with open_project(desk.project) as store:
        numbers = {source.outcome.url: (number, key) for number, key, source in standing.latest_reports(store)}
        kind, _, name = request.form.get("group", "").partition(":")
        if kind:
            urls = in_group(gather(desk.project, store, desk.clock.now().date(), desk.compared), kind, name)
        else:
            chosen = {int(text) for text in request.form.getlist("source") if text.isdecimal()}
            urls = [url for url, (number, _) in numbers.items() if number in chosen]
        if not urls:
            raise UsageError("no source was chosen")
        if request.form.get("action") == "recheck":
            if not desk.recheck.start([numbers[url][1] for url in urls]):
                desk.notice = Notice("A re-check is at work already; nothing new was begun")
        else:
            wish = read_wish(request.form)
            done = carry_out(desk.project, store, wish, urls, desk.who, desk.clock.now)
            taken = tuple(numbers[url][0] for url in done.urls)
            desk.notice = Notice(done.said, done.troubles, None if wish.action == "undo" else wish.action, taken)
    return _as_response(redirect("/", 303))


def _copies(desk: Desk, number: int) -> Response:
    with open_project(desk.project) as store:
        found = captures.of_source(store, number)
    copies = [
        Copy(
            time=kept.capture.time,
            whose=_WHOSE[kept.capture.origin],
            status=kept.capture.status,
            text=desk.shelf.url(number, kept.id, "text"),
            page=desk.shelf.url(number, kept.id, "page") if "html" in kept.capture.mime else None,
            replay=replay_url(desk.replay, kept.capture.final_url, kept.capture.time)
            if desk.replay and kept.capture.origin is Origin.LIVE
            else None,
        )
        for kept in reversed(found)
        if (desk.project.root / kept.capture.record.warc).exists()
    ]
    url = found[0].capture.url if found else ""
    return _answer(draw_copies(address(url), copies))


def _answer(page: Page, code: int = 200) -> Response:
    response = Response(page.html, code, mimetype="text/html")
    response.headers["Content-Security-Policy"] = page.policy
    return response


def _as_response(answer: Any) -> Response:
    """Flask's own kind of response: `redirect` promises only Werkzeug's."""
    response: Response = Response.force_type(answer)  # type: ignore[assignment]
    return response
