"""Cross-validation by site, and the curves of confidence.

Sites are put into five folds by the digest of their name. The three thresholds of
judge/drift.py and the curves of judge/confidence.py are chosen on four folds and scored
on the fifth. The rules of rules.toml are words, not numbers; they are not chosen anew.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import verdicts_peers
from msgspec.structs import replace

from linkarchive.judge import confidence, drift
from linkarchive.judge.parsed_page import ParsedPages
from linkarchive.judge.verdict import scored
from linkarchive.model import Judgement, Reason, Verdict

FOLDS = 5
_SURE = 0.9
NAMES = ("DRIFTED", "MIXED", "MIXED_JACCARD")
CHOICES = tuple(
    itertools.product((0.80, 0.84, 0.86, 0.88, 0.90, 0.92, 0.94), (0.94, 0.96, 0.97, 0.98), (0.7, 0.8, 0.9))
)

Curves = Mapping[str, tuple[tuple[float, float], ...]]


@dataclass(frozen=True, slots=True)
class Result:
    labelled: Any
    judgement: Judgement
    comparison: drift.Comparison | None
    """Where the text alone decided."""
    fold: int

    def decided(self) -> Judgement:
        """With the thresholds of the moment."""
        if self.comparison is None:
            return self.judgement
        verdict, reason, score = drift.drift(self.comparison)
        return replace(self.judgement, verdict=verdict, reason=reason, confidence=score)


def results(labelled: Sequence[Any], score: Any) -> list[Result]:
    rows = []
    for page in labelled:
        parsed = ParsedPages()
        judgement = scored(page.case, parsed)
        comparison = None
        by_text = judgement.verdict is Verdict.OK or not (judgement.lost or judgement.verdict is not Verdict.DRIFTED)
        if by_text and judgement.similarity is not None and page.case.before is not None:
            before, after = parsed.read(page.case.before), parsed.read(page.case.after)
            if before.has_text and after.has_text and page.case.before.body != page.case.after.body:
                comparison = drift.compare(before, after)
        fold = int(hashlib.sha256(page.site.encode()).hexdigest(), 16) % FOLDS
        rows.append(Result(page, judgement, comparison, fold))
    return rows


def fitted(results: Iterable[Result], score: Any = None) -> Curves:
    """Levels of score by family: share that is right, shrunk to the score, monotone (pool adjacent violators)."""
    counts: dict[str, dict[float, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for row in results:
        judgement = row.decided()
        cell = counts[confidence.family(judgement.reason)][judgement.confidence]
        cell[0] += 1
        cell[1] += _is_right(row, judgement)
    return {name: _curve(counts.get(name, {})) for name in ("text", "support", "signs")}


def _curve(cells: Mapping[float, Sequence[int]]) -> tuple[tuple[float, float], ...]:
    levels = [[score, cells[score][0], cells[score][1]] for score in sorted(cells)]
    pooled: list[list[float]] = []
    for score, cases, right in levels:
        pooled.append([score * cases, cases, right])
        # Neighbours with few cases, or in the wrong order, are one level.
        while len(pooled) > 1 and (pooled[-2][1] < 30 or _shrunk(pooled[-2]) > _shrunk(pooled[-1])):
            last = pooled.pop()
            pooled[-1] = [a + b for a, b in zip(pooled[-1], last, strict=True)]
    points = [(round(level[0] / level[1], 3), round(_shrunk(level), 3)) for level in pooled]
    return ((0.0, 0.0), *points, (1.0, 1.0))


def _shrunk(level: Sequence[float]) -> float:
    weighted, cases, right = level
    return (right + confidence.PRIOR * weighted / cases) / (cases + confidence.PRIOR)


def validated(results: Sequence[Result], score: Any) -> list[dict[str, Any]]:
    """A row a set: what the verdicts on the sites left out are worth, beside those with the thresholds as shipped."""
    held: list[tuple[Result, Judgement]] = []
    chosen = []
    for fold in range(FOLDS):
        train = [row for row in results if row.fold != fold]
        best = _chosen(train)
        chosen.append(
            {
                "fold": fold,
                "thresholds": best,
                "sites": len({row.labelled.site for row in results if row.fold == fold}),
            }
        )
        with thresholds(best):
            curves = fitted(train)
            for row in results:
                if row.fold == fold:
                    judgement = row.decided()
                    family = confidence.family(judgement.reason)
                    sure = confidence._on(curves[family], judgement.confidence)
                    held.append((row, replace(judgement, confidence=sure)))
    shipped = [(row, confidence.calibrated(row.decided())) for row in results]
    return [*chosen, *_rows("held out", held, score), *_rows("as shipped", shipped, score)]


def _rows(name: str, pairs: Sequence[tuple[Result, Judgement]], score: Any) -> list[dict[str, Any]]:
    answers = [
        {
            "id": row.labelled.id,
            "verdict": judgement.verdict.value,
            "reason": judgement.reason.value,
            "confidence": judgement.confidence,
        }
        for row, judgement in pairs
    ]
    result = score.score(verdicts_peers.scored([row.labelled for row, _ in pairs], answers, score))
    rows = [{"figures": name, "set": "all", "accuracy": result["all"]["accuracy"],
             "expected_calibration_error": result["calibration"]["expected_error"],
             "bins_that_miss": sum(row["misses"] for row in intervals(result["calibration"]["bins"]))}]  # fmt: skip
    for set_name, part in result["sets"].items():
        if "(" not in set_name:
            row = {"figures": name, "set": set_name, "accuracy": part["accuracy"]}
            for kind in ("drifted", "dead", "blocked"):
                if part[kind]["tp"] + part[kind]["fn"]:
                    row |= {f"{kind}_precision": part[kind]["precision"], f"{kind}_recall": part[kind]["recall"]}
            rows.append(row | {"false_alarms_per_100": part["false_alarms_per_100"]})
    return rows


def intervals(bins: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each bin of the scorer with its 95 % Wilson interval; one of 20 or more must hold the stated confidence."""
    rows = []
    for row in bins:
        low, high = wilson(row["accuracy"], row["cases"])
        misses = row["cases"] >= 20 and not low <= row["confidence"] <= high
        rows.append({"from": row["from"], "cases": row["cases"], "said": row["confidence"], "right": row["accuracy"],
                     "wilson_low": low, "wilson_high": high, "misses": misses})  # fmt: skip
    return rows


