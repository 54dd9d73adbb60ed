"""Drawing the review page: the HTML report with forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from linkarchive.model import Pictures
from linkarchive.report.html import Live, in_markup, page_assets, policy, render_html, script_of
from linkarchive.report.phrases import day
from linkarchive.report.sanitize import address, sanitize
from linkarchive.serve.review import A_PAGE, Review, mark_of
from linkarchive.store.decisions import Decision
from linkarchive.translation import N_, gettext, script_words


@dataclass(frozen=True, slots=True)
class Notice:
    """What came of the last thing done, and what takes it back: the marks of its sources, and the action."""

    text: str
    troubles: tuple[str, ...] = ()
    undoes: str | None = None
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Copy:
    """A stored copy, and where its text, the page without scripts, and its replay open."""

    time: datetime
    whose: str
    status: int
    text: str
    page: str | None
    replay: str | None


@dataclass(frozen=True, slots=True)
class Page:
    html: str
    policy: str
    """The Content-Security-Policy to send with it."""


def draw(review: Review, form_token: str, notice: Notice | None, recheck: str, busy: bool) -> Page:
    """The page of a project. `recheck` says what came of the last re-check, or what it is at."""
    numbers = {address(url): (number, mark_of(number, url)) for url, number in review.numbers.items()}
    pictured = {address(url) for url in review.view.pictures}
    place, groups, settled = review.place, review.findings.groups, review.findings.settled
    form = {"token": form_token, "decide": f"/decide?page={place.page}"}
    findings = [sanitize(source) for source in review.report.sources if source.result.verdict.is_finding]
    larger = {kind: [(name, n) for name, n in names.most_common() if n > 1] for kind, names in groups.items()}
    live = Live(
        style=_asset("review.css"),
        script=_asset("review.js"),
        head=_drawn("head", busy=busy),
        banner=_drawn("banner", recheck=sanitize(recheck), busy=busy),
        pages=(_drawn("pages", place=place, end=False), _drawn("pages", place=place, end=True)),
        bar=_drawn("bar", **form, notice=sanitize(notice), findings=len(findings)),
        batch=_drawn(
            "batch",
            **form,
            settled=sanitize(settled[:A_PAGE]),
            all_settled=len(settled),
            groups=larger,
            findings=len(findings),
        ),
        actions={
            source.result.url: _drawn(
                "actions",
                **form,
                source=source,
                number=numbers[source.result.url][0],
                mark=numbers[source.result.url][1],
                busy=busy,
                pictured=source.result.url in pictured,
            )
            for source in findings
            if source.result.url in numbers
        },
        part=review.part,
        open_findings=groups["article"],
    )
    return _page(render_html(review.report, review.view, live), *page_assets(live))


def draw_copies(url: str, copies: Sequence[Copy]) -> Page:
    """The stored copies of a source, with where each opens."""
    style = _asset("message.css")
    return _page(_drawn("captures", url=address(url), copies=copies, style=_markup(style)), style)


def draw_looks(number: int, url: str, pictures: Pictures) -> Page:
    """The full pictures of the page of a source, then and now."""
    style, script = _asset("looks.css"), script_of(_asset("looks.js"))
    html = _drawn(
        "looks",
        number=number,
        url=address(url),
        pictures=pictures,
        style=_markup(style),
        script=_markup(script),
        script_words=script_words(script),
    )
    return _page(html, style, script)


def draw_message(title: str, text: str) -> Page:
    """A page that only says something."""
    style = _asset("message.css")
    return _page(_drawn("message", title=title, text=sanitize(text), style=_markup(style)), style)


def _page(html: str, style: str, script: str = "") -> Page:
    return Page(html, f"{policy(style, script, live=True)}; frame-ancestors 'none'")


def _settled(decision: Decision) -> str:
    """“Ignored by maria on 2 March 2026, until 1 March 2027: known”."""
    text = gettext(_SETTLED[decision.action], who=decision.who, when=day(decision.when))
    if decision.until:
        text = gettext("{settled}, until {until}", settled=text, until=day(decision.until))
    if decision.replacement:
        text = gettext("{settled}, with {replacement}", settled=text, replacement=decision.replacement)
    return f"{text}: {decision.reason}" if decision.reason else text


_SETTLED = {
    "accept": N_("Accepted by {who} on {when}"),
    "ignore": N_("Ignored by {who} on {when}"),
    "replace": N_("To be replaced by {who} on {when}"),
}


def _drawn(name: str, **values: Any) -> Markup:
    """A template of ours, filled in."""
    return _markup(_environment().get_template(f"{name}.html.j2").render(**values))


def _markup(text: str) -> Markup:
    return Markup(text)  # noqa: S704 - our own files, and our own templates, which escape


def _asset(name: str) -> str:
    return resources.files("linkarchive.serve").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("linkarchive.serve"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(_=in_markup, day=day, one_line=sanitize, settled_words=_settled)
    return environment
