"""What settles a finding: the suggestions to take, with the address or the command that each needs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from msgspec import Struct

from linkarchive.model import Reason, Result, SourceReport, Unresolved, Verdict
from linkarchive.report.phrases import day
from linkarchive.report.sanitize import has_redaction
from linkarchive.translation import N_, gettext


class Suggestion(Struct, frozen=True):
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
    result = source.result
    match result.verdict:
        case Verdict.DEAD:
            return _steps_dead(result)
        case Verdict.DRIFTED:
            return _steps_drifted(result)
        case Verdict.MOVED:
            return (_step(_UPDATE, url=result.suggested_url or result.final_url),)
        case Verdict.BLOCKED:
            return (_step(_AT_A_WALL.get(result.reason, _OPEN_IT)),)
        case Verdict.UNREACHABLE:
            return (_step(_SEE_IT if result.reason in (Reason.TLS, Reason.TOO_LARGE) else _WAIT),)
    return ()


_Words = tuple[str, str]
"""A suggestion, and the same in three words."""

_UPDATE = N_("Update the link to"), N_("update the link")
_OPEN_IT = N_("Open the link in your browser: a reader may well see it."), N_("open in browser")
_SEE_IT = N_("Open the link in your browser to see what a reader gets."), N_("open in browser")
_WAIT = N_("Nothing yet: it may come back, and is tried again in the next run."), N_("wait")
_AT_A_WALL: Mapping[Reason, _Words] = {
    Reason.ROBOTS: (
        N_("Look at the page yourself from time to time: this project obeys robots.txt."),
        N_("look yourself"),
    ),
    Reason.ONLY_US: (N_("Nothing: others can see the page; it is tried again in the next run."), N_("wait")),
    Reason.RATE_LIMITED: (N_("Nothing yet: it is tried again in the next run."), N_("wait")),
}
_USE_ADDRESS = N_("Use the address where the page is now"), N_("use this address")
_USE_COPY = N_("Replace the link with the archived copy"), N_("use archived copy")
_CITE_ANOTHER = N_("Cite another page that supports the sentence."), N_("cite another page")
_SEE_COPY = N_("See the page as we kept it on {last_good}"), N_("see our copy")
_READ: Mapping[Reason, _Words] = {
    Reason.QUOTE_LOST: (N_("Look for the quoted passage"), N_("look for quotation")),
    Reason.DETAIL_LOST: (N_("Look for the figure or name"), N_("look for it")),
    Reason.ANCHOR_LOST: (N_("Look where the section went"), N_("find the section")),
    Reason.CORRECTED: (N_("Read the correction"), N_("read the correction")),
    Reason.RETRACTED: (N_("Read the notice of retraction"), N_("read the notice")),
}
_COMPARE = N_("Look at the difference"), N_("read what changed")
_ACCEPT = N_("If the page still supports your sentence, accept it"), N_("accept it")
_LINK_TO_COPY = N_("If not, link to the archived copy"), N_("use archived copy")
_BY_HAND = N_("Put the URL in place of the “?” in links.txt."), N_("fill in links.txt")
_NAME_ORIGINAL = (
    N_("Add “original = URL” to the article’s section of links.txt, or its address to the article."),
    N_("name the original"),
)
_GIVE_COPY = (
    N_("Name a saved copy of the original page: archive recover ARTICLE --original FILE"),
    N_("give a saved copy"),
)


def _step(words: _Words, *, url: str | None = None, command: str | None = None, **values: str) -> Suggestion:
    text, short = words
    return Suggestion(gettext(text, **values), gettext(short), url, command)


def _steps_dead(result: Result) -> tuple[Suggestion, ...]:
    steps = []
    if result.suggested_url:
        steps.append(_step(_USE_ADDRESS, url=result.suggested_url))
    if result.archived_url:
        steps.append(_step(_USE_COPY, url=result.archived_url))
    if not steps:
        steps.append(_step(_CITE_ANOTHER))
    if result.last_good:
        steps.append(_step(_SEE_COPY, last_good=day(result.last_good.time), command=_command("open", result)))
    return tuple(steps)


def _steps_drifted(result: Result) -> tuple[Suggestion, ...]:
    steps = [_step(_USE_ADDRESS, url=result.suggested_url)] if result.suggested_url else []
    steps += [
        _step(_READ.get(result.reason, _COMPARE), command=_command("diff", result)),
        _step(_ACCEPT, command=_command("accept", result)),
    ]
    if result.archived_url:
        steps.append(_step(_LINK_TO_COPY, url=result.archived_url))
    return tuple(steps)


def _command(name: str, result: Result) -> str | None:
    """The command for a source; None where its URL is shown without its secrets, since it would not be found."""
    if has_redaction(result.url):
        return None
    return f"archive {name} {shlex.quote(result.url)}"


def suggestions_unresolved(lost: Unresolved) -> tuple[Suggestion, ...]:
    """What to do about a lost target."""
    if lost.reason is Reason.NO_ORIGINAL:
        return (_step(_NAME_ORIGINAL), _step(_BY_HAND))
    if lost.reason is Reason.ORIGINAL_UNAVAILABLE:
        return (_step(_GIVE_COPY), _step(_BY_HAND))
    return (_step(_BY_HAND),)
