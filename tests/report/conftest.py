"""A rich report: every verdict, hostile strings, long addresses, several scripts and directions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from linkarchive.model import (
    Acceptance,
    ArticleReport,
    Baseline,
    CaptureRef,
    Change,
    CitationResult,
    Difference,
    DiffRow,
    Hop,
    Ignored,
    LastGood,
    Loss,
    Origin,
    OriginalReport,
    Reason,
    Report,
    Result,
    RunInfo,
    SourceReport,
    Unresolved,
    Verdict,
)

HOSTILE = (
    "\x1b[31mred\x1b[0m \x07bell \x9b2J \u202egnp.exe\u202c \u2066iso\u2069 zero\u200bwidth\ufeff "
    "</script><script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) `code` | a | b |\n"
    "# heading\n- item @somebody #123 GH-7 www.evil.example https://evil.example/?token=hunter2 {{ 7 * 7 }} "
    "${x} &amp; \ud800 \U000e0041 \u2028 end"
)
LONG = "https://statistics.example/data/tables/" + "very-long-segment/" * 12 + "table.html?series=" + "A1b2C3d4" * 12

MERGER = "essays/merger.md"


def at(day: int, month: int = 11, year: int = 2026) -> datetime:
    return datetime(year, month, day, 6, 0, 4, tzinfo=UTC)


def citation(url: str, verdict: Verdict, reason: Reason, **changes: Any) -> CitationResult:
    plain = CitationResult(
        article=MERGER,
        line=12,
        url=url,
        text="tough negotiations",
        context="After tough negotiations the two presidents met in Sochi.",
        recovered=False,
        recovery_confidence=None,
        verdict=verdict,
        reason=reason,
        confidence=0.9,
        baseline=None,
        similarity=None,
        lost=(),
        evidence=(),
        accepted=None,
    )
    return replace(plain, **changes)


def source(
    url: str, verdict: Verdict, reason: Reason, changed: Change, *, cited: dict[str, Any] | None = None, **facts: Any
) -> SourceReport:
    """A source with one citation; `cited` are facts of the citation, the rest those of its result."""
    was = facts.pop("was", None)
    checked = facts.pop("checked", at(23))
    result = Result(
        url=url,
        verdict=verdict,
        reason=reason,
        confidence=0.9,
        confirmed=False,
        evidence=(),
        also=(),
        since=at(23),
        last_ok=None,
        strikes=0,
        first_strike=None,
        last_strike=None,
        status=200,
        final_url=url,
        hops=(),
        similarity=None,
        lost=(),
        baseline=None,
        capture=None,
        last_good=None,
        archived_url=None,
        archive_note=None,
        suggested_url=None,
        citations=(citation(url, verdict, reason, **(cited or {})),),
    )
    return SourceReport(replace(result, **facts), changed, was, checked)


BASELINE = Baseline(
    Origin.WAYBACK,
    datetime(2021, 5, 13, 9, 12, 44, tzinfo=UTC),
    1,
    "https://web.archive.org/web/20210513091244/https://news.example/talks",
)
CAPTURE = CaptureRef(
    "archive/warc/20261123T060000Z-4f2a-00000.warc.gz", 1234, 5678, "sha1:ABCDEF234567", "document", False
)
GOOD = LastGood(at(1, 10), "archive/warc/20261001T060000Z-77aa-00000.warc.gz", 88, 20480)


def news_sources() -> list[SourceReport]:
    return [
        source(
            "https://news.example/talks",
            Verdict.DEAD,
            Reason.SOFT_404,
            Change.NEW,
            was=Verdict.OK,
            confidence=0.97,
            evidence=("the title says “Page not found”", "a made-up address on this host answers the same page"),
            last_ok=at(1, 10),
            hops=(Hop("https://news.example/talks", 301),),
            final_url="https://news.example/404",
            similarity=0.04,
            baseline=BASELINE,
            capture=CAPTURE,
            last_good=GOOD,
            archived_url="https://web.archive.org/web/20210513091244/https://news.example/talks",
            title="Talks on the union go on",
            cited={"recovered": True, "recovery_confidence": 0.98},
        ),
        source(
            LONG,
            Verdict.DEAD,
            Reason.HTTP_404,
            Change.NEW,
            status=404,
            confirmed=True,
            confidence=0.99,
            archive_note="The Wayback Machine has no usable copy.",
            evidence=("the server answered 404 twice, ten minutes apart",),
            cited={
                "text": "the table",
                "context": "In 2019 trade fell by 14.6 percent, as the table shows.",
                "line": 31,
            },
        ),
        source(
            "https://ministry.example/speech?lang=en",
            Verdict.DRIFTED,
            Reason.QUOTE_LOST,
            Change.NEW,
            was=Verdict.OK,
            similarity=0.61,
            lost=(Loss("quote", "no equal conditions, no union"), Loss("figure", "14.6 percent")),
            also=("drifted/rewritten",),
            title="A new road map",
            title_then="Speech of the president in Sochi",
            evidence=("the quotation stood in the third paragraph of the baseline",),
            baseline=BASELINE,
            capture=CAPTURE,
            archived_url="https://web.archive.org/web/20210513/https://ministry.example/speech?lang=en",
            cited={
                "text": "said the president",
                "context": "“No equal conditions, no union,” said the president in December.",
                "line": 40,
            },
        ),
        source(
            "https://old.example/page",
            Verdict.MOVED,
            Reason.REDIRECT,
            Change.NEW,
            was=Verdict.OK,
            final_url="https://new.example/page",
            suggested_url="https://new.example/page",
            hops=(Hop("https://old.example/page", 308),),
            similarity=1.0,
            baseline=BASELINE,
        ),
    ]


def standing_sources() -> list[SourceReport]:
    return [
        source(
            "https://xn--e1afmkfd.example/статья",
            Verdict.DRIFTED,
            Reason.REWRITTEN,
            Change.STILL,
            was=Verdict.DRIFTED,
            since=at(2, 9),
            confirmed=True,
            similarity=0.33,
            baseline=replace(BASELINE, origin=Origin.LIVE, url=None, days_off=0),
            evidence=("две трети текста заменены",),
            cited={
                "article": "essays/союз.md",
                "text": "жёсткие переговоры",
                "context": "После жёстких переговоров: жёсткие переговоры продолжались до утра.",
                "accepted": Acceptance("maria", at(3, 8), "only the layout changed", at(2, 8)),
            },
        ),
        source(
            "https://gone.example/",
            Verdict.DEAD,
            Reason.DNS,
            Change.STILL,
            was=Verdict.DEAD,
            since=at(4, 2, 2025),
            confirmed=True,
            confidence=0.995,
            status=None,
            final_url=None,
            last_good=GOOD,
            evidence=("no such host name",),
            archive_note="We could not find out whether there is a copy.",
            cited={"text": "السفير", "context": "قال السفير إن المفاوضات كانت صعبة.", "line": 7},
        ),
        source(
            "https://user:secret@files.example/報告?api_key=hunter2",
            Verdict.DRIFTED,
            Reason.REPLACED,
            Change.STILL,
            since=at(20),
            similarity=0.0,
            cited={"text": "報告", "context": "詳しくは報告を見よ。"},
        ),
        source(
            "https://hostile.example/\u202e%22%3E",
            Verdict.DEAD,
            Reason.PARKED,
            Change.STILL,
            since=at(20),
            evidence=(f"the title says “{HOSTILE}”",),
            also=(HOSTILE,),
            lost=(Loss("name", HOSTILE),),
            archive_note=HOSTILE,
            cited={
                "text": "<b>bold</b>",
                "context": HOSTILE,
                "article": "a|b`c<d>.md",
                "accepted": Acceptance(HOSTILE, at(3), HOSTILE, at(3)),
            },
        ),
    ]


def quiet_sources() -> list[SourceReport]:
    blocked, unreachable = Verdict.BLOCKED, Verdict.UNREACHABLE
    return [
        source("https://wall.example/a", blocked, Reason.CHALLENGE, Change.STILL, since=at(1), status=403),
        source(
            "https://slow.example/b", unreachable, Reason.TIMEOUT, Change.NEW, was=Verdict.OK, status=None,
            final_url=None, strikes=1, first_strike=at(23), last_strike=at(23), last_ok=at(16),
            evidence=("no answer within 20 seconds, three times",),
        ),
        replace(
            source("https://known.example/gone", Verdict.DEAD, Reason.HTTP_410, Change.NEW, was=Verdict.OK, status=410),
            ignored=Ignored("maria", at(2), date(2027, 3, 1), "cited as an example of a dead link"),
        ),
        source("https://back.example/c", Verdict.OK, Reason.SAME, Change.RECOVERED, was=Verdict.DEAD, similarity=1.0),
        *(
            source(f"https://fine.example/{n}", Verdict.OK, Reason.SAME, Change.NONE, was=Verdict.OK, similarity=1.0)
            for n in range(1, 5)
        ),
        source("https://fresh.example/", Verdict.OK, Reason.FIRST_SEEN, Change.NONE),
        source("mailto:someone@example.com", Verdict.SKIPPED, Reason.SCHEME, Change.NONE, checked=None, status=None),
        source("javascript:alert(1)", Verdict.SKIPPED, Reason.SCHEME, Change.NONE, checked=None, status=None),
    ]  # fmt: skip


@pytest.fixture
def report() -> Report:
    return Report(
        run=RunInfo("20261123T060000Z-4f2a", at(23), at(23), True, False, False, "0.1.0"),
        articles=(
            ArticleReport(
                MERGER,
                "Why a merger of the two states stays on paper",
                "https://news.example/2021/05/12/merger-a73871",
                date(2021, 5, 12),
                OriginalReport(Verdict.DEAD, Reason.HTTP_404, ("the server answered 404",)),
                15,
                14,
                12,
            ),
            ArticleReport("essays/союз.md", "Союз, которого нет", None, None, None, 3, 0, 0),
        ),
        sources=(*news_sources(), *standing_sources(), *quiet_sources()),
        unresolved=(
            Unresolved(MERGER, 40, "China", Reason.NO_MATCH, "Trade with China grew instead.", Change.STILL),
            Unresolved(MERGER, 44, "here", Reason.AMBIGUOUS, "More on this here.", Change.NEW),
        ),
        uncited=("https://left.example/article",),
        malformed=("links.txt:17: “?? into crisis” is no link; the line was kept",),
        notices=("2 sources were left out: excluded by ! lines in links.txt.",),
    )


@pytest.fixture
def differences() -> Mapping[str, Difference]:
    return sample_differences()


def sample_differences() -> Mapping[str, Difference]:
    first, after = "Wayback Machine, 13 May 2021", "our visit, 23 November 2026"
    cyrillic = DiffRow(
        "changed",
        (("Переговоры были ", False), ("жёсткими", True)),
        (("Переговоры были ", False), ("лёгкими", True)),
    )
    found = (
        Difference("https://ministry.example/speech?lang=en", first, after, 0.61, diff_rows("")),
        Difference("https://xn--e1afmkfd.example/статья", "наша копия", "сегодня", None, (cyrillic,)),
        Difference(
            "https://user:secret@files.example/報告?api_key=hunter2", "before", "after", 0.0, diff_rows(HOSTILE)
        ),
    )
    return {difference.url: difference for difference in found}


def diff_rows(hostile: str) -> tuple[DiffRow, ...]:
    same = (("The president spoke in Sochi on Monday.", False),)
    before = (("“If there are ", False), ("no equal conditions, no union", True), ("”, he said.", False))
    after = (("“We ", False), ("agree on most points", True), ("”, he said.", False))
    return (
        DiffRow("gap", (("4 paragraphs the same", False),), ()),
        DiffRow("same", same, same),
        DiffRow("changed", before, after),
        DiffRow("removed", (("Trade between the two fell by 14.6 percent in 2019.", False),), ()),
        DiffRow("added", (), ((f"A new road map was signed. {hostile}", False),)),
    )


@pytest.fixture
def poisoned(report: Report) -> Report:
    """The same report with the hostile text in every field that holds text from elsewhere."""
    return poison(report)


def poison(value: Any) -> Any:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return f"{value} {HOSTILE}"
    if isinstance(value, tuple):
        return tuple(poison(item) for item in value)
    if isinstance(value, Struct):
        return type(value)(**{name: poison(getattr(value, name)) for name in value.__struct_fields__})
    return value


@pytest.fixture
def make_source() -> Callable[..., SourceReport]:
    return source


@pytest.fixture
def hostile() -> str:
    return HOSTILE