def by_evidence(cases: Sequence[Mapping[str, Any]], score: Any) -> list[dict[str, Any]]:
    """A row a kind of evidence, as judge/confidence.py tells them apart, with its expected calibration error."""
    rows = []
    for name in confidence.CURVES:
        of_kind = [case for case in cases if confidence.family(Reason(case["reason"])) == name]
        if of_kind:
            claimed, right = (sum(case[key] for case in of_kind) / len(of_kind) for key in ("confidence", "right"))
            error = score.calibration(of_kind)["expected_error"]
            rows.append({"evidence": name, "cases": len(of_kind), "said": claimed, "right": right, "error": error})
    sure = [case["confidence"] >= _SURE for case in cases if case["right"]]
    rows.append({"right ones that claim 0.9 or more": sum(sure) / len(sure), "cases": len(sure)})
    return rows


def wilson(share: float, cases: int, z: float = 1.959964) -> tuple[float, float]:
    middle = (share + z * z / (2 * cases)) / (1 + z * z / cases)
    half = z / (1 + z * z / cases) * math.sqrt(share * (1 - share) / cases + z * z / (4 * cases * cases))
    return middle - half, min(1.0, middle + half)


@contextmanager
def thresholds(choice: Sequence[float]) -> Any:
    before = [getattr(drift, name) for name in NAMES]
    for name, value in zip(NAMES, choice, strict=True):
        setattr(drift, name, value)
    try:
        yield
    finally:
        for name, value in zip(NAMES, before, strict=True):
            setattr(drift, name, value)


def _chosen(train: Sequence[Result]) -> tuple[float, ...]:
    """The thresholds with most right verdicts on the training sites; of equals the one in their middle."""
    right: dict[tuple[float, ...], int] = {}
    for choice in CHOICES:
        with thresholds(choice):
            right[choice] = sum(_is_right(row, row.decided()) for row in train)
    best = [choice for choice in CHOICES if right[choice] == max(right.values())]
    middle = [sum(values) / len(best) for values in zip(*best, strict=True)]
    return min(best, key=lambda choice: sum(abs(a - b) for a, b in zip(choice, middle, strict=True)))


def _is_right(row: Result, judgement: Judgement) -> bool:
    label = row.labelled.label
    accepted = {"ok", "drifted"} if label["verdict"] == "either" else {label["verdict"]}
    verdict = "ok" if judgement.verdict is Verdict.MOVED else judgement.verdict.value
    return verdict in accepted | set(label.get("accept") or ())
