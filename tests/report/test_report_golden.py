"""Every format, whole, against files that a person has looked at.

After a change that is meant: REGENERATE_GOLDEN=1 pytest tests/report/test_report_golden.py, then read the diff.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from linkarchive.errors import UsageError
from linkarchive.model import Difference, Report
from linkarchive.report.formats import View, format_for, render
from linkarchive.report.terminal import render_terminal

GOLDEN = Path(__file__).parent / "golden"


def compare(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("REGENERATE_GOLDEN"):
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_bytes().decode("utf-8")


NAMES = ["report.json", "report.jsonl", "report.md", "report.html", "report.txt", "report.junit.xml", "report.atom"]


@pytest.mark.parametrize("name", NAMES)
def test_formats_by_suffix(name: str, report: Report, differences: Mapping[str, Difference]) -> None:
    text = "".join(render(format_for(Path(name)), report, View(differences=differences)))
    if name.endswith(".html"):  # the style and the script have files and tests of their own
        text = re.sub(r"(?s)(<style>|<script>).*?(</style>|</script>)", r"\1\2", text)
        text = re.sub(r"sha256-[\w+/]+=", "sha256-…", text)
    compare(name, text)


@pytest.mark.parametrize("width", [80, 120])
def test_terminal_at_common_widths(width: int, report: Report) -> None:
    compare(f"terminal-{width}.txt", render_terminal(report, width=width, color=False))


def test_terminal_in_colour_with_all_details(report: Report) -> None:
    compare("terminal-color-verbose.txt", render_terminal(report, width=100, color=True, verbose=True))


def test_terminal_with_only_the_news(report: Report) -> None:
    compare("terminal-quiet.txt", render_terminal(report, width=80, color=False, quiet=True))


def test_terminal_without_unicode(report: Report) -> None:
    text = render_terminal(report, width=80, color=False, unicode=False)
    assert text.isascii()
    compare("terminal-ascii.txt", text)


def test_an_unknown_suffix_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"report\.pdf.*\.txt, \.json, \.jsonl, \.md, \.html"):
        format_for(Path("out/report.pdf"))


def test_suffixes_do_not_depend_on_case() -> None:
    assert format_for(Path("REPORT.HTML")) == "html"
