"""Kills, torn tails, full disks: what is finished stays, what is torn goes, and the next run goes on."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from warcio.checker import Checker

from linkarchive.errors import StorageError
from linkarchive.model import Capture
from linkarchive.snapshot import paths, warcfile
from linkarchive.snapshot.manifest import sha256_of
from linkarchive.snapshot.reader import read_page, scan
from linkarchive.snapshot.repair import repair
from linkarchive.snapshot.verify import verify


def faults(root: Path) -> list[str]:
    return [f"{problem.file} {problem.offset} {problem.message}" for problem in verify(root) if not problem.note]


def test_a_sound_archive_needs_no_repair(archive: Any) -> None:
    archive.fill()
    before = {path: path.read_bytes() for path in archive.folder.rglob("*") if path.is_file()}
    assert repair(archive.folder) == ()
    assert {path: path.read_bytes() for path in archive.folder.rglob("*") if path.is_file()} == before


@pytest.mark.long
def test_a_tail_torn_at_any_byte_is_cut_off(archive: Any, tmp_path: Path) -> None:
    captures = archive.fill(seal=False)
    (warc,) = archive.warcs()
    index = paths.index_of(archive.folder, warc)
    whole_index, data = index.read_bytes(), warc.read_bytes()
    last = captures[-1].record
    for size in range(last.offset + 1, last.offset + last.length):
        warc.write_bytes(data[:size])
        index.unlink()
        repairs = repair(archive.folder)
        assert any("torn" in sentence for sentence in repairs)
        assert warc.stat().st_size == last.offset
        assert faults(archive.folder) == []
    lines = [line for line in whole_index.splitlines() if f'"offset": "{last.offset}"'.encode() not in line]
    assert index.read_bytes().splitlines() == lines
    assert [event for event in scan(archive.folder) if isinstance(event, Capture)] == captures[:-1]


def test_garbage_behind_the_last_record_is_cut_off(archive: Any) -> None:
    archive.fill(seal=False, log=False)
    (warc,) = archive.warcs()
    size = warc.stat().st_size
    paths.index_of(archive.folder, warc).unlink()
    with warc.open("ab") as file:
        file.write(b"\0" * 5000 + b"\x1f\x8b\x08 not gzip " * 9)
    repair(archive.folder)
    assert warc.stat().st_size == size
    assert faults(archive.folder) == []


def test_damage_in_the_middle_cuts_nothing(archive: Any) -> None:
    captures = archive.fill(seal=False)
    (warc,) = archive.warcs()
    data = bytearray(warc.read_bytes())
    data[captures[0].record.offset + 40] ^= 0xFF
    warc.write_bytes(data)
    paths.index_of(archive.folder, warc).unlink()
    repairs = repair(archive.folder)
    assert "damaged" in repairs[0]
    assert warc.stat().st_size == len(data)
    assert read_page(archive.folder, captures[2]).body == b"zipped " * 99


def test_a_file_without_a_whole_record_and_leftovers_go(archive: Any) -> None:
    archive.fill()
    stub = archive.warcs()[0].with_name("20261124T000000Z-0000-00000.warc.gz")
    stub.write_bytes(b"\x1f\x8b\x08\0\0")
    leftovers = [
        archive.folder / paths.INDEXES / "20261124T000000Z-0000-00000.cdxj.part",
        archive.folder / paths.INDEXES / "20261124T000000Z-0000-00000.cdxj.tmp",
        archive.folder / paths.MANIFESTS / "20261124T000000Z-0000.json.tmp",
    ]
    for path in leftovers:
        path.write_bytes(b"half a li")
    (repairs,) = repair(archive.folder)
    assert "no complete record" in repairs
    assert not stub.exists()
    assert not any(path.exists() for path in leftovers)
    assert list(verify(archive.folder)) == []


def test_index_lines_reach_the_disk_after_their_records(archive: Any) -> None:
    pages = archive.pages
    with archive.writer() as writer:
        first = archive.write(writer, pages.visit(pages.exchange("https://a.example/1")))
        (warc,) = archive.warcs()
        journal = paths.journal_of(archive.folder, warc)
        assert not journal.exists()
        assert (
            warc.stat().st_size >= first.record.offset + first.record.length
        )  # the system has it: a kill cannot take it
        writer.sync()
        assert journal.read_bytes().count(b"\n") == 1
        assert read_page(archive.folder, first).body == b"<title>A page</title>"
    assert not journal.exists()
    assert paths.index_of(archive.folder, warc).read_bytes().count(b"\n") == 1


def test_a_file_over_the_limit_is_followed_by_a_new_one(archive: Any) -> None:
    pages = archive.pages
    with archive.writer(size_limit=3000) as writer:
        captures = [
            archive.write(writer, pages.visit(pages.exchange(f"https://a.example/{n}", os.urandom(900)), at=n))
            for n in range(9)
        ]
    assert len(archive.warcs()) == len({capture.record.warc for capture in captures}) > 2
    assert all(path.stat().st_size < 6000 for path in archive.warcs())
    assert faults(archive.folder) == []
    with archive.writer() as writer:
        more = archive.write(writer, pages.visit(pages.exchange("https://a.example/more")))
    assert more.record.warc not in {capture.record.warc for capture in captures}


def test_a_writer_that_wrote_nothing_leaves_nothing(archive: Any) -> None:
    with archive.writer() as writer:
        writer.sync()
    assert not archive.folder.exists()


def test_a_full_disk_costs_only_the_capture_that_did_not_fit(archive: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = archive.pages
    room = 6000

    def write(handle: int, data: bytes) -> int:
        nonlocal room
        if room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        count = real_write(handle, bytes(data[:room]))
        room -= count
        return count

    real_write = os.write
    monkeypatch.setattr(warcfile.os, "write", write)
    kept: list[Capture] = []
    room, reserved = 0, room
    with pytest.raises(StorageError, match="the disk is full"):
        archive.writer().write_log([b"{}\n"])
    assert archive.warcs() == []
    room = reserved
    writer = archive.writer()

    def fill_the_disk() -> None:
        for number in range(9):
            visit = pages.visit(pages.exchange(f"https://a.example/{number}", os.urandom(1500)), at=number)
            kept.append(archive.write(writer, visit))

    with pytest.raises(StorageError, match="the disk is full"):
        fill_the_disk()
    room = 10**9
    kept.append(archive.write(writer, pages.visit(pages.exchange("https://a.example/after", b"room again"))))
    writer.close()
    assert len(kept) >= 2
    assert faults(archive.folder) == []
    assert writer.digests == {
        path: sha256_of(path) for path in paths.run_files(archive.folder, "20261123T060000Z-4f2a")
    }
    assert [event for event in scan(archive.folder) if isinstance(event, Capture)] == kept
    assert read_page(archive.folder, kept[-1]).body == b"room again"


def test_a_folder_that_cannot_be_written_is_said_in_words(archive: Any) -> None:
    archive.folder.write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="archive/warc cannot be written"):
        archive.write(archive.writer(), archive.pages.visit(archive.pages.exchange("https://a.example/")))


_LOOP = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from linkarchive.clock import Clock
from linkarchive.snapshot.writer import WarcWriter
from linkarchive.web.exchange import Body, Exchange, Visit, VisitRequest

now = datetime(2026, 11, 23, tzinfo=UTC)
with WarcWriter(Path(sys.argv[1]), "run", clock=Clock(), size_limit=60_000, simulated=False) as writer:
    previous = None
    for number in range(10**6):
        body = Body.of(os.urandom(2000) if number % 3 else b"the same page")
        url = f"https://a.example/{number}"
        page = Exchange(url, (("Host", "a.example"),), now, None, 200, "200 OK", (), body)
        visit = Visit(VisitRequest(url), now, (page,))
        previous = writer.write_visit(visit, source=url, sha256="", fingerprint=None, revisit_of=previous)
        visit.close()
        if number % 7 == 0:
            writer.sync()
        os.write(1, f"{number}\\n".encode())
"""


