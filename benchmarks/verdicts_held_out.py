"""What the judge says of errors, walls and good pages of sites whose pages its weights were not trained on.

The weights of judge/page_class.json are trained anew for each of eight folds by site, and the whole judge is asked with
them. The words of rules.toml and signs.toml were written beside these pages; so each page is judged a second time
without the phrases and stems that no other site of these sets has, as if its site had never been seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import page_class as training
from verdicts_corpora import Labelled, second

from linkarchive.judge import page_class, rules, topics
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.judge.verdict import judge
from linkarchive.model import Judgement

SETS = ("unusable", "good")
_OF_WORDS = ("heading", "whole", "text", "line", "label")


@dataclass(frozen=True, slots=True)
class Answer:
    labelled: Labelled
    judgement: Judgement

    @property
    def want(self) -> str:
        return "ok" if self.labelled.label["verdict"] == "either" else str(self.labelled.label["verdict"])

    @property
    def said(self) -> str:
        verdict = self.judgement.verdict.value
        return "ok" if verdict == "moved" else verdict

    @property
    def is_right(self) -> bool:
        return self.said in {self.want, *(self.labelled.label.get("accept") or ())}


def answers(*, known_words: bool) -> list[Answer]:
    """What is said of each page, by weights of other sites; also without the words of its site alone."""
    labelled = [one for name in SETS for one in second("open", name)]
    rows = list(training.examples())
    words = {} if known_words else _words_of_one_site(labelled)
    said: list[Answer] = []
    for fold in range(training.FOLDS):
        weights = training.trained([row for row in rows if training.fold_of(row.site) != fold])
        with _weights(weights):
            for one in (one for one in labelled if training.fold_of(one.site) == fold):
                with _without(words.get(one.site, frozenset())):
                    said.append(Answer(one, judge(one.case)))
    return said


def table(said: Sequence[Answer]) -> list[dict[str, Any]]:
    """A row a verdict: how many of its pages are found, seen first and with a baseline, and how often it is right."""
    rows = []
    for verdict in ("dead", "blocked", "unreachable", "ok"):
        row: dict[str, Any] = {"verdict": verdict}
        for name, has_baseline in (("seen first", False), ("with a baseline", True)):
            of_kind = [a for a in said if a.want == verdict and (a.labelled.case.before is not None) == has_baseline]
            row[name] = f"{sum(a.is_right for a in of_kind)} of {len(of_kind)}"
        claimed = [answer for answer in said if answer.said == verdict]
        row["right"] = f"{sum(answer.is_right for answer in claimed)} of {len(claimed)} said"
        rows.append(row)
    return rows


def mistakes(said: Sequence[Answer]) -> list[dict[str, Any]]:
    return [
        {
            "id": answer.labelled.id,
            "want": f"{answer.want}/{answer.labelled.label['reason']}",
            "said": f"{answer.judgement.verdict}/{answer.judgement.reason}",
            "confidence": answer.judgement.confidence,
            "evidence": answer.judgement.evidence[:1],
        }
        for answer in said
        if not answer.is_right
    ]


def _words_of_one_site(labelled: Sequence[Labelled]) -> dict[str, frozenset[str]]:
    """The phrases and stems that only one of the sites has."""
    phrases = {phrase for rule in rules.RULES if rule.where in _OF_WORDS for phrase in rule.phrases}
    sites: dict[str, set[str]] = defaultdict(set)
    for one in labelled:
        page = ParsedPage(one.case.after)
        text = rules.normal("\n".join((*page.headings, page.visible[:20_000])))
        searchable = "".join(map(topics.searchable, (text[at : at + 5_000] for at in range(0, len(text), 5_000))))
        for word in (
            *(p for p in phrases if p in text),
            *(s for known in topics.stems_in(searchable).values() for s in known),
        ):
            sites[word].add(one.site)
    alone: dict[str, set[str]] = defaultdict(set)
    for word, known in sites.items():
        if len(known) == 1:
            alone[next(iter(known))].add(word)
    return {site: frozenset(words) for site, words in alone.items()}


@contextmanager
def _weights(weights: Any) -> Iterator[None]:
    shipped = page_class._model
    page_class._model = lambda: weights  # type: ignore[assignment]  # what is cached is exchanged for a while
    try:
        yield
    finally:
        page_class._model = shipped


@contextmanager
def _without(words: frozenset[str]) -> Iterator[None]:
    if not words:
        yield
        return
    known = topics.stems()
    rules.use(
        replace(rule, phrases=tuple(phrase for phrase in rule.phrases if phrase not in words))
        if rule.where in _OF_WORDS
        else rule
        for rule in rules.RULES
    )
    topics.use({topic: [stem for stem in stems if stem not in words] for topic, stems in known.items()})
    try:
        yield
    finally:
        rules.use(rules.RULES)
        topics.use(known)
