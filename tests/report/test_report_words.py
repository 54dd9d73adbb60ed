"""Every verdict has its sentence, and the sentences are right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from linkarchive.model import REASONS, Change, Loss, Reason, Report, SourceReport, Unresolved, Verdict
from linkarchive.report import phrases
from linkarchive.report.lines import ascii_only
from linkarchive.report.sanitize import address, href, one_line
from linkarchive.report.suggestions import suggestions, suggestions_unresolved
from linkarchive.report.summary import headline, summary

Make = Callable[..., SourceReport]
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


def test_every_reason_has_a_sentence_and_every_verdict_a_sign() -> None:
    assert set(phrases.MEANING) == set(Reason)
    assert set(phrases.ICON) == set(Verdict)
    assert len(set(phrases.MEANING.values())) == len(Reason)
    assert len({ascii_only(icon) for icon in phrases.ICON.values()}) == len(Verdict)


def test_a_name_that_is_gone_is_not_a_name_that_could_not_be_looked_up() -> None:
    assert phrases.meaning(Verdict.DEAD, Reason.DNS) != phrases.meaning(Verdict.UNREACHABLE, Reason.DNS)


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict.is_finding])
def test_every_finding_says_what_to_do(verdict: Verdict, make_source: Make) -> None:
    for reason in REASONS[verdict]:
        if verdict is Verdict.UNRESOLVED:
            assert suggestions_unresolved(Unresolved("a.md", 1, "x", reason, "x", Change.NEW))
        else:
            assert suggestions(make_source("https://a.example/", verdict, reason, Change.NEW))


def test_the_suggested_address_comes_before_the_archived_copy(make_source: Make) -> None:
    steps = suggestions(
        make_source(
            "https://a.example/", Verdict.DEAD, Reason.HTTP_404, Change.NEW,
            suggested_url="https://b.example/", archived_url="https://web.archive.org/web/2021/https://a.example/",
        )
    )  # fmt: skip
    assert [step.url for step in steps] == [
        "https://b.example/",
        "https://web.archive.org/web/2021/https://a.example/",
    ]


def test_where_a_replaced_page_is_now_comes_first(make_source: Make) -> None:
    source = make_source(
        "https://a.example/", Verdict.DRIFTED, Reason.REPLACED, Change.NEW, suggested_url="https://b.example/"
    )
    first, *_ = suggestions(source)
    assert (first.url, first.short) == ("https://b.example/", "use this address")


def test_commands_survive_the_shell(make_source: Make) -> None:
    odd = make_source("https://a.example/?a=1&b='$(x)'", Verdict.DRIFTED, Reason.REPLACED, Change.NEW)
    assert suggestions(odd)[1].command == "archive accept 'https://a.example/?a=1&b='\"'\"'$(x)'\"'\"''"


def test_an_address_without_its_secrets_gets_no_command(make_source: Make) -> None:
    shown = make_source("https://REDACTED@a.example/", Verdict.DRIFTED, Reason.REPLACED, Change.NEW)
    assert all(step.command is None for step in suggestions(shown))


@pytest.mark.parametrize(
    ("days", "text"),
    [(0, "today"), (1, "yesterday"), (6, "6 days ago"), (13, "13 days ago"), (14, "2 weeks ago"), (59, "8 weeks ago"),
     (60, "2 months ago"), (400, "13 months ago"), (730, "2 years ago"), (2000, "5 years ago")],
)  # fmt: skip
def test_how_long_ago(days: int, text: str) -> None:
    assert phrases.ago(NOW - timedelta(days=days), NOW) == text


@pytest.mark.parametrize(("share", "text"), [(1.0, "100%"), (0.999, "99%"), (0.57, "57%"), (0.29, "29%"), (0.0, "0%")])
def test_a_hundred_percent_is_said_of_nothing_less(share: float, text: str) -> None:
    assert phrases.percent(share) == text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\x9b2Jb\x7f", r"a\x9b2Jb\x7f"),
        ("exe.\u202egnp\u202c\u2067x\u2069", r"exe.\u202egnp\u202c\u2067x\u2069"),
        ("zero\u200bwidth\u200d\ufeff\u2060", "zerowidth"),
        ("one\r\n two\tthree\u2028four\u0085five", "one two three four five"),
        ("\ud800 \U000e0041", r"\ud800 \U000e0041"),
        ("Минск, 日本, שלום, naïve, e\u0301, 👍🏽", "Минск, 日本, שלום, naïve, e\u0301, 👍🏽"),
    ],
)
def test_foreign_text_is_plain(raw: str, shown: str) -> None:
    assert one_line(raw) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/\u202ex y\x1b", "https://a.example/%E2%80%AEx%20y%1B"),
        ("https://u:p@a.example/?key=1&x=2", "https://REDACTED@a.example/?key=REDACTED&x=2"),
        ("https://u:p@[broken/", "https://REDACTED@[broken/"),
        ("https://medium.example//@writer", "https://medium.example//@writer"),
        ("https://a.example/статья", "https://a.example/статья"),
    ],
)
def test_addresses_are_safe_to_show_and_copy(url: str, shown: str) -> None:
    assert address(url) == shown


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "JAVASCRIPT://a.example/%0aalert(1)", "file:///etc/passwd",
            "https:a", "http://[broken", "https://REDACTED@a.example/", "//a.example", 'https://a.example/"x', None]
)  # fmt: skip
def test_links_lead_to_web_pages_only(url: str | None) -> None:
    assert href(url) is None


def test_summary_counts_what_is_there(report: Report) -> None:
    assert summary(report) == (
        "Of 17 sources, 4 are dead (2 new), 3 have drifted (1 new), 1 has moved (1 new), 1 did not answer (1 new), "
        "1 is closed to us, 6 are fine and 1 is ignored. 2 of 14 lost links were not found again (1 new). "
        "1 source recovered. 1 was seen for the first time."
    )


def test_summary_of_a_day_without_findings(report: Report, make_source: Make) -> None:
    fine = tuple(
        make_source(f"https://{n}.example/", Verdict.OK, Reason.SAME, Change.NONE, similarity=1.0) for n in (1, 2)
    )
    calm = replace(report, sources=fine, unresolved=(), articles=())
    assert summary(calm) == "All 2 sources are fine."
    assert headline(calm) == "All sources are fine"


def test_summary_offline_concludes_nothing(report: Report) -> None:
    off = replace(report, run=replace(report.run, offline=True, complete=False))
    assert "offline" in summary(off)
    assert "dead" not in summary(off)
    assert headline(off) == "We are offline"


def test_summary_of_an_incomplete_run_says_so(report: Report) -> None:
    assert "incomplete" in summary(replace(report, run=replace(report.run, complete=False)))


def test_headline_tells_the_news(report: Report) -> None:
    assert headline(report) == "Two sources are gone and one no longer says what it said"
    old = replace(
        report,
        sources=tuple(source for source in report.sources if source.changed is Change.STILL),
        unresolved=report.unresolved[:1],
    )
    assert headline(old) == "Nothing new: six findings are still open"


def test_a_lost_figure_has_one_name(make_source: Make) -> None:
    source = make_source("https://a.example/", Verdict.DRIFTED, Reason.DETAIL_LOST, Change.NEW)
    figure = replace(source, result=replace(source.result, lost=(Loss("figure", "41.6 million"),)))
    name = replace(source, result=replace(source.result, lost=(Loss("name", "Ada Lind"),)))
    assert (phrases.short_of(figure.result), phrases.short_of(name.result)) == ("figure gone", "name gone")
    assert phrases.meaning_of(figure).startswith("A figure that the article took")
    assert phrases.meaning_of(name).startswith("A name that the article took")
