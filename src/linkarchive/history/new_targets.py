"""What to cite instead of a source: pure, from its latest result and what people decided.

Only what is certain enough to be written into somebody's text: SURE and above.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urldefrag

from linkarchive.model import Reason, Result, Verdict
from linkarchive.report.phrases import short
from linkarchive.report.sanitize import has_redaction
from linkarchive.secrets import has_secrets
from linkarchive.store.database import Store
from linkarchive.store.decisions import Decision, acceptance, ignored, load, replacement
from linkarchive.store.results import latest
from linkarchive.urls import is_web, unwrap
from linkarchive.wrappers import intended_url, key_of

SURE = 0.8
"""The least confidence of a verdict, or of a recovered target, that changes an article: four in five are right."""

_SURE_ADDRESS = 0.95
"""The least confidence that a page found elsewhere is the one that was cited."""
_STAMP = re.compile(r"/(\d{8})\d{0,6}(?:[a-z]{2}_)?/")


@dataclass(frozen=True, slots=True)
class NewTarget:
    """A URL to cite, and why; `original` and `day` when it is an archived copy."""

    url: str
    why: str
    original: str | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class NoTarget:
    """Something is wrong with the source, and there is nothing to write for certain."""

    why: str


@dataclass(frozen=True, slots=True)
class NewTargets:
    """What a project knows. `results` holds the latest of each source that moved, died or drifted, by key."""

    results: Mapping[str, Result]
    decisions: Sequence[Decision] = ()
    visited: Mapping[str, datetime] = field(default_factory=dict)
    """When each of them was last visited, by key."""

    @classmethod
    def of_project(cls, store: Store, decided: Path) -> NewTargets:
        """What a project knows now; `decided` is its file of decisions. Raises StorageError."""
        verdicts = (Verdict.MOVED, Verdict.DEAD, Verdict.DRIFTED)
        results, visited = dict[str, Result](), dict[str, datetime]()
        for _, result, time in latest(store):
            if result.verdict in verdicts:
                key = key_of(result.url)
                results[key] = result
                if time is not None:
                    visited[key] = time
        return cls(results, load(decided), visited)

    def of(self, url: str, article: str, day: date) -> NewTarget | NoTarget | None:
        """What to cite instead of `url` in the end: a target may need one itself. None where nothing is wrong."""
        target = first = self._next(url, article, day)
        seen = {key_of(url)}
        while isinstance(target, NewTarget):
            if key_of(target.url) in seen:
                return NoTarget("its replacements lead round in a circle")
            seen.add(key_of(target.url))
            further = self._next(target.url, article, day)
            if not isinstance(further, NewTarget):
                return target
            target = further
        return first or self._intended(url, day)

    def is_settled(self, url: str, article: str) -> bool:
        """The article itself gives a usable copy beside its dead links to this URL."""
        result = self.results.get(key_of(url))
        citations = () if result is None else result.citations
        cited = [citation for citation in citations if (citation.article, citation.url) == (article, url)]
        return bool(cited) and all(citation.settled is not None for citation in cited)

    def _intended(self, url: str, day: date) -> NewTarget | None:
        """The address that a redirecting service (Google, Outlook, Facebook …) leads to."""
        inner = intended_url(url)
        if inner == url or not is_web(inner) or has_secrets(inner) or ignored(self.decisions, key_of(url), day):
            return None
        return NewTarget(inner, "the address that it leads to")

    def _is_accepted(self, key: str, article: str) -> bool:
        """A person accepted the page after its last visit: the next visit is judged by that."""
        accepted, visited = acceptance(self.decisions, key, article), self.visited.get(key)
        return accepted is not None and visited is not None and accepted.when > visited

    def _next(self, url: str, article: str, day: date) -> NewTarget | NoTarget | None:
        key = key_of(url)
        chosen = replacement(self.decisions, key, article)
        if chosen is not None:
            if not is_web(chosen) or has_redaction(chosen):
                return NoTarget("what was decided to cite instead is no web address: set another in `archive serve`")
            return NewTarget(chosen, "as you decided", *((url, _day_of(chosen)) if _is_copy(chosen, key) else ()))
        result = self.results.get(key)
        if result is None or ignored(self.decisions, key, day) is not None or self._is_accepted(key, article):
            return None
        if result.verdict is Verdict.MOVED:
            return _moved(result, url)
        if result.verdict is Verdict.DEAD:
            return _dead(result, url)
        return _replaced(result, url) if result.reason is Reason.REPLACED else None


def _moved(result: Result, url: str) -> NewTarget | NoTarget:
    target = result.suggested_url
    if target is None or not is_web(target):
        return NoTarget("it moved, and where to is not known")
    if has_secrets(target):
        return NoTarget("it moved to a URL with a password or token in it")
    if result.confidence < SURE:
        return NoTarget(f"it moved, which is {_sure(result.confidence)} so far; the next check tells more")
    return NewTarget(_with_fragment(target, url), "moved")


def _dead(result: Result, url: str) -> NewTarget | NoTarget:
    """Where the page itself is now, if that is known; else a copy of it."""
    copy = result.archived_url
    reason = short(result.verdict, result.reason)
    if result.confidence < SURE:
        return NoTarget(f"it seems to be dead, {reason}, which is {_sure(result.confidence)}")
    address = _new_address(result)
    if address is not None:
        return NewTarget(_with_fragment(address, url), f"dead, {reason}: the same page, elsewhere")
    if copy is None or not is_web(copy):
        return NoTarget(f"it is dead, {reason}; {result.archive_note or 'no public copy is known'}")
    return NewTarget(_with_fragment(copy, url), f"dead, {reason}: archived copy", url, _day_of(copy))


def _replaced(result: Result, url: str) -> NewTarget | None:
    """Where the page is now at whose address another one stands."""
    address = _new_address(result) if result.confidence >= SURE else None
    reason = short(result.verdict, result.reason)
    return None if address is None else NewTarget(_with_fragment(address, url), f"{reason}: the same page, elsewhere")


def _new_address(result: Result) -> str | None:
    """Where the page was found, sure enough to be written into a text; a redirect needs no confidence."""
    address, confidence = result.suggested_url, result.suggested_confidence
    if address is None or not is_web(address) or has_secrets(address):
        return None
    return address if confidence is None or confidence >= _SURE_ADDRESS else None


def _sure(confidence: float) -> str:
    return f"{confidence:.0%} sure"


def _with_fragment(url: str, cited: str) -> str:
    """The place in the page goes along, as through a redirect (RFC 9110 §10.2.2)."""
    fragment = urldefrag(cited).fragment
    return url if "#" in url or not fragment else f"{url}#{fragment}"


def _day_of(copy: str) -> date | None:
    """The day of an archived copy, which its URL tells."""
    capture = unwrap(copy)
    stamp = capture[0] if capture else next((match[1] for match in _STAMP.finditer(copy)), "")
    try:
        return datetime.strptime(stamp[:8], "%Y%m%d").date()  # noqa: DTZ007 - a day, in UTC like all of them
    except ValueError:
        return None


def _is_copy(chosen: str, key: str) -> bool:
    """What somebody decided to cite is an archived copy of the source of that key."""
    unwrapped = unwrap(chosen)
    return unwrapped is not None and key_of(unwrapped[1]) == key
