"""How much of the baseline's substance stands on today's page.

Substance is the main text without dates, times and counters. A word of the baseline stands when one of the four-word
shingles around it is anywhere in today's visible text: so what an extractor leaves out or takes in on one side, or what
was added between two paragraphs, cannot make a page look rewritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from linkarchive.judge import fast_text, words
from linkarchive.judge.fast_text import PLENTY
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.judge.statements import state_the_same
from linkarchive.model import Reason, Verdict

DRIFTED = 0.88
"""Below this share of standing words a page has drifted."""
MIXED = 0.97
MIXED_JACCARD = 0.80
"""... and below MIXED, when so much was added too that the shingles of both texts overlap less than this."""
_SHORT = 80
_FEW_CHARACTERS = 400
_FEW_WORDS = 250
"""Words of a text of which a cookie bar or a footer would be a share that counts."""
_LABEL = 16
_PARAGRAPH = 40
"""Words of a paragraph that is a text by itself."""
_MOST = 0.75
_SAME = 0.98
_UNTOUCHED = 0.995
_MOST_PROSE = 0.6
_FRAME = 0.05
"""Share of a page's text that advertisements, teasers and counters may change."""
_MOST_COUNTERS = 3
"""Lines of which only the numbers changed; more are rows of prices, counts or results."""


@dataclass(frozen=True, slots=True)
class Comparison:
    retention: float
    """Share of the baseline's words that stand, 0…1."""
    jaccard: float
    """Overlap of the four-word shingles of both main texts, 0…1."""
    words_before: int
    words_after: int
    blocks: int
    blocks_gone: int
    new: float
    """Share of today's main text that the baseline did not have."""
    title_changed: bool
    untouched: bool = False
    """Nothing is gone but whole short lines, which advertisements and teasers are."""
    gone: str | None = None
    """All the text that is gone, where a glance could tell."""
    stated: bool = False
    """Pages of media that state the same title and description; what is around them is not compared."""

    @property
    def is_drifted(self) -> bool:
        """Too little of the baseline stands, or much was added to what stands."""
        return self.retention < DRIFTED or (self.retention < MIXED and self.jaccard < MIXED_JACCARD)


def compare(before: ParsedPage, after: ParsedPage) -> Comparison:
    """The comparison that a verdict rests on; extraction happens only where the first look does not settle it."""
    comparison = _compare_bytes(before, after) or _compare_quick(before, after) or _compare_full(before, after)
    if comparison.is_drifted and state_the_same(before, after):
        return replace(comparison, retention=1.0, new=0.0, stated=True)
    return comparison


def _compare_bytes(before: ParsedPage, after: ParsedPage) -> Comparison | None:
    """The same paragraphs, which are most of the page, and nothing gone but some links and counters: it is as it was.
    This takes no parse: what advertisements, teasers and tokens change is settled here."""
    # What the baseline alone tells comes first: today's page is not read for a glance that must fail.
    then = before.prose
    if then.words < PLENTY:
        return None
    texts = before.texts
    shown = sum(map(len, texts.all))
    if sum(map(len, then.paragraphs)) < _MOST_PROSE * shown or then.paragraphs != after.prose.paragraphs:
        return None
    if sum(map(len, after.texts.all)) > 1.1 * shown + 300:
        return None
    left = set(after.texts.all)
    gone = [text for text in texts.all if text not in left]
    if sum(map(len, gone)) > _FRAME * shown:
        return None
    counters = set(map(fast_text.masked, left.difference(texts.all)))
    if any(text not in texts.linked and fast_text.masked(text) not in counters for text in gone):
        return None
    return Comparison(1.0, 1.0, 0, 0, 0, 0, 0.0, False, untouched=True, gone=fast_text.as_text(gone))


