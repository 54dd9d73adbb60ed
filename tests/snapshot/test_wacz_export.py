"""`archive export --wacz`: what is in the file, that it is sound, and that damage to it is found."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from linkarchive.errors import StorageError, UsageError
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.model import Page
from linkarchive.snapshot import paths as places
from linkarchive.snapshot import wacz
from linkarchive.snapshot.wacz_check import check_wacz

NOW = datetime(2026, 11, 23, 6, 0, 5, tzinfo=UTC)
Members = dict[str, bytes]


def title_of(page: Page) -> str:
    return ParsedPage(page).title


def export(root: Path, target: Path) -> wacz.Exported:
    return wacz.export_wacz(root, target, title="Sources", created=NOW, title_of=title_of)


@pytest.fixture
def exported(archive: Any, tmp_path: Path) -> Path:
    archive.fill()
    export(archive.folder, tmp_path / "a.wacz")
    return tmp_path / "a.wacz"


def members_of(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def faults(path: Path) -> list[str]:
    return [f"{problem.file}: {problem.message}" for problem in check_wacz(path)]


def test_the_members_are_those_of_the_standard_and_stored(exported: Path, archive: Any) -> None:
    assert faults(exported) == []
    with zipfile.ZipFile(exported) as file:
        assert {info.compress_type for info in file.infolist()} == {zipfile.ZIP_STORED}
    members = members_of(exported)
    (warc,) = archive.warcs()
    assert members[f"archive/{warc.name}"] == warc.read_bytes()
    assert gzip.decompress(members["indexes/index.cdx.gz"]) == places.index_of(archive.folder, warc).read_bytes()
    package = json.loads(members["datapackage.json"])
    assert (package["profile"], package["wacz_version"], package["title"]) == ("data-package", "1.1.1", "Sources")
    assert package["created"] == "2026-11-23T06:00:05Z"
    assert {resource["path"] for resource in package["resources"]} == members.keys() - {
        "datapackage.json",
        "datapackage-digest.json",
    }
    digest = json.loads(members["datapackage-digest.json"])
    assert digest == {
        "path": "datapackage.json",
        "hash": f"sha256:{hashlib.sha256(members['datapackage.json']).hexdigest()}",
    }


def test_a_page_is_listed_for_each_capture_but_a_304(exported: Path) -> None:
    head, *pages = map(json.loads, members_of(exported)["pages/pages.jsonl"].splitlines())
    assert head["format"] == "json-pages-1.0"
    listed_pages = [(page["url"], page["ts"], page["title"]) for page in pages]
    assert listed_pages == [
        ("https://a.example/one", "2026-11-23T06:00:00Z", "A page"),
        ("https://b.example/new", "2026-11-23T06:00:01Z", "https://b.example/new"),
        ("https://c.example/", "2026-11-23T06:00:02Z", "https://c.example/"),
        ("https://a.example/one", "2026-11-23T06:00:03Z", "A page"),
    ]
    assert pages[1]["source"] == "https://b.example/old"
    assert len({page["id"] for page in pages}) == 4


def test_the_same_archive_gives_the_same_bytes(exported: Path, archive: Any, tmp_path: Path) -> None:
    export(archive.folder, tmp_path / "again.wacz")
    assert (tmp_path / "again.wacz").read_bytes() == exported.read_bytes()


def test_a_run_that_did_not_end_is_left_out_and_named(archive: Any, pages: Any, tmp_path: Path) -> None:
    archive.fill()
    with archive.writer("20261124T060000Z-aaaa") as writer:
        archive.write(writer, pages.visit(pages.exchange("https://d.example/unfinished")))
        writer.sync()
        done = export(archive.folder, tmp_path / "a.wacz")
    assert done.left_out == ("archive/warc/20261124T060000Z-aaaa-00000.warc.gz",)
    assert (done.warcs, done.pages) == (1, 4)
    assert b"unfinished" not in b"".join(members_of(tmp_path / "a.wacz").values())
    assert faults(tmp_path / "a.wacz") == []


def test_the_indexes_of_many_runs_become_one(
    archive: Any, pages: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wacz, "_OPEN_FILES", 2)
    monkeypatch.setattr(wacz, "_LINES_A_BLOCK", 3)
    for number in range(5):
        with archive.writer(f"2026112{number}T060000Z-0000") as writer:
            for page in "abc":
                exchange = pages.exchange(f"https://{page}.example/{number}", page.encode())
                archive.write(writer, pages.visit(exchange, at=number))
    done = export(archive.folder, tmp_path / "a.wacz")
    assert (done.warcs, done.pages) == (5, 15)
    members = members_of(tmp_path / "a.wacz")
    lines = gzip.decompress(members["indexes/index.cdx.gz"]).splitlines()
    assert len(lines) == 15
    assert lines == sorted(lines)
    assert len(members["indexes/index.idx"].splitlines()) == 1 + 5
    assert faults(tmp_path / "a.wacz") == []


def test_nothing_to_export_and_a_full_disk_leave_no_file(
    archive: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="nothing to export"):
        export(archive.folder, tmp_path / "a.wacz")
    archive.fill()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "a.wacz").write_bytes(b"an older one")
    monkeypatch.setattr(wacz, "_write_index", full)
    with pytest.raises(StorageError, match="the disk is full"):
        export(archive.folder, tmp_path / "a.wacz")
    assert (tmp_path / "a.wacz").read_bytes() == b"an older one"
    assert [path.name for path in tmp_path.glob("a.wacz*")] == ["a.wacz"]


# --- damage ------------------------------------------------------------------


def pack(path: Path, members: Members, deflated: str = "") -> None:
    """A WACZ file with these members, whose data package and digest are right: a careful forger's."""
    package = json.loads(members.get("datapackage.json", b"{}"))
    listed = {resource["path"]: resource for resource in package.get("resources", [])}
    package["resources"] = [
        listed.get(name, {"name": name.lower(), "path": name})
        | {"hash": f"sha256:{hashlib.sha256(data).hexdigest()}", "bytes": len(data)}
        for name, data in members.items()
        if not name.startswith("datapackage")
    ]
    if "datapackage.json" in members:
        members["datapackage.json"] = json.dumps(package).encode()
        digest = f"sha256:{hashlib.sha256(members['datapackage.json']).hexdigest()}"
        members["datapackage-digest.json"] = json.dumps({"path": "datapackage.json", "hash": digest}).encode()
    with zipfile.ZipFile(path, "w") as file:
        for name, data in members.items():
            file.writestr(name, data, zipfile.ZIP_DEFLATED if name == deflated else zipfile.ZIP_STORED)


