"""Records that must change so that nothing else is lost when the response they repeat goes."""

from __future__ import annotations

from typing import Any

import pytest

from linkarchive.model import Capture
from linkarchive.snapshot import forget, removal, staging
from linkarchive.snapshot.reader import read_page, scan
from linkarchive.snapshot.repair import repair
from linkarchive.snapshot.verify import verify

A = "https://a.example/one"
B = "https://b.example/one"


def nobody(url: str, run_id: str) -> bool:
    return False


def test_a_304_that_leaned_on_the_page_of_another_takes_it_over(archive: Any, pages: Any) -> None:
    """It says that its page is the one of before, so its head comes from there too."""
    body = b"<title>Both have it</title>" * 50
    with archive.writer() as writer:
        first = archive.write(writer, pages.visit(pages.exchange(A, body)))
        unchanged = pages.exchange(B, b"", 304, (("ETag", '"x"'),), reason="Not Modified")
        archive.write(writer, pages.visit(unchanged, at=1), revisit_of=first)
    found = removal.find(archive.root, frozenset({A}), nobody)
    staged = staging.begin(archive.root)
    tombstone = forget.Tombstone("forget-x", (A,), "because", first.time)
    warcs, _ = forget.rewrite(archive.root, staged, found, tombstone, lambda line, moves: line)
    repair(staged)
    assert len(warcs) == 1
    assert [problem for problem in verify(staged) if not problem.note] == []
    (kept,) = (one for one in scan(staged) if isinstance(one, Capture))
    page = read_page(staged, kept)
    assert (kept.url, kept.original, kept.status) == (B, None, 200)
    assert (page.body, page.headers["content-type"]) == (body, "text/html; charset=utf-8")


def test_every_record_that_moved_is_found_where_it_is_said_to_be(archive: Any, pages: Any) -> None:
    captures = archive.fill()
    places = {(one.record.warc, one.record.offset): one for one in captures}
    found = removal.find(archive.root, frozenset({"https://b.example/old"}), nobody)
    assert [capture.url for capture in found.captures] == ["https://b.example/old"]
    staged = staging.begin(archive.root)
    tombstone = forget.Tombstone("forget-x", ("https://b.example/old",), "because", captures[0].time)
    _, moves = forget.rewrite(archive.root, staged, found, tombstone, lambda line, moves: line)
    repair(staged)
    now = {one.time: one.record for one in scan(staged) if isinstance(one, Capture)}
    assert len(now) == 4
    for spot, location in moves.items():
        if spot in places:
            assert now.get(places[spot].time) == location


@pytest.mark.parametrize(
    ("url", "touched"),
    [
        (A, True),
        ("https://A.example:443/one#part", True),
        ("https://web.archive.org/web/20210513091244id_/https://a.example/one", True),
        ("https://a.example/one?x=1", False),
        ("http://a.example/one", False),
        ("not a URL", False),
    ],
)
def test_what_counts_as_the_forgotten_address(url: str, touched: bool) -> None:
    assert removal.RemovalPlan(frozenset({A})).touches(url) is touched