def _kill_while_writing(archive: Path, after: int) -> int:
    """Start the loop, kill it when it has said so many captures; how many it said were written."""
    loop = subprocess.Popen([sys.executable, "-c", _LOOP, str(archive)], stdout=subprocess.PIPE)
    assert loop.stdout is not None
    repairs = 0
    with loop, loop.stdout:
        for line in loop.stdout:
            repairs = int(line) + 1
            if repairs == after:
                os.kill(loop.pid, signal.SIGKILL)
    return repairs


@pytest.mark.long
def test_kill_nine_loses_no_finished_capture(tmp_path: Path) -> None:
    written = 0
    for after in (40, 133, 1):
        written += _kill_while_writing(tmp_path / "archive", after)
        assert repair(tmp_path / "archive")
        assert faults(tmp_path / "archive") == []
    captures = [event for event in scan(tmp_path / "archive") if isinstance(event, Capture)]
    assert len(captures) >= written
    assert all(read_page(tmp_path / "archive", capture).status == 200 for capture in captures)
    checker = Checker(
        SimpleNamespace(inputs=[str(path) for path in paths.warc_files(tmp_path / "archive")], verbose=False)
    )
    assert checker.process_all() == 0


def test_what_is_told_of_a_copy_is_told_of_the_original(archive: Any, new_archive: Callable[[str], Any]) -> None:
    """The rebuilt index of a whole file is the one that its writer made."""
    archive.fill(seal=False)
    other = new_archive("copy")
    shutil.copytree(archive.folder, other.folder)
    index = paths.index_of(other.folder, other.warcs()[0])
    index.unlink()
    (repairs,) = repair(other.folder)
    assert "rebuilt with 5 entries" in repairs
    assert index.read_bytes() == paths.index_of(archive.folder, archive.warcs()[0]).read_bytes()