def with_index(members: Members, change: Callable[[bytes], bytes]) -> None:
    members["indexes/index.cdx.gz"] = gzip.compress(change(gzip.decompress(members["indexes/index.cdx.gz"])), mtime=0)
    del members["indexes/index.idx"]


def test_a_file_packed_anew_is_sound(exported: Path) -> None:
    """So that each of the following finds its own fault."""
    members = members_of(exported)
    pack(exported, members)
    assert faults(exported) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pages/pages.jsonl", "pages/pages.jsonl: it is missing"),
        ("indexes/index.cdx.gz", "indexes/index.cdx.gz: it is missing"),
        ("datapackage.json", "datapackage.json: it is missing"),
        ("archive/20261123T060000Z-4f2a-00000.warc.gz", "archive/: there is no WARC file in it"),
    ],
)
def test_a_missing_member_is_found(exported: Path, name: str, words: str) -> None:
    members = members_of(exported)
    del members[name]
    if name == "datapackage.json":
        del members["datapackage-digest.json"]
    pack(exported, members)
    assert words in faults(exported)


def test_a_warc_that_is_compressed_again_is_found(exported: Path) -> None:
    members = members_of(exported)
    warc = next(name for name in members if name.startswith("archive/"))
    pack(exported, members, deflated=warc)
    assert f"{warc}: it is compressed again, so that nothing can seek in it" in faults(exported)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda index: index.replace(b'"offset": "', b'"offset": "1'), "no whole record is there"),
        (lambda index: index.replace(b"a.example/one", b"a.example/two"), "another URL or digest"),
        (lambda index: index.replace(b'"length": "', b'"length": "9'), "the record there has"),
        (lambda index: index.replace(b"00000.warc.gz", b"00001.warc.gz"), "a WARC file that is not here"),
        (lambda index: b"".join(reversed(index.splitlines(keepends=True))), "not sorted"),
        (lambda index: index.replace(b"{", b"<"), "it cannot be read"),
        (lambda index: b"".join(index.splitlines(keepends=True)[2:]), "a page that the index does not have"),
    ],
)
def test_an_index_that_does_not_lead_to_its_record_is_found(
    exported: Path, change: Callable[[bytes], bytes], words: str
) -> None:
    members = members_of(exported)
    with_index(members, change)
    pack(exported, members)
    assert any(words in fault for fault in faults(exported))


