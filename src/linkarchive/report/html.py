"""The report as one HTML file without outside parts: it reads and prints without scripts, and filters with them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from linkarchive.model import CitationOutcome, Difference, Report, Unresolved, Verdict
from linkarchive.report import words
from linkarchive.report.advice import steps, steps_unresolved
from linkarchive.report.foreign import href, neutral
from linkarchive.report.sections import day_of, divide
from linkarchive.report.summing import headline, summary


def render_html(report: Report, differences: Mapping[str, Difference]) -> str:
    """The whole report; `differences` by the URL of the source, for those that have one."""
    safe = neutral(report)
    # The keys are the URLs as they are; the report shows them without their secrets.
    shown = {
        after.outcome.url: neutral(differences[before.outcome.url])
        for before, after in zip(report.sources, safe.sources, strict=True)
        if before.outcome.url in differences
    }
    style, script = _asset("report.css"), _asset("report.js")
    return _environment().get_template("report.html.j2").render(
        report=safe,
        sections=divide(safe),
        differences=shown,
        now=day_of(safe),
        headline=headline(safe),
        summary=summary(safe),
        style=Markup(style),  # noqa: S704  (our own file)
        script=Markup(script),  # noqa: S704
        policy=_policy(style, script),
    )  # fmt: skip


def _policy(style: str, script: str) -> str:
    """Nothing may load, run or be sent but the style and the script of this very page (CSP level 3)."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _asset(name: str) -> str:
    return resources.files("linkarchive.report").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("linkarchive.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(
        _names(),
        Verdict=Verdict,
        href=href,
        steps=steps,
        steps_unresolved=steps_unresolved,
        in_context=in_context,
    )
    return environment


def _names() -> dict[str, Any]:
    names = (
        "ICON", "acceptance", "ago", "certainty", "compared", "count", "day", "further", "ignored", "loss", "losses",
        "meaning", "meaning_of", "original", "percent", "place", "recovered_link", "recovery", "since",
    )  # fmt: skip
    return {name: getattr(words, name) for name in names}


def in_context(citation: CitationOutcome | Unresolved) -> tuple[str, str, str]:
    """The sentence as (before, anchor text, after); the anchor text alone where the sentence does not have it."""
    text = citation.text.strip()
    before, found, after = citation.context.partition(text) if text else (citation.context, "", "")
    return (before, found, after) if found or not text else ("", text, "")
