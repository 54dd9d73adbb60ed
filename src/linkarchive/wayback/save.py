"""Save Page Now 2: asking the Wayback Machine to capture a page now.

Its errors arrive with HTTP 200, at the submission as well as in the job's status. What they mean is data here,
after the documentation "Save Page Now 2 Public API Docs" in its revision of 2026-07-22.
"""

from __future__ import annotations

import configparser
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from linkarchive.urls import same_page
from linkarchive.wayback.answers import ArchiveTroubleError, Why
from linkarchive.wayback.archives import WAYBACK, Archive, time_of
from linkarchive.wayback.session import ArchiveSession, Service
from linkarchive.web.decoding import decode
from linkarchive.web.exchange import Exchange

STOPS = frozenset({"user-session-limit", "max-daily-bandwidth"})
"""Beginnings of errors after which the rest of the batch would fail, too."""
TODAY = "too-many-daily-captures"
"""The page was captured today already, as often as the service allows: what we wanted is there."""

_LONGEST_POLL = 10.0
_MOST_SECONDS = 180.0
"""A capture takes two minutes at most, and 15 to 110 seconds as a rule."""
_NOT_WITHIN = "1d"
"""A copy younger than this will do (`if_not_archived_within`)."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Of an Internet Archive account (https://archive.org/account/s3.php)."""

    access: str
    secret: str

    def __repr__(self) -> str:
        return "Keys(…)"


@dataclass(frozen=True, slots=True)
class Saved:
    """Captured. For some hours the address may lead to an older copy, so the next run verifies it."""

    time: datetime
    url: str
    """The new memento."""


@dataclass(frozen=True, slots=True)
class AlreadyToday:
    """Captured today already: there is a fresh copy, and no new one."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The page was not captured."""

    why: str
    """In the words of the service, or ours."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Nothing more is asked in this run: this page, and those after it, are for the next."""

    why: str


SaveResult = Saved | AlreadyToday | Failed | Stopped


def find_keys(environ: Mapping[str, str], home: Path) -> Keys | None:
    """From `IA_ACCESS_KEY_ID` and `IA_SECRET_ACCESS_KEY`, else from the `ia.ini` of the `internetarchive` tool."""
    access, secret = environ.get("IA_ACCESS_KEY_ID"), environ.get("IA_SECRET_ACCESS_KEY")
    if access and secret:
        return Keys(access, secret)
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    named = environ.get("IA_CONFIG_FILE")
    files = [Path(named)] if named else [config / "internetarchive" / "ia.ini", home / ".config" / "ia.ini"]
    for file in [*files, home / ".ia"]:
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
            access, secret = parser.get("s3", "access"), parser.get("s3", "secret")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue
        if access and secret:
            return Keys(access, secret)
    return None


def left_today(session: ArchiveSession, archive: Archive, keys: Keys) -> int | None:
    """How many more captures the service allows this account today; None where it does not say. Raises
    ArchiveTroubleError."""
    account = _ask(session, archive, Service.STATUS, f"{archive.save}/status/user", keys)
    most, used = account.get("daily_captures_limit"), account.get("daily_captures")
    return most - used if isinstance(most, int) and isinstance(used, int) else None


def save(
    session: ArchiveSession, keys: Keys, urls: Iterable[str], *, archive: Archive = WAYBACK, poll: float = 2.0
) -> Iterator[tuple[str, SaveResult]]:
    """Have pages captured, one after the other, each with what became of it; never raises for a page or the service.

    The daily limit is read from the service first. After a `Stopped` the remaining pages are not asked for.
    `poll` is the pause before the first look at a job, in seconds; it grows to ten.
    Give only URLs that `privacy.may_send` allows: a capture is public.
    """
    left: int | None = None
    stopped: Stopped | None = None
    try:
        left = left_today(session, archive, keys)
    except ArchiveTroubleError as error:
        stopped = Stopped(error.unknown.detail)
    for url in urls:
        if left is not None and left <= 0:
            stopped = Stopped("the account's captures of today are used up")
        result = stopped or _save_one(session, archive, keys, url, poll)
        if isinstance(result, Stopped):
            stopped = result
        elif left is not None:
            left -= 1
        yield url, result


def _save_one(session: ArchiveSession, archive: Archive, keys: Keys, url: str, poll: float) -> SaveResult:
    form = {"url": url, "if_not_archived_within": _NOT_WITHIN, "skip_first_archive": "1", "js_behavior_timeout": "0"}
    try:
        reply = _ask(session, archive, Service.SAVE, archive.save, keys, form)
        job = reply.get("job_id")
        if not job:
            # “The same snapshot had been made … ago”: young enough, so there is no job.
            recent = "had been made" in str(reply.get("message")) and "status_ext" not in reply
            return AlreadyToday() if recent else _failure(reply)
        return _result(_wait_for(session, archive, keys, str(job), poll), archive, url)
    except ArchiveTroubleError as error:
        stops = error.unknown.why in (Why.RATE_LIMITED, Why.BUDGET)
        return (Stopped if stops else Failed)(error.unknown.detail)


def _wait_for(session: ArchiveSession, archive: Archive, keys: Keys, job: str, poll: float) -> dict[str, Any]:
    waited = 0.0
    while waited < _MOST_SECONDS:
        session.wait(poll)
        waited += poll
        poll = min(_LONGEST_POLL, poll * 1.5)
        status = _ask(session, archive, Service.STATUS, f"{archive.save}/status/{job}", keys)
        if status.get("status") != "pending":
            return status
    return {"status": "error", "message": "the capture did not end in time"}


def _result(reply: dict[str, Any], archive: Archive, url: str) -> SaveResult:
    if reply.get("status") != "success":
        return _failure(reply)
    time = time_of(str(reply.get("timestamp", "")))
    if time is None:
        return Failed("the service says that it captured the page, but not when")
    original = str(reply.get("original_url") or url)
    if not same_page(original, url):
        return Failed(f"the service says that it captured another page ({original[:200]})")
    return Saved(time, archive.view(time, original))


def _failure(reply: dict[str, Any]) -> SaveResult:
    code = str(reply.get("status_ext", "")).removeprefix("error:")
    message = str(reply.get("message") or code or "the service gave no reason")[:300]
    if code == TODAY:
        return AlreadyToday()
    if any(code.startswith(word) for word in STOPS):
        return Stopped(message)
    return Failed(message)


def _ask(
    session: ArchiveSession,
    archive: Archive,
    service: Service,
    url: str,
    keys: Keys,
    form: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """One JSON object from the service; a 4xx other than 429 has one, too. Raises ArchiveTroubleError."""
    headers = {"Accept": "application/json", "Authorization": f"LOW {keys.access}:{keys.secret}"}
    exchange = session.ask(archive, service, url, headers=headers, form=form, malformed=_not_json)
    reply = _json(exchange)
    exchange.body.close()
    if exchange.status in (401, 403):
        raise ArchiveTroubleError(Why.RATE_LIMITED, "the service does not accept the keys")
    return reply or {}


def _not_json(exchange: Exchange) -> str | None:
    fine = exchange.status in (401, 403) or _json(exchange) is not None
    return None if fine else f"HTTP {exchange.status} without a JSON object"


def _json(exchange: Exchange) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(decode(exchange.body, exchange.header_map, 1 << 20).data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return value if isinstance(value, dict) else None
