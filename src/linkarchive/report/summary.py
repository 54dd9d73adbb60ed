"""A whole run summed up: in a sentence or three, and in a headline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from linkarchive.model import Category, Change, Report, Standing, Verdict
from linkarchive.report.phrases import listed
from linkarchive.translation import N_, gettext, ngettext


def summary(report: Report) -> str:
    """The run in one or a few sentences."""
    if report.run.offline:
        return gettext("We are offline: nothing could be checked, and nothing was concluded about any source.")
    seen = report.count(lambda kind: kind.verdict is not Verdict.SKIPPED)
    sentences = [_counts(report, seen) if seen else _nothing(report)]
    visited = report.summary["visited"]
    if visited < seen:
        sentences.append(_visited(visited, seen))
    lost = sum(article.lost for article in report.articles)
    if report.unresolved:
        new = sum(1 for lost in report.unresolved if lost.changed is Change.NEW)
        sentences.append(f"{_with_new(_not_found(len(report.unresolved), lost), new)}.")
    elif lost:
        sentences.append(
            ngettext("The lost link was found again.", "All {number:,} lost links were found again.", lost)
        )
    back = _back(report)
    if back:
        sentences.append(ngettext("{number:,} source recovered.", "{number:,} sources recovered.", back))
    first = report.summary["uncompared"]
    if first:
        sentences.append(
            ngettext("{number:,} was seen for the first time.", "{number:,} were seen for the first time.", first)
        )
    if not report.run.complete:
        sentences.append(gettext("The run is incomplete; the next one continues it."))
    return " ".join(sentences)


def _nothing(report: Report) -> str:
    """That nothing was visited, and why."""
    skipped = report.summary["skipped"]
    if not skipped:
        return gettext("No source was checked.")
    return ngettext(
        "No source was checked: the only one was skipped.",
        "No source was checked: all {number:,} were skipped.",
        skipped,
    )


def _visited(visited: int, of: int) -> str:
    if not visited:
        return ngettext(
            "The only source was not visited in this run.",
            "None of the {number:,} sources was visited in this run.",
            of,
        )
    return ngettext(
        "{number:,} of {of:,} sources was visited in this run.",
        "{number:,} of {of:,} sources were visited in this run.",
        visited,
        of=of,
    )


def _with_new(phrase: str, new: int) -> str:
    return gettext("{phrase} ({new:,} new)", phrase=phrase, new=new) if new else phrase


def _not_found(number: int, of: int) -> str:
    """“2 of 14 lost links were not found again”."""
    if number == of:
        return ngettext("The lost link was not found again", "All {number:,} lost links were not found again", number)
    if of < number:
        return ngettext(
            "{number:,} lost link was not found again", "{number:,} lost links were not found again", number
        )
    return ngettext(
        "{number:,} of {of:,} lost links was not found again",
        "{number:,} of {of:,} lost links were not found again",
        number,
        of=of,
    )


_HAVE: Mapping[Verdict, Callable[[int], str]] = {
    Verdict.DEAD: lambda number: ngettext("{number:,} is dead", "{number:,} are dead", number),
    Verdict.DRIFTED: lambda number: ngettext("{number:,} has drifted", "{number:,} have drifted", number),
    Verdict.UNRESOLVED: lambda number: ngettext("{number:,} is unresolved", "{number:,} are unresolved", number),
    Verdict.MOVED: lambda number: ngettext("{number:,} has moved", "{number:,} have moved", number),
    Verdict.UNREACHABLE: lambda number: ngettext("{number:,} did not answer", "{number:,} did not answer", number),
    Verdict.BLOCKED: lambda number: ngettext("{number:,} is closed to us", "{number:,} are closed to us", number),
    Verdict.OK: lambda number: ngettext("{number:,} is fine", "{number:,} are fine", number),
}


def _counts(report: Report, seen: int) -> str:
    if not report.count(lambda kind: kind.verdict.is_finding):
        return ngettext("The only source is fine.", "All {number:,} sources are fine.", seen)
    parts = []
    numbers = Counter[Verdict]()
    for kind, number in report.kinds.items():
        if not kind.is_decided:
            numbers[kind.verdict] += number
    for verdict, have in _HAVE.items():
        group = numbers[verdict]
        if group:
            parts.append(_with_new(have(group), _news(report, verdict) if verdict.is_finding else 0))
    for fits, have in _MUTED:
        muted = report.count(fits)
        if muted:
            parts.append(have(muted))
    return ngettext("Of {number:,} source, {parts}.", "Of {number:,} sources, {parts}.", seen, parts=listed(parts))


_MUTED: tuple[tuple[Callable[[Category], bool], Callable[[int], str]], ...] = (
    (
        lambda kind: kind.is_decided and kind.is_ignored,
        lambda number: ngettext("{number:,} is ignored", "{number:,} are ignored", number),
    ),
    (
        lambda kind: kind.is_decided and kind.standing is Standing.ACCEPTED,
        lambda number: ngettext("{number:,} is accepted", "{number:,} are accepted", number),
    ),
    (
        lambda kind: kind.is_decided and kind.standing is Standing.REPLACED,
        lambda number: ngettext("{number:,} is to be replaced", "{number:,} are to be replaced", number),
    ),
)


def _back(report: Report) -> int:
    return report.count(lambda kind: kind.changed is Change.RECOVERED and kind.is_news)


_SMALL = (
    N_("no"), N_("one"), N_("two"), N_("three"), N_("four"), N_("five"), N_("six"), N_("seven"), N_("eight"),
    N_("nine"), N_("ten"), N_("eleven"), N_("twelve"),
)  # fmt: skip


def headline(report: Report) -> str:
    """The news in a few words: a title."""
    if report.run.offline:
        return gettext("We are offline")
    news = _headlines(report)
    if news:
        text = listed(news)
        return text[0].upper() + text[1:]
    standing = report.count(lambda kind: kind.verdict.is_finding and not kind.is_decided) + len(report.unresolved)
    if standing:
        return ngettext(
            "Nothing new: {number} finding is still open",
            "Nothing new: {number} findings are still open",
            standing,
            number=_spelled(standing),
        )
    if report.count(lambda kind: kind.is_decided and not kind.is_ignored):
        return gettext("Nothing new: all findings are settled")
    if report.count(lambda kind: kind.is_decided):
        return gettext("Nothing new: all findings are ignored")
    return gettext("All sources are fine") if report.kinds else gettext("No sources yet")


def _headlines(report: Report) -> list[str]:
    """The news that a title tells: what is gone and what has changed, else the next that there is."""
    dead, drifted = _news(report, Verdict.DEAD), _news(report, Verdict.DRIFTED)
    small, news = _spelled(drifted), []
    if dead:
        news.append(ngettext("{number} source is gone", "{number} sources are gone", dead, number=_spelled(dead)))
    if drifted and dead:
        news.append(
            ngettext(
                "{number} no longer says what it said", "{number} no longer say what they said", drifted, number=small
            )
        )
    elif drifted:
        news.append(
            ngettext(
                "{number} source no longer says what it said",
                "{number} sources no longer say what they said",
                drifted,
                number=small,
            )
        )
    if news:
        return news
    moved = _news(report, Verdict.MOVED)
    if moved:
        return [ngettext("{number} source has moved", "{number} sources have moved", moved, number=_spelled(moved))]
    lost = sum(1 for unresolved in report.unresolved if unresolved.changed is Change.NEW)
    if lost:
        return [
            ngettext(
                "{number} lost link was not found again",
                "{number} lost links were not found again",
                lost,
                number=_spelled(lost),
            )
        ]
    back = _back(report)
    return (
        [ngettext("{number} source is back", "{number} sources are back", back, number=_spelled(back))] if back else []
    )


def _news(report: Report, verdict: Verdict) -> int:
    return report.count(lambda kind: kind.verdict is verdict and kind.is_news)


def _spelled(number: int) -> str:
    """A small number as a word."""
    return gettext(_SMALL[number]) if number < len(_SMALL) else f"{number:,}"
