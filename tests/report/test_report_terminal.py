"""What a reader of the terminal sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from linkarchive.model import Change, Difference, Reason, Report, SourceReport, Verdict
from linkarchive.report.difference import render_difference
from linkarchive.report.terminal import render_terminal


@pytest.mark.parametrize("width", [60, 80, 120])
def test_only_addresses_and_commands_are_longer_than_the_line(width: int, report: Report) -> None:
    text = render_terminal(report, width=width, color=False, verbose=True)
    long = [line for line in text.splitlines() if cell_len(line) > width]
    assert all(len(line.split()) == 1 or line.split()[0] == "archive" or "://" in line for line in long)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_on_a_screen_every_line_fits(width: int, report: Report) -> None:
    text = render_terminal(report, width=width, color=False, shorten=True)
    for line in text.splitlines():
        assert cell_len(line) <= width or line.startswith(("  https://", "→ archive", "✗ removed")), line


def test_fifty_findings_take_ninety_lines_and_their_numbers_are_those_of_the_run(
    report: Report, make_source: Callable[..., SourceReport]
) -> None:
    hosts = [f"host{number % 12}.example" for number in range(50)]
    reasons = [(Verdict.DEAD, Reason.HTTP_404), (Verdict.DRIFTED, Reason.QUOTE_LOST), (Verdict.DEAD, Reason.DNS)]
    sources = tuple(
        make_source(f"https://{host}/{number}", *reasons[number % 3], Change.NEW) for number, host in enumerate(hosts)
    )
    many = replace(report, sources=sources, unresolved=(), uncited=(), notices=(), malformed=(), articles=())
    for width in (60, 80, 100):
        lines = render_terminal(many, width=width, color=False, shorten=True).splitlines()
        assert len(lines) <= 90
        for number, source in enumerate(sources, 1):
            (line,) = [line for line in lines if f"#{number} " in line]
            assert source.result.url.removeprefix("https://") in line
    assert any(line.strip() == "✗ 5 sources on host0.example: not found (404)" for line in lines)


def test_the_summary_stands_last_with_what_to_do_next(report: Report) -> None:
    lines = render_terminal(report, width=100, color=False, place="archive/reports/x/index.html").splitlines()
    tail = "\n".join(lines[-11:])
    assert "Of 17 sources, 4 are dead" in tail
    assert "archive fix essays/merger.md: has a new target for 2 links" in tail
    assert "archive/reports/x/index.html" in tail


def test_sixty_columns_have_room_for_the_reason_and_the_place(
    report: Report, make_source: Callable[..., SourceReport]
) -> None:
    news = (Verdict.DEAD, Reason.HTTP_404, Change.NEW), (Verdict.DRIFTED, Reason.REPLACED, Change.NEW)
    sources = tuple(make_source(f"https://h{number}.example/", *kind) for number, kind in enumerate(news))
    path = sources[0].result.citations[0].article
    article = replace(next(article for article in report.articles if article.path == path), original=None)
    alone = replace(report, sources=sources, articles=(article,), unresolved=(), uncited=(), notices=(), malformed=())
    lines = render_terminal(alone, width=60, color=False, shorten=True).splitlines()
    rows = [line for line in lines if line.startswith("#")]
    line = sources[0].result.citations[0].line
    assert [row.split()[0] for row in rows] == ["#1", "#2"]
    assert f"not found (404)   line {line}" in rows[0]
    assert "another page now" in rows[1]
    assert "…" not in "".join(rows)
    whole = render_terminal(alone, width=60, color=False)
    assert f"{path.rpartition('/')[2]}:{line}" in whole  # not on a screen: what editors open


def test_the_numbers_follow_one_another_where_findings_stand_together(
    report: Report, make_source: Callable[..., SourceReport]
) -> None:
    reasons = [Reason.REPLACED, Reason.REWRITTEN, Reason.QUOTE_LOST]
    sources = tuple(
        make_source(f"https://{letter}.example/", Verdict.DRIFTED, reasons[number % 3], Change.NEW)
        for number, letter in enumerate("abcdefghi")
    )
    many = replace(report, sources=sources, unresolved=(), uncited=(), notices=(), malformed=(), articles=())
    text = render_terminal(many, width=100, color=False, shorten=True)
    numbers = [int(line.split()[0][1:]) for line in text.splitlines() if line.lstrip().startswith("#")]
    assert numbers == sorted(numbers)


def test_long_addresses_stay_whole(report: Report) -> None:
    lines = render_terminal(report, width=80, color=False, verbose=True).splitlines()
    assert f"  {report.sources[1].result.url}" in lines


def test_news_comes_first_and_what_could_not_be_seen_apart(report: Report) -> None:
    text = render_terminal(report, width=80, color=False)
    titles = [
        "New (4)", "Still open (4)", "Recovered (1)",
        "Could not be seen (says nothing about the pages) (2)", "Lost links not found again (2)",
    ]  # fmt: skip
    places = [text.index(title) for title in titles]
    assert places == sorted(places)


def test_quiet_says_nothing_when_nothing_changed(report: Report) -> None:
    calm = replace(
        report,
        sources=tuple(source for source in report.sources if source.changed in (Change.STILL, Change.NONE)),
        unresolved=tuple(lost for lost in report.unresolved if lost.changed is Change.STILL),
    )
    assert render_terminal(calm, width=80, color=False, quiet=True) == ""


def test_quiet_shows_what_changed_and_only_that(report: Report) -> None:
    text = render_terminal(report, width=80, color=False, quiet=True)
    for source in report.sources[1:]:
        if "secret" not in source.result.url and "hostile" not in source.result.url:
            shown = f"  {source.result.url}" in text
            assert shown == source.is_news, source.result.url


def test_colour_only_adds_to_the_words(report: Report) -> None:
    import re

    colored = render_terminal(report, width=80, color=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == render_terminal(report, width=80, color=False)
    assert colored != render_terminal(report, width=80, color=False)


def test_the_environment_does_not_decide_about_colour(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = render_terminal(report, width=80, color=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    assert render_terminal(report, width=80, color=False) == expected


def test_hostile_text_cannot_steer_the_terminal(poisoned: Report) -> None:
    text = render_terminal(poisoned, width=80, color=False, verbose=True)
    assert all(char == "\n" or char.isprintable() or char == "\u00a0" for char in text)


def test_markup_of_rich_in_foreign_text_stays_text(report: Report, make_source: Callable[..., SourceReport]) -> None:
    odd = make_source(
        "https://a.example/[bold]", Verdict.DEAD, Reason.DNS, Change.NEW, evidence=("[red]x[/red] :smile:",)
    )
    text = render_terminal(replace(report, sources=(odd,)), width=80, color=False, verbose=True)
    assert "• [red]x[/red] :smile:" in text
    assert "https://a.example/[bold]" in text


def test_a_difference_reads_without_colour(differences: Mapping[str, Difference]) -> None:
    text = render_difference(differences["https://ministry.example/speech?lang=en"], width=80, color=False)
    assert text.splitlines() == [
        "https://ministry.example/speech?lang=en",
        "--- Wayback Machine, 13 May 2021",
        "+++ our visit, 23 November 2026",
        "61% of the text still stands.",
        "  … 4 paragraphs the same",
        "  The president spoke in Sochi on Monday.",
        "- “If there are [-no equal conditions, no union-]”, he said.",
        "+ “We {+agree on most points+}”, he said.",
        "- Trade between the two fell by 14.6 percent in 2019.",
        "+ A new road map was signed. ",
    ]


def test_a_difference_with_hostile_text_cannot_steer_the_terminal(differences: Mapping[str, Difference]) -> None:
    difference = differences["https://user:secret@files.example/報告?api_key=hunter2"]
    text = render_difference(difference, width=80, color=False)
    assert all(char == "\n" or char.isprintable() for char in text)
    assert "hunter2" not in text
    assert all(line[:2] in ("  ", "- ", "+ ") for line in text.splitlines()[4:])
