"""A set of our own for what citations took: figures, names, quotations, fragments, and notices (data/support.tsv)."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import NamedTuple

import pytest

from linkarchive.judge.verdict import judge
from linkarchive.model import Case, Page

URL = "https://news.example/2021/05/talks-on-the-border"
BAR = 0.98


class Row(NamedTuple):
    kind: str
    expected: str
    cited: str
    then: str
    now: str


ROWS = [
    Row(*line.split("\t"))
    for line in (Path(__file__).parent / "data" / "support.tsv").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.fixture
def found(article, paragraphs):
    """What the judge says of a row: lost or kept."""

    def of(row: Row) -> str:
        plain = row.kind in ("figure", "name", "quote")
        own = [paragraph for paragraph in paragraphs if "Lindqvist" not in paragraph]
        pages = [
            Page(URL, 200, {"content-type": "text/html; charset=utf-8"}, article(tuple(own), extra=html).encode())
            for html in (f"<p>{escape(text)}</p>" if plain else text for text in (row.then, row.now))
        ]
        url = URL + row.cited if row.kind == "anchor" else URL
        context = f"Readers were told that {row.cited}, which matters here." if plain else ""
        judgement = judge(Case("x", url, pages[1], pages[0], context=context))
        if row.kind in ("corrected", "retracted"):
            return "lost" if judgement.reason == row.kind else "kept"
        return "lost" if any(loss.kind == row.kind for loss in judgement.lost) else "kept"

    return of


@pytest.mark.parametrize("kind", ["figure", "name", "quote", "anchor", "notice"])
def test_the_set_is_judged_within_its_bars(found, kind):
    rows = [row for row in ROWS if row.kind == kind or (kind == "notice" and row.kind in ("corrected", "retracted"))]
    found_by_row = {row: found(row) for row in rows}
    wrong = [row for row in rows if found_by_row[row] != row.expected]
    hits = sum(found_by_row[row] == row.expected == "lost" for row in rows)
    recall = hits / sum(row.expected == "lost" for row in rows)
    precision = hits / sum(answer == "lost" for answer in found_by_row.values())
    assert recall >= BAR, wrong
    assert precision >= BAR, wrong


def test_the_set_is_large_enough():
    assert len(ROWS) >= 100
    assert len(set(ROWS)) == len(ROWS)