def _compare_quick(before: ParsedPage, after: ParsedPage) -> Comparison | None:
    """Nearly all of the roughly extracted main text stands, and it is a fair part of the page: it is as it was. Lines
    are looked for as they are; only what is left of them is taken apart into words."""
    then = before.rough_lines
    size, visible = sum(map(len, then)), len(before.visible)
    if size < max(_FEW_CHARACTERS, 0.3 * visible) or len(after.visible) > 1.2 * visible + 300:
        return None
    gone = [line for line in then if line not in after.lines]
    if sum(map(len, gone)) > 0.5 * size:
        return None
    retention, edited = 1.0, 0.0
    if gone:
        # What is left of an edited line stands in a line that is new; all of the page is looked through only if not.
        fresh = (line for line in map(str.strip, after.visible.split("\n")) if line not in before.lines)
        retention, edited = _retention(gone, size, after, words.shingles(words.substance("\n".join(fresh))))
    if retention < _SAME:
        retention, edited = _retention(gone, size, after, after.visible_shingles)
    if retention < _SAME:
        return None
    # What vanished line by line is an ad or a teaser; an edit leaves most of its line.
    return Comparison(retention, retention, 0, 0, 0, 0, 0.0, False, untouched=edited <= 1 - _UNTOUCHED)


def _retention(gone: Sequence[str], size: int, after: ParsedPage, shingles: set[int]) -> tuple[float, float]:
    """(share of the whole text that stands, share that is gone out of lines of which most stands)."""
    lost = edited = 0.0
    counters = [line for line in gone if _is_counter(line, after)]
    are_few = len(counters) <= _MOST_COUNTERS and sum(map(len, counters)) <= _FRAME * size
    excused = frozenset(counters if are_few else ())
    for line in gone:
        content = words.substance(line)
        if not content or line in excused:
            continue
        missing = 1.0 - words.share(words.retained(content, shingles))
        lost += missing * len(line)
        if missing < 0.5 or len(content) > _SHORT // 2:
            edited += missing * len(line)
    return 1.0 - lost / size, edited / size


def _is_counter(line: str, after: ParsedPage) -> bool:
    """A label that stands with other numbers, which a counter is, or a date of any wording."""
    return (
        words.has_number(line) and 0 < len(words.substance(line)) < _LABEL and words.masked(line) in after.masked_lines
    )


def _compare_full(before: ParsedPage, after: ParsedPage) -> Comparison:
    shingles = after.shingles | after.visible_shingles
    marks = words.retained(before.words, shingles)
    if not all(marks):
        marks = _with_short_lines(marks, before, after)
    retention = words.share(marks) if marks else 0.0
    if 0 < len(before.words) < _SHORT:
        from rapidfuzz.distance import LCSseq

        retention = max(retention, LCSseq.similarity(before.words, after.words) / len(before.words))
    if retention < DRIFTED:
        retention = max(retention, _second_opinion(before, shingles), _of_paragraphs(before, after))
    if retention < MIXED and len(before.words) < _FEW_WORDS:
        retention = max(retention, _outside_frame(before, shingles))
    gone, total = _blocks(before, shingles)
    return Comparison(
        retention=retention,
        jaccard=words.jaccard(before.shingles, after.shingles),
        words_before=len(before.words),
        words_after=len(after.words),
        blocks=total,
        blocks_gone=gone,
        new=1.0 - words.share(words.retained(after.words, before.shingles | before.visible_shingles)),
        title_changed=words.tokens(before.title) != words.tokens(after.title),
    )


def _with_short_lines(marks: list[bool], before: ParsedPage, after: ParsedPage) -> list[bool]:
    """The marks of the baseline's words, where items of lists and rows of tables are looked for line by line. Runs of
    four words go over the ends of short lines, so a list in another order would seem to be gone."""
    marks = list(marks)
    lines = [words.line_words(line) for line in before.main]
    position = 0
    for line, following in zip(lines, (*lines[1:], ()), strict=True):
        end = position + len(line)
        for content in (line, line + following):
            upto = position + len(content)
            short = max(len(line), len(content) - len(line)) < words.SHORT_LINE
            if short and not all(marks[position:upto]) and _says(content, after):
                marks[position:upto] = [True] * len(marks[position:upto])
        position = end
    return marks


def _says(content: Sequence[str], page: ParsedPage) -> bool:
    return not page.line_contents.isdisjoint(words.line_keys(content))


