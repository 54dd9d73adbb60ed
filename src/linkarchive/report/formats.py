"""The formats of a report, and which one the name of a file asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct, field

from linkarchive.errors import UsageError
from linkarchive.model import ArticleText, Difference, Event, Pictures, Report


class View(Struct, frozen=True):
    """How a report is wanted, for the formats that it matters to."""

    fail_on: tuple[str, ...] = ("dead", "drifted", "unresolved")
    """Verdicts that are failures (junit)."""
    new_only: bool = False
    """Only what is new is a failure (junit)."""
    quiet: bool = False
    """Only what changed since the last run; HTML is a document and always whole."""
    feed: str = ""
    """What tells this project's feed from others' (atom)."""
    differences: Mapping[str, Difference] = field(default_factory=dict)
    """What changed in the texts of pages, by URL (html)."""
    timelines: Mapping[str, tuple[Event, ...]] = field(default_factory=dict)
    """The lives of sources, by URL (html)."""
    texts: Mapping[str, ArticleText] = field(default_factory=dict)
    """The articles, by path (html)."""
    pictures: Mapping[str, Pictures] = field(default_factory=dict)
    """How pages looked, by URL (html)."""
    name: str = ""
    """Of the project, for the masthead; a report on one article has its title there (html)."""
    for_reader: bool = False
    """For somebody who only gets the file: no commands, and a legend (html)."""


PLAIN = View()
FORMATS = ("terminal", "json", "jsonl", "markdown", "html", "junit", "atom")
FILE_WIDTH = 100
"""Columns of the terminal format in a file."""


def render(form: str, report: Report, view: View = PLAIN) -> Iterable[str]:
    """A report in one of `FORMATS`, in pieces of text."""
    # Each format is imported when it is asked for: the terminal must not wait for Jinja2.
    match form:
        case "json":
            from linkarchive.report.json import render_json

            return render_json(report, view.quiet)
        case "jsonl":
            from linkarchive.report.json import render_jsonl

            return render_jsonl(report, view.quiet)
        case "markdown":
            from linkarchive.report.markdown import render_markdown

            return [render_markdown(report, view.quiet)]
        case "html":
            from linkarchive.report.html import stream_html

            return stream_html(report, view)
        case "junit":
            from linkarchive.report.junit import render_junit

            return [render_junit(report, view.fail_on, view.new_only, view.quiet)]
        case "atom":
            from linkarchive.report.atom import render_atom

            return [render_atom(report, view.feed)]
    from linkarchive.report.terminal import render_terminal

    return [render_terminal(report, width=FILE_WIDTH, color=False, quiet=view.quiet)]


_SUFFIXES = {
    ".txt": "terminal", ".json": "json", ".jsonl": "jsonl", ".md": "markdown", ".html": "html", ".xml": "junit",
    ".atom": "atom",
}  # fmt: skip


def format_for(path: Path) -> str:
    """The format that the suffix of a file names; raises UsageError for an unknown one."""
    known = _SUFFIXES.get(path.suffix.lower())
    if known is None:
        raise UsageError(f"{path}: the suffix names no format of a report; give one of {', '.join(_SUFFIXES)}")
    return known
