"""From how telling a rule's evidence is to how often such verdicts are right.

Each rule states a score: what its author would bet. The labelled corpus says how often
verdicts of that family and score were right. The curve below is its answer, shrunk
towards the score by a prior worth six cases, and monotone in the score. `python
benchmarks/verdicts.py --calibrate` prints it anew; docs/verdicts.md has the counts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace

from linkarchive.model import Judgement, Reason

PRIOR = 6
"""Cases that a rule's own score is worth against the counts of the corpus."""

_TEXT = (
    Reason.SAME,
    Reason.MINOR_EDIT,
    Reason.GREW,
    Reason.FIRST_SEEN,
    Reason.REDIRECT,
    Reason.REWRITTEN,
    Reason.REPLACED,
    Reason.SHRUNK,
)
_SUPPORT = (Reason.QUOTE_LOST, Reason.DETAIL_LOST, Reason.ANCHOR_LOST, Reason.CORRECTED, Reason.RETRACTED)

# fmt: off
CURVES: Mapping[str, tuple[tuple[float, float], ...]] = {
    "text": (
        (0.0, 0.0), (0.5, 0.5), (0.6, 0.6), (0.8, 0.974), (0.88, 0.988), (0.92, 0.991), (0.95, 0.999), (1.0, 0.999),
    ),
    "support": ((0.0, 0.0), (0.75, 0.75), (0.96, 0.998), (1.0, 0.999)),
    "signs": ((0.0, 0.0), (0.7, 0.7), (0.927, 0.993), (0.973, 0.998), (1.0, 0.999)),
}
# fmt: on
"""(score, share that is right) by family, fitted on the corpus of 2026-11-23; linear in between."""


def family(reason: Reason) -> str:
    """Verdicts by comparing texts, by what the citation took, and by signs of errors, walls and failures."""
    return "text" if reason in _TEXT else "support" if reason in _SUPPORT else "signs"


def calibrated(judgement: Judgement) -> Judgement:
    """The judgement with its score replaced by the share of such verdicts that is right."""
    return replace(judgement, confidence=round(_on(CURVES[family(judgement.reason)], judgement.confidence), 3))


def _on(curve: tuple[tuple[float, float], ...], score: float) -> float:
    right = min(max(bisect_right([x for x, _ in curve], score), 1), len(curve) - 1)
    (x0, y0), (x1, y1) = curve[right - 1], curve[right]
    return y0 + (y1 - y0) * (score - x0) / (x1 - x0)
