"""WACZ files, SingleFile pages, ArchiveBox folders and wget mirrors, whole, broken and hostile."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkarchive.errors import UsageError
from linkarchive.imports.mirror import addresses
from linkarchive.imports.opening import check_readable, read
from linkarchive.imports.record import ForeignRecord
from linkarchive.imports.singlefile import javascript_date
from linkarchive.urls import source_key

NOW = datetime(2040, 1, 5, tzinfo=UTC)  # after the files that the tests make
MOMENT = datetime(2021, 5, 13, 9, 12, 44, tzinfo=UTC)
URL = "https://host.example/harbour/notes"
SAVED = "Thu May 13 2021 11:12:44 GMT+0200 (Central European Summer Time)"
FileOf = Callable[[str, bytes], Path]


def page(text: str) -> bytes:
    return f"<!DOCTYPE html><html><title>{text}</title><p>{text}</p>".encode()


def wacz(members: dict[str, bytes], package: object = None, packing: int = zipfile.ZIP_STORED) -> bytes:
    listed = [
        {"name": name, "path": name, "hash": f"sha256:{hashlib.sha256(data).hexdigest()}", "bytes": len(data)}
        for name, data in members.items()
    ]
    package = {"profile": "data-package", "resources": listed} if package is None else package
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        for name, data in {**members, "datapackage.json": json.dumps(package).encode()}.items():
            archive.writestr(name, data)
    return out.getvalue()


def single(url: str = URL, saved: str = SAVED) -> bytes:
    comment = f"<!--\n Page saved with SingleFile \n url: {url} \n saved date: {saved}\n-->"
    return f"<!DOCTYPE html> <html lang=en>{comment}<head><title>A page</title></head><p>As it was</p></html>".encode()


def box(file_of: FileOf, files: dict[str, bytes], **index: Any) -> Path:
    """A data folder with one snapshot."""
    result = {"status": "succeeded", "start_ts": "2021-05-13T09:12:44.120000+00:00"}
    history = {"singlefile": [result], "dom": [result], "wget": [result | {"output": "host.example/harbour/notes"}]}
    link = {"url": URL, "timestamp": "1620897164.0", "history": history, "schema": "Link"} | index
    file_of("box/index.json", b'{"links": []}')
    for name, data in {"index.json": json.dumps(link).encode(), **files}.items():
        file_of(f"box/archive/1620897164.0/{name}", data)
    return file_of("box/ArchiveBox.conf", b"").parent


# --- WACZ --------------------------------------------------------------------


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_warc_files_of_a_wacz_are_read(foreign: Any, file_of: FileOf, packing: int) -> None:
    data = foreign.written([(URL, page("one"))])
    other = foreign.written([(URL + "/2", page("two"))], packed=False)
    path = file_of("a.wacz", wacz({"archive/a.warc.gz": data, "archive/b.warc": other}, packing=packing))
    assert foreign.loaded(read(path, NOW)) == ({URL: page("one"), URL + "/2": page("two")}, [])


def test_names_of_members_are_no_paths(foreign: Any, file_of: FileOf, tmp_path: Path) -> None:
    data = foreign.written([(URL, page("one"))])
    strange = {"../../evil.warc.gz": data, "/etc/evil": b"x", "archive/../../links.txt": b"y"}
    path = file_of("deep/a.wacz", wacz({**strange, "archive/a.warc.gz": data}))
    before = sorted(tmp_path.rglob("*"))
    pages, problems = foreign.loaded(read(path, NOW))
    assert (list(pages), problems) == ([URL], [])
    assert sorted(tmp_path.rglob("*")) == before


def test_a_member_that_is_not_listed_is_left_out(foreign: Any, file_of: FileOf) -> None:
    listed, other = foreign.written([(URL, page("one"))]), foreign.written([(URL + "/2", page("two"))])
    resources = [{"path": "archive/a.warc.gz", "hash": f"sha256:{hashlib.sha256(listed).hexdigest()}"}]
    path = file_of("a.wacz", wacz({"archive/a.warc.gz": listed, "archive/b.warc.gz": other}, {"resources": resources}))
    pages, problems = foreign.loaded(read(path, NOW))
    assert list(pages) == [URL]
    assert "does not list it" in problems[0].message


def test_a_changed_member_gives_only_records_with_digests(foreign: Any, file_of: FileOf) -> None:
    data = foreign.written([(URL, page("one")), (URL + "/2", page("two"))], packed=False)
    start = data.rindex(b"WARC-Payload-Digest")
    for name in (b"WARC-Payload-Digest", b"WARC-Block-Digest"):
        start = data.rindex(name)
        data = data[:start] + b"X" + data[start + 1 :]
    resources = [{"path": "archive/a.warc", "hash": "sha256:00"}]
    pages, problems = foreign.loaded(
        read(file_of("a.wacz", wacz({"archive/a.warc": data}, {"resources": resources})), NOW)
    )
    assert list(pages) == [URL]
    assert "hash" in problems[0].message
    assert "no digest" in problems[1].message


def test_a_wacz_without_a_list_or_without_warcs_says_so(foreign: Any, file_of: FileOf) -> None:
    data = foreign.written([(URL, page("one"))])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/a.warc.gz", data)
    pages, problems = foreign.loaded(read(file_of("a.wacz", out.getvalue()), NOW))
    assert list(pages) == [URL]
    assert "is missing" in problems[0].message
    pages, problems = foreign.loaded(read(file_of("b.wacz", wacz({"pages/pages.jsonl": b""})), NOW))
    assert "no WARC file" in problems[0].message


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_changed_wacz_is_read_to_its_end(
    whole_wacz: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    changed = bytearray(whole_wacz)
    for _ in range(data.draw(st.integers(1, 4))):
        at = int(data.draw(st.floats(0, 1)) * len(changed))
        changed[at : at + data.draw(st.integers(0, 60))] = data.draw(st.binary(max_size=40))
    path = tmp_path_factory.getbasetemp() / "changed.wacz"
    path.write_bytes(b"PK\x03\x04" + bytes(changed)[4:])
    for item in read(path, NOW):
        assert item is not None


@pytest.fixture(scope="module", params=[zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def whole_wacz(foreign: Any, request: pytest.FixtureRequest) -> bytes:
    return wacz({"archive/a.warc.gz": foreign.written([(URL, page("one"))])}, packing=request.param)


# --- SingleFile --------------------------------------------------------------


def test_a_saved_page_has_the_address_and_time_of_its_comment(foreign: Any, file_of: FileOf) -> None:
    path = file_of("page.html", single())
    (record,) = read(path, NOW)
    assert isinstance(record, ForeignRecord)
    assert (record.urls, record.time, record.type) == ((URL,), MOMENT, "resource")
    assert record.http.get("content-type") == "text/html"
    assert foreign.loaded(read(path, NOW)) == ({URL: single()}, [])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (single(url="file:///etc/passwd"), "no web address"),
        (single(url="javascript:alert(1)"), "no web address"),
        (single(saved="lately"), "when it was saved"),
        (single(saved=SAVED.replace("2021", "2051")), "cannot be"),
        (single(saved=SAVED.replace("2021", "1921")), "cannot be"),
    ],
)
def test_a_saved_page_is_believed_nothing_that_cannot_be(
    foreign: Any, file_of: FileOf, data: bytes, words: str
) -> None:
    pages, problems = foreign.loaded(read(file_of("page.html", data), NOW))
    assert pages == {}
    assert words in problems[0].message


def test_other_pages_are_not_taken_for_saved_ones(file_of: FileOf) -> None:
    for data in (page("A page about SingleFile"), b"", b"PK\x03\x04 no zip", b"%PDF-1.7"):
        with pytest.raises(UsageError, match="nothing that can be imported"):
            check_readable(file_of("page.html", data))


def test_dates_as_javascript_prints_them() -> None:
    assert javascript_date(SAVED) == MOMENT
    assert javascript_date("Thu May 13 2021 09:12:44 GMT+0000 (Coordinated Universal Time)") == MOMENT
    assert javascript_date("Thu May 13 2021 04:42:44 GMT-0430") == MOMENT


@given(st.text(max_size=80))
def test_any_text_is_a_javascript_date_or_none(text: str) -> None:
    for date in (javascript_date(text), javascript_date(f"Thu May 13 2021 04:42:44 GMT{text}")):
        assert date is None or date.tzinfo is UTC


# --- ArchiveBox --------------------------------------------------------------


def test_the_best_copy_of_a_snapshot_is_taken(foreign: Any, file_of: FileOf) -> None:
    saved = single()
    path = box(
        file_of, {"singlefile.html": saved, "output.html": page("dom"), "host.example/harbour/notes": page("wget")}
    )
    assert foreign.loaded(read(path, NOW)) == ({URL: saved}, [])
    (path / "archive/1620897164.0/singlefile.html").unlink()
    assert foreign.loaded(read(path, NOW)) == ({URL: page("dom")}, [])
    (path / "archive/1620897164.0/output.html").unlink()
    assert foreign.loaded(read(path, NOW)) == ({URL: page("wget")}, [])
    file_of("box/archive/1620897164.0/warc/1.warc.gz", foreign.written([(URL, page("warc"))]))
    assert foreign.loaded(read(path, NOW)) == ({URL: page("warc")}, [])


def test_a_snapshot_or_its_parent_can_be_named(foreign: Any, file_of: FileOf) -> None:
    path = box(file_of, {"output.html": page("dom")})
    for folder in (path / "archive", path / "archive/1620897164.0"):
        (record,) = read(folder, NOW)
        assert isinstance(record, ForeignRecord)
        assert record.time == MOMENT.replace(microsecond=120000)


def test_what_a_failed_method_left_does_not_count(foreign: Any, file_of: FileOf) -> None:
    failed = {"dom": [{"status": "failed", "output": "timed out", "start_ts": "2021-05-13T09:12:44+00:00"}]}
    pages, problems = foreign.loaded(read(box(file_of, {"output.html": page("half")}, history=failed), NOW))
    assert pages == {}
    assert "no method" in problems[0].message


@pytest.mark.parametrize("output", ["../../../secret.html", "/etc/hostname", "..", "a\0b", "x" * 5000, 7, None])
def test_an_index_names_no_file_outside_its_snapshot(foreign: Any, file_of: FileOf, output: object) -> None:
    file_of("secret.html", page("secret"))
    history = {"wget": [{"status": "succeeded", "output": output, "start_ts": "2021-05-13T09:12:44+00:00"}]}
    pages, problems = foreign.loaded(read(box(file_of, {}, history=history), NOW))
    assert pages == {}
    assert len(problems) == 1


def test_links_out_of_a_folder_are_not_followed(foreign: Any, file_of: FileOf) -> None:
    secret = file_of("secret.html", page("secret"))
    path = box(file_of, {})
    (path / "archive/1620897164.0/output.html").symlink_to(secret)
    assert foreign.loaded(read(path, NOW))[0] == {}
    host = file_of("mirror/host.example/page.html", page("one")).parent
    (host / "linked.html").symlink_to(secret)
    (host / "round").symlink_to(host)
    assert list(foreign.loaded(read(host.parent, NOW))[0]) == ["https://host.example/page.html"]


@pytest.mark.parametrize(
    "index", [b"{", b"[]", b"\xff\xfe", b'{"url": 5}', b'{"url": "ftp://host.example/"}', b"[" * 100000]
)
def test_a_broken_index_costs_its_snapshot(foreign: Any, file_of: FileOf, index: bytes) -> None:
    path = box(file_of, {"output.html": page("dom")})
    file_of("box/archive/1620897165.0/index.json", index)
    pages, problems = foreign.loaded(read(path, NOW))
    assert list(pages) == [URL]
    assert len(problems) == 1


# --- wget --------------------------------------------------------------------


def test_files_of_a_mirror_have_the_time_of_their_pages(foreign: Any, file_of: FileOf) -> None:
    path = file_of("mirror/host.example/harbour/notes", page("one"))
    os.utime(path, (MOMENT.timestamp(), MOMENT.timestamp()))
    for folder in (path.parents[2], path.parents[1]):
        (record,) = read(folder, NOW)
        assert isinstance(record, ForeignRecord)
        assert record.time == MOMENT
        assert record.urls[:2] == (URL, URL.replace("https", "http"))


def test_the_page_as_it_came_is_taken_where_wget_kept_it(foreign: Any, file_of: FileOf) -> None:
    file_of("mirror/host.example/notes.html", page("converted"))
    file_of("mirror/host.example/notes.html.orig", page("as it came"))
    pages, _ = foreign.loaded(read(file_of("mirror/host.example/robots.txt", b"").parents[1], NOW))
    assert pages == {"https://host.example/notes.html": page("as it came")}


@pytest.mark.parametrize(
    ("host", "file", "url"),
    [
        ("host.example", "index.html", "http://host.example/"),
        ("host.example", "a/index.html", "http://host.example/a/"),
        ("host.example", "a/index.html", "http://host.example/a/index.html"),
        ("host.example", "a/b.html", "http://host.example/a/b"),
        ("host.example", "a/show?id=1&x=2", "http://host.example/a/show?id=1&x=2"),
        ("host.example", "a/show?id=1.html", "http://host.example/a/show?id=1"),
        ("host.example", "a/show@id=1.html", "http://host.example/a/show?id=1"),
        ("host.example", "index.html?p=3", "http://host.example/?p=3"),
        ("host.example", "a b/ä.html", "http://host.example/a%20b/%C3%A4.html"),
        ("localhost:8000", "a", "http://localhost:8000/a"),
    ],
)
def test_names_of_files_become_addresses_again(host: str, file: str, url: str) -> None:
    assert source_key(url) in {source_key(address) for address in addresses(host, tuple(file.split("/")))}


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=4))
def test_any_name_of_a_file_is_of_some_address(parts: list[str]) -> None:
    for url in addresses("host.example", tuple(parts)):
        assert source_key(url).startswith(("http://host.example/", "https://host.example/"))


# --- folders -----------------------------------------------------------------


def test_a_folder_gives_all_that_lies_in_it(foreign: Any, file_of: FileOf) -> None:
    file_of("all/collections/web/archive/a.warc.gz", foreign.written([(URL, page("pywb"))]))
    file_of("all/collections/web/indexes/index.cdxj", b"com,example)/ 2021 {}\n")
    file_of("all/b.wacz", wacz({"archive/a.warc.gz": foreign.written([(URL + "/2", page("two"))])}))
    file_of("all/saved/page.html", single(URL + "/3"))
    file_of("all/other.html", page("of nobody"))
    pages, problems = foreign.loaded(read(file_of("all/host.example/4", page("four")).parents[1], NOW))
    assert (set(pages), problems) == ({URL, URL + "/2", URL + "/3", "https://host.example/4"}, [])


def test_what_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.warc.gz"):
        with pytest.raises(UsageError):
            check_readable(path)
