"""Foreign text in the Markdown report is text: rendered by a CommonMark parser with GitHub's additions."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from linkarchive.model import Change, Reason, Report, SourceReport, Verdict
from linkarchive.report.markdown import LIMIT, render_markdown
from linkarchive.report.sanitize import sanitize

Make = Callable[..., SourceReport]

_EXPECTED = {"h1", "h2", "h3", "p", "ul", "li", "strong", "code", "a", "hr"}


def rendered(markdown: str) -> BeautifulSoup:
    return BeautifulSoup(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown), "lxml")


def test_hostile_text_adds_no_markup(report: Report, poisoned: Report) -> None:
    clean, dirty = rendered(render_markdown(report)), rendered(render_markdown(poisoned))
    assert {tag.name for tag in dirty.body.find_all(True)} <= _EXPECTED
    for name in ("h1", "h2", "h3", "hr"):
        assert len(dirty.find_all(name)) == len(clean.find_all(name)), name
    assert all(link["href"].startswith(("http://", "https://")) for link in dirty.find_all("a"))


def test_hostile_text_makes_no_mention_and_no_reference(poisoned: Report) -> None:
    page = rendered(render_markdown(poisoned))
    for quiet in page.find_all(["code", "a"]):  # forges look for neither in these
        quiet.decompose()
    text = page.get_text()
    assert "somebody" in text
    assert not re.search(r"@\w|#\w|\bGH-\d", text)


_markup = st.text(st.sampled_from("abc 19\\`*_{}[]()<>#+-.!|~&@=$:/\"'\nwW"), max_size=40)


@given(_markup)
def test_any_text_reads_as_it_was(text: str) -> None:
    from linkarchive.report.markdown import _escape

    expected = sanitize((text,))[0].strip()
    page = rendered(f"- {_escape(expected)}\n")
    assert {tag.name for tag in page.find_all(True)} <= {"html", "body", "ul", "li", "p"}
    assert page.get_text().replace("\u200b", "").strip() == expected


@pytest.mark.parametrize("text", ["`", "``x", "a`b", "x`"])
def test_code_spans_hold_backticks(text: str) -> None:
    from linkarchive.report.markdown import _code

    assert rendered(_code(text)).code.get_text().strip() == text


def test_addresses_on_github_are_shown_but_not_linked(report: Report, make_source: Make) -> None:
    url = "https://github.com/someone/thing/issues/1"
    source = make_source(url, Verdict.DEAD, Reason.HTTP_404, Change.NEW)
    text = render_markdown(replace(report, sources=(source,)))
    assert f"`{url}`" in text
    assert f"<{url}>" not in text


def test_a_long_report_fits_into_an_issue_and_counts_what_it_leaves_out(report: Report, make_source: Make) -> None:
    many = tuple(
        make_source(f"https://{n}.example/", Verdict.DEAD, Reason.HTTP_404, Change.NEW, evidence=("x" * 500,))
        for n in range(300)
    )
    text = render_markdown(replace(report, sources=many, articles=(), unresolved=(), uncited=()))
    assert LIMIT / 2 < len(text) < 65_536
    shown = text.count("### ")
    assert f"{300 - shown} more did not fit" in text
