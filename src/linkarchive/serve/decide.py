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
    """What came of a wish. `urls` are those it was recorded for."""

    said: str
    urls: tuple[str, ...]
    troubles: tuple[str, ...]


def read_wish(form: Mapping[str, str]) -> DecisionForm:
    """The wish of a form; raises UsageError for one that cannot be meant."""
    action = form.get("action", "")
    if action not in ("accept", "ignore", "replace", "undo"):
        raise UsageError(f"{action or 'nothing'}: not something to decide")
    until = form.get("until", "").strip()
    try:
        day = date.fromisoformat(until) if until else None
    except ValueError as error:
        raise UsageError(f"{until}: not a day such as 2027-03-01") from error
    reason = " ".join(form.get("reason", "").split())[:_LONGEST_REASON] or None
    undoes = form.get("undoes")
    if action == "undo" and undoes not in ("accept", "ignore", "replace"):
        raise UsageError("nothing to take back")
    return DecisionForm(action, reason, day, form.get("replacement", "").strip() or None, undoes)


def carry_out(
    project: Project,
    store: Store,
    wish: DecisionForm,
    urls: Sequence[str],
    who: str,
    now: Callable[[], datetime],
) -> DecisionResult:
    """Record a wish for each URL; one that it does not fit is told, and the others are recorded."""
    done: list[str] = []
    troubles: list[str] = []
    for url in urls:
        try:
            _one(project, store, wish, url, who, now())
        except UsageError as error:
            troubles.append(str(error))
        else:
            done.append(url)
    said = f"{_PAST[wish.action]} {count(len(done), 'source')}" if len(done) != 1 else f"{_PAST[wish.action]} {done[0]}"
    if wish.action == "ignore" and wish.until and done:
        said += f" until {wish.until.isoformat()}"
    return DecisionResult(said if done else "Nothing was recorded", tuple(done), tuple(troubles))


_PAST = {"accept": "Accepted", "ignore": "Ignored", "replace": "A replacement is set for", "undo": "Taken back for"}


def _one(project: Project, store: Store, wish: DecisionForm, url: str, who: str, now: datetime) -> None:
    match wish.action:
        case "accept":
            accept_page(project, store, url, None, wish.reason, who, now)
        case "ignore":
            ignore_source(project, store, url, wish.until, wish.reason, who, now)
        case "replace":
            replace_source(project, store, url, wish.replacement or "", wish.reason, who, now)
        case _:
            take_back(project, store, url, wish.undoes or "", wish.reason, who, now)