def test_a_changed_payload_is_found_though_all_hashes_of_the_package_agree(exported: Path) -> None:
    members = members_of(exported)
    warc = next(name for name in members if name.startswith("archive/"))
    raw = bytearray()
    for number, record in enumerate(_gzip_members(members[warc])):
        raw += gzip.compress(record.replace(b"A page", b"A Page"), mtime=0) if number == 1 else gzip.compress(record)
    members[warc] = bytes(raw)
    pack(exported, members)
    assert any("indexes/index.cdx.gz" in fault for fault in faults(exported))


def test_a_flipped_bit_a_list_of_blocks_and_a_file_that_is_no_zip(exported: Path) -> None:
    good, data = members_of(exported), exported.read_bytes()
    at = data.index(good[next(name for name in good if name.startswith("archive/"))]) + 300
    exported.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    assert any("CRC" in fault for fault in faults(exported))
    pack(exported, good | {"indexes/index.idx": good["indexes/index.idx"].replace(b"example,a)", b"example,b)")})
    assert any(fault.startswith("indexes/index.idx: no block starts with") for fault in faults(exported))
    exported.write_bytes(b"no zip")
    assert faults(exported) == ["a.wacz: it is not a whole ZIP file: File is not a zip file"]


def _gzip_members(data: bytes) -> list[bytes]:
    from linkarchive.snapshot.record_reader import BadRecordError, walk

    members = [
        record for record in walk(io.BytesIO(data), lambda record: None) if not isinstance(record, BadRecordError)
    ]
    return [gzip.decompress(data[record.offset : record.offset + length]) for record, _, length in members]


# --- the command ----------------------------------------------------------------


def test_the_command_writes_a_file_and_does_not_overwrite_one(folder: Any, stage: Any) -> None:
    stage["http://alpha.example/a"] = stage.html("a")
    folder.article("http://alpha.example/a")
    assert folder.run("export", "--wacz", "all.wacz").code == 2
    folder.check("article.md")
    done = folder.run("export", "--wacz", "all.wacz")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("all.wacz: 1 page in 1 WARC file, ")
    verified = folder.run("verify", "--wacz", "all.wacz")
    assert (verified.code, verified.out) == (0, "all.wacz: clean\n")
    (folder.root / "some.wacz").write_bytes((folder.root / "all.wacz").read_bytes()[:-10])
    assert folder.run("verify", "--wacz", "some.wacz").out.endswith("\nsome.wacz: 1 problem\n")
    assert folder.run("verify").out == "1 WARC file: clean\n"
    assert folder.run("rebuild").out.startswith("rebuilt from 1 run: 1 verdict, 1 capture")
    again = folder.run("export", "--wacz", "all.wacz")
    assert (again.code, again.out) == (2, "")
    assert "--force" in again.err
    assert folder.run("export", "--wacz", "all.wacz", "--force", "--title", "Mine").code == 0
    assert json.loads(members_of(folder.root / "all.wacz")["datapackage.json"])["title"] == "Mine"
    (folder.root / "all.wacz").write_bytes(b"no zip")
    assert folder.run("verify", "--wacz", "all.wacz").code == 1
