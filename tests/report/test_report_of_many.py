"""What people read is bounded, however many sources there are; counts and JSON are whole."""

from __future__ import annotations

import json

import pytest
from bs4 import BeautifulSoup
from msgspec.structs import replace

from linkarchive.model import Report, Sources
from linkarchive.report import sections
from linkarchive.report.html import render_html
from linkarchive.report.json import render_json
from linkarchive.report.markdown import render_markdown
from linkarchive.report.summary import summary
from linkarchive.report.terminal import render_terminal


def test_a_section_shows_so_many_and_says_how_many_there_are(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "MOST", 2)
    sentence = "These are the first 2 of 5; `archive report --format json` has all of them."
    html = BeautifulSoup(render_html(report), "lxml")
    assert [p.get_text() for p in html.select("#fine p.remark")] == [sentence]
    assert len(html.select("#fine tbody tr")) == 2
    assert html.select_one("#fine .number").get_text() == "5"
    assert len(html.select("#new article.finding")) == 2
    assert sentence in render_terminal(report, width=100, color=False, verbose=True)
    assert "more did not fit here" in render_markdown(report)
    assert summary(report) == summary(replace(report, sources=Sources(lambda: iter(report.sources))))
    assert len(json.loads("".join(render_json(report)))["sources"]) == len(report.sources)
