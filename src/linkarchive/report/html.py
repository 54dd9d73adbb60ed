"""The report as one HTML file without outside parts: it reads and prints without scripts, and filters with them."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from linkarchive.model import Picture, Report, Result, Verdict
from linkarchive.report import phrases
from linkarchive.report.formats import PLAIN, View
from linkarchive.report.passages import clipped, in_context, quoted, said_and_says
from linkarchive.report.sanitize import address, href, one_line, sanitize
from linkarchive.report.sections import Group, Sections, day_of, divide, host
from linkarchive.report.suggestions import suggestions, suggestions_unresolved
from linkarchive.report.summary import headline, summary
from linkarchive.translation import gettext, script_words


@dataclass(frozen=True, slots=True)
class Live:
    """What the review page (`archive serve`) adds to the report: markup of its own, a style and a script."""

    style: str
    script: str
    head: Markup
    banner: Markup
    pages: tuple[Markup, Markup]
    """The way to the other pages of findings, before those of this one and after them."""
    batch: Markup
    bar: Markup
    """Stays at the edge of the window."""
    actions: Mapping[str, Markup]
    """What can be done about a source, by its URL as the report shows it."""
    part: Report
    """What of the report stands on this page."""
    open_findings: Mapping[str, int]
    """How many findings each article has, by its path."""


def render_html(report: Report, view: View = PLAIN, live: Live | None = None) -> str:
    """`stream_html` as one text."""
    return "".join(stream_html(report, view, live))


def stream_html(report: Report, view: View = PLAIN, live: Live | None = None) -> Iterator[str]:
    """The whole report, in pieces; as the review page with `live`."""
    part = report if live is None else live.part
    safe, sections = sanitize(part), divide(part)
    titles = [article.title for article in report.articles[:2]]
    findings = [*sections.news.shown, *sections.standing.shown, *sections.unseen.shown]
    open_findings = Counter(
        path for source in findings for path in {cited.article for cited in source.result.citations}
    )
    style, script = page_assets(live)
    stream = _environment().get_template("report.html.j2").stream(
        report=safe,
        sections=sections,
        counts=report.summary,
        differences=_shown(view.differences),
        timelines=_shown(view.timelines),
        texts={one_line(path): sanitize(text) for path, text in view.texts.items()},
        pictures={address(url): pair for url, pair in view.pictures.items()},
        anchors=_anchors(sections),
        now=day_of(safe),
        headline=headline(report),
        summary=summary(report),
        style=Markup(style),  # noqa: S704  (our own file)
        script=Markup(script),  # noqa: S704  (our own file)
        script_words=script_words(script),
        policy=policy(style, script, live is not None),
        live=live,
        name=one_line(titles[0] if len(titles) == 1 and titles[0] else view.name),
        for_reader=view.for_reader,
        commands=not view.for_reader and live is None,
        unfold=len(findings) <= _FEW,
        open_findings=open_findings if live is None else live.open_findings,
    )  # fmt: skip
    stream.enable_buffering(_EVENTS)
    return stream


_EVENTS = 200
"""Pieces of the template that are put together."""
_FEW = 4
"""Findings that are shown unfolded."""


_T = TypeVar("_T")


def _shown(by_url: Mapping[str, _T]) -> dict[str, _T]:
    """Made safe, and under the URLs that the report shows: those in `by_url` are as they are, with their secrets."""
    return {address(url): sanitize(value) for url, value in by_url.items()}


def _anchors(sections: Sections) -> dict[str, str]:
    """Where on the page a finding is, by its URL."""
    parts = {"new": sections.news, "standing": sections.standing, "unseen": sections.unseen}
    return {source.result.url: f"{name}-{n}" for name, part in parts.items() for n, source in enumerate(part.shown, 1)}


def script_of(script: str) -> str:
    """A script with what it needs to say its words in the reader's language."""
    return _asset("words.js") + script


def page_assets(live: Live | None) -> tuple[str, str]:
    """The style and the script of a page."""
    style, script = _asset("report.css"), script_of(_asset("report.js"))
    return (style, script) if live is None else (style + live.style, script + live.script)


def policy(style: str, script: str, live: bool = False) -> str:
    """Nothing may load, run or be sent but the style and the script of this very page (CSP level 3); the review
    page may also send its forms home, show pictures from home, and ask home whether a re-check is done."""
    own = "form-action 'self'; connect-src 'self'" if live else "form-action 'none'"
    home = " 'self'" if live else ""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        f"img-src data:{home}; base-uri 'none'; {own}"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _asset(name: str) -> str:
    return resources.files("linkarchive.report").joinpath("templates", name).read_text(encoding="utf-8")


class _Compiled(BytecodeCache):
    """Compiled templates lie where Python puts its own compiled modules: to compile ours takes 50 ms of each run that
    writes a report."""

    def _path(self, bucket: Bucket) -> str:
        module = Path(__file__).with_name(f"{Path(__file__).stem}-{bucket.key}-jinja{version('jinja2')}.py")
        return importlib.util.cache_from_source(str(module))

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError, ValueError, EOFError, TypeError), open(self._path(bucket), "rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if not sys.dont_write_bytecode:
            path = self._path(bucket)
            with suppress(OSError):
                new = Path(f"{path}.{os.getpid()}")
                new.write_bytes(bucket.bytecode_to_string())
                new.replace(path)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("linkarchive.report"),
        bytecode_cache=_Compiled(),
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
        suggestions=suggestions,
        suggestions_unresolved=suggestions_unresolved,
        in_context=in_context,
        said_and_says=said_and_says,
        heading=heading,
        inline=inline,
        places=places,
        rows=rows,
        quoted=quoted,
        host=host,
        legend_of=phrases.legend,
        _=in_markup,
    )
    return environment


def _names() -> dict[str, Any]:
    names = (
        "acceptance", "ago", "certainty", "cited", "compared", "count", "day", "further", "last_visit", "loss",
        "losses", "meaning", "meaning_of", "more", "original", "percent", "place", "recovered_link", "recovery",
        "short_of", "share_of", "since", "word",
    )  # fmt: skip
    return {name: getattr(phrases, name) for name in names}


def in_markup(message: str, /, **values: Any) -> Markup:
    """`gettext` in templates: the values may be markup, all else is escaped."""
    return escape(gettext(message)).format(**values)


def inline(picture: Picture) -> str:
    """A picture as the address that it is shown by."""
    return f"data:{picture.kind};base64,{base64.b64encode(picture.data).decode()}"


def heading(result: Result) -> str:
    """What a reader knows a source by: the title of its page, else the address without its scheme."""
    return result.title or result.title_then or clipped(result.url.partition("://")[2] or result.url, 80)


def places(result: Result) -> str:
    """Where a source is cited, in a line."""
    named = ", ".join(phrases.place(citation) for citation in result.citations[:3])
    others = len(result.citations) - 3
    return named if others <= 0 else gettext("{places} and {number} more", places=named, number=others)


def rows(group: Group) -> Iterator[tuple[str, str | None, str, list[str]]]:
    """A quiet section as (URL, where it may lead, what we saw, places): a template takes thrice as long to put it
    together, and a section may have two thousand."""
    for source in group.shown:
        result = source.result
        seen = [phrases.meaning_of(source)]
        if result.similarity is not None:
            seen.append(gettext("{similarity} stands.", similarity=phrases.percent(result.similarity)))
        if source.earlier:
            seen.append(phrases.last_visit(source))
        if source.kind.is_decided:
            seen.append(phrases.decided(source.ignored, source.decision))
        yield (result.url, href(result.url), " ".join(seen), [phrases.place(citation) for citation in result.citations])
