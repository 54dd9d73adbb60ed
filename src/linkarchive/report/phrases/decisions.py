"""What people decided about sources, in sentences."""

from __future__ import annotations

from linkarchive.model import CitationResult, DecisionReport, Ignored
from linkarchive.report.phrases.days import day
from linkarchive.translation import N_, gettext


def acceptance(citation: CitationResult) -> str | None:
    accepted = citation.accepted
    if accepted is None:
        return None
    text = gettext(
        "Accepted by {who} on {when}, as the page was on {capture_time}",
        who=accepted.who,
        when=day(accepted.when),
        capture_time=day(accepted.capture_time),
    )
    return f"{text}: {accepted.reason}" if accepted.reason else f"{text}."


def ignored(ignored_: Ignored) -> str:
    """Who does not want to hear of it, until when and why."""
    text = gettext("Ignored by {who}", who=ignored_.who)
    if ignored_.until:
        text = gettext("Ignored by {who} until {until}", who=ignored_.who, until=day(ignored_.until))
    return f"{text}: {ignored_.reason}" if ignored_.reason else f"{text}."


def decided(ignored_: Ignored | None, decision: DecisionReport | None) -> str:
    """Who decided what about a finding, and why; "" where nobody did."""
    if ignored_ is not None:
        return ignored(ignored_)
    if decision is None:
        return ""
    who, when = decision.who, day(decision.when)
    text = gettext(_DECIDED[decision.action], who=who, when=when, replacement=decision.replacement or "")
    return f"{text}: {decision.reason}" if decision.reason else f"{text}."


_DECIDED = {
    "accept": N_("Accepted by {who} on {when}, which the next check goes by"),
    "replace": N_("{who} wants {replacement} cited instead, which archive fix writes into the article"),
}
