"""How the rules of one site have fared: what stood where they led to when that was not the page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from linkarchive.relocate.likeness import Text, likeness
from linkarchive.relocate.rules import Program, Rule

PROVED = 3
"""Pages on which a rule was right to be known as one of the site."""
_FAILED = 2
_ALIKE = 0.8
"""Share that two answers have of all their text from which they are one answer to many addresses."""
_PART = 0.3
"""Share of the dead page's text from which what stands there may be that page, written anew."""


@dataclass(slots=True)
class Trials:
    """The visits in vain of each rule. That a page is really gone says nothing against a rule that was right on
    others; that another page stands where it led to does."""

    _absent: Counter[Program] = field(default_factory=Counter)
    """How often there was no page."""
    _others: dict[Program, list[Text]] = field(default_factory=dict)
    """What other pages said, each once."""
    _repeated: list[Text] = field(default_factory=list)
    """What the site answers to many addresses: its page for those that it does not have, its front page."""

    def absent(self, rule: Rule) -> None:
        """There was no page where the rule led to."""
        self._absent[rule.program] += 1

    def other(self, rule: Rule, lost: Text, seen: Text) -> None:
        """There was another page than the lost one."""
        others = self._others.setdefault(rule.program, [])
        if likeness(lost, seen).coverage >= _PART or _is_among(seen, self._repeated):
            self._absent[rule.program] += 1
        elif _is_among(seen, others):
            self._repeated.append(seen)
            self._others[rule.program] = [text for text in others if not _is_alike(text, seen)]
            self._absent[rule.program] += 2
        else:
            others.append(seen)

    def is_dropped(self, rule: Rule) -> bool:
        """It led to other pages twice; or to none twice, before it was right on three pages, or more often than it was
        right since."""
        right, others = len(rule.examples), len(self._others.get(rule.program, ()))
        in_vain = self._absent[rule.program] + others
        return others >= _FAILED or in_vain >= (_FAILED if right < PROVED else right + 1)


def _is_among(seen: Text, texts: list[Text]) -> bool:
    return any(_is_alike(text, seen) for text in texts)


def _is_alike(first: Text, second: Text) -> bool:
    return first.runs == second.runs or likeness(first, second).share >= _ALIKE
