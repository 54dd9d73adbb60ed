"""What the methods of other tools say on the pages of the labelled corpus.

The methods are rebuilt here on one reading of the pages, so that only the decision
differs: urlwatch and changedetection.io report any difference of the filtered visible
text; lychee looks at the status; content-drift studies take a fixed cut of the
overlap of the main texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from linkarchive.judge import words
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.judge.verdict import judge
from linkarchive.model import Case

CUT = 0.90


def exact_text(case: Case) -> str:
    """Any changed line of the visible text is a change (urlwatch, changedetection.io); errors are errors."""
    if status_only(case) == "dead":
        return "dead"
    if case.before is None:
        return "ok"
    then, now = ParsedPage(case.before), ParsedPage(case.after)
    return "ok" if _text(then) == _text(now) else "drifted"


def status_only(case: Case) -> str:
    """2xx is fine, everything else is an error (lychee's default)."""
    status = case.after.status
    return "ok" if case.after.failure is None and status is not None and 200 <= status < 300 else "dead"


def jaccard(case: Case) -> str:
    """Main text by trafilatura, overlap of four-word shingles under a fixed cut is drift."""
    if status_only(case) == "dead":
        return "dead"
    if case.before is None:
        return "ok"
    then, now = ParsedPage(case.before), ParsedPage(case.after)
    return "ok" if words.jaccard(then.shingles, now.shingles) >= CUT else "drifted"


METHODS: dict[str, Callable[[Case], str]] = {
    "exact visible text (urlwatch, changedetection.io)": exact_text,
    "status only (lychee)": status_only,
    f"main text, Jaccard < {CUT:.2f}": jaccard,
    "archive judge": lambda case: judge(case).verdict.value,
}


def compare(labelled: Sequence[Any], score: Any) -> list[dict[str, Any]]:
    """A row a method and set."""
    rows = []
    for name, method in METHODS.items():
        answers = [{"id": row.id, "verdict": method(row.case)} for row in labelled]
        result = score.score(scored(labelled, answers, score))
        for set_name, part in result["sets"].items():
            if "(" not in set_name:
                rows.append(
                    {
                        "method": name,
                        "set": set_name,
                        "accuracy": part["accuracy"],
                        "drifted_f1": part["drifted"]["f1"],
                        "dead_f1": part["dead"]["f1"],
                        "blocked_f1": part["blocked"]["f1"],
                        "false_alarms_per_100": part["false_alarms_per_100"],
                    }
                )
    return rows


def scored(labelled: Sequence[Any], answers: Sequence[dict[str, Any]], score: Any) -> list[dict[str, Any]]:
    """The cases in the form that the scorer's functions read."""
    cases = []
    for row, answer in zip(labelled, answers, strict=True):
        answered = score.plain(answer["verdict"])
        case = {"id": row.id, "set": row.set, "site": row.site, "label": row.label, "got": answered}
        case |= {key: answer.get(key) for key in ("reason", "confidence", "similarity")}
        cases.append(case | {"right": score.right(row.label, answered)})
    return cases


def _text(reading: ParsedPage) -> list[str]:
    return [" ".join(line.split()) for line in reading.visible.splitlines() if line.strip()]
