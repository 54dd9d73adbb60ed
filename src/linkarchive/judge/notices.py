"""Correction and retraction notices that today's page has and the baseline had not."""

from __future__ import annotations

from linkarchive.judge import rules
from linkarchive.judge.reading import Reading
from linkarchive.judge.seen import verdict
from linkarchive.model import Judgement, Reason, Verdict

_KINDS = (("retracted", Reason.RETRACTED, 0.9), ("corrected", Reason.CORRECTED, 0.8))
_QUOTED = 160


def new_notice(before: Reading, after: Reading) -> Judgement | None:
    """The notice with the words around it, where the baseline does not have that phrase as often."""
    for kind, reason, confidence in _KINDS:
        for phrase in rules.all_in_text(kind, after.visible_normal):
            if after.visible_normal.count(phrase) > before.visible_normal.count(phrase):
                return verdict(Verdict.DRIFTED, reason, confidence, f"the page now says: “{_around(after, phrase)}”")
    return None


def _around(after: Reading, phrase: str) -> str:
    for line in after.visible.splitlines():
        folded = rules.normal(line)
        if phrase in folded:
            start = max(0, folded.find(phrase) - 20)
            line = " ".join(line.split())
            return line[start : start + _QUOTED] if len(line) > _QUOTED else line
    return phrase
