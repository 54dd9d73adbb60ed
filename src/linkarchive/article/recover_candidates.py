"""Which anchors may be a citation: likeness of text and of the words around, and the part of the page."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from linkarchive.article.anchors import Anchor, normalise, trimmed
from linkarchive.article.lost_targets import RELATED
from linkarchive.article.regions import Region
from linkarchive.model import Citation
from linkarchive.urls import same_page

_MOST_OF_A_TEXT = 300
"""The anchors of one text that are compared with a citation, at most."""


class Role(Enum):
    PROSE = "in a sentence"
    RELATED = "after “Related article”"
    AUTHOR = "after “By”"
    ALONE = "on its own"


_AFTER_RELATED = re.compile(rf"\b{RELATED}\W*$")
_LABELLED = re.compile(
    r"^(?:related(?: (?:article|story|news|content|post|reading|coverage|link)s?\b|(?=\W*[:\-|']))"
    r"|(?:read|see) (?:more|also|next)|also read|further reading)\W*"
)
_AFTER_BY = re.compile(r"(?:^|\W)(?:by|von|par|por|di|door|av|words|text|author)\W*$")


@dataclass(slots=True)
class CitationQuery:
    """A citation to find among the anchors of the original page; its texts are normalised."""

    number: int
    text: str
    around: list[tuple[str, str]]
    """The words before and after it in its sentence, for each place in it where the text stands."""
    role: Role
    url: str | None

    @property
    def words(self) -> int:
        return len(self.text.split())

    @property
    def is_rich(self) -> bool:
        """Enough words stand around it to tell places apart."""
        return any(len(before) + len(after) >= 20 for before, after in self.around)


@dataclass(slots=True)
class Match:
    """An anchor that may be the citation: the likeness of their texts and contexts, 0…1 (None: cannot tell)."""

    anchor: Anchor
    text: float
    context: float | None
    place: float
    """How well the part of the page fits the citation's role, 0…1."""
    confidence: float = 0.0
    score: float = field(init=False)

    def __post_init__(self) -> None:
        self.score = 0.5 * self.text + 0.35 * (0.5 if self.context is None else self.context) + 0.15 * self.place


def query_of(number: int, citation: Citation) -> CitationQuery:
    text, context = normalise(citation.text), normalise(citation.context)
    around = []
    if text:
        for match in re.finditer(re.escape(text), context):
            around.append((context[: match.start()].strip(), context[match.end() :].strip()))
    return CitationQuery(number, text, around, _role(around), citation.url)


def _role(around: list[tuple[str, str]]) -> Role:
    if not any(trimmed(before + after).strip(" .,:;'-") for before, after in around):
        return Role.ALONE
    before, after = around[0]
    if len(before) < 40 and _AFTER_RELATED.search(before):
        return Role.RELATED
    if len(before) < 25 and len(after) < 60 and _AFTER_BY.search(before):
        return Role.AUTHOR
    return Role.PROSE


