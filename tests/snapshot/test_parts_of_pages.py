"""What a page needs to be shown: stored once, tied to the page, found again by anybody."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from linkarchive.model import Capture, CaptureScope, PartRecord
from linkarchive.snapshot import paths
from linkarchive.snapshot.capture_metadata import LeftOut
from linkarchive.snapshot.part_reader import PartReader
from linkarchive.snapshot.parts import NewParts, Resource
from linkarchive.snapshot.reader import ScannedParts, read_record, scan
from linkarchive.snapshot.repair import repair
from linkarchive.snapshot.verify import verify
from linkarchive.web.exchange import Body

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
CSS = (("Content-Type", "text/css"),)
PNG = (("Content-Type", "image/png"),)


@pytest.fixture
def kept(archive: Any, pages: Any) -> tuple[Capture, list[PartRecord], list[PartRecord]]:
    """Two pages that share a sheet, and the parts that each of them uses."""
    sheet = pages.exchange("https://a.example/all.css", b"p{}", headers=CSS)
    icon = pages.exchange("https://a.example/icon.png", b"icon", headers=PNG)
    again = pages.exchange("https://a.example/other-icon.png", b"icon", headers=PNG)
    moved = pages.redirect("https://a.example/old.png", "/icon.png", 302)
    with archive.writer() as writer:
        first = archive.write(writer, pages.visit(pages.exchange("https://a.example/one")))
        two = archive.write(writer, pages.visit(pages.exchange("https://a.example/two", b"two"), at=1))
        picture = Resource("urn:fullPage:https://a.example/one", "image/png", Body.of(b"picture"), NOW)
        visits = (pages.visit(sheet, at=2), pages.visit(moved, icon, at=3), pages.visit(again, at=4))
        left = LeftOut("https://a.example/film.png", "larger than what is kept")
        first, used = writer.write_parts(
            first, NewParts(CaptureScope.PAGE, visits, (picture,), left_out=1, missing=(left,))
        )
        later = pages.exchange("https://b.example/copy.css", b"p{}", headers=CSS)
        known = {part.digest: part for part in used if part.original is None}
        _, used_by_two = writer.write_parts(
            two, NewParts(CaptureScope.PAGE, (pages.visit(later, at=5),), shared=used[:1], repeats=known)
        )
        picture.body.close()
    return first, used, used_by_two


def records(folder: Path) -> list[tuple[str, str, str | None]]:
    found = []
    for path in paths.warc_files(folder):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                headers = record.rec_headers
                found.append(
                    (record.rec_type, headers.get_header("WARC-Target-URI"), headers.get_header("WARC-Refers-To"))
                )
    return found


def test_a_payload_is_stored_once(archive: Any, kept: tuple[Capture, list[PartRecord], list[PartRecord]]) -> None:
    _, used, used_by_two = kept
    types = {url: (kind, refers) for kind, url, refers in records(archive.folder) if kind in ("response", "revisit")}
    assert types["https://a.example/all.css"] == ("response", None)
    assert types["https://a.example/other-icon.png"] == ("revisit", used[2].id)
    assert types["https://b.example/copy.css"] == ("revisit", used[0].id)
    assert [part.url for part in used_by_two] == ["https://a.example/all.css", "https://b.example/copy.css"]
    record = read_record(archive.folder, used[2].record)
    assert record.payload.read() == b"icon"
    record.payload.close()


def test_the_capture_says_what_it_holds(kept: tuple[Capture, list[PartRecord], list[PartRecord]]) -> None:
    capture, used, _ = kept
    assert (capture.scope, capture.parts, capture.left_out) == (CaptureScope.PAGE, 5, 1)
    assert [part.url.rpartition("/")[2] for part in used[:-1]] == ["all.css", "old.png", "icon.png", "other-icon.png"]
    assert used[-1].url == "urn:fullPage:https://a.example/one"


def test_a_part_of_an_earlier_archive_is_found_by_an_address_with_a_query_of_nothing(archive: Any, kept: Any) -> None:
    reader = PartReader(archive.folder, kept[1], {})
    icon, sheet = (reader.find(f"https://a.example/{name}") for name in ("old.png?", "all.css?"))
    assert (icon and icon.body, sheet and sheet.body) == (b"icon", b"p{}")
    assert reader.find("https://a.example/all.css?v=2") is None


def test_a_redirected_part_is_found_where_the_visit_went(archive: Any, pages: Any) -> None:
    letters = "/größe.png".encode().decode("latin-1")  # as servers send it, and records have it
    icon = pages.exchange("https://a.example/gr%C3%B6%C3%9Fe.png", b"icon", headers=PNG)
    moved = pages.redirect("https://a.example/old.png", letters, 302)
    nowhere = pages.redirect("https://a.example/lost.png", "http://[nowhere/", 302)
    with archive.writer() as writer:
        page = archive.write(writer, pages.visit(pages.exchange("https://a.example/one")))
        visits = (pages.visit(moved, icon, at=1), pages.visit(nowhere, at=2))
        _, used = writer.write_parts(page, NewParts(CaptureScope.PAGE, visits))
    reader = PartReader(archive.folder, used, {})
    part = reader.find("https://a.example/old.png")
    assert part is not None
    assert (part.body, part.url) == (b"icon", "https://a.example/gr%C3%B6%C3%9Fe.png")
    assert reader.find("https://a.example/lost.png") is None


def test_the_archive_is_sound_and_tells_whose_the_parts_are(
    archive: Any, kept: tuple[Capture, list[PartRecord], list[PartRecord]]
) -> None:
    _, used, used_by_two = kept
    assert [problem for problem in verify(archive.folder) if not problem.note] == []
    told = [found for found in scan(archive.folder) if isinstance(found, ScannedParts)]
    assert [parts.url for parts in told] == ["https://a.example/one", "https://a.example/two"]
    assert list(told[0].new) == used
    assert list(told[1].new) == used_by_two[1:]
    assert told[1].facts.uses == tuple(part.id for part in used_by_two)
    assert told[0].facts.missing[0].url == "https://a.example/film.png"


def test_the_index_has_every_part_also_after_a_repair(
    archive: Any, kept: tuple[Capture, list[PartRecord], list[PartRecord]]
) -> None:
    (warc,) = archive.warcs()
    index = paths.index_of(archive.folder, warc)
    lines = index.read_bytes()
    for url in (b"all.css", b"old.png", b"icon.png", b"other-icon.png", b"copy.css", b"urn:fullPage"):
        assert url in lines
    index.unlink()
    repair(archive.folder)
    assert index.read_bytes() == lines
