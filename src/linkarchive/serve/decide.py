"""What a person decides on the review page, recorded as the commands do it, one source or many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from linkarchive.errors import UsageError
from linkarchive.history.decisions import accept_page, ignore_source, replace_source, take_back
from linkarchive.project import Project
from linkarchive.report.phrases import count
from linkarchive.store.database import Store
from linkarchive.translation import N_, gettext

_LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class DecisionForm:
    """What a form asks for: action is accept, ignore, replace or undo."""

    action: str
    reason: str | None
    until: date | None
    replacement: str | None
    undoes: str | None
    """The action that an undo takes back."""


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """What came of a decision. `urls` are the sources it was recorded for, `troubles` why others were refused."""

    message: str
    urls: tuple[str, ...]
    troubles: tuple[str, ...]


def read_form(form: Mapping[str, str]) -> DecisionForm:
    """The decision that a form asks for. Raises UsageError for an unknown action, a bad date, a missing address."""
    copy = form.get("use", "").strip()
    action = "replace" if copy else form.get("action", "")
    if action not in ("accept", "ignore", "replace", "undo"):
        raise UsageError(f"{action or 'nothing'}: not a decision; known are accept, ignore, replace and undo")
    until = form.get("until", "").strip()
    try:
        day = date.fromisoformat(until) if until else None
    except ValueError as error:
        raise UsageError(f"{until}: not a date such as 2027-03-01") from error
    replacement = copy or form.get("replacement", "").strip() or None
    if action == "replace" and replacement is None:
        raise UsageError("no address was given: type the address to cite instead, then press Set")
    reason = " ".join(form.get("reason", "").split())[:_LONGEST_REASON] or None
    undoes = form.get("undoes")
    if action == "undo" and undoes not in ("accept", "ignore", "replace"):
        raise UsageError("there is no decision to undo")
    return DecisionForm(action, reason, day, replacement, undoes)


def carry_out(
    project: Project, store: Store, form: DecisionForm, urls: Sequence[str], who: str, now: Callable[[], datetime]
) -> DecisionResult:
    """Record a decision for each URL; where it does not fit, the result says so, and the others are recorded."""
    done: list[str] = []
    troubles: list[str] = []
    for url in urls:
        try:
            _record(project, store, form, url, who, now())
        except UsageError as error:
            troubles.append(str(error))
        else:
            done.append(url)
    what = done[0] if len(done) == 1 else count(len(done), "source")
    past = "ignore until" if form.action == "ignore" and form.until else form.action
    message = gettext(_PAST[past], what=what, until=form.until)
    return DecisionResult(message if done else gettext("Nothing was recorded"), tuple(done), tuple(troubles))


_PAST = {
    "accept": N_("Accepted {what}"),
    "ignore": N_("Ignored {what}"),
    "ignore until": N_("Ignored {what} until {until}"),
    "replace": N_("A replacement is set for {what}"),
    "undo": N_("Undone for {what}"),
}


def _record(project: Project, store: Store, form: DecisionForm, url: str, who: str, now: datetime) -> None:
    match form.action:
        case "accept":
            accept_page(project, store, url, None, form.reason, who, now)
        case "ignore":
            ignore_source(project, store, url, form.until, form.reason, who, now)
        case "replace":
            replace_source(project, store, url, form.replacement or "", form.reason, who, now)
        case _:
            take_back(project, store, url, form.undoes or "", form.reason, who, now)
