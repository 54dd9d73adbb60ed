"""What articles took from pages, and how it is shown: in its sentence, in a difference, beside what is there now."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from linkarchive.model import CitationResult, Difference, DiffRow, Loss, Unresolved


def said_and_says(lost: Sequence[Loss], difference: Difference | None) -> list[tuple[str, str]]:
    """What the article took from the page, and what stands in its place now; "" where that is not known."""
    rows = difference.rows if difference is not None else ()
    return [(clipped(loss.text, 200), _instead(loss, rows)) for loss in lost if loss.kind != "anchor"]


def _instead(loss: Loss, rows: Sequence[DiffRow]) -> str:
    phrase = " ".join(loss.text.split()).casefold()
    for row in rows:
        left = " ".join("".join(text for text, _ in row.left).split()).casefold()
        if row.kind == "changed" and phrase in left:
            if loss.kind == "figure":
                return _figure(row.right, len(loss.text.split()))
            new = [text.strip() for text, marked in row.right if marked and text.strip()]
            return clipped(" … ".join(new), 200)
    return ""


def _figure(segments: Sequence[tuple[str, bool]], words: int) -> str:
    """The first number that changed, with as many words as the lost figure had: “58.2 million crowns”."""
    whole, at = "".join(text for text, _ in segments), 0
    for text, marked in segments:
        digit = re.search(r"\d", text) if marked else None
        if digit is not None:
            start = whole.rfind(" ", 0, at + digit.start()) + 1
            return " ".join(whole[start:].split()[:words]).strip(" .,;:!?")
        at += len(text)
    return ""


def clipped(text: str, most: int) -> str:
    """At most so many characters of a text, and “…” for the rest."""
    return text if len(text) <= most else f"{text[:most].rstrip()} …"


def in_context(citation: CitationResult | Unresolved) -> tuple[str, str, str]:
    """The sentence as (before, anchor text, after); the anchor text alone where the sentence does not have it."""
    text = citation.text.strip()
    before, cited, after = citation.context.partition(text) if text else (citation.context, "", "")
    return (before, cited, after) if cited or not text else ("", text, "")


def quoted(parts: Sequence[tuple[str, bool]], lost: Sequence[Loss]) -> list[tuple[str, bool, bool]]:
    """The segments of a cell of a difference as (text, changed, quoted): what the article took is told apart."""
    whole = "".join(text for text, _ in parts)
    edges = {0, len(whole)}
    spans: list[tuple[int, int]] = []
    for loss in lost:
        pattern = r"\s+".join(re.escape(word) for word in loss.text.split())
        if pattern and loss.kind != "anchor":
            spans += [match.span() for match in re.finditer(pattern, whole, re.IGNORECASE)]
    for start, end in spans:
        edges |= {start, end}
    at = 0
    segments: list[tuple[str, bool, bool]] = []
    for text, changed in parts:
        cuts = sorted({at, at + len(text)} | {edge for edge in edges if at < edge < at + len(text)})
        for start, end in pairwise(cuts):
            inside = any(first <= start and end <= last for first, last in spans)
            segments.append((whole[start:end], changed, inside))
        at += len(text)
    return segments