def _second_opinion(before: ParsedPage, shingles: set[int]) -> float:
    """All of what another extractor takes for the baseline's main text stands, and that is most of it. Then the first
    extractor took a frame (related links, teasers) for text: it shall not decide alone."""
    roughly = words.substance("\n".join(before.rough_lines))
    if len(roughly) < max(_SHORT, _MOST * len(before.words)):
        return 0.0
    retention = words.share(words.retained(roughly, shingles))
    return retention if retention >= _SAME else 0.0


def _outside_frame(before: ParsedPage, shingles: set[int]) -> float:
    """All of the baseline's main text outside the frame of its site stands, and that is most of it.

    On short pages extractors take a cookie bar or a footer for a part of the text.
    """
    own = frozenset(before.own_lines)
    content = words.substance("\n".join(line for line in before.main if line in own))
    if len(content) < _MOST * len(before.words):
        return 0.0
    retention = words.share(words.retained(content, shingles))
    return retention if retention >= _SAME else 0.0


def _of_paragraphs(before: ParsedPage, after: ParsedPage) -> float:
    """How much of the longest paragraph stands, where the extractor took captions and labels for the text. Asked only
    where the title is as it was, and the extracted text has no paragraph at all."""
    if not before.title or before.title != after.title:
        return 0.0
    if any(words.rough_size(block) >= _LABEL for block in before.main):
        return 0.0
    longest = words.substance(max(before.visible.split("\n"), key=len))
    return words.share(words.retained(longest, after.visible_shingles)) if len(longest) >= _PARAGRAPH else 0.0


def _blocks(before: ParsedPage, shingles: set[int]) -> tuple[int, int]:
    """(gone, all) paragraphs of the baseline's main text; short lines are no paragraphs."""
    gone = total = 0
    for block in before.main:
        content = words.substance(block)
        if len(content) >= 2 * words.SHINGLE:
            total += 1
            gone += words.share(words.retained(content, shingles)) < 0.5
    return gone, total


def drift(comparison: Comparison) -> tuple[Verdict, Reason, float]:
    """Verdict, reason and confidence that the text alone gives."""
    c = comparison
    if c.is_drifted:
        sure = 0.97 if c.retention < 0.7 else 0.92 if c.retention < 0.85 else 0.8
        if c.words_after < _SHORT and c.words_after < 0.2 * c.words_before:
            # So little is left that it may be an error or a wall that no rule knows.
            sure = 0.6
        return Verdict.DRIFTED, _how(c), sure
    if c.retention >= _SAME and c.new > 0.25 and c.words_after > 1.2 * c.words_before:
        return Verdict.OK, Reason.GREW, 0.98
    if c.stated:
        return Verdict.OK, Reason.SAME, 0.9
    if c.retention >= _UNTOUCHED or c.untouched:
        return Verdict.OK, Reason.SAME, 0.98
    return Verdict.OK, Reason.MINOR_EDIT, 0.95 if c.retention > 0.93 else 0.88


def _how(c: Comparison) -> Reason:
    if c.retention < 0.35 or (c.retention < 0.5 and c.title_changed):
        return Reason.REPLACED
    if c.new < 0.1 and c.words_after < 0.85 * c.words_before:
        return Reason.SHRUNK
    return Reason.REWRITTEN


def in_words(c: Comparison, verdict: Verdict, reason: Reason) -> list[str]:
    """The evidence as sentences."""
    evidence = []
    if verdict is Verdict.DRIFTED:
        if c.blocks_gone and c.blocks > 1:
            evidence.append(f"{c.blocks_gone} of {c.blocks} paragraphs of the earlier text are gone")
        evidence.append(f"{words.percent(c.retention)} of the earlier text still stands")
        if c.new >= 0.1:
            evidence.append(f"{words.percent(c.new)} of today's text is new")
    elif c.stated:
        evidence.append("the page states the same title and description; what surrounds them was not compared")
    elif reason is Reason.GREW:
        evidence.append(f"the earlier text stands, and about {words.percent(c.new)} of today's text was added")
    elif reason is Reason.MINOR_EDIT:
        evidence.append(f"{words.percent(c.retention)} of the earlier text stands")
    else:
        evidence.append("the text is the same" if c.retention == 1 else "the text is the same except for a few words")
    return evidence
