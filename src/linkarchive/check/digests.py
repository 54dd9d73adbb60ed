"""The verdict where a baseline's bytes are not here: a fresh Git clone has its digests only (DESIGN §6)."""

from __future__ import annotations

from dataclasses import replace

from linkarchive.model import Capture, CitationOutcome, Judgement, Outcome, Reason, Verdict

_UNSEEN = "today's page is not the one last seen; the copy to compare it with is not in this folder"


def by_digests(
    alone: Judgement,
    today: tuple[str, str | None],
    standard: Capture,
    last: Capture | None,
    before: Outcome | CitationOutcome | None,
) -> Judgement:
    """The judgement on a page that is alive, from what the text files know of the page to compare it with.

    `alone` is the judgement without a comparison, `today` the page's SHA-256 and
    fingerprint, `last` the latest capture and `before` what was concluded last time. The
    page of the standard is the same; any other page leaves the last conclusion as it was,
    so that a fresh clone never makes news of its own.
    """
    if not alone.verdict.is_alive:
        return alone
    if alone.verdict is Verdict.OK and _is(today, standard):
        return Judgement(Verdict.OK, Reason.SAME, 0.97, ("the page has the digest that it had",), 1.0)
    if before is None or not before.verdict.is_alive:
        return alone
    stands = Judgement(
        before.verdict,
        before.reason,
        before.confidence,
        before.evidence,
        before.similarity,
        before.lost,
        before.also if isinstance(before, Outcome) else (),
        alone.suggested_url,
    )
    if (last is not None and _is(today, last)) or _UNSEEN in before.evidence:
        return stands
    return replace(stands, evidence=(*before.evidence, _UNSEEN))


def _is(today: tuple[str, str | None], capture: Capture) -> bool:
    sha256, fingerprint = today
    return sha256 == capture.sha256 or (fingerprint is not None and fingerprint == capture.fingerprint)
