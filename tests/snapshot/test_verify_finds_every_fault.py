"""An archive that was tampered with is never called sound."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from isal import igzip

from linkarchive.snapshot import paths
from linkarchive.snapshot.manifest import read_chain, write_manifest
from linkarchive.snapshot.record_reader import walk
from linkarchive.snapshot.repair import repair
from linkarchive.snapshot.verify import Problem, verify


def members(path: Path) -> list[bytes]:
    """The records of a file, decompressed."""
    offsets: list[tuple[int, int]] = []
    data = path.read_bytes()
    with path.open("rb") as file:
        for found in walk(file, lambda record: None):
            assert isinstance(found, tuple)
            offsets.append((found[0].offset, found[2]))
    return [gzip.decompress(data[offset : offset + length]) for offset, length in offsets]


def rewrite(archive: Any, change: Callable[[list[bytes]], list[bytes]]) -> list[Problem]:
    """Put other records into the only file, with a fitting index, as a faulty tool would; what verify says of it."""
    (warc,) = archive.warcs()
    warc.write_bytes(b"".join(igzip.compress(record) for record in change(members(warc))))
    paths.index_of(archive.folder, warc).unlink()
    repair(archive.folder)
    return [problem for problem in verify(archive.folder) if not problem.note]


def said(problems: list[Problem]) -> str:
    return "\n".join(problem.message for problem in problems)


def test_a_sealed_archive_is_sound(archive: Any) -> None:
    archive.fill("20261123T060000Z-0001")
    archive.fill("20261123T060000Z-0002")
    assert list(verify(archive.folder)) == []


def test_an_empty_folder_is_sound(tmp_path: Path) -> None:
    assert list(verify(tmp_path)) == []


@pytest.mark.long
def test_no_changed_byte_of_a_warc_file_passes(archive: Any) -> None:
    archive.fill(seal=False)
    (warc,) = archive.warcs()
    data = warc.read_bytes()
    passed = []
    for at in range(0, len(data), 3):
        changed = data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :]
        warc.write_bytes(changed)
        if not any(not problem.note for problem in verify(archive.folder)):
            # Time and system in a gzip header and the padding of deflate blocks change nothing that is stored.
            passed += [] if gzip.decompress(changed) == gzip.decompress(data) else [at]
    assert passed == []


def test_manifests_see_what_checksums_do_not(archive: Any) -> None:
    archive.fill()
    (warc,) = archive.warcs()
    data = bytearray(warc.read_bytes())
    data[5] ^= 1  # the time in a gzip header
    warc.write_bytes(data)
    assert "SHA-256" in said(list(verify(archive.folder)))


def test_a_torn_last_record_is_found(archive: Any) -> None:
    archive.fill(seal=False)
    (warc,) = archive.warcs()
    warc.write_bytes(warc.read_bytes()[:-1])
    assert "the file ends inside a record" in said(list(verify(archive.folder)))


def test_a_changed_payload_in_a_sound_gzip_member_is_found(archive: Any) -> None:
    archive.fill(seal=False)
    found = said(rewrite(archive, lambda all_: [record.replace(b"A page", b"a page") for record in all_]))
    assert "the payload's digest" in found
    assert "the block's digest" in found


def test_a_file_of_one_gzip_member_is_found(archive: Any) -> None:
    archive.fill(seal=False)
    (warc,) = archive.warcs()
    warc.write_bytes(igzip.compress(b"".join(members(warc))))
    assert "goes on after its record" in said(list(verify(archive.folder)))


def test_references_to_nowhere_are_found(archive: Any) -> None:
    archive.fill(seal=False)

    def drop_first_response(all_: list[bytes]) -> list[bytes]:
        first = next(record for record in all_ if b"WARC-Type: response" in record)
        return [record for record in all_ if record is not first]

    found = said(rewrite(archive, drop_first_response))
    assert "WARC-Concurrent-To names" in found
    assert "WARC-Refers-To names" in found
    assert "the response that this revisit repeats" in found


def test_a_revisit_of_a_revisit_is_found(archive: Any) -> None:
    captures = archive.fill(seal=False)
    assert captures[4].original == captures[0].record

    def chain(all_: list[bytes]) -> list[bytes]:
        first, second = (record for record in all_ if b"WARC-Type: revisit" in record)
        identity = next(line for line in first.split(b"\r\n") if line.startswith(b"WARC-Record-ID")).split(b": ")[1]
        old = next(line for line in second.split(b"\r\n") if line.startswith(b"WARC-Refers-To:"))
        return [record.replace(old, b"WARC-Refers-To: " + identity) if record is second else record for record in all_]

    assert "does not point at a response" in said(rewrite(archive, chain))


def test_a_revisit_that_disagrees_with_its_response_is_found(archive: Any) -> None:
    archive.fill(seal=False)
    wrong = rewrite(
        archive,
        lambda all_: [
            record.replace(b"Refers-To-Target-URI: https://a", b"Refers-To-Target-URI: https://z") for record in all_
        ],
    )
    assert "disagree about URL" in said(wrong)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda lines: lines[1:], "does not have this record"),
        (lambda lines: lines[::-1], "not sorted"),
        (lambda lines: [lines[0].replace(b'"offset": "', b'"offset": "1'), *lines[1:]], "no record matches"),
        (lambda lines: [lines[0].replace(b"sha1:", b"sha1:A"), *lines[1:]], "no record matches"),
        (lambda lines: [*lines, b"zz)/ 20200101000000 {}\n"], "no record matches"),
        (lambda lines: [*lines[:-1], lines[-1][:-5]], "no record matches"),
    ],
    ids=["missing", "unsorted", "offset", "digest", "invented", "cut"],
)
def test_an_index_that_is_not_the_files_is_found(
    archive: Any, change: Callable[[list[bytes]], list[bytes]], expected: str
) -> None:
    archive.fill(seal=False)
    index = paths.index_of(archive.folder, archive.warcs()[0])
    index.write_bytes(b"".join(change(index.read_bytes().splitlines(keepends=True))))
    assert expected in said([problem for problem in verify(archive.folder) if not problem.note])


def test_missing_files_and_broken_chains_are_found(archive: Any) -> None:
    for number in range(3):
        archive.fill(f"20261123T060000Z-000{number}")
    manifests = sorted((archive.folder / paths.MANIFESTS).iterdir())
    assert [manifest.sequence for manifest in read_chain(archive.folder)] == [1, 2, 3]

    middle = manifests[1].read_bytes()
    manifests[1].unlink()
    found = list(verify(archive.folder))
    assert "does not follow" in said(found)
    assert {problem.file for problem in found if "its manifest is missing" in problem.message} == {
        "archive/warc/20261123T060000Z-0001-00000.warc.gz"
    }
    manifests[1].write_bytes(middle.replace(b'"complete": true', b'"complete": false'))
    assert "it was changed after" in said(list(verify(archive.folder)))
    manifests[1].write_bytes(middle)
    assert list(verify(archive.folder)) == []

    archive.warcs()[2].unlink()
    assert "it is missing" in said(list(verify(archive.folder)))
    manifests[2].write_bytes(b"[]")
    assert "is not a manifest" in said(list(verify(archive.folder)))
    assert len(read_chain(archive.folder)) == 2, "the others tell the rest"


def test_an_unfinished_run_is_a_note_not_a_fault(archive: Any) -> None:
    archive.fill(seal=False, log=False)
    problems = list(verify(archive.folder))
    assert [problem.note for problem in problems] == [True, True]
    paths.index_of(archive.folder, archive.warcs()[0]).unlink()
    assert all(problem.note for problem in verify(archive.folder))


def test_a_continued_run_gets_a_second_manifest(archive: Any) -> None:
    archive.fill("20261123T060000Z-0001")
    archive.fill("20261123T070000Z-0002")
    archive.fill("20261123T060000Z-0001", seal=True)
    chain = read_chain(archive.folder)
    assert [manifest.name for manifest in chain] == [
        "20261123T060000Z-0001.json",
        "20261123T070000Z-0002.json",
        "20261123T060000Z-0001+2.json",
    ]
    assert len(chain[2].files) == 4
    assert list(verify(archive.folder)) == []


def test_a_manifest_is_plain_json(archive: Any) -> None:
    archive.fill()
    path = write_manifest(archive.folder, "later", (), {"sources": 0}, created=datetime(2026, 11, 23, 7, tzinfo=UTC))
    facts = json.loads(path.read_text())
    assert facts["run"] == "later"
    assert facts["facts"] == {"sources": 0}
    assert facts["previous"]["name"] == "20261123T060000Z-4f2a.json"
    assert facts["created"] == "2026-11-23T07:00:00Z"
