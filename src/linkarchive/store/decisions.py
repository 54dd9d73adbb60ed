"""`decisions.jsonl`: what people decided, appended only, with who and when."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime
from itertools import chain
from operator import attrgetter
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from linkarchive.errors import StorageError
from linkarchive.files import append_line, storage_errors
from linkarchive.model import Acceptance, Ignored
from linkarchive.project import Project
from linkarchive.secrets import redact
from linkarchive.store.serialization import decode, encode
from linkarchive.urls import host_of, is_within
from linkarchive.wrappers import key_of


class Decision(Struct, frozen=True):
    """One line. `capture_time` names the capture that was accepted; `article` None means every article. Action `undo`
    takes back the decision on the same URL that was made at `undoes`."""

    action: str
    url: str
    who: str
    when: datetime
    reason: str | None = None
    article: str | None = None
    capture_time: datetime | None = None
    sha256: str | None = None
    """Of the accepted page."""
    until: date | None = None
    """Of an `ignore`: the day from which on the source is reported again."""
    undoes: datetime | None = None
    replacement: str | None = None
    """Of a `replace`: the URL that articles shall cite instead."""


def append(project: Project, decision: Decision) -> None:
    """Add a line, whole or not at all, also while a run is at work. Raises LockedError and StorageError."""
    with project.decision_lock(), storage_errors(project.decisions):
        append_line(project.decisions, encode(decision).encode())


def load(path: Path) -> list[Decision]:
    """Oldest first. Raises StorageError naming the line that cannot be read. What an interruption left of a last line
    is passed over: nobody was told that it is there."""
    if not path.exists():
        return []
    log = []
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line  # an editor's BOM
            if text.strip():
                try:
                    log.append(_with_key_of_today(decode(text, Decision)))
                except StorageError as error:
                    if not line.endswith(b"\n"):
                        break
                    raise StorageError(f"{path}:{number}: {error}; correct or remove the line") from error
    return log


def _with_key_of_today(decision: Decision) -> Decision:
    """The decision under the key that its source has now: earlier versions kept redirectors and tracking in keys."""
    if is_host(decision.url):
        return decision
    key = redact(key_of(decision.url))
    return decision if key == decision.url else replace(decision, url=key)


def in_force(decisions: Sequence[Decision], url: str, at: datetime | None = None) -> list[Decision]:
    """The decisions on a source that nobody has taken back, oldest first; with `at`, as they stood at that moment. The
    file is made to be committed: no secrets in its URLs."""
    if not decisions:
        return []
    safe = redact(url)
    own = [decision for decision in decisions if decision.url == safe and (at is None or decision.when <= at)]
    undone = {decision.undoes for decision in own if decision.action == "undo"}
    return [decision for decision in own if decision.action != "undo" and decision.when not in undone]


def all_in_force(decisions: Sequence[Decision], url: str) -> list[Decision]:
    """Those on a source, and on the hosts that it is on or below, oldest first."""
    names = {url, *(name for name in {decision.url for decision in decisions} if is_host(name))}
    on = [name for name in names if name == url or is_within(host_of(url), [name])]
    return sorted(chain.from_iterable(in_force(decisions, name) for name in on), key=attrgetter("when"))


def ignored(decisions: Sequence[Decision], url: str, day: date, at: datetime | None = None) -> Ignored | None:
    """The last word that ignores a source, or the host that it is on, on that day; with `at`, as people had decided
    by then."""
    hosts = dict.fromkeys(
        decision.url for decision in decisions if is_host(decision.url) and is_within(host_of(url), [decision.url])
    )
    for name in (url, *hosts):
        last = next(
            (decision for decision in reversed(in_force(decisions, name, at)) if decision.action == "ignore"), None
        )
        if last is not None and _lasts(last, day):
            return Ignored(last.who, last.when, last.until, last.reason)
    return None


class DecisionIndex:
    """The decisions by what they are on: what is decided about each of many sources."""

    def __init__(self, log: Iterable[Decision]) -> None:
        self._by_name: dict[str, list[Decision]] = {}
        for decision in log:
            if decision.action in ("accept", "ignore", "replace", "undo"):
                self._by_name.setdefault(decision.url, []).append(decision)
        self._hosts = [name for name in self._by_name if is_host(name)]

    def __bool__(self) -> bool:
        return bool(self._by_name)

    @property
    def keys(self) -> frozenset[str] | None:
        """The keys of all sources that decisions are on; None where they do not tell: a host stands for sources, and
        of an address with a secret the decision has not the key."""
        if self._hosts or any("REDACTED" in name for name in self._by_name):
            return None
        return frozenset(self._by_name)

    def on(self, key: str, checked: datetime | None, articles: Collection[str], day: date) -> Decision | None:
        """The last decision in force, on that day, that settles what was found of a source when it was `checked`.

        An acceptance does so until the next visit, which judges by it; one for some of the articles that cite the
        source does not.
        """
        if not self._by_name:
            return None
        accepted: set[str | None] = set()
        is_over = False
        for decision in reversed(in_force(self._by_name.get(redact(key), ()), key)):
            match decision.action:
                case "replace":
                    return decision
                case "ignore" if not is_over:  # the last word on it counts
                    if _lasts(decision, day):
                        return decision
                    is_over = True
                case "accept" if checked is not None and decision.when > checked:
                    accepted.add(decision.article)
                    if None in accepted or accepted.issuperset(articles):
                        return decision
        for name in self._hosts:
            last = in_force(self._by_name[name], name)[-1:] if is_within(host_of(key), [name]) else []
            if last and _lasts(last[0], day):
                return last[0]
        return None


def _lasts(ignoring: Decision, day: date) -> bool:
    return ignoring.until is None or day < ignoring.until


def is_host(name: str) -> bool:
    """A decision with this name is on a host, for all sources on it and below it, and not on one source."""
    return bool(name) and not set(name) & set("/:?#@ ")


def acceptance(decisions: Sequence[Decision], url: str, article: str) -> Acceptance | None:
    """The last acceptance in force of a source for an article."""
    for decision in reversed(in_force(decisions, url)):
        if decision.action == "accept" and decision.article in (None, article) and decision.capture_time is not None:
            return Acceptance(decision.who, decision.when, decision.reason, decision.capture_time)
    return None


def replacement(decisions: Sequence[Decision], url: str, article: str) -> str | None:
    """The URL that a person wants in place of a source, by the last word on it for an article."""
    for decision in reversed(in_force(decisions, url)):
        if decision.action == "replace" and decision.article in (None, article):
            return decision.replacement
    return None


def forgetting(decisions: Sequence[Decision]) -> Callable[[str], Decision | None]:
    """`forgotten` for many sources, by their keys."""
    forgets = [decision for decision in decisions if decision.action in ("forget", "undo")]
    named = {decision.url for decision in forgets}
    return lambda key: forgotten(forgets, key) if named and redact(key) in named else None


def forgotten(decisions: Sequence[Decision], url: str) -> Decision | None:
    """The decision in force that took a source out of the archive: it is not visited while that stands."""
    return next((decision for decision in reversed(in_force(decisions, url)) if decision.action == "forget"), None)
