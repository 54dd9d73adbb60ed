"""A person's word that a finding is known, and taking back what was decided (`archive ignore`, `--undo`)."""

from __future__ import annotations

from datetime import date, datetime
from urllib.parse import urlsplit

from linkarchive.errors import UsageError
from linkarchive.history.reports import latest_of
from linkarchive.project import Project
from linkarchive.secrets import redact
from linkarchive.store import captures, decisions, sources
from linkarchive.store.database import Store
from linkarchive.store.decisions import Decision
from linkarchive.urls import ascii_host, host_of, is_within
from linkarchive.wrappers import key_of


def accept_page(
    project: Project, store: Store, url: str, article: str | None, reason: str | None, who: str, now: datetime
) -> Decision:
    """Record that today's page of a source is fine. Raises UsageError when there is no page to accept."""
    source = sources.find(store, url)
    _, latest = latest_of(store, source.id, url)
    result = latest.result
    if article is not None and all(citation.article != article for citation in result.citations):
        raise UsageError(f"{redact(url)} is not cited by {article}")
    copies = captures.of_source(store, source.id)
    page = captures.capture_of(copies, result)
    if not result.verdict.is_alive or page is None:
        raise UsageError(f"{redact(url)} is {result.verdict.value}: today there is no page to accept")
    decision = Decision("accept", redact(source.key), who, now, reason, article, page.capture.time, page.capture.sha256)
    decisions.append(project, decision)
    return decision


def ignore_source(
    project: Project, store: Store, url: str, until: date | None, reason: str | None, who: str, now: datetime
) -> Decision:
    """Record that a source, or all on a host and below it, is known: judged and counted, but not reported, until a day
    if one is given.

    Raises UsageError for a source or a host that the project does not have, or a day that is not to come.
    """
    name = _name_of(store, url)
    if until is not None and until <= now.date():
        raise UsageError(f"--until {until}: not a day in the future")
    decision = Decision("ignore", name, who, now, reason, until=until)
    decisions.append(project, decision)
    return decision


def replace_source(
    project: Project, store: Store, url: str, by: str, reason: str | None, who: str, now: datetime
) -> None:
    """Record what articles shall cite instead of a source; `archive fix` writes it into them. Raises UsageError for a
    source that the project does not have, or for no web address."""
    source = sources.find(store, url)
    parts = urlsplit(by)
    if parts.scheme not in ("http", "https") or not parts.hostname or not by.isprintable() or " " in by:
        raise UsageError(f"{redact(by)}: not a web address (https://…) to cite instead")
    if key_of(by) == source.key:
        raise UsageError(f"{redact(by)}: the same page; give another address")
    decisions.append(project, Decision("replace", redact(source.key), who, now, reason, replacement=by))


def take_back(
    project: Project,
    store: Store,
    url: str,
    action: str,
    reason: str | None,
    who: str,
    now: datetime,
    article: str | None = None,
) -> None:
    """Take back decisions of an action ("accept", "ignore", "replace") on a source.

    Of acceptances only the last one (for that article, if one is given), so that an earlier one counts again; of the
    others all. Raises UsageError when there is none.
    """
    in_force = decisions.in_force(decisions.load(project.decisions), _name_of(store, url))
    revoked = [
        decision
        for decision in in_force
        if decision.action == action and (article is None or decision.article == article)
    ]
    if not revoked:
        raise UsageError(f"{redact(url)}: nothing to take back: no {action} is in force")
    for decision in revoked[-1:] if action == "accept" else revoked:
        undo = Decision("undo", decision.url, who, now, reason, decision.article, undoes=decision.when)
        decisions.append(project, undo)


def _name_of(store: Store, url: str) -> str:
    """What a decision on a URL, or on a host as in `press.example`, is recorded under. Raises UsageError."""
    if not decisions.is_host(url):
        return redact(sources.find(store, url).key)
    host = ascii_host(url)
    hosts = {host_of(known) for _, known in sources.all_urls(store)}  # to the end: a server's cursor is closed there
    if not any(is_within(known, [host]) for known in hosts):
        raise UsageError(f"{url}: not a source of this project, and no source is on a host of that name")
    return host


def lift(project: Project, url: str, reason: str | None, who: str, now: datetime) -> Decision:
    """Record that a forgotten source is visited again. Raises UsageError when it is not forgotten."""
    decision = decisions.forgotten(decisions.load(project.decisions), key_of(url))
    if decision is None:
        raise UsageError(f"{redact(url)}: nothing to take back: it is not forgotten")
    undo = Decision("undo", decision.url, who, now, reason, undoes=decision.when)
    decisions.append(project, undo)
    return undo
