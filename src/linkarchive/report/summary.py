"""A whole run summed up: in a sentence or three, and in a headline."""

from __future__ import annotations

from collections import Counter

from linkarchive.model import Category, Change, Report, Verdict
from linkarchive.report.phrases import count, listed


def summary(report: Report) -> str:
    """The run in one or a few sentences."""
    if report.run.offline:
        return "We are offline: nothing could be checked, and nothing was concluded about any source."
    seen = report.count(lambda kind: kind.verdict is not Verdict.SKIPPED)
    sentences = [_counts(report, seen)] if seen else ["No source was checked."]
    lost = sum(article.lost for article in report.articles)
    if report.unresolved:
        new = sum(1 for lost in report.unresolved if lost.changed is Change.NEW)
        news = f" ({new:,} new)" if new else ""
        sentences.append(f"{_not_found(len(report.unresolved), lost)} not found again{news}.")
    elif lost:
        sentences.append(f"{'The lost link was' if lost == 1 else f'All {lost:,} lost links were'} found again.")
    back = _back(report)
    if back:
        sentences.append(f"{count(back, 'source')} recovered.")
    first = report.summary["uncompared"]
    if first:
        sentences.append(f"{first:,} {'was' if first == 1 else 'were'} seen for the first time.")
    if not report.run.complete:
        sentences.append("The run is incomplete; the next one continues it.")
    return " ".join(sentences)


def _not_found(number: int, of: int) -> str:
    """“2 of 14 lost links were”, “The lost link was”."""
    if number == of:
        return "The lost link was" if of == 1 else f"All {of:,} lost links were"
    lost = f"{number:,} of {of:,} lost links" if of > number else count(number, "lost link")
    return f"{lost} {'was' if number == 1 else 'were'}"


_HAVE = {
    Verdict.DEAD: ("is dead", "are dead"),
    Verdict.DRIFTED: ("has drifted", "have drifted"),
    Verdict.UNRESOLVED: ("is unresolved", "are unresolved"),
    Verdict.MOVED: ("has moved", "have moved"),
    Verdict.UNREACHABLE: ("did not answer", "did not answer"),
    Verdict.BLOCKED: ("is closed to us", "are closed to us"),
    Verdict.OK: ("is fine", "are fine"),
}


def _counts(report: Report, seen: int) -> str:
    if not report.count(lambda kind: kind.verdict.is_finding):
        return "The only source is fine." if seen == 1 else f"All {count(seen, 'source')} are fine."
    parts = []
    numbers = Counter[Verdict]()
    for kind, number in report.kinds.items():
        if not _is_muted(kind):
            numbers[kind.verdict] += number
    for verdict, (one, many) in _HAVE.items():
        group = numbers[verdict]
        if group:
            new = _news(report, verdict) if verdict.is_finding else 0
            parts.append(f"{group:,} {one if group == 1 else many}" + (f" ({new:,} new)" if new else ""))
    muted = report.count(_is_muted)
    if muted:
        parts.append(f"{muted:,} {'is' if muted == 1 else 'are'} ignored")
    return f"Of {count(seen, 'source')}, {listed(parts)}."


def _is_muted(kind: Category) -> bool:
    return kind.is_ignored and kind.verdict.is_finding


def _back(report: Report) -> int:
    return report.count(lambda kind: kind.changed is Change.RECOVERED and kind.is_news)


_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def headline(report: Report) -> str:
    """The news in a few words: a title."""
    if report.run.offline:
        return "We are offline"
    dead, drifted = _news(report, Verdict.DEAD), _news(report, Verdict.DRIFTED)
    noun, nouns = ("", "") if dead else ("source ", "sources ")
    news = [
        _phrase(dead, "source is gone", "sources are gone"),
        _phrase(drifted, f"{noun}no longer says what it said", f"{nouns}no longer say what they said"),
    ]
    lost = sum(1 for unresolved in report.unresolved if unresolved.changed is Change.NEW)
    back = _back(report)
    if not any(news):
        news = [_phrase(_news(report, Verdict.MOVED), "source has moved", "sources have moved")]
    if not any(news):
        news = [_phrase(lost, "lost link was not found again", "lost links were not found again")]
    if not any(news):
        news = [_phrase(back, "source is back", "sources are back")]
    if any(news):
        text = listed(phrase for phrase in news if phrase)
        return text[0].upper() + text[1:]
    findings = report.count(lambda kind: kind.verdict.is_finding and not kind.is_ignored)
    standing = findings + len(report.unresolved)
    if standing:
        return f"Nothing new: {_phrase(standing, 'finding is still open', 'findings are still open')}"
    if report.count(_is_muted):
        return "Nothing new: all findings are ignored"
    return "All sources are fine" if report.kinds else "No sources yet"


def _news(report: Report, verdict: Verdict) -> int:
    return report.count(lambda kind: kind.verdict is verdict and kind.is_news)


def _phrase(number: int, one: str, many: str) -> str:
    """“two sources are gone”; nothing for none."""
    if number == 0:
        return ""
    return f"{_SMALL[number] if number < len(_SMALL) else f'{number:,}'} {one if number == 1 else many}"
