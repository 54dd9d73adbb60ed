"""Records without those of a source: places that are filled, and copies that leaned on a response which goes."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from linkarchive.files import temporary
from linkarchive.model import Capture
from linkarchive.snapshot import forget, paths, removal
from linkarchive.snapshot.forget import Tombstone
from linkarchive.snapshot.reader import read_page, scan
from linkarchive.snapshot.repair import repair
from linkarchive.snapshot.verify import verify

A = "https://a.example/one"
B = "https://b.example/one"


def take_out(archive: Any, url: str, capture: Capture) -> tuple[list[Path], Any]:
    """Forget a URL: the files that changed, and what moved in them."""
    gone = removal.find(archive.folder, frozenset({url}), lambda url, run_id: False)
    tombstone = Tombstone("forget-x", (url,), "because", capture.time)
    changed, moves = forget.prepare(archive.folder, gone, tombstone, lambda line, moves: line)
    for path in changed:
        paths.index_of(archive.folder, path).unlink()
        temporary(path).replace(path)
    repair(archive.folder)
    return changed, moves


def test_a_304_that_leaned_on_a_copy_made_by_way_of_the_page_takes_it_over(archive: Any, pages: Any) -> None:
    """It says that its page is the one of before, so its head comes from there too."""
    body = b"<title>Both have it</title>" * 50
    with archive.writer() as writer:
        first = archive.write(writer, pages.visit(pages.redirect(B, A), pages.exchange(A, body)))
        unchanged = pages.exchange(B, b"", 304, (("ETag", '"x"'),), reason="Not Modified")
        second = archive.write(writer, pages.visit(unchanged, at=1), revisit_of=first)
    changed, moves = take_out(archive, A, first)
    assert len(changed) == 1
    assert [problem for problem in verify(archive.folder) if not problem.note] == []
    (kept,) = (item for item in scan(archive.folder) if isinstance(item, Capture))
    page = read_page(archive.folder, kept)
    assert (kept.url, kept.original, kept.status) == (B, None, 200)
    assert (page.body, page.headers["content-type"]) == (body, "text/html; charset=utf-8")
    assert moves == {(second.record.warc, second.record.offset): kept.record}


def test_no_other_record_moves(archive: Any) -> None:
    captures = archive.fill(seal=False)
    _, moves = take_out(archive, "https://b.example/old", captures[0])
    now = {item.time: item.record for item in scan(archive.folder) if isinstance(item, Capture)}
    assert moves == {}
    assert now == {capture.time: capture.record for capture in captures if capture.url != "https://b.example/old"}


@given(length=st.integers(400, 200_000))
def test_the_place_of_a_record_is_filled_to_the_byte(length: int) -> None:
    when = datetime(2026, 1, 5, 6, tzinfo=UTC)
    filler = forget._filler(length, Tombstone("forget-20260105T060000Z-12ab", (A,), "because", when))
    assert len(filler) == length
    assert gzip.decompress(filler).startswith(b"WARC/1.1\r\nWARC-Type: metadata\r\n")
    data = filler + filler
    assert [record.rec_type for record in ArchiveIterator(io.BytesIO(data))] == ["metadata"] * 2
    assert len(list(FastIterator(io.BytesIO(data)))) == 2


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
