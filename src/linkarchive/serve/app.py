"""The review page as a web application: who is let in, what is shown, what a form does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, abort, jsonify, redirect, request
from werkzeug.exceptions import HTTPException

from linkarchive.clock import Clock
from linkarchive.errors import ArchiveError, UsageError
from linkarchive.history.pictures import full_pictures
from linkarchive.model import Origin, Pictures
from linkarchive.project import Project
from linkarchive.serve.captures import CaptureViewer, RowNumber, stored_copies
from linkarchive.serve.decide import carry_out, read_form
from linkarchive.serve.guard import PAGE_HEADERS, Guard
from linkarchive.serve.page import Copy, Notice, Page, draw, draw_copies, draw_looks, draw_message
from linkarchive.serve.recheck import Recheck
from linkarchive.serve.replay import replay_url
from linkarchive.serve.review import Compared, findings_of, gather, mark_of, marked, numbered
from linkarchive.store import standing
from linkarchive.store.opening import open_project
from linkarchive.translation import N_, gettext

_LARGEST_FORM = 1 << 20
_WHOSE = {
    Origin.LIVE: N_("our own"),
    Origin.WAYBACK: N_("the Wayback Machine’s"),
    Origin.MEMENTO: N_("a web archive’s"),
    Origin.IMPORTED: N_("an imported"),
}


@dataclass(slots=True)
class AppState:
    """What the requests of one start share."""

    project: Project
    guard: Guard
    viewer: CaptureViewer
    recheck: Recheck
    clock: Clock
    who: str
    replay: str | None = None
    """`localhost:PORT` of a running pywb."""
    notice: Notice | None = None
    """What came of the last decision, shown once."""
    compared: Compared = field(default_factory=dict)


def make_app(state: AppState) -> Flask:
    app = Flask("linkarchive.review", static_folder=None)
    app.url_map.converters["int"] = RowNumber
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_FORM
    app.config["MAX_FORM_PARTS"] = 20_000
    guard = state.guard

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
            return _answer(draw_message(gettext("That is not here"), error.description or ""), error.code or 500)
        code = 400 if isinstance(error, UsageError) else 503
        return _answer(draw_message(gettext("That did not work"), str(error)), code)

    app.register_error_handler(ArchiveError, troubled)
    app.register_error_handler(HTTPException, troubled)

    pages: dict[str, Callable[..., Any]] = {
        "/": lambda: _show(state),
        "/recheck": lambda: jsonify(busy=state.recheck.busy, said=state.recheck.said),
        "/captures/<int:number>": lambda number: _copies(state, number),
        "/looks/<int:number>": lambda number: _looks(state, number),
        "/looks/<int:number>/<any(then, now):moment>": lambda number, moment: _picture(state, number, moment),
    }
    for rule, view in pages.items():
        app.add_url_rule(rule, rule, view, methods=["GET"])
    app.add_url_rule("/decide", "/decide", lambda: _decide(state), methods=["POST"])
    return app


def _refusal(guard: Guard) -> Response | None:
    if not guard.is_ours(request.host):
        return _answer(draw_message(gettext("Not here"), gettext("This address belongs to another program.")), 403)
    if request.path == "/" and "token" in request.args:
        if not guard.may_enter(request.args["token"]):
            return _stranger()
        entered = redirect("/", 303)
        entered.set_cookie(guard.cookie, guard.session, httponly=True, samesite="Strict", path="/")
        return _as_response(entered)
    if not guard.may_see(request.cookies.get(guard.cookie, "")):
        return _stranger()
    if request.method not in ("GET", "HEAD") and not guard.may_change(
        dict(request.headers), request.form.get("token", "")
    ):
        return _answer(
            draw_message(gettext("Refused"), gettext("This did not come from the review page; nothing was changed.")),
            403,
        )
    return None


def _stranger() -> Response:
    title = gettext("Please open the address that `archive serve` printed")
    return _answer(draw_message(title, gettext("It lets you in; this one alone does not.")), 403)


def _show(state: AppState) -> Response:
    with open_project(state.project) as store:
        page = _page_asked_for()
        review = gather(state.project, store, state.clock.now().date(), page, state.compared)
    if page > review.place.pages:
        return _to_page(review.place.page)
    notice, state.notice = state.notice, None
    return _answer(draw(review, state.guard.form, notice, state.recheck.said, state.recheck.busy))


def _decide(state: AppState) -> Response:
    """Do what the form asks for, and lead back to the page (post, redirect, get)."""
    with open_project(state.project) as store:
        kind, _, name = request.form.get("group", "").partition(":")
        if kind:
            findings = findings_of(state.project, store, state.clock.now().date())
            numbers = numbered(store, findings.in_group(kind, name))
        else:
            numbers = marked(store, set(request.form.getlist("source")))
        urls = list(numbers)
        if not urls:
            raise UsageError("no finding was selected")
        if request.form.get("action") == "recheck":
            if not state.recheck.start([numbers[url][1] for url in urls]):
                state.notice = Notice(gettext("A re-check is already running; no second one was started"))
        else:
            form = read_form(request.form)
            result = carry_out(state.project, store, form, urls, state.who, state.clock.now)
            marks = tuple(mark_of(numbers[url][0], url) for url in result.urls)
            undoes = None if form.action == "undo" else form.action
            state.notice = Notice(result.message, result.troubles, undoes, marks)
    return _to_page(_page_asked_for())


def _to_page(page: int) -> Response:
    return _as_response(redirect("/" if page == 1 else f"/?page={page}", 303))


def _page_asked_for() -> int:
    text = request.args.get("page", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 1


def _copies(state: AppState, number: int) -> Response:
    stored = stored_copies(state.project, number)
    copies = [
        Copy(
            time=capture.capture.time,
            whose=gettext(_WHOSE[capture.capture.origin]),
            status=capture.capture.status,
            text=state.viewer.url(number, capture.id, "text"),
            page=state.viewer.url(number, capture.id, "page") if "html" in capture.capture.mime else None,
            replay=replay_url(state.replay, capture.capture.final_url, capture.capture.time)
            if state.replay and capture.capture.origin is Origin.LIVE
            else None,
        )
        for capture in reversed(stored)
    ]
    url = stored[0].capture.url if stored else ""
    return _answer(draw_copies(url, copies))


def _looks(state: AppState, number: int) -> Response:
    url, pictures = _look_of(state.project, number)
    return _answer(draw_looks(number, url, pictures))


def _picture(state: AppState, number: int, moment: str) -> Response:
    """The full picture of `moment`, “then” or “now”."""
    _, pictures = _look_of(state.project, number)
    picture = pictures.then if moment == "then" else pictures.now
    return Response(picture.data, mimetype=picture.kind) if picture else abort(404)


def _answer(page: Page, code: int = 200) -> Response:
    response = Response(page.html, code, mimetype="text/html")
    response.headers["Content-Security-Policy"] = page.policy
    return response


def _as_response(answer: Any) -> Response:
    """Flask's own kind of response: `redirect` promises only Werkzeug's."""
    response: Response = Response.force_type(answer)  # type: ignore[assignment]  # the class that it is called on
    return response


def _look_of(project: Project, source: int) -> tuple[str, Pictures]:
    """The URL of a source, as it is, and its pictures; without any for a source that is not there."""
    with open_project(project) as store:
        for number, _, report in standing.latest_reports(store, {source}):
            return report.result.url, full_pictures(project.files, store, number, report.result)
    return "", Pictures(None, None)
