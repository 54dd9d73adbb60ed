"""The verdict where a baseline's bytes are not here: a fresh Git clone has its digests only (docs/design.md §6)."""

from __future__ import annotations

from dataclasses import replace

from linkarchive.model import Capture, CitationResult, Judgement, Reason, Result, Verdict

_SAME = Judgement(Verdict.OK, Reason.SAME, 0.97, ("the page has the digest that it had",), 1.0)
_UNSEEN = "today's page is not the one last seen; the copy to compare it with is not in this folder"


def by_digests(
    alone: Judgement,
    today: tuple[str, str | None],
    standard: Capture,
    last: Capture | None,
    before: Result | CitationResult | None,
) -> Judgement:
    """The judgement on a page that seems alive, from what the text files know of the page to compare it with.

    `alone` is the judgement without a comparison, `today` the page's SHA-256 and
    fingerprint, `before` what was concluded last time, `last` the capture it was concluded
    on. The standard's own page is the same; what was seen last time is what it was; any
    other page leaves the last conclusion as it was, so that a clone makes no news of its own.
    """
    if not alone.verdict.is_alive:
        return alone
    if alone.verdict is Verdict.OK and today[0] == standard.sha256:
        return _SAME
    if before is not None and last is not None and _is(today, last):
        return _SAME if before.reason is Reason.FIRST_SEEN else _again(before, alone)
    if alone.verdict is Verdict.OK and _is(today, standard):
        return _SAME
    if before is None or not before.verdict.is_alive:
        return alone
    stands = _again(before, alone)
    return stands if _UNSEEN in stands.evidence else replace(stands, evidence=(*stands.evidence, _UNSEEN))


def _again(before: Result | CitationResult, alone: Judgement) -> Judgement:
    return Judgement(
        before.verdict,
        before.reason,
        before.confidence,
        before.evidence,
        before.similarity,
        before.lost,
        before.also if isinstance(before, Result) else (),
        alone.suggested_url,
    )


def _is(today: tuple[str, str | None], capture: Capture) -> bool:
    sha256, fingerprint = today
    return sha256 == capture.sha256 or (fingerprint is not None and fingerprint == capture.fingerprint)
