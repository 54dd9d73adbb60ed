"""How the pages of findings looked: pictures made of their stored copies, for the report, with the web closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from linkarchive.browser.chromium import browser_for
from linkarchive.browser.rendering import NotRendered
from linkarchive.check.plan import Policy
from linkarchive.check.record import Recorder
from linkarchive.check.scopes import requisites
from linkarchive.history.stored_looks import looks
from linkarchive.model import CaptureScope, Verdict
from linkarchive.model.events import Notice
from linkarchive.snapshot.parts import THUMBNAIL, NewParts
from linkarchive.store import parts, previous
from linkarchive.store.captures import StoredCapture
from linkarchive.web.pacing import Paces

MOST = 40
"""Copies that are pictured in one run: each takes the browser a few seconds."""


def keep_parts(
    recorder: Recorder, policy: Policy, stop: Callable[[], bool], on_idle: Callable[[], None], paces: Paces
) -> int:
    """Store what the captures of this run lack to be shown (`requisites.keep_parts`), and where there is a browser also
    pictures of drifted pages whose copies have none, of at most MOST of them.

    Returns the number of pages whose parts could not all be asked for. `on_idle` is called now and then.
    """
    lacking = requisites.keep_parts(recorder, policy, stop, on_idle, paces)
    if policy.is_full or stop() or not policy.wants_parts or browser_for(policy.settings) is None:
        return lacking
    wanted = list(_without_picture(recorder))[:MOST]
    folder, settings = recorder.warc.archive, policy.settings
    for stored, rendering in looks(folder, recorder.store, wanted, settings, recorder.clock) if wanted else ():
        if isinstance(rendering, NotRendered):
            words = f"{stored.capture.url}: how its stored copy looked cannot be shown: {rendering.why}"
            recorder.listener(Notice(words))
            continue
        resources = rendering.pictures(stored.capture.url)
        has = parts.of_capture(recorder.store, stored.id)
        new = NewParts(CaptureScope.PAGE, resources=resources, shared=has, left_out=stored.capture.left_out)
        recorder.keep_parts(stored, new)
        rendering.close()
        for resource in resources:
            resource.body.close()
    recorder.commit()
    return lacking


def _without_picture(recorder: Recorder) -> Iterator[StoredCapture]:
    """Yields the copies of drifted pages, then and now, that have their parts but no picture of how they look."""
    numbers = sorted(recorder.with_verdict(Verdict.DRIFTED))
    for start in range(0, len(numbers), previous.AT_ONCE):
        known = previous.load(recorder.store, numbers[start : start + previous.AT_ONCE], recorder.run.seq + 1)
        for before in known.values():
            result = before.result
            if result is None:
                continue
            then = [stored for stored in before.captures if stored.capture.time == result.standard]
            for stored in (*then, before.shown_by(result)):
                if (
                    stored is not None
                    and stored.capture.scope is CaptureScope.PAGE
                    and not _is_pictured(recorder, stored)
                ):
                    yield stored


def _is_pictured(recorder: Recorder, stored: StoredCapture) -> bool:
    return any(part.url.startswith(THUMBNAIL) for part in parts.of_capture(recorder.store, stored.id))
