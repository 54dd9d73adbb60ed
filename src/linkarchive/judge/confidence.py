"""From how telling a rule's evidence is to how often such verdicts are right.

Each rule states a score: what its author would bet, or the probability that a model gives. The curves turn scores into
confidences by the kind of evidence. They stay below what the labelled corpora say of the pages that the rules were
written beside (`python benchmarks/verdicts.py --calibrate`), by what pages of other sites cost: docs/verdicts.md.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

from msgspec.structs import replace

from linkarchive.model import Judgement, Reason

PRIOR = 6
"""Cases that a rule's own score is worth against the counts of the corpus."""

_TEXT = (
    Reason.SAME,
    Reason.MINOR_EDIT,
    Reason.GREW,
    Reason.REDIRECT,
    Reason.REWRITTEN,
    Reason.REPLACED,
    Reason.SHRUNK,
)
_SUPPORT = (Reason.QUOTE_LOST, Reason.DETAIL_LOST, Reason.ANCHOR_LOST, Reason.CORRECTED, Reason.RETRACTED)

# fmt: off
CURVES: Mapping[str, tuple[tuple[float, float], ...]] = {
    "text": (
        (0.0, 0.0), (0.6, 0.6), (0.8, 0.9), (0.88, 0.95), (0.92, 0.96), (0.95, 0.975), (0.98, 0.985), (1.0, 0.995),
    ),
    "first-seen": ((0.0, 0.0), (0.75, 0.85), (0.95, 0.955), (1.0, 0.96)),
    "support": ((0.0, 0.0), (0.75, 0.85), (0.8, 0.92), (0.96, 0.975), (1.0, 0.98)),
    "signs": ((0.0, 0.0), (0.65, 0.75), (0.8, 0.88), (0.9, 0.95), (0.95, 0.97), (0.97, 0.985), (1.0, 0.995)),
}
# fmt: on
"""(score, share that is right) by family; linear in between. A page that was compared with nothing never says more
than 0.96, and words alone no more than 0.97."""


def family(reason: Reason) -> str:
    """The kind of evidence: two texts, one seen first, what the citation took, or signs of errors and walls."""
    if reason is Reason.FIRST_SEEN:
        return "first-seen"
    return "text" if reason in _TEXT else "support" if reason in _SUPPORT else "signs"


def calibrated(judgement: Judgement) -> Judgement:
    """The judgement with its score replaced by the share of such verdicts that is right."""
    return replace(judgement, confidence=round(_on(CURVES[family(judgement.reason)], judgement.confidence), 3))


def _on(curve: tuple[tuple[float, float], ...], score: float) -> float:
    right = min(max(bisect_right([x for x, _ in curve], score), 1), len(curve) - 1)
    (x0, y0), (x1, y1) = curve[right - 1], curve[right]
    return y0 + (y1 - y0) * (score - x0) / (x1 - x0)
