"""Which visits are worth a capture (docs/design.md §6): those that say something new."""

from __future__ import annotations

from datetime import datetime, timedelta

from linkarchive.model import Capture, Page, Reason, Verdict
from linkarchive.store.captures import StoredCapture


def is_old(captured: datetime, now: datetime, refresh_days: int) -> bool:
    """A fresh copy is due, though the page be what it was."""
    return now - captured >= timedelta(days=refresh_days)


def worth_keeping(
    page: Page,
    fingerprint: str | None,
    verdict: Verdict,
    reason: Reason,
    kept: list[StoredCapture],
    now: datetime,
    refresh_days: int,
) -> bool:
    """Whether to store the page, given what is kept of its source (oldest first).

    Kept are the first, a first usable one, a change of status, redirect chain or
    substance, the evidence of a finding, and a fresh copy of an old one. Noise, that is
    other bytes with the same substance, is not.
    """
    if not kept:
        return True
    if verdict.is_alive and not any(one.usable for one in kept):
        return True
    last = kept[-1]
    if is_old(last.capture.time, now, refresh_days) or _shape(page) != _capture_shape(last.capture):
        return True
    if verdict.is_alive != last.usable:
        return True
    if (verdict, reason) == (Verdict.OK, Reason.SAME) and last.good:
        return False
    if verdict is Verdict.DRIFTED and last.good:
        return True  # the evidence may stand outside the paragraphs that the fingerprint is of
    return fingerprint != last.capture.fingerprint


def shown_by(kept: list[StoredCapture], page: Page, sha256: str) -> StoredCapture:
    """The newest capture of these very bytes, of a page that is what it was before; else the last, which has its
    substance."""
    return next((one for one in reversed(kept) if is_same_page(page, sha256, one.capture)), kept[-1])


def is_same_page(page: Page, sha256: str, capture: Capture) -> bool:
    """Today's page is the captured one, byte for byte and on the same way."""
    return sha256 == capture.sha256 and _shape(page) == _capture_shape(capture)


def _shape(page: Page) -> tuple[object, ...]:
    return page.status, page.final_url, page.hops


def _capture_shape(capture: Capture) -> tuple[object, ...]:
    return capture.status, capture.final_url, capture.hops
