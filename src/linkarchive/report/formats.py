"""The formats of a report, and which one the name of a file asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from linkarchive.errors import UsageError
from linkarchive.model import Difference, Report

Renderer = Callable[[Report, Mapping[str, Difference]], str]
"""A report and the differences to show, by the URL of the source; only HTML shows them."""

FILE_WIDTH = 100
"""Columns of the terminal format in a file."""


# Each imports its module when it is called: `archive --help` must not wait for rich and Jinja2.


def _terminal(report: Report, differences: Mapping[str, Difference]) -> str:
    from linkarchive.report.terminal import render_terminal

    return render_terminal(report, width=FILE_WIDTH, color=False)


def _json(report: Report, differences: Mapping[str, Difference]) -> str:
    from linkarchive.report.json import render_json

    return render_json(report)


def _jsonl(report: Report, differences: Mapping[str, Difference]) -> str:
    from linkarchive.report.json import render_jsonl

    return render_jsonl(report)


def _markdown(report: Report, differences: Mapping[str, Difference]) -> str:
    from linkarchive.report.markdown import render_markdown

    return render_markdown(report)


def _html(report: Report, differences: Mapping[str, Difference]) -> str:
    from linkarchive.report.html import render_html

    return render_html(report, differences)


FORMATS: Mapping[str, Renderer] = {
    "terminal": _terminal,
    "json": _json,
    "jsonl": _jsonl,
    "markdown": _markdown,
    "html": _html,
}

_SUFFIXES = {".txt": "terminal", ".json": "json", ".jsonl": "jsonl", ".md": "markdown", ".html": "html"}


def format_for(path: Path) -> str:
    """The format that the suffix of a file names; raises UsageError for an unknown one."""
    known = _SUFFIXES.get(path.suffix.lower())
    if known is None:
        raise UsageError(f"{path}: the suffix names no format of a report; give one of {', '.join(_SUFFIXES)}")
    return known
