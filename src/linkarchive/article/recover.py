"""Lost targets: the article's citations matched with the anchors of its original page.

Three things identify an anchor: its text, the words around it, and its place (the part of the page, and the order among
the others). First every citation is matched for itself; those that have one target, or one that is clearly better, are
landmarks. Then repeated texts are told apart by lying between the same landmarks, in the same order. What is left is
ambiguous, and is said to be.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from msgspec import structs

from linkarchive.article.anchors import Anchor, anchors_of, is_html
from linkarchive.article.lost_targets import has_lost, unrecoverable
from linkarchive.article.recover_candidates import CitationQuery, Match, add_similar, exact, query_of, same_target
from linkarchive.model import Article, Citation, Page, Reason

_END = 1 << 60

_LEAD = 0.1
"""By how much a target must score better than the next one to be taken (of 1)."""


def recover(article: Article, original: Page, *, found_in: str) -> Article:
    """The article with the targets of its lost citations filled in from its original page.

    `original` is the page as visited, archived or saved, `found_in` its URL or file.
    Citations that have a URL stay as they are; a lost one gets `url`, `recovered`,
    `recovery_confidence` (0…1) and `found_in`, or `unresolved` with the reason.
    """
    if not has_lost(article):
        return article
    if not is_html(original) or (original.status or 0) >= 400:
        return unrecoverable(article, Reason.ORIGINAL_UNAVAILABLE)
    matches = _matched(article.citations, anchors_of(original))
    citations = []
    for citation, match in zip(article.citations, matches, strict=True):
        if citation.url is None:
            if isinstance(match, Reason):
                citation = structs.replace(citation, unresolved=match)
            else:
                citation = structs.replace(
                    citation,
                    url=match.anchor.url,
                    recovered=True,
                    recovery_confidence=round(match.confidence, 2),
                    found_in=found_in,
                    unresolved=None,
                )
        citations.append(citation)
    return structs.replace(article, citations=tuple(citations))


def _matched(citations: Sequence[Citation], anchors: Sequence[Anchor]) -> list[Match | Reason]:
    queries = [query_of(number, citation) for number, citation in enumerate(citations)]
    candidates = exact(queries, anchors)
    settled: dict[int, Match] = {}
    _settle_by_merit(queries, candidates, settled)
    add_similar(queries, anchors, candidates, settled)
    _settle_by_merit(queries, candidates, settled)
    _settle_by_order(queries, candidates, settled)
    return [
        settled.get(query.number) or (Reason.AMBIGUOUS if candidates[query.number] else Reason.NO_MATCH)
        for query in queries
    ]


def _settle_by_merit(
    queries: Sequence[CitationQuery], candidates: dict[int, list[Match]], settled: dict[int, Match]
) -> None:
    """Settle the citations that have one target, or one that is clearly better than the others."""
    for query in queries:
        if query.number in settled or not candidates[query.number]:
            continue
        ranked = sorted(candidates[query.number], key=lambda match: (-match.score, match.anchor.position))
        best = ranked[0]
        rival = next((match for match in ranked if not same_target(match.anchor.url, best.anchor.url)), None)
        if rival is None:
            settled[query.number] = best
        elif best.score - rival.score >= _LEAD:
            settled[query.number] = replace(best, confidence=min(best.confidence, 0.93))


def _settle_by_order(
    queries: Sequence[CitationQuery], candidates: dict[int, list[Match]], settled: dict[int, Match]
) -> None:
    """Tell repeated texts apart: between the same landmarks, as many in the article as on the page, in order."""
    marks = _landmarks(candidates, settled)
    groups: dict[tuple[str, int, int], list[int]] = defaultdict(list)
    for query in queries:
        if query.number not in settled and candidates[query.number]:
            place = bisect_right(marks, (query.number, 0))
            low = marks[place - 1][1] if place else -1
            high = marks[place][1] if place < len(marks) else _END
            groups[query.text, low, high].append(query.number)
    for (text, low, high), numbers in groups.items():
        used = {match.anchor.position for number, match in settled.items() if queries[number].text == text}
        between = [[match for match in candidates[number] if low < match.anchor.position < high] for number in numbers]
        free = {match.anchor.position for matches in between for match in matches} - used
        in_order = sorted(free) if len(free) == len(numbers) else []
        for rank, (number, matches) in enumerate(zip(numbers, between, strict=True)):
            allowed = {in_order[rank]} if in_order else free
            targets = [match for match in matches if match.anchor.position in allowed]
            if targets and all(same_target(targets[0].anchor.url, match.anchor.url) for match in targets):
                settled[number] = replace(targets[0], confidence=0.9 * targets[0].confidence)


def _landmarks(candidates: dict[int, list[Match]], settled: dict[int, Match]) -> list[tuple[int, int]]:
    """(citation, anchor) of the sure matches that keep the article's order: the longest increasing subsequence."""
    sure = [
        (number, match.anchor.position)
        for number, match in sorted(settled.items())
        if len(candidates[number]) == 1 or (match.context or 0) >= 0.8
    ]
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for index, (_, position) in enumerate(sure):
        place = bisect_left(tails, position)
        previous.append(ends[place - 1] if place else -1)
        tails[place : place + 1] = [position]
        ends[place : place + 1] = [index]
    chain: list[tuple[int, int]] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        chain.append(sure[index])
        index = previous[index]
    return chain[::-1]
