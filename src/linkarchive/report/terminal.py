"""The report for a terminal: sentences that wrap, addresses and commands that never do, so that they can be copied."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

# Not rich, whose import and console take 40 ms of a run that is over in 300.
import click

from linkarchive.model import Citation, CitationResult, Difference, Report, Result, SourceReport, Unresolved, Verdict
from linkarchive.report import phrases
from linkarchive.report.sanitize import sanitize
from linkarchive.report.sections import Group, Sections, day_of, divide
from linkarchive.report.suggestions import Suggestion, suggestions, suggestions_unresolved
from linkarchive.report.summary import summary

_STYLE = {
    Verdict.DEAD: "bold red",
    Verdict.DRIFTED: "bold yellow",
    Verdict.UNRESOLVED: "bold magenta",
    Verdict.MOVED: "bold cyan",
    Verdict.UNREACHABLE: "bold",
    Verdict.BLOCKED: "bold",
    Verdict.OK: "bold green",
    Verdict.SKIPPED: "dim",
}


_ATTRIBUTES = ("bold", "dim", "underline")

# Letters, punctuation and our own signs that take one cell each (Unicode 16, EastAsianWidth.txt: not W, F or Mn).
_NARROW = re.compile("[ -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u2010-\u2027\u2190-\u21ff≠✓✗◌▣]*")


def render_terminal(
    report: Report, *, width: int, color: bool, verbose: bool = False, quiet: bool = False, unicode: bool = True
) -> str:
    """The report as lines of at most `width` cells, but for addresses and commands, which stay whole.

    `quiet` gives only what changed since the last run, "" when nothing did; `verbose` also lists what is fine,
    redirects and copies; `unicode=False` keeps to ASCII.
    """
    sections = divide(report, only_changed=quiet, whole=verbose)
    if quiet and sections.empty:
        return ""
    page = _Page(width, color, verbose)
    page.say(summary(report), style="bold")
    for text in () if quiet else (*report.notices, *report.malformed):
        page.say(sanitize(text), style="yellow", bullet="! ")
    _body(page, sections, day_of(report))
    if not quiet:
        _rest(page, report, sections)
    text = page.text
    return text if unicode else phrases.ascii_only(text)


def render_difference(difference: Difference, *, width: int, color: bool) -> str:
    """What changed in a text, old lines with `-`, new ones with `+`, the words that differ as in `git diff
    --word-diff`: [-gone-], {+come+}."""
    difference = sanitize(difference)
    page = _Page(width, color, verbose=False)
    page.address(difference.url, indent=0)
    page.say(difference.before_label, bullet="--- ", style="red")
    page.say(difference.after_label, bullet="+++ ", style="green")
    if difference.similarity is not None:
        page.say(f"{phrases.percent(difference.similarity)} of the text still stands.")
    for row in difference.rows:
        if row.kind == "gap":
            page.say(_joined(row.left), bullet="  … ", style="dim")
        elif row.kind == "same":
            page.say(_joined(row.left), bullet="  ")
        else:
            for segments, bullet, style in ((row.left, "- ", "red"), (row.right, "+ ", "green")):
                if segments:
                    marks = _MARKS[bullet] if row.kind == "changed" else ("", "")
                    page.say(_joined(segments, *marks), bullet=bullet, style=style)
    return page.text


_MARKS = {"- ": ("[-", "-]"), "+ ": ("{+", "+}")}


def _joined(segments: tuple[tuple[str, bool], ...], opening: str = "", closing: str = "") -> str:
    return "".join(f"{opening}{text}{closing}" if marked else text for text, marked in segments)


def _body(page: _Page, sections: Sections, now: datetime) -> None:
    page.findings("New", sections.news, now)
    page.findings("Still open", sections.standing, now)
    page.heading("Recovered", sections.recovered.total)
    for source in sections.recovered.shown:
        page.label(source.outcome.verdict, phrases.recovery(source))
        page.address(source.outcome.url)
        page.citations(source.outcome)
    page.more(sections.recovered)
    page.findings("Could not be seen (says nothing about the pages)", sections.unseen, now)
    page.heading("Lost links not found again", len(sections.unresolved))
    for lost in sections.unresolved:
        page.unresolved(lost)


def _rest(page: _Page, report: Report, sections: Sections) -> None:
    page.heading("Articles whose original page needs a look", len(sections.originals))
    for article in sections.originals:
        if article.original is not None:
            page.label(article.original.verdict, f"{article.path}: {phrases.original(article)}")
            page.address(article.original_url)
            page.evidence(article.original.evidence)
    page.heading("In links.txt, but no longer in an article", len(report.uncited))
    for url in report.uncited:
        page.address(sanitize(url))
    page.heading("Ignored", sections.ignored.total)
    for source in sections.ignored.shown:
        if source.ignored is not None:
            page.label(source.outcome.verdict, f"{phrases.meaning_of(source)} {phrases.ignored(source.ignored)}")
            page.address(source.outcome.url)
    page.more(sections.ignored)
    for title, group in (("Fine", sections.fine), ("Skipped", sections.skipped)) if page.verbose else ():
        page.heading(title, group.total)
        for source in group.shown:
            page.label(source.outcome.verdict, phrases.meaning_of(source))
            page.address(source.outcome.url)
        page.more(group)
    page.blank()
    counts = report.summary
    run = sanitize(report.run.id)
    page.say(f"{counts['ok']:,} fine, {counts['skipped']:,} skipped. Run {run}.", style="dim")


class _Page:
    """Lines under way to the terminal."""

    def __init__(self, width: int, color: bool, verbose: bool) -> None:
        self.verbose = verbose
        self._width = max(width, 40)
        self._color = color
        self._lines: list[str] = []

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self._lines)

    def blank(self) -> None:
        self._lines.append("")

    def _styled(self, text: str, style: str) -> str:
        if not (self._color and style and text):
            return text
        names = style.split()
        color = next((name for name in names if name not in _ATTRIBUTES), None)
        return click.style(text, fg=color, **{name: True for name in names if name in _ATTRIBUTES})

    def say(self, text: str, *, indent: int = 0, style: str = "", bullet: str = "", bullet_style: str = "") -> None:
        """A sentence, wrapped; a word longer than the line stays whole. Its first line has the style of the bullet."""
        margin = indent + len(bullet)
        first, *others = _wrap(text, self._width - margin)
        self._lines.append(self._styled(" " * indent + bullet + first, bullet_style or style))
        self._lines += (" " * margin + self._styled(line, style) for line in others)

    def address(self, url: str | None, indent: int = 2, style: str = "underline") -> None:
        """An address or a command on a line of its own, never broken."""
        if url:
            self._lines.append(" " * indent + self._styled(url, style))

    def heading(self, title: str, number: int) -> None:
        if number:
            self.blank()
            self._lines.append(self._styled(f"{title} ({number:,})", "bold"))

    def label(self, verdict: Verdict, text: str) -> None:
        self.blank()
        bullet = f"{phrases.ICON[verdict]} {verdict.value.upper()}  "
        self.say(text, bullet=bullet, bullet_style=_STYLE[verdict])

    def findings(self, title: str, group: Group, now: datetime) -> None:
        self.heading(title, group.total)
        for source in group.shown:
            self.finding(source, now)
        self.more(group)

    def more(self, group: Group) -> None:
        """What to say where not all of a section is shown."""
        if group.total > len(group.shown):
            self.blank()
            self.say(phrases.more(len(group.shown), group.total), style="dim")

    def finding(self, source: SourceReport, now: datetime) -> None:
        outcome = source.outcome
        self.label(outcome.verdict, phrases.meaning_of(source))
        self.address(outcome.url)
        self.citations(outcome)
        self.say(f"{phrases.since(source, now)} {phrases.certainty(outcome)}", indent=2, style="dim")
        for text in (phrases.compared(outcome.baseline, outcome.similarity), phrases.losses(outcome.lost)):
            if text:
                self.say(text, indent=2)
        self.evidence(outcome.evidence)
        for also in outcome.also:
            self.say(f"Also: {phrases.further(also)}", indent=4)
        if self.verbose:
            self._copies(outcome)
        if outcome.archive_note:
            self.say(outcome.archive_note, indent=2)
        self.steps(suggestions(source))

    def citations(self, outcome: Result) -> None:
        for citation in outcome.citations:
            apart = f" [{citation.verdict.value}]" if citation.verdict is not outcome.verdict else ""
            self.say(f"{phrases.place(citation)}  {_cited(citation)}{apart}", indent=2)
            for text in (phrases.recovered_link(citation), phrases.acceptance(citation)):
                if text:
                    self.say(text, indent=4, style="dim")

    def unresolved(self, lost: Unresolved) -> None:
        new = ", new" if lost.changed.value == "new" else ""
        self.label(Verdict.UNRESOLVED, f"{phrases.place(lost)}  {_cited(lost)}{new}")
        self.say(phrases.meaning(Verdict.UNRESOLVED, lost.reason), indent=2)
        self.steps(suggestions_unresolved(lost))

    def evidence(self, evidence: Iterable[str]) -> None:
        for text in evidence:
            self.say(text, indent=4, bullet="• ")

    def steps(self, suggested: Iterable[Suggestion]) -> None:
        for step in suggested:
            target = step.url or step.command
            self.say(f"{step.text}:" if target else step.text, indent=2, bullet="→ ", bullet_style="green")
            self.address(target, indent=4, style="underline" if step.url else "bold")

    def _copies(self, outcome: Result) -> None:
        for hop in outcome.hops:
            self.say(f"{hop.status} redirects from", indent=4, style="dim")
            self.address(hop.url, indent=4, style="dim")
        if outcome.capture:
            kept = f"{outcome.capture.warc} at byte {outcome.capture.offset}"
            self.say(f"Our copy: {kept}, {outcome.capture.length} bytes", indent=4, style="dim")
        if outcome.last_good:
            good = outcome.last_good
            self.say(
                f"Last good copy: {phrases.day(good.time)}, {good.warc} at byte {good.offset}", indent=4, style="dim"
            )


def _wrap(text: str, width: int) -> list[str]:
    """Lines of whole words; the standard textwrap does not know cells."""
    lines: list[str] = []
    room = -1
    for word in text.split(" "):
        cells = _cells(word)
        if cells < room:
            lines[-1] += f" {word}"
            room -= cells + 1
        else:
            lines.append(word)
            room = width - cells
    return lines


def _cells(text: str) -> int:
    """How wide a terminal shows the text."""
    if _NARROW.fullmatch(text):
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _cited(citation: Citation | CitationResult | Unresolved) -> str:
    return f"“{citation.text.strip()}”" if citation.text.strip() else "(no anchor text)"
