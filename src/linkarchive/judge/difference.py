"""Side by side: what changed in the main text between two pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from linkarchive.judge import drift, words
from linkarchive.judge.parsed_page import ParsedPages
from linkarchive.model import Difference, DiffRow, Page
from linkarchive.translation import ngettext

_CONTEXT = 1
"""Unchanged blocks shown on either side of a change."""
_MAX_ROWS = 400
_MAX_BLOCKS = 3000
_MAX_BLOCK = 4000
"""Characters of one block that are shown."""
_ALIKE = 0.5
"""Share of common words from which two blocks are one block that was edited."""
_PIECES = re.compile(r"\s+|\d+(?:[.,:\u2009\u202f\u00a0'’]\d+)+|\w+|[^\w\s]")
"""White space, figures whole (41.6, 1,250, 12:30), words, signs."""

Segments = tuple[tuple[str, bool], ...]


def difference(
    url: str,
    before: Page,
    after: Page,
    before_label: str = "",
    after_label: str = "",
    *,
    similarity: float | None = None,
    parsed: ParsedPages | None = None,
) -> Difference:
    """The rows of a side-by-side view, unchanged stretches folded, at most 400 rows. With the similarity that the judge
    told, the texts are not compared again."""
    parsed = parsed or ParsedPages()
    old, new = parsed.read(before), parsed.read(after)
    if not (old.has_text and new.has_text):
        return Difference(url, before_label, after_label, None, ())
    if similarity is None:
        similarity = round(drift.compare(old, new).retention, 3)
    rows = _rows(old.main[:_MAX_BLOCKS], new.main[:_MAX_BLOCKS])
    if len(rows) > _MAX_ROWS:
        rest = len(rows) - _MAX_ROWS
        rows = [
            *rows[:_MAX_ROWS],
            DiffRow(
                "gap",
                ((ngettext("{number} more row is not shown", "{number} more rows are not shown", rest), False),),
                (),
            ),
        ]
    return Difference(url, before_label, after_label, similarity, tuple(rows))


def _rows(old: Sequence[str], new: Sequence[str]) -> list[DiffRow]:
    keys = [" ".join(words.substance(block)) for block in old], [" ".join(words.substance(block)) for block in new]
    matcher = SequenceMatcher(None, *keys, autojunk=False)
    rows: list[DiffRow] = []
    opcodes = matcher.get_opcodes()
    for position, (tag, a, b, c, d) in enumerate(opcodes):
        if tag == "equal":
            first, last = position == 0, position == len(opcodes) - 1
            rows += _unchanged(list(zip(old[a:b], new[c:d], strict=True)), first, last)
        else:
            rows += _changed(old[a:b], new[c:d])
    return rows


def _unchanged(pairs: list[tuple[str, str]], first: bool, last: bool) -> list[DiffRow]:
    head = 0 if first else _CONTEXT
    tail = 0 if last else _CONTEXT
    shown = [DiffRow("same", _plain(left), _plain(right)) for left, right in pairs]
    hidden = len(pairs) - head - tail
    if hidden <= 1:
        return shown
    text = ngettext("{number} unchanged paragraph", "{number} unchanged paragraphs", hidden)
    gap = DiffRow("gap", ((text, False),), ())
    return [*shown[:head], gap, *shown[len(shown) - tail :]]


def _changed(old: Sequence[str], new: Sequence[str]) -> list[DiffRow]:
    """Edited blocks beside each other, in order; what has no counterpart is removed or added."""
    rows: list[DiffRow] = []
    upto = 0
    new_words = [words.tokens(block[:_MAX_BLOCK]) for block in new]
    for block in old:
        match = _counterpart(block, new_words, upto)
        if match is None:
            rows.append(DiffRow("removed", ((block[:_MAX_BLOCK], True),), ()))
            continue
        rows += [DiffRow("added", (), ((extra[:_MAX_BLOCK], True),)) for extra in new[upto:match]]
        left, right = _marked(block[:_MAX_BLOCK], new[match][:_MAX_BLOCK])
        rows.append(DiffRow("changed", left, right))
        upto = match + 1
    rows += [DiffRow("added", (), ((extra[:_MAX_BLOCK], True),)) for extra in new[upto:]]
    return rows


def _counterpart(block: str, new: Sequence[Sequence[str]], start: int) -> int | None:
    """The next block, within 20, that shares enough words in order; of the new ones the words are given."""
    from rapidfuzz.distance import Indel

    content = words.tokens(block[:_MAX_BLOCK])
    best, where = _ALIKE, None
    for index in range(start, min(len(new), start + 20)):
        alike = Indel.normalized_similarity(content, new[index])
        if alike > best:
            best, where = alike, index
    return where


def _marked(left: str, right: str) -> tuple[Segments, Segments]:
    from rapidfuzz.distance import Indel

    old, new = _PIECES.findall(left), _PIECES.findall(right)
    before: list[tuple[str, bool]] = []
    after: list[tuple[str, bool]] = []
    for step in Indel.opcodes(old, new):
        _add(before, "".join(old[step.src_start : step.src_end]), step.tag != "equal")
        _add(after, "".join(new[step.dest_start : step.dest_end]), step.tag != "equal")
    return tuple(before), tuple(after)


def _add(segments: list[tuple[str, bool]], text: str, marked: bool) -> None:
    if not text:
        return
    if segments and segments[-1][1] == marked:
        segments[-1] = (segments[-1][0] + text, marked)
    else:
        segments.append((text, marked))


def _plain(text: str) -> Segments:
    return ((text[:_MAX_BLOCK], False),)
