"""The report as Markdown for an issue on GitHub or another forge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from linkarchive.model import Report, Result, SourceReport, Unresolved, Verdict
from linkarchive.report import phrases
from linkarchive.report.sanitize import href, sanitize
from linkarchive.report.sections import Sections, day_of, divide
from linkarchive.report.suggestions import Suggestion, suggestions, suggestions_unresolved
from linkarchive.report.summary import headline, summary
from linkarchive.translation import gettext

# GitHub refuses the body of an issue over 65,536 characters (REST API, "body is too long", 2024).
LIMIT = 60_000

# What can be markup anywhere in a line, a bare URL (GFM §6.9), or a reference that a forge makes a link of.
_MARKUP = re.compile(r"(?i)[\\`*_\[\]<>|~&$!{}^]|#\w?|@|://|\bwww\.|\bgh-(?=\d)")
_LIST_MARKER = re.compile(r"([-+=]|\d+[.)])")
_NOTHING = "&#8203;"
"""A zero-width space: nothing to see, but no reference either."""


def render_markdown(report: Report, quiet: bool = False) -> str:
    """Markdown of at most `LIMIT` characters or so; what is left out is counted. `quiet`: only what is new."""
    sections = divide(report, only_changed=quiet, whole=False)
    parts: list[str] = [f"# {headline(report)}\n", f"{summary(report)}\n"]
    size, left_out = 0, 0
    heading = ""
    for section, block in _blocks(sanitize(report), sections, quiet):
        if size + len(block) > LIMIT:
            left_out += 1
            continue
        if section != heading:
            heading = section
            parts.append(f"## {section}\n")
        parts.append(block)
        size += len(block)
    left_out += sum(group.total - len(group.shown) for group in sections.groups)
    if left_out:
        text = gettext("{left_out:,} more did not fit here: see the whole report.", left_out=left_out)
        parts.append(f"*{text}*\n")
    counts, run = report.summary, _escape(sanitize(report.run.id))
    numbers = gettext("{ok:,} fine, {skipped:,} skipped.", ok=counts["ok"], skipped=counts["skipped"])
    parts.append(f"---\n{numbers} " + gettext("Run {id}.", id=run) + "\n")
    return "\n".join(parts)


def _blocks(report: Report, sections: Sections, quiet: bool) -> Iterator[tuple[str, str]]:
    now = day_of(report)
    for text in () if quiet else (*report.notices, *report.malformed):
        yield gettext("About this run"), f"- {_escape(text)}\n"
    for title, sources in ((gettext("New"), sections.news), (gettext("Still open"), sections.standing)):
        for source in sources.shown:
            yield title, _finding(source, now)
    for source in sections.recovered.shown:
        yield gettext("Recovered"), f"- {_address(source.result.url)}: {_escape(phrases.recovery(source))}\n"
    for source in sections.unseen.shown:
        yield gettext("Could not be seen (says nothing about the pages)"), _finding(source, now)
    for lost in sections.unresolved:
        yield gettext("Lost links not found again"), _unresolved(lost)
    for article in sections.originals:
        evidence = "; ".join(article.original.evidence) if article.original else ""
        text = f"{article.path}: {phrases.original(article)} {evidence}".strip()
        title = gettext("Articles whose original page needs a look")
        yield title, f"- {_escape(text)} {_address(article.original_url or '')}\n"
    for title, sources in (
        (gettext("Ignored"), sections.ignored),
        (gettext("Accepted, or to be replaced"), sections.decided),
    ):
        for source in sources.shown:
            decided = phrases.decided(source.ignored, source.decision)
            text = f"{_label(source.result.verdict)}: {phrases.meaning_of(source)} {decided}"
            yield title, f"- {_address(source.result.url)} {_escape(text)}\n"
    for url in () if quiet else report.uncited:
        yield gettext("In links.txt, but no longer in an article"), f"- {_address(url)}\n"


def _finding(source: SourceReport, now: datetime) -> str:
    result = source.result
    lines = [f"### {_label(result.verdict)}: {_escape(phrases.meaning_of(source))}\n", f"{_address(result.url)}\n"]
    lines += _citations(result)
    lines.append(f"- {_escape(phrases.since(source, now))} {_escape(phrases.certainty(result))}")
    lines += [f"- {_escape(phrases.last_visit(source))}"] if source.earlier else []
    facts = (phrases.compared(result), phrases.losses(result.lost), result.archive_note)
    lines += [f"- {_escape(fact)}" for fact in facts if fact]
    lines += ["- " + gettext("Evidence:")] if result.evidence else []
    lines += [f"  - {_escape(text)}" for text in result.evidence]
    lines += ["- " + gettext("Also: {also}", also=_escape(phrases.further(also))) for also in result.also]
    lines += _suggested(suggestions(source))
    return "\n".join(lines) + "\n"


def _citations(result: Result) -> list[str]:
    lines = []
    for citation in result.citations:
        apart = f" ({phrases.word(citation.verdict)})" if citation.verdict is not result.verdict else ""
        notes = [text for text in (phrases.recovered_link(citation), phrases.acceptance(citation)) if text]
        cited = f"{_code(phrases.place(citation))} “{_escape(citation.text.strip())}”{apart}"
        lines.append(" ".join(["- " + gettext("Cited in {cited}", cited=cited), *(_escape(note) for note in notes)]))
    return lines


def _unresolved(lost: Unresolved) -> str:
    heading = f"{_code(phrases.place(lost))} “{_escape(lost.text.strip())}”"
    lines = [f"### {_label(Verdict.UNRESOLVED)}: {heading}\n", f"- {phrases.meaning(Verdict.UNRESOLVED, lost.reason)}"]
    return "\n".join(lines + _suggested(suggestions_unresolved(lost))) + "\n"


def _suggested(steps: tuple[Suggestion, ...]) -> list[str]:
    lines = []
    for suggestion in steps:
        target = _address(suggestion.url) if suggestion.url else _code(suggestion.command) if suggestion.command else ""
        lines.append(f"- **{_escape(suggestion.text)}**" + (f": {target}" if target else ""))
    return lines


def _label(verdict: Verdict) -> str:
    return f"{phrases.ICON[verdict]} {phrases.word(verdict).capitalize()}"


def _escape(text: str) -> str:
    """Text that stays text: no markup, no HTML, no link, no mention, no reference to an issue.

    GitHub looks for @names, #123 and GH-123 in the rendered text, where a backslash is gone; only a character
    in between stops it (Renovate and Dependabot do the same in their pull requests, 2024).
    """
    text = _MARKUP.sub(_apart, text.strip())
    marker = _LIST_MARKER.match(text)
    return f"{_NOTHING}{text}" if marker else text


def _apart(match: re.Match[str]) -> str:
    markup = match[0]
    if markup == "@" or markup.lower() == "gh-":
        return markup + _NOTHING
    if markup.lower() == "www.":
        return f"{markup[:3]}\\."
    return f"\\{markup[0]}{_NOTHING if markup[0] == '#' else ''}{markup[1:]}"


def _code(text: str) -> str:
    """A code span, whatever backticks the text has (CommonMark §6.1); forges look for no mention in it."""
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    edge = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{edge}{text}{edge}{fence}"


def _address(url: str) -> str:
    """A link; on a forge's own host as code, since a link there would leave a mention in other people's issues."""
    safe = href(url)
    if safe is None or (urlsplit(safe).hostname or "").endswith("github.com"):
        return _code(url)
    return f"<{safe}>"
