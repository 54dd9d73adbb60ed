"""What settles a finding: the suggestions to take, with the address or the command that each needs."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from linkarchive.model import Reason, Result, SourceReport, Unresolved, Verdict
from linkarchive.report.phrases import day
from linkarchive.report.sanitize import has_redaction


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing to do: a sentence, and the address or the command that belongs to it."""

    text: str
    short: str
    """In three words, for lists."""
    url: str | None = None
    command: str | None = None


def in_lines(steps: tuple[Suggestion, ...]) -> list[str]:
    """Each suggestion as a line of plain text."""
    return [
        ": ".join(part for part in (suggestion.text, suggestion.url or suggestion.command) if part)
        for suggestion in steps
    ]


def suggestions(source: SourceReport) -> tuple[Suggestion, ...]:
    """What settles a finding, the best first; empty where there is nothing to do."""
    outcome = source.outcome
    match outcome.verdict:
        case Verdict.DEAD:
            return _steps_dead(outcome)
        case Verdict.DRIFTED:
            return _steps_drifted(outcome)
        case Verdict.MOVED:
            return (
                Suggestion("Update the link to", "update the link", url=outcome.suggested_url or outcome.final_url),
            )
        case Verdict.BLOCKED:
            return (Suggestion(*_AT_A_WALL.get(outcome.reason, _OPEN_IT)),)
        case Verdict.UNREACHABLE if outcome.reason in (Reason.TLS, Reason.TOO_LARGE):
            return (Suggestion("Open the link in your browser to see what a reader gets.", "open in browser"),)
        case Verdict.UNREACHABLE:
            return (Suggestion("Nothing yet: it may come back, and is tried again in the next run.", "wait"),)
    return ()


_OPEN_IT = ("Open the link in your browser: a reader may well see it.", "open in browser")
_AT_A_WALL = {
    Reason.ROBOTS: ("Look at the page yourself from time to time: this project obeys robots.txt.", "look yourself"),
    Reason.ONLY_US: ("Nothing: others can see the page; it is tried again in the next run.", "wait"),
    Reason.RATE_LIMITED: ("Nothing yet: it is tried again in the next run.", "wait"),
}


def _steps_dead(outcome: Result) -> tuple[Suggestion, ...]:
    steps = []
    if outcome.suggested_url:
        steps.append(Suggestion("Use the address where the page is now", "use this address", url=outcome.suggested_url))
    if outcome.archived_url:
        steps.append(
            Suggestion("Replace the link with the archived copy", "use archived copy", url=outcome.archived_url)
        )
    if not steps:
        steps.append(Suggestion("Cite another page that supports the sentence.", "cite another page"))
    if outcome.last_good:
        text = f"See the page as we kept it on {day(outcome.last_good.time)}"
        steps.append(Suggestion(text, "see our copy", command=_command("open", outcome)))
    return tuple(steps)


def _steps_drifted(outcome: Result) -> tuple[Suggestion, ...]:
    check = {
        Reason.QUOTE_LOST: ("Look for the quoted passage", "look for quotation"),
        Reason.DETAIL_LOST: ("Look for the figure or name", "look for it"),
        Reason.ANCHOR_LOST: ("Look where the section went", "find the section"),
        Reason.CORRECTED: ("Read the correction", "read the correction"),
        Reason.RETRACTED: ("Read the notice of retraction", "read the notice"),
    }.get(outcome.reason, ("Look at the difference", "read what changed"))
    steps = [
        Suggestion(*check, command=_command("diff", outcome)),
        Suggestion(
            "If the page still supports your sentence, accept it", "accept it", command=_command("accept", outcome)
        ),
    ]
    if outcome.archived_url:
        steps.append(Suggestion("If not, link to the archived copy", "use archived copy", url=outcome.archived_url))
    return tuple(steps)


def _command(name: str, outcome: Result) -> str | None:
    """The command for a source; None where its URL is shown without its secrets, since it would not be found."""
    if has_redaction(outcome.url):
        return None
    return f"archive {name} {shlex.quote(outcome.url)}"


def suggestions_unresolved(lost: Unresolved) -> tuple[Suggestion, ...]:
    """What to do about a lost target."""
    by_hand = Suggestion("Put the URL in place of the “?” in links.txt.", "fill in links.txt")
    if lost.reason is Reason.NO_ORIGINAL:
        return (
            Suggestion(
                "Add “original = URL” to the article’s section of links.txt, or its address to the article.",
                "name the original",
            ),
            by_hand,
        )
    if lost.reason is Reason.ORIGINAL_UNAVAILABLE:
        return (
            Suggestion(
                "Name a saved copy of the original page: archive recover ARTICLE --original FILE", "give a saved copy"
            ),
            by_hand,
        )
    return (by_hand,)