def exact(queries: Sequence[CitationQuery], anchors: Sequence[Anchor]) -> dict[int, list[Match]]:
    """The anchors that are called what the citation is, but for punctuation at the ends and a label in front."""
    named: dict[str, dict[int, tuple[float, Anchor]]] = defaultdict(dict)
    for anchor in anchors:
        for rank, name in enumerate(anchor.texts):
            share = 0.97 if rank else 1.0
            for form, worth in ((name, 1.0), (trimmed(name), 0.97), (_unlabelled(name), 0.96)):
                named[form].setdefault(anchor.position, (share * worth, anchor))
    candidates: dict[int, list[Match]] = {}
    for query in queries:
        by_position: dict[int, tuple[float, Anchor]] = {}
        for form, worth in ((query.text, 1.0), (trimmed(query.text), 0.97), (_unlabelled(query.text), 0.96)):
            for position, (likeness, anchor) in named.get(form, {}).items() if form else ():
                by_position.setdefault(position, (min(likeness, worth), anchor))
        pairs = list(by_position.values())
        if len(pairs) > _MOST_OF_A_TEXT:
            # Thousands of “here” in both: only those of about the same rank are compared, or it would take for ever.
            rank = sum(1 for other in queries[: query.number] if other.text == query.text)
            first = max(0, min(rank - _MOST_OF_A_TEXT // 2, len(pairs) - _MOST_OF_A_TEXT))
            pairs = pairs[first : first + _MOST_OF_A_TEXT]
        candidates[query.number] = [match for pair in pairs if (match := _admitted(query, pair[1], pair[0]))]
    return candidates


def _unlabelled(text: str) -> str:
    return trimmed(_LABELLED.sub("", text, count=1))


def add_similar(
    queries: Sequence[CitationQuery],
    anchors: Sequence[Anchor],
    candidates: dict[int, list[Match]],
    settled: Container[int],
) -> None:
    """For citations without a match: anchors whose text is a little other, if nobody else is called so."""
    names = [(trimmed(name), anchor) for anchor in anchors for name in anchor.texts]
    for query in queries:
        if query.number in settled or query.url is not None or len(query.text) < 3:
            continue
        known = {match.anchor.position for match in candidates[query.number]}
        for anchor, likeness in _similar(trimmed(query.text), names):
            match = _admitted(query, anchor, likeness) if anchor.position not in known else None
            # Beside an anchor with the very text only the one in the very sentence is worth a thought.
            if match and (not known or (match.context or 0) >= 0.8):
                candidates[query.number].append(match)


def _similar(text: str, names: Sequence[tuple[str, Anchor]]) -> Iterator[tuple[Anchor, float]]:
    """Anchors with a typo's difference, or a word or two more or less at an end; a card may hold a title."""
    from rapidfuzz import fuzz, process

    seen: set[int] = set()
    for _, ratio, index in process.extract(
        text, [name for name, _ in names], scorer=fuzz.ratio, score_cutoff=85, limit=_MOST_OF_A_TEXT
    ):
        anchor = names[index][1]
        if anchor.position not in seen:
            seen.add(anchor.position)
            yield anchor, 0.95 * ratio / 100
    padded, size = f" {text} ", len(text.split())
    for name, anchor in names:
        if len(name) < 3 or anchor.position in seen or not (padded in f" {name} " or f" {name} " in padded):
            continue
        count = len(name.split())
        is_card = anchor.region is Region.WIDGET and 4 <= size <= count
        if is_card or abs(count - size) <= (1 if min(count, size) < 5 else 2):
            seen.add(anchor.position)
            yield anchor, 0.85


def _admitted(query: CitationQuery, anchor: Anchor, likeness: float) -> Match | None:
    """The match with its confidence, or None where the place or the words around say that it is another link."""
    context = _context(query, anchor)
    if query.url is not None:
        return Match(anchor, likeness, context, 1.0, 1.0) if same_target(query.url, anchor.url) else None
    if query.role is Role.PROSE:
        place, confidence = _in_prose(query, anchor, likeness, context)
    elif query.role is Role.RELATED:
        place, confidence = _after_label(query, anchor, likeness)
    elif query.role is Role.AUTHOR:
        place, confidence = _after_by(anchor)
    else:
        place, confidence = _alone(query, anchor)
    if not confidence or (likeness < 0.9 and query.role is not Role.PROSE and query.words < 4):
        return None
    return Match(anchor, likeness, context if query.role is Role.PROSE else None, place, confidence * likeness)


def _in_prose(query: CitationQuery, anchor: Anchor, likeness: float, context: float | None) -> tuple[float, float]:
    if context is not None and context >= 0.8 and query.is_rich:
        return 1.0, 0.98
    if anchor.region not in (Region.MAIN, Region.OTHER):
        return 0.0, 0.0
    place = 1.0 if anchor.region is Region.MAIN else 0.5
    penalty = 0.0 if anchor.region is Region.MAIN else 0.05
    is_same = likeness >= 0.95
    if context is None:
        # A sentence cited it; a link that stands by itself is a list, a menu, a teaser.
        is_lone = len(anchor.before) + len(anchor.after) < 4
        return (0.0, 0.0) if (query.is_rich and is_lone) or not is_same else (place, 0.93 - penalty)
    if context >= 0.6:
        return place, (0.98 if context >= 0.7 else 0.92) - penalty
    if not is_same or (context < 0.35 and query.words < 3):
        return 0.0, 0.0
    return place, (0.88 if context >= 0.35 else 0.75) - penalty


def _after_label(query: CitationQuery, anchor: Anchor, likeness: float) -> tuple[float, float]:
    is_labelled = _AFTER_RELATED.search(anchor.before) is not None
    if anchor.region is Region.WIDGET or (is_labelled and anchor.region is not Region.NAVIGATION):
        return 1.0, 0.93 if likeness >= 0.95 else 0.9
    if anchor.region in (Region.MAIN, Region.OTHER) and query.words >= 3 and likeness >= 0.95:
        return 0.3, 0.8
    return 0.0, 0.0


def _after_by(anchor: Anchor) -> tuple[float, float]:
    if anchor.region is Region.NAVIGATION:
        return 0.0, 0.0
    if anchor.is_author:
        return 1.0, 0.95
    if anchor.region is Region.BYLINE or (len(anchor.before) < 25 and _AFTER_BY.search(anchor.before)):
        return 0.7, 0.93
    return (0.0, 0.85) if anchor.region in (Region.MAIN, Region.OTHER) else (0.0, 0.0)


def _alone(query: CitationQuery, anchor: Anchor) -> tuple[float, float]:
    if anchor.region is Region.MAIN:
        return 1.0, 0.93
    if anchor.region in (Region.OTHER, Region.BYLINE):
        return 0.5, 0.85
    return (0.5, 0.85) if anchor.region is Region.WIDGET and query.words >= 3 else (0.0, 0.0)


def _context(query: CitationQuery, anchor: Anchor) -> float | None:
    """How alike the words around are, 0…1; None where there are too few on either side to tell."""
    best: float | None = None
    for before, after in query.around:
        sides = [side for side in (_side(before[::-1], anchor.before[::-1]), _side(after, anchor.after)) if side]
        if sides:
            weight = sum(weight for _, weight in sides)
            mean = sum(value * weight for value, weight in sides) / weight
            # An edit on one side leaves the other as it was.
            alike = (mean + max(value for value, side in sides if side * 2 >= weight)) / 2
            best = alike if best is None else max(best, alike)
    return best


def _side(cited_text: str, page_text: str) -> tuple[float, int] | None:
    """Likeness and length of two texts read away from the anchor, cut to what both have."""
    from rapidfuzz import fuzz

    length = min(len(cited_text), len(page_text), 60)
    if length < 4:
        return None
    return fuzz.ratio(cited_text[:length], page_text[:length]) / 100, length


def same_target(url: str, other_url: str) -> bool:
    """One page and one place in it."""
    return url == other_url or (same_page(url, other_url) and url.partition("#")[2] == other_url.partition("#")[2])
